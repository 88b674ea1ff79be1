//! Where bars are missing, and the stretches that long gaps cut a series into.

use serde::{Deserialize, Serialize};
use std::ops::Range;

use tickstep_core::calendar::BarTimes;
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

/// Bars that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Open time of the bar before the gap.
    pub after: Nanos,
    /// How many bars are missing, in the time in which the market trades.
    pub missing: u64,
}

/// Where bars are missing.
pub(super) fn gaps(bars: &[Bar], times: &BarTimes) -> Vec<Gap> {
    let gap = |pair: &[Bar]| {
        let missing = times.missing(pair[0].ts_open, pair[1].ts_open);
        (missing > 0).then(|| Gap { after: pair[0].ts_open, missing: missing.cast_unsigned() })
    };
    bars.windows(2).filter_map(gap).collect()
}

/// The stretches that begin at `starts`, which rise, and end with bar `count`.
pub(super) fn segments(starts: &[usize], count: usize) -> Vec<Range<usize>> {
    let ends = starts.iter().skip(1).copied().chain([count]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// First bars of segments: the first of all, those after more trading time without bars
/// than `segment_gap`, and those at `breaks`, ascending.
pub(super) fn starts(
    bars: &[Bar],
    times: &BarTimes,
    segment_gap: Nanos,
    breaks: &[usize],
) -> Vec<usize> {
    let far = |at: usize| {
        let missing = times.missing(bars[at - 1].ts_open, bars[at].ts_open);
        times.nominal().0.saturating_mul(missing) > segment_gap.0
    };
    (0..bars.len()).filter(|at| *at == 0 || far(*at) || breaks.binary_search(at).is_ok()).collect()
}
