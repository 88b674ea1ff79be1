//! Tables of Arrow as columns of the loader: a single chunk of the right type goes as it
//! is, what is in several chunks or of a narrower type is copied.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use tickstep_backtest::load::{ColumnValues, MemoryColumn, MemoryTable};

/// The columns of batches.
pub fn table<'a>(batches: &'a [RecordBatch], schema: &Schema) -> MemoryTable<'a> {
    let column = |(at, field): (usize, &std::sync::Arc<arrow_schema::Field>)| {
        let chunks: Vec<&'a ArrayRef> = batches.iter().map(|batch| batch.column(at)).collect();
        MemoryColumn {
            name: field.name().clone(),
            valid: valid(&chunks),
            values: values(&chunks, field.data_type()),
        }
    };
    MemoryTable { columns: schema.fields().iter().enumerate().map(column).collect() }
}

fn valid(chunks: &[&ArrayRef]) -> Option<Vec<bool>> {
    if chunks.iter().all(|chunk| chunk.logical_null_count() == 0) {
        return None;
    }
    let of = |chunk: &&ArrayRef| match chunk.logical_nulls() {
        None => vec![true; chunk.len()],
        Some(nulls) => nulls.iter().collect(),
    };
    Some(chunks.iter().flat_map(of).collect())
}

fn values<'a>(chunks: &[&'a ArrayRef], kind: &DataType) -> ColumnValues<'a> {
    let rows = chunks.iter().map(|chunk| chunk.len()).sum();
    match kind {
        DataType::Float64 => ColumnValues::Float(whole::<Float64Type>(chunks)),
        DataType::Float32 => ColumnValues::Float32(whole::<Float32Type>(chunks)),
        DataType::Int64 => ColumnValues::Integer(whole::<Int64Type>(chunks)),
        DataType::UInt64 => ColumnValues::Unsigned(whole::<UInt64Type>(chunks)),
        DataType::Int32 => ColumnValues::Integer(widened::<Int32Type>(chunks)),
        DataType::Int16 => ColumnValues::Integer(widened::<Int16Type>(chunks)),
        DataType::Int8 => ColumnValues::Integer(widened::<Int8Type>(chunks)),
        DataType::UInt32 => ColumnValues::Integer(widened::<UInt32Type>(chunks)),
        DataType::UInt16 => ColumnValues::Integer(widened::<UInt16Type>(chunks)),
        DataType::UInt8 => ColumnValues::Integer(widened::<UInt8Type>(chunks)),
        DataType::Date32 => ColumnValues::Date(whole::<Date32Type>(chunks)),
        DataType::Date64 => ColumnValues::Time {
            counts: whole::<Date64Type>(chunks),
            ns_each: 1_000_000,
            zoned: false,
        },
        DataType::Timestamp(unit, zone) => {
            let (counts, ns_each) = match unit {
                TimeUnit::Second => (whole::<TimestampSecondType>(chunks), 1_000_000_000),
                TimeUnit::Millisecond => (whole::<TimestampMillisecondType>(chunks), 1_000_000),
                TimeUnit::Microsecond => (whole::<TimestampMicrosecondType>(chunks), 1_000),
                TimeUnit::Nanosecond => (whole::<TimestampNanosecondType>(chunks), 1),
            };
            ColumnValues::Time { counts, ns_each, zoned: zone.is_some() }
        }
        DataType::Decimal128(_, scale) if *scale >= 0 => ColumnValues::Decimal {
            mantissas: whole::<Decimal128Type>(chunks),
            scale: u32::from(scale.unsigned_abs()),
        },
        DataType::Null => ColumnValues::Text(vec![""; rows]),
        _ => texts(chunks, kind).map_or_else(
            || ColumnValues::Other { kind: kind.to_string(), rows },
            ColumnValues::Text,
        ),
    }
}

/// A column of a type that is taken as it is.
fn whole<'a, T: ArrowPrimitiveType>(chunks: &[&'a ArrayRef]) -> Cow<'a, [T::Native]> {
    match chunks {
        [one] => Cow::Borrowed(one.as_primitive::<T>().values()),
        many => many.iter().flat_map(|chunk| chunk.as_primitive::<T>().values()).copied().collect(),
    }
}

/// A column of whole numbers of less than 64 bits.
fn widened<'a, T: ArrowPrimitiveType<Native: Into<i64>>>(chunks: &[&ArrayRef]) -> Cow<'a, [i64]> {
    let values = chunks.iter().flat_map(|chunk| chunk.as_primitive::<T>().values());
    values.map(|value| (*value).into()).collect()
}

/// A column of texts, however they are kept.
fn texts<'a>(chunks: &[&'a ArrayRef], kind: &DataType) -> Option<Vec<&'a str>> {
    let mut out = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
    for chunk in chunks {
        match kind {
            DataType::Utf8 => {
                out.extend(chunk.as_string::<i32>().iter().map(Option::unwrap_or_default));
            }
            DataType::LargeUtf8 => {
                out.extend(chunk.as_string::<i64>().iter().map(Option::unwrap_or_default));
            }
            DataType::Utf8View => {
                out.extend(chunk.as_string_view().iter().map(Option::unwrap_or_default));
            }
            DataType::Dictionary(key, of) => match **key {
                DataType::Int8 => words::<Int8Type>(chunk, of, &mut out)?,
                DataType::Int16 => words::<Int16Type>(chunk, of, &mut out)?,
                DataType::Int32 => words::<Int32Type>(chunk, of, &mut out)?,
                DataType::Int64 => words::<Int64Type>(chunk, of, &mut out)?,
                DataType::UInt8 => words::<UInt8Type>(chunk, of, &mut out)?,
                DataType::UInt16 => words::<UInt16Type>(chunk, of, &mut out)?,
                DataType::UInt32 => words::<UInt32Type>(chunk, of, &mut out)?,
                DataType::UInt64 => words::<UInt64Type>(chunk, of, &mut out)?,
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(out)
}

/// Texts that are kept once each.
fn words<'a, K: ArrowDictionaryKeyType>(
    chunk: &'a ArrayRef,
    of: &DataType,
    out: &mut Vec<&'a str>,
) -> Option<()> {
    let kept = chunk.as_dictionary::<K>();
    let words = texts(&[kept.values()], of)?;
    out.extend(
        (0..kept.len())
            .map(|row| kept.key(row))
            .map(|at| at.and_then(|at| words.get(at).copied()).unwrap_or("")),
    );
    Some(())
}
