//! Every figure: its name, which way is better, and where it is found. Fractions,
//! account currency, counts or seconds, as in `stats.json`; times are in seconds.

use tickstep_core::math::decimal_to_f64;
use tickstep_core::units::Nanos;

use super::quick::Basis;
use crate::research::sweep::objective::Direction::{self, Highest, Lowest};
use tickstep_core::stats::{
    ALPHA, DAYS_PER_YEAR, Stats, TAIL, calmar, conditional_value_at_risk, growth, kurtosis,
    longest_streaks, min_track_record, omega, probabilistic_sharpe, share_of_bars, sharpe,
    skewness, sortino, tail_ratio, value_at_risk, volatility,
};

/// A figure.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) direction: Direction,
    /// Whether it is kept of every set.
    pub(super) standard: bool,
    /// From a run kept as a few figures; `None` where it takes the whole run.
    pub(super) quick: Option<Quick>,
    pub(super) whole: Whole,
}

type Quick = fn(&Basis<'_>) -> Option<f64>;
type Whole = fn(&Stats) -> Option<f64>;

const fn standard(name: &'static str, direction: Direction, quick: Quick, whole: Whole) -> Figure {
    Figure { name, direction, standard: true, quick: Some(quick), whole }
}

const fn quick(name: &'static str, direction: Direction, quick: Quick, whole: Whole) -> Figure {
    Figure { name, direction, standard: false, quick: Some(quick), whole }
}

const fn whole(name: &'static str, direction: Direction, whole: Whole) -> Figure {
    Figure { name, direction, standard: false, quick: None, whole }
}

fn seconds(span: Nanos) -> f64 {
    span.0 as f64 / 1e9
}

/// In the order of `stats.json`, which is that of the columns.
pub(super) static ALL: &[Figure] = &[
    standard(
        "total_return",
        Highest,
        |b| growth(b.summary.cash, b.summary.equity),
        |s| s.outcome.total_return,
    ),
    standard(
        "net_profit",
        Highest,
        |b| Some(decimal_to_f64(b.summary.equity - b.summary.cash)),
        |s| Some(decimal_to_f64(s.outcome.net_profit)),
    ),
    quick(
        "final_equity",
        Highest,
        |b| Some(decimal_to_f64(b.summary.equity)),
        |s| Some(decimal_to_f64(s.outcome.final_equity)),
    ),
    whole("peak_equity", Highest, |s| Some(decimal_to_f64(s.outcome.peak_equity))),
    quick("cagr", Highest, |b| b.cagr(), |s| s.outcome.cagr),
    whole("buy_hold_return", Highest, |s| s.outcome.buy_hold_return),
    standard(
        "fees",
        Lowest,
        |b| Some(decimal_to_f64(b.summary.fees)),
        |s| Some(decimal_to_f64(s.outcome.fees)),
    ),
    quick(
        "slippage",
        Lowest,
        |b| Some(decimal_to_f64(b.summary.slippage)),
        |s| Some(decimal_to_f64(s.outcome.slippage)),
    ),
    quick(
        "funding",
        Lowest,
        |b| Some(decimal_to_f64(b.summary.funding)),
        |s| Some(decimal_to_f64(s.outcome.funding)),
    ),
    standard(
        "exposure_time",
        Lowest,
        |b| share_of_bars(b.summary.bars_in_position as u64, b.summary.bars as u64),
        |s| s.outcome.exposure_time,
    ),
    whole("exposure_notional", Lowest, |s| s.outcome.exposure_notional),
    whole("turnover", Lowest, |s| s.outcome.turnover),
    whole("gross_bps", Highest, |s| s.edge.gross_bps),
    whole("cost_bps", Lowest, |s| s.edge.cost_bps),
    whole("net_bps", Highest, |s| s.edge.net_bps),
    whole("cost_side_bps", Lowest, |s| s.edge.cost_side_bps),
    whole("break_even_side_bps", Highest, |s| s.edge.break_even_side_bps),
    standard("max_drawdown", Highest, |b| b.summary.deepest.depth(), |s| s.risk.max_drawdown),
    whole("average_drawdown", Highest, |s| s.risk.average_drawdown),
    whole("longest_drawdown", Lowest, |s| Some(seconds(s.risk.drawdown_spans?.longest))),
    whole("mean_drawdown_span", Lowest, |s| Some(seconds(s.risk.drawdown_spans?.mean))),
    whole("ulcer_index", Lowest, |s| s.risk.ulcer_index),
    quick("volatility", Lowest, |b| volatility(&b.daily, DAYS_PER_YEAR), |s| s.risk.volatility),
    quick("var_95", Highest, |b| value_at_risk(&b.daily, TAIL), |s| s.risk.var_95),
    quick("cvar_95", Highest, |b| conditional_value_at_risk(&b.daily, TAIL), |s| s.risk.cvar_95),
    quick("tail_ratio", Highest, |b| tail_ratio(&b.daily), |s| s.risk.tail_ratio),
    standard("sharpe", Highest, |b| b.annual_sharpe(), |s| s.ratios.sharpe),
    quick("sortino", Highest, |b| sortino(&b.daily, 0.0, DAYS_PER_YEAR), |s| s.ratios.sortino),
    quick(
        "calmar",
        Highest,
        |b| calmar(b.cagr()?, b.summary.deepest.depth()?),
        |s| s.ratios.calmar,
    ),
    quick("omega", Highest, |b| omega(&b.daily, 0.0), |s| s.ratios.omega),
    standard("sharpe_daily", Highest, |b| sharpe(&b.daily, 0.0, 1.0), |s| s.ratios.sharpe_daily),
    quick("skewness", Highest, |b| skewness(&b.daily), |s| s.ratios.skewness),
    quick("kurtosis", Lowest, |b| kurtosis(&b.daily), |s| s.ratios.kurtosis),
    quick(
        "probabilistic_sharpe",
        Highest,
        |b| probabilistic_sharpe(&b.sharpe_sample()?, 0.0),
        |s| s.ratios.probabilistic_sharpe,
    ),
    quick(
        "min_track_record_days",
        Lowest,
        |b| min_track_record(&b.sharpe_sample()?, 0.0, ALPHA),
        |s| s.ratios.min_track_record_days,
    ),
    whole("sharpe_bars", Highest, |s| s.ratios.sharpe_bars),
    whole("sharpe_bars_lo", Highest, |s| s.ratios.sharpe_bars_lo),
    standard("trades", Highest, |b| Some(b.tally.trades() as f64), |s| Some(s.trades.count as f64)),
    quick("wins", Highest, |b| Some(b.tally.wins as f64), |s| Some(s.trades.wins as f64)),
    quick("losses", Lowest, |b| Some(b.tally.losses as f64), |s| Some(s.trades.losses as f64)),
    quick(
        "break_evens",
        Lowest,
        |b| Some(b.tally.break_evens as f64),
        |s| Some(s.trades.break_evens as f64),
    ),
    standard("win_rate", Highest, |b| b.tally.win_rate(), |s| s.trades.win_rate),
    standard("profit_factor", Highest, |b| b.tally.profit_factor(), |s| s.trades.profit_factor),
    standard("expectancy", Highest, |b| b.tally.expectancy(), |s| s.trades.expectancy),
    whole("expectancy_r", Highest, |s| s.trades.expectancy_r),
    quick("sqn", Highest, |b| b.tally.sqn(&b.summary.nets), |s| s.trades.sqn),
    quick("kelly", Highest, |b| b.tally.kelly(), |s| s.trades.kelly),
    quick("payoff_ratio", Highest, |b| b.tally.payoff_ratio(), |s| s.trades.payoff_ratio),
    quick(
        "max_consecutive_wins",
        Highest,
        |b| Some(longest_streaks(&b.summary.nets).0 as f64),
        |s| Some(s.trades.max_consecutive_wins as f64),
    ),
    quick(
        "max_consecutive_losses",
        Lowest,
        |b| Some(longest_streaks(&b.summary.nets).1 as f64),
        |s| Some(s.trades.max_consecutive_losses as f64),
    ),
    whole("best", Highest, |s| s.trades.best),
    whole("worst", Highest, |s| s.trades.worst),
    whole("average", Highest, |s| s.trades.average),
    whole("average_win", Highest, |s| s.trades.average_win),
    whole("average_loss", Highest, |s| s.trades.average_loss),
    whole("max_duration", Lowest, |s| s.trades.max_duration.map(seconds)),
    whole("average_duration", Lowest, |s| s.trades.average_duration.map(seconds)),
    whole("mae_average", Lowest, |s| s.trades.mae_average),
    whole("mae_largest", Lowest, |s| s.trades.mae_largest),
    whole("mfe_average", Highest, |s| s.trades.mfe_average),
    whole("mfe_largest", Highest, |s| s.trades.mfe_largest),
    whole("ambiguous", Lowest, |s| Some(s.trades.ambiguous as f64)),
];
