//! How the text of one file is written: its separator, its columns, its numbers, its times.
//!
//! What a description states holds. What nobody states is told by the values of the file
//! together, where there is one way to read them all; where there are two, the file is
//! refused with the key to write. A file as programs write it (commas, points, times since
//! 1970 or ISO 8601) costs a look at its first rows.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::clock::{Clock, Zone};
use super::columns::{Columns, RowShape, is_header};
use super::error::{FileFault, LoadError};
use super::format::Format;
use super::marks::{Marks, MarksTold, MarksVerdict};
use super::number::Num;
use super::pattern::{Pattern, PatternTold, PatternVerdict};
use super::time;
use crate::series::candle::BarField;
use tickstep_core::units::Nanos;

/// How many rows at the beginning are looked at in every file.
const HEAD: usize = 200;

/// How the text of one file is written.
pub(super) struct Dialect {
    pub delimiter: u8,
    /// The first record names the columns.
    pub header: bool,
    pub columns: Columns,
    /// What was taken that is not the same in every file, for people.
    pub taken: Vec<String>,
}

/// A text, and what is known of it.
struct Source<'a> {
    path: &'a str,
    entry: &'a str,
    text: &'a [u8],
    format: Option<&'a Format>,
    zone: Option<&'a Zone>,
}

impl Dialect {
    /// Settles how a text is written; `None` where there is nothing in it.
    pub fn of(
        (path, entry): (&str, &str),
        text: &[u8],
        format: Option<&Format>,
        zone: Option<&Zone>,
    ) -> Result<Option<Self>, LoadError> {
        let source = Source { path, entry, text, format, zone };
        let delimiter = format.and_then(Format::delimiter).unwrap_or_else(|| delimiter(text));
        let Some(first) = source.records(delimiter).next() else { return Ok(None) };
        let header = match format.and_then(|f| f.has_header()) {
            Some(stated) => stated,
            None => is_header(first.iter()),
        };
        let names: Vec<String> = if header { names(&first) } else { Vec::new() };
        let mut columns = source.columns(first.len(), names)?;
        let rows = || {
            let fields = columns.fields;
            let rows = source.records(delimiter).skip(usize::from(header));
            rows.filter(move |row| row.len() == fields)
        };
        let date = match &columns.shape {
            Some(shape) => shape.date,
            None => source.date_column(&columns, rows().next().as_ref()),
        };
        let times = TimeCells { at: columns.needed[0], date };
        let marks = source.marks(delimiter, &columns, &rows)?;
        let pattern = source.pattern(&columns, times, &rows)?;
        let mut taken = Vec::new();
        match delimiter {
            b',' => {}
            b'\t' => taken.push("separated by tabs".to_owned()),
            b' ' => taken.push("separated by spaces".to_owned()),
            other => taken.push(format!("separated by {}", other as char)),
        }
        taken.extend(marks.words());
        let stated = format.map_or(&[][..], Format::patterns);
        let patterns: Vec<&str> = stated.iter().chain(&pattern).map(Pattern::text).collect();
        if !patterns.is_empty() {
            taken.push(format!("times as {}", patterns.join(" or ")));
        }
        source.shape(&mut columns, date, marks, pattern)?;
        Ok(Some(Self { delimiter, header, columns, taken }))
    }
}

/// The columns of values that need no dialect: those of JSON lists, or of objects by their
/// keys. What a description states of numbers and times holds for them too.
pub(super) fn columns_of_json(
    path: &str,
    fields: usize,
    names: Vec<String>,
    format: Option<&Format>,
    zone: Option<&Zone>,
) -> Result<Columns, LoadError> {
    let source = Source { path, entry: path, text: b"", format, zone };
    if names.is_empty() && format.is_none() && fields != 12 {
        return Err(FileFault::JsonOrder { fields }.of(path));
    }
    let mut columns = source.columns(fields, names)?;
    let marks = format.and_then(Format::marks).unwrap_or_default();
    let date = columns.shape.as_ref().and_then(|shape| shape.date);
    source.shape(&mut columns, date, marks, None)?;
    Ok(columns)
}

/// Where the time of a row is.
#[derive(Clone, Copy)]
struct TimeCells {
    at: usize,
    date: Option<usize>,
}

impl TimeCells {
    fn of(self, row: &ByteRecord) -> Vec<u8> {
        let cell = |i: usize| row.get(i).unwrap_or_default().trim_ascii();
        match self.date {
            Some(date) => [cell(date), b" ", cell(self.at)].concat(),
            None => cell(self.at).to_vec(),
        }
    }
}

