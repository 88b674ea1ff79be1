//! What data cover: the days in which they have a bar, the time, and the year that
//! figures of them are scaled to.
//!
//! A day counts when any instrument had a bar in it, whatever lies between: two files
//! of two days, three years apart, are four days. A bar of at most a day belongs to the
//! day in which it ends. A longer one counts every day that it covers; equity is known
//! at its end, so all but the last of those days are flat.
//!
//! A year is 365 days where a market never closes and 252 trading days where it has
//! hours. The years that a growth is spread over are then the time from the first bar
//! of each segment to its last, added up, over 365 days; or the days with data over 252.

use alloc::vec::Vec;

use crate::calendar::Calendar;
use crate::units::Nanos;

/// Days in a year of markets that never close.
const YEAR: Nanos = Nanos::DAY.times(365);

/// The days and the time that the data of an account cover.
///
/// ```
/// use tickstep_core::calendar::Calendar;
/// use tickstep_core::stats::Coverage;
/// use tickstep_core::units::Nanos;
///
/// let hours = |from: i64, to: i64| (from..to).map(|h| (Nanos::HOUR.times(h), Nanos::HOUR.times(h + 1)));
/// let mut coverage = Coverage::of_calendars([&Calendar::always()]);
/// // two days, and three years later two more
/// coverage.add_segment(hours(0, 48));
/// coverage.add_segment(hours(26_280, 26_328));
/// assert_eq!(coverage.days(), [0, 1, 1_095, 1_096]);
/// assert_eq!(coverage.time(), Nanos::DAY.times(4));
/// assert_eq!(coverage.years(), 4.0 / 365.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    calendar: Calendar,
    days_per_year: u32,
    /// Rising.
    days: Vec<i32>,
    /// From the first open to the last close of a stretch; rising and apart.
    spans: Vec<(Nanos, Nanos)>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self::of_calendars([])
    }
}

