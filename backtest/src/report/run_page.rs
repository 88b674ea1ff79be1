//! Everything a page shows, as the JSON that is embedded in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use tickstep_core::order::ExitReason;
use tickstep_core::stats::Stats;
use tickstep_core::units::Nanos;

use super::assumed::assumed;
use super::bins::{Exposure, Histogram, Month, Subtotal, Sum, hours, months, split};
use super::candles::Candles;
use super::claims::{Claim, claims};
use super::costs::CostBreakdown;
use super::entries::{SPIKES, entries};
use super::facts::Facts;
use super::figures::{FigureRow, figure_groups};
use super::html;
use super::input::{ReportInput, ReportPrices};
use super::labels::label;
use super::parameters::parameters;
use super::reduce::ReducedLine;
use super::text::{self, Lang, Strings};
use crate::folder::{InstrumentData, ResultFile};
use crate::folder::{RunFolder, TradeRow};
use crate::run::bounds::Bounds;
use crate::series::Series;

/// The English page of a run whose bars are loaded, as the run folder is given it.
pub fn page_of<'a>(
    series: &'a [Series],
    zone: &'a TimeZone,
) -> impl FnOnce(&RunFolder) -> String + 'a {
    move |run| {
        let (prices, lang, zone) = (ReportPrices::Loaded(series), Lang::En, zone.clone());
        ReportInput { run, prices, lang, zone }.html()
    }
}

impl ReportInput<'_> {
    /// The report as one HTML page that needs no other file.
    #[must_use]
    pub fn html(&self) -> String {
        let page = RunPage::new(self);
        let words = self.lang.strings();
        let title = words.title.replace("{0}", &self.run.title());
        html::fill(self.lang, &title, &page, &html::RUN)
    }
}

/// Trades with all their detail; beyond it an even selection is drawn.
const TRADES: usize = 6_000;
/// Characters for the candles of all instruments.
const CANDLES: usize = 2_200_000;
/// Best and worst trades listed.
const LISTED: usize = 10;

/// All that the script of the page is given.
#[derive(Serialize)]
pub(crate) struct RunPage<'a> {
    version: &'a str,
    lang: Lang,
    text: &'static Strings,
    title: String,
    zone: String,
    /// Offsets of the zone: from when on (seconds), seconds east of UTC.
    offsets: Vec<(i64, i32)>,
    currency: &'a str,
    /// Decimals that money is shown with.
    places: u32,
    /// Start and end, seconds.
    span: Option<(i64, i64)>,
    stats: &'a Stats,
    claims: Vec<Claim>,
    assumed: Vec<(String, String)>,
    groups: Vec<ShownGroup>,
    bounds: Option<Bounds>,
    equity: ReducedLine,
    drawdown: ReducedLine,
    trades: Trades,
    months: Vec<Month>,
    hours: Vec<Vec<Sum>>,
    histogram: Histogram,
    splits: Vec<SideSplit>,
    costs: CostBreakdown,
    exposure: Exposure,
    signals: Vec<Signal>,
    candles: Vec<Candles>,
    /// Why there are no candles.
    no_candles: Option<String>,
    warnings: &'a [String],
    repairs: &'a [String],
    data: &'a [InstrumentData],
    series: Vec<Facts>,
    parameters: Vec<(String, String)>,
    results: &'a [ResultFile],
}

/// Figures under a title, in print.
#[derive(Serialize)]
struct ShownGroup {
    title: String,
    /// Label as the specification has it, as shown, and the value.
    rows: Vec<(String, String, String)>,
}

/// Trades, a column each.
#[derive(Default, Serialize)]
struct Trades {
    /// Number of trades, drawn or not.
    count: usize,
    number: Vec<usize>,
    entry: Vec<i64>,
    exit: Vec<i64>,
    instrument: Vec<usize>,
    instruments: Vec<String>,
    strategy: Vec<usize>,
    strategies: Vec<String>,
    long: Vec<u8>,
    entry_price: Vec<String>,
    exit_price: Vec<String>,
    quantity: Vec<String>,
    before: Vec<f64>,
    costs: Vec<f64>,
    net: Vec<f64>,
    why: Vec<&'static str>,
    mae: Vec<f64>,
    mfe: Vec<f64>,
    ambiguous: Vec<u8>,
    reason: Vec<String>,
    /// Places in these columns.
    best: Vec<usize>,
    worst: Vec<usize>,
}

/// Trades split by one thing.
#[derive(Serialize)]
struct SideSplit {
    by: &'static str,
    parts: Vec<Subtotal>,
}

/// Signals of one fate.
#[derive(PartialEq, Serialize)]
struct Signal {
    outcome: String,
    rule: String,
    count: usize,
}

