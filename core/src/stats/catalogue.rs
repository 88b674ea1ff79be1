//! The metrics of a run, each once: whatever names, prints, ranks or translates one
//! reads it here.
//!
//! Values are those of `stats.json`: fractions, account currency, counts; spans of
//! time in seconds. A drawdown, a value at risk and a losing trade are at or below
//! zero, so more is better there too.

use super::compute::Stats;
use super::metric::Direction::{Highest, Lowest};
use super::metric::Metric;
use super::metric::MetricUnit::{
    BpsASide, BpsATrade, Days, Money, None as Plain, Percent, R, SpanDays, SpanHours,
};
use super::undefined::Undefined;
use crate::math::decimal_to_f64;
use crate::units::Nanos;

/// Key, label, unit, which way is better, decimals, source; value; reason where it has none.
macro_rules! catalogue {
    ($($key:literal, $label:literal, $unit:expr, $direction:expr, $decimals:literal, $source:literal;
        $value:expr, $why:expr;)*) => {
        /// Every metric, in the order of `stats.json`.
        pub static CATALOGUE: &[Metric] = &[$(Metric {
            key: $key,
            label: $label,
            unit: $unit,
            direction: $direction,
            decimals: $decimals,
            source: $source,
            value: $value,
            why: $why,
        },)*];
    };
}

