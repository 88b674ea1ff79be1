//! Every figure of one run, from one input.

use serde::{Deserialize, Serialize};

use super::account::{AccountStats, RunSpan};
use super::edge::Edge;
use super::input::{EquityCurve, StatsInput};
use super::ratios::Ratios;
use super::reliability::Reliability;
use super::risk::RiskStats;
use super::signals::SignalStats;
use super::sizes::SizeStats;
use super::trades::TradeStats;

/// Every figure of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// What is to be known before any figure.
    pub reliability: Reliability,
    /// What became of the signals to enter.
    pub signals: SignalStats,
    /// How large the trades were.
    pub sizes: SizeStats,
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
    /// Panics when equity points are out of time order or not those of the data covered,
    /// or the interval is not above zero: faults of the caller.
    #[must_use]
    pub fn compute(input: &StatsInput<'_>) -> Self {
        let curve = EquityCurve::new(input);
        let outcome = AccountStats::new(input, &curve);
        let risk = RiskStats::new(input, &curve);
        let ratios = Ratios::new(input, &curve, outcome.cagr, risk.max_drawdown);
        let edge = Edge::new(input.trades);
        Self {
            reliability: Reliability::new(input, &curve, &edge),
            signals: SignalStats::of(input.decisions),
            sizes: SizeStats::new(input),
            period: RunSpan::new(input, &curve),
            outcome,
            edge,
            risk,
            ratios,
            trades: TradeStats::new(input.trades),
        }
    }
}