impl<'a> RunPage<'a> {
    pub fn new(input: &'a ReportInput<'a>) -> Self {
        let run = input.run;
        let stats = &run.stats;
        let manifest = &run.manifest;
        let cash = stats.outcome.starting_cash;
        let places = if cash.abs() < Decimal::ONE_HUNDRED { 8 } else { 2 };
        let span = stats.period.start.zip(stats.period.end);
        let found = entries(&run.trades, &run.decisions);
        let spikes: Vec<&'static str> = found.iter().map(|e| e.spike).collect();
        let (equity, drawdown) = curves(run, places);
        let (candles, no_candles) = match input.prices {
            ReportPrices::Loaded(series) => (candles(series, run, span), None),
            ReportPrices::Gone(why) => (Vec::new(), Some(why.to_owned())),
        };
        let series = match input.prices {
            ReportPrices::Loaded(series) => series.iter().map(Facts::of).collect(),
            ReportPrices::Gone(_) => Vec::new(),
        };
        Self {
            version: &manifest.tickstep,
            lang: input.lang,
            text: input.lang.strings(),
            title: run.title(),
            zone: input.zone.iana_name().unwrap_or("UTC").to_owned(),
            offsets: offsets(&input.zone, span),
            currency: &manifest.config.account.currency,
            places,
            span: span.map(|(start, end)| (seconds(start), seconds(end))),
            stats,
            claims: claims(stats, input.lang),
            assumed: assumed(&run.terms, stats, &manifest.config.account.currency, input.lang),
            groups: groups(input),
            bounds: run.findings.bounds,
            equity,
            drawdown,
            trades: Trades::new(run, found.into_iter().map(|e| e.reason).collect(), places),
            months: months(&run.trades, &run.equity, cash, &input.zone),
            hours: hours(&run.trades, &input.zone),
            histogram: Histogram::new(
                &run.trades.iter().map(|t| float(t.net_pnl)).collect::<Vec<_>>(),
            ),
            splits: splits(&run.trades, &spikes),
            costs: CostBreakdown::of(&run.trades),
            exposure: span
                .map(|span| Exposure::new(&run.trades, span, &input.zone, 400))
                .unwrap_or_default(),
            signals: signals(run),
            candles,
            no_candles,
            warnings: &run.findings.warnings,
            repairs: &run.findings.repairs,
            data: &manifest.data,
            series,
            parameters: parameters(&manifest.config),
            results: &manifest.results,
        }
    }
}

fn seconds(ts: Nanos) -> i64 {
    ts.0.div_euclid(Nanos::SECOND.0)
}

fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or_default()
}

fn rounded(value: Decimal, places: u32) -> f64 {
    float(value.round_dp(places))
}

fn groups(input: &ReportInput<'_>) -> Vec<ShownGroup> {
    let currency = &input.run.manifest.config.account.currency;
    let groups = figure_groups(&input.run.stats, currency, &input.zone);
    let rows = |rows: Vec<FigureRow>| {
        let word = |value: &Result<String, tickstep_core::stats::Undefined>| match value {
            Ok(value) => text::value(input.lang, value),
            Err(why) => text::undefined(input.lang, *why).to_owned(),
        };
        rows.into_iter()
            .map(|r| {
                let (shown, value) = (label(input.lang, &r.label), word(&r.value));
                (r.label, shown, value)
            })
            .collect()
    };
    groups
        .into_iter()
        .map(|g| ShownGroup { title: label(input.lang, g.title), rows: rows(g.rows) })
        .collect()
}

/// Equity and drawdown, each with its own extremes.
fn curves(run: &RunFolder, places: u32) -> (ReducedLine, ReducedLine) {
    let cash = run.stats.outcome.starting_cash;
    let start = run.stats.period.start.map(|ts| (seconds(ts), rounded(cash, places)));
    let mut peak = float(cash);
    let mut exact = peak;
    let equity = run.equity.iter().map(|r| (r.time.as_second(), rounded(r.equity, places)));
    let points: Vec<(i64, f64)> = start.into_iter().chain(equity).collect();
    let below: Vec<(i64, f64)> = start
        .map(|s| (s.0, 0.0))
        .into_iter()
        .chain(run.equity.iter().map(|r| {
            exact = float(r.equity);
            peak = peak.max(exact);
            let depth = if peak > 0.0 { exact / peak - 1.0 } else { 0.0 };
            (r.time.as_second(), (depth * 1e8).round() / 1e8)
        }))
        .collect();
    (ReducedLine::of(&points), ReducedLine::of(&below))
}

