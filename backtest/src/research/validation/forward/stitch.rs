//! Days of many tests as one curve, beside that of the set which looks best in
//! hindsight on the same days.
//!
//! Invariants: days rise; a curve starts at 1 and multiplies returns; a day that is in
//! no test is in neither curve.

use serde::{Deserialize, Serialize};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::units::Nanos;

use crate::run::Summary;

/// The midnight UTC that ends the date of a day with data, and the return of that day, a fraction.
pub type DayReturn = (Nanos, f64);

/// The end of a day of the stitched curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WalkDay {
    /// Midnight UTC that ends the date of the day, nanoseconds.
    pub end: Nanos,
    /// Equity out of sample, multiples of the start.
    pub outside: f64,
    /// That of the best set of the whole search on the same days; `None` where no set
    /// was best.
    pub inside: Option<f64>,
}

/// Daily returns of a run, each with the end of its date. The day on which equity
/// reaches zero is a return of -1, days after it are 0: what is lost stays lost.
#[must_use]
pub fn day_returns(summary: &Summary) -> Vec<DayReturn> {
    let closes = summary.daily.closes();
    let days = summary.daily.coverage().days();
    let mut before = decimal_to_f64(summary.cash);
    let mut returns = Vec::with_capacity(closes.len());
    for (day, close) in days.iter().zip(closes) {
        let r = if before > 0.0 { (close / before - 1.0).max(-1.0) } else { 0.0 };
        returns.push((Nanos::DAY.times(i64::from(*day) + 1), r));
        before = if before > 0.0 { *close } else { before };
    }
    returns
}

/// The curve of `outside`, and that of `inside` on the same days. A day on which one
/// test ends and the next begins is one day.
pub(super) fn days(outside: &[DayReturn], inside: &[DayReturn]) -> Vec<WalkDay> {
    let mut days: Vec<WalkDay> = Vec::with_capacity(outside.len());
    let (mut there, mut here) = (1.0, 1.0);
    for (end, r) in outside {
        there *= 1.0 + r;
        if let Some(last) = days.last_mut().filter(|last| last.end == *end) {
            last.outside = there;
            continue;
        }
        let same = inside.binary_search_by_key(end, |(end, _)| *end).ok();
        let inside = same.map(|at| {
            here *= 1.0 + inside[at].1;
            here
        });
        days.push(WalkDay { end: *end, outside: there, inside });
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_two_tests_share_is_one_day() {
        let at = |n| Nanos::DAY.times(n);
        let outside = [(at(5), 0.1), (at(6), 0.5), (at(6), -0.5), (at(9), 0.2)];
        let inside: Vec<_> = (1..12).map(|n| (at(n), 0.01)).collect();
        let stitched = days(&outside, &inside);
        assert_eq!(stitched.iter().map(|d| d.end).collect::<Vec<_>>(), [at(5), at(6), at(9)]);
        assert!((stitched[1].outside - 1.1 * 1.5 * 0.5).abs() < 1e-12);
        assert!((stitched[2].inside.unwrap_or(0.0) - 1.01_f64.powi(3)).abs() < 1e-12);
        assert_eq!(days(&outside, &[])[0].inside, None);
    }
}
