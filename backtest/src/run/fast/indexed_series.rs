//! A series with what is looked up in it again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::bitset::BitSet;
use super::price_index::PriceIndex;
use crate::run::ahead::ahead;
use crate::series::Series;

/// A series, and which of its bars are the first or last of something. What takes a look at
/// every bar is made when it is first asked for: a single run needs little of it.
pub(super) struct IndexedSeries<'a> {
    pub(super) series: &'a Series,
    prices: OnceLock<Option<PriceIndex>>,
    /// First bars of segments, without the first of all.
    pub(super) starts: Vec<usize>,
    /// Bars that no bar follows at once: before a gap, a segment's and the last.
    pub(super) breaks: Vec<usize>,
    /// Last bars of days.
    day_ends: OnceLock<Vec<usize>>,
    /// Bars before a gap, each with how many are missing there.
    gaps: Vec<(usize, u64)>,
    /// Closes that know of none before them, by `max_gap`.
    afresh: Mutex<BTreeMap<u32, Arc<[usize]>>>,
}

impl<'a> IndexedSeries<'a> {
    pub(super) fn new(series: &'a Series) -> Self {
        let starts: Vec<usize> = series.segments().iter().skip(1).map(|s| s.start).collect();
        let gaps = gaps(series);
        let mut breaks = breaks(series, &gaps);
        breaks.extend(starts.iter().map(|start| start - 1));
        breaks.sort_unstable();
        breaks.dedup();
        Self {
            series,
            prices: OnceLock::new(),
            starts,
            breaks,
            day_ends: OnceLock::new(),
            gaps,
            afresh: Mutex::default(),
        }
    }

    /// The prices in a form that is quick to look through; `None` where they span too many
    /// ticks.
    pub(super) fn prices(&self) -> Option<&PriceIndex> {
        self.prices.get_or_init(|| PriceIndex::new(self.series.bars())).as_ref()
    }

    /// Bytes of what was made.
    pub(super) fn bytes(&self) -> usize {
        self.prices.get().and_then(Option::as_ref).map_or(0, PriceIndex::bytes)
    }

    /// Last bars of days.
    pub(super) fn day_ends(&self) -> &[usize] {
        self.day_ends.get_or_init(|| {
            let (bars, times) = (self.series.bars(), self.series.times());
            let mut ends = Vec::new();
            let mut at = 0;
            while let Some(bar) = bars.get(at) {
                let day_ends = self.series.calendar().day_ends(times.close_of(bar.ts_open));
                at = ahead(bars, at + 1, |bar| times.close_of(bar.ts_open) <= day_ends);
                ends.push(at - 1);
            }
            ends
        })
    }

    /// The bars that close at these times, which rise.
    pub(super) fn closing_at(&self, closes: &[Nanos]) -> BitSet {
        let (bars, times) = (self.series.bars(), self.series.times());
        let mut bits = BitSet::none(bars.len());
        let mut at = 0;
        for ts in closes {
            at = ahead(bars, at, |bar| times.close_of(bar.ts_open) < *ts);
            if bars.get(at).is_some_and(|bar| times.close_of(bar.ts_open) == *ts) {
                bits.set(at);
            }
        }
        bits
    }

    /// Closes that know of none before them: the first, first bars of segments, and those
    /// after more than `max_gap` missing bars.
    pub(super) fn afresh(&self, max_gap: u32) -> Arc<[usize]> {
        let mut known = self.afresh.lock().unwrap_or_else(PoisonError::into_inner);
        let find = || {
            let far = self.gaps.iter().filter(|(_, missing)| *missing > u64::from(max_gap));
            let first = (!self.series.bars().is_empty()).then_some(0);
            let after = far.map(|(before, _)| before + 1);
            let mut all: Vec<usize> =
                first.into_iter().chain(after).chain(self.starts.iter().copied()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        known.entry(max_gap).or_insert_with(|| find().into()).clone()
    }
}

/// Bars before a gap, each with how many are missing there.
fn gaps(series: &Series) -> Vec<(usize, u64)> {
    let mut at = 0;
    let place = |gap: &crate::series::Gap| {
        at = ahead(series.bars(), at, |bar| bar.ts_open < gap.after);
        (at, gap.missing)
    };
    series.gaps().iter().map(place).collect()
}

/// Bars that no bar follows at once, the last among them.
fn breaks(series: &Series, gaps: &[(usize, u64)]) -> Vec<usize> {
    let bars = series.bars();
    if series.times().is_continuous() {
        let last = bars.len().checked_sub(1);
        return gaps.iter().map(|(before, _)| *before).chain(last).collect();
    }
    let parted = |at: &usize| {
        let next = bars.get(at + 1);
        next.is_none_or(|next: &Bar| next.ts_open != series.close_of(*at))
    };
    (0..bars.len()).filter(parted).collect()
}
