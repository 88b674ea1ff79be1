//! JSON of bars: lists of values (the Binance REST API's 12, or as few as a description
//! says), objects whose keys name the values, and lines of one object each. Values are read
//! where they lie, so that a price is the digits that were written and never a float.
//!
//! A list may stand inside the object that an API answers with, if it is the only one there.
//! A series of many windows comes as a tar of such files. They are put in the order of
//! their first bars, as files are; an empty list is a window without a bar.

use std::io::Read;

use tickstep_core::units::Nanos;

use super::dialect::columns_of_json;
use super::encoding::decode;
use super::error::{FileFault, LoadError};
use super::format::Format;
use super::json_cursor::{Found, JsonCursor, find_bars};
use super::origin::Origin;
use super::row_sink::{RowSink, feed};
use super::text::{NEWEST_FIRST, Stated};
use super::text_fault::TextFault;
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
pub(super) fn read<S: RowSink>(
    path: &str,
    entries: Vec<JsonList>,
    stated: Stated<'_>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut dyn FnMut(f64) -> Result<(), LoadError>,
) -> Result<(S, usize), LoadError> {
    let (mut lists, mut empty) = (Vec::new(), 0);
    let archive = entries.len() > 1 || entries.iter().any(|e| !e.name.is_empty());
    for mut entry in entries {
        let encodings = stated.format.map_or(&[][..], Format::encodings);
        entry.text = decode(path, &entry.text, encodings)?.text.into_owned();
        match first(path, &entry)? {
            Some(first) => lists.push((first, entry)),
            None => empty += 1,
        }
    }
    let Some((First { fields, names, .. }, _)) = lists.first() else {
        return Err(FileFault::Empty.of(path));
    };
    let (fields, names) = (*fields, names.clone());
    let columns = columns_of_json(path, fields, names.clone(), stated.format, stated.zone)?;
    // Known by its first value and its name: the order in the archive says nothing.
    let stamp = columns.needed[0];
    lists.sort_by_key(|(first, entry)| (first.time(stamp), entry.name.clone()));
    let mut sink = start(Origin::new(path, false, columns))?;
    let columns = sink.origin().columns.clone();
    let turned = stated.format.is_some_and(Format::is_newest_first);
    let mut number = 0;
    for (i, (_, entry)) in lists.iter().enumerate() {
        if archive {
            sink.origin().entries.push((number + 1, entry.name.clone()));
        }
        let mut rows = Vec::new();
        let mut pass = |number: u64, row: &[&[u8]]| {
            if row.len() != columns.fields {
                let (expected, found) = (columns.fields, row.len());
                let place = sink.origin().place(number);
                let error = RowFault::FieldCount { expected, found }.at(place);
                return Ok(sink.torn(number, error)?);
            }
            let field = |i: usize| row.get(i).copied().unwrap_or_default();
            Ok::<(), LoadError>(feed(&mut sink, &columns, number, field)?)
        };
        scan_some(path, entry, &names, &mut |row| {
            number += 1;
            match turned {
                true => rows.push((number, row.to_vec())),
                false => pass(number, row)?,
            }
            Ok(true)
        })?;
        let time = |row: Option<&(u64, Vec<&[u8]>)>| {
            let row = row.map_or(&[][..], |(_, row)| row.as_slice());
            columns.time(&|i| row.get(i).copied().unwrap_or_default())
        };
        let backwards =
            matches!((time(rows.first()), time(rows.last())), (Some(a), Some(b)) if a > b);
        if backwards {
            rows.reverse();
        }
        rows.iter().try_for_each(|(number, row)| pass(*number, row))?;
        if backwards && !sink.origin().taken.iter().any(|words| words == NEWEST_FIRST) {
            sink.origin().taken.push(NEWEST_FIRST.to_owned());
        }
        at((i + 1) as f64 / lists.len() as f64)?;
    }
    Ok((sink, empty))
}

/// What the first bar of a list tells.
struct First {
    values: Vec<Box<[u8]>>,
    fields: usize,
    /// Keys of its values; nothing where it is a list.
    names: Vec<String>,
}

impl First {
    /// The open time, where it is in the usual form.
    fn time(&self, at: usize) -> Option<Nanos> {
        time::instant(self.values.get(at)?)
    }
}

fn first(path: &str, entry: &JsonList) -> Result<Option<First>, LoadError> {
    let names = keys(path, entry)?;
    let mut found = None;
    scan_some(path, entry, &names, &mut |row| {
        found = Some((row.iter().map(|value| Box::from(*value)).collect::<Vec<_>>(), row.len()));
        Ok(false)
    })?;
    Ok(found.map(|(values, fields)| First { values, fields, names }))
}

