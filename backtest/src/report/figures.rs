//! The figures under the names users know, in groups: what a trader asks first,
//! then how far to trust it, then the detail.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::print::{money, number, percent, span, time};
use tickstep_core::stats::{SampleSize, Stats, TradeTotals, Undefined};

/// A label, and its value in print or the reason there is none.
pub(crate) struct FigureRow {
    pub label: String,
    pub value: Result<String, Undefined>,
}

impl FigureRow {
    pub fn print(&self) -> String {
        match &self.value {
            Ok(text) => text.clone(),
            Err(why) => why.to_string(),
        }
    }
}

/// Rows under a title.
pub(crate) struct FigureGroup {
    pub title: &'static str,
    pub rows: Vec<FigureRow>,
}

fn row(label: impl Into<String>, value: Result<String, Undefined>) -> FigureRow {
    FigureRow { label: label.into(), value }
}

fn of<T>(
    value: Option<T>,
    print: impl Fn(T) -> String,
    why: Undefined,
) -> Result<String, Undefined> {
    value.map(print).ok_or(why)
}

fn two(value: f64) -> String {
    number(value, 2)
}

fn four(value: f64) -> String {
    number(value, 4)
}

/// Every figure as `(label, value)`, the values in print: times in `zone`, money
/// in `currency`, words such as `no losses` where a figure has no value.
#[must_use]
pub fn figures(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<(String, String)> {
    let rows = figure_groups(stats, currency, zone).into_iter().flat_map(|group| group.rows);
    rows.map(|row| (row.print(), row.label)).map(|(value, label)| (label, value)).collect()
}

/// Why the figure of that label in [`figures`] has no value; `None` when it has one,
/// or when there is no such label.
#[must_use]
pub fn why_undefined(stats: &Stats, label: &str) -> Option<Undefined> {
    let groups = figure_groups(stats, "", &TimeZone::UTC);
    let row = groups.into_iter().flat_map(|group| group.rows).find(|row| row.label == label)?;
    row.value.err()
}

/// The same in groups, each under a title.
pub(crate) fn figure_groups(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<FigureGroup> {
    vec![
        FigureGroup { title: "Result", rows: result_rows(stats, currency, zone) },
        FigureGroup { title: "Does it pay", rows: edge_rows(stats, currency) },
        FigureGroup { title: "Risk", rows: risk_rows(stats) },
        FigureGroup { title: "Return per risk", rows: ratio_rows(stats) },
        FigureGroup { title: "Trades", rows: trade_rows(stats) },
        FigureGroup { title: "Where the money came from", rows: share_rows(stats, currency) },
    ]
}

fn result_rows(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<FigureRow> {
    let o = &stats.outcome;
    let cash = |amount: Decimal| Ok(money(amount, o.starting_cash, currency));
    let at = |ts: Option<Nanos>| of(ts, |ts| time(ts, zone), Undefined::TooShort);
    let turned = if stats.risk.ruined { Undefined::Ruin } else { stats.why_points() };
    vec![
        row("Start", at(stats.period.start)),
        row("End", at(stats.period.end)),
        row("Duration", Ok(span(stats.period.duration))),
        row("Exposure Time [%]", of(o.exposure_time, percent, Undefined::TooShort)),
        row("Exposure Notional [%]", of(o.exposure_notional, percent, Undefined::OutOfRange)),
        row("Equity Start", cash(o.starting_cash)),
        row("Equity Final", cash(o.final_equity)),
        row("Equity Peak", cash(o.peak_equity)),
        row("Return [%]", of(o.total_return, percent, stats.why_points())),
        row("Buy & Hold Return [%]", of(o.buy_hold_return, percent, Undefined::NotGiven)),
        row("CAGR [%]", of(o.cagr, percent, stats.why_cagr())),
        row("Fees Paid", cash(o.fees)),
        row("Slippage Paid", cash(o.slippage)),
        row("Funding Paid", cash(o.funding)),
        row("Turnover", of(o.turnover, |x| format!("{}x", two(x)), turned)),
    ]
}

fn edge_rows(stats: &Stats, currency: &str) -> Vec<FigureRow> {
    let (e, t, why) = (&stats.edge, &stats.trades, stats.why_trades());
    let cash = |amount: f64| {
        // Back to a decimal for its grouping; an expectancy beyond it is no money.
        Decimal::from_f64_retain(amount).map_or_else(
            || format!("{} {currency}", two(amount)),
            |amount| money(amount, stats.outcome.starting_cash, currency),
        )
    };
    vec![
        row("# Trades", Ok(t.count.to_string())),
        row("Gross Edge [bps a trade]", of(e.gross_bps, two, why)),
        row("Costs [bps a trade]", of(e.cost_bps, two, why)),
        row("Net [bps a trade]", of(e.net_bps, two, why)),
        row("Break-even Cost [bps a side]", of(e.break_even_side_bps, two, why)),
        row("Costs [bps a side]", of(e.cost_side_bps, two, why)),
        row("Win Rate [%]", of(t.win_rate, percent, why)),
        row("Payoff Ratio", of(t.payoff_ratio, two, stats.why_payoff())),
        row("Profit Factor", of(t.profit_factor, two, stats.why_losses())),
        row("Expectancy", of(t.expectancy, cash, why)),
        row("Expectancy [R]", of(t.expectancy_r, four, stats.why_risk_multiple())),
        row("SQN", of(t.sqn, |x| format!("{} (N = {})", two(x), t.count), stats.why_sqn())),
        row("Kelly Criterion", of(t.kelly, four, stats.why_payoff())),
    ]
}

fn risk_rows(stats: &Stats) -> Vec<FigureRow> {
    let r = &stats.risk;
    let down = stats.why_drawdown();
    let spans = r.drawdown_spans;
    let longest = spans
        .map(|s| format!("{}{}", span(s.longest), if s.longest_is_open { " (open)" } else { "" }));
    vec![
        row("Max. Drawdown [%]", of(r.max_drawdown, percent, stats.why_points())),
        row("Avg. Drawdown [%]", of(r.average_drawdown, percent, down)),
        row("Max. Drawdown Duration", longest.ok_or(down)),
        row("Avg. Drawdown Duration", of(spans, |s| span(s.mean), down)),
        row("Max. Drawdown to Trough", of(spans, |s| span(s.deepest_peak_to_trough), down)),
        row("Ulcer Index", of(r.ulcer_index, |x| format!("{} %", percent(x)), stats.why_points())),
        row("Volatility (Ann.) [%]", of(r.volatility, percent, stats.why_sharpe())),
        row("VaR 95 [%]", of(r.var_95, percent, stats.why_tail())),
        row("CVaR 95 [%]", of(r.cvar_95, percent, stats.why_tail())),
        row("Tail Ratio", of(r.tail_ratio, two, stats.why_tail())),
    ]
}

fn ratio_rows(stats: &Stats) -> Vec<FigureRow> {
    let r = &stats.ratios;
    let marked = |x: f64| match r.sample {
        SampleSize::Sufficient => two(x),
        SampleSize::Insufficient => format!("{} (insufficient)", two(x)),
    };
    let days = match r.sample {
        SampleSize::Sufficient => r.days.to_string(),
        SampleSize::Insufficient => format!("{} (insufficient)", r.days),
    };
    let deflated = |x: f64| format!("{} (N = {})", four(x), number(r.trials, 0));
    vec![
        row("Sharpe Ratio", of(r.sharpe, marked, stats.why_sharpe())),
        row("Sortino Ratio", of(r.sortino, marked, stats.why_sortino())),
        row("Calmar Ratio", of(r.calmar, marked, stats.why_calmar())),
        row("Omega Ratio", of(r.omega, marked, stats.why_omega())),
        row(
            "Probabilistic Sharpe Ratio",
            of(r.probabilistic_sharpe, four, stats.why_probability()),
        ),
        row("Deflated Sharpe Ratio", of(r.deflated_sharpe, deflated, stats.why_deflated())),
        row(
            "Min. Track Record Length",
            of(
                r.min_track_record_days,
                |x| format!("{} days", number(x.ceil(), 0)),
                stats.why_track_record(),
            ),
        ),
        row("Daily Returns", Ok(days)),
        row("Sharpe Ratio (bars)", of(r.sharpe_bars, two, stats.why_bars())),
        row("Sharpe Ratio (bars, Lo)", of(r.sharpe_bars_lo, two, stats.why_bars())),
    ]
}

fn trade_rows(stats: &Stats) -> Vec<FigureRow> {
    let (t, why) = (&stats.trades, stats.why_trades());
    let counts = format!("{} / {} / {}", t.wins, t.losses, t.break_evens);
    vec![
        row("Wins / Losses / Break-evens", Ok(counts)),
        row("Best Trade [%]", of(t.best, percent, why)),
        row("Worst Trade [%]", of(t.worst, percent, why)),
        row("Avg. Trade [%]", of(t.average, |x| number(x * 100.0, 4), why)),
        row(
            "Avg. Winning Trade [%]",
            of(t.average_win, |x| number(x * 100.0, 4), stats.why_wins()),
        ),
        row(
            "Avg. Losing Trade [%]",
            of(t.average_loss, |x| number(x * 100.0, 4), stats.why_losses()),
        ),
        row("Max. Trade Duration", of(t.max_duration, span, why)),
        row("Avg. Trade Duration", of(t.average_duration, span, why)),
        row("Max consecutive wins", Ok(t.max_consecutive_wins.to_string())),
        row("Max consecutive losses", Ok(t.max_consecutive_losses.to_string())),
        row("MAE (avg) [%]", of(t.mae_average, percent, why)),
        row("MAE (largest) [%]", of(t.mae_largest, percent, why)),
        row("MFE (avg) [%]", of(t.mfe_average, percent, why)),
        row("MFE (largest) [%]", of(t.mfe_largest, percent, why)),
        row("Ambiguous Exits", Ok(t.ambiguous.to_string())),
    ]
}

fn share_rows(stats: &Stats, currency: &str) -> Vec<FigureRow> {
    let share = |s: &TradeTotals| {
        let net = money(s.net, stats.outcome.starting_cash, currency);
        Ok(format!("{}: {net}", s.trades))
    };
    let mut rows =
        vec![row("Long", share(&stats.trades.long)), row("Short", share(&stats.trades.short))];
    rows.extend(
        stats
            .trades
            .exits
            .iter()
            .map(|exit| row(format!("Exit: {}", exit.reason.name()), share(&exit.share))),
    );
    rows
}
