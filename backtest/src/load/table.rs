//! Tables in memory into series: columns as a program holds them, found by their names.
//!
//! Rows go through the checks of [`CheckedRows`](super::rows::CheckedRows), as those of a
//! file do. Columns of floats on a stated grid are first tried as whole columns
//! ([`super::table_fast`]), with the same verdict.
//!
//! Unlike a file, a table that has times without a zone is refused until a zone is stated:
//! a program knows whose clock it read. Dates are days of the market.

use tickstep_core::units::Nanos;

use super::clock::Clock;
use super::columns::ColumnNames;
use super::columns::Columns;
use super::error::FileFault;
use super::error::LoadError;
use super::memory_table::{ColumnValues, MemoryTable};
use super::number::Num;
use super::one_symbol::SymbolRow;
use super::options::LoadOptions;
use super::origin::Origin;
use super::row_sink::RawValue;
use super::row_sink::RowSink;
use super::table_fast;
use super::time::TimeError;
use super::time::Unit;
use crate::series::Series;
use crate::series::candle::{BarField, RowOrigin};
use crate::series::fault::RowFault;

/// Checks the rows of a table. `names` says which columns are meant where they are not
/// called as usual; `opts` mean what they mean for files.
///
/// ```
/// use tickstep_backtest::load::{ColumnNames, LoadOptions, MemoryTable, MemoryColumn, ColumnValues, from_table};
///
/// let column = |name: &str, values| MemoryColumn { name: name.to_owned(), values, valid: None };
/// let px = |px: &'static [f64]| ColumnValues::Float(px.into());
/// let table = MemoryTable {
///     columns: vec![
///         column("when", ColumnValues::Integer(vec![1_690_848_000_000, 1_690_848_060_000].into())),
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
    table: &MemoryTable<'_>,
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

impl MemoryTable<'_> {
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
    table: &'a MemoryTable<'a>,
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
        if matches!(time.values, ColumnValues::Time { zoned: false, .. })
            && self.opts.zone.is_none()
        {
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
