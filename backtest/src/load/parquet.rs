//! Frames and Parquet files into rows. Needs the feature `polars`.
//!
//! A frame's rows go through the same checks as the lines of a file, and columns are
//! found by the same names. Integers, floats, decimals and text are read; floats are
//! on the grid within 1e-6 of a step. Times are integers, text, dates or datetimes; a
//! datetime without a zone is UTC. Null is an empty cell, which is an error.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use polars::prelude::DataFrame;
use polars::prelude::{AnyValue, ArrowDataType, ParquetReader, SerReader, TimeUnit};
use tickstep_core::units::Nanos;

use super::clock::Clock;
use super::columns::Columns;
use super::error::{FileFault, LoadError};
use super::format::Format;
use super::number::Num;
use super::options::LoadOptions;
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink, dressed};
use super::value_grid::shortest;
use crate::series::Series;
use crate::series::candle::{BarField, RowOrigin};
use crate::series::fault::RowFault;

/// Checks the rows of a frame. `opts` mean what they mean for files.
pub fn from_frame(
    symbol: impl Into<String>,
    frame: &DataFrame,
    opts: &LoadOptions,
) -> Result<Series, LoadError> {
    let symbol = symbol.into();
    if !opts.repairs.is_empty() {
        let start = |origin| opts.raw_rows(origin);
        let raw = rows_of(&symbol, None, frame, opts.format.as_ref(), start)?;
        let rows = opts.repair(raw, &symbol, None, None)?;
        return opts.series(symbol, rows);
    }
    let start = |origin| opts.rows(origin, &symbol);
    let rows = rows_of(&symbol, None, frame, opts.format.as_ref(), start)?;
    opts.series(symbol, rows)
}

/// The rows of a Parquet file; only the columns needed are decoded.
pub(crate) fn rows_of_parquet<S: RowSink>(
    path: &str,
    bytes: Vec<u8>,
    format: Option<&Format>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    // Polars panics on some damaged files where others are an error; to the user
    // both are one thing.
    let read = catch_unwind(AssertUnwindSafe(|| read_columns(path, bytes, format)));
    let frame = read.unwrap_or_else(|_| Err(corrupt(path, "it cannot be decoded")))?;
    rows_of(path, Some(path.into()), &frame, format, start)
}

fn columns_of(
    name: &str,
    format: Option<&Format>,
    found: Vec<String>,
) -> Result<Columns, LoadError> {
    let described = format.map(|format| format.columns(name, name, (found.len(), &found), None));
    match described.transpose()?.flatten() {
        Some(columns) => Ok(columns),
        None => Columns::by_name(name, found),
    }
}

fn read_columns(
    path: &str,
    bytes: Vec<u8>,
    format: Option<&Format>,
) -> Result<DataFrame, LoadError> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let schema = reader.schema().map_err(|e| corrupt(path, e))?;
    let found: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let columns = columns_of(path, format, found)?;
    let mut wanted = columns.all();
    wanted.dedup();
    for i in &wanted {
        if let Some((name, field)) = schema.get_at_index(*i)
            && !is_readable(field.dtype())
        {
            let (column, kind) = (name.to_string(), format!("{:?}", field.dtype()));
            return Err(FileFault::ColumnType { column, kind }.of(path));
        }
    }
    let names = wanted.iter().filter_map(|i| columns.found.get(*i).cloned()).collect();
    reader.with_columns(Some(names)).finish().map_err(|e| corrupt(path, e))
}

fn corrupt(path: &str, reason: impl ToString) -> LoadError {
    FileFault::Corrupt { kind: "Parquet", reason: reason.to_string() }.of(path)
}

/// The types of which this build of polars can make a column.
fn is_readable(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    matches!(
        kind,
        Kind::Int32
            | Kind::Int64
            | Kind::UInt32
            | Kind::UInt64
            | Kind::Float32
            | Kind::Float64
            | Kind::Utf8
            | Kind::LargeUtf8
            | Kind::Utf8View
            | Kind::Date32
            | Kind::Date64
            | Kind::Timestamp(..)
            | Kind::Decimal(..)
            | Kind::Decimal32(..)
            | Kind::Decimal64(..)
    )
}

