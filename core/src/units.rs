//! The exact number world: time, price and quantity as integers, and decimal
//! fractions as integer ratios.
//!
//! Invariants: a [`Lots`] is never negative (direction is [`Side`], nothing
//! else); arithmetic stops at an overflow instead of wrapping, because the
//! workspace keeps `overflow-checks` on in release builds.
//!
//! Refuses to do: convert to or from money or `f64`. That is the business of
//! [`crate::instrument`], where each rounding has a name and a direction.

use core::fmt;
use core::ops::{Add, AddAssign, Sub, SubAssign};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A point in time, or a span of it: nanoseconds, UTC, since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nanos(pub i64);

impl Nanos {
    /// One second, in nanoseconds.
    pub const SECOND: Self = Self(1_000_000_000);
    /// One minute of 60 seconds, in nanoseconds.
    pub const MINUTE: Self = Self(60 * Self::SECOND.0);
    /// One hour of 60 minutes, in nanoseconds.
    pub const HOUR: Self = Self(60 * Self::MINUTE.0);
    /// One day of 24 hours, in nanoseconds.
    pub const DAY: Self = Self(24 * Self::HOUR.0);

    /// From milliseconds; `None` when it does not fit (years before 1677 or after 2262).
    #[must_use]
    pub const fn from_millis(ms: i64) -> Option<Self> {
        match ms.checked_mul(1_000_000) {
            Some(ns) => Some(Self(ns)),
            None => None,
        }
    }

    /// Whole milliseconds, rounded towards the past.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// `self * n`, for spans.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0 * n)
    }
}

impl Add for Nanos {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0 + rhs.0)
    }
}

impl Sub for Nanos {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0 - rhs.0)
    }
}

/// A price, or a distance between prices: whole ticks of one instrument.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ticks(pub i64);

impl Add for Ticks {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0 + rhs.0)
    }
}

impl Sub for Ticks {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0 - rhs.0)
    }
}

/// A quantity: whole lots of one instrument, never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Lots(i64);

impl Lots {
    /// The quantity of nothing.
    pub const ZERO: Self = Self(0);

    /// `None` when `n` is negative.
    #[must_use]
    pub const fn new(n: i64) -> Option<Self> {
        if n < 0 { None } else { Some(Self(n)) }
    }

    /// The number of lots.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self - rhs`, or `None` when that would be negative.
    #[must_use]
    pub const fn checked_sub(self, rhs: Self) -> Option<Self> {
        Self::new(self.0 - rhs.0)
    }
}

impl Add for Lots {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0 + rhs.0)
    }
}

impl AddAssign for Lots {
    fn add_assign(&mut self, rhs: Self) {
        *self = *self + rhs;
    }
}

impl Sub for Lots {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        assert!(self.0 >= rhs.0, "a quantity stays at or above zero");
        Self(self.0 - rhs.0)
    }
}

impl SubAssign for Lots {
    fn sub_assign(&mut self, rhs: Self) {
        *self = *self - rhs;
    }
}

impl From<Lots> for i64 {
    fn from(lots: Lots) -> Self {
        lots.0
    }
}

impl TryFrom<i64> for Lots {
    type Error = NegativeLots;
    fn try_from(n: i64) -> Result<Self, NegativeLots> {
        Self::new(n).ok_or(NegativeLots(n))
    }
}

/// A quantity was negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is never negative, got {0} lots")]
pub struct NegativeLots(pub i64);

/// The side of an order or of a position: `Buy` is long, `Sell` is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Buys, or is long.
    Buy,
    /// Sells, or is short.
    Sell,
}

impl Side {
    /// The side that closes what this one opens.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// `1` for `Buy`, `-1` for `Sell`.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The position that this side opens, as a word: `"long"` or `"short"`.
    #[must_use]
    pub const fn position_word(self) -> &'static str {
        match self {
            Self::Buy => "long",
            Self::Sell => "short",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

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
    fn lots_are_never_negative() {
        assert_eq!(Lots::new(-1), None);
        assert!(serde_json::from_str::<Lots>("-1").is_err());
        assert_eq!(serde_json::from_str::<Lots>("3").unwrap().get(), 3);
    }

    #[test]
    #[should_panic(expected = "at or above zero")]
    fn subtracting_too_much_stops() {
        let _ = Lots::ZERO - Lots(1);
    }

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
