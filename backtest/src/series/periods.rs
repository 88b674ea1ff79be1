//! Bars of days, weeks and months by the clocks of a zone, told by their open times.
//!
//! A day is a calendar day of its zone: 23 or 25 hours where clocks change. So daily bars
//! open at one time of the day by the clocks of their zone, weekly ones on one day of the
//! week, monthly ones on the first of a month; where the market is closed then, some days
//! later. A day that begins in the afternoon bears the date of the next: 17:00 in New York
//! begins the day of currencies.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use tickstep_config::{MarketHours, local};
use tickstep_core::calendar::{BarTimes, BarTimesError, Interval, Period};
use tickstep_core::units::Nanos;

use crate::times::timestamp;

/// Where clocks change and whose days bars may be; the first of those that fit.
const ZONES: [&str; 7] = [
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "America/Chicago",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// How many days late a weekly or a monthly bar may open.
const LATE_DAYS: i32 = 5;

/// Whether a day, in days from Monday, is one on which weeks end and none begin: Friday or
/// Saturday.
pub(crate) const fn is_week_end(day: i32) -> bool {
    matches!(day, 4 | 5)
}

/// The last day of a month on which a market trades is none before.
const MONTH_ENDS: i8 = 25;

/// Periods of a zone that bars cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PeriodGrid {
    /// Day, week or month.
    pub interval: Interval,
    pub zone: TimeZone,
    /// Since midnight by the clocks of the zone.
    since_midnight: SignedDuration,
    /// Days from Monday to the day on which weeks begin.
    week_start: i32,
    /// Rows bear dates, written as midnight in UTC, of this zone.
    pub dates: bool,
}

/// The period whose length a usual difference of open times has.
pub(crate) fn kind(usual: Nanos) -> Option<Interval> {
    let hours = usual.0 / Nanos::HOUR.0;
    match hours {
        // Clocks change by an hour, and a Friday's bar is two days shorter.
        22..=26 => Some(Interval::Day),
        143..=193 => Some(Interval::Week),
        648..=768 => Some(Interval::Month),
        _ => None,
    }
}

impl PeriodGrid {
    /// The grid that leaves the fewest times off it: of the zone of `stated`, of UTC, or of
    /// one of the zones whose clocks change. `dates` are days of the zone of `stated`.
    pub(crate) fn of(
        times: &[Nanos],
        interval: Interval,
        stated: Option<&MarketHours>,
        dates: bool,
    ) -> Self {
        let stated = stated.filter(|market| !market.is_continuous()).map(MarketHours::zone);
        let utc = Self::in_zone(times, interval, TimeZone::UTC);
        let strays_utc = utc.strays(times).len();
        if let Some(zone) = stated.filter(|zone| **zone != TimeZone::UTC) {
            if dates && strays_utc == 0 && utc.since_midnight.is_zero() {
                return Self { zone: zone.clone(), dates: true, ..utc };
            }
            let own = Self::in_zone(times, interval, zone.clone());
            if own.strays(times).len() <= strays_utc {
                return own;
            }
        }
        let zones = ZONES.iter().filter_map(|name| TimeZone::get(name).ok());
        let mut best = (strays_utc, utc);
        let mut best_at_midnight = true;
        if best.0 == 0 {
            return best.1;
        }
        for zone in zones {
            let grid = Self::in_zone(times, interval, zone);
            let strays = grid.strays(times).len();
            let at_midnight = grid.since_midnight.is_zero();
            // Midnight is the more likely beginning of a day where two zones fit as well.
            if strays < best.0 || (strays == best.0 && at_midnight && !best_at_midnight) {
                best = (strays, grid);
                best_at_midnight = at_midnight;
            }
        }
        best.1
    }

    fn in_zone(times: &[Nanos], interval: Interval, zone: TimeZone) -> Self {
        let mut grid = Self {
            interval,
            zone,
            since_midnight: SignedDuration::ZERO,
            week_start: 0,
            dates: false,
        };
        let shown = |grid: &Self, ts: &Nanos| grid.shown(*ts);
        grid.since_midnight =
            most(times.iter().map(|ts| since_midnight(shown(&grid, ts)))).unwrap_or_default();
        if interval == Interval::Week {
            let weekday =
                |ts: &Nanos| i32::from(shown(&grid, ts).weekday().to_monday_zero_offset());
            grid.week_start = most(times.iter().map(weekday)).unwrap_or(0);
        }
        grid
    }

    /// Whether bars are as long as each other, and begin as UTC does: a day is 24 hours.
    pub(crate) fn is_even(&self) -> bool {
        self.zone == TimeZone::UTC && self.interval != Interval::Month
    }

    /// What the clocks show.
    fn shown(&self, ts: Nanos) -> DateTime {
        let zone = if self.dates { &TimeZone::UTC } else { &self.zone };
        zone.to_datetime(timestamp(ts))
    }

