//! When a market trades, from a name or a few lines of TOML to points in time.
//!
//! [`CalendarConfig`] is what is written, [`MarketHours`] what it means, and the
//! [`Calendar`] of `tickstep_core` the hours of a span of time, which know no zone. The
//! bundled calendars ([`MarketHours::names`]) have their holidays and short days in the
//! folder `bundled`, with their origin beside them.

mod bundled;
mod clock;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use tickstep_core::calendar::{Calendar, OpenHours};
use tickstep_core::units::Nanos;

use crate::error::ConfigError;
use crate::nearest::hint;
use bundled::{ALWAYS, BUNDLED};
pub use written::{CalendarConfig, HoursConfig};

/// When a market trades, in its own days and by its own clocks.
///
/// ```
/// use jiff::civil::date;
/// use tickstep_config::{MarketHours, instant};
///
/// let nyse = MarketHours::named("nasdaq")?;
/// assert!(!nyse.trades_on(date(2024, 7, 4)));
/// // The third of July 2024 ends at 13:00 in New York, the fifth is a whole day.
/// let at = |text| instant("t", text, &jiff::tz::TimeZone::UTC);
/// let hours = nyse.calendar((at("2024-07-03")?, at("2024-07-06")?));
/// let july = hours.hours().iter().filter(|h| h.day >= 19_907 && h.day <= 19_909);
/// let shown: Vec<_> = july.map(|h| (h.open, h.close)).collect();
/// let third = (at("2024-07-03T13:30:00Z")?, at("2024-07-03T17:00:00Z")?);
/// assert_eq!(shown, [third, (at("2024-07-05T13:30:00Z")?, at("2024-07-05T20:00:00Z")?)]);
/// # Ok::<(), tickstep_config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketHours {
    name: String,
    zone: TimeZone,
    /// `None` where the market never closes.
    week: Option<TradingWeek>,
}

/// Days and hours of a market that closes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TradingWeek {
    written: HoursConfig,
    holidays: BTreeSet<Date>,
    /// Minutes since midnight at which a day ends, and at which it begins, where that
    /// is not as usual.
    closes: BTreeMap<Date, i32>,
    opens: BTreeMap<Date, i32>,
}

impl MarketHours {
    /// A market that never closes.
    #[must_use]
    pub fn always() -> Self {
        Self { name: ALWAYS.to_owned(), zone: TimeZone::UTC, week: None }
    }

