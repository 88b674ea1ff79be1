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
    /// When.
    pub period: RunSpan,
    /// What came out.
    pub outcome: AccountStats,
    /// What a trade earns and costs.
    pub edge: Edge,
    /// How bad it got.
    pub risk: RiskStats,
    /// Return per risk.
    pub ratios: Ratios,
    /// The closed trades.
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
