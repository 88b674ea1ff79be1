//! The exact number world: time, price and quantity as integers, and decimal
//! fractions as integer ratios.
//!
//! Invariants: a [`Lots`] is never negative (direction is [`Side`], nothing
//! else); arithmetic stops at an overflow instead of wrapping, because the
//! workspace keeps `overflow-checks` on in release builds.
//!
//! Refuses to do: convert to or from money or `f64`. That is the business of
//! [`crate::instrument`], where each rounding has a name and a direction.

mod fraction;
mod lots;

use core::fmt;
use core::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

pub use fraction::{Fraction, FractionError, FractionTooLong};
pub use lots::{Lots, NegativeLots};

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
