//! JSON lists of bars, each a list of values: the Binance REST API's 12, or as
//! few as a description says. Values are read where they lie, so that a price
//! is the digits that were written and never a float.
//!
//! A series of many windows comes as a tar of such lists. They are put in the order of
//! their first bars, as files are; an empty list is a window without a bar.

use std::io::Read;

use tickstep_core::units::Nanos;

use super::columns::Columns;
use super::error::{FileFault, LoadError, TextFault};
use super::format::Format;
use super::origin::Origin;
use super::row_sink::{RowSink, feed};
use super::time;
use crate::series::candle::RowOrigin;
use crate::series::fault::RowFault;
use crate::series::place::RowPlace;

/// One list of bars, and what it is called inside its archive.
pub(crate) struct JsonList {
    pub name: Box<str>,
    pub text: Vec<u8>,
}

/// The `.json` files of a tar.
pub(crate) fn entries_of_tar(path: &str, bytes: &[u8]) -> Result<Vec<JsonList>, LoadError> {
    let corrupt =
        |e: std::io::Error| FileFault::Corrupt { kind: "tar", reason: e.to_string() }.of(path);
    let mut entries = Vec::new();
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().map_err(corrupt)? {
        let mut entry = entry.map_err(corrupt)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !name.to_ascii_lowercase().ends_with(".json") {
            return Err(FileFault::TarEntry { entry: name }.of(path));
        }
        let mut text = Vec::new();
        entry.read_to_end(&mut text).map_err(corrupt)?;
        entries.push(JsonList { name: name.into(), text });
    }
    Ok(entries)
}

/// Reads lists into the rows that `start` makes of their columns; also says how many
/// lists were empty. `at` is told the share that is done.
pub(crate) fn read<S: RowSink>(
    path: &str,
    entries: &[JsonList],
    format: Option<&Format>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut dyn FnMut(f64) -> Result<(), LoadError>,
) -> Result<(S, usize), LoadError> {
    let mut lists = Vec::new();
    let mut empty = 0;
    for entry in entries {
        match first(path, entry)? {
            Some(first) => lists.push((first, entry)),
            None => empty += 1,
        }
    }
    let Some(((_, fields), _)) = lists.first() else {
        return Err(FileFault::Empty.of(path));
    };
    let columns = match format {
        Some(format) => format.columns(path, path, *fields, Vec::new())?,
        None if *fields == 12 => Columns::by_position(path, 12)?,
        None => return Err(FileFault::JsonOrder { fields: *fields }.of(path)),
    };
    // Known by its first value and its name: the order in the archive says nothing.
    lists.sort_by_key(|((first, _), entry)| (*first, entry.name.clone()));
    let mut sink = start(Origin::new(path, false, columns))?;
    let columns = sink.origin().columns.clone();
    let archive = entries.len() > 1 || entries.iter().any(|e| !e.name.is_empty());
    let mut number = 0;
    for (i, (_, entry)) in lists.iter().enumerate() {
        if archive {
            sink.origin().entries.push((number + 1, entry.name.clone()));
        }
        scan(path, entry, &mut |row| {
            number += 1;
            if row.len() != columns.fields {
                let (expected, found) = (columns.fields, row.len());
                let place = sink.origin().place(number);
                let error = RowFault::FieldCount { expected, found }.at(place);
                return Ok(sink.torn(number, error)?);
            }
            let field = |i: usize| row.get(i).copied().unwrap_or_default();
            Ok(feed(&mut sink, &columns, number, field)?)
        })?;
        at((i + 1) as f64 / lists.len() as f64)?;
    }
    Ok((sink, empty))
}

/// First time and number of values of the first bar of a list.
type First = (Option<Nanos>, usize);

fn first(path: &str, entry: &JsonList) -> Result<Option<First>, LoadError> {
    let mut found = None;
    scan_some(path, entry, &mut |row| {
        let ts = row.first().and_then(|t| time::parse(t).ok()).map(|(ts, _)| ts);
        found = Some((ts, row.len()));
        Ok(false)
    })?;
    Ok(found)
}

/// Something that is handed the values of a bar.
type Each<'a, T> = dyn FnMut(&[&[u8]]) -> Result<T, LoadError> + 'a;

