//! Instants and spans as text, for people and for files: the one place.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tickstep_core::calendar::Interval;
use tickstep_core::units::Nanos;

/// An instant of the calendar. All that 64 bits of nanoseconds reach (the years 1677 to
/// 2262) is one.
#[must_use]
pub fn timestamp(ts: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// RFC 3339, UTC, as many decimals of a second as there are: `2023-08-01T00:00:00Z`.
#[must_use]
pub fn utc(ts: Nanos) -> String {
    timestamp(ts).to_string()
}

/// What the clocks of a zone show, in a pattern of `strftime`.
#[must_use]
pub fn local(ts: Nanos, zone: &TimeZone, pattern: &str) -> String {
    timestamp(ts).to_zoned(zone.clone()).strftime(pattern).to_string()
}

/// A span in its largest whole unit: `5m`, `90s`, `250ms`.
#[must_use]
pub fn span(ns: Nanos) -> String {
    let units = [
        (Nanos::DAY.0, "d"),
        (Nanos::HOUR.0, "h"),
        (Nanos::MINUTE.0, "m"),
        (Nanos::SECOND.0, "s"),
        (1_000_000, "ms"),
    ];
    for (len, name) in units {
        if ns.0 != 0 && ns.0 % len == 0 {
            return format!("{}{name}", ns.0 / len);
        }
    }
    format!("{}ns", ns.0)
}

/// How long a bar is: a span in its largest whole unit, or the word of a period.
#[must_use]
pub fn length(interval: Interval) -> String {
    interval.length().map_or_else(|| interval.to_string(), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_their_largest_unit() {
        let shown = [60, 90, 3600, 86_400].map(|s| span(Nanos(s * 1_000_000_000)));
        assert_eq!(shown, ["1m", "90s", "1h", "1d"]);
        assert_eq!(span(Nanos(250_000_000)), "250ms");
        assert_eq!(span(Nanos(1)), "1ns");
    }

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(utc(Nanos(1_690_848_000_000_000_000)), "2023-08-01T00:00:00Z");
    }

    #[test]
    fn every_instant_has_a_text() {
        assert_eq!(utc(Nanos(i64::MIN)), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(utc(Nanos(i64::MAX)), "2262-04-11T23:47:16.854775807Z");
    }
}
