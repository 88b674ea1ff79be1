//! A decimal fraction, as an exact ratio.

use core::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A decimal threshold or fraction, read as text and kept as the exact ratio
/// `num / den` with `den` a power of ten, so that a tie is a tie.
///
/// ```
/// use tickstep_core::units::Fraction;
/// let p: Fraction = "0.60".parse().unwrap();
/// assert!(p.le_ratio(3, 5)); // 3/5 >= 0.60, a tie counts
/// assert!(!p.lt_ratio(3, 5)); // 3/5 > 0.60 does not hold
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Fraction {
    num: i64,
    den: i64,
}

impl Fraction {
    /// The fraction 0.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// Exactly `value`; an error when it has more digits than 64 bits hold.
    pub fn new(value: Decimal) -> Result<Self, FractionTooLong> {
        let short = value.normalize();
        let num = i64::try_from(short.mantissa()).map_err(|_| FractionTooLong(value))?;
        let den = 10_i64.checked_pow(short.scale()).ok_or(FractionTooLong(value))?;
        Ok(Self { num, den })
    }

    /// The decimal that a float reads as, rounded to 15 decimals where it has more;
    /// `None` where it is no number or has too many digits.
    ///
    /// ```
    /// use tickstep_core::units::Fraction;
    /// assert_eq!(Fraction::of_float(0.004), Some(Fraction::lit(4, 3)));
    /// assert_eq!(Fraction::of_float(1.0 / 300.0).unwrap().to_string(), "0.003333333333333");
    /// assert_eq!(Fraction::of_float(f64::NAN), None);
    /// ```
    #[must_use]
    pub fn of_float(value: f64) -> Option<Self> {
        // Written without an exponent, so that a very small one has very many decimals.
        let text = alloc::format!("{value}");
        let cut = text.find('.').map_or(text.len(), |point| text.len().min(point + 28));
        let decimal = Decimal::from_str_exact(text.get(..cut)?).ok()?;
        Self::new(decimal.round_dp(15)).ok()
    }

    /// `num / 10^scale`, for constants in code. Panics at compile time when it does not fit.
    #[must_use]
    pub const fn lit(num: i64, scale: u32) -> Self {
        Self { num, den: 10_i64.pow(scale) }.shortest()
    }

    const fn shortest(mut self) -> Self {
        while self.den > 1 && self.num % 10 == 0 {
            self.num /= 10;
            self.den /= 10;
        }
        self
    }

    /// The numerator, over a denominator that is a power of ten.
    #[must_use]
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Denominator, a power of ten.
    #[must_use]
    pub const fn den(self) -> i64 {
        self.den
    }

    /// `1 - self`, exactly.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self { num: self.den - self.num, den: self.den }.shortest()
    }

    /// The decimal it was read from, without trailing zeros.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.num, self.den.ilog10())
    }

    /// The nearest `f64`, for signals and reports; comparisons are made on the
    /// integers.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// `self <= a / b`, exactly; `b` must be positive.
    #[must_use]
    pub fn le_ratio(self, a: i64, b: i64) -> bool {
        debug_assert!(b > 0);
        i128::from(self.num) * i128::from(b) <= i128::from(a) * i128::from(self.den)
    }

    /// `self < a / b`, exactly; `b` must be positive.
    #[must_use]
    pub fn lt_ratio(self, a: i64, b: i64) -> bool {
        debug_assert!(b > 0);
        i128::from(self.num) * i128::from(b) < i128::from(a) * i128::from(self.den)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (i128::from(self.num) * i128::from(other.den))
            .cmp(&(i128::from(other.num) * i128::from(self.den)))
    }
}

impl From<Fraction> for Decimal {
    fn from(f: Fraction) -> Self {
        f.decimal()
    }
}

impl TryFrom<Decimal> for Fraction {
    type Error = FractionTooLong;
    fn try_from(d: Decimal) -> Result<Self, FractionTooLong> {
        Self::new(d)
    }
}

impl core::str::FromStr for Fraction {
    type Err = FractionError;
    fn from_str(s: &str) -> Result<Self, FractionError> {
        let d = Decimal::from_str_exact(s).map_err(|_| FractionError::NotANumber)?;
        Ok(Self::new(d)?)
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.decimal(), f)
    }
}

/// A fraction has more digits than can be compared exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has too many digits to be compared exactly; at most 18 are kept")]
pub struct FractionTooLong(pub Decimal);

/// A text is not a usable fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FractionError {
    /// Not a plain decimal number.
    #[error("not a plain decimal number such as 0.25")]
    NotANumber,
    /// More digits than fit.
    #[error(transparent)]
    TooLong(#[from] FractionTooLong),
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn fractions_keep_ties() {
        let third: Fraction = "0.3".parse().unwrap();
        assert!(third.le_ratio(3, 10) && !third.lt_ratio(3, 10));
        assert_eq!(third.complement(), "0.70".parse().unwrap());
        assert!("0.1".parse::<Fraction>().unwrap() < third);
        assert!("1e5x".parse::<Fraction>().is_err());
        assert!("0.1234567890123456789012".parse::<Fraction>().is_err());
    }

    #[test]
    fn a_float_in_json_is_read_as_its_text() {
        assert_eq!(serde_json::from_str::<Fraction>("0.004").unwrap(), Fraction::lit(4, 3));
        assert_eq!(serde_json::from_str::<Fraction>("\"0.0040\"").unwrap(), Fraction::lit(4, 3));
    }
}