catalogue! {
    "total_return", "Return", Percent, Highest, 2, "final over starting equity, less 1";
        |s| s.outcome.total_return, Stats::why_points;
    "net_profit", "Net Profit", Money, Highest, 2, "final less starting equity";
        |s| Some(decimal_to_f64(s.outcome.net_profit)), never;
    "final_equity", "Equity Final", Money, Highest, 2, "equity at the last close";
        |s| Some(decimal_to_f64(s.outcome.final_equity)), never;
    "peak_equity", "Equity Peak", Money, Highest, 2, "highest equity at a close";
        |s| Some(decimal_to_f64(s.outcome.peak_equity)), never;
    "cagr", "CAGR", Percent, Highest, 2, "(final / start)^(1 / years) - 1, years that data cover, of 365 days or 252 trading days";
        |s| s.outcome.cagr, Stats::why_cagr;
    "buy_hold_return", "Buy & Hold Return", Percent, Highest, 2, "last over first price, less 1";
        |s| s.outcome.buy_hold_return, |_| Undefined::NotGiven;
    "fees", "Fees Paid", Money, Lowest, 2, "sum over closed trades";
        |s| Some(decimal_to_f64(s.outcome.fees)), never;
    "slippage", "Slippage Paid", Money, Lowest, 2, "sum over closed trades";
        |s| Some(decimal_to_f64(s.outcome.slippage)), never;
    "funding", "Funding Paid", Money, Lowest, 2, "sum over closed trades";
        |s| Some(decimal_to_f64(s.outcome.funding)), never;
    "exposure_time", "Exposure Time", Percent, Lowest, 2, "bars with a position over all bars";
        |s| s.outcome.exposure_time, |_| Undefined::TooShort;
    "exposure_notional", "Exposure Notional", Percent, Lowest, 2, "mean of gross notional over equity";
        |s| s.outcome.exposure_notional, never;
    "turnover", "Turnover", Plain, Lowest, 2, "notional of entries and exits over mean equity";
        |s| s.outcome.turnover, Stats::why_turnover;

    "gross_bps", "Gross Edge", BpsATrade, Highest, 2, "P&L before all costs over entry notional";
        |s| s.edge.gross_bps, Stats::why_trades;
    "cost_bps", "Costs", BpsATrade, Lowest, 2, "fees, slippage and funding over entry notional";
        |s| s.edge.cost_bps, Stats::why_trades;
    "net_bps", "Net", BpsATrade, Highest, 2, "net P&L over entry notional";
        |s| s.edge.net_bps, Stats::why_trades;
    "cost_side_bps", "Costs", BpsASide, Lowest, 2, "fees, slippage and funding over all notional traded";
        |s| s.edge.cost_side_bps, Stats::why_trades;
    "break_even_side_bps", "Break-even Cost", BpsASide, Highest, 2, "P&L before all costs over all notional traded";
        |s| s.edge.break_even_side_bps, Stats::why_trades;

    "max_drawdown", "Max. Drawdown", Percent, Highest, 2, "min_t(E_t / max_{u <= t} E_u - 1), every close";
        |s| s.risk.max_drawdown, Stats::why_points;
    "average_drawdown", "Avg. Drawdown", Percent, Highest, 2, "mean depth of all drawdowns";
        |s| s.risk.average_drawdown, Stats::why_drawdown;
    "longest_drawdown", "Max. Drawdown Duration", SpanDays, Lowest, 2, "longest time from a peak to recovery";
        |s| Some(seconds(s.risk.drawdown_spans?.longest)), Stats::why_drawdown;
    "mean_drawdown_span", "Avg. Drawdown Duration", SpanDays, Lowest, 2, "mean time from a peak to recovery";
        |s| Some(seconds(s.risk.drawdown_spans?.mean)), Stats::why_drawdown;
    "ulcer_index", "Ulcer Index", Percent, Lowest, 2, "Martin and McCann (1989)";
        |s| s.risk.ulcer_index, Stats::why_points;
    "volatility", "Volatility (Ann.)", Percent, Lowest, 2, "sample deviation of daily returns, times sqrt(365), of trading days sqrt(252)";
        |s| s.risk.volatility, Stats::why_sharpe;
    "var_95", "VaR 95", Percent, Highest, 2, "historical: 5 % quantile of daily returns, interpolated";
        |s| s.risk.var_95, Stats::why_tail;
    "cvar_95", "CVaR 95", Percent, Highest, 2, "mean of the worst floor((T - 1) / 20) + 1 daily returns";
        |s| s.risk.cvar_95, Stats::why_tail;
    "tail_ratio", "Tail Ratio", Plain, Highest, 2, "|P95| / |P5| of daily returns";
        |s| s.risk.tail_ratio, Stats::why_tail;

    "sharpe", "Sharpe Ratio", Plain, Highest, 2, "Sharpe (1994), daily returns";
        |s| s.ratios.sharpe, Stats::why_sharpe;
    "sortino", "Sortino Ratio", Plain, Highest, 2, "Sortino and Price (1994), daily returns";
        |s| s.ratios.sortino, Stats::why_sortino;
    "calmar", "Calmar Ratio", Plain, Highest, 2, "Young (1991), over the whole run";
        |s| s.ratios.calmar, Stats::why_calmar;
    "omega", "Omega Ratio", Plain, Highest, 2, "Keating and Shadwick (2002), threshold 0, daily returns";
        |s| s.ratios.omega, Stats::why_omega;
    "sharpe_daily", "Sharpe Ratio (daily)", Plain, Highest, 2, "Sharpe (1994), of one day";
        |s| s.ratios.sharpe_daily, Stats::why_sharpe;
    "skewness", "Skewness", Plain, Highest, 2, "population skewness of daily returns";
        |s| s.ratios.skewness, Stats::why_sharpe;
    "kurtosis", "Kurtosis", Plain, Lowest, 2, "raw population kurtosis of daily returns";
        |s| s.ratios.kurtosis, Stats::why_sharpe;
    "probabilistic_sharpe", "Probabilistic Sharpe Ratio", Plain, Highest, 4, "Bailey and Lopez de Prado (2012), SSRN 1821643";
        |s| s.ratios.probabilistic_sharpe, Stats::why_probability;
    "deflated_sharpe", "Deflated Sharpe Ratio", Plain, Highest, 4, "Bailey and Lopez de Prado (2014), SSRN 2460551";
        |s| s.ratios.deflated_sharpe, Stats::why_deflated;
    "min_track_record_days", "Min. Track Record Length", Days, Lowest, 0, "Bailey and Lopez de Prado (2012), SSRN 1821643";
        |s| s.ratios.min_track_record_days, Stats::why_track_record;
    "sharpe_bars", "Sharpe Ratio (bars)", Plain, Highest, 2, "Sharpe (1994), bar returns";
        |s| s.ratios.sharpe_bars, Stats::why_bars;
    "sharpe_bars_lo", "Sharpe Ratio (bars, Lo)", Plain, Highest, 2, "Lo (2002), bar returns, ten lags";
        |s| s.ratios.sharpe_bars_lo, Stats::why_bars;

    "trades", "# Trades", Plain, Highest, 0, "closed trades";
        |s| Some(s.trades.count as f64), never;
    "wins", "Wins", Plain, Highest, 0, "trades with net P&L above 0";
        |s| Some(s.trades.wins as f64), never;
    "losses", "Losses", Plain, Lowest, 0, "trades with net P&L below 0";
        |s| Some(s.trades.losses as f64), never;
    "break_evens", "Break-evens", Plain, Lowest, 0, "trades with net P&L of exactly 0";
        |s| Some(s.trades.break_evens as f64), never;
    "win_rate", "Win Rate", Percent, Highest, 2, "wins over all trades";
        |s| s.trades.win_rate, Stats::why_trades;
    "profit_factor", "Profit Factor", Plain, Highest, 2, "sum of wins over sum of losses, money";
        |s| s.trades.profit_factor, Stats::why_losses;
    "expectancy", "Expectancy", Money, Highest, 2, "mean net P&L a trade";
        |s| s.trades.expectancy, Stats::why_trades;
    "expectancy_r", "Expectancy", R, Highest, 4, "mean of net P&L over initial risk";
        |s| s.trades.expectancy_r, Stats::why_risk_multiple;
    "sqn", "SQN", Plain, Highest, 2, "Van Tharp, on money and without a cap of N";
        |s| s.trades.sqn, Stats::why_sqn;
    "kelly", "Kelly Criterion", Plain, Highest, 4, "Kelly (1956): W - (1 - W) / payoff";
        |s| s.trades.kelly, Stats::why_payoff;
    "payoff_ratio", "Payoff Ratio", Plain, Highest, 2, "mean win over mean loss, money";
        |s| s.trades.payoff_ratio, Stats::why_payoff;
    "max_consecutive_wins", "Max consecutive wins", Plain, Highest, 0, "longest streak of wins";
        |s| Some(s.trades.max_consecutive_wins as f64), never;
    "max_consecutive_losses", "Max consecutive losses", Plain, Lowest, 0, "longest streak of losses";
        |s| Some(s.trades.max_consecutive_losses as f64), never;
    "best", "Best Trade", Percent, Highest, 2, "largest net P&L over entry notional";
        |s| s.trades.best, Stats::why_trades;
    "worst", "Worst Trade", Percent, Highest, 2, "smallest net P&L over entry notional";
        |s| s.trades.worst, Stats::why_trades;
    "average", "Avg. Trade", Percent, Highest, 4, "mean net P&L over entry notional";
        |s| s.trades.average, Stats::why_trades;
    "average_win", "Avg. Winning Trade", Percent, Highest, 4, "the same, of the wins";
        |s| s.trades.average_win, Stats::why_wins;
    "average_loss", "Avg. Losing Trade", Percent, Highest, 4, "the same, of the losses";
        |s| s.trades.average_loss, Stats::why_losses;
    "max_duration", "Max. Trade Duration", SpanHours, Lowest, 2, "longest from first entry to last exit fill";
        |s| s.trades.max_duration.map(seconds), Stats::why_trades;
    "average_duration", "Avg. Trade Duration", SpanHours, Lowest, 2, "mean of the same";
        |s| s.trades.average_duration.map(seconds), Stats::why_trades;
    "mae_average", "MAE (avg)", Percent, Lowest, 2, "mean maximum adverse excursion over entry price";
        |s| s.trades.mae_average, Stats::why_trades;
    "mae_largest", "MAE (largest)", Percent, Lowest, 2, "largest of the same";
        |s| s.trades.mae_largest, Stats::why_trades;
    "mfe_average", "MFE (avg)", Percent, Highest, 2, "mean maximum favourable excursion over entry price";
        |s| s.trades.mfe_average, Stats::why_trades;
    "mfe_largest", "MFE (largest)", Percent, Highest, 2, "largest of the same";
        |s| s.trades.mfe_largest, Stats::why_trades;
    "ambiguous", "Ambiguous Exits", Plain, Lowest, 0, "exits that rest on an assumed order inside a bar";
        |s| Some(s.trades.ambiguous as f64), never;
}

