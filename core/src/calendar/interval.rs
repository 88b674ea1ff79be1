//! How long a bar is.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// How long a bar is: a span of time, or a period of the calendar, whose length varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// A span of time, above zero.
    Time(Nanos),
    /// A day of the market: 23 or 25 hours where clocks change.
    Day,
    /// A week of the market.
    Week,
    /// A calendar month of the market.
    Month,
}

impl Interval {
    /// One minute, in nanoseconds.
    pub const MINUTE: Self = Self::Time(Nanos::MINUTE);

    /// Its length, for what has to be said in time: 24 hours for a day, seven of them
    /// for a week, a twelfth of 365 days for a month.
    ///
    /// ```
    /// use tickstep_core::calendar::Interval;
    /// use tickstep_core::units::Nanos;
    /// assert_eq!(Interval::Month.nominal().times(12), Nanos::DAY.times(365));
    /// ```
    #[inline]
    #[must_use]
    pub const fn nominal(self) -> Nanos {
        match self {
            Self::Time(length) => length,
            Self::Day => Nanos::DAY,
            Self::Week => Nanos::DAY.times(7),
            Self::Month => Nanos::HOUR.times(730),
        }
    }

    /// Its length, where that is always the same.
    #[inline]
    #[must_use]
    pub const fn length(self) -> Option<Nanos> {
        match self {
            Self::Time(length) => Some(length),
            Self::Day | Self::Week | Self::Month => None,
        }
    }
}

impl From<Nanos> for Interval {
    fn from(length: Nanos) -> Self {
        Self::Time(length)
    }
}

/// Seconds, or the word of a period: `60 s`, `0.25 s`, `1 day`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(length) => {
                let (seconds, rest) = (length.0 / Nanos::SECOND.0, length.0 % Nanos::SECOND.0);
                if rest == 0 {
                    return write!(f, "{seconds} s");
                }
                let digits = alloc::format!("{rest:09}");
                write!(f, "{seconds}.{} s", digits.trim_end_matches('0'))
            }
            Self::Day => f.write_str("1 day"),
            Self::Week => f.write_str("1 week"),
            Self::Month => f.write_str("1 month"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_seconds_and_periods_by_name() {
        let written = |interval: Interval| alloc::format!("{interval}");
        assert_eq!(written(Interval::MINUTE), "60 s");
        assert_eq!(written(Interval::Time(Nanos(250_000_000))), "0.25 s");
        assert_eq!(written(Interval::Time(Nanos::DAY)), "86400 s");
        assert_eq!(written(Interval::Day), "1 day");
    }
}
