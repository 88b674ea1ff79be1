//! Days of the week, times of day, dates and zones as they are written.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use crate::nearest::hint;

/// Minutes of a day.
pub(super) const DAY_MIN: i32 = 24 * 60;

/// A time of day, in minutes since midnight, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimeOfDay(pub i32);

impl TimeOfDay {
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |text: &str, most: i32| {
            let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<i32>().ok().filter(|n| digits && *n <= most)
        };
        let all = number(hours, 24)? * 60 + number(minutes, 59)?;
        (all <= DAY_MIN).then_some(Self(all))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!("\"{text}\" is no time of day; write 09:30, up to 24:00"))
        })
    }
}

/// From one time of day to another; to an earlier or the same one, over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

impl Stretch {
    /// Whether it begins on the day before it ends.
    pub(super) fn is_overnight(self) -> bool {
        self.to <= self.from
    }
}

impl Serialize for Stretch {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}-{}", self.from, self.to))
    }
}

impl<'de> Deserialize<'de> for Stretch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let read = text.split_once('-').and_then(|(from, to)| {
            let (from, to) =
                (TimeOfDay::parse(from.trim_end())?, TimeOfDay::parse(to.trim_start())?);
            (from.0 < DAY_MIN && to.0 > 0).then_some(Self { from, to })
        });
        read.ok_or_else(|| {
            de::Error::custom(format!(
                "\"{text}\" are no hours; write 09:30-16:00, or 18:00-17:00 where they begin on \
                 the day before"
            ))
        })
    }
}

const NAMES: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Days of the week: `mon-fri`, `sun-thu`, `mon,wed,fri`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weekdays {
    text: String,
    on: [bool; 7],
}

impl Weekdays {
    fn parse(text: &str) -> Option<Self> {
        let index = |name: &str| NAMES.iter().position(|(known, _)| *known == name.trim());
        let mut on = [false; 7];
        for part in text.split(',') {
            let (from, to) = match part.split_once('-') {
                Some((from, to)) => (index(from)?, index(to)?),
                None => (index(part)?, index(part)?),
            };
            let length = (to + 7 - from) % 7;
            (0..=length).for_each(|ahead| on[(from + ahead) % 7] = true);
        }
        Some(Self { text: text.to_owned(), on })
    }

    pub(super) fn has(&self, day: Weekday) -> bool {
        self.on[day.to_monday_zero_offset().unsigned_abs() as usize]
    }
}

impl Serialize for Weekdays {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "\"{text}\" are no days of the week; write mon-fri, sun-thu or mon,wed,fri"
            ))
        })
    }
}

/// A date, in quotes or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub Date);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a date, such as 2024-12-25")]
        enum Written {
            Text(String),
            Date(toml::value::Datetime),
        }
        let text = match Written::deserialize(from)? {
            Written::Text(text) => text,
            Written::Date(date) => date.to_string(),
        };
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        date.map(Self).ok_or_else(|| {
            de::Error::custom(format!("\"{text}\" is no date; write one such as 2024-12-25"))
        })
    }
}

/// A zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedZone {
    text: String,
    pub zone: TimeZone,
}

impl Serialize for NamedZone {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for NamedZone {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let Ok(zone) = TimeZone::get(&text) else {
            let known: Vec<String> =
                jiff::tz::db().available().map(|name| name.to_string()).collect();
            let near = hint(&text, known.iter().map(String::as_str));
            return Err(de::Error::custom(format!(
                "\"{text}\" is not an IANA time zone, such as America/New_York{near}"
            )));
        };
        Ok(Self { text, zone })
    }
}