impl Coverage {
    /// Nothing yet, of an account whose instruments have these calendars.
    ///
    /// Days are those of the calendar that all of them share, else UTC days. A year has
    /// 365 days as soon as one of the markets never closes, else 252.
    #[must_use]
    pub fn of_calendars<'c>(calendars: impl IntoIterator<Item = &'c Calendar>) -> Self {
        let mut all = calendars.into_iter();
        let first = all.next().cloned().unwrap_or_default();
        let (mut shared, mut continuous) = (true, first.is_continuous());
        for other in all {
            shared &= *other == first;
            continuous |= other.is_continuous();
        }
        let days_per_year =
            if continuous { Calendar::always().days_per_year() } else { first.days_per_year() };
        let calendar = if shared { first } else { Calendar::always() };
        Self { calendar, days_per_year, days: Vec::new(), spans: Vec::new() }
    }

    /// Of one instrument that trades always, in one segment: when each of its bars opens
    /// and closes, in order.
    #[must_use]
    pub fn of_bars(bars: impl IntoIterator<Item = (Nanos, Nanos)>) -> Self {
        let mut coverage = Self::default();
        coverage.add_segment(bars);
        coverage
    }

    /// Adds a segment of an instrument: when each of its bars opens and closes, in order.
    pub fn add_segment(&mut self, bars: impl IntoIterator<Item = (Nanos, Nanos)>) {
        let known = self.days.len();
        let mut span: Option<(Nanos, Nanos)> = None;
        // Half a million bars share a few hundred days: one comparison each.
        let mut day_ends = Nanos(i64::MIN);
        for (open, close) in bars {
            span = Some((span.map_or(open, |(first, _)| first), close));
            if close <= day_ends {
                continue;
            }
            day_ends = self.calendar.day_ends(close);
            self.add_days(open, self.calendar.day_of_close(close));
        }
        let Some(span) = span else { return };
        if known > 0 && self.days.get(known).is_some_and(|first| *first <= self.days[known - 1]) {
            self.days.sort_unstable();
            self.days.dedup();
        }
        self.spans.push(span);
        self.spans.sort_unstable();
        let spans = core::mem::take(&mut self.spans);
        for (open, close) in spans {
            match self.spans.last_mut() {
                Some(last) if open <= last.1 => last.1 = last.1.max(close),
                _ => self.spans.push((open, close)),
            }
        }
    }

    /// The days up to `day` of a bar that opens at `open`, those without trading left out.
    fn add_days(&mut self, open: Nanos, day: i32) {
        if self.calendar.is_continuous() {
            let first = self.calendar.day_of_close(open).saturating_add(1).min(day);
            self.days.extend(first..=day);
            return;
        }
        let hours = self.calendar.hours();
        // At the first hours of all there is no day before.
        let from = match hours.first() {
            Some(first) if open <= first.open => 0,
            _ => hours.partition_point(|h| h.day <= self.calendar.day_of_close(open)),
        };
        let known = self.days.len();
        for stretch in hours[from..].iter().take_while(|h| h.day < day) {
            if self.days[known..].last() != Some(&stretch.day) {
                self.days.push(stretch.day);
            }
        }
        self.days.push(day);
    }

    /// The days with data, in days since 1970-01-01, rising.
    #[must_use]
    pub fn days(&self) -> &[i32] {
        &self.days
    }

    /// Time from the first bar of each segment to its last, added up, where several
    /// instruments overlap counted once, in nanoseconds.
    #[must_use]
    pub fn time(&self) -> Nanos {
        let length = |span: &(Nanos, Nanos)| (span.1 - span.0).0;
        Nanos(self.spans.iter().map(length).fold(0, i64::saturating_add))
    }

    /// Open of the first bar and close of the last one; `None` without a bar.
    #[must_use]
    pub fn span(&self) -> Option<(Nanos, Nanos)> {
        Some((self.spans.first()?.0, self.spans.last()?.1))
    }

    /// Days in a year: 365 where a market never closes, else 252.
    #[must_use]
    pub const fn days_per_year(&self) -> u32 {
        self.days_per_year
    }

    /// Whether any of the markets never closes.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        self.days_per_year == Calendar::always().days_per_year()
    }

    /// Years that the data cover.
    #[must_use]
    pub fn years(&self) -> f64 {
        if self.is_continuous() {
            self.time().0 as f64 / YEAR.0 as f64
        } else {
            self.days.len() as f64 / f64::from(self.days_per_year)
        }
    }

    /// Bars in a year, of bars of which the shortest are `interval` long and `bars` were
    /// seen: as many as fit where a market never closes, else as many as a day had, for
    /// each day of the year. `None` for what is no number.
    #[must_use]
    pub fn bars_per_year(&self, interval: Nanos, bars: u64) -> Option<f64> {
        let per_year = if self.is_continuous() {
            YEAR.0 as f64 / interval.0 as f64
        } else {
            bars as f64 / self.days.len() as f64 * f64::from(self.days_per_year)
        };
        super::float::finite(per_year)
    }

    /// Whether a week or more is covered, or the trading days of one. Below that, annual
    /// growth is not a figure: 5 % in an hour would print as 10^187 %.
    #[must_use]
    pub fn covers_week(&self) -> bool {
        is_week(self.time(), self.days.len(), self.days_per_year)
    }

    /// The day to which a bar that closes at `ts` belongs, in days since 1970-01-01.
    #[must_use]
    pub fn day_of_close(&self, ts: Nanos) -> i32 {
        self.calendar.day_of_close(ts)
    }

    /// The last time at which a bar can close and still belong to the day of `ts`.
    #[must_use]
    pub fn day_ends(&self, ts: Nanos) -> Nanos {
        self.calendar.day_ends(ts)
    }

    /// How many of the days come before that in which a bar closes at `ts`, that one
    /// counted: its place among [`Coverage::days`], and one more.
    #[must_use]
    pub fn days_until(&self, ts: Nanos) -> usize {
        let day = self.day_of_close(ts);
        self.days.partition_point(|d| *d <= day)
    }
}

