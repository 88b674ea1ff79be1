//! What figures of a run are drawn from: lines and candles short enough to draw.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Float64Array, Int64Array, TimestampNanosecondArray};
use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use tickstep_backtest::config::{StrategyChoice, StrategyParams};
use tickstep_backtest::report::chart::{
    self, ChartMonth, ChartPoint, candles, drawdown_line, equity_line,
};
use tickstep_backtest::research::report::ValueHistogram;
use tickstep_backtest::run::Period;
use tickstep_backtest::series::Series;
use tickstep_core::bars::open_of;
use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::units::{Fraction, Nanos, Ticks};

use crate::bars::Bars;
use crate::data_options::instant;
use crate::failure::{Class, Failure};
use crate::frame::{of_arrays, times};
use crate::run::Run;

/// A volume of so many times its baseline is a spike, where no scalper says otherwise.
const SPIKE: (Fraction, usize) = (Fraction::lit(3, 0), 20);

/// Returns of the days with data; `None` where equity was ever at or below zero.
#[pyfunction]
pub fn daily_returns(run: &Run) -> Result<Option<PyTable>, Failure> {
    let days = run.run.coverage.days();
    let Some(returns) = run.run.daily_returns() else {
        return if days.is_empty() { of_returns(&[], &[]).map(Some) } else { Ok(None) };
    };
    of_returns(&days[..returns.len()], &returns).map(Some)
}

/// Every month of the account's zone.
#[pyfunction]
pub fn months(run: &Run) -> Result<PyTable, Failure> {
    let months = chart::months(&run.run, &run.prepared.instruments, run.prepared.zone());
    let mut names = StringBuilder::new();
    months.iter().for_each(|m| names.append_value(&m.month));
    let count = |of: fn(&ChartMonth) -> usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(months.iter().map(|m| of(m) as i64)))
    };
    let float = |of: fn(&ChartMonth) -> Option<f64>| -> ArrayRef {
        Arc::new(months.iter().map(of).collect::<Float64Array>())
    };
    of_arrays(vec![
        ("month", Arc::new(names.finish())),
        ("trades", count(|m| m.trades)),
        ("wins", count(|m| m.wins)),
        ("before_costs", float(|m| Some(decimal_to_f64(m.before)))),
        ("costs", float(|m| Some(decimal_to_f64(m.costs)))),
        ("net_pnl", float(|m| Some(decimal_to_f64(m.net)))),
        ("return", float(|m| m.change)),
    ])
}

/// Equity inside a period, in at most `most` points.
#[pyfunction]
pub fn equity_curve(
    run: &Run,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
    most: usize,
) -> Result<PyTable, Failure> {
    line(&equity_line(&run.run, period(start, end)?, most))
}

/// Drawdown inside a period, a fraction, in at most `most` points.
#[pyfunction]
pub fn drawdown_curve(
    run: &Run,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
    most: usize,
) -> Result<PyTable, Failure> {
    line(&drawdown_line(&run.run, period(start, end)?, most))
}

/// Candles, their length in nanoseconds, the multiple and the baseline by which a volume stands
/// out, and from when to when the market was closed in between, nanoseconds.
type Drawn = (PyTable, i64, (f64, usize), Vec<(i64, i64)>);

/// Candles of an instrument inside a period, at most `most`, and where volume stood out.
#[pyfunction]
pub fn run_candles(
    run: &Run,
    instrument: usize,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
    most: usize,
) -> Result<Drawn, Failure> {
    let (multiple, baseline) = run.spike();
    let series = &run.prepared.series[instrument];
    of_candles(series, period(start, end)?, most, multiple, baseline)
}

/// The same of bars without a run.
#[pyfunction]
pub fn bars_candles(
    bars: &Bars,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
    most: usize,
) -> Result<Drawn, Failure> {
    of_candles(&bars.series, period(start, end)?, most, SPIKE.0, SPIKE.1)
}

/// How the net P&L of trades that closed inside a period is spread, of one instrument or of
/// all, as JSON.
#[pyfunction]
pub fn trade_histogram(
    run: &Run,
    instrument: Option<usize>,
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
) -> Result<String, Failure> {
    let period = period(start, end)?;
    let of = |id: InstrumentId| instrument.is_none_or(|at| id.index() == at);
    let inside = run.run.trades.iter().filter(|t| period.holds(t.exit_ts) && of(t.instrument));
    let bars = ValueHistogram::of(inside.map(|t| decimal_to_f64(t.net)), true);
    serde_json::to_string(&bars).map_err(|error| Failure::new(Class::Internal, error))
}

