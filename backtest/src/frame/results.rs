//! A run's trades, equity and decisions as polars frames.
//!
//! Times are datetimes in nanoseconds, UTC. Money and prices leave as `f64`, for
//! analysis; what must be exact to the last digit is in the run itself and in
//! the run folder. What is undefined is null.

use polars::prelude::{
    Column, DataFrame, Int64Chunked, IntoSeries, NamedFrom, PolarsResult, Series, TimeUnit,
    TimeZone,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tickstep_core::decision::Decision;
use tickstep_core::instrument::Instrument;
use tickstep_core::ledger::Trade;
use tickstep_core::units::{Nanos, Ticks};

use crate::folder::fate;
use crate::run::Run;

/// One row a trade, in the order they closed, with the columns of `trades.csv`.
pub fn trades(run: &Run, instruments: &[Instrument]) -> PolarsResult<DataFrame> {
    let rows = &run.trades;
    let money =
        |name, value: fn(&Trade) -> Decimal| floats(name, rows.iter().map(|t| value(t).to_f64()));
    let instrument = |t: &Trade| &instruments[t.instrument.index()];
    let columns = vec![
        texts("instrument", rows.iter().map(|t| Some(instrument(t).symbol().to_owned()))),
        texts("strategy", rows.iter().map(|t| Some(run.slots[t.slot.index()].0.clone()))),
        texts("side", rows.iter().map(|t| Some(t.side.position_word().to_owned()))),
        times("entry_time", rows.iter().map(|t| t.entry_ts)),
        times("exit_time", rows.iter().map(|t| t.exit_ts)),
        money("entry_price", |t| t.entry_price),
        money("exit_price", |t| t.exit_price),
        floats("quantity", rows.iter().map(|t| instrument(t).qty(t.lots).to_f64())),
        money("gross_pnl", |t| t.gross),
        money("fees", |t| t.fees),
        money("funding", |t| t.funding),
        money("slippage", |t| t.slippage),
        money("net_pnl", |t| t.net),
        texts("exit_reason", rows.iter().map(|t| Some(t.exit.name().to_owned()))),
        floats("initial_risk", rows.iter().map(|t| t.initial_risk.and_then(|r| r.to_f64()))),
        floats("mae_bps", rows.iter().map(|t| Some(t.mae * 1e4))),
        floats("mfe_bps", rows.iter().map(|t| Some(t.mfe * 1e4))),
        Series::new("ambiguous".into(), rows.iter().map(|t| t.ambiguous).collect::<Vec<_>>())
            .into(),
    ];
    DataFrame::new(rows.len(), columns)
}

/// `time` and `equity` at every instant at which a bar closed.
pub fn equity(run: &Run) -> PolarsResult<DataFrame> {
    let columns = vec![
        times("time", run.equity.iter().map(|p| p.ts)),
        floats("equity", run.equity.iter().map(|p| p.equity.to_f64())),
    ];
    DataFrame::new(run.equity.len(), columns)
}

/// One row a decision, in order, with the columns of `decisions.csv`.
pub fn decisions(run: &Run, instruments: &[Instrument]) -> PolarsResult<DataFrame> {
    let rows = &run.decisions;
    let instrument = |d: &Decision| &instruments[d.instrument.index()];
    let price =
        |d: &Decision, px: Option<Ticks>| px.and_then(|px| instrument(d).price(px).to_f64());
    let named = |name: &'static str| Some(name).filter(|n| !n.is_empty()).map(str::to_owned);
    let columns = vec![
        times("time", rows.iter().map(|d| d.ts)),
        texts("instrument", rows.iter().map(|d| Some(instrument(d).symbol().to_owned()))),
        texts("strategy", rows.iter().map(|d| Some(run.slots[d.slot.index()].0.clone()))),
        texts("action", rows.iter().map(|d| Some(d.action.name().to_owned()))),
        texts("side", rows.iter().map(|d| Some(d.side.position_word().to_owned()))),
        floats("price", rows.iter().map(|d| price(d, Some(d.px)))),
        floats("quantity", rows.iter().map(|d| d.lots.and_then(|l| instrument(d).qty(l).to_f64()))),
        floats("stop", rows.iter().map(|d| price(d, d.bracket.stop))),
        floats("target", rows.iter().map(|d| price(d, d.bracket.target))),
        floats("confidence", rows.iter().map(|d| d.confidence)),
        texts("exit_reason", rows.iter().map(|d| d.exit.map(|e| e.name().to_owned()))),
        texts("reason", rows.iter().map(|d| Some(d.reason.to_string()))),
        texts("outcome", rows.iter().map(|d| Some(fate(d.outcome).0.to_owned()))),
        texts("rule", rows.iter().map(|d| named(fate(d.outcome).1))),
    ];
    DataFrame::new(rows.len(), columns)
}

fn times(name: &str, values: impl Iterator<Item = Nanos>) -> Column {
    let values: Vec<i64> = values.map(|ts| ts.0).collect();
    let values = Int64Chunked::from_vec(name.into(), values);
    values.into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)).into_series().into()
}

fn floats(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into()
}

fn texts(name: &str, values: impl Iterator<Item = Option<String>>) -> Column {
    Series::new(name.into(), values.collect::<Vec<_>>()).into()
}