/// Something that is handed the values of a bar.
type Each<'t, 'a> = dyn FnMut(&[&'t [u8]]) -> Result<bool, LoadError> + 'a;

/// Text that is no JSON of bars, with its line.
fn bad(path: &str, entry: &JsonList, at: usize, reason: &'static str) -> LoadError {
    let slash = if entry.name.is_empty() { "" } else { "/" };
    let path = format!("{path}{slash}{}", entry.name).into();
    let before = entry.text.get(..at).unwrap_or_default();
    let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
    let place = RowPlace::Line { path, line };
    LoadError::Text { place, fault: TextFault::BadJson { reason } }
}

/// The keys of the first bar, where bars are objects.
fn keys(path: &str, entry: &JsonList) -> Result<Vec<String>, LoadError> {
    let bad = |(at, reason)| bad(path, entry, at, reason);
    let found = find_bars(&entry.text).map_err(bad)?;
    let mut reader = JsonCursor { text: &entry.text, at: found.at };
    let mut names = Vec::new();
    if found.is_list {
        reader.is_next(b'[');
    }
    if reader.is_next(b'{') {
        let mut key = |key: &[u8], _: &[u8]| names.push(String::from_utf8_lossy(key).into_owned());
        reader.object(&mut key).map_err(|reason| bad((reader.at, reason)))?;
        let twice = names.iter().enumerate().any(|(i, name)| names[..i].contains(name));
        if twice {
            return Err(bad((reader.at, "an object has a key twice")));
        }
    }
    Ok(names)
}

/// Hands the values of every bar to `each` until that says no more; those of an object in
/// the order of `names`, fewer where it lacks one.
fn scan_some<'t>(
    path: &str,
    entry: &'t JsonList,
    names: &[String],
    each: &mut Each<'t, '_>,
) -> Result<(), LoadError> {
    let bad = |at: usize, reason: &'static str| bad(path, entry, at, reason);
    let Found { at, is_list, end } = find_bars(&entry.text).map_err(|(at, why)| bad(at, why))?;
    let mut reader = JsonCursor { text: &entry.text, at };
    let mut row: Vec<&[u8]> = Vec::new();
    if is_list {
        reader.is_next(b'[');
        if reader.is_next(b']') {
            return reader.finish(end).map_err(|reason| bad(reader.at, reason));
        }
    }
    loop {
        bar(&mut reader, names, &mut row).map_err(|reason| bad(reader.at, reason))?;
        if !each(&row)? {
            return Ok(());
        }
        let over = if is_list { reader.is_next(b']') } else { reader.is_over() };
        if over {
            return reader.finish(end).map_err(|reason| bad(reader.at, reason));
        }
        if is_list {
            let comma = reader.take(b',', "there is neither , nor ] after a bar");
            comma.map_err(|reason| bad(reader.at, reason))?;
        }
    }
}

/// Reads one bar into `row`.
fn bar<'t>(
    reader: &mut JsonCursor<'t>,
    names: &[String],
    row: &mut Vec<&'t [u8]>,
) -> Result<(), &'static str> {
    row.clear();
    if names.is_empty() {
        reader.take(b'[', "a bar is not a list of values")?;
        return reader.values(row);
    }
    reader.take(b'{', "a bar is not an object")?;
    let mut there = vec![false; names.len()];
    row.resize(names.len(), b"");
    let mut next = 0;
    let mut twice = false;
    reader.object(&mut |key, value| {
        let is = |i: &usize| names.get(*i).is_some_and(|name| name.as_bytes() == key);
        // Objects of one file have their keys in one order, nearly always.
        let at = Some(next).filter(is).or_else(|| (0..names.len()).find(is));
        if let Some(at) = at
            && let (Some(slot), Some(seen)) = (row.get_mut(at), there.get_mut(at))
        {
            twice |= *seen;
            (*slot, *seen, next) = (value, true, at + 1);
        }
    })?;
    if twice {
        return Err("an object has a key twice");
    }
    row.truncate(there.iter().filter(|there| **there).count());
    Ok(())
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
            Ok(true)
        };
        let names = keys("f.json", &entry).map_err(|e| e.to_string())?;
        scan_some("f.json", &entry, &names, &mut keep).map_err(|e| e.to_string())?;
        Ok(rows)
    }

    #[test]
    fn lists_of_lists_are_read_as_written() {
        assert_eq!(rows(" [ ] ").unwrap().len(), 0);
        let two = rows("[\n [1,\"4.20\", null],\n [2 , 5e1,\"\"]\n]\n").unwrap();
        assert_eq!(two, [["1", "4.20", ""], ["2", "5e1", ""]]);
    }

    #[test]
    fn objects_are_read_by_their_keys() {
        let two = [["1", "4.2"], ["2", "5"]];
        for text in [
            r#"[{"t":1,"o":"4.2"},{"o":5,"t":2}]"#,
            "{\"t\":1,\"o\":4.2}\n{\"t\":2,\"o\":5}\n",
            r#"{"code":"0","data":{"list":[{"t":1,"o":4.2},{"t":2,"o":5,"more":[1,{"a":"]"}]}]}}"#,
            r#"{"retCode":0,"result":{"symbol":"A\"B","list":[[1,"4.2"],[2,"5"]]},"time":3}"#,
        ] {
            assert_eq!(rows(text).unwrap(), two, "{text}");
        }
        // A key that is missing makes a short row, which is told with its place.
        assert_eq!(rows(r#"[{"t":1,"o":4.2},{"t":2}]"#).unwrap()[1].len(), 1);
        assert!(rows(r#"{"a":[[1]],"b":[[2]]}"#).unwrap_err().contains("more than one list"));
        assert!(rows(r#"[{"t":1,"t":2}]"#).is_err());
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
