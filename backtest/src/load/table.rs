//! Tables in memory into series: columns as a program holds them, found by their names.
//!
//! Rows go through the checks of [`CheckedRows`](super::rows::CheckedRows), as those of a
//! file do. Columns of floats on a stated grid are first tried as whole columns
//! ([`super::table_fast`]), with the same verdict.
//!
//! Unlike a file, a table that has times without a zone is refused until a zone is stated:
//! a program knows whose clock it read. Dates are days of the market.

use std::borrow::Cow;

use tickstep_core::units::Nanos;

use super::clock::Clock;
use super::columns::{ColumnNames, Columns};
use super::error::{FileFault, LoadError};
use super::number::Num;
use super::one_symbol::SymbolRow;
use super::options::LoadOptions;
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink};
use super::table_fast;
use super::time::{TimeError, Unit, from_nanos};
use super::value_grid::shortest;
use crate::series::Series;
use crate::series::candle::{BarField, RowOrigin};
use crate::series::fault::RowFault;
use crate::times::utc;

/// Columns in memory, all of one length.
#[derive(Clone, Debug, Default)]
pub struct Table<'a> {
    /// In any order; those that no bar needs are passed over.
    pub columns: Vec<TableColumn<'a>>,
}

/// A column in memory.
#[derive(Clone, Debug)]
pub struct TableColumn<'a> {
    /// What it is called.
    pub name: String,
    /// A value for every row; what a null row holds is not looked at.
    pub values: Values<'a>,
    /// Which rows have a value; all of them when absent.
    pub valid: Option<Vec<bool>>,
}

/// The values of a column.
#[derive(Clone, Debug)]
pub enum Values<'a> {
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

impl Values<'_> {
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

