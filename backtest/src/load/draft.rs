//! Rows of one file as they stand, faults and all: what the check looks at and
//! what a repair mends.
//!
//! A value that cannot be read is kept as the error that the loader would have
//! stopped with. Nothing here judges a row that can be read.

use tickstep_core::units::Nanos;

use super::axis::shortest;
use super::check::Origin;
use super::columns::Column;
use super::error::LoadError;
use super::number::Num;
use super::rows::{Rows, Value};
use super::sink::{Cell, Sink, Stamp};
use super::time;

/// A row whose values are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DraftRow {
    /// Line or row in the file.
    pub number: u64,
    pub ts: Nanos,
    /// Open, high, low, close.
    pub px: [Num; 4],
    pub volume: Num,
    /// `None` where the cell is empty, or there is no such column.
    pub taker: Option<Num>,
}

/// All rows of a file, in the file's order.
#[derive(Debug)]
pub(crate) struct Draft {
    pub rows: Vec<DraftRow>,
    /// Rows that cannot be read, in the file's order.
    pub faults: Vec<(u64, LoadError)>,
    /// Rows whose time is in another unit than that of the first.
    pub units: Vec<LoadError>,
    /// Names places, and turns values into the loader's errors.
    pub reader: Rows,
}

impl Draft {
    pub(crate) fn new(reader: Rows) -> Self {
        Self { rows: Vec::new(), faults: Vec::new(), units: Vec::new(), reader }
    }

    pub(crate) fn has_taker(&self) -> bool {
        self.reader.origin.columns.taker.is_some()
    }

    fn time(&mut self, number: u64, stamp: Stamp<'_>) -> Result<Nanos, LoadError> {
        match (self.reader.time(number, stamp), stamp) {
            (Err(error @ LoadError::UnitChange { .. }), Stamp::Text(text)) => {
                let Ok((ts, _)) = time::parse(text) else { return Err(error) };
                self.units.push(error);
                Ok(ts)
            }
            (other, _) => other,
        }
    }

    fn number(&self, number: u64, column: Column, cell: Cell<'_>) -> Result<Num, LoadError> {
        match self.reader.read(number, column, cell)? {
            Value::Num(num) => Ok(num),
            Value::Float(value) => shortest(value).ok_or_else(|| LoadError::BadNumber {
                place: self.reader.origin.place(number),
                column: self.reader.origin.columns.name(column),
                value: value.to_string(),
            }),
        }
    }

    fn read(
        &mut self,
        number: u64,
        stamp: Stamp<'_>,
        cells: [Cell<'_>; 5],
        taker: Option<Cell<'_>>,
    ) -> Result<DraftRow, LoadError> {
        let ts = self.time(number, stamp)?;
        let [open, high, low, close, volume] = cells;
        let px = [
            self.number(number, Column::Open, open)?,
            self.number(number, Column::High, high)?,
            self.number(number, Column::Low, low)?,
            self.number(number, Column::Close, close)?,
        ];
        let volume = self.number(number, Column::Volume, volume)?;
        let taker = match taker {
            None => None,
            Some(Cell::Text(text)) if text.trim_ascii().is_empty() => None,
            Some(cell) => Some(self.number(number, Column::Taker, cell)?),
        };
        Ok(DraftRow { number, ts, px, volume, taker })
    }
}

impl Sink for Draft {
    fn row(
        &mut self,
        number: u64,
        stamp: Stamp<'_>,
        cells: [Cell<'_>; 5],
        taker: Option<Cell<'_>>,
    ) -> Result<(), LoadError> {
        match self.read(number, stamp, cells, taker) {
            Ok(row) => self.rows.push(row),
            Err(error) => self.faults.push((number, error)),
        }
        Ok(())
    }

    fn torn(&mut self, number: u64, error: LoadError) -> Result<(), LoadError> {
        self.faults.push((number, error));
        Ok(())
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.reader.origin
    }

    fn expect(&mut self, rows: usize) {
        self.rows.reserve(rows);
    }
}
