//! Times as a description says they are written: a unit, a zone, a day from a name.
//!
//! A local time that the clocks show twice or never, where they are changed, is
//! refused: which of two instants is meant is not in the file.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::Deserialize;
use tickstep_core::units::Nanos;

use super::error::{FileFault, LoadError};
use super::number::Num;
use super::pattern::{Pattern, PatternTime};
use super::time::{self, TimeError, Unit};
use crate::series::candle::is_plausible;
use crate::series::error::BadOption;
use crate::times::timestamp;

/// How a description says that times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeUnit {
    S,
    Ms,
    Us,
    Ns,
    Text,
    MsOfDay,
}

impl TimeUnit {
    /// The unit of a number since 1970; text and times of a day are none.
    const fn unit(self) -> Option<Unit> {
        match self {
            Self::S => Some(Unit::Seconds),
            Self::Ms => Some(Unit::Millis),
            Self::Us => Some(Unit::Micros),
            Self::Ns => Some(Unit::Nanos),
            Self::Text | Self::MsOfDay => None,
        }
    }
}

/// The clock that times are by: a zone of the IANA database or a fixed offset, and hours
/// on top of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
    ahead_s: i32,
}

impl Zone {
    pub(crate) const EXAMPLES: &'static str = "an IANA name such as Europe/Athens, an offset such as +02:00, or both: \
         America/New_York+07:00";

    pub(super) const UTC: Self = Self { zone: TimeZone::UTC, ahead_s: 0 };

    /// `Europe/Athens`, `+02:00`, `America/New_York+07:00` (seven hours ahead of New York);
    /// `None` where it is no zone.
    ///
    /// ```
    /// use tickstep_backtest::load::Zone;
    ///
    /// assert!(Zone::parse("America/New_York+07:00").is_some());
    /// assert!(Zone::parse("Atlantis").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(zone) = TimeZone::get(text) {
            return Some(Self { zone, ahead_s: 0 });
        }
        let (name, offset) = text.split_at(text.rfind(['+', '-'])?);
        let ahead_s = time::offset(offset.as_bytes())?;
        if name.is_empty() {
            let zone = TimeZone::fixed(Offset::from_seconds(ahead_s).ok()?);
            return Some(Self { zone, ahead_s: 0 });
        }
        Some(Self { zone: TimeZone::get(name).ok()?, ahead_s })
    }

    /// As [`Zone::parse`], of an option that the user states.
    pub(crate) fn stated(text: &str) -> Result<Self, BadOption> {
        let (option, value, range) = ("time_zone", text.to_owned(), Self::EXAMPLES);
        Self::parse(text).ok_or(BadOption { option, value, range })
    }

    fn is_utc(&self) -> bool {
        self.ahead_s == 0 && self.zone == TimeZone::UTC
    }

    fn instant(&self, local: DateTime) -> Result<i128, TimeError> {
        let ahead = jiff::SignedDuration::from_secs(i64::from(self.ahead_s));
        let local = local.checked_sub(ahead).map_err(|_| TimeError::Absurd)?;
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                let instant = offset.to_timestamp(local).map_err(|_| TimeError::Absurd)?;
                Ok(instant.as_nanosecond())
            }
            AmbiguousOffset::Gap { .. } | AmbiguousOffset::Fold { .. } => {
                Err(TimeError::ClockChange)
            }
        }
    }
}

/// Reads the times of one file.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The zone of times that say none; where nobody stated one, UTC is taken.
    zone: Option<Zone>,
    unit: Option<TimeUnit>,
    /// The first that reads a text tells its time; ISO 8601 and its like without any.
    patterns: Vec<Pattern>,
    /// The day that the file's name tells, where times are since midnight.
    day: Option<Date>,
    /// How long before its stamp a bar opened.
    before: Nanos,
}

impl Clock {
    pub(super) fn new(
        (zone, unit, patterns): (Option<Zone>, Option<TimeUnit>, Vec<Pattern>),
        path: &str,
        entry: &str,
        before: Nanos,
    ) -> Result<Self, LoadError> {
        let day = match unit {
            Some(TimeUnit::MsOfDay) => {
                let day = day_of(entry).or_else(|| day_of(path));
                Some(day.ok_or_else(|| FileFault::NoDay.of(path))?)
            }
            _ => None,
        };
        Ok(Self { zone, unit, patterns, day, before })
    }

