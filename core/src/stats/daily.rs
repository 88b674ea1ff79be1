//! From an equity point a bar to one a UTC day: the headline ratios are computed
//! on days, because scaling minute figures by a square root misleads as soon as
//! returns are autocorrelated.
//!
//! Rules: a point stamped 00:00 is the close of the bar that ended there and
//! belongs to the day before; a day without a point keeps the last equity and
//! counts as flat; the last day counts even when unfinished, as does the first.

use alloc::vec::Vec;

use crate::units::Nanos;

/// The day a bar that closed at `ts` belongs to, days since 1970-01-01 UTC.
const fn day_of_close(ts: Nanos) -> i64 {
    (ts.0 - 1).div_euclid(Nanos::DAY.0)
}

/// Equity at the end of each UTC day from the first point's to the last one's.
///
/// ```
/// use tickstep_core::stats::daily_closes;
/// use tickstep_core::units::Nanos;
/// let at = |hours| Nanos::HOUR.times(hours);
/// // 24:00 still belongs to the first day; the third day has no point.
/// let points = [(at(12), 101.0), (at(24), 102.0), (at(47), 103.0), (at(73), 104.0)];
/// assert_eq!(daily_closes(points.into_iter()), [102.0, 103.0, 103.0, 104.0]);
/// ```
#[must_use]
pub fn daily_closes(points: impl Iterator<Item = (Nanos, f64)>) -> Vec<f64> {
    let mut closes = DailyCloses::default();
    for (ts, equity) in points {
        closes.push(ts, equity);
    }
    closes.closes
}

/// Daily closes in the making. A day takes the last point given for it, so that
/// any of the others may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DailyCloses {
    closes: Vec<f64>,
    day_ends: Option<Nanos>,
}

impl DailyCloses {
    /// Takes the equity at the close of a bar; points come in time order.
    #[inline]
    pub fn push(&mut self, ts: Nanos, equity: f64) {
        // Half a million points share a few hundred days: one comparison each.
        if self.day_ends.is_some_and(|ends| ts <= ends)
            && let Some(close) = self.closes.last_mut()
        {
            *close = equity;
            return;
        }
        let day = day_of_close(ts);
        if let (Some(&last), Some(ends)) = (self.closes.last(), self.day_ends) {
            let flat = day - day_of_close(ends) - 1;
            self.closes.extend((0..flat).map(|_| last));
        }
        self.closes.push(equity);
        self.day_ends = Some(Self::day_ends(ts));
    }

    /// Takes the same equity at every close from one to another.
    pub fn push_flat(&mut self, first: Nanos, last: Nanos, equity: f64) {
        self.push(first, equity);
        self.push(last, equity);
        // Whole days between them were filled with the equity of the first.
    }

    /// End of the UTC day to which a bar that closed at `ts` belongs.
    #[must_use]
    pub const fn day_ends(ts: Nanos) -> Nanos {
        Nanos(day_of_close(ts).saturating_add(1).saturating_mul(Nanos::DAY.0))
    }

    /// The UTC days, counted from 1970-01-01, of closes from one to another.
    #[must_use]
    pub const fn days(first: Nanos, last: Nanos) -> core::ops::RangeInclusive<i64> {
        day_of_close(first)..=day_of_close(last)
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
    fn midnight_belongs_to_the_day_it_ends() {
        assert_eq!(day_of_close(Nanos::DAY), 0);
        assert_eq!(day_of_close(Nanos(Nanos::DAY.0 + 1)), 1);
        assert_eq!(day_of_close(Nanos(0)), -1);
    }

    #[test]
    fn a_single_point_is_a_day() {
        assert_eq!(daily_closes([(Nanos::MINUTE, 7.0)].into_iter()), [7.0]);
        assert!(daily_closes(core::iter::empty()).is_empty());
    }
}
