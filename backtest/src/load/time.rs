//! Open times as files write them: whole seconds, milliseconds, microseconds or
//! nanoseconds since 1970, told apart by their size, or ISO 8601 text.
//!
//! From 1973-03-03 on (and before 1966-10-31) the four units cannot be confused: each is a
//! thousand times the next, and the seconds of all years that data can be of have nine or
//! ten digits. Nearer to 1970 a number may as well be a date such as 20230801 or a row
//! number, and is refused. Text without an offset is UTC.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use tickstep_core::units::Nanos;

use super::number::Num;
use crate::series::candle::is_plausible;
use crate::series::stamps::StampKind;

/// How a file writes its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
    /// A date without a time of day.
    Date,
    /// What a clock shows, without the zone of that clock.
    Clock,
    /// A text that says its instant, by an offset or by the zone that was stated.
    Absolute,
}

impl Unit {
    /// The unit of times of both units, where a file may have both: midnight is often
    /// written as a date alone.
    pub(crate) fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Self::Date | Self::Clock, Self::Date | Self::Clock) => Some(Self::Clock),
            _ => None,
        }
    }

    /// What such times say of themselves.
    pub(crate) const fn stamps(self) -> StampKind {
        match self {
            Self::Date => StampKind::Date,
            Self::Clock => StampKind::Clock,
            Self::Seconds | Self::Millis | Self::Micros | Self::Nanos | Self::Absolute => {
                StampKind::Absolute
            }
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
            Self::Micros => "microseconds",
            Self::Nanos => "nanoseconds",
            Self::Date => "dates",
            Self::Clock => "text without an offset",
            Self::Absolute => "text with an offset",
        }
    }

    /// What a description calls the unit of a number.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Millis => "ms",
            Self::Micros => "us",
            Self::Nanos => "ns",
            Self::Date | Self::Clock | Self::Absolute => "text",
        }
    }

    pub(super) const fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos | Self::Date | Self::Clock | Self::Absolute => 1_000_000_000,
        }
    }
}

/// Why a text is not a usable time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeError {
    /// Neither a number nor ISO text.
    NotATime,
    /// Before 1800 or after 2199 in any unit.
    Absurd,
    /// A number that by its size is surely of another unit than the stated one.
    OtherUnit { told: Unit, stated: Unit },
    /// A local time that the clocks show twice or never.
    ClockChange,
}

/// A time in any form that files have it; `None` where it is none, or absurd.
pub(crate) fn instant(text: &[u8]) -> Option<Nanos> {
    parse(text).ok().map(|(ts, _)| ts)
}

/// A time, and the unit it was written in.
pub(crate) fn parse(text: &[u8]) -> Result<(Nanos, Unit), TimeError> {
    if !text.is_empty() && text.len() <= 19 && text.iter().all(u8::is_ascii_digit) {
        let value = text
            .iter()
            .try_fold(0_i64, |sum, b| sum.checked_mul(10)?.checked_add(i64::from(b - b'0')));
        return from_integer(value.ok_or(TimeError::Absurd)?);
    }
    let text = text.trim_ascii();
    match Num::parse(text) {
        Ok(num) => from_num(num),
        Err(_) => iso(text),
    }
}

/// An integer whose unit is told by its size.
pub(crate) fn from_integer(value: i64) -> Result<(Nanos, Unit), TimeError> {
    let unit = match value.unsigned_abs() {
        100_000_000..=9_999_999_999 => Unit::Seconds,
        100_000_000_000..=9_999_999_999_999 => Unit::Millis,
        100_000_000_000_000..=9_999_999_999_999_999 => Unit::Micros,
        100_000_000_000_000_000.. => Unit::Nanos,
        _ => return Err(TimeError::Absurd),
    };
    let ts = value.checked_mul(Nanos::SECOND.0 / unit.per_second()).map(Nanos);
    let ts = ts.filter(|ts| is_plausible(*ts)).ok_or(TimeError::Absurd)?;
    Ok((ts, unit))
}

