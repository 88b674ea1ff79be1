//! From an equity point a bar to one a day: the headline ratios are computed
//! on days, because scaling minute figures by a square root misleads as soon as
//! returns are autocorrelated.
//!
//! Rules: days are those in which data have a bar, see [`Coverage`]; a point stamped
//! 00:00 is the close of the bar that ended there and belongs to the day before; a day
//! with data and without a point, inside a bar longer than a day, keeps the equity
//! before it and counts as flat; the last day counts even when unfinished, as does the
//! first.

use alloc::vec::Vec;

use super::coverage::Coverage;
use crate::units::Nanos;

/// Daily closes in the making. A day takes the last point given for it, so that
/// any of the others may be left out.
///
/// ```
/// use tickstep_core::stats::{Coverage, DailyCloses};
/// use tickstep_core::units::Nanos;
/// let at = |hours| Nanos::HOUR.times(hours);
/// let mut coverage = Coverage::default();
/// coverage.add_segment([(at(11), at(12)), (at(12), at(24)), (at(24), at(47))]);
/// coverage.add_segment([(at(240), at(313))]);
/// let mut daily = DailyCloses::new(100.0, coverage);
/// // 24:00 still belongs to the first day; days 2 to 9 have no data; the last bar is
/// // known at its end, on the fourth day that it covers.
/// for (ts, equity) in [(at(12), 101.0), (at(24), 102.0), (at(47), 103.0), (at(313), 104.0)] {
///     daily.push(ts, equity);
/// }
/// assert_eq!(daily.closes(), [102.0, 103.0, 103.0, 103.0, 103.0, 104.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DailyCloses {
    coverage: Coverage,
    start: f64,
    closes: Vec<f64>,
    day_ends: Option<Nanos>,
}

impl DailyCloses {
    /// Of an account that has `start` before the first of the days of `coverage`.
    #[must_use]
    pub fn new(start: f64, coverage: Coverage) -> Self {
        Self { coverage, start, closes: Vec::new(), day_ends: None }
    }

    /// Takes the equity at the close of a bar; points come in time order.
    ///
    /// Panics where the close is on none of the days of the data: a fault of the caller.
    #[inline]
    pub fn push(&mut self, ts: Nanos, equity: f64) {
        // Half a million points share a few hundred days: one comparison each.
        if self.day_ends.is_some_and(|ends| ts <= ends)
            && let Some(close) = self.closes.last_mut()
        {
            *close = equity;
            return;
        }
        self.begin_day(ts, equity);
    }

    #[inline(never)]
    fn begin_day(&mut self, ts: Nanos, equity: f64) {
        let until = self.coverage.days_until(ts);
        assert!(until > self.closes.len(), "a point is of a day with data, in time order");
        let day = self.coverage.days()[until - 1];
        assert!(day == self.coverage.day_of_close(ts), "a point is of a day with data");
        self.flat_until(until - 1);
        self.closes.push(equity);
        self.day_ends = Some(self.coverage.day_ends(ts));
    }

    /// Days up to the one of that number keep what was before them.
    fn flat_until(&mut self, number: usize) {
        let before = self.closes.last().copied().unwrap_or(self.start);
        self.closes.resize(number.max(self.closes.len()), before);
    }

    /// Takes the same equity at every close from one to another.
    pub fn push_flat(&mut self, first: Nanos, last: Nanos, equity: f64) {
        self.push(first, equity);
        // Whole days between them are filled with the equity of the first.
        self.push(last, equity);
    }

    /// The days that the closes are of.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Equity at the end of each day so far.
    #[must_use]
    pub fn closes(&self) -> &[f64] {
        &self.closes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_point_is_a_day() {
        let mut coverage = Coverage::default();
        coverage.add_segment([(Nanos(0), Nanos::MINUTE)]);
        let mut daily = DailyCloses::new(1.0, coverage);
        assert!(daily.closes().is_empty());
        daily.push(Nanos::MINUTE, 7.0);
        assert_eq!(daily.closes(), [7.0]);
    }

    #[test]
    fn a_week_is_six_flat_days_and_the_jump() {
        let week = |n: i64| (Nanos::DAY.times(7 * n), Nanos::DAY.times(7 * (n + 1)));
        let mut coverage = Coverage::default();
        coverage.add_segment([week(0), week(1)]);
        let mut daily = DailyCloses::new(100.0, coverage);
        daily.push(week(0).1, 110.0);
        daily.push(week(1).1, 99.0);
        let mut expected = alloc::vec![100.0; 6];
        expected.extend([110.0; 7]);
        expected.push(99.0);
        assert_eq!(daily.closes(), expected);
    }
}