/// Rows of a frame; `name` stands for it in messages about its columns.
fn rows_of<S: RowSink>(
    name: &str,
    path: Option<Box<str>>,
    frame: &DataFrame,
    format: Option<&Format>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    let found = frame.columns().iter().map(|column| column.name().to_string()).collect();
    let columns = columns_of(name, format, found)?;
    let mut sink = start(Origin { path, lines: false, columns, ..Origin::in_memory(false) })?;
    let columns = sink.origin().columns.clone();
    let shape = columns.shape.as_deref();
    let at = |i: usize| frame.columns()[i].as_materialized_series().rechunk();
    let [time, open, high, low, close, volume] = columns.needed.map(at);
    let taker = columns.taker.map(at);
    let date = shape.and_then(|shape| shape.date).map(at);
    let asks = shape.and_then(|shape| shape.ask).map(|ask| ask.map(at));
    let kind = |column: BarField, value: &AnyValue<'_>| {
        let (column, kind) = (columns.name(column), value.dtype().to_string());
        FileFault::ColumnType { column, kind }.of(name)
    };
    let names = [BarField::Open, BarField::High, BarField::Low, BarField::Close, BarField::Volume];
    let mut prices = [open.iter(), high.iter(), low.iter(), close.iter(), volume.iter()];
    let mut takers = taker.as_ref().map(polars::prelude::Series::iter);
    for (i, time) in time.iter().enumerate() {
        let number = i as u64 + 1;
        let place = sink.origin().place(number);
        let cell = |column: BarField, value: &AnyValue<'_>| match value {
            AnyValue::Decimal(..) => {
                let (column, value) = (columns.name(column), value.to_string());
                LoadError::Row(RowFault::TooLong { column, value }.at(place.clone()))
            }
            _ => kind(column, value),
        };
        let values = [0, 1, 2, 3, 4].map(|k| prices[k].next().unwrap_or(AnyValue::Null));
        let taker = takers.as_mut().map(|takers| takers.next().unwrap_or(AnyValue::Null));
        let mut cells = [RawValue::Text(b""); 5];
        let no_volume = shape.is_some_and(|shape| shape.no_volume);
        for k in 0..5 - usize::from(no_volume) {
            cells[k] = cell_of(&values[k]).ok_or_else(|| cell(names[k], &values[k]))?;
        }
        let taker = match &taker {
            None => None,
            Some(value) => Some(cell_of(value).ok_or_else(|| cell(BarField::Taker, value))?),
        };
        let stamp = stamp_of(&time).ok_or_else(|| kind(BarField::Time, &time))?;
        let Some(shape) = shape else {
            sink.row(number, stamp, cells, taker)?;
            continue;
        };
        let day = date.as_ref().and_then(|date| date.get(i).ok());
        let stamp = by_clock(&shape.clock, day.as_ref(), &time, stamp);
        let asks: Option<Vec<AnyValue<'_>>> = asks.as_ref().map(|asks| {
            asks.iter().map(|series| series.get(i).unwrap_or(AnyValue::Null)).collect()
        });
        let mut ask = asks.as_ref().map(|_| [RawValue::Text(b""); 4]);
        for (k, value) in asks.iter().flatten().enumerate() {
            if let Some(ask) = &mut ask {
                ask[k] = cell_of(value).ok_or_else(|| cell(names[k], value))?;
            }
        }
        dressed(&mut sink, &columns, number, (stamp, cells, ask, taker))?;
    }
    Ok(sink)
}

