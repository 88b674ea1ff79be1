//! Columns of a table in memory, as a program holds them, and what a row of one says.

use std::borrow::Cow;

use tickstep_core::units::Nanos;

use super::clock::Clock;
use super::number::Num;
use super::row_sink::RawTime;
use super::row_sink::RawValue;
use super::time::TimeError;
use super::time::Unit;
use super::time::from_nanos;
use super::value_grid::shortest;
use crate::times::utc;

/// Columns in memory, all of one length.
#[derive(Clone, Debug, Default)]
pub struct MemoryTable<'a> {
    /// In any order; those that no bar needs are passed over.
    pub columns: Vec<MemoryColumn<'a>>,
}

/// A column in memory.
#[derive(Clone, Debug)]
pub struct MemoryColumn<'a> {
    /// What it is called.
    pub name: String,
    /// A value for every row; what a null row holds is not looked at.
    pub values: ColumnValues<'a>,
    /// Which rows have a value; all of them when absent.
    pub valid: Option<Vec<bool>>,
}

/// The values of a column.
#[derive(Clone, Debug)]
pub enum ColumnValues<'a> {
    /// Floats of 64 bits.
    Float(Cow<'a, [f64]>),
    /// Floats of 32 bits, each as its shortest text reads.
    Float32(Cow<'a, [f32]>),
    /// Whole numbers.
    Integer(Cow<'a, [i64]>),
    /// Whole numbers up to 2^64.
    Unsigned(Cow<'a, [u64]>),
    /// Decimals: whole numbers of `10^-scale`.
    Decimal {
        /// The whole numbers.
        mantissas: Cow<'a, [i128]>,
        /// Digits behind the point.
        scale: u32,
    },
    /// Texts.
    Text(Vec<&'a str>),
    /// Dates and times of day.
    Time {
        /// Count of units since 1970, by UTC or by the clock that shows them.
        counts: Cow<'a, [i64]>,
        /// Nanoseconds of a unit.
        ns_each: i64,
        /// Whether they are instants; else a clock that nobody named shows them.
        zoned: bool,
    },
    /// Dates: days since 1970.
    Date(Cow<'a, [i32]>),
    /// Of a type that holds neither numbers nor times nor text.
    Other {
        /// What the type is called.
        kind: String,
        /// Number of rows.
        rows: usize,
    },
}

impl ColumnValues<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Float32(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Unsigned(values) => values.len(),
            Self::Decimal { mantissas, .. } => mantissas.len(),
            Self::Text(values) => values.len(),
            Self::Time { counts, .. } => counts.len(),
            Self::Date(values) => values.len(),
            Self::Other { rows, .. } => *rows,
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl MemoryColumn<'_> {
    fn is_null(&self, at: usize) -> bool {
        self.valid.as_ref().is_some_and(|valid| !valid.get(at).copied().unwrap_or(false))
    }

    /// What a type is called that no value can be read from.
    pub(super) fn unreadable(&self, time: bool) -> Option<String> {
        match &self.values {
            ColumnValues::Other { kind, .. } => Some(kind.clone()),
            ColumnValues::Time { .. } | ColumnValues::Date(_) if !time => Some("time".to_owned()),
            _ => None,
        }
    }

    pub(super) fn cell(&self, at: usize, null: &'static [u8]) -> Result<RawValue<'_>, String> {
        if self.is_null(at) {
            return Ok(RawValue::Text(null));
        }
        let exact = |mantissa| Ok(RawValue::Exact(Num { mantissa, scale: 0 }));
        match &self.values {
            ColumnValues::Float(values) => Ok(RawValue::Float(values[at])),
            // The nearest float of 4.255 in 32 bits is 4.2550001 in 64: its own text counts.
            ColumnValues::Float32(values) => {
                let value = values[at];
                Ok(Num::parse(format!("{value:e}").as_bytes())
                    .map_or(RawValue::Float(f64::from(value)), RawValue::Exact))
            }
            ColumnValues::Integer(values) => exact(i128::from(values[at])),
            ColumnValues::Unsigned(values) => exact(i128::from(values[at])),
            ColumnValues::Decimal { mantissas, scale } => Num::new(mantissas[at], *scale)
                .map(RawValue::Exact)
                .ok_or_else(|| format!("{}e-{scale}", mantissas[at])),
            ColumnValues::Text(values) => Ok(RawValue::Text(values[at].as_bytes())),
            ColumnValues::Time { .. } | ColumnValues::Date(_) | ColumnValues::Other { .. } => {
                Err("no number".to_owned())
            }
        }
    }

    /// A time, and why it cannot be one.
    pub(super) fn stamp(
        &self,
        at: usize,
        clock: Option<&Clock>,
    ) -> Result<RawTime<'_>, (TimeError, String)> {
        if self.is_null(at) {
            return Ok(RawTime::Text(b"null"));
        }
        let whole = |n: i128| Num { mantissa: n, scale: 0 };
        let num = match &self.values {
            ColumnValues::Time { counts, ns_each, zoned } => {
                let ns = i128::from(counts[at]) * i128::from(*ns_each);
                return match clock.filter(|_| !zoned) {
                    None => Ok(RawTime::Nanos(ns)),
                    Some(clock) => by_clock(clock, ns),
                };
            }
            ColumnValues::Date(days) => {
                let ns = i128::from(days[at]) * i128::from(Nanos::DAY.0);
                return match (clock, from_nanos(ns)) {
                    (Some(clock), _) => by_clock(clock, ns),
                    (None, Ok((ts, _))) => Ok(RawTime::Read(b"", ts, Unit::Date)),
                    (None, Err(_)) => Ok(RawTime::Nanos(ns)),
                };
            }
            ColumnValues::Text(values) => {
                let text = values[at].as_bytes();
                let Some(clock) = clock else { return Ok(RawTime::Text(text)) };
                return Ok(match clock.read(None, text) {
                    Ok((ts, unit)) => RawTime::Read(text, ts, unit),
                    Err(why) => RawTime::Fault(text, why),
                });
            }
            ColumnValues::Float(values) => shortest(values[at]),
            ColumnValues::Float32(values) => shortest(f64::from(values[at])),
            ColumnValues::Integer(values) => Some(whole(i128::from(values[at]))),
            ColumnValues::Unsigned(values) => Some(whole(i128::from(values[at]))),
            ColumnValues::Decimal { mantissas, scale } => Num::new(mantissas[at], *scale),
            ColumnValues::Other { .. } => None,
        };
        let Some(num) = num else { return Ok(RawTime::Text(b"not finite")) };
        let Some(clock) = clock else { return Ok(RawTime::Num(num)) };
        let text = RawValue::Exact(num).shown();
        match clock.read(None, text.as_bytes()) {
            Ok((ts, unit)) => Ok(RawTime::Read(b"", ts, unit)),
            Err(why) => Err((why, text)),
        }
    }
}

/// A time that a clock shows, given as if the clock were UTC.
fn by_clock(clock: &Clock, ns: i128) -> Result<RawTime<'static>, (TimeError, String)> {
    let shown = || {
        from_nanos(ns)
            .map_or_else(|_| format!("{ns} ns"), |(ts, _)| utc(ts).replace(['T', 'Z'], " "))
    };
    match clock.of_utc(ns) {
        Ok(ts) => Ok(RawTime::Nanos(i128::from(ts.0))),
        Err(why) => Err((why, shown().trim().to_owned())),
    }
}