impl Source<'_> {
    /// The records of the text, up to one that does not come apart.
    fn records(&self, delimiter: u8) -> impl Iterator<Item = ByteRecord> + use<'_> {
        reader(self.text, delimiter).into_byte_records().map_while(Result::ok)
    }

    fn columns(&self, fields: usize, names: Vec<String>) -> Result<Columns, LoadError> {
        if let Some(format) = self.format
            && let Some(columns) =
                format.columns(self.path, self.entry, (fields, &names), self.zone)?
        {
            return Ok(columns);
        }
        match names.is_empty() {
            true => Columns::by_position(self.path, fields),
            false => Columns::by_name(self.path, names),
        }
    }

    /// The column of the date, where that of the time holds a time of day.
    fn date_column(&self, columns: &Columns, first: Option<&ByteRecord>) -> Option<usize> {
        let date = columns.date_beside()?;
        let time = first?.get(columns.needed[0])?.trim_ascii();
        let digits = matches!(time.len(), 4 | 6) && time.iter().all(u8::is_ascii_digit);
        let colon = matches!(time, [b'0'..=b'9', b':', ..] | [_, b'0'..=b'9', b':', ..]);
        let of_day = digits || colon && time.len() <= 15;
        of_day.then_some(date)
    }

    /// How the numbers are written: stated, or told by all of them.
    fn marks<R: Iterator<Item = ByteRecord>>(
        &self,
        delimiter: u8,
        columns: &Columns,
        rows: &dyn Fn() -> R,
    ) -> Result<Marks, LoadError> {
        if let Some(stated) = self.format.and_then(Format::marks) {
            return Ok(stated);
        }
        let no_volume = columns.shape.as_ref().is_some_and(|shape| shape.no_volume);
        let mut at: Vec<usize> = columns.needed[1..if no_volume { 5 } else { 6 }].to_vec();
        at.extend(columns.taker);
        let odd = |row: ByteRecord| {
            at.iter().any(|i| {
                let cell = row.get(*i).unwrap_or_default();
                Num::parse(cell).is_err() && cell.iter().any(u8::is_ascii_digit)
            })
        };
        // Only a quoted value can have the separator in it.
        let hidden = if delimiter == b',' { b'"' } else { b',' };
        let head = rows().take(HEAD).any(odd);
        if !(head || memchr::memchr(hidden, self.text).is_some() && rows().any(odd)) {
            return Ok(Marks::default());
        }
        let mut told = MarksTold::new();
        for row in rows() {
            at.iter().for_each(|i| told.see(row.get(*i).unwrap_or_default()));
        }
        match told.verdict() {
            MarksVerdict::Told(marks) => Ok(marks),
            MarksVerdict::Ambiguous(cell) => {
                let value = String::from_utf8_lossy(&cell).into_owned();
                Err(FileFault::AmbiguousNumber { value }.of(self.path))
            }
        }
    }

    /// The pattern of the times, where they are neither numbers nor ISO 8601.
    fn pattern<R: Iterator<Item = ByteRecord>>(
        &self,
        columns: &Columns,
        times: TimeCells,
        rows: &dyn Fn() -> R,
    ) -> Result<Option<Pattern>, LoadError> {
        if self.format.is_some_and(Format::times_told) {
            return Ok(None);
        }
        let column = || columns.name(BarField::Time);
        let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let texts = || rows().map(|row| times.of(&row));
        let Some(first) = texts().next() else { return Ok(None) };
        let cut = |remedy| {
            let fault = FileFault::CutTimes { column: column(), value: shown(&first), remedy };
            Err(fault.of(self.path))
        };
        if texts().take(HEAD).all(|text| lacks_digits(&text)) {
            return cut("a number without decimals");
        }
        if is_cut(&first) {
            return cut("yyyy-mm-dd hh:mm:ss");
        }
        // Who reads by a clock reads the points and slashes of MetaTrader too.
        let by_clock = columns.shape.is_some() && time::civil(&dashed(&first)).is_some();
        // 202308011700 could be milliseconds of 1976, if rows of a file could all be.
        let minutes = first.len() == 12 && texts().all(|text| is_minute(&text));
        if by_clock || time::parse(&first).is_ok() && !minutes {
            return Ok(None);
        }
        let mut told = PatternTold::new(&first);
        if told.is_unknown() {
            return Ok(None);
        }
        texts().for_each(|text| told.see(&text));
        match told.verdict() {
            PatternVerdict::Unknown => Ok(None),
            PatternVerdict::Told(pattern) => Ok(Some(pattern)),
            PatternVerdict::Ambiguous(text, first, second) => {
                let (first, second) = (first.text().to_owned(), second.text().to_owned());
                let (column, value) = (column(), shown(&text));
                Err(FileFault::AmbiguousDate { column, value, first, second }.of(self.path))
            }
        }
    }

    /// Writes into the columns what is not as in every file.
    fn shape(
        &self,
        columns: &mut Columns,
        date: Option<usize>,
        marks: Marks,
        pattern: Option<Pattern>,
    ) -> Result<(), LoadError> {
        let marks = (!marks.is_plain()).then_some(marks);
        if let Some(shape) = &mut columns.shape {
            shape.marks = marks;
            if let Some(pattern) = pattern {
                shape.clock.read_by(pattern);
            }
            return Ok(());
        }
        let plain = marks.is_none() && pattern.is_none() && date.is_none() && self.zone.is_none();
        if plain && self.format.is_none() {
            return Ok(());
        }
        let mut clock = match self.format {
            Some(format) => format.clock(self.path, self.entry, self.zone)?,
            None => {
                let how = (self.zone.cloned(), None, Vec::new());
                Clock::new(how, self.path, self.entry, Nanos(0))?
            }
        };
        if let Some(pattern) = pattern {
            clock.read_by(pattern);
        }
        let shape = RowShape { date, no_volume: false, ask: None, clock, marks };
        columns.shape = Some(Box::new(shape));
        Ok(())
    }
}

