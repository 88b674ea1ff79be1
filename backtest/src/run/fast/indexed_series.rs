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
            // Where no bar is missing in between it is as many bars ahead as there is time
            // for, and the bars on the way need not be read.
            let far = bars.get(at).map_or(0, |bar| times.bars_until(bar.ts_open, *ts));
            let closing = bars.get(at + far).is_some_and(|b| times.close_of(b.ts_open) == *ts);
            at = if closing {
                at + far
            } else {
                ahead(bars, at, |bar| times.close_of(bar.ts_open) < *ts)
            };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use tickstep_core::features::afresh;
    use tickstep_core::units::{Lots, Ticks};

    use super::*;
    use crate::series::Grid;

    proptest! {
        /// What is found by leaps is found by looking at every bar.
        #[test]
        fn places_are_those_found_bar_by_bar(
            steps in proptest::collection::vec(prop_oneof![9 => Just(1_i64), 1 => 2_i64..4_000], 1..300),
            asked in proptest::collection::btree_set(0_i64..400, 0..60),
            max_gap in 0_u32..5,
        ) {
            let mut at = Nanos(1_700_000_040_000_000_000);
            let mut bars = Vec::new();
            for step in steps {
                let px = Ticks(100);
                let volume = Lots::ZERO;
                bars.push(Bar {
                    ts_open: at, open: px, high: px, low: px, close: px, volume, taker_buy: None,
                });
                at = at + Nanos::MINUTE.times(step);
            }
            let first = bars[0].ts_open;
            let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
            let series = Series::from_bars("T", Nanos::MINUTE, grid, bars, Nanos::DAY).unwrap();
            let (bars, times) = (series.bars(), series.times());
            let index = IndexedSeries::new(&series);
            let closes: Vec<Nanos> =
                asked.iter().map(|n| first + Nanos::MINUTE.times(*n)).collect();
            let found = index.closing_at(&closes);
            for (at, bar) in bars.iter().enumerate() {
                let wanted = closes.contains(&times.close_of(bar.ts_open));
                prop_assert_eq!(found.next(at, at + 1) == at, wanted);
            }
            let day = |at: usize| series.calendar().day_ends(times.close_of(bars[at].ts_open));
            let ends: Vec<usize> = (0..bars.len())
                .filter(|at| *at + 1 == bars.len() || day(*at) != day(at + 1))
                .collect();
            prop_assert_eq!(index.day_ends(), ends.as_slice());
            let expected = afresh(bars, times, max_gap, &index.starts);
            prop_assert_eq!(&*index.afresh(max_gap), expected.as_slice());
            let parted: Vec<usize> = (0..bars.len())
                .filter(|at| bars.get(at + 1).is_none_or(|b| b.ts_open != series.close_of(*at)))
                .collect();
            prop_assert_eq!(&index.breaks, &parted);
            let every = bars.iter().map(|b| (b.ts_open, times.close_of(b.ts_open)));
            if series.segments().len() == 1 {
                let whole = tickstep_core::stats::Coverage::of_bars(every);
                prop_assert_eq!(crate::run::Period::default().coverage([&series]), whole);
            }
        }
    }
}
