//! Whether a recording is as it was written: every row of every file, and their sums.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::fault::{RecordFault, at};
use super::scan::scan;
use super::seal::read_seal;
use super::segment_name::{FOLDERS, RecordedStream, SegmentName};
use super::series::segments_of;
use super::tape_sum::{MARK_ROWS, SegmentSums};

/// What a stream of an instrument has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedSeries {
    /// Files.
    pub files: u64,
    /// Files that are not finished: their rows were read, and there are no sums to hold
    /// against them.
    pub unfinished: u64,
    /// Rows.
    pub rows: u64,
    /// Places at which something is missing.
    pub holes: u64,
    /// How many numbers are missing in all.
    pub missing: i64,
    /// Time of the first row, and of the last one.
    pub span: Option<(String, String)>,
    /// Bytes of a row at the end that was not written to its end: the next start of a
    /// recorder cuts them off.
    pub torn: u64,
}

/// Checks a recording; the first file and row that is not as it was written is the error.
pub fn check_recording(
    root: &Path,
) -> Result<BTreeMap<(String, RecordedStream), CheckedSeries>, RecordFault> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let name = entry.map_err(at(&folder))?.file_name();
            let name = name.to_str().and_then(SegmentName::read);
            found.extend(name.map(|name| (name.symbol, name.stream)));
        }
    }
    let check = |(symbol, stream): (String, RecordedStream)| {
        let checked = check_series(root, &symbol, stream)?;
        Ok(((symbol, stream), checked))
    };
    found.into_iter().map(check).collect()
}

fn check_series(
    root: &Path,
    symbol: &str,
    stream: RecordedStream,
) -> Result<CheckedSeries, RecordFault> {
    let mut checked = CheckedSeries::default();
    let mut before: Option<Option<i64>> = None;
    let names = segments_of(root, symbol, stream)?;
    let newest = names.last().cloned();
    for name in names {
        let path = root.join(name.path());
        let noted = read_seal(&path)?;
        let own = noted.as_ref().map(|sums| sums.follows);
        if let Some((before, own)) = before.zip(own).filter(|(before, own)| before != own) {
            let told = |number: Option<i64>| number.map_or("nothing".into(), |n| stream.told(n));
            let (own, before) = (told(own), told(before));
            let why =
                format!("it was written behind {own}, and the file before it ends with {before}");
            return Err(RecordFault::Other { path, why });
        }
        let scanned = scan(&path, stream, own.or(before).flatten()).map_err(at(&path))?;
        let is_open = noted.is_none() && newest.as_ref() == Some(&name);
        if let Some((line, why)) = scanned.wrong {
            return Err(RecordFault::Row { path, line, why });
        }
        if scanned.torn > 0 && !is_open {
            let line = scanned.summing.rows() + 1 + u64::from(stream.header().is_some());
            let why = "the row is not whole".to_owned();
            return Err(RecordFault::Row { path, line, why });
        }
        let sums = scanned.summing.sums();
        match &noted {
            Some(noted) => hold_against(&path, noted, &sums)?,
            None => checked.unfinished += 1,
        }
        checked.torn += scanned.torn;
        checked.add(&sums);
        before = Some(sums.ends);
    }
    Ok(checked)
}

/// Holds what was noted of a file against what it has.
fn hold_against(path: &Path, noted: &SegmentSums, has: &SegmentSums) -> Result<(), RecordFault> {
    if noted == has {
        return Ok(());
    }
    let differs = noted.marks.iter().zip(&has.marks).position(|(noted, has)| noted != has);
    if let Some(mark) = differs {
        let (from, to) = (mark as u64 * MARK_ROWS + 1, (mark as u64 + 1) * MARK_ROWS);
        return Err(RecordFault::Changed { path: path.to_owned(), from, to });
    }
    if noted.rows != has.rows {
        let why = format!(
            "it has {} rows, and {} were written: row {} is the first that is missing or too much",
            has.rows,
            noted.rows,
            has.rows.min(noted.rows) + 1
        );
        return Err(RecordFault::Other { path: path.to_owned(), why });
    }
    let from = noted.marks.len() as u64 * MARK_ROWS + 1;
    Err(RecordFault::Changed { path: path.to_owned(), from, to: noted.rows.max(from) })
}

impl CheckedSeries {
    fn add(&mut self, sums: &SegmentSums) {
        self.files += 1;
        self.rows += sums.rows;
        self.holes += sums.holes.len() as u64;
        self.missing += sums.holes.iter().map(super::tape_sum::Hole::count).sum::<i64>();
        if let Some((first, last)) = sums.first.clone().zip(sums.last.clone()) {
            let begun = self.span.take().map_or(first, |(begun, _)| begun);
            self.span = Some((begun, last));
        }
    }
}
