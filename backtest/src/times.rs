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

/// A span that is written as `250ms`, `30s`, `5m`, `4h`, `1d` or `1w`, above zero.
pub fn parse_span(text: &str) -> Result<Nanos, String> {
    let units = [
        ("ms", Nanos(1_000_000)),
        ("s", Nanos::SECOND),
        ("m", Nanos::MINUTE),
        ("h", Nanos::HOUR),
        ("d", Nanos::DAY),
        ("w", Nanos::DAY.times(7)),
    ];
    let read = units.into_iter().find_map(|(unit, length)| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(length.0).filter(|ns| *ns > 0).map(Nanos)
    });
    read.ok_or_else(|| "write 250ms, 30s, 5m, 4h, 1d or 1w".to_owned())
}

/// The length of a bar: a span as [`parse_span`] reads it, or `day`, `week`, `month`.
pub fn parse_interval(text: &str) -> Result<Interval, String> {
    match text {
        "day" => Ok(Interval::Day),
        "week" => Ok(Interval::Week),
        "month" => Ok(Interval::Month),
        _ => {
            let span = parse_span(text).map(Interval::Time);
            span.map_err(|words| format!("{words}, day, week or month"))
        }
    }
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
    fn spans_are_read_as_they_are_written() {
        let read = ["250ms", "90s", "1h", "1d", "2w"].map(|text| parse_span(text).unwrap().0);
        let second = 1_000_000_000;
        let seconds = [90, 3600, 86_400, 1_209_600].map(|s| s * second);
        assert_eq!(read, [second / 4, seconds[0], seconds[1], seconds[2], seconds[3]]);
        for text in ["", "5", "m", "0m", "-5m", "5 m", "1.5h", "9999999999d", "5M"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
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
