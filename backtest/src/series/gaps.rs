//! Where bars are missing, and the stretches that long gaps cut a series into.

use serde::{Deserialize, Serialize};
use std::ops::Range;

use tickstep_core::calendar::BarTimes;
use tickstep_core::units::Nanos;

/// Bars that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Open time of the bar before the gap.
    pub after: Nanos,
    /// How many bars are missing, in the time in which the market trades.
    pub missing: u64,
}

/// Where bars that open at `opens` are missing, each by the index of the bar after the gap.
pub(super) fn gaps(opens: &[Nanos], times: &BarTimes) -> Vec<(usize, Gap)> {
    let gap = |(at, pair): (usize, &[Nanos])| {
        let missing = times.missing(pair[0], pair[1]);
        let gap = Gap { after: pair[0], missing: missing.cast_unsigned() };
        (missing > 0).then_some((at + 1, gap))
    };
    opens.windows(2).enumerate().filter_map(gap).collect()
}

/// The stretches that begin at `starts`, which rise, and end with bar `count`.
pub(super) fn segments(starts: &[usize], count: usize) -> Vec<Range<usize>> {
    let ends = starts.iter().skip(1).copied().chain([count]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// First bars of segments of `count` bars: the first of all, those after more trading time
/// without bars than `segment_gap`, and those at `breaks`.
pub(super) fn starts(
    count: usize,
    gaps: &[(usize, Gap)],
    times: &BarTimes,
    segment_gap: Nanos,
    breaks: &[usize],
) -> Vec<usize> {
    let far = |gap: &Gap| {
        let missing = i64::try_from(gap.missing).unwrap_or(i64::MAX);
        times.nominal().0.saturating_mul(missing) > segment_gap.0
    };
    let after = gaps.iter().filter(|(_, gap)| far(gap)).map(|(at, _)| *at);
    let mut all: Vec<usize> = [0]
        .into_iter()
        .chain(after)
        .chain(breaks.iter().copied())
        .filter(|at| *at < count)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
