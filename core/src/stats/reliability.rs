//! How little a result may know: what stands before any figure of it, by rules that a
//! run and a search share.

use serde::{Deserialize, Serialize};

use super::edge::Edge;
use super::input::{EquityCurve, StatsInput};
use super::ratios::{MIN_DAILY_RETURNS, SampleSize};
use crate::order::ExitReason;

/// Fewest trades that any share or mean over trades says something about.
pub const MIN_TRADES: usize = 30;
/// Fewest daily returns: a quarter of a year, below which one week decides.
pub const MIN_DAYS: usize = 90;

/// What the gross edge of the trades says of the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeEvidence {
    /// Its interval holds 0, or there are fewer than [`MIN_TRADES`] trades.
    Nothing,
    /// All of its interval is above 0.
    AboveZero,
    /// All of its interval is below 0.
    BelowZero,
}

/// What a reader has to know before the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reliability {
    /// Whether equity was ever at or below zero.
    pub ruin: bool,
    /// Number of positions that were liquidated.
    pub liquidations: usize,
    /// Whether there are [`MIN_TRADES`] trades.
    pub trades: SampleSize,
    /// Whether there are [`MIN_DAYS`] days.
    pub days: SampleSize,
    /// Whether there are [`MIN_DAILY_RETURNS`] days, below which figures of a year (CAGR,
    /// volatility, the ratios) are printed with a mark only.
    pub annual: SampleSize,
    /// What the gross edge says.
    pub edge: EdgeEvidence,
}

/// Whether `count` reaches `least`.
const fn enough(count: usize, least: usize) -> SampleSize {
    if count < least { SampleSize::Insufficient } else { SampleSize::Sufficient }
}

impl EdgeEvidence {
    /// Of a gross edge and half the width of its interval, both in bps, over `trades`.
    ///
    /// ```
    /// use tickstep_core::stats::EdgeEvidence;
    /// let of = |edge, half, trades| EdgeEvidence::of(Some(edge), Some(half), trades);
    /// assert_eq!(of(9.6, 41.0, 8), EdgeEvidence::Nothing);
    /// assert_eq!(of(9.6, 4.1, 8), EdgeEvidence::Nothing); // too few trades
    /// assert_eq!(of(9.6, 4.1, 80), EdgeEvidence::AboveZero);
    /// assert_eq!(of(-0.5, 0.4, 80), EdgeEvidence::BelowZero);
    /// assert_eq!(of(4.1, 4.1, 80), EdgeEvidence::Nothing); // zero is still in it
    /// ```
    #[must_use]
    pub fn of(gross_bps: Option<f64>, half_bps: Option<f64>, trades: usize) -> Self {
        match gross_bps.zip(half_bps) {
            Some((edge, half)) if trades >= MIN_TRADES && edge > half => Self::AboveZero,
            Some((edge, half)) if trades >= MIN_TRADES && edge < -half => Self::BelowZero,
            _ => Self::Nothing,
        }
    }
}

impl Reliability {
    pub(super) fn new(input: &StatsInput<'_>, curve: &EquityCurve<'_>, edge: &Edge) -> Self {
        let count = input.trades.len();
        let liquidated = input.trades.iter().filter(|t| t.exit == ExitReason::Liquidation);
        Self {
            ruin: curve.ruined,
            liquidations: liquidated.count(),
            trades: enough(count, MIN_TRADES),
            days: enough(curve.days, MIN_DAYS),
            annual: enough(curve.days, MIN_DAILY_RETURNS),
            edge: EdgeEvidence::of(edge.gross_bps, edge.gross_ci95_bps, count),
        }
    }
}
