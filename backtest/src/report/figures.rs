//! The figures under the names users know, in groups: what a trader asks first,
//! then how far to trust it, then the detail.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::math::ceil;
use tickstep_core::stats::{self, Metric, SampleSize, Stats, TradeTotals, Undefined};
use tickstep_core::units::Nanos;

use super::print::{money, number, span, time};

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
pub(crate) struct TitledRows {
    pub title: &'static str,
    pub rows: Vec<FigureRow>,
}

fn row(label: impl Into<String>, value: Result<String, Undefined>) -> FigureRow {
    FigureRow { label: label.into(), value }
}

fn two(value: f64) -> String {
    number(value, 2)
}

fn metric(key: &str) -> &'static Metric {
    stats::metric(key).expect("every key below is in the catalogue, as the tests of rows hold")
}

/// A metric under its label and unit, as the catalogue prints it.
fn plain(stats: &Stats, key: &str) -> FigureRow {
    of(stats, key, |value| number(value, metric(key).decimals))
}

/// A figure that needs days, marked where there are too few.
fn marked(stats: &Stats, text: String) -> String {
    match stats.ratios.sample {
        SampleSize::Sufficient => text,
        SampleSize::Insufficient => format!("{text} (insufficient)"),
    }
}

/// A metric of a year, marked where there are too few days for one.
fn annual(stats: &Stats, key: &str) -> FigureRow {
    of(stats, key, |value| marked(stats, number(value, metric(key).decimals)))
}

/// A metric under its label and unit, printed its own way.
fn of(stats: &Stats, key: &str, print: impl Fn(f64) -> String) -> FigureRow {
    let metric = metric(key);
    row(metric.heading(), metric.defined(stats).map(|value| print(metric.shown(value))))
}

/// A metric whose unit stands behind the value, not the label.
fn with_unit(stats: &Stats, key: &str, print: impl Fn(f64) -> String) -> FigureRow {
    FigureRow { label: metric(key).label.to_owned(), ..of(stats, key, print) }
}

/// A metric whose exact value is beside it: money, or a span of time.
fn exact<T>(stats: &Stats, key: &str, value: Option<T>, print: impl Fn(T) -> String) -> FigureRow {
    let metric = metric(key);
    row(metric.label, value.map(print).ok_or_else(|| metric.why(stats)))
}

