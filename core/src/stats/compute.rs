//! Every figure of one run, from one input.

use serde::{Deserialize, Serialize};

use super::account::{AccountStats, RunSpan};
use super::edge::Edge;
use super::input::{EquityCurve, StatsInput};
use super::ratios::Ratios;
use super::risk::RiskStats;
use super::trades::TradeStats;

/// Every figure of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// When the run took place, and how many bars it had.
    pub period: RunSpan,
    /// What the account made and paid.
    pub outcome: AccountStats,
    /// What a trade earns and what it costs.
    pub edge: Edge,
    /// Drawdowns, volatility and tails.
    pub risk: RiskStats,
    /// Return for the risk taken, as ratios.
    pub ratios: Ratios,
    /// Figures of the closed trades.
    pub trades: TradeStats,
}

impl Stats {
    /// Computes everything, in a few passes over the equity curve.
    ///
    /// Panics when equity points are out of time order or the interval is not
    /// above zero: both are faults of the caller.
    #[must_use]
    pub fn compute(input: &StatsInput<'_>) -> Self {
        let curve = EquityCurve::new(input);
        let outcome = AccountStats::new(input, &curve);
        let risk = RiskStats::new(&curve);
        let ratios = Ratios::new(input, &curve, outcome.cagr, risk.max_drawdown);
        Self {
            period: RunSpan::new(input, &curve),
            outcome,
            edge: Edge::new(input.trades),
            risk,
            ratios,
            trades: TradeStats::new(input.trades),
        }
    }
}
