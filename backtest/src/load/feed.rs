//! The values of one row, wherever they were stored, handed to a [`Sink`].

use super::axis::shortest;
use super::columns::{Column, Columns, Shape};
use super::error::LoadError;
use super::number::{Num, NumError};
use super::sink::{Cell, Sink, Stamp};

/// Hands on the row whose values `field` tells by position.
#[inline]
pub(super) fn feed<'a, S: Sink>(
    sink: &mut S,
    columns: &Columns,
    number: u64,
    field: impl Fn(usize) -> &'a [u8],
) -> Result<(), LoadError> {
    let [time, open, high, low, close, volume] = columns.needed.map(&field);
    let taker = columns.taker.map(|i| Cell::Text(field(i)));
    let cells = [open, high, low, close, volume].map(Cell::Text);
    match &columns.shape {
        None => sink.row(number, Stamp::Text(time), cells, taker),
        Some(shape) => shaped(sink, (columns, shape), number, (time, cells, taker), field),
    }
}

fn shaped<'a, S: Sink>(
    sink: &mut S,
    (columns, shape): (&Columns, &Shape),
    number: u64,
    (time, cells, taker): (&'a [u8], [Cell<'a>; 5], Option<Cell<'a>>),
    field: impl Fn(usize) -> &'a [u8],
) -> Result<(), LoadError> {
    let stamp = match shape.clock.read(shape.date.map(&field), time) {
        Ok(ts) => Stamp::Nanos(i128::from(ts.0)),
        Err(why) => Stamp::Fault(time, why),
    };
    let ask = shape.ask.map(|ask| ask.map(|i| Cell::Text(field(i))));
    dressed(sink, columns, number, (stamp, cells, ask, taker))
}

/// Hands on a row of which a description says more than where its values are:
/// without a volume it is 0, with an ask the prices are mids.
pub(crate) fn dressed<S: Sink>(
    sink: &mut S,
    columns: &Columns,
    number: u64,
    (stamp, mut cells, ask, taker): (
        Stamp<'_>,
        [Cell<'_>; 5],
        Option<[Cell<'_>; 4]>,
        Option<Cell<'_>>,
    ),
) -> Result<(), LoadError> {
    const PRICES: [Column; 4] = [Column::Open, Column::High, Column::Low, Column::Close];
    if columns.shape.as_ref().is_some_and(|shape| shape.no_volume) {
        cells[4] = Cell::Exact(Num { mantissa: 0, scale: 0 });
    }
    for (i, ask) in ask.into_iter().flatten().enumerate() {
        match mid(cells[i], ask) {
            Ok(num) => cells[i] = Cell::Exact(num),
            Err((value, why)) => {
                let place = sink.origin().place(number);
                let column = columns.name(PRICES[i]);
                let error = match why {
                    NumError::NotANumber => LoadError::BadNumber { place, column, value },
                    NumError::TooLong => LoadError::TooLong { place, column, value },
                };
                return sink.torn(number, error);
            }
        }
    }
    sink.row(number, stamp, cells, taker)
}

/// (bid + ask) / 2, or the one that cannot be read.
fn mid(bid: Cell<'_>, ask: Cell<'_>) -> Result<Num, (String, NumError)> {
    let read = |cell: Cell<'_>| {
        let num = match cell {
            Cell::Text(text) => Num::parse(text),
            Cell::Exact(num) => Ok(num),
            Cell::Float(value) => shortest(value).ok_or(NumError::NotANumber),
        };
        num.map_err(|why| (cell.shown(), why))
    };
    let (bid, ask) = (read(bid)?, read(ask)?);
    Num::mean(bid, ask).ok_or_else(|| ("bid and ask".to_owned(), NumError::TooLong))
}
