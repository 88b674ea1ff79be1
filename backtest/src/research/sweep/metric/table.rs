//! How the metrics are told from a run kept as a few figures, without its curve and
//! trades. What they are called and which way is better is in the catalogue,
//! [`tickstep_core::stats::CATALOGUE`].

use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::{
    ALPHA, TAIL, calmar, conditional_value_at_risk, growth, kurtosis, longest_streaks,
    min_track_record, omega, probabilistic_sharpe, share_of_bars, sharpe, skewness, sortino,
    tail_ratio, value_at_risk, volatility,
};

use super::quick::Basis;

/// A metric from a run kept as a few figures.
pub(super) type Quick = fn(&Basis<'_>) -> Option<f64>;

/// The metrics kept of every set.
pub(super) const STANDARD: [&str; 11] = [
    "total_return",
    "net_profit",
    "fees",
    "exposure_time",
    "max_drawdown",
    "sharpe",
    "sharpe_daily",
    "trades",
    "win_rate",
    "profit_factor",
    "expectancy",
];

/// How the metric of that key is told; `None` where it takes the whole run.
pub(super) fn quick(key: &str) -> Option<Quick> {
    of_account(key).or_else(|| of_returns(key)).or_else(|| of_trades(key))
}

fn of_account(key: &str) -> Option<Quick> {
    let quick: Quick = match key {
        "total_return" => |b| growth(b.summary.cash, b.summary.equity),
        "net_profit" => |b| Some(decimal_to_f64(b.summary.equity - b.summary.cash)),
        "final_equity" => |b| Some(decimal_to_f64(b.summary.equity)),
        "cagr" => |b| b.cagr(),
        "fees" => |b| Some(decimal_to_f64(b.summary.fees)),
        "slippage" => |b| Some(decimal_to_f64(b.summary.slippage)),
        "funding" => |b| Some(decimal_to_f64(b.summary.funding)),
        "exposure_time" => {
            |b| share_of_bars(b.summary.bars_in_position as u64, b.summary.bars as u64)
        }
        _ => return None,
    };
    Some(quick)
}

fn of_returns(key: &str) -> Option<Quick> {
    let quick: Quick = match key {
        "max_drawdown" => |b| b.summary.deepest.depth(),
        "volatility" => |b| volatility(&b.daily, b.days_per_year()),
        "var_95" => |b| value_at_risk(&b.daily, TAIL),
        "cvar_95" => |b| conditional_value_at_risk(&b.daily, TAIL),
        "tail_ratio" => |b| tail_ratio(&b.daily),
        "sharpe" => |b| b.annual_sharpe(),
        "sortino" => |b| sortino(&b.daily, 0.0, b.days_per_year()),
        "calmar" => |b| calmar(b.cagr()?, b.summary.deepest.depth()?),
        "omega" => |b| omega(&b.daily, 0.0),
        "sharpe_daily" => |b| sharpe(&b.daily, 0.0, 1.0),
        "skewness" => |b| skewness(&b.daily),
        "kurtosis" => |b| kurtosis(&b.daily),
        "probabilistic_sharpe" => |b| probabilistic_sharpe(&b.sharpe_sample()?, 0.0),
        "min_track_record_days" => |b| min_track_record(&b.sharpe_sample()?, 0.0, ALPHA),
        _ => return None,
    };
    Some(quick)
}

fn of_trades(key: &str) -> Option<Quick> {
    let quick: Quick = match key {
        "trades" => |b| Some(b.tally.trades() as f64),
        "wins" => |b| Some(b.tally.wins as f64),
        "losses" => |b| Some(b.tally.losses as f64),
        "break_evens" => |b| Some(b.tally.break_evens as f64),
        "win_rate" => |b| b.tally.win_rate(),
        "profit_factor" => |b| b.tally.profit_factor(),
        "expectancy" => |b| b.tally.expectancy(),
        "sqn" => |b| b.tally.sqn(&b.summary.nets),
        "kelly" => |b| b.tally.kelly(),
        "payoff_ratio" => |b| b.tally.payoff_ratio(),
        "max_consecutive_wins" => |b| Some(longest_streaks(&b.summary.nets).0 as f64),
        "max_consecutive_losses" => |b| Some(longest_streaks(&b.summary.nets).1 as f64),
        _ => return None,
    };
    Some(quick)
}
