//! The hours in which a market trades, and the trading days that they make.

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// A stretch of time in which a market trades without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHours {
    /// When trading begins, nanoseconds since the Unix epoch, UTC.
    pub open: Nanos,
    /// When it ends, after it began.
    pub close: Nanos,
    /// The trading day that the stretch belongs to, days since 1970-01-01. An
    /// evening's trading can belong to the day after.
    pub day: i32,
}

/// Why hours do not make a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There are none.
    #[error("a calendar needs hours in which its market trades")]
    NoHours,
    /// A stretch ends before it begins, or begins before the one ahead of it ends.
    #[error(
        "trading hours {0} of the calendar end before they begin, or begin before the ones \
         ahead of them end"
    )]
    Disorder(usize),
    /// A stretch belongs to a day before that of the stretch ahead of it.
    #[error("trading hours {0} of the calendar belong to a day before the hours ahead of them")]
    DayDisorder(usize),
}

/// When a market trades: always, or in hours that are listed.
///
/// ```
/// use tickstep_core::calendar::{Calendar, OpenHours};
/// use tickstep_core::units::Nanos;
///
/// let hour = |n| Nanos::HOUR.times(n);
/// // Monday 1970-01-05 and the day after, 09:00 to 17:00 UTC.
/// let days = [4, 5].map(|day: i32| {
///     let midnight = hour(24 * i64::from(day));
///     OpenHours { open: midnight + hour(9), close: midnight + hour(17), day }
/// });
/// let calendar = Calendar::of_hours("example", days.to_vec())?;
/// assert_eq!(calendar.days_per_year(), 252);
/// assert_eq!(calendar.day_of_close(days[0].close), 4);
/// assert_eq!(calendar.day_of_close(days[1].open), 4, "a bar that ends there is the day before's");
/// assert_eq!(Calendar::always().day_of_close(Nanos::DAY), 0, "midnight ends the day");
/// # Ok::<(), tickstep_core::calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    name: Arc<str>,
    /// Rising and apart; none for a market that never closes.
    hours: Arc<[OpenHours]>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::always()
    }
}

impl Calendar {
    /// A market that never closes; its days are UTC days.
    #[must_use]
    pub fn always() -> Self {
        Self { name: "always".into(), hours: Arc::new([]) }
    }

    /// A market that trades in these hours, which rise and do not overlap.
    pub fn of_hours(name: &str, hours: Vec<OpenHours>) -> Result<Self, CalendarError> {
        if hours.is_empty() {
            return Err(CalendarError::NoHours);
        }
        for (at, stretch) in hours.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| hours[at]);
            if stretch.open >= stretch.close || before.is_some_and(|b| stretch.open < b.close) {
                return Err(CalendarError::Disorder(at));
            }
            if before.is_some_and(|b| stretch.day < b.day) {
                return Err(CalendarError::DayDisorder(at));
            }
        }
        Ok(Self { name: name.into(), hours: hours.into() })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the market never closes.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        self.hours.is_empty()
    }

    /// The hours in which the market trades; none where it never closes.
    #[must_use]
    pub fn hours(&self) -> &[OpenHours] {
        &self.hours
    }

    /// Trading days in a year: 365 where the market never closes, else 252, the usual
    /// count of stock and futures exchanges.
    #[must_use]
    pub fn days_per_year(&self) -> u32 {
        if self.is_continuous() { 365 } else { 252 }
    }

    /// The trading day, in days since 1970-01-01, to which a bar that closes at `ts`
    /// belongs: that of the hours that began last before it. A bar that closes as the
    /// next day opens belongs to the day before.
    #[must_use]
    pub fn day_of_close(&self, ts: Nanos) -> i32 {
        if self.is_continuous() {
            return days_before(ts) as i32;
        }
        let at = self.hours.partition_point(|h| h.open < ts);
        self.hours[at.saturating_sub(1)].day
    }

    /// The last time at which a bar can close and still belong to the day of one that
    /// closes at `ts`: when the next trading day opens, midnight UTC where the market
    /// never closes.
    #[must_use]
    pub fn day_ends(&self, ts: Nanos) -> Nanos {
        if self.is_continuous() {
            return Nanos(days_before(ts).saturating_add(1).saturating_mul(Nanos::DAY.0));
        }
        let day = self.day_of_close(ts);
        let next = self.hours.partition_point(|h| h.day <= day);
        self.hours.get(next).map_or(Nanos(i64::MAX), |h| h.open)
    }
}

/// Days since 1970-01-01 of the UTC day in which the time just before `ts` lies.
const fn days_before(ts: Nanos) -> i64 {
    (ts.0.saturating_sub(1)).div_euclid(Nanos::DAY.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(day: i32, open: i64, close: i64) -> OpenHours {
        let at = |hour| Nanos::DAY.times(i64::from(day)) + Nanos::HOUR.times(hour);
        OpenHours { open: at(open), close: at(close), day }
    }

    #[test]
    fn hours_rise_and_do_not_overlap() {
        let of = |hours: &[OpenHours]| Calendar::of_hours("x", hours.to_vec());
        assert_eq!(of(&[]), Err(CalendarError::NoHours));
        assert_eq!(of(&[stretch(1, 9, 9)]), Err(CalendarError::Disorder(0)));
        let lunch = [stretch(1, 9, 11), stretch(1, 12, 15)];
        assert!(of(&lunch).is_ok());
        assert_eq!(of(&[lunch[1], lunch[0]]), Err(CalendarError::Disorder(1)));
        let back = OpenHours { day: 0, ..lunch[1] };
        assert_eq!(of(&[lunch[0], back]), Err(CalendarError::DayDisorder(1)));
    }

    #[test]
    fn a_day_lasts_until_the_next_one_opens() {
        let hours = [stretch(1, 9, 11), stretch(1, 12, 15), stretch(4, 9, 11)];
        let calendar = Calendar::of_hours("lunch", hours.to_vec()).unwrap();
        for (ts, day) in [
            (hours[0].open, 1),
            (hours[0].close, 1),
            (hours[1].close, 1),
            (Nanos::DAY.times(3), 1),
            (hours[2].open, 1),
            (hours[2].open + Nanos(1), 4),
            (Nanos::DAY.times(99), 4),
        ] {
            assert_eq!(calendar.day_of_close(ts), day, "{ts:?}");
            let ends = if day == 1 { hours[2].open } else { Nanos(i64::MAX) };
            assert_eq!(calendar.day_ends(ts), ends, "{ts:?}");
        }
    }

    #[test]
    fn a_market_that_never_closes_has_utc_days_before_1970_too() {
        let always = Calendar::always();
        assert_eq!(always.day_of_close(Nanos(0)), -1);
        assert_eq!(always.day_ends(Nanos(0)), Nanos(0));
        assert_eq!(always.day_of_close(Nanos(1)), 0);
        assert_eq!(always.day_ends(Nanos(1)), Nanos::DAY);
    }
}
