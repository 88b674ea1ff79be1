//! Tables that leave for Python by Arrow's PyCapsule interface, which polars, pandas,
//! pyarrow and DuckDB take. Columns are those of the run folder's files.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
    StringDictionaryBuilder,
};
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{ArrowError, Field, Schema};
use pyo3_arrow::PyTable;
use rust_decimal::Decimal;
use tickstep_backtest::folder::columns::{CellValue, ColumnKind, TableColumn};
use tickstep_core::math::decimal_to_f64;

use crate::failure::{Class, Failure};

/// Digits that a decimal of Arrow can have.
const PRECISION: u8 = 38;

/// A column that holds sentences, not one of a few words.
const SENTENCES: &str = "reason";

/// How exact numbers leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exact {
    /// As the float nearest to each.
    Float,
    /// As decimals, digit for digit.
    Decimal,
}

/// A table of rows.
pub fn table<R>(columns: &[TableColumn<R>], rows: &[R], exact: Exact) -> Result<PyTable, Failure> {
    let named = columns.iter().map(|column| Ok((column.name, array(column, rows, exact)?)));
    of_arrays(named.collect::<Result<_, Failure>>()?)
}

/// A table of arrays of one length.
pub fn of_arrays(columns: Vec<(&str, ArrayRef)>) -> Result<PyTable, Failure> {
    let field = |(name, array): &(&str, ArrayRef)| {
        Field::new(*name, array.data_type().clone(), array.is_nullable())
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(PyTable::try_new(vec![batch], schema)?)
}

/// Times, nanoseconds since the Unix epoch, as datetimes of UTC.
pub fn times(of: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values(of).with_timezone("UTC"))
}

fn array<R>(column: &TableColumn<R>, rows: &[R], exact: Exact) -> Result<ArrayRef, Failure> {
    let cells = rows.iter().map(|row| column.value(row));
    // A cell of another kind than its column's does not exist; it would be null.
    Ok(match column.kind {
        ColumnKind::Time => {
            times(cells.map(|cell| if let CellValue::Time(ts) = cell { ts.0 } else { 0 }))
        }
        ColumnKind::Count => {
            let mut out = Int64Builder::with_capacity(rows.len());
            cells.for_each(|cell| {
                out.append_option(match cell {
                    CellValue::Count(n) => n.and_then(|n| i64::try_from(n).ok()),
                    _ => None,
                });
            });
            Arc::new(out.finish())
        }
        ColumnKind::Exact if exact == Exact::Decimal => decimals(cells.map(decimal).collect())?,
        ColumnKind::Exact | ColumnKind::Float(_) => {
            let mut out = Float64Builder::with_capacity(rows.len());
            cells.for_each(|cell| {
                out.append_option(match cell {
                    CellValue::Float(x) => x,
                    cell => decimal(cell).map(decimal_to_f64),
                });
            });
            Arc::new(out.finish())
        }
        ColumnKind::Text if column.name == SENTENCES => {
            let mut out = StringBuilder::new();
            cells.for_each(|cell| out.append_option(text(cell)));
            Arc::new(out.finish())
        }
        ColumnKind::Text => {
            let mut out = StringDictionaryBuilder::<UInt32Type>::new();
            cells.for_each(|cell| out.append_option(text(cell)));
            Arc::new(out.finish())
        }
        ColumnKind::Flag => {
            let mut out = BooleanBuilder::with_capacity(rows.len());
            cells.for_each(|cell| out.append_value(cell == CellValue::Flag(true)));
            Arc::new(out.finish())
        }
    })
}

fn decimal(cell: CellValue<'_>) -> Option<Decimal> {
    if let CellValue::Exact(value) = cell { value } else { None }
}

fn text(cell: CellValue<'_>) -> Option<Cow<'_, str>> {
    if let CellValue::Text(text) = cell { text } else { None }
}

/// Decimals with as many digits behind the point as the longest has.
fn decimals(values: Vec<Option<Decimal>>) -> Result<ArrayRef, Failure> {
    let scale = values.iter().flatten().map(Decimal::scale).max().unwrap_or(0);
    let mut out = Decimal128Builder::with_capacity(values.len())
        .with_precision_and_scale(PRECISION, scale as i8)?;
    for value in values {
        let mantissa = value.map(|value| {
            let zeros = 10_i128.checked_pow(scale - value.scale());
            zeros.and_then(|zeros| value.mantissa().checked_mul(zeros))
        });
        match mantissa {
            Some(None) => {
                let words = "the numbers of a column differ by more digits than a decimal holds; \
                             take them as floats";
                return Err(Failure::new(Class::Data, words));
            }
            Some(mantissa) => out.append_option(mantissa),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Self::new(Class::Internal, error)
    }
}
