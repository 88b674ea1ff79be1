//! From an equity point a bar to one a UTC day: the headline ratios are computed
//! on days, because scaling minute figures by a square root misleads as soon as
//! returns are autocorrelated.
//!
//! Rules: a point stamped 00:00 is the close of the bar that ended there and
//! belongs to the day before; a day without a point keeps the last equity and
//! counts as flat; the last day counts even when unfinished, as does the first.

use tickstep_core::units::Nanos;

/// The day a bar that closed at `ts` belongs to, days since 1970-01-01 UTC.
const fn day_of_close(ts: Nanos) -> i64 {
    (ts.0 - 1).div_euclid(Nanos::DAY.0)
}

/// Equity at the end of each UTC day from the first point's to the last one's.
///
/// ```
/// use tickstep_backtest::stats::daily_closes;
/// use tickstep_core::units::Nanos;
/// let at = |hours| Nanos::HOUR.times(hours);
/// // 24:00 still belongs to the first day; the third day has no point.
/// let points = [(at(12), 101.0), (at(24), 102.0), (at(47), 103.0), (at(73), 104.0)];
/// assert_eq!(daily_closes(points.into_iter()), [102.0, 103.0, 103.0, 104.0]);
/// ```
#[must_use]
pub fn daily_closes(points: impl Iterator<Item = (Nanos, f64)>) -> Vec<f64> {
    let mut closes: Vec<f64> = Vec::new();
    let mut day_ends = Nanos(i64::MIN);
    for (ts, equity) in points {
        // Half a million points share a few hundred days: one comparison each.
        if ts <= day_ends
            && let Some(close) = closes.last_mut()
        {
            *close = equity;
            continue;
        }
        let day = day_of_close(ts);
        if let Some(&last) = closes.last() {
            let flat = day - day_of_close(day_ends) - 1;
            closes.extend((0..flat).map(|_| last));
        }
        closes.push(equity);
        day_ends = Nanos(day.saturating_add(1).saturating_mul(Nanos::DAY.0));
    }
    closes
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
        assert!(daily_closes(std::iter::empty()).is_empty());
    }
}
