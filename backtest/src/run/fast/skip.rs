//! Stepping over bars at which nothing can happen.
//!
//! A bar is passed over only when no order waits, nothing is due, no day or
//! funding falls in it, every strategy says that it need not be asked at its
//! close, and its range stays between the levels that the venue holds. Then the
//! events left out would have changed nothing but marks and excursions, which
//! are brought up to date in one step. It is proven by comparing both ways.

use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::SlotId;
use tickstep_core::sim::Alarm;
use tickstep_core::units::{Lots, Ticks};

use super::feature_cache::{Asked, FeatureCache};
use super::price_index::{Bounds, Path};
use crate::run::RunError;
use crate::run::driver::Driver;
use crate::run::record::Record;

/// What tells which bars may be passed over on an account of one instrument.
pub(in crate::run) struct Rest<'a> {
    path: &'a Path,
    breaks: &'a [usize],
    slots: Vec<Slot>,
}

struct Slot {
    flat: Asked,
    open: Asked,
}

impl Asked {
    #[inline]
    pub(super) fn next(&self, from: usize, to: usize) -> usize {
        match self {
            Self::Always => from,
            Self::At(bits) => bits.next(from, to),
        }
    }
}

impl<'a, R: Record> Driver<'a, '_, R> {
    /// Lets the run pass over bars, where it can: the account has one instrument
    /// and features are shared.
    pub(in crate::run) fn passing(
        mut self,
        shared: &'a FeatureCache<'a>,
        max_gap: u32,
    ) -> Result<Self, RunError> {
        let [cursor] = self.cursors.as_slice() else { return Ok(self) };
        let id = cursor.id;
        let Some(path) = shared.path(id) else { return Ok(self) };
        let market = self.engine().ledger().market(id);
        let named = |error| {
            let symbol = market.instrument.symbol().to_owned();
            RunError::Feature { symbol, error }
        };
        let mut slots = Vec::with_capacity(self.engine().slots());
        for slot in 0..self.engine().slots() {
            let (_, wakes) = self.engine().wakes(SlotId(slot as u16));
            let flat = shared.asked(id, max_gap, &wakes.flat).map_err(named)?;
            let open = if wakes.open == wakes.flat {
                flat.clone()
            } else {
                shared.asked(id, max_gap, &wakes.open).map_err(named)?
            };
            slots.push(Slot { flat, open });
        }
        self.rest = Some(Rest { path, breaks: shared.breaks(id), slots });
        Ok(self)
    }
}

impl<R: Record> Driver<'_, '_, R> {
    /// Passes over bars while nothing can happen; how many they were.
    pub(in crate::run) fn pass_over(&mut self) -> usize {
        let from = self.cursors[0].next;
        let (Some(rest), Some(alarm)) = (&self.rest, self.alarm()) else { return 0 };
        let cursor = &self.cursors[0];
        let first = self.from.map_or(0, |from| cursor.first_from(from));
        let mut to = self.quiet_until(rest);
        if from < first {
            // Warm-up: nothing is decided or marked there, wherever a strategy would wake.
            to = self.unbroken_until(rest).min(first);
        }
        if to <= from {
            return 0;
        }
        let (interval, id) = (cursor.interval, cursor.id);
        let bars = cursor.bars;
        let (low, high) = if self.engine().ledger().is_flat() {
            if from >= first {
                let ledger = self.session.accounts()[0].engine().ledger();
                self.kept.record.pass_flat(&bars[from..to], interval, ledger);
            }
            (Ticks(0), Ticks(0))
        } else {
            let look = |from, to, close: (Ticks, Ticks)| {
                let bounds = Bounds { low: alarm.below, high: alarm.above, close };
                rest.path.look(bars, from..to, &bounds)
            };
            let ledger = self.session.accounts()[0].engine().ledger();
            let seen = self.kept.record.pass_open(bars, from..to, interval, ledger, &look);
            to = seen.at;
            (seen.low, seen.high)
        };
        if to == from {
            return 0;
        }
        self.arrive(id, from, to, (low, high));
        to - from
    }

    fn alarm(&self) -> Option<Alarm> {
        let cursor = &self.cursors[0];
        if !cursor.in_progress || !self.engine().may_rest() {
            return None;
        }
        self.account().sim()?.alarm(cursor.id, self.engine().ledger())
    }

    /// The next bar that has to be looked at whatever its prices.
    fn quiet_until(&self, rest: &Rest<'_>) -> usize {
        let from = self.cursors[0].next;
        let mut to = self.unbroken_until(rest);
        for (index, slot) in rest.slots.iter().enumerate() {
            let flat = self.engine().is_flat(SlotId(index as u16));
            to = if flat { &slot.flat } else { &slot.open }.next(from, to);
        }
        to
    }

    /// The next bar that ends before a gap, or in which something is due.
    fn unbroken_until(&self, rest: &Rest<'_>) -> usize {
        let cursor = &self.cursors[0];
        let next = rest.breaks.partition_point(|at| *at < cursor.next);
        let last = cursor.bars.len() - 1;
        let to = rest.breaks.get(next).map_or(last, |at| last.min(*at));
        let due = self.engine().next_due().map_or(self.next_date, |due| due.min(self.next_date));
        let ahead = due.0.saturating_sub(cursor.next_instant.0).max(0);
        // Rounded up: the bar whose close is at or after it.
        let bars =
            (ahead / cursor.interval.0) as usize + usize::from(ahead % cursor.interval.0 != 0);
        to.min(cursor.next.saturating_add(bars))
    }

    /// Bars `from..to` are over and bar `to` is in progress.
    fn arrive(&mut self, id: InstrumentId, from: usize, to: usize, range: (Ticks, Ticks)) {
        let cursor = &mut self.cursors[0];
        let last = cursor.bars[to - 1];
        let ts = last.ts_open + cursor.interval;
        cursor.next = to;
        cursor.next_instant = ts + cursor.interval;
        let opened = cursor.bars[to].ts_open;
        let bar = Bar {
            ts_open: cursor.bars[from].ts_open,
            high: range.1,
            low: range.0,
            volume: Lots::ZERO,
            taker_buy: None,
            ..last
        };
        self.session.source_mut(id).skip_to(to);
        self.session.pass(ts, id, &bar, opened, &mut self.kept);
    }
}