    /// The date that a bar bears: of the day, of the first day of the week or month.
    pub(crate) fn label(&self, ts: Nanos) -> Date {
        let shown = self.shown(ts);
        match self.interval {
            Interval::Week => {
                let weekday = i32::from(shown.weekday().to_monday_zero_offset());
                let late = (weekday - self.week_start).rem_euclid(7);
                days_on(shown.date(), -late)
            }
            Interval::Month => shown.date().first_of_month(),
            Interval::Day | Interval::Time(_) => {
                days_on(shown.date(), i32::from(self.begins_the_day_before()))
            }
        }
    }

    fn begins_the_day_before(&self) -> bool {
        self.interval == Interval::Day && self.since_midnight >= SignedDuration::from_hours(12)
    }

    /// Indexes of the times that begin no period, or one that has begun already.
    pub(crate) fn strays(&self, times: &[Nanos]) -> Vec<usize> {
        let mut before: Option<(Date, Nanos)> = None;
        let mut strays = Vec::new();
        for (i, ts) in times.iter().enumerate() {
            let shown = self.shown(*ts);
            let label = self.label(*ts);
            let late = match self.interval {
                Interval::Day | Interval::Time(_) => false,
                Interval::Week | Interval::Month => {
                    shown.date().since(label).map_or(0, |span| span.get_days()) > LATE_DAYS
                }
            };
            // Rows at one time are told apart elsewhere.
            let again = before.is_some_and(|(other, at)| other == label && at != *ts);
            if since_midnight(shown) != self.since_midnight || late || again {
                strays.push(i);
            } else {
                before = Some((label, *ts));
            }
        }
        strays
    }

    /// Whether times off the grid are like those of the ends of weeks or months: weeks that
    /// would begin on a Friday or a Saturday, months that would begin in their last days.
    pub(crate) fn tells_ends(&self, strays: &[Nanos]) -> bool {
        match self.interval {
            Interval::Week => is_week_end(self.week_start),
            Interval::Month => {
                let late = |ts: &&Nanos| self.shown(**ts).day() >= MONTH_ENDS;
                strays.iter().filter(late).count() * 2 > strays.len()
            }
            Interval::Day | Interval::Time(_) => false,
        }
    }

    /// When the period with a label begins.
    fn begin(&self, label: Date) -> Option<Nanos> {
        let day = days_on(label, -i32::from(self.begins_the_day_before()));
        let midnight = day.to_datetime(Time::midnight());
        local(&self.zone, midnight.checked_add(self.since_midnight).ok()?)
    }

    fn next(&self, label: Date) -> Option<Date> {
        let span = match self.interval {
            Interval::Day | Interval::Time(_) => 1.days(),
            Interval::Week => 7.days(),
            Interval::Month => 1.month(),
        };
        label.checked_add(span).ok()
    }

    /// When the bar with a stamp opens: the stamp, or where rows bear dates, the beginning
    /// of that day.
    pub(crate) fn open_of(&self, ts: Nanos) -> Nanos {
        if !self.dates {
            return ts;
        }
        local(&self.zone, self.shown(ts)).unwrap_or(ts)
    }

    /// The periods from some before the first of the open times to some after the last:
    /// those in which the market trades. A bar that opens late begins its period.
    pub(crate) fn times(
        &self,
        opens: &[Nanos],
        market: &MarketHours,
    ) -> Result<BarTimes, BarTimesError> {
        let undated = Self { dates: false, ..self.clone() };
        let stamped: BTreeMap<Date, Nanos> =
            opens.iter().map(|ts| (undated.label(*ts), *ts)).collect();
        let ends = stamped.keys().next().zip(stamped.keys().next_back());
        let Some((first, last)) = ends else { return Err(BarTimesError::NoPeriods) };
        let (mut label, end) = (days_on(*first, -MARGIN_DAYS), days_on(*last, MARGIN_DAYS));
        label = match self.interval {
            Interval::Week => days_on(*first, -MARGIN_DAYS / 7 * 7),
            Interval::Month => label.first_of_month(),
            Interval::Day | Interval::Time(_) => label,
        };
        let mut periods: Vec<Period> = Vec::new();
        while label <= end {
            let Some(next) = self.next(label) else { break };
            let trades = self.interval != Interval::Day || market.trades_on(label);
            let known = stamped.get(&label);
            let begin = known.copied().or_else(|| self.begin(label));
            if let (true, Some(open), Some(close)) =
                (trades || known.is_some(), begin, self.begin(next))
            {
                periods.push(Period { open, close });
            }
            label = next;
        }
        BarTimes::periods(self.interval, &periods)
    }
}

/// Days around the data whose periods are known too.
const MARGIN_DAYS: i32 = 70;

fn days_on(day: Date, days: i32) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

fn since_midnight(shown: DateTime) -> SignedDuration {
    shown.time().duration_since(Time::midnight())
}

/// The most frequent; the smallest of those as frequent.
fn most<T: Ord + Copy>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
        .into_iter()
        .max_by_key(|(one, count)| (*count, std::cmp::Reverse(*one)))
        .map(|(one, _)| one)
}
