//! Which bars may be stepped over, as nothing can happen in them.
//!
//! A bar is stepped over only when no order waits, nothing is due, no day or
//! funding falls in it, every strategy says that it need not be asked at its
//! close, and its range stays between the levels that the venue holds. Then the
//! events left out would have changed nothing but marks and excursions, which
//! are brought up to date in one step. It is proven by comparing both ways.
//!
//! Known limit: accounts of one instrument.

use std::ops::Range;

use tickstep_core::calendar::BarTimes;
use tickstep_core::engine::Engine;
use tickstep_core::event::Bar;
use tickstep_core::features::FeatureError;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::SlotId;
use tickstep_core::sim::Alarm;
use tickstep_core::units::{Nanos, Ticks};

use super::feature_cache::{FeatureCache, SlotWakes};
use super::price_index::{PriceIndex, Scan, ScanBounds, scan_bars};

/// What tells which bars of an account's only instrument may be stepped over.
pub(in crate::run) struct IdleSkip<'a> {
    /// The index of its prices, where there is one.
    prices: Option<&'a PriceIndex>,
    breaks: &'a [usize],
    wakes: Vec<SlotWakes>,
}

/// The bar in progress of a series, and what ends it being idle whatever its prices.
#[derive(Clone, Copy)]
pub(in crate::run) struct InProgress<'a> {
    pub bar: usize,
    /// Open time of the bar, nanoseconds since the Unix epoch, UTC.
    pub opened: Nanos,
    pub times: &'a BarTimes,
    /// Number of bars of the series.
    pub bars: usize,
    /// What is due, the next day or funding, whichever comes first.
    pub due: Nanos,
}

impl<'a> IdleSkip<'a> {
    /// For the strategies of `engine` on its only instrument. `indexed` where an index of
    /// the prices is worth its making, as several runs look through them.
    pub(in crate::run) fn new(
        cache: &'a FeatureCache<'a>,
        id: InstrumentId,
        max_gap: u32,
        engine: &Engine,
        indexed: bool,
    ) -> Result<Self, FeatureError> {
        let prices = if indexed { cache.prices(id) } else { None };
        let wakes = (0..engine.slots())
            .map(|slot| cache.slot_wakes(id, max_gap, &engine.wakes(SlotId(slot as u16)).1));
        let wakes = wakes.collect::<Result<_, _>>()?;
        Ok(Self { prices, breaks: cache.breaks(id), wakes })
    }

    /// The next bar that has to be looked at whatever its prices.
    pub(in crate::run) fn quiet_until(&self, engine: &Engine, at: InProgress<'_>) -> usize {
        let mut to = self.unbroken_until(at);
        for (index, wakes) in self.wakes.iter().enumerate() {
            let flat = engine.is_flat(SlotId(index as u16));
            to = if flat { &wakes.flat } else { &wakes.open }.next(at.bar, to);
        }
        to
    }

    /// The next bar that ends before a gap, or in which something is due.
    pub(in crate::run) fn unbroken_until(&self, at: InProgress<'_>) -> usize {
        let next = self.breaks.partition_point(|bar| *bar < at.bar);
        let last = at.bars - 1;
        let to = self.breaks.get(next).map_or(last, |bar| last.min(*bar));
        to.min(at.bar.saturating_add(at.times.bars_until(at.opened, at.due)))
    }

    /// Looks through a range of `bars` until one reaches `alarm`, or a close at or
    /// beyond the two given.
    #[inline]
    pub(in crate::run) fn scan(
        &self,
        bars: &[Bar],
        range: Range<usize>,
        alarm: Alarm,
        close: (Ticks, Ticks),
    ) -> Scan {
        let bounds = ScanBounds { low: alarm.below, high: alarm.above, close };
        match self.prices {
            Some(prices) => prices.scan(bars, range, &bounds),
            None => scan_bars(bars, range, &bounds),
        }
    }
}
