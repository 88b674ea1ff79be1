//! A calendar as it is written: a name, or days, hours and holidays.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::clock::{DAY_MIN, Day, NamedZone, Stretch, TimeOfDay, Weekdays};

/// When a market trades: the name of a bundled calendar, or its days and hours.
///
/// ```
/// use tickstep_config::{CalendarConfig, MarketHours};
///
/// #[derive(serde::Deserialize)]
/// struct Instrument {
///     calendar: CalendarConfig,
/// }
/// let text = r#"
/// [calendar]
/// zone = "Asia/Tokyo"
/// days = "mon-fri"
/// hours = ["09:00-11:30", "12:30-15:30"]
/// holidays = ["2026-01-01", 2026-01-02]
/// early_closes = { "11:30" = ["2026-12-30"] }
/// "#;
/// let written: Instrument = toml::from_str(text)?;
/// assert_eq!(MarketHours::of(&written.calendar)?.name(), "mon-fri 09:00-11:30 12:30-15:30 Asia/Tokyo");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CalendarConfig {
    /// The name of a bundled calendar, such as `nyse`.
    Named(String),
    /// Days and hours.
    Hours(Box<HoursConfig>),
}

/// Days, hours and holidays of a market, by the clocks of its zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursConfig {
    /// IANA zone of the market, such as `America/New_York`.
    pub(super) zone: NamedZone,
    /// Days on which it trades: `mon-fri`, `sun-thu`, `mon,wed,fri`.
    pub(super) days: Weekdays,
    /// Hours of a day, in order, such as `["09:00-11:30", "12:30-15:30"]`. Hours that end
    /// at or before the time they begin at go over midnight: `17:00-17:00`.
    pub(super) hours: Vec<Stretch>,
    /// Which day hours over midnight belong to: the one on which they end (`closes`, the
    /// default) or the one on which they begin (`opens`).
    #[serde(default, skip_serializing_if = "is_closes")]
    pub(super) overnight: OvernightDay,
    /// Days without trading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) holidays: Vec<Day>,
    /// Days that end at another time than usual, by that time: `{ "13:00" = ["2024-11-29"] }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) early_closes: BTreeMap<TimeOfDay, Vec<Day>>,
    /// Days that begin at another time than usual, by that time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) late_opens: BTreeMap<TimeOfDay, Vec<Day>>,
    /// Hours that were others from a day on, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<HoursChange>,
}

/// Which day hours over midnight belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OvernightDay {
    #[default]
    Closes,
    Opens,
}

// serde asks for a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_closes(day: &OvernightDay) -> bool {
    *day == OvernightDay::Closes
}

/// Hours that hold from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HoursChange {
    /// The first day on which they hold.
    pub from: Day,
    /// Hours of a day, in order.
    pub hours: Vec<Stretch>,
}

impl HoursConfig {
    /// Begin and end of each stretch of a day, in minutes since the midnight on which the
    /// trading day begins; before it where they are over midnight.
    pub(super) fn minutes(&self, hours: &[Stretch]) -> Vec<(i32, i32)> {
        let of = |stretch: &Stretch| {
            let (from, to) = (stretch.from.0, stretch.to.0);
            match (stretch.is_overnight(), self.overnight) {
                (false, _) => (from, to),
                (true, OvernightDay::Closes) => (from - DAY_MIN, to),
                (true, OvernightDay::Opens) => (from, to + DAY_MIN),
            }
        };
        hours.iter().map(of).collect()
    }

    /// What is wrong with it, and the key below this one.
    pub(super) fn validate(&self) -> Result<(), (String, String)> {
        let changes = self.changes.iter().enumerate();
        let all = changes.map(|(i, change)| (format!("changes[{i}].hours"), &change.hours));
        for (key, hours) in [("hours".to_owned(), &self.hours)].into_iter().chain(all) {
            if hours.is_empty() {
                let words = "is empty; write hours such as [\"09:30-16:00\"]";
                return Err((key, words.to_owned()));
            }
            let minutes = self.minutes(hours);
            for (i, pair) in minutes.windows(2).enumerate() {
                if pair[1].0 < pair[0].1 {
                    let words = "begin before the ones ahead of them end; write them in order";
                    return Err((format!("{key}[{}]", i + 1), words.to_owned()));
                }
            }
            let (first, last) = (minutes[0].0, minutes[minutes.len() - 1].1);
            if last > first + DAY_MIN {
                let words = "the hours of one day reach into those of the next; a day has 24 hours";
                return Err((key, words.to_owned()));
            }
        }
        for (i, pair) in self.changes.windows(2).enumerate() {
            if pair[1].from <= pair[0].from {
                let words = "is not after the change ahead of it; write them in order";
                return Err((format!("changes[{}].from", i + 1), words.to_owned()));
            }
        }
        Ok(())
    }
}

struct CalendarReader;

impl<'de> Visitor<'de> for CalendarReader {
    type Value = CalendarConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the name of a calendar, such as \"nyse\", or a table with zone, days and hours",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CalendarConfig, E> {
        Ok(CalendarConfig::Named(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CalendarConfig, A::Error> {
        let hours = HoursConfig::deserialize(MapAccessDeserializer::new(map))?;
        Ok(CalendarConfig::Hours(Box::new(hours)))
    }
}

impl<'de> Deserialize<'de> for CalendarConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CalendarReader)
    }
}