/// A stamp as the clock of a description reads it.
fn by_clock<'a>(
    clock: &Clock,
    day: Option<&AnyValue<'_>>,
    time: &'a AnyValue<'_>,
    stamp: RawTime<'a>,
) -> RawTime<'a> {
    let read = match (time, stamp) {
        // A typed time with a zone is an instant.
        (AnyValue::Datetime(_, _, Some(_)) | AnyValue::DatetimeOwned(_, _, Some(_)), _) => {
            return stamp;
        }
        (_, RawTime::Text(text)) => {
            let day = day.and_then(AnyValue::get_str).map(str::as_bytes);
            clock.read(day, text).map(|(ts, _)| ts).map_err(|why| RawTime::Fault(text, why))
        }
        (_, RawTime::Num(num)) => {
            let text = RawValue::Exact(num).shown();
            let read = clock.read(None, text.as_bytes()).map(|(ts, _)| ts);
            read.map_err(|why| RawTime::Fault(b"a number", why))
        }
        (_, RawTime::Nanos(ns)) => {
            clock.of_utc(ns).map_err(|why| RawTime::Fault(b"a typed time", why))
        }
        (_, RawTime::Read(..) | RawTime::Fault(..)) => return stamp,
    };
    match read {
        Ok(ts) => RawTime::Nanos(i128::from(ts.0)),
        Err(fault) => fault,
    }
}

fn integer(value: &AnyValue<'_>) -> Option<i128> {
    Some(match value {
        AnyValue::Int8(n) => i128::from(*n),
        AnyValue::Int16(n) => i128::from(*n),
        AnyValue::Int32(n) => i128::from(*n),
        AnyValue::Int64(n) => i128::from(*n),
        AnyValue::UInt8(n) => i128::from(*n),
        AnyValue::UInt16(n) => i128::from(*n),
        AnyValue::UInt32(n) => i128::from(*n),
        AnyValue::UInt64(n) => i128::from(*n),
        _ => return None,
    })
}

fn cell_of<'a>(value: &'a AnyValue<'_>) -> Option<RawValue<'a>> {
    match value {
        AnyValue::Null => Some(RawValue::Text(b"")),
        AnyValue::Float64(v) => Some(RawValue::Float(*v)),
        // The nearest float of 4.255 in 32 bits is 4.2550001 in 64: its own text counts.
        AnyValue::Float32(v) => match Num::parse(format!("{v:e}").as_bytes()) {
            Ok(num) => Some(RawValue::Exact(num)),
            Err(_) => Some(RawValue::Float(f64::from(*v))),
        },
        AnyValue::String(text) => Some(RawValue::Text(text.as_bytes())),
        AnyValue::StringOwned(text) => Some(RawValue::Text(text.as_bytes())),
        AnyValue::Decimal(mantissa, _, scale) => {
            Num::new(*mantissa, u32::try_from(*scale).ok()?).map(RawValue::Exact)
        }
        other => Some(RawValue::Exact(Num { mantissa: integer(other)?, scale: 0 })),
    }
}

fn stamp_of<'a>(value: &'a AnyValue<'_>) -> Option<RawTime<'a>> {
    let (n, unit) = match value {
        AnyValue::Null => return Some(RawTime::Text(b"")),
        AnyValue::String(text) => return Some(RawTime::Text(text.as_bytes())),
        AnyValue::StringOwned(text) => return Some(RawTime::Text(text.as_bytes())),
        AnyValue::Float64(v) => {
            return Some(shortest(*v).map_or(RawTime::Text(b"not finite"), RawTime::Num));
        }
        AnyValue::Datetime(n, unit, _) | AnyValue::DatetimeOwned(n, unit, _) => (*n, *unit),
        AnyValue::Date(days) => {
            return Some(RawTime::Nanos(i128::from(*days) * i128::from(Nanos::DAY.0)));
        }
        other => return Some(RawTime::Num(Num { mantissa: integer(other)?, scale: 0 })),
    };
    let ns_each = match unit {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Milliseconds => 1_000_000,
    };
    Some(RawTime::Nanos(i128::from(n) * ns_each))
}
