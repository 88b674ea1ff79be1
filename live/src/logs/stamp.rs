//! Times of log lines.

use core::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::clock::wall;

fn now() -> Timestamp {
    Timestamp::from_nanosecond(i128::from(wall().0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// RFC 3339, UTC, to the microsecond: for machines.
pub(super) struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{:.6}", now())
    }
}

/// An instant as people are told it, by the clocks of a zone: `2026-09-07 19:00:00 KST`.
#[must_use]
pub fn told_at(at: Nanos, zone: &TimeZone) -> String {
    InZone(zone.clone()).told(Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default())
}

/// `2026-09-07 19:00:00 KST`, in a zone: for people.
pub(super) struct InZone(pub TimeZone);

impl InZone {
    fn told(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
}

impl FormatTime for InZone {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{}", self.told(now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_the_time_in_their_zone() {
        let at = "2026-09-07T10:00:00.25Z".parse().unwrap();
        for (zone, wanted) in [
            ("Asia/Seoul", "2026-09-07 19:00:00 KST"),
            ("UTC", "2026-09-07 10:00:00 UTC"),
            ("America/New_York", "2026-09-07 06:00:00 EDT"),
        ] {
            let zone = InZone(TimeZone::get(zone).unwrap());
            assert_eq!(zone.told(at), wanted);
        }
    }
}
