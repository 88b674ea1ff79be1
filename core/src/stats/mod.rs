//! What a run was worth: every figure a trader knows by name, from an equity
//! curve and a list of trades.
//!
//! # Invariants
//!
//! - No figure is ever NaN, infinite, or a zero that stands for "unknown": what has
//!   no value is `None`, null in JSON, and [`Undefined`] says why in print.
//! - Headline ratios are on **daily closes**, sample deviation. A day is the UTC day
//!   where markets never close, a year then 365 of them; with trading hours it is the
//!   trading day, and a year 252. It counts when data have a bar in it, as 0 when it was
//!   flat; a day without data is no day, see [`Coverage`]. The first return is relative
//!   to the starting cash; a first or last day that is not whole counts as a day.
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
//! needs a week of data. Below 30 daily returns the ratios are shown and marked
//! [`SampleSize::Insufficient`].
//!
//! # Known limits
//!
//! Costs are those of closed trades: a run closes what is open at its end.

mod account;
mod catalogue;
mod compute;
mod coverage;
mod daily;
mod divergence;
mod drawdown;
mod edge;
mod float;
mod input;
mod metric;
mod moments;
mod normal;
mod pnl;
mod ratios;
mod reliability;
mod returns;
mod risk;
mod sharpe;
mod signals;
mod sizes;
mod student;
mod trades;
mod undefined;
mod why;

pub use account::{AccountStats, RunSpan, annual, growth, share_of_bars};
pub use catalogue::{CATALOGUE, metric};
pub use compute::Stats;
pub use coverage::Coverage;
pub use daily::DailyCloses;
pub use divergence::{Divergence, GapParts, MatchedTrade, RejectedEntry};
pub use drawdown::{Deepest, DrawdownSpans, Drawdowns, drawdowns, max_drawdown, ulcer_index};
pub use edge::Edge;
pub use input::{EquityPoint, StatsInput, TrialSharpes};
pub use metric::{Direction, Metric, MetricUnit};
pub use moments::{autocorrelations, kurtosis, mean, quantile, skewness, std_dev};
pub use normal::{normal_cdf, normal_quantile};
pub use pnl::{
    WinLossTally, average_loss, average_win, expectancy, kelly, longest_streaks, payoff_ratio,
    profit_factor, sqn, win_rate,
};
pub use ratios::{ALPHA, MIN_DAILY_RETURNS, Ratios, SampleSize};
pub use reliability::{EdgeEvidence, MIN_DAYS, MIN_TRADES, Reliability};
pub use returns::{
    LO_LAGS, cagr, calmar, conditional_value_at_risk, lo_scale, omega, sharpe, sharpe_lo,
    simple_returns, sortino, tail_ratio, value_at_risk, volatility,
};
pub use risk::{RiskStats, TAIL};
pub use sharpe::{
    SharpeSample, deflated_sharpe, expected_max_sharpe, min_track_record, probabilistic_sharpe,
};
pub use signals::SignalStats;
pub use sizes::SizeStats;
pub use student::student_quantile;
pub use trades::{ExitTotals, TradeStats, TradeTotals};
pub use undefined::Undefined;
