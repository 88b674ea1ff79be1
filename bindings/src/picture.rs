//! Pictures and texts that a notebook shows of a value: what is in print there is printed
//! here.

use jiff::tz::TimeZone;
use pyo3::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::report::chart::{equity_line, price_line};
use tickstep_backtest::report::{Curve, money, number};
use tickstep_backtest::run::Period;
use tickstep_backtest::times::local;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::units::{Lots, Ticks};

use crate::bars::Bars;
use crate::run::Run;

/// The curve of equity as an SVG document; empty where there are no two closes.
#[pyfunction]
pub fn run_svg(run: &Run) -> String {
    let line = equity_line(&run.run, Period::default(), usize::MAX);
    let account = &run.prepared.config.account;
    let title = format!("Equity, {}", account.currency);
    let cash = run.run.cash;
    let print = |value: f64| {
        let amount = Decimal::from_f64_retain(value).unwrap_or_default();
        money(amount, cash, "")
    };
    let level = Some(decimal_to_f64(cash));
    Curve { points: &line, level, title: &title, zone: run.prepared.zone(), print: &print }.svg()
}

/// The curve of closes as an SVG document; empty where there is one bar.
#[pyfunction]
pub fn bars_svg(bars: &Bars) -> String {
    let line = price_line(&bars.series, Period::default(), usize::MAX);
    let title = format!("Closes of {}", bars.series.symbol());
    let places = bars.series.grid().tick_size.normalize().scale() as usize;
    let print = |value: f64| number(value, places);
    Curve { points: &line, level: None, title: &title, zone: &TimeZone::UTC, print: &print }.svg()
}

/// Some bars in print, by their indexes: open time (UTC), prices, volume and, where there is
/// one, taker-buy volume.
#[pyfunction]
pub fn bars_printed(bars: &Bars, indexes: Vec<usize>) -> Vec<Vec<String>> {
    let grid = bars.series.grid();
    let amount = |count: i64, step: Decimal| {
        let step = step.normalize();
        format!("{:.*}", step.scale() as usize, Decimal::from(count) * step)
    };
    let price = |px: Ticks| amount(px.0, grid.tick_size);
    let volume = |volume: Lots| amount(volume.get(), grid.volume_step);
    let row = |at: usize| {
        let bar = bars.series.bars().get(at)?;
        let time = local(bar.ts_open, &TimeZone::UTC, "%Y-%m-%d %H:%M:%S%.f");
        let mut row = vec![time];
        row.extend([bar.open, bar.high, bar.low, bar.close].map(price));
        row.push(volume(bar.volume));
        row.extend(bar.taker_buy.map(volume));
        Some(row)
    };
    indexes.into_iter().filter_map(row).collect()
}

/// A number in print, with so many decimals.
#[pyfunction]
pub fn printed(value: f64, places: usize) -> String {
    number(value, places)
}
