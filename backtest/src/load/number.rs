//! Decimal text to an exact integer and a count of decimals, without a float on the way.
//!
//! Trailing zeros of the fraction are left out, so `1.3700` has two decimals:
//! archives pad every price to eight, which says nothing about the grid.

use rust_decimal::Decimal;

/// `mantissa / 10^scale`, with the smallest scale that is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Num {
    pub mantissa: i128,
    pub scale: u32,
}

/// Why a text is not a [`Num`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumError {
    /// Empty, garbage, nan or inf.
    NotANumber,
    /// More than 36 digits or 28 decimals.
    TooLong,
}

/// Decimals that `rust_decimal` can hold.
const MAX_SCALE: i64 = 28;
const MAX_DIGITS: usize = 36;

impl Num {
    /// Reads `12`, `-3.50`, `.5`, `1e-5`, `1.5E3`; spaces around it are allowed.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, NumError> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        // Almost every field is at most 18 digits and a point: one pass in 64 bits.
        if digits.len() <= 19
            && let Some(num) = short(negative, digits)
        {
            return Ok(num);
        }
        let trimmed = text.trim_ascii();
        if trimmed.len() < text.len() { Self::parse(trimmed) } else { long(negative, digits) }
    }

    /// A decimal as a file stores it; `None` when it has too many digits.
    pub(crate) fn new(mut mantissa: i128, mut scale: u32) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let fits = i64::from(scale) <= MAX_SCALE && mantissa.unsigned_abs() < 10_u128.pow(36);
        fits.then_some(Self { mantissa, scale })
    }
}

impl Num {
    /// Half the sum of two numbers, exact.
    pub(crate) fn mean(a: Self, b: Self) -> Option<Self> {
        let scale = a.scale.max(b.scale);
        let at = |n: Self| n.mantissa.checked_mul(10_i128.checked_pow(scale - n.scale)?);
        Self::new(at(a)?.checked_add(at(b)?)?.checked_mul(5)?, scale + 1)
    }

    /// The number as a decimal, for people.
    pub(crate) fn shown(self) -> String {
        Decimal::try_from_i128_with_scale(self.mantissa, self.scale)
            .map_or_else(|_| format!("{}e-{}", self.mantissa, self.scale), |d| d.to_string())
    }

    /// Whether this is more than `other`.
    pub(crate) fn above(self, other: Self) -> bool {
        let scale = self.scale.max(other.scale);
        let at = |n: Self| n.mantissa.checked_mul(10_i128.pow(scale - n.scale));
        match (at(self), at(other)) {
            (Some(a), Some(b)) => a > b,
            // One of them is beyond 10^38 units of the other's last digit.
            (None, _) => self.mantissa > 0,
            (_, None) => other.mantissa < 0,
        }
    }
}

/// One pass in 64 bits, which 18 digits cannot overflow.
#[inline]
fn short(negative: bool, text: &[u8]) -> Option<Num> {
    let mut value = 0_i64;
    let mut point = None;
    for (i, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        } else if *byte == b'.' && point.is_none() {
            point = Some(i);
        } else {
            return None;
        }
    }
    let digits = text.len() - usize::from(point.is_some());
    if digits == 0 || digits > 18 {
        return None;
    }
    let mut scale = point.map_or(0, |point| text.len() - point - 1) as u32;
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    let mantissa = i128::from(if negative { -value } else { value });
    Some(Num { mantissa, scale })
}

