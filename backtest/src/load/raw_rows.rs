//! Rows of one file as they stand, faults and all: what the check looks at and
//! what a repair mends.
//!
//! A value that cannot be read is kept as the error that the loader would have
//! stopped with. Nothing here judges a row that can be read.

use tickstep_core::units::Nanos;

use super::number::{Num, NumError};
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink};
use super::rows::{CheckedRows, ReadValue};
use super::time;
use super::value_grid::shortest;
use crate::series::candle::{self, BarField, RowOrigin};
use crate::series::fault::{RowError, RowFault};

/// A row whose values are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawRow {
    /// Line or row in the file.
    pub number: u64,
    pub ts: Nanos,
    /// Open, high, low, close.
    pub px: [Num; 4],
    pub volume: Num,
    /// `None` where the cell is empty, or there is no such column.
    pub taker: Option<Num>,
}

impl RawRow {
    /// Whether both rows say the same of their bars.
    pub(crate) fn same_values(&self, other: &Self) -> bool {
        (self.px, self.volume, self.taker) == (other.px, other.volume, other.taker)
    }

    /// Whether prices and volumes are those of a candle, on whatever grid.
    pub(crate) fn is_candle(&self) -> bool {
        candle::is_candle(self.px, |px: Num| px.mantissa > 0, Num::above)
            && self.volume.mantissa >= 0
            && self.taker.is_none_or(|taker| taker.mantissa >= 0)
    }
}

/// Rows that are not in the order of time, each with the row that it is out of order with: one
/// ahead of it that opens later, or where a row alone stands too early, the row behind it.
pub(crate) fn misplaced(rows: &[RawRow]) -> impl Iterator<Item = (&RawRow, &RawRow)> {
    let mut latest: Option<&RawRow> = None;
    rows.iter().enumerate().filter_map(move |(at, row)| {
        let before = latest;
        match before {
            Some(before) if row.ts < before.ts => return Some((row, before)),
            _ => {}
        }
        if let [next, after, ..] = rows.get(at + 1..).unwrap_or_default()
            && before.is_none_or(|before| before.ts < next.ts)
            && (next.ts < after.ts && after.ts < row.ts)
        {
            return Some((row, next));
        }
        latest = Some(row);
        None
    })
}

/// How many rows are not in the order of time.
pub(crate) fn out_of_order(rows: &[RawRow]) -> u64 {
    misplaced(rows).count() as u64
}

/// The first row that is not in the order of time.
pub(crate) fn disorder(rows: &[RawRow], origin: &Origin) -> Option<RowError> {
    let (row, other) = misplaced(rows).next()?;
    let (earlier, before) = (origin.place(other.number), other.ts);
    Some(RowFault::Disorder { ts: row.ts, earlier, before }.at(origin.place(row.number)))
}

/// All rows of a file, in the file's order.
#[derive(Debug)]
pub(crate) struct RawRows {
    pub rows: Vec<RawRow>,
    /// Rows that cannot be read, in the file's order.
    pub faults: Vec<(u64, RowError)>,
    /// Rows whose time is in another unit than that of the first.
    pub units: Vec<RowError>,
    /// Names places, and turns values into the loader's errors.
    pub reader: CheckedRows,
}

impl RawRows {
    pub(crate) fn new(reader: CheckedRows) -> Self {
        Self { rows: Vec::new(), faults: Vec::new(), units: Vec::new(), reader }
    }

    pub(crate) fn has_taker(&self) -> bool {
        self.reader.origin.columns.taker.is_some()
    }

    fn time(&mut self, number: u64, stamp: RawTime<'_>) -> Result<Nanos, RowError> {
        match (self.reader.time(number, stamp), stamp) {
            (Err(error), RawTime::Text(text))
                if matches!(error.fault, RowFault::UnitChange { .. }) =>
            {
                let Ok((ts, _)) = time::parse(text) else { return Err(error) };
                self.units.push(error);
                Ok(ts)
            }
            (Err(error), RawTime::Read(_, ts, _)) => {
                self.units.push(error);
                Ok(ts)
            }
            (other, _) => other,
        }
    }

    fn number(&self, number: u64, column: BarField, cell: RawValue<'_>) -> Result<Num, RowError> {
        match self.reader.read(number, column, cell)? {
            ReadValue::Num(num) => Ok(num),
            ReadValue::Float(value) => shortest(value).ok_or_else(|| {
                let origin = &self.reader.origin;
                let fault = NumError::NotANumber.fault(origin.name(column), value.to_string());
                fault.at(origin.place(number))
            }),
        }
    }

    fn read(
        &mut self,
        number: u64,
        stamp: RawTime<'_>,
        cells: [RawValue<'_>; 5],
        taker: Option<RawValue<'_>>,
    ) -> Result<RawRow, RowError> {
        let ts = self.time(number, stamp)?;
        let [open, high, low, close, volume] = cells;
        let px = [
            self.number(number, BarField::Open, open)?,
            self.number(number, BarField::High, high)?,
            self.number(number, BarField::Low, low)?,
            self.number(number, BarField::Close, close)?,
        ];
        let volume = self.number(number, BarField::Volume, volume)?;
        let taker = match taker {
            None => None,
            Some(RawValue::Text(text)) if text.trim_ascii().is_empty() => None,
            Some(cell) => Some(self.number(number, BarField::Taker, cell)?),
        };
        Ok(RawRow { number, ts, px, volume, taker })
    }
}

impl RowSink for RawRows {
    fn row(
        &mut self,
        number: u64,
        stamp: RawTime<'_>,
        cells: [RawValue<'_>; 5],
        taker: Option<RawValue<'_>>,
    ) -> Result<(), RowError> {
        match self.read(number, stamp, cells, taker) {
            Ok(row) => self.rows.push(row),
            Err(error) => self.faults.push((number, error)),
        }
        Ok(())
    }

    fn torn(&mut self, number: u64, error: RowError) -> Result<(), RowError> {
        self.faults.push((number, error));
        Ok(())
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.reader.origin
    }

    fn restart(&mut self) {
        self.rows.clear();
        self.faults.clear();
        self.units.clear();
        self.reader.restart();
    }

    fn expect(&mut self, rows: usize) {
        self.rows.reserve(rows);
    }
}