/// The metric of that key; `None` where there is none.
#[must_use]
pub fn metric(key: &str) -> Option<&'static Metric> {
    CATALOGUE.iter().find(|m| m.key == key)
}

fn seconds(span: Nanos) -> f64 {
    span.0 as f64 / 1e9
}

/// Of metrics that always have a value, or lack it only where numbers end.
fn never(_: &Stats) -> Undefined {
    Undefined::OutOfRange
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::string::String;

    #[test]
    fn keys_and_headings_are_there_once() {
        let keys: BTreeSet<&str> = CATALOGUE.iter().map(|m| m.key).collect();
        let headings: BTreeSet<String> = CATALOGUE.iter().map(Metric::heading).collect();
        assert_eq!((keys.len(), headings.len()), (CATALOGUE.len(), CATALOGUE.len()));
        for m in CATALOGUE {
            assert!(!m.source.is_empty() && m.heading() != m.key, "{}", m.key);
            assert_eq!(m.shown(1.0) == 100.0, m.heading().ends_with("[%]"), "{}", m.key);
        }
    }

    #[test]
    fn a_key_is_a_name_of_the_written_statistics() {
        let input = crate::stats::StatsInput {
            equity: &[],
            coverage: &crate::stats::Coverage::default(),
            starting_cash: rust_decimal::Decimal::ONE,
            trades: &[],
            decisions: &[],
            bars: 0,
            bars_in_position: 0,
            mean_exposure: 0.0,
            first_price: None,
            last_price: None,
            interval: Nanos::MINUTE,
            search: None,
        };
        let written = serde_json::to_value(Stats::compute(&input)).unwrap();
        let names: BTreeSet<&String> = written
            .as_object()
            .unwrap()
            .values()
            .flat_map(|g| g.as_object().unwrap().keys())
            .collect();
        // Spans of drawdowns are written in a group of their own, the count as `count`.
        let inside = ["longest_drawdown", "mean_drawdown_span", "trades"];
        for m in CATALOGUE.iter().filter(|m| !inside.contains(&m.key)) {
            assert!(names.contains(&m.key.to_owned()), "{}", m.key);
        }
    }
}