impl TableColumn<'_> {
    fn is_null(&self, at: usize) -> bool {
        self.valid.as_ref().is_some_and(|valid| !valid.get(at).copied().unwrap_or(false))
    }

    /// What a type is called that no value can be read from.
    fn unreadable(&self, time: bool) -> Option<String> {
        match &self.values {
            Values::Other { kind, .. } => Some(kind.clone()),
            Values::Time { .. } | Values::Date(_) if !time => Some("time".to_owned()),
            _ => None,
        }
    }

    fn cell(&self, at: usize, null: &'static [u8]) -> Result<RawValue<'_>, String> {
        if self.is_null(at) {
            return Ok(RawValue::Text(null));
        }
        let exact = |mantissa| Ok(RawValue::Exact(Num { mantissa, scale: 0 }));
        match &self.values {
            Values::Float(values) => Ok(RawValue::Float(values[at])),
            // The nearest float of 4.255 in 32 bits is 4.2550001 in 64: its own text counts.
            Values::Float32(values) => {
                let value = values[at];
                Ok(Num::parse(format!("{value:e}").as_bytes())
                    .map_or(RawValue::Float(f64::from(value)), RawValue::Exact))
            }
            Values::Integer(values) => exact(i128::from(values[at])),
            Values::Unsigned(values) => exact(i128::from(values[at])),
            Values::Decimal { mantissas, scale } => Num::new(mantissas[at], *scale)
                .map(RawValue::Exact)
                .ok_or_else(|| format!("{}e-{scale}", mantissas[at])),
            Values::Text(values) => Ok(RawValue::Text(values[at].as_bytes())),
            Values::Time { .. } | Values::Date(_) | Values::Other { .. } => {
                Err("no number".to_owned())
            }
        }
    }

    /// A time, and why it cannot be one.
    fn stamp(&self, at: usize, clock: Option<&Clock>) -> Result<RawTime<'_>, (TimeError, String)> {
        if self.is_null(at) {
            return Ok(RawTime::Text(b"null"));
        }
        let whole = |n: i128| Num { mantissa: n, scale: 0 };
        let num = match &self.values {
            Values::Time { counts, ns_each, zoned } => {
                let ns = i128::from(counts[at]) * i128::from(*ns_each);
                return match clock.filter(|_| !zoned) {
                    None => Ok(RawTime::Nanos(ns)),
                    Some(clock) => by_clock(clock, ns),
                };
            }
            Values::Date(days) => {
                let ns = i128::from(days[at]) * i128::from(Nanos::DAY.0);
                return match (clock, from_nanos(ns)) {
                    (Some(clock), _) => by_clock(clock, ns),
                    (None, Ok((ts, _))) => Ok(RawTime::Read(b"", ts, Unit::Date)),
                    (None, Err(_)) => Ok(RawTime::Nanos(ns)),
                };
            }
            Values::Text(values) => {
                let text = values[at].as_bytes();
                let Some(clock) = clock else { return Ok(RawTime::Text(text)) };
                return Ok(match clock.read(None, text) {
                    Ok((ts, unit)) => RawTime::Read(text, ts, unit),
                    Err(why) => RawTime::Fault(text, why),
                });
            }
            Values::Float(values) => shortest(values[at]),
            Values::Float32(values) => shortest(f64::from(values[at])),
            Values::Integer(values) => Some(whole(i128::from(values[at]))),
            Values::Unsigned(values) => Some(whole(i128::from(values[at]))),
            Values::Decimal { mantissas, scale } => Num::new(mantissas[at], *scale),
            Values::Other { .. } => None,
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

/// Checks the rows of a table. `names` says which columns are meant where they are not
/// called as usual; `opts` mean what they mean for files.
///
/// ```
/// use tickstep_backtest::load::{ColumnNames, LoadOptions, Table, TableColumn, Values, from_table};
///
/// let column = |name: &str, values| TableColumn { name: name.to_owned(), values, valid: None };
/// let px = |px: &'static [f64]| Values::Float(px.into());
/// let table = Table {
///     columns: vec![
///         column("when", Values::Integer(vec![1_690_848_000_000, 1_690_848_060_000].into())),
///         column("open", px(&[4.255, 4.251])),
///         column("high", px(&[4.256, 4.253])),
///         column("low", px(&[4.252, 4.251])),
///         column("close", px(&[4.252, 4.253])),
///         column("volume", px(&[25259.1, 2476.0])),
///     ],
/// };
/// let names = ColumnNames { time: Some("when".to_owned()), ..ColumnNames::default() };
/// let series = from_table("FILUSDT", &table, &names, &LoadOptions::default())?;
/// assert_eq!(series.bars()[1].close.0, 4253); // 4.253 in ticks of 0.001
/// # Ok::<(), tickstep_backtest::load::LoadError>(())
/// ```
pub fn from_table(
    symbol: &str,
    table: &Table<'_>,
    names: &ColumnNames,
    opts: &LoadOptions,
) -> Result<Series, LoadError> {
    let found = table.columns.iter().map(|column| column.name.clone()).collect();
    let columns = Columns::named(symbol, found, names)?;
    let reader = TableReader { symbol, table, names, opts };
    reader.look(&columns)?;
    let origin = Origin { path: None, ..Origin::new(symbol, false, columns) };
    let instrument = opts.instrument.clone().or_else(|| Some(symbol.to_owned()));
    let opts = &LoadOptions { instrument, ..opts.clone() };
    let reader = TableReader { opts, ..reader };
    if let Some(rows) = table_fast::rows(table, &origin, names, opts)? {
        return opts.series(symbol.to_owned(), rows);
    }
    let rows = if opts.repairs.is_empty() {
        let mut rows = opts.rows(origin, symbol)?;
        reader.feed(&mut rows)?;
        rows
    } else {
        let mut raw = opts.raw_rows(origin)?;
        reader.feed(&mut raw)?;
        opts.repair(raw, symbol, None, None)?
    };
    let mut rows = rows;
    rows.origin.symbols.end(symbol)?;
    rows.repaired.other_symbols += rows.origin.symbols.others;
    if rows.unit == Some(Unit::Clock) && opts.zone.is_none() {
        return Err(reader.naive(&rows.origin.columns));
    }
    opts.series(symbol.to_owned(), rows)
}

impl Table<'_> {
    /// The open time of a row, counted from 1, where it can be read.
    #[must_use]
    pub fn time_of(&self, row: u64, names: &ColumnNames, opts: &LoadOptions) -> Option<Nanos> {
        let found = self.columns.iter().map(|column| column.name.clone()).collect();
        let columns = Columns::named("", found, names).ok()?;
        let at = usize::try_from(row.checked_sub(1)?).ok()?;
        let time = self.columns.get(columns.needed[0]).filter(|time| at < time.values.len())?;
        let origin = Origin::in_memory(false);
        let mut rows = LoadOptions::default().rows(origin, "").ok()?;
        rows.time(row, time.stamp(at, clock(opts).as_ref()).ok()?).ok()
    }
}

/// The clock that times without a zone are by, where one is stated.
fn clock(opts: &LoadOptions) -> Option<Clock> {
    opts.zone.clone().map(Clock::of_zone)
}

struct TableReader<'a> {
    symbol: &'a str,
    table: &'a Table<'a>,
    names: &'a ColumnNames,
    opts: &'a LoadOptions,
}