/// Every figure as `(label, value)`, the values in print: times in `zone`, money
/// in `currency`, words such as `no losses` where a figure has no value.
#[must_use]
pub fn figures(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<(String, String)> {
    let rows = figure_groups(stats, currency, zone).into_iter().flat_map(|group| group.rows);
    rows.map(|row| (row.print(), row.label)).map(|(value, label)| (label, value)).collect()
}

/// Figures under a title, as `(label, value)` in print.
pub type FigureGroup = (&'static str, Vec<(String, String)>);

/// The same in groups, each under a title, as they stand on a terminal and on the page.
#[must_use]
pub fn grouped_figures(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<FigureGroup> {
    let printed = |row: FigureRow| (row.print(), row.label);
    let rows = |rows: Vec<FigureRow>| {
        rows.into_iter().map(printed).map(|(value, label)| (label, value)).collect()
    };
    let groups = figure_groups(stats, currency, zone).into_iter();
    groups.map(|group| (group.title, rows(group.rows))).collect()
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
pub(crate) fn figure_groups(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<TitledRows> {
    vec![
        TitledRows { title: "Result", rows: result_rows(stats, currency, zone) },
        TitledRows { title: "Does it pay", rows: edge_rows(stats, currency) },
        TitledRows { title: "Risk", rows: risk_rows(stats) },
        TitledRows { title: "Return per risk", rows: ratio_rows(stats) },
        TitledRows { title: "Trades", rows: trade_rows(stats) },
        TitledRows { title: "Where the money came from", rows: share_rows(stats, currency) },
    ]
}

fn result_rows(stats: &Stats, currency: &str, zone: &TimeZone) -> Vec<FigureRow> {
    let o = &stats.outcome;
    let cash = |amount: Decimal| money(amount, o.starting_cash, currency);
    let at = |ts: Option<Nanos>| ts.map(|ts| time(ts, zone)).ok_or(Undefined::TooShort);
    vec![
        row("Start", at(stats.period.start)),
        row("End", at(stats.period.end)),
        row("Duration", Ok(span(stats.period.duration))),
        row("Covered By Data", Ok(span(stats.period.covered))),
        row("Annualised Over", Ok(year(stats.period.days_per_year))),
        plain(stats, "exposure_time"),
        plain(stats, "exposure_notional"),
        row("Equity Start", Ok(cash(o.starting_cash))),
        exact(stats, "final_equity", Some(o.final_equity), cash),
        exact(stats, "peak_equity", Some(o.peak_equity), cash),
        plain(stats, "total_return"),
        plain(stats, "buy_hold_return"),
        annual(stats, "cagr"),
        exact(stats, "fees", Some(o.fees), cash),
        exact(stats, "slippage", Some(o.slippage), cash),
        exact(stats, "funding", Some(o.funding), cash),
        of(stats, "turnover", |x| format!("{}x", two(x))),
    ]
}

/// The year of annual figures: `365 days`, `252 trading days`.
fn year(days: u32) -> String {
    let of = if days == 365 { "days" } else { "trading days" };
    format!("{days} {of}")
}

fn edge_rows(stats: &Stats, currency: &str) -> Vec<FigureRow> {
    let cash = |amount: f64| {
        // Back to a decimal for its grouping; an expectancy beyond it is no money.
        Decimal::from_f64_retain(amount).map_or_else(
            || format!("{} {currency}", two(amount)),
            |amount| money(amount, stats.outcome.starting_cash, currency),
        )
    };
    vec![
        plain(stats, "trades"),
        plain(stats, "gross_bps"),
        plain(stats, "cost_bps"),
        plain(stats, "net_bps"),
        plain(stats, "break_even_side_bps"),
        plain(stats, "cost_side_bps"),
        plain(stats, "win_rate"),
        plain(stats, "payoff_ratio"),
        plain(stats, "profit_factor"),
        of(stats, "expectancy", cash),
        plain(stats, "expectancy_r"),
        of(stats, "sqn", |x| format!("{} (N = {})", two(x), stats.trades.count)),
        plain(stats, "kelly"),
    ]
}

fn risk_rows(stats: &Stats) -> Vec<FigureRow> {
    let spans = stats.risk.drawdown_spans;
    let longest = spans
        .map(|s| format!("{}{}", span(s.longest), if s.longest_is_open { " (open)" } else { "" }));
    let to_trough = spans.map(|s| span(s.deepest_peak_to_trough));
    vec![
        plain(stats, "max_drawdown"),
        plain(stats, "average_drawdown"),
        exact(stats, "longest_drawdown", longest, |text| text),
        exact(stats, "mean_drawdown_span", spans, |s| span(s.mean)),
        row(
            "Max. Drawdown to Trough",
            to_trough.ok_or_else(|| metric("longest_drawdown").why(stats)),
        ),
        with_unit(stats, "ulcer_index", |x| format!("{} %", two(x))),
        annual(stats, "volatility"),
        plain(stats, "var_95"),
        plain(stats, "cvar_95"),
        plain(stats, "tail_ratio"),
    ]
}

fn ratio_rows(stats: &Stats) -> Vec<FigureRow> {
    let r = &stats.ratios;
    let marked = |text| marked(stats, text);
    let ratio = |key| of(stats, key, |x| marked(two(x)));
    let deflated = |x: f64| format!("{} (N = {})", number(x, 4), number(r.trials, 0));
    vec![
        ratio("sharpe"),
        ratio("sortino"),
        ratio("calmar"),
        ratio("omega"),
        plain(stats, "probabilistic_sharpe"),
        of(stats, "deflated_sharpe", deflated),
        with_unit(stats, "min_track_record_days", |x| format!("{} days", number(ceil(x), 0))),
        row("Daily Returns", Ok(marked(r.days.to_string()))),
        annual(stats, "sharpe_bars"),
        annual(stats, "sharpe_bars_lo"),
    ]
}

fn trade_rows(stats: &Stats) -> Vec<FigureRow> {
    let t = &stats.trades;
    let counts = format!("{} / {} / {}", t.wins, t.losses, t.break_evens);
    vec![
        row("Wins / Losses / Break-evens", Ok(counts)),
        plain(stats, "best"),
        plain(stats, "worst"),
        plain(stats, "average"),
        plain(stats, "average_win"),
        plain(stats, "average_loss"),
        exact(stats, "max_duration", t.max_duration, span),
        exact(stats, "average_duration", t.average_duration, span),
        plain(stats, "max_consecutive_wins"),
        plain(stats, "max_consecutive_losses"),
        plain(stats, "mae_average"),
        plain(stats, "mae_largest"),
        plain(stats, "mfe_average"),
        plain(stats, "mfe_largest"),
        plain(stats, "ambiguous"),
    ]
}

fn share_rows(stats: &Stats, currency: &str) -> Vec<FigureRow> {
    let share = |s: &TradeTotals| {
        let net = money(s.net, stats.outcome.starting_cash, currency);
        Ok(format!("{}: {net}", s.trades))
    };
    let t = &stats.trades;
    let mut rows = vec![row("Long", share(&t.long)), row("Short", share(&t.short))];
    rows.extend(t.exits.iter().map(|e| row(format!("Exit: {}", e.reason.name()), share(&e.share))));
    rows
}