fn reader(text: &[u8], delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text)
}

fn names(record: &ByteRecord) -> Vec<String> {
    record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect()
}

/// The separator that makes a bar of the first line: one by which its columns are named, or
/// that of most values. A comma where none does better.
fn delimiter(text: &[u8]) -> u8 {
    let first = |by| reader(text, by).into_byte_records().map_while(Result::ok).next();
    let score = |by: u8| {
        let Some(record) = first(by) else { return (false, 0) };
        let named = is_header(record.iter()) && Columns::by_name("", names(&record)).is_ok();
        (named, record.len())
    };
    let by_comma = score(b',');
    if by_comma.0 || by_comma.1 >= 12 {
        return b',';
    }
    let others = [b';', b'\t', b'|'].map(|by| (score(by), by));
    let best =
        others.into_iter().filter(|(_, by)| text.contains(by)).max_by_key(|(score, _)| *score);
    match best {
        Some((score, by)) if score > by_comma && (score.0 || score.1 >= 5) => by,
        _ => b',',
    }
}

/// With the dashes of ISO 8601 where others have points or slashes.
fn dashed(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for at in [4, 7] {
        if let Some(mark @ (b'.' | b'/')) = text.get_mut(at) {
            *mark = b'-';
        }
    }
    text
}

/// `1.69085E+12`: six digits of a number of thirteen.
fn lacks_digits(text: &[u8]) -> bool {
    let Some(e) = text.iter().position(|b| matches!(b, b'e' | b'E')) else { return false };
    let (digits, exponent) = text.split_at(e);
    let count = digits.iter().filter(|b| b.is_ascii_digit()).count();
    let power = str::from_utf8(&exponent[1..]).ok().and_then(|e| e.parse::<i32>().ok());
    Num::parse(text).is_ok() && count <= 6 && power.is_some_and(|power| power >= 9)
}

/// `202308011700`: year, month, day, hour and minute.
fn is_minute(text: &[u8]) -> bool {
    let number = |from: usize, to: usize| -> Option<u32> {
        str::from_utf8(text.get(from..to)?).ok()?.parse().ok()
    };
    let within = |part: Option<u32>, least, most| part.is_some_and(|n| (least..=most).contains(&n));
    text.len() == 12
        && text.iter().all(u8::is_ascii_digit)
        && within(number(0, 4), 1900, 2100)
        && within(number(4, 6), 1, 12)
        && within(number(6, 8), 1, 31)
        && within(number(8, 10), 0, 23)
        && within(number(10, 12), 0, 59)
}

/// `00:01.0` or `########`: what a spreadsheet shows of a time in a narrow column.
fn is_cut(text: &[u8]) -> bool {
    let hashes = text.len() > 2 && text.iter().all(|b| *b == b'#');
    let shape: Vec<u8> = text.iter().map(|b| if b.is_ascii_digit() { b'0' } else { *b }).collect();
    hashes || matches!(shape.as_slice(), b"00:00.0" | b"0:00.0")
}