/// Nanoseconds since the Unix epoch of the first and the last instant of a period.
#[pyfunction]
pub fn period_ns(
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
) -> Result<(Option<i64>, Option<i64>), Failure> {
    let period = period(start, end)?;
    Ok((period.from.map(|ts| ts.0), period.to.map(|ts| ts.0)))
}

impl Run {
    /// From which multiple of which baseline on its first scalper calls a volume a spike.
    fn spike(&self) -> (Fraction, usize) {
        let scalper = |params: &StrategyChoice| match params {
            StrategyChoice::BuiltIn(StrategyParams::Scalper(p)) => {
                Some((p.spike_multiple, p.baseline_period))
            }
            _ => None,
        };
        self.prepared.config.strategy.iter().find_map(|s| scalper(&s.params)).unwrap_or(SPIKE)
    }
}

fn period(
    start: Option<&Bound<'_, PyAny>>,
    end: Option<&Bound<'_, PyAny>>,
) -> Result<Period, Failure> {
    let at = |of: Option<&Bound<'_, PyAny>>, name| of.map(|of| instant(of, name)).transpose();
    let (from, to) = (at(start, "start")?, at(end, "end")?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::argument(Class::Config, "end", "it is not after start"));
    }
    Ok(Period { from, to })
}

fn floats(of: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(of))
}

fn line(points: &[ChartPoint]) -> Result<PyTable, Failure> {
    of_arrays(vec![
        ("time", times(points.iter().map(|p| p.0.0))),
        ("value", floats(points.iter().map(|p| p.1))),
    ])
}

fn of_returns(days: &[i32], returns: &[f64]) -> Result<PyTable, Failure> {
    let date: ArrayRef = Arc::new(arrow_array::Date32Array::from(days.to_vec()));
    of_arrays(vec![("date", date), ("return", floats(returns.iter().copied()))])
}

/// Times inside a period in which the market was closed and no candle of `length` stands.
fn closed(series: &Series, period: Period, length: Nanos) -> Vec<(i64, i64)> {
    let times = series.times();
    let opens = series.bars().iter().map(|bar| bar.ts_open).filter(|ts| period.holds(*ts));
    let opens: Vec<Nanos> = opens.collect();
    let longer = length > series.interval().nominal();
    let hole = |pair: &[Nanos]| {
        let (close, next) = (times.close_of(pair[0]), pair[1]);
        let from = if longer { open_of(next, length) } else { next };
        (times.follows(pair[0], next) && from > close).then_some((close.0, from.0))
    };
    opens.windows(2).filter_map(hole).collect()
}

fn of_candles(
    series: &Series,
    period: Period,
    most: usize,
    multiple: Fraction,
    baseline: usize,
) -> Result<Drawn, Failure> {
    let drawn = candles(series, period, most, multiple, baseline);
    let grid = series.grid();
    let price = |px: fn(&Bar) -> Ticks| floats(drawn.candles.iter().map(|b| grid.price_f64(px(b))));
    let ratios: Float64Array = drawn.spikes.iter().map(|s| Some((*s)?.0)).collect();
    let spiked = drawn.spikes.iter().map(|s| Some((*s)?.1.0));
    let spiked = spiked.collect::<TimestampNanosecondArray>().with_timezone("UTC");
    let table = of_arrays(vec![
        ("time", times(drawn.candles.iter().map(|b| b.ts_open.0))),
        ("open", price(|b| b.open)),
        ("high", price(|b| b.high)),
        ("low", price(|b| b.low)),
        ("close", price(|b| b.close)),
        ("volume", floats(drawn.candles.iter().map(|b| grid.volume_f64(b.volume)))),
        ("volume_ratio", Arc::new(ratios)),
        ("spike_time", Arc::new(spiked)),
    ])?;
    let closed = closed(series, period, drawn.interval);
    Ok((table, drawn.interval.0, (multiple.to_f64(), baseline), closed))
}
