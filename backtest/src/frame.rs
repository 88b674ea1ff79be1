//! Series, and the trades, equity and decisions of a run, as polars frames; frames as
//! Parquet files.
//!
//! Needs the feature `polars`. The way back is [`from_frame`](crate::load::from_frame).
//! Times are datetimes in nanoseconds, UTC; what is undefined is null.
//!
//! Known limit: prices and money leave as `f64`, each the float nearest to its decimal,
//! and so read back exactly up to 15 significant digits. What must be exact to the last
//! digit is in the run itself and in the run folder.

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column, Int64Chunked, IntoSeries, NamedFrom, ParquetWriter, PolarsResult, Series as Values,
    TimeUnit, TimeZone,
};
use rust_decimal::prelude::ToPrimitive;
use tickstep_core::event::Bar;
use tickstep_core::instrument::Instrument;
use tickstep_core::units::Ticks;

pub use polars::prelude::{DataFrame, PolarsError};

use crate::folder::columns::{self, CellValue, ColumnKind, TableColumn};
use crate::run::Run;
use crate::series::Series;
use crate::series::candle::BarField;

/// A frame with the columns `open_time` (datetime, ns, UTC), `open`, `high`,
/// `low`, `close`, `volume` and, where the series has it, `taker_buy_volume`.
///
/// ```
/// use tickstep_backtest::frame::to_frame;
/// use tickstep_backtest::load::{FloatBars, LoadOptions, from_f64, from_frame};
///
/// let bars = FloatBars {
///     ts_open: &[1_690_848_000_000_000_000, 1_690_848_060_000_000_000],
///     open: &[4.255, 4.251],
///     high: &[4.256, 4.253],
///     low: &[4.252, 4.251],
///     close: &[4.252, 4.253],
///     volume: &[25259.1, 2476.0],
///     taker_buy: None,
/// };
/// let opts = LoadOptions::default();
/// let series = from_f64("FILUSDT", &bars, &opts)?;
/// let frame = to_frame(&series)?;
/// assert_eq!(frame.shape(), (2, 6));
/// assert_eq!(from_frame("FILUSDT", &frame, &opts)?, series);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_frame(series: &Series) -> PolarsResult<DataFrame> {
    let bars = series.bars();
    let times: Vec<i64> = bars.iter().map(|bar| bar.ts_open.0).collect();
    let times = Int64Chunked::from_vec(BarField::Time.usual().into(), times);
    let times = times.into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC));
    let floats = |column: BarField, value: &dyn Fn(&Bar) -> f64| {
        let values: Vec<f64> = bars.iter().map(value).collect();
        Column::from(Values::new(column.usual().into(), values))
    };
    let price = |px: Ticks| series.grid().price_f64(px);
    let mut columns = vec![
        Column::from(times.into_series()),
        floats(BarField::Open, &|bar| price(bar.open)),
        floats(BarField::High, &|bar| price(bar.high)),
        floats(BarField::Low, &|bar| price(bar.low)),
        floats(BarField::Close, &|bar| price(bar.close)),
        floats(BarField::Volume, &|bar| series.grid().volume_f64(bar.volume)),
    ];
    if series.has_taker() {
        // Every bar has it, or `has_taker` would be false.
        let taker = |bar: &Bar| series.grid().volume_f64(bar.taker_buy.unwrap_or_default());
        columns.push(floats(BarField::Taker, &taker));
    }
    DataFrame::new(bars.len(), columns)
}

/// Writes any frame to a Parquet file, replacing it.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> PolarsResult<()> {
    let file = File::create(path)?;
    ParquetWriter::new(file).finish(frame)?;
    Ok(())
}

/// One row a trade, in the order they closed, with the columns of `trades.csv`.
pub fn trades(run: &Run, instruments: &[Instrument]) -> PolarsResult<DataFrame> {
    frame(&columns::trade_columns(), columns::trades(run, instruments).collect())
}

/// `time` and `equity` at every instant at which a bar closed.
pub fn equity(run: &Run) -> PolarsResult<DataFrame> {
    frame(&columns::equity_columns(), run.equity.clone())
}

/// One row a decision, in order, with the columns of `decisions.csv`.
pub fn decisions(run: &Run, instruments: &[Instrument]) -> PolarsResult<DataFrame> {
    frame(&columns::decision_columns(), columns::decisions(run, instruments).collect())
}

fn frame<R>(columns: &[TableColumn<R>], rows: Vec<R>) -> PolarsResult<DataFrame> {
    DataFrame::new(rows.len(), columns.iter().map(|column| values(column, &rows)).collect())
}

fn values<R>(column: &TableColumn<R>, rows: &[R]) -> Column {
    let name = column.name.into();
    let cells = rows.iter().map(|row| column.value(row));
    // A cell of another kind than its column's does not exist; it would be null.
    match column.kind {
        ColumnKind::Time => {
            let times =
                cells.filter_map(|c| if let CellValue::Time(ts) = c { Some(ts.0) } else { None });
            Int64Chunked::from_vec(name, times.collect())
                .into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC))
                .into_series()
                .into()
        }
        ColumnKind::Count => {
            let counts = cells.map(|c| if let CellValue::Count(n) = c { n } else { None });
            Values::new(name, counts.collect::<Vec<_>>()).into()
        }
        ColumnKind::Exact | ColumnKind::Float(_) => {
            let floats = cells.map(|c| match c {
                CellValue::Exact(d) => d.and_then(|d| d.to_f64()),
                CellValue::Float(x) => x,
                _ => None,
            });
            Values::new(name, floats.collect::<Vec<_>>()).into()
        }
        ColumnKind::Text => {
            let texts = cells.map(|c| if let CellValue::Text(text) = c { text } else { None });
            Values::new(name, texts.collect::<Vec<_>>()).into()
        }
        ColumnKind::Flag => {
            let flags = cells.map(|c| matches!(c, CellValue::Flag(true)));
            Values::new(name, flags.collect::<Vec<_>>()).into()
        }
    }
}
