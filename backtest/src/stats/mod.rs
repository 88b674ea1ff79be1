//! What a run was worth: every figure a trader knows by name, from an equity
//! curve and a list of trades.
//!
//! # Invariants
//!
//! - No figure is ever NaN, infinite, or a zero that stands for "unknown": what has
//!   no value is `None`, null in JSON, and [`Undefined`] says why in print.
//! - Headline ratios are on **UTC daily closes**, flat days counted as 0, sample
//!   deviation, a year of 365 days. The first return is relative to the starting
//!   cash; a first or last day that is not whole counts as a day.
//! - Drawdowns and the ulcer index are on every bar close; VaR and CVaR are
//!   historical, of one day.
//! - Rates are fractions (0.05 is 5 %) unless a name says bps or a label says %.
//! - Sums of money are exact; ratios are `f64`.
//!
//! # What has no value when
//!
//! | Case | Return | CAGR | Max. drawdown | Avg. drawdown | Sharpe | Sortino, Omega | Calmar | Profit factor | Win rate, expectancy |
//! |---|---|---|---|---|---|---|---|---|---|
//! | no bars | 0 | too short | too short | too short | too short | too short | too short | no trades | no trades |
//! | one day | value | too short | value | value or no drawdown | too short | too short | too short | value | value |
//! | no trades, flat equity | 0 | 0 | 0 | no drawdown | no trades | no trades | no drawdown | no trades | no trades |
//! | equal returns every day | value | value | value | value or no drawdown | no variance | value or no losing days | value or no drawdown | value | value |
//! | no losing trade | value | value | value | value | value | value | value | no losses | value |
//! | no winning trade | value | value | value | value | value | value | value | 0 | value |
//! | equity at or below 0 at any point | value, -100 % or less where it ends there | ruin | value, -100 % or less | value | ruin | ruin | ruin | value | value |
//! | starting cash at or below 0 | ruin | ruin | ruin | ruin | ruin | ruin | ruin | value | value |
//!
//! Payoff and Kelly need a win and a loss, SQN two trades that differ; the minimum
//! track record needs a Sharpe ratio above 0 and the deflated one a search. CAGR
//! needs seven days. Below 30 daily returns the ratios are shown and marked
//! [`Sample::Insufficient`].
//!
//! # Known limits
//!
//! Costs are those of closed trades: a run closes what is open at its end. Markets
//! with sessions are scaled as if they never closed (their closed days are flat).

mod daily;
mod drawdown;
mod edge;
mod float;
mod input;
mod labels;
mod moments;
mod outcome;
mod pnl;
mod print;
mod ratios;
mod report;
mod returns;
mod risk;
mod sharpe;
mod trades;
mod undefined;
mod why;

use serde::{Deserialize, Serialize};

pub use daily::{DailyCloses, daily_closes};
pub use drawdown::{Deepest, DrawdownSpans, Drawdowns, drawdowns, max_drawdown, ulcer_index};
pub use edge::Edge;
pub(crate) use float::to_f64;
pub use input::{EquityPoint, Search, StatsInput};
pub(crate) use labels::Row;
pub use moments::{autocorrelations, kurtosis, mean, quantile, skewness, std_dev};
pub use outcome::{MIN_CAGR_SPAN, Outcome, Period, YEAR};
pub(crate) use outcome::{annual, growth, share_of_bars};
pub use pnl::{
    Tally, average_loss, average_win, expectancy, kelly, longest_streaks, payoff_ratio,
    profit_factor, sqn, win_rate,
};
pub(crate) use ratios::ALPHA;
pub use ratios::{DAYS_PER_YEAR, MIN_DAILY_RETURNS, Ratios, Sample};
pub use report::Report;
pub use returns::{
    LO_LAGS, cagr, calmar, conditional_value_at_risk, lo_scale, omega, sharpe, sharpe_lo,
    simple_returns, sortino, tail_ratio, value_at_risk, volatility,
};
pub use risk::Risk;
pub(crate) use risk::TAIL;
pub use sharpe::{
    SharpeSample, deflated_sharpe, expected_max_sharpe, min_track_record, probabilistic_sharpe,
};
pub use trades::{ExitShare, Share, TradeStats};
pub use undefined::Undefined;

/// Every figure of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// When.
    pub period: Period,
    /// What came out.
    pub outcome: Outcome,
    /// What a trade earns and costs.
    pub edge: Edge,
    /// How bad it got.
    pub risk: Risk,
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
        let curve = input::Curve::new(input);
        let outcome = Outcome::new(input, &curve);
        let risk = Risk::new(&curve);
        let ratios = Ratios::new(input, &curve, outcome.cagr, risk.max_drawdown);
        Self {
            period: Period::new(input, &curve),
            outcome,
            edge: Edge::new(input.trades),
            risk,
            ratios,
            trades: TradeStats::new(input.trades),
        }
    }
}