/// Whether `time` or, where a year is not 365 days, `days` are a week of it.
pub(super) fn is_week(time: Nanos, days: usize, days_per_year: u32) -> bool {
    if days_per_year == Calendar::always().days_per_year() {
        return time >= Nanos::DAY.times(7);
    }
    // As great a part of the year: five days of 252.
    days as u64 * 365 >= 7 * u64::from(days_per_year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::OpenHours;

    fn hour(n: i64) -> Nanos {
        Nanos::HOUR.times(n)
    }

    fn bars(length: i64, opens: impl IntoIterator<Item = i64>) -> Vec<(Nanos, Nanos)> {
        opens.into_iter().map(|h| (hour(h), hour(h + length))).collect()
    }

    /// Monday 1970-01-05 to Friday, and the Monday after; 14:00 to 21:00 UTC.
    fn weekdays(name: &str) -> Calendar {
        let day = |day: i32| OpenHours {
            open: hour(24 * i64::from(day) + 14),
            close: hour(24 * i64::from(day) + 21),
            day,
        };
        Calendar::of_hours(name, [4, 5, 6, 7, 8, 11].map(day).to_vec()).unwrap()
    }

    #[test]
    fn a_bar_counts_where_it_ends_and_a_longer_one_all_that_it_covers() {
        let days = |length, opens: &[i64]| {
            let mut coverage = Coverage::default();
            coverage.add_segment(bars(length, opens.iter().copied()));
            coverage.days().to_vec()
        };
        assert_eq!(days(4, &[20, 22, 26]), [0, 1], "22:00 to 02:00 is the second day's");
        // Days that begin at five: one each, of 23 hours too.
        assert_eq!(days(24, &[5, 29]), [1, 2]);
        assert_eq!(days(23, &[5, 29]), [1, 2]);
        assert_eq!(days(25, &[4, 28]), [1, 2]);
        assert_eq!(days(24 * 7, &[0]), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(days(24 * 7, &[5]), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(days(36, &[0, 36]), [0, 1, 2]);
    }

    #[test]
    fn instruments_that_overlap_count_once() {
        let mut coverage = Coverage::default();
        coverage.add_segment(bars(1, 0..30));
        coverage.add_segment(bars(1, 240..260));
        coverage.add_segment(bars(1, 20..50));
        coverage.add_segment([]);
        assert_eq!(coverage.days(), [0, 1, 2, 10]);
        assert_eq!(coverage.time(), hour(50 + 20));
        assert_eq!(coverage.span(), Some((hour(0), hour(260))));
        assert_eq!(coverage.days_until(hour(24)), 1);
        assert_eq!(coverage.days_until(hour(100)), 3);
        assert!(!coverage.covers_week());
        coverage.add_segment(bars(98, [300]));
        assert!(coverage.covers_week(), "168 hours");
    }

    #[test]
    fn a_market_with_hours_has_trading_days() {
        let mut coverage = Coverage::of_calendars([&weekdays("a")]);
        // Thursday's and Friday's hours, and Monday's: no flat weekend.
        coverage.add_segment(bars(1, (7 * 24 + 14)..(7 * 24 + 21)));
        coverage.add_segment(bars(1, (8 * 24 + 14)..(8 * 24 + 21)));
        coverage.add_segment(bars(1, [11 * 24 + 14]));
        assert_eq!(coverage.days(), [7, 8, 11]);
        assert_eq!((coverage.days_per_year(), coverage.years()), (252, 3.0 / 252.0));
        assert_eq!(coverage.bars_per_year(hour(1), 15), Some(5.0 * 252.0));
        assert!(!coverage.covers_week());
        // A week's bar is its five days, the weekend none.
        let mut week = Coverage::of_calendars([&weekdays("a")]);
        week.add_segment([(hour(4 * 24 + 14), hour(8 * 24 + 21))]);
        assert_eq!(week.days(), [4, 5, 6, 7, 8]);
        assert!(week.covers_week());
    }

    #[test]
    fn markets_of_different_hours_share_utc_days() {
        let (a, b, always) = (weekdays("a"), weekdays("b"), Calendar::always());
        assert_eq!(Coverage::of_calendars([&a, &b]).days_per_year(), 252);
        assert_eq!(Coverage::of_calendars([&a, &b]).day_of_close(hour(49)), 2);
        assert_eq!(Coverage::of_calendars([&a, &a]).day_of_close(hour(9 * 24)), 8);
        assert_eq!(Coverage::of_calendars([&a, &always]).days_per_year(), 365);
    }
}