fn candles(series: &[Series], run: &RunFolder, span: Option<(Nanos, Nanos)>) -> Vec<Candles> {
    let nanos = |t: Timestamp| Nanos(i64::try_from(t.as_nanosecond()).unwrap_or(i64::MAX));
    series
        .iter()
        .map(|s| {
            let trades: Vec<(Nanos, Nanos)> = run
                .trades
                .iter()
                .filter(|t| t.instrument == s.symbol())
                .map(|t| (nanos(t.entry_time), nanos(t.exit_time)))
                .collect();
            let at = |ts: Nanos| s.bars().partition_point(|b| b.ts_open < ts);
            let bars = span.map_or(s.bars(), |(from, to)| &s.bars()[at(from)..at(to)]);
            Candles::new(s, bars, &trades, CANDLES / series.len())
        })
        .collect()
}

impl Trades {
    fn new(run: &RunFolder, reasons: Vec<String>, places: u32) -> Self {
        let all = &run.trades;
        let mut order: Vec<usize> = (0..all.len()).collect();
        // By result, then by number: a tie has one order.
        order.sort_by(|a, b| all[*b].net_pnl.cmp(&all[*a].net_pnl).then(a.cmp(b)));
        let best = &order[..order.len().min(LISTED)];
        let worst: Vec<usize> = order.iter().rev().take(LISTED).copied().collect();
        let step = all.len().div_ceil(TRADES).max(1);
        let listed = |i: &usize| best.contains(i) || worst.contains(i);
        let drawn: Vec<usize> =
            (0..all.len()).filter(|i| i.is_multiple_of(step) || listed(i)).collect();
        let mut out = Self { count: all.len(), ..Self::default() };
        let name = |names: &mut Vec<String>, name: &str| {
            names.iter().position(|n| n == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            })
        };
        for &i in &drawn {
            let t = &all[i];
            out.number.push(t.trade);
            out.entry.push(t.entry_time.as_second());
            out.exit.push(t.exit_time.as_second());
            out.instrument.push(name(&mut out.instruments, &t.instrument));
            out.strategy.push(name(&mut out.strategies, &t.strategy));
            out.long.push(u8::from(t.side == "long"));
            out.entry_price.push(t.entry_price.to_string());
            out.exit_price.push(t.exit_price.to_string());
            out.quantity.push(t.quantity.to_string());
            out.before.push(rounded(t.before(), places));
            out.costs.push(rounded(t.costs(), places));
            out.net.push(rounded(t.net_pnl, places));
            out.why.push(t.exit_reason.name());
            out.mae.push((t.mae_bps * 100.0).round() / 100.0);
            out.mfe.push((t.mfe_bps * 100.0).round() / 100.0);
            out.ambiguous.push(u8::from(t.ambiguous));
            out.reason.push(reasons[i].clone());
        }
        let places_of = |wanted: &[usize]| {
            wanted.iter().filter_map(|i| drawn.binary_search(i).ok()).collect::<Vec<_>>()
        };
        out.best = places_of(best);
        out.worst = places_of(&worst);
        out
    }
}

fn splits(trades: &[TradeRow], spikes: &[&'static str]) -> Vec<SideSplit> {
    let reasons = ExitReason::ALL.map(ExitReason::name);
    let all = || trades.iter();
    vec![
        SideSplit { by: "exit", parts: split(all(), &reasons, |_, t| t.exit_reason.name()) },
        SideSplit { by: "spike", parts: split(all(), &SPIKES, |i, _| spikes[i]) },
        SideSplit { by: "side", parts: split(all(), &["long", "short"], |_, t| t.side.as_str()) },
        SideSplit { by: "instrument", parts: split(all(), &[], |_, t| t.instrument.as_str()) },
        SideSplit { by: "strategy", parts: split(all(), &[], |_, t| t.strategy.as_str()) },
    ]
}

/// Entry signals by what became of them.
fn signals(run: &RunFolder) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    for d in run.decisions.iter().filter(|d| d.action != "CLOSE") {
        match signals.iter_mut().find(|s| s.outcome == d.outcome && s.rule == d.rule) {
            Some(signal) => signal.count += 1,
            None => {
                signals.push(Signal { outcome: d.outcome.clone(), rule: d.rule.clone(), count: 1 })
            }
        }
    }
    signals.sort_by_key(|s| std::cmp::Reverse(s.count));
    signals
}

/// The zone's offset at the start and after each change within the run.
fn offsets(zone: &TimeZone, span: Option<(Nanos, Nanos)>) -> Vec<(i64, i32)> {
    let Some((start, end)) = span else { return vec![(0, 0)] };
    let Ok(from) = Timestamp::from_second(seconds(start)) else { return vec![(0, 0)] };
    let first = (from.as_second(), zone.to_offset(from).seconds());
    let changes = zone
        .following(from)
        .take_while(|change| change.timestamp().as_second() <= seconds(end))
        .map(|change| (change.timestamp().as_second(), change.offset().seconds()));
    std::iter::once(first).chain(changes).collect()
}
