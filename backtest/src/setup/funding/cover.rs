//! Which payments of a funding series are missing where there are bars.
//!
//! A payment is due a step after the one before. The step is a difference of times that
//! stands twice in a row in the series, so that a change of rhythm is no gap and a single
//! missing payment is one; before the first and after the last, it is the step there.
//! A payment that is due where no bar ends within an interval before it, at the open of the
//! first bar or at the close of the last meets no position and is not missing.

use std::fmt;

use tickstep_core::units::Nanos;

use crate::run::FundingPoint;
use crate::series::Series;
use crate::times::{span, utc};

/// Most payments that are looked for in one gap of a series.
const MOST: i64 = 1_000_000;
/// The usual step of exchanges, for a series too short to have one.
const USUAL: Nanos = Nanos::HOUR.times(8);

/// A span of the data in which payments are due and missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfunded {
    /// The first payment that is missing.
    pub first: Nanos,
    /// The last of them.
    pub last: Nanos,
    /// How many they are.
    pub payments: u64,
    /// Time between two of them.
    pub every: Nanos,
}

impl fmt::Display for Unfunded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, payments, every } = self;
        if payments == &1 {
            return write!(f, "no funding at {} (1 payment)", utc(*first));
        }
        let (first, last, every) = (utc(*first), utc(*last), span(*every));
        write!(f, "no funding from {first} to {last} ({payments} payments, every {every})")
    }
}

/// The spans of `series` from `from` on in which payments are missing.
pub(super) fn missing(
    points: &[FundingPoint],
    series: &Series,
    from: Option<Nanos>,
) -> Vec<Unfunded> {
    let (Some(first), Some(last), Some(bar)) =
        (points.first(), points.last(), series.bars().first())
    else {
        return Vec::new();
    };
    let steps: Vec<Nanos> = points.windows(2).map(|pair| pair[1].ts - pair[0].ts).collect();
    let regular: Vec<Nanos> =
        steps.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    let smallest = steps.iter().min().copied();
    let at = |found: Option<&Nanos>| found.copied().or(smallest).unwrap_or(USUAL);
    let longest = at(regular.iter().max());
    let begin = from.map_or(bar.ts_open, |from| from.max(bar.ts_open));
    let end = series.close_of(series.bars().len() - 1);
    let mut found = Vec::new();
    let mut add = |after: Nanos, limit: Nanos, step: Nanos| {
        found.extend(between(after, limit, step, series, begin));
    };
    // What is due within half a step before a payment is that payment, somewhat late.
    let before = |ts: Nanos, step: Nanos| ts - Nanos(step.0 / 2);
    // Counted back from the first, to be at the same hours.
    let step = at(regular.first());
    let ahead = (first.ts.0 - begin.0).max(0) / step.0;
    if ahead > 0 {
        add(first.ts - step.times(ahead + 1), before(first.ts, step), step);
    }
    for (pair, gap) in points.windows(2).zip(&steps) {
        if gap.0 / 3 > longest.0 / 2 {
            add(pair[0].ts, before(pair[1].ts, longest), longest);
        }
    }
    add(last.ts, end, at(regular.last()));
    found
}

/// What is due after one instant and before a limit, where there are bars.
fn between(
    after: Nanos,
    limit: Nanos,
    step: Nanos,
    series: &Series,
    begin: Nanos,
) -> Option<Unfunded> {
    let bars = series.bars();
    let is_held = |due: Nanos| {
        let ahead = bars.partition_point(|bar| bar.ts_open < due);
        due > begin && ahead > 0 && series.close_of(ahead - 1) >= due
    };
    let due = (1..=MOST).map(|n| after + step.times(n)).take_while(|due| *due < limit);
    due.filter(|due| is_held(*due)).fold(None, |found, due| {
        let so_far = found.unwrap_or(Unfunded { first: due, last: due, payments: 0, every: step });
        Some(Unfunded { last: due, payments: so_far.payments + 1, ..so_far })
    })
}