impl TableReader<'_> {
    /// Refuses columns that nothing can be read from, and such as are of different lengths.
    fn look(&self, columns: &Columns) -> Result<(), LoadError> {
        let all = &self.table.columns;
        let time = &all[columns.needed[0]];
        let volume = (!self.names.no_volume).then_some(columns.needed[5]);
        let read = columns.needed[1..5].iter().chain(&volume).chain(&columns.taker);
        for (at, is_time) in read.map(|at| (*at, false)).chain([(columns.needed[0], true)]) {
            let column = &all[at];
            if let Some(kind) = column.unreadable(is_time) {
                let column = column.name.clone();
                return Err(FileFault::ColumnType { column, kind }.of(self.symbol));
            }
            let (expected, found) = (time.values.len(), column.values.len());
            if expected != found {
                let (column, first) = (column.name.clone(), time.name.clone());
                return Err(FileFault::Lengths { column, found, first, expected }.of(self.symbol));
            }
        }
        if matches!(time.values, Values::Time { zoned: false, .. }) && self.opts.zone.is_none() {
            return Err(self.naive(columns));
        }
        if time.values.is_empty() {
            return Err(FileFault::NoRows.of(self.symbol));
        }
        Ok(())
    }

    fn naive(&self, columns: &Columns) -> LoadError {
        FileFault::NaiveTimes { column: columns.name(BarField::Time) }.of(self.symbol)
    }

    fn feed<S: RowSink>(&self, sink: &mut S) -> Result<(), LoadError> {
        const FIELDS: [BarField; 5] =
            [BarField::Open, BarField::High, BarField::Low, BarField::Close, BarField::Volume];
        let columns = sink.origin().columns.clone();
        let clock = clock(self.opts);
        let [time, px @ .., volume] = columns.needed.map(|at| &self.table.columns[at]);
        let values = [px[0], px[1], px[2], px[3], volume];
        let used = if self.names.no_volume { 4 } else { 5 };
        let taker = columns.taker.map(|at| &self.table.columns[at]);
        let symbols = sink.origin().symbols.at.map(|at| &self.table.columns[at]);
        sink.expect(time.values.len());
        'rows: for at in 0..time.values.len() {
            let number = at as u64 + 1;
            if let Some(symbols) = symbols
                && let Ok(cell) = symbols.cell(at, b"")
            {
                match sink.origin().symbols.row(cell.shown().trim().as_bytes()) {
                    SymbolRow::Take => {}
                    SymbolRow::Skip => continue,
                    SymbolRow::TakeFirst => sink.restart(),
                }
            }
            let stamp = match time.stamp(at, clock.as_ref()) {
                Ok(stamp) => stamp,
                Err((why, value)) => {
                    let column = columns.name(BarField::Time);
                    let fault = match why {
                        TimeError::ClockChange => RowFault::ClockChange { column, value },
                        TimeError::Absurd | TimeError::OtherUnit { .. } => {
                            RowFault::AbsurdTime { column, value }
                        }
                        TimeError::NotATime => RowFault::BadTime { column, value },
                    };
                    let place = sink.origin().place(number);
                    sink.torn(number, fault.at(place))?;
                    continue;
                }
            };
            let mut cells = [RawValue::Exact(Num { mantissa: 0, scale: 0 }); 5];
            for k in 0..used {
                match values[k].cell(at, b"null") {
                    Ok(cell) => cells[k] = cell,
                    Err(value) => {
                        let column = columns.name(FIELDS[k]);
                        let place = sink.origin().place(number);
                        sink.torn(number, RowFault::TooLong { column, value }.at(place))?;
                        continue 'rows;
                    }
                }
            }
            let taker = match taker.map(|taker| taker.cell(at, b"")) {
                None => None,
                Some(Ok(cell)) => Some(cell),
                Some(Err(value)) => {
                    let column = columns.name(BarField::Taker);
                    let place = sink.origin().place(number);
                    sink.torn(number, RowFault::TooLong { column, value }.at(place))?;
                    continue;
                }
            };
            sink.row(number, stamp, cells, taker)?;
        }
        Ok(())
    }
}
