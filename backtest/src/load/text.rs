//! CSV text into rows.
//!
//! The record is reused and fields are read where they lie, so a row costs no
//! allocation. Blank lines are skipped; anything else that is not a row is an error.

use csv::{ByteRecord, ReaderBuilder};

use super::check::Origin;
use super::columns::{Columns, is_header};
use super::error::LoadError;
use super::place::Place;
use super::rows::{Cell, Rows, Stamp};

/// How many rows are read between two calls of the progress callback.
const ROWS_PER_CALL: usize = 1 << 15;

/// Reads `text` into the rows that `start` makes of its columns. `at` is told how
/// far into the text the reader is.
pub(crate) fn read(
    path: &str,
    text: &[u8],
    start: impl FnOnce(Origin) -> Result<Rows, LoadError>,
    at: &mut dyn FnMut(usize) -> Result<(), LoadError>,
) -> Result<Rows, LoadError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    check_utf8(path, text)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        reader.read_byte_record(record).map_err(|e| LoadError::Corrupt {
            path: path.to_owned(),
            kind: "CSV",
            reason: e.to_string(),
        })
    };
    let empty = || LoadError::Empty { path: path.to_owned() };
    if !next(&mut record)? {
        return Err(empty());
    }
    let header = is_header(record.iter());
    let columns = if header {
        let names = record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
        Columns::by_name(path, names)?
    } else {
        Columns::by_position(path, record.len())?
    };
    let mut rows = start(Origin { path: Some(path.into()), lines: true, columns })?;
    if header && !next(&mut record)? {
        return Err(empty());
    }
    // A row is its fields and as many separators; later ones are about as long.
    rows.reserve(text.len() / (record.as_slice().len() + record.len()).max(1) + 1);
    loop {
        row(&mut rows, text, &record)?;
        if rows.bars.len().is_multiple_of(ROWS_PER_CALL) {
            at(offset(&record))?;
        }
        if !next(&mut record)? {
            return Ok(rows);
        }
    }
}

#[inline]
fn row(rows: &mut Rows, text: &[u8], record: &ByteRecord) -> Result<(), LoadError> {
    let number = line(text, record);
    let columns = &rows.origin.columns;
    if record.len() != columns.fields {
        let (expected, found) = (columns.fields, record.len());
        return Err(LoadError::FieldCount { place: rows.origin.place(number), expected, found });
    }
    // The length was just checked, so a field that is missing cannot be.
    let field = |i: usize| record.get(i).unwrap_or_default();
    let [time, open, high, low, close, volume] = columns.needed.map(field);
    let taker = columns.taker.map(|i| Cell::Text(field(i)));
    let cells = [open, high, low, close, volume].map(Cell::Text);
    let ts = rows.time(number, Stamp::Text(time))?;
    rows.push(number, ts, cells, taker)
}

/// Line of a record, counted from 1. The reader's position is that before the
/// line breaks it is about to skip: blank lines, and the `\n` of a `\r\n`.
fn line(text: &[u8], record: &ByteRecord) -> u64 {
    let stated = record.position().map_or(1, csv::Position::line);
    let ahead = text.get(offset(record)..).unwrap_or_default();
    let breaks = ahead.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    stated + breaks.filter(|b| **b == b'\n').count() as u64
}

fn offset(record: &ByteRecord) -> usize {
    record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(0)
}

fn check_utf8(path: &str, text: &[u8]) -> Result<(), LoadError> {
    let Err(e) = std::str::from_utf8(text) else { return Ok(()) };
    let (before, rest) = text.split_at(e.valid_up_to());
    let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
    let byte = rest.first().copied().unwrap_or_default();
    Err(LoadError::NotUtf8 { place: Place::Line { path: path.into(), line }, byte })
}