/// A number of a unit that is stated, in any year that data can be of. One that by its
/// size is surely of another unit is refused.
pub(crate) fn in_unit(text: &[u8], unit: Unit) -> Result<(Nanos, Unit), TimeError> {
    let num = Num::parse(text).map_err(|_| TimeError::NotATime)?;
    let whole = num.mantissa.div_euclid(10_i128.pow(num.scale));
    if let Ok((_, told)) =
        i64::try_from(whole).map_err(|_| TimeError::Absurd).and_then(from_integer)
        && told != unit
    {
        return Err(TimeError::OtherUnit { told, stated: unit });
    }
    let ts = scaled(num, unit)?;
    if is_plausible(ts) { Ok((ts, unit)) } else { Err(TimeError::Absurd) }
}

/// Numbers that went through a float column: `1.690848e12`, `1690848000.0`.
pub(crate) fn from_num(num: Num) -> Result<(Nanos, Unit), TimeError> {
    let scale = 10_i128.pow(num.scale);
    let whole = i64::try_from(num.mantissa.div_euclid(scale)).map_err(|_| TimeError::Absurd)?;
    let (_, unit) = from_integer(whole)?;
    Ok((scaled(num, unit)?, unit))
}

/// A number of a unit, where it is a whole number of nanoseconds.
fn scaled(num: Num, unit: Unit) -> Result<Nanos, TimeError> {
    let scale = 10_i128.pow(num.scale);
    let ns_each = i128::from(Nanos::SECOND.0 / unit.per_second());
    let scaled = num.mantissa.checked_mul(ns_each).ok_or(TimeError::NotATime)?;
    if scaled % scale != 0 {
        return Err(TimeError::NotATime);
    }
    i64::try_from(scaled / scale).map(Nanos).map_err(|_| TimeError::Absurd)
}

/// An instant of a typed column.
pub(crate) fn from_nanos(ns: i128) -> Result<(Nanos, Unit), TimeError> {
    let ts = Nanos(i64::try_from(ns).map_err(|_| TimeError::Absurd)?);
    if is_plausible(ts) { Ok((ts, Unit::Nanos)) } else { Err(TimeError::Absurd) }
}

/// `2025-10-29`, `2025-10-29 04:22`, `2025-10-29T04:22:00.5Z`, `... 04:22:00-04:00`.
fn iso(text: &[u8]) -> Result<(Nanos, Unit), TimeError> {
    let (civil, offset) = civil(text).ok_or(TimeError::NotATime)?;
    let unit = match offset {
        Some(_) => Unit::Absolute,
        None if text.len() == 10 => Unit::Date,
        None => Unit::Clock,
    };
    let offset = offset.unwrap_or(0);
    let utc = Offset::UTC.to_timestamp(civil).map_err(|_| TimeError::Absurd)?;
    let ns = utc.as_nanosecond() - i128::from(offset) * i128::from(Nanos::SECOND.0);
    let ts = Nanos(i64::try_from(ns).map_err(|_| TimeError::Absurd)?);
    if is_plausible(ts) { Ok((ts, unit)) } else { Err(TimeError::Absurd) }
}

/// The clock reading, and the seconds it is ahead of UTC where the text says so.
pub(crate) fn civil(text: &[u8]) -> Option<(DateTime, Option<i32>)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let year = i16::from(two(*y1, *y2)?) * 100 + i16::from(two(*y3, *y4)?);
    let (month, day) = (two(*m1, *m2)?, two(*d1, *d2)?);
    let rest = match rest {
        [] => return Some((DateTime::new(year, month, day, 0, 0, 0, 0).ok()?, None)),
        [b' ' | b'T' | b't', rest @ ..] => rest,
        _ => return None,
    };
    let [h1, h2, b':', n1, n2, rest @ ..] = rest else { return None };
    let (hour, minute) = (two(*h1, *h2)?, two(*n1, *n2)?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two(*s1, *s2)?, rest),
        rest => (0, rest),
    };
    let (subsec, rest) = match rest {
        [b'.' | b',', rest @ ..] => fraction(rest)?,
        rest => (0, rest),
    };
    let offset = match rest.trim_ascii_start() {
        [] => None,
        rest => Some(offset(rest)?),
    };
    Some((DateTime::new(year, month, day, hour, minute, second, subsec).ok()?, offset))
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |b: u8| b.is_ascii_digit().then(|| (b - b'0').cast_signed());
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// One to nine digits as nanoseconds, and what follows them.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=9).contains(&len) {
        return None;
    }
    let (digits, rest) = text.split_at(len);
    let value = digits.iter().chain(b"000000000").take(9);
    Some((value.fold(0, |sum, b| sum * 10 + i32::from(b - b'0')), rest))
}

