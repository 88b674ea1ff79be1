//! A series with what is looked up in it again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tickstep_core::event::Bar;
use tickstep_core::features::afresh;
use tickstep_core::units::Nanos;

use super::bitset::BitSet;
use super::price_index::PriceIndex;
use crate::series::Series;

/// A series, and which of its bars are the first or last of something.
pub(super) struct IndexedSeries<'a> {
    pub(super) series: &'a Series,
    pub(super) prices: Option<PriceIndex>,
    /// First bars of segments, without the first of all.
    pub(super) starts: Vec<usize>,
    /// Bars that no bar follows at once: before a gap, a segment's and the last.
    pub(super) breaks: Vec<usize>,
    /// Last bars of days.
    pub(super) day_ends: Vec<usize>,
    /// Closes that know of none before them, by `max_gap`.
    afresh: Mutex<BTreeMap<u32, Arc<[usize]>>>,
}

impl<'a> IndexedSeries<'a> {
    pub(super) fn new(series: &'a Series) -> Self {
        let starts: Vec<usize> = series.segments().iter().skip(1).map(|s| s.start).collect();
        let bars = series.bars();
        let parted = |at: &usize| {
            let next = bars.get(at + 1);
            next.is_none_or(|next| next.ts_open != series.close_of(*at))
        };
        let mut breaks: Vec<usize> = (0..bars.len()).filter(parted).collect();
        breaks.extend(starts.iter().map(|start| start - 1));
        breaks.sort_unstable();
        breaks.dedup();
        let closes = |bar: &Bar| series.times().close_of(bar.ts_open);
        let ends_day = |at: &usize| {
            let ends = series.calendar().day_ends(closes(&bars[*at]));
            bars.get(at + 1).is_none_or(|next| closes(next) > ends)
        };
        let day_ends = (0..bars.len()).filter(ends_day).collect();
        Self {
            series,
            prices: PriceIndex::new(bars),
            starts,
            breaks,
            day_ends,
            afresh: Mutex::default(),
        }
    }

    /// The bars that close at these times, which rise.
    pub(super) fn closing_at(&self, times: &[Nanos]) -> BitSet {
        let bars = &self.series.bars();
        let mut bits = BitSet::none(bars.len());
        for ts in times {
            if let Ok(at) =
                bars.binary_search_by_key(ts, |b| self.series.times().close_of(b.ts_open))
            {
                bits.set(at);
            }
        }
        bits
    }

    /// Closes that know of none before them.
    pub(super) fn afresh(&self, max_gap: u32) -> Arc<[usize]> {
        let mut known = self.afresh.lock().unwrap_or_else(PoisonError::into_inner);
        let find = || afresh(self.series.bars(), self.series.times(), max_gap, &self.starts);
        known.entry(max_gap).or_insert_with(|| find().into()).clone()
    }
}
