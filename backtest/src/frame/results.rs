//! A run's trades, equity and decisions as polars frames.
//!
//! Times are datetimes in nanoseconds, UTC. Money and prices leave as `f64`, for
//! analysis; what must be exact to the last digit is in the run itself and in
//! the run folder. What is undefined is null.

use polars::prelude::{
    Column, DataFrame, Int64Chunked, IntoSeries, NamedFrom, PolarsResult, Series, TimeUnit,
    TimeZone,
};
use rust_decimal::prelude::ToPrimitive;
use tickstep_core::instrument::Instrument;

use crate::folder::columns::{self, CellValue, ColumnKind, TableColumn};
use crate::run::Run;

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
            Series::new(name, counts.collect::<Vec<_>>()).into()
        }
        ColumnKind::Exact | ColumnKind::Float(_) => {
            let floats = cells.map(|c| match c {
                CellValue::Exact(d) => d.and_then(|d| d.to_f64()),
                CellValue::Float(x) => x,
                _ => None,
            });
            Series::new(name, floats.collect::<Vec<_>>()).into()
        }
        ColumnKind::Text => {
            let texts = cells.map(|c| if let CellValue::Text(text) = c { text } else { None });
            Series::new(name, texts.collect::<Vec<_>>()).into()
        }
        ColumnKind::Flag => {
            let flags = cells.map(|c| matches!(c, CellValue::Flag(true)));
            Series::new(name, flags.collect::<Vec<_>>()).into()
        }
    }
}