    /// Names of the bundled calendars; where several fit what data shows, the first of
    /// them is to be taken.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(name, ..)| *name).chain([ALWAYS])
    }

    /// A bundled calendar.
    pub fn named(name: &str) -> Result<Self, ConfigError> {
        if name == ALWAYS {
            return Ok(Self::always());
        }
        let known = BUNDLED.iter().find(|(own, other, _)| *own == name || other.contains(&name));
        let Some((own, _, text)) = known else {
            let others = BUNDLED.iter().flat_map(|(_, other, _)| other.iter().copied());
            let near = hint(name, Self::names().chain(others));
            let names: Vec<&str> = Self::names().collect();
            let words = format!(
                "no calendar is called {name}; there is {}; or write zone, days and hours{near}",
                names.join(", ")
            );
            return Err(ConfigError::AtKey { key: ".".to_owned(), message: words });
        };
        let written: HoursConfig = toml::from_str(text)
            .map_err(|e| ConfigError::AtKey { key: ".".to_owned(), message: e.to_string() })?;
        Self::written((*own).to_owned(), written)
    }

    /// What is written; a fault is at the key below it, `.` where it is the whole.
    pub fn of(written: &CalendarConfig) -> Result<Self, ConfigError> {
        match written {
            CalendarConfig::Named(name) => Self::named(name),
            CalendarConfig::Hours(hours) => {
                let shown = toml::Value::try_from(&**hours).unwrap_or(toml::Value::Boolean(false));
                let text = |key: &str| shown.get(key).and_then(toml::Value::as_str).unwrap_or("");
                let list = shown.get("hours").and_then(toml::Value::as_array);
                let list = list.into_iter().flatten().filter_map(toml::Value::as_str);
                let list: Vec<&str> = list.collect();
                let name = format!("{} {} {}", text("days"), list.join(" "), text("zone"));
                Self::written(name, (**hours).clone())
            }
        }
    }

    fn written(name: String, written: HoursConfig) -> Result<Self, ConfigError> {
        written.validate().map_err(|(key, message)| ConfigError::AtKey { key, message })?;
        let by_day = |times: &BTreeMap<clock::TimeOfDay, Vec<clock::Day>>| {
            let all = times.iter().flat_map(|(time, days)| days.iter().map(|d| (d.0, time.0)));
            all.collect()
        };
        let week = TradingWeek {
            holidays: written.holidays.iter().map(|day| day.0).collect(),
            closes: by_day(&written.early_closes),
            opens: by_day(&written.late_opens),
            written,
        };
        Ok(Self { name, zone: week.written.zone.zone.clone(), week: Some(week) })
    }

    /// What it is called: its name, or its days and hours.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it can be written as.
    #[must_use]
    pub fn to_config(&self) -> CalendarConfig {
        match &self.week {
            Some(week) if BUNDLED.iter().all(|(name, ..)| *name != self.name) => {
                CalendarConfig::Hours(Box::new(week.written.clone()))
            }
            Some(_) | None => CalendarConfig::Named(self.name.clone()),
        }
    }

    /// The zone of its clocks and days.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether the market never closes.
    #[must_use]
    pub const fn is_continuous(&self) -> bool {
        self.week.is_none()
    }

    /// Whether the market trades on a day of its own.
    #[must_use]
    pub fn trades_on(&self, day: Date) -> bool {
        self.week.as_ref().is_none_or(|week| {
            week.written.days.has(day.weekday()) && !week.holidays.contains(&day)
        })
    }

    /// The hours of a span of time, with those of some days before and after it.
    #[must_use]
    pub fn calendar(&self, (first, last): (Nanos, Nanos)) -> Calendar {
        let Some(week) = &self.week else { return Calendar::always() };
        let mut day = self.day_of(first, -MARGIN_DAYS);
        let end = self.day_of(last, MARGIN_DAYS);
        let mut hours: Vec<OpenHours> = Vec::new();
        while day <= end {
            if self.trades_on(day) {
                for (from, to) in week.minutes(day) {
                    let before = hours.last().map_or(Nanos(i64::MIN), |h| h.close);
                    let (Some(open), Some(close)) = (self.at(day, from), self.at(day, to)) else {
                        continue;
                    };
                    // Where clocks are put back over the end of a day.
                    let open = open.max(before);
                    if open < close {
                        hours.push(OpenHours { open, close, day: days_since_1970(day) });
                    }
                }
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        // Of a span in which the market never trades nothing is known.
        Calendar::of_hours(&self.name, hours).unwrap_or_else(|_| Calendar::always())
    }

    /// The day of the zone in which an instant lies, some days on.
    fn day_of(&self, ts: Nanos, ahead: i64) -> Date {
        let timestamp = Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or_default();
        let day = self.zone.to_datetime(timestamp).date();
        let span: Span = ahead.days();
        day.checked_add(span).unwrap_or(day)
    }

    /// The instant some minutes after a midnight, by the clocks of the zone.
    fn at(&self, day: Date, minutes: i32) -> Option<Nanos> {
        let (ahead, minute) =
            (minutes.div_euclid(clock::DAY_MIN), minutes.rem_euclid(clock::DAY_MIN));
        let day = day.checked_add(ahead.days()).ok()?;
        let time = day.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        local(&self.zone, time)
    }
}

/// Days before and after a span that are known too: a holiday of a week and more must
/// not stand at its edge.
const MARGIN_DAYS: i64 = 20;

/// The instant at which the clocks of a zone show a time. One that they never show is as
/// much later as they were put ahead; of two, the earlier. `None` beyond the range of
/// nanoseconds.
#[must_use]
pub fn local(zone: &TimeZone, time: DateTime) -> Option<Nanos> {
    let instant = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Nanos)
}

fn days_since_1970(day: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    day.since(epoch).map_or(0, |span| span.get_days())
}

impl TradingWeek {
    /// Begin and end of each stretch of a day, minutes since its midnight.
    fn minutes(&self, day: Date) -> Vec<(i32, i32)> {
        let change = self.written.changes.iter().rev().find(|change| change.from.0 <= day);
        let hours = change.map_or(&self.written.hours, |change| &change.hours);
        let mut all = self.written.minutes(hours);
        if let Some(close) = self.closes.get(&day) {
            all.retain(|(from, _)| from < close);
            if let Some(last) = all.last_mut() {
                last.1 = *close;
            }
        }
        if let Some(open) = self.opens.get(&day) {
            all.retain(|(_, to)| to > open);
            if let Some(first) = all.first_mut() {
                first.0 = *open;
            }
        }
        all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