    /// Of times by the clock of a zone, with nothing else said of them.
    pub(crate) const fn of_zone(zone: Zone) -> Self {
        Self { zone: Some(zone), unit: None, patterns: Vec::new(), day: None, before: Nanos(0) }
    }

    /// Reads times by a pattern that the file tells.
    pub(super) fn read_by(&mut self, pattern: Pattern) {
        self.patterns.push(pattern);
    }

    /// The open time of a bar, and how it was written; `date` is a column of its own.
    pub(crate) fn read(
        &self,
        date: Option<&[u8]>,
        text: &[u8],
    ) -> Result<(Nanos, Unit), TimeError> {
        let (ts, unit) = match (date, self.day) {
            (Some(date), _) => {
                let whole = [date.trim_ascii(), b" ", text.trim_ascii()].concat();
                self.local(&whole)?
            }
            (None, Some(day)) => (self.of_day(day, text)?, Unit::Absolute),
            (None, None) => self.stamp(text)?,
        };
        Ok((ts - self.before, unit))
    }

    /// The open time of a bar whose stamp was read as if the clock were UTC.
    pub(crate) fn of_utc(&self, ns: i128) -> Result<Nanos, TimeError> {
        let ts = checked(ns)?;
        Ok(self.by_clock(ts)? - self.before)
    }

    fn zone(&self) -> &Zone {
        static UTC: Zone = Zone::UTC;
        self.zone.as_ref().unwrap_or(&UTC)
    }

    fn by_clock(&self, ts: Nanos) -> Result<Nanos, TimeError> {
        if self.zone().is_utc() {
            return Ok(ts);
        }
        let shown = Offset::UTC.to_datetime(timestamp(ts));
        checked(self.zone().instant(shown)?)
    }

    fn stamp(&self, text: &[u8]) -> Result<(Nanos, Unit), TimeError> {
        let numeric = self.patterns.is_empty() && Num::parse(text).is_ok();
        if !numeric && matches!(self.unit, None | Some(TimeUnit::Text)) {
            return self.local(text);
        }
        let (ts, unit) = match self.unit {
            None => time::parse(text)?,
            Some(stated) => {
                let unit = stated.unit().ok_or(TimeError::NotATime)?;
                match time::parse(text) {
                    Ok((ts, told)) if told == unit => (ts, unit),
                    _ => time::in_unit(text, unit)?,
                }
            }
        };
        // Seconds since 1970 are by the broker's clock too.
        Ok((self.by_clock(ts)?, unit))
    }

    fn local(&self, text: &[u8]) -> Result<(Nanos, Unit), TimeError> {
        let text = text.trim_ascii();
        if !self.patterns.is_empty() {
            let read = self.patterns.iter().find_map(|pattern| pattern.read(text));
            let PatternTime { civil, offset, date_only } = read.ok_or(TimeError::NotATime)?;
            let Some(offset) = offset else { return self.shown(civil, date_only) };
            let instant = offset.to_timestamp(civil).map_err(|_| TimeError::Absurd)?;
            return Ok((checked(instant.as_nanosecond())?, Unit::Absolute));
        }
        // MetaTrader writes 2023.08.01, others 2023/08/01.
        let mut text = text.to_vec();
        for at in [4, 7] {
            if let Some(mark @ (b'.' | b'/')) = text.get_mut(at) {
                *mark = b'-';
            }
        }
        let (civil, offset) = time::civil(&text).ok_or(TimeError::NotATime)?;
        match offset {
            // A time with an offset says itself what it is.
            Some(_) => time::parse(&text),
            None => self.shown(civil, text.len() == 10),
        }
    }

    /// The instant at which the clock shows `civil`.
    fn shown(&self, civil: DateTime, date_only: bool) -> Result<(Nanos, Unit), TimeError> {
        let ts = checked(self.zone().instant(civil)?)?;
        let unit = match (&self.zone, date_only) {
            (Some(_), _) => Unit::Absolute,
            (None, true) => Unit::Date,
            (None, false) => Unit::Clock,
        };
        Ok((ts, unit))
    }

