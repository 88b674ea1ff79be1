//! CSV text into rows.
//!
//! The record is reused and fields are read where they lie, so a row costs no
//! allocation. Blank lines are skipped; anything else that is not a row is an error.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::columns::{Columns, is_header};
use super::error::{FileFault, LoadError, TextFault};
use super::format::Format;
use super::origin::Origin;
use super::row_sink::{RowSink, feed};
use crate::series::candle::RowOrigin;
use crate::series::fault::{RowError, RowFault};
use crate::series::place::RowPlace;

/// How many rows are read between two calls of the progress callback.
const ROWS_PER_CALL: usize = 1 << 15;

/// Reads `text` into the rows that `start` makes of its columns. `entry` is the
/// name that may tell a day; `at` is told how far into the text the reader is.
pub(crate) fn read<S: RowSink>(
    path: &str,
    entry: &str,
    text: &[u8],
    format: Option<&Format>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut dyn FnMut(usize) -> Result<(), LoadError>,
) -> Result<S, LoadError> {
    let text = without_mark(path, text)?;
    let mut lines = Lines::open(path, entry, text, format)?;
    let mut sink = start(Origin::new(path, true, lines.columns.clone()))?;
    // Who takes the rows may not want every column.
    let columns = sink.origin().columns.clone();
    if lines.header && !lines.next()? {
        return Err(FileFault::Empty.of(path));
    }
    // A row is its fields and as many separators; later ones are about as long.
    let length = (lines.record.as_slice().len() + lines.record.len()).max(1);
    sink.expect(text.len() / length + 1);
    let mut count = 0;
    loop {
        row(&mut sink, &columns, text, &lines.record)?;
        count += 1;
        if count % ROWS_PER_CALL == 0 {
            at(offset(&lines.record))?;
        }
        if !lines.next()? {
            return Ok(sink);
        }
    }
}

/// A file that reads as CSV, at its first record.
pub(super) struct Lines<'a> {
    path: &'a str,
    reader: Reader<&'a [u8]>,
    pub record: ByteRecord,
    pub columns: Columns,
    /// The first record names the columns.
    pub header: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn open(
        path: &'a str,
        entry: &str,
        text: &'a [u8],
        format: Option<&Format>,
    ) -> Result<Self, LoadError> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(format.map_or(b',', Format::delimiter))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let mut record = ByteRecord::new();
        if !next(path, &mut reader, &mut record)? {
            return Err(FileFault::Empty.of(path));
        }
        let header = format.map_or_else(|| is_header(record.iter()), Format::has_header);
        let names =
            || record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
        let columns = match format {
            Some(format) => {
                let found = if header { names() } else { Vec::new() };
                format.columns(path, entry, record.len(), found)?
            }
            None if header => Columns::by_name(path, names())?,
            None => Columns::by_position(path, record.len())?,
        };
        Ok(Self { path, reader, record, columns, header })
    }

    pub(super) fn next(&mut self) -> Result<bool, LoadError> {
        next(self.path, &mut self.reader, &mut self.record)
    }
}

fn next(
    path: &str,
    reader: &mut Reader<&[u8]>,
    record: &mut ByteRecord,
) -> Result<bool, LoadError> {
    let corrupt =
        |e: csv::Error| FileFault::Corrupt { kind: "CSV", reason: e.to_string() }.of(path);
    reader.read_byte_record(record).map_err(corrupt)
}

/// The text without a byte order mark, once it is known to be text.
pub(super) fn without_mark<'a>(path: &str, text: &'a [u8]) -> Result<&'a [u8], LoadError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    check_utf8(path, text)?;
    Ok(text)
}

#[inline]
fn row<S: RowSink>(
    sink: &mut S,
    columns: &Columns,
    text: &[u8],
    record: &ByteRecord,
) -> Result<(), RowError> {
    let number = line(text, record);
    if record.len() != columns.fields {
        let (expected, found) = (columns.fields, record.len());
        let place = sink.origin().place(number);
        return sink.torn(number, RowFault::FieldCount { expected, found }.at(place));
    }
    // The length was just checked, so a field that is missing cannot be.
    feed(sink, columns, number, |i| record.get(i).unwrap_or_default())
}

/// Line of a record, counted from 1. The reader's position is that before the
/// line breaks it is about to skip: blank lines, and the `\n` of a `\r\n`.
pub(super) fn line(text: &[u8], record: &ByteRecord) -> u64 {
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
    let place = RowPlace::Line { path: path.into(), line };
    Err(LoadError::Text { place, fault: TextFault::NotUtf8 { byte } })
}
