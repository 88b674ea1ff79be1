//! When an account's days begin.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

/// A time of day in a zone, at which an account's days begin. One that the clocks skip is
/// as much later, one that they show twice the first of the two.
///
/// ```
/// use tickstep_config::AccountConfig;
/// use tickstep_core::units::Nanos;
///
/// let text = "currency = \"USD\"\ncash = 1\ntime_zone = \"America/New_York\"\nday_start = \"17:00\"";
/// let days = tickstep_config::read::<AccountConfig>(text.parse()?, &[])?.day_starts()?;
/// // 2023-11-03 20:00 UTC is 16:00 in New York; the clocks go back on the fifth.
/// let noon = Nanos(1_699_041_600_000_000_000);
/// let hours = |from: Nanos| (days.after(from).unwrap() - from).0 / Nanos::HOUR.0;
/// assert_eq!(hours(noon), 1);
/// let first = days.after(noon).unwrap();
/// let second = days.after(first).unwrap();
/// assert_eq!((hours(first), hours(second)), (24, 25));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DayStarts {
    zone: TimeZone,
    at: Time,
}

impl DayStarts {
    /// Days of a zone that begin at a time of its clocks.
    #[must_use]
    pub const fn new(zone: TimeZone, at: Time) -> Self {
        Self { zone, at }
    }

    /// The first beginning of a day after an instant; `None` at the end of what dates reach.
    #[must_use]
    pub fn after(&self, instant: Nanos) -> Option<Nanos> {
        let instant_of = |ns: Nanos| jiff::Timestamp::from_nanosecond(i128::from(ns.0)).ok();
        let mut date = instant_of(instant)?.to_zoned(self.zone.clone()).date();
        loop {
            let begins = date.to_datetime(self.at).to_zoned(self.zone.clone()).ok()?;
            let begins = Nanos(i64::try_from(begins.timestamp().as_nanosecond()).ok()?);
            if begins > instant {
                return Some(begins);
            }
            date = date.tomorrow().ok()?;
        }
    }

    /// The beginnings after the first time, up to the last.
    #[must_use]
    pub fn within(&self, (first, last): (Nanos, Nanos)) -> Vec<Nanos> {
        let next = |day: &Nanos| self.after(*day);
        std::iter::successors(self.after(first), next).take_while(|day| *day <= last).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::time::instant;

    fn days(zone: &str, hour: i8) -> DayStarts {
        DayStarts::new(TimeZone::get(zone).unwrap(), Time::constant(hour, 0, 0, 0))
    }

    fn at(text: &str) -> Nanos {
        instant("t", text, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn days_follow_the_zone_across_a_clock_change() {
        let span = (at("2023-11-04T12:00:00Z"), at("2023-11-06T12:00:00Z"));
        // Clocks go back on 5 November: that day has 25 hours.
        let midnights = [at("2023-11-05T04:00:00Z"), at("2023-11-06T05:00:00Z")];
        assert_eq!(days("America/New_York", 0).within(span), midnights);
        let evenings = [at("2023-11-04T21:00:00Z"), at("2023-11-05T22:00:00Z")];
        assert_eq!(days("America/New_York", 17).within(span), evenings);
        // Forward on 12 March: two o'clock is skipped, the day begins at three.
        let span = (at("2023-03-11T12:00:00Z"), at("2023-03-13T12:00:00Z"));
        let skipped = [at("2023-03-12T07:00:00Z"), at("2023-03-13T06:00:00Z")];
        assert_eq!(days("America/New_York", 2).within(span), skipped);
        // One o'clock is shown twice in November: the first is meant.
        let span = (at("2023-11-04T12:00:00Z"), at("2023-11-05T12:00:00Z"));
        assert_eq!(days("America/New_York", 1).within(span), [at("2023-11-05T05:00:00Z")]);
    }

    #[test]
    fn a_day_begins_after_its_instant_and_not_at_it() {
        let utc = days("UTC", 0);
        let midnight = at("2023-08-02T00:00:00Z");
        assert_eq!(utc.after(midnight - Nanos(1)), Some(midnight));
        assert_eq!(utc.after(midnight), Some(at("2023-08-03T00:00:00Z")));
        assert_eq!(utc.within((midnight, midnight)), []);
        let tokyo = days("Asia/Tokyo", 0);
        assert_eq!(tokyo.after(midnight), Some(at("2023-08-02T15:00:00Z")));
        assert_eq!(utc.after(Nanos(i64::MAX)), None);
    }
}