    fn of_day(&self, day: Date, text: &[u8]) -> Result<Nanos, TimeError> {
        let num = Num::parse(text).map_err(|_| TimeError::NotATime)?;
        let ms = i64::try_from(num.mantissa).map_err(|_| TimeError::NotATime)?;
        if num.scale != 0 || !(0..86_400_000).contains(&ms) {
            return Err(TimeError::NotATime);
        }
        let midnight = day.at(0, 0, 0, 0);
        let local = midnight
            .checked_add(jiff::SignedDuration::from_millis(ms))
            .map_err(|_| TimeError::Absurd)?;
        checked(self.zone().instant(local)?)
    }
}

fn checked(ns: i128) -> Result<Nanos, TimeError> {
    let ts = Nanos(i64::try_from(ns).map_err(|_| TimeError::Absurd)?);
    if is_plausible(ts) { Ok(ts) } else { Err(TimeError::Absurd) }
}

/// The first eight digits of a file's name that are a date: `20140511_quote.zip`.
fn day_of(path: &str) -> Option<Date> {
    let name = path.rsplit(['/', '\\']).next()?;
    name.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 8).find_map(|run| {
        let number = |part: &str| part.parse::<i16>().ok();
        let (year, month, day) = (number(&run[..4])?, number(&run[4..6])?, number(&run[6..])?);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, text: &str) -> Result<Nanos, TimeError> {
        let zone = Zone::parse(zone).unwrap();
        let clock = Clock::new((Some(zone), None, Vec::new()), "f.csv", "f.csv", Nanos(0)).unwrap();
        clock.read(None, text.as_bytes()).map(|(ts, _)| ts)
    }

    fn utc(text: &str) -> Nanos {
        time::parse(text.as_bytes()).unwrap().0
    }

    #[test]
    fn a_brokers_clock_becomes_utc() {
        let summer = utc("2026-05-28 14:00:00");
        assert_eq!(at("Europe/Athens", "2026-05-28 17:00:00"), Ok(summer));
        assert_eq!(at("+03:00", "2026.05.28 17:00:00"), Ok(summer));
        assert_eq!(at("America/New_York+07:00", "2026-05-28 17:00:00"), Ok(summer));
        // New York changes its clocks on 8 March 2026, Athens on 29 March.
        let march = utc("2026-03-24 14:00:00");
        assert_eq!(at("America/New_York+07:00", "2026-03-24 17:00:00"), Ok(march));
        assert_eq!(at("Europe/Athens", "2026-03-24 16:00:00"), Ok(march));
        // Epoch seconds of the same clock.
        assert_eq!(at("+03:00", "1779987600"), Ok(summer));
    }

    #[test]
    fn a_time_the_clocks_show_twice_or_never_is_refused() {
        assert_eq!(at("Europe/Athens", "2026-03-29 03:30:00"), Err(TimeError::ClockChange));
        assert_eq!(at("Europe/Athens", "2026-10-25 03:30:00"), Err(TimeError::ClockChange));
        assert_eq!(at("UTC", "2026-10-25 03:30:00"), Ok(utc("2026-10-25 03:30:00")));
    }

    #[test]
    fn the_day_is_in_the_name() {
        let day = |name| day_of(name).map(|d| d.to_string());
        assert_eq!(day("minute/eurusd/20140511_quote.zip").as_deref(), Some("2014-05-11"));
        assert_eq!(day("20149911_quote.zip"), None);
        assert_eq!(day("quote.zip"), None);
        let how = (Some(Zone::UTC), Some(TimeUnit::MsOfDay), Vec::new());
        let clock = Clock::new(how, "20140511_x.zip", "a.csv", Nanos(0)).unwrap();
        let read = clock.read(None, b"75600000");
        assert_eq!(read, Ok((utc("2014-05-11 21:00"), Unit::Absolute)));
        assert_eq!(clock.read(None, b"86400000"), Err(TimeError::NotATime));
    }
}