/// Seconds of `Z`, `+02`, `+0200`, `+02:00`.
pub(crate) fn offset(text: &[u8]) -> Option<i32> {
    let (sign, hours, minutes) = match text {
        b"Z" | b"z" | b"UTC" => return Some(0),
        [sign, h1, h2] => (sign, two(*h1, *h2)?, 0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => {
            (sign, two(*h1, *h2)?, two(*m1, *m2)?)
        }
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AUGUST: i64 = 1_690_848_000;

    #[test]
    fn every_way_of_writing_one_instant() {
        let table = [
            ("1690848000", Unit::Seconds),
            ("1690848000000", Unit::Millis),
            ("1690848000000000", Unit::Micros),
            ("1690848000000000000", Unit::Nanos),
            ("1690848000.0", Unit::Seconds),
            ("1.690848e12", Unit::Millis),
            ("2023-08-01", Unit::Date),
            ("2023-08-01 00:00", Unit::Clock),
            ("2023-08-01 00:00:00", Unit::Clock),
            ("2023-08-01T00:00:00.000Z", Unit::Absolute),
            ("2023-08-01 00:00:00+00:00", Unit::Absolute),
            ("2023-07-31 20:00:00-04:00", Unit::Absolute),
            ("2023-08-01T09:00:00+0900", Unit::Absolute),
            ("2023-08-01T05:30:00+05:30", Unit::Absolute),
            ("2023-08-01 00:00:00 UTC", Unit::Absolute),
        ];
        for (text, unit) in table {
            assert_eq!(parse(text.as_bytes()), Ok((Nanos(AUGUST * 1_000_000_000), unit)), "{text}");
        }
    }

    #[test]
    fn dates_before_1970_and_2000_are_dates() {
        let at = |text: &str| parse(text.as_bytes()).map(|(ts, unit)| (ts.0 / 1_000_000_000, unit));
        let table = [
            ("1984-09-07", 463_363_200, Unit::Date),
            ("463363200", 463_363_200, Unit::Seconds),
            ("463363200000", 463_363_200, Unit::Millis),
            ("1929-10-29", -1_267_833_600, Unit::Date),
            ("-1267833600", -1_267_833_600, Unit::Seconds),
            ("-1267833600000", -1_267_833_600, Unit::Millis),
            ("1800-01-01", -5_364_662_400, Unit::Date),
            ("2199-12-31", 7_258_032_000, Unit::Date),
        ];
        for (text, seconds, unit) in table {
            assert_eq!(at(text), Ok((seconds, unit)), "{text}");
        }
    }

    #[test]
    fn fractions_of_a_second_are_kept() {
        let expect = Nanos(AUGUST * 1_000_000_000 + 250_000_000);
        assert_eq!(parse(b"2023-08-01 00:00:00.25").unwrap().0, expect);
        assert_eq!(parse(b"1690848000.25").unwrap().0, expect);
        assert_eq!(parse(b"1690848000250").unwrap().0, expect);
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in ["", "noon", "2023-13-01", "2023-08-01 25:00", "2023-08-01 00:00:00+99:00"] {
            assert_eq!(parse(text.as_bytes()), Err(TimeError::NotATime), "{text}");
        }
        let absurd = [
            "0",
            "-1",
            "123",
            "20230801",
            "99999999999",
            "99999999999999999999",
            "1799-12-31",
            "2200-01-01",
        ];
        for text in absurd {
            assert_eq!(parse(text.as_bytes()), Err(TimeError::Absurd), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn time_like_text_is_read_or_refused(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?([.][0-9]{0,10})?(Z|[+-][0-9]{2}:?[0-9]{2})?") {
            let _ = parse(text.as_bytes());
        }
    }
}
