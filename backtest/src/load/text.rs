//! CSV text into rows.
//!
//! The record is reused and fields are read where they lie, so a row costs no
//! allocation. Blank lines are skipped; anything else that is not a row is an error.

use std::borrow::Cow;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::clock::Zone;
use super::columns::Columns;
use super::dialect::Dialect;
use super::encoding::decode;
use super::error::{FileFault, LoadError};
use super::format::Format;
use super::origin::Origin;
use super::row_sink::{RowSink, feed};
use crate::series::candle::RowOrigin;
use crate::series::fault::{RowError, RowFault};

/// How many rows are read between two calls of the progress callback.
const ROWS_PER_CALL: usize = 1 << 15;

/// What is known of files before they are read.
#[derive(Clone, Copy, Default)]
pub(super) struct Stated<'a> {
    pub format: Option<&'a Format>,
    /// Clock of times that say no zone.
    pub zone: Option<&'a Zone>,
}

/// Reads `text` into the rows that `start` makes of its columns. `entry` is the
/// name that may tell a day; `at` is told how far into the text the reader is.
pub(crate) fn read<S: RowSink>(
    (path, entry): (&str, &str),
    bytes: &[u8],
    stated: Stated<'_>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut dyn FnMut(usize) -> Result<(), LoadError>,
) -> Result<S, LoadError> {
    let (text, mut taken) = prepare(path, bytes, stated.format)?;
    let text = text.as_ref();
    let mut lines = Lines::open(path, entry, text, stated)?;
    taken.append(&mut lines.taken);
    let mut origin = Origin::new(path, true, lines.columns.clone());
    origin.taken = taken;
    let mut sink = start(origin)?;
    // Who takes the rows may not want every column.
    let columns = sink.origin().columns.clone();
    if lines.header && !lines.next()? {
        return Err(FileFault::Empty.of(path));
    }
    // A row is its fields and as many separators; later ones are about as long.
    let length = (lines.record.as_slice().len() + lines.record.len()).max(1);
    sink.expect(text.len() / length + 1);
    if stated.format.is_some_and(Format::is_newest_first) {
        backwards(&mut sink, &columns, text, &mut lines)?;
        return Ok(sink);
    }
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

/// Rows of a layout that has the newest first, oldest first. A file that somebody has
/// turned round already is taken as it is.
fn backwards<S: RowSink>(
    sink: &mut S,
    columns: &Columns,
    text: &[u8],
    lines: &mut Lines<'_>,
) -> Result<(), LoadError> {
    let mut records = vec![lines.record.clone()];
    while lines.next()? {
        records.push(lines.record.clone());
    }
    let time = |record: Option<&ByteRecord>| {
        let field = |i: usize| record.and_then(|r| r.get(i)).unwrap_or_default();
        columns.time(&field)
    };
    if let (Some(first), Some(last)) = (time(records.first()), time(records.last()))
        && first > last
    {
        records.reverse();
        sink.origin().taken.push(NEWEST_FIRST.to_owned());
    }
    records.iter().try_for_each(|record| Ok(row(sink, columns, text, record)?))
}

/// What is said of rows that were put in order because their layout never is.
pub(super) const NEWEST_FIRST: &str =
    "the newest row stands first, as always in this format; put in order";

/// The text in UTF-8 without what is not to be read of it, and what was taken for that.
/// Lines that are left out are left empty, so that every other keeps its number.
pub(super) fn prepare<'a>(
    path: &str,
    bytes: &'a [u8],
    format: Option<&Format>,
) -> Result<(Cow<'a, [u8]>, Vec<String>), LoadError> {
    let decoded = decode(path, bytes, format.map_or(&[], Format::encodings))?;
    let taken = decoded.from.map(|from| format!("encoded in {from}")).into_iter().collect();
    let (skip, comments) = format.map_or((0, &[][..]), Format::unread);
    if skip == 0 && comments.is_empty() {
        return Ok((decoded.text, taken));
    }
    let mut text = Vec::with_capacity(decoded.text.len());
    for (i, line) in decoded.text.split_inclusive(|b| *b == b'\n').enumerate() {
        let comment = comments.iter().any(|c| !c.is_empty() && line.starts_with(c.as_bytes()));
        if i >= skip && !comment {
            text.extend_from_slice(line);
        } else if line.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
    Ok((Cow::Owned(text), taken))
}

/// A file that reads as CSV, at its first record.
pub(super) struct Lines<'a> {
    path: &'a str,
    reader: Reader<&'a [u8]>,
    pub record: ByteRecord,
    pub columns: Columns,
    /// The first record names the columns.
    pub header: bool,
    /// What was taken that is not the same in every file.
    pub taken: Vec<String>,
}

impl<'a> Lines<'a> {
    pub(super) fn open(
        path: &'a str,
        entry: &str,
        text: &'a [u8],
        Stated { format, zone }: Stated<'_>,
    ) -> Result<Self, LoadError> {
        let Some(dialect) = Dialect::of((path, entry), text, format, zone)? else {
            return Err(FileFault::Empty.of(path));
        };
        let Dialect { delimiter, header, columns, taken } = dialect;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let mut record = ByteRecord::new();
        if !next(path, &mut reader, &mut record)? {
            return Err(FileFault::Empty.of(path));
        }
        Ok(Self { path, reader, record, columns, header, taken })
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
