//! What sets are ranked by, and which of them are ranked at all.

use tickstep_core::stats::Direction;

/// What sets are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Place of its column among the values.
    pub column: usize,
    /// Which way is better.
    pub direction: Direction,
}

/// Which sets are ranked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eligible {
    /// Every set that was evaluated.
    All,
    /// Sets with a least number of trades.
    Trades {
        /// Place of the number of trades among the values.
        column: usize,
        /// Fewest trades with which a set is judged.
        least: u64,
    },
}

impl Eligible {
    /// Whether a set with these values is ranked.
    #[must_use]
    pub fn admits(self, values: &[Option<f64>]) -> bool {
        match self {
            Self::All => true,
            Self::Trades { column, least } => {
                let trades = values.get(column).copied().flatten();
                least == 0 || trades.is_some_and(|n| n >= least as f64)
            }
        }
    }
}
