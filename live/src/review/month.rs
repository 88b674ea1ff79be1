//! A month by the clocks of a zone.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

/// A month.
#[derive(Clone, Debug)]
pub struct Month {
    /// Its name, such as `2026-11`.
    pub name: String,
    /// Its first instant.
    pub from: Nanos,
    /// The first instant of the next.
    pub to: Nanos,
    /// The zone whose clocks it is by.
    pub zone: TimeZone,
}

/// It is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no month; write it as 2026-11")]
pub struct NoMonth(String);

impl Month {
    /// Reads a month, such as `2026-11`.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str, zone: TimeZone) -> Result<Self, NoMonth> {
        let none = || NoMonth(text.to_owned());
        let (year, month) = text.split_once('-').filter(|_| text.len() == 7).ok_or_else(none)?;
        let (year, month) = (year.parse().ok(), month.parse().ok());
        let (year, month) = year.zip(month).ok_or_else(none)?;
        let first = Date::new(year, month, 1).map_err(|_| none())?;
        let next = first.checked_add(1.month()).map_err(|_| none())?;
        let instant = |date: Date| {
            let at = date.to_zoned(zone.clone()).ok()?.timestamp().as_nanosecond();
            i64::try_from(at).ok().map(Nanos)
        };
        let (from, to) = instant(first).zip(instant(next)).ok_or_else(none)?;
        Ok(Self { name: text.to_owned(), from, to, zone })
    }

    /// Whether an instant is in it.
    #[must_use]
    pub fn has(&self, at: Nanos) -> bool {
        self.from <= at && at < self.to
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_by_the_clocks_of_its_zone() {
        let zone = |name: &str| TimeZone::get(name).unwrap();
        let month = Month::read("2026-11", zone("Asia/Seoul")).unwrap();
        let at = |text: &str| {
            let at: jiff::Timestamp = text.parse().unwrap();
            Nanos(i64::try_from(at.as_nanosecond()).unwrap())
        };
        assert_eq!(month.from, at("2026-10-31T15:00:00Z"));
        assert_eq!(month.to, at("2026-11-30T15:00:00Z"));
        assert!(month.has(month.from) && !month.has(month.to));
        // New York's clocks are set back in it.
        let long = Month::read("2026-11", zone("America/New_York")).unwrap();
        assert_eq!(long.to - long.from, Nanos::HOUR.times(30 * 24 + 1));
        assert_eq!(Month::read("2026-12", zone("UTC")).unwrap().to, at("2027-01-01T00:00:00Z"));
        for wrong in ["2026", "2026-13", "2026-00", "11-2026", "2026-11-01", "", "2026-1"] {
            assert!(Month::read(wrong, zone("UTC")).is_err(), "{wrong}");
        }
    }
}
