//! Rows on their way from a file: values as stored, who takes them, and how the values
//! of one row are handed over, wherever they were stored.

use tickstep_core::units::Nanos;

use super::columns::{Columns, RowShape};
use super::marks::Marks;
use super::number::{Num, NumError};
use super::one_symbol::SymbolRow;
use super::origin::Origin;
use super::time::{TimeError, Unit};
use super::value_grid::shortest;
use crate::series::candle::{BarField, RowOrigin};
use crate::series::fault::{RowError, RowFault};

/// One value as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawValue<'a> {
    Text(&'a [u8]),
    Float(f64),
    Exact(Num),
}

/// An open time as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawTime<'a> {
    Text(&'a [u8]),
    Num(Num),
    Nanos(i128),
    /// A text as a description's clock reads it.
    Read(&'a [u8], Nanos, Unit),
    /// A text that a description's clock cannot read, and why.
    Fault(&'a [u8], TimeError),
}

/// What rows of a file are read into: [`super::rows::CheckedRows`] stop at the
/// first fault, [`super::raw_rows::RawRows`] go on.
pub(crate) trait RowSink {
    /// Open time; open, high, low, close, volume; taker-buy volume, where there is one.
    fn row(
        &mut self,
        number: u64,
        stamp: RawTime<'_>,
        cells: [RawValue<'_>; 5],
        taker: Option<RawValue<'_>>,
    ) -> Result<(), RowError>;

    /// A row that does not come apart into its values.
    fn torn(&mut self, number: u64, error: RowError) -> Result<(), RowError>;

    fn origin(&mut self) -> &mut Origin;

    /// Forgets the rows so far: they were of another symbol.
    fn restart(&mut self);

    /// About so many rows will come.
    fn expect(&mut self, rows: usize);
}

impl NumError {
    /// The fault of a value that is no number.
    pub(super) fn fault(self, column: String, value: String) -> RowFault {
        match self {
            Self::NotANumber => RowFault::BadNumber { column, value },
            Self::TooLong => RowFault::TooLong { column, value },
        }
    }
}

impl RawValue<'_> {
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Text(text) => shown(text),
            Self::Float(value) => value.to_string(),
            Self::Exact(num) => num.shown(),
        }
    }
}

/// A cell for a message: short, and always text.
pub(super) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let text = String::from_utf8_lossy(text);
    if text.chars().count() <= LONGEST {
        return text.into_owned();
    }
    text.chars().take(LONGEST).chain("...".chars()).collect()
}

/// Hands on the row whose values `field` tells by position.
#[inline]
pub(crate) fn feed<'a, S: RowSink>(
    sink: &mut S,
    columns: &Columns,
    number: u64,
    field: impl Fn(usize) -> &'a [u8],
) -> Result<(), RowError> {
    let symbols = &mut sink.origin().symbols;
    if let Some(at) = symbols.at {
        match symbols.row(field(at).trim_ascii()) {
            SymbolRow::Take => {}
            SymbolRow::Skip => return Ok(()),
            SymbolRow::TakeFirst => sink.restart(),
        }
    }
    let [time, open, high, low, close, volume] = columns.needed.map(&field);
    let taker = columns.taker.map(|i| RawValue::Text(field(i)));
    let cells = [open, high, low, close, volume].map(RawValue::Text);
    match &columns.shape {
        None => sink.row(number, RawTime::Text(time), cells, taker),
        Some(shape) => shaped(sink, (columns, shape), number, (time, cells, taker), field),
    }
}

fn shaped<'a, S: RowSink>(
    sink: &mut S,
    (columns, shape): (&Columns, &RowShape),
    number: u64,
    (time, mut cells, mut taker): (&'a [u8], [RawValue<'a>; 5], Option<RawValue<'a>>),
    field: impl Fn(usize) -> &'a [u8],
) -> Result<(), RowError> {
    const FIELDS: [BarField; 5] =
        [BarField::Open, BarField::High, BarField::Low, BarField::Close, BarField::Volume];
    let stamp = match shape.clock.read(shape.date.map(&field), time) {
        Ok((ts, unit)) => RawTime::Read(time, ts, unit),
        Err(why) => RawTime::Fault(time, why),
    };
    let mut ask = shape.ask.map(|ask| ask.map(|i| RawValue::Text(field(i))));
    if let Some(marks) = shape.marks {
        let own = cells.iter_mut().zip(FIELDS).take(if shape.no_volume { 4 } else { 5 });
        let asked = ask.iter_mut().flatten().zip(FIELDS);
        let bought = taker.iter_mut().map(|cell| (cell, BarField::Taker));
        for (cell, of) in own.chain(asked).chain(bought) {
            if let Err((value, why)) = unmark(marks, cell) {
                let place = sink.origin().place(number);
                return sink.torn(number, why.fault(columns.name(of), value).at(place));
            }
        }
    }
    dressed(sink, columns, number, (stamp, cells, ask, taker))
}

/// Reads a cell by the marks of its file; one without anything in it is left.
fn unmark(marks: Marks, cell: &mut RawValue<'_>) -> Result<(), (String, NumError)> {
    if let RawValue::Text(text) = *cell
        && !text.trim_ascii().is_empty()
    {
        *cell = RawValue::Exact(marks.num(text).map_err(|why| (shown(text), why))?);
    }
    Ok(())
}

/// Hands on a row of which a description says more than where its values are:
/// without a volume it is 0, with an ask the prices are mids.
pub(crate) fn dressed<S: RowSink>(
    sink: &mut S,
    columns: &Columns,
    number: u64,
    (stamp, mut cells, ask, taker): (
        RawTime<'_>,
        [RawValue<'_>; 5],
        Option<[RawValue<'_>; 4]>,
        Option<RawValue<'_>>,
    ),
) -> Result<(), RowError> {
    const PRICES: [BarField; 4] = [BarField::Open, BarField::High, BarField::Low, BarField::Close];
    if columns.shape.as_ref().is_some_and(|shape| shape.no_volume) {
        cells[4] = RawValue::Exact(Num { mantissa: 0, scale: 0 });
    }
    for (i, ask) in ask.into_iter().flatten().enumerate() {
        match mid(cells[i], ask) {
            Ok(num) => cells[i] = RawValue::Exact(num),
            Err((value, why)) => {
                let place = sink.origin().place(number);
                let error = why.fault(columns.name(PRICES[i]), value).at(place);
                return sink.torn(number, error);
            }
        }
    }
    sink.row(number, stamp, cells, taker)
}

/// (bid + ask) / 2, or the one that cannot be read.
fn mid(bid: RawValue<'_>, ask: RawValue<'_>) -> Result<Num, (String, NumError)> {
    let read = |cell: RawValue<'_>| {
        let num = match cell {
            RawValue::Text(text) => Num::parse(text),
            RawValue::Exact(num) => Ok(num),
            RawValue::Float(value) => shortest(value).ok_or(NumError::NotANumber),
        };
        num.map_err(|why| (cell.shown(), why))
    };
    let (bid, ask) = (read(bid)?, read(ask)?);
    Num::mean(bid, ask).ok_or_else(|| ("bid and ask".to_owned(), NumError::TooLong))
}
