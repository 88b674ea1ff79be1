//! Why a figure has no value.

use serde::{Deserialize, Serialize};

/// Why a figure has no value; prints as the words that stand in a report instead
/// of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// Not enough points, days or trades for the formula.
    #[error("too short")]
    TooShort,
    /// No trade was closed.
    #[error("no trades")]
    NoTrades,
    /// No trade won.
    #[error("no wins")]
    NoWins,
    /// No trade lost.
    #[error("no losses")]
    NoLosses,
    /// No day lost.
    #[error("no losing days")]
    NoLosingDays,
    /// All values are equal.
    #[error("no variance")]
    NoVariance,
    /// Equity never fell below its peak.
    #[error("no drawdown")]
    NoDrawdown,
    /// The 5 % quantile is zero.
    #[error("no lower tail")]
    NoLowerTail,
    /// Equity was zero or negative at some point.
    #[error("ruin")]
    Ruin,
    /// The Sharpe ratio is zero or negative: no record is long enough.
    #[error("Sharpe not > 0")]
    SharpeNotPositive,
    /// One run was made; the figure is about the best of many.
    #[error("needs a search")]
    NeedsSearch,
    /// No trade came with a stop.
    #[error("no stops")]
    NoStops,
    /// The input did not include it.
    #[error("not given")]
    NotGiven,
    /// The formula leaves the range of its own derivation, or of numbers.
    #[error("out of range")]
    OutOfRange,
}
