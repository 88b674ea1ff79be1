//! Instants as they are written.

use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

use crate::error::ConfigError;

/// A date or time, stated under `key`; by the clocks of `zone` where it names none. A
/// time that they show twice is the first of the two, one that they skip is as much later.
pub fn instant(key: &str, text: &str, zone: &TimeZone) -> Result<Nanos, ConfigError> {
    let local = |at: jiff::civil::DateTime| at.to_zoned(zone.clone()).map(|z| z.timestamp());
    text.parse::<jiff::Timestamp>()
        .or_else(|_| text.parse::<jiff::civil::DateTime>().and_then(local))
        .or_else(|_| text.parse::<jiff::civil::Date>().and_then(|d| local(d.at(0, 0, 0, 0))))
        .ok()
        .and_then(|t| i64::try_from(t.as_nanosecond()).ok())
        .map(Nanos)
        .ok_or_else(|| ConfigError::AtKey {
            key: key.to_owned(),
            message: format!("\"{text}\" is not a time; write 2023-08-01 or 2023-08-01T12:00:00Z"),
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_are_by_the_given_zone_unless_they_name_one() {
        let at = |text| instant("t", text, &TimeZone::UTC).unwrap();
        assert_eq!(at("2023-08-01"), at("2023-08-01T00:00:00Z"));
        assert_eq!(at("2023-08-01T09:00:00+09:00"), at("2023-08-01"));
        assert!(instant("t", "yesterday", &TimeZone::UTC).is_err());
        // New York's clocks are four hours behind in August, five in December.
        let zone = TimeZone::get("America/New_York").unwrap();
        let there = |text| instant("t", text, &zone).unwrap();
        assert_eq!(there("2023-08-01"), at("2023-08-01T04:00:00Z"));
        assert_eq!(there("2023-12-01T12:00"), at("2023-12-01T17:00:00Z"));
        assert_eq!(there("2023-12-01T12:00Z"), at("2023-12-01T12:00:00Z"));
    }
}