fn scan(path: &str, entry: &JsonList, each: &mut Each<'_, ()>) -> Result<(), LoadError> {
    scan_some(path, entry, &mut |row| each(row).map(|()| true))
}

/// Hands every inner list to `each` until that says no more.
fn scan_some(path: &str, entry: &JsonList, each: &mut Each<'_, bool>) -> Result<(), LoadError> {
    let text = entry.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&entry.text);
    let mut reader = JsonCursor { text, at: 0 };
    let bad = |at: usize, reason: &'static str| {
        let slash = if entry.name.is_empty() { "" } else { "/" };
        let path = format!("{path}{slash}{}", entry.name).into();
        let before = text.get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
        let place = RowPlace::Line { path, line };
        LoadError::Text { place, fault: TextFault::BadJson { reason } }
    };
    let mut row = Vec::new();
    macro_rules! need {
        ($got:expr) => {
            $got.map_err(|reason| bad(reader.at, reason))?
        };
    }
    need!(reader.take(b'[', "it does not begin with a list"));
    if reader.is_next(b']') {
        return reader.end().map_err(|reason| bad(reader.at, reason));
    }
    loop {
        row.clear();
        need!(reader.take(b'[', "a bar is not a list of values"));
        if !reader.is_next(b']') {
            loop {
                row.push(need!(reader.value()));
                if reader.is_next(b']') {
                    break;
                }
                need!(reader.take(b',', "there is neither , nor ] after a value"));
            }
        }
        if !each(&row)? {
            return Ok(());
        }
        if reader.is_next(b']') {
            return reader.end().map_err(|reason| bad(reader.at, reason));
        }
        need!(reader.take(b',', "there is neither , nor ] after a bar"));
    }
}

struct JsonCursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> JsonCursor<'a> {
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Whether `byte` comes next; it is then passed.
    fn is_next(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn take(&mut self, byte: u8, reason: &'static str) -> Result<(), &'static str> {
        if self.is_next(byte) { Ok(()) } else { Err(reason) }
    }

    /// A number, a string without its quotes, or nothing for null.
    fn value(&mut self) -> Result<&'a [u8], &'static str> {
        if self.is_next(b'"') {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let end = rest.iter().position(|b| *b == b'"').ok_or("a text has no end")?;
            let text = &rest[..end];
            if text.contains(&b'\\') {
                return Err("a text has an escape in it, so it is no number");
            }
            self.at += end + 1;
            return Ok(text);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_end = |b: &u8| matches!(b, b',' | b']' | b'[' | b'{') || b.is_ascii_whitespace();
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        if end == 0 {
            return Err("a value is neither a number nor a text");
        }
        self.at += end;
        Ok(if &rest[..end] == b"null" { b"" } else { &rest[..end] })
    }

    fn end(&mut self) -> Result<(), &'static str> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err("something follows the list") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        let entry = JsonList { name: "".into(), text: text.into() };
        let mut keep = |row: &[&[u8]]| {
            rows.push(row.iter().map(|v| String::from_utf8_lossy(v).into_owned()).collect());
            Ok(())
        };
        scan("f.json", &entry, &mut keep).map_err(|e| e.to_string())?;
        Ok(rows)
    }

    #[test]
    fn lists_of_lists_are_read_as_written() {
        assert_eq!(rows(" [ ] ").unwrap().len(), 0);
        let two = rows("[\n [1,\"4.20\", null],\n [2 , 5e1,\"\"]\n]\n").unwrap();
        assert_eq!(two, [["1", "4.20", ""], ["2", "5e1", ""]]);
    }

    #[test]
    fn what_is_no_list_of_lists_is_refused_with_its_line() {
        for text in [
            "",
            "{}",
            "[1,2]",
            "[[1,2]",
            "[[1,2],]",
            "[[1 2]]",
            "[[1],[{}]]",
            "[[1]] x",
            "[[\"1]]",
            "[[\"a\\\"b\"]]",
            "[[1]][",
            "[[,]]",
        ] {
            assert!(rows(text).is_err(), "{text}");
        }
        let error = rows("[[1,2],\n[3,4]\n[5,6]]").unwrap_err();
        assert!(error.starts_with("f.json:3: "), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[\[\],{}"0-9. \\n-]{0,40}"#) {
            let _ = rows(&text);
        }
    }
}
