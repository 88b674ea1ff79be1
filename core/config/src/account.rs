//! What is said of the account.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::day::DayStarts;
use crate::error::ConfigError;

/// The account: its currency, its cash and the zone of its days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Currency of all money in the results.
    pub currency: String,
    /// Cash at the start, in the account's currency.
    pub cash: Decimal,
    /// IANA zone of the account's days, and of times shown to people.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Time of day in that zone at which the account's days begin, such as 17:00; midnight
    /// when absent.
    #[serde(
        default = "midnight",
        skip_serializing_if = "is_midnight",
        deserialize_with = "time_of_day"
    )]
    pub day_start: String,
}

fn midnight() -> String {
    "00:00".to_owned()
}

/// A time of day in quotes, or as TOML has it.
fn time_of_day<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time of day, such as 17:00")]
    enum Written {
        Text(String),
        Time(toml::value::Datetime),
    }
    Ok(match Written::deserialize(from)? {
        Written::Text(text) => text,
        Written::Time(time) => {
            let text = time.to_string();
            text.strip_suffix(":00")
                .filter(|short| short.len() == 5)
                .map_or(text.clone(), str::to_owned)
        }
    })
}

fn is_midnight(text: &String) -> bool {
    *text == midnight()
}

fn utc() -> String {
    "UTC".to_owned()
}

impl AccountConfig {
    /// Ranges that no type holds; the table is called `account`.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.currency.trim().is_empty() {
            let words = "is empty; write one, such as USDT";
            return Err(ConfigError::at_key("account.currency", words));
        }
        if self.cash <= Decimal::ZERO {
            let words = format!("{} is out of range; it must be above 0", self.cash);
            return Err(ConfigError::at_key("account.cash", &words));
        }
        self.day_starts().map(drop)
    }

    /// When the account's days begin.
    pub fn day_starts(&self) -> Result<DayStarts, ConfigError> {
        let text = self.day_start.as_str();
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let part = |part: &str| digits(part).then(|| part.parse::<i8>().ok()).flatten();
        let time = text
            .split_once(':')
            .and_then(|(hour, minute)| Time::new(part(hour)?, part(minute)?, 0, 0).ok());
        let at = time.ok_or_else(|| {
            let words = format!("\"{text}\" is not a time of day; write it as 17:00");
            ConfigError::at_key("account.day_start", &words)
        })?;
        Ok(DayStarts::new(self.zone()?, at))
    }

    /// The zone of the account's days.
    pub fn zone(&self) -> Result<TimeZone, ConfigError> {
        TimeZone::get(&self.time_zone).map_err(|_| {
            let words = format!(
                "\"{}\" is not an IANA time zone, such as UTC or Asia/Seoul",
                self.time_zone
            );
            ConfigError::at_key("account.time_zone", &words)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_a_time_of_the_clock() {
        let with = |day_start: &str| AccountConfig {
            currency: "USD".to_owned(),
            cash: Decimal::ONE,
            time_zone: utc(),
            day_start: day_start.to_owned(),
        };
        for good in ["00:00", "17:00", "23:59", "09:30"] {
            assert!(with(good).validate().is_ok(), "{good}");
        }
        for bad in ["24:00", "17", "17:0", "5:00", "17:60", "+1:00", "17:00:00", ""] {
            let said = with(bad).validate().unwrap_err().to_string();
            assert!(said.contains("is not a time of day; write it as 17:00"), "{said}");
            assert!(said.contains("account.day_start"), "{said}");
        }
        let rest = "currency = \"USD\"\ncash = 1\nday_start =";
        for text in ["\"17:00\"", "17:00:00"] {
            let read: AccountConfig = toml::from_str(&format!("{rest} {text}")).unwrap();
            assert_eq!(read.day_start, "17:00");
        }
        let written = toml::to_string(&with("00:00")).unwrap();
        assert!(!written.contains("day_start"), "{written}");
        assert!(toml::to_string(&with("17:00")).unwrap().contains("day_start = \"17:00\""));
    }
}
