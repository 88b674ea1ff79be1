//! Numbers, texts and times as this interface writes them: amounts as text in one reply and
//! as numbers in the next, times with a zone and without.
//!
//! Each is read from the JSON as it was written, so that no amount passes through a float.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;
use tickstep_core::units::Nanos;

/// Most digits after the point of a decimal.
const SCALE: i64 = 28;

/// A value that is not made of others, as it was written.
enum Scalar<'a> {
    Null,
    Text(String),
    Number(&'a str),
}

fn scalar<'de, D: Deserializer<'de>>(from: D) -> Result<Scalar<'de>, D::Error> {
    let raw = <&RawValue>::deserialize(from)?.get();
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map(Scalar::Text).map_err(D::Error::custom),
        Some(b'n') => Ok(Scalar::Null),
        Some(b'-' | b'0'..=b'9') => Ok(Scalar::Number(raw)),
        _ => Err(D::Error::custom("a number or a text was expected")),
    }
}

/// The decimal that a text is, digit for digit; digits beyond those that a decimal holds are
/// rounded off. `None` where it is no number, or too large a one.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let belongs = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+');
    if !digits.bytes().all(belongs) {
        return None;
    }
    let read = Decimal::from_str_exact(digits).or_else(|_| digits.parse::<Decimal>()).ok()?;
    if exponent == 0 || read.is_zero() {
        return Some(read);
    }
    let (mantissa, scale) = (read.mantissa(), i64::from(read.scale()) - i64::from(exponent));
    let ten_to = |n: i64| u32::try_from(n).ok().and_then(|n| 10_i128.checked_pow(n));
    let (mantissa, scale) = match scale {
        ..0 => (mantissa.checked_mul(ten_to(-scale)?)?, 0),
        0..=SCALE => (mantissa, scale),
        // Smaller than the last digit of a decimal.
        _ => (ten_to(scale - SCALE).map_or(0, |unit| mantissa / unit), SCALE),
    };
    Decimal::try_from_i128_with_scale(mantissa, u32::try_from(scale).ok()?).ok()
}

/// A decimal that may be text or a number; empty text and null are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Num(pub Option<Decimal>);

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |text: &str| {
            let no_number = || D::Error::custom(format!("\"{text}\" is no number"));
            decimal(text).map(|d| Self(Some(d))).ok_or_else(no_number)
        };
        match scalar(from)? {
            Scalar::Null => Ok(Self(None)),
            Scalar::Text(text) if text.trim().is_empty() => Ok(Self(None)),
            Scalar::Text(text) => read(text.trim()),
            Scalar::Number(text) => read(text),
        }
    }
}

/// Text that may be written as a number, as identifiers are. Null is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub String);

impl Text {
    /// The text, where there is one.
    pub fn some(text: Option<Self>) -> Option<String> {
        text.map(|t| t.0).filter(|t| !t.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match scalar(from)? {
            Scalar::Null => Self::default(),
            Scalar::Text(text) => Self(text),
            Scalar::Number(text) => Self(text.to_owned()),
        })
    }
}

/// A time in words or in milliseconds; what is neither is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct When(pub Option<Nanos>);

impl When {
    /// This time, else the other.
    pub fn or(self, other: Self) -> Option<Nanos> {
        self.0.or(other.0)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match scalar(from)? {
            Scalar::Null => None,
            Scalar::Text(text) => of_text(&text).or_else(|| of_millis(text.trim())),
            Scalar::Number(text) => of_millis(text),
        }))
    }
}

/// A time in milliseconds since the Unix epoch; below 10^10 it is in seconds.
fn of_millis(text: &str) -> Option<Nanos> {
    let n = i64::try_from(decimal(text)?.trunc()).ok()?;
    let ms = if n.unsigned_abs() < 10_000_000_000 { n.checked_mul(1000)? } else { n };
    Nanos::from_millis(ms)
}

/// A time as RFC 3339 writes it; without a zone it is UTC.
fn of_text(text: &str) -> Option<Nanos> {
    let text = text.trim();
    let stamp = text.parse::<jiff::Timestamp>().or_else(|_| {
        let civil = text.parse::<jiff::civil::DateTime>()?;
        Ok::<_, jiff::Error>(civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    });
    i64::try_from(stamp.ok()?.as_nanosecond()).ok().map(Nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn num(json: &str) -> Result<Option<Decimal>, String> {
        serde_json::from_str::<Num>(json).map(|n| n.0).map_err(|e| e.to_string())
    }

    #[test]
    fn a_number_is_what_was_written() {
        for (json, wanted) in [
            ("\"10000.00\"", "10000.00"),
            ("10000.00", "10000.00"),
            ("1.1", "1.1"),
            ("-0.07", "-0.07"),
            ("100", "100"),
            ("1e-5", "0.00001"),
            ("\"1E-5\"", "0.00001"),
            ("1.5e3", "1500"),
            ("1e-40", "0.0000000000000000000000000000"),
            ("18446744073709551615", "18446744073709551615"),
            // More digits than a float has.
            ("1234567890123.4567890123", "1234567890123.4567890123"),
            ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
            // As Java writes the float 12.3 in full.
            ("12.300000000000000710542735760100185871", "12.300000000000000710542735760"),
        ] {
            let found = num(json).unwrap().map(|d| d.to_string());
            assert_eq!(found.as_deref(), Some(wanted), "{json}");
        }
        for json in ["\"\"", "\" \"", "null"] {
            assert_eq!(num(json), Ok(None), "{json}");
        }
        let bad =
            ["\"one\"", "true", "[]", "{}", "1e400", "\"1_000\"", "\"NaN\"", "\"1e\"", "\"-\""];
        for json in bad.into_iter().chain(["79228162514264337593543950336"]) {
            assert!(num(json).is_err(), "{json}: {:?}", num(json));
        }
    }

    fn when(json: &str) -> Option<Nanos> {
        serde_json::from_str::<When>(json).unwrap().0
    }

    #[test]
    fn a_time_is_utc_unless_it_says_more() {
        let ten = Some(Nanos(1_788_775_200_000_000_000));
        for json in [
            "\"2026-09-07T10:00:00Z\"",
            "\"2026-09-07T10:00:00\"",
            "\"2026-09-07T12:00:00.000+02:00\"",
            "1788775200000",
            "\"1788775200000\"",
            "1.7887752e12",
            // Seconds.
            "1788775200",
        ] {
            assert_eq!(when(json), ten, "{json}");
        }
        for json in ["\"yesterday\"", "\"\"", "null", "-9223372036854775808", "9223372036854775807"]
        {
            assert_eq!(when(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back_in_each_way_of_writing_it(
            mantissa in -79_228_162_514_264_337_593_543_950_335_i128..=79_228_162_514_264_337_593_543_950_335,
            scale in 0_u32..=28,
            shift in 0_i32..6,
        ) {
            let d = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(num(&d.to_string()), Ok(Some(d)));
            prop_assert_eq!(num(&format!("\"{d}\"")), Ok(Some(d)));
            // The same number with its point moved and an exponent that moves it back.
            let moved = format!("{mantissa}e{}", shift - scale as i32);
            let wanted = d.checked_mul(Decimal::from(10_i64.pow(shift as u32)));
            if let (Some(wanted), Some(found)) = (wanted, decimal(&moved)) {
                prop_assert_eq!(found, wanted);
            }
        }

        #[test]
        fn no_text_is_too_odd(text in ".*", exponent in any::<i64>()) {
            let _read = (decimal(&text), of_millis(&text), of_text(&text));
            let _read = decimal(&format!("1.5e{exponent}"));
        }
    }
}