fn long(negative: bool, text: &[u8]) -> Result<Num, NumError> {
    let at = text.iter().position(|b| matches!(b, b'e' | b'E'));
    let (digits, exponent) = match at {
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let point = digits.iter().position(|b| *b == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &digits[..0]),
    };
    let all = || whole.iter().chain(fraction);
    if whole.is_empty() && fraction.is_empty() || !all().all(u8::is_ascii_digit) {
        return Err(NumError::NotANumber);
    }
    let trailing = fraction.iter().rev().take_while(|b| **b == b'0').count();
    let fraction = &fraction[..fraction.len() - trailing];
    let significant = || whole.iter().chain(fraction).skip_while(|b| **b == b'0');
    if significant().count() > MAX_DIGITS {
        return Err(NumError::TooLong);
    }
    let mut mantissa = significant().fold(0_i128, |sum, b| sum * 10 + i128::from(b - b'0'));
    if mantissa == 0 {
        return Ok(Num { mantissa: 0, scale: 0 });
    }
    let mut scale = i64::try_from(fraction.len()).map_err(|_| NumError::TooLong)? - exponent;
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10).ok_or(NumError::TooLong)?;
        scale += 1;
    }
    if scale > MAX_SCALE {
        return Err(NumError::TooLong);
    }
    let scale = u32::try_from(scale).map_err(|_| NumError::TooLong)?;
    Ok(Num { mantissa: if negative { -mantissa } else { mantissa }, scale })
}

/// An exponent, held to where it is certainly too long anyway.
fn exponent(text: &[u8]) -> Result<i64, NumError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumError::NotANumber);
    }
    let value = digits.iter().fold(0_i64, |sum, b| (sum * 10 + i64::from(b - b'0')).min(1_000_000));
    Ok(if negative { -value } else { value })
}

/// `1 / 10^scale` as a grid step.
pub(crate) fn step_of(scale: u32) -> Decimal {
    Decimal::try_new(1, scale.min(28)).unwrap_or(Decimal::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<(i128, u32), NumError> {
        Num::parse(text.as_bytes()).map(|num| (num.mantissa, num.scale))
    }

    #[test]
    fn decimals_are_read_exactly() {
        let table = [
            ("4.255", (4255, 3)),
            ("19695.87000000", (1_969_587, 2)),
            ("-0.0", (0, 0)),
            ("+7", (7, 0)),
            (".5", (5, 1)),
            ("5.", (5, 0)),
            ("1e-5", (1, 5)),
            ("1.5E3", (1500, 0)),
            ("1.50e+1", (15, 0)),
            (" 12.5 ", (125, 1)),
            ("100", (100, 0)),
            ("0.30000000000000004", (30_000_000_000_000_004, 17)),
            ("123456789012345678901234.5", (1_234_567_890_123_456_789_012_345, 1)),
            ("0e999999999999999", (0, 0)),
            ("000000000000000000000000000000000000000000001", (1, 0)),
        ];
        for (text, expect) in table {
            assert_eq!(parse(text), Ok(expect), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let garbage = [
            "",
            " ",
            ".",
            "-",
            "+",
            "e5",
            "1e",
            "1e+",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1,5",
            "1.2.3",
            "0x10",
            "1_000",
            "--1",
            "12a",
            "\u{661}",
            "1 2",
            "-.",
            "1e1.5",
        ];
        for text in garbage {
            assert_eq!(parse(text), Err(NumError::NotANumber), "{text:?}");
        }
        for text in ["1e-29", "1e40", "1234567890123456789012345678901234567"] {
            assert_eq!(parse(text), Err(NumError::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_rust_decimal(mantissa in any::<i64>(), scale in 0_u32..=28) {
            let decimal = Decimal::new(mantissa, scale);
            let short = decimal.normalize();
            let expect = Num { mantissa: short.mantissa(), scale: short.scale() };
            prop_assert_eq!(Num::parse(decimal.to_string().as_bytes()), Ok(expect));
            let scientific = format!("{mantissa}e-{scale}");
            prop_assert_eq!(Num::parse(scientific.as_bytes()), Ok(expect));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Num::parse(&bytes);
        }

        #[test]
        fn number_like_text_agrees_with_rust_decimal(text in "[-+]?[0-9]{0,12}[.]?[0-9]{0,12}") {
            let ours = Num::parse(text.as_bytes()).ok();
            let theirs = text.parse::<Decimal>().ok().map(|d| d.normalize());
            prop_assert_eq!(
                ours.map(|n| (n.mantissa, n.scale)),
                theirs.map(|d| (d.mantissa(), d.scale()))
            );
        }
    }
}
