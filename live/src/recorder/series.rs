//! The files of one stream of one instrument, one after the other.
//!
//! Rows are appended, and reach the system with each [`save`](SeriesWriter::save), so that
//! whoever ends the program ends it behind a whole save or inside of one row, which the next
//! start cuts off. A file that is finished is noted with its sums and never opened again.
//!
//! Refuses to do: write a row that does not come behind the last one; continue a file in
//! which a whole row is not as it was written.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tickstep_core::units::Nanos;

use super::fault::{RecordFault, at};
use super::scan::scan;
use super::seal::{read_seal, write_seal};
use super::segment_name::{RecordedStream, SegmentName, day_of};
use super::tape_sum::{Hole, Summing};

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowWritten {
    /// What is missing before it.
    pub hole: Option<Hole>,
    /// Whether a file was begun with it.
    pub begun: bool,
}

struct OpenSegment {
    name: SegmentName,
    path: PathBuf,
    file: File,
    summing: Summing,
    /// What has not reached the system.
    unsaved: Vec<u8>,
}

/// Writes one stream of one instrument.
pub struct SeriesWriter {
    root: PathBuf,
    symbol: String,
    stream: RecordedStream,
    rotate_bytes: u64,
    open: Option<OpenSegment>,
    newest: Option<SegmentName>,
    ends: Option<i64>,
    last_at: Option<Nanos>,
    /// Rows that were written since it was opened.
    pub rows: u64,
    /// How many numbers were found missing since then.
    pub missing: i64,
    /// Files that were finished since then.
    pub finished: u64,
}

/// Files of a stream of an instrument, in their order.
pub fn segments_of(
    root: &Path,
    symbol: &str,
    stream: RecordedStream,
) -> Result<Vec<SegmentName>, RecordFault> {
    let folder = root.join(stream.folder());
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(at(&folder))? {
        let name = entry.map_err(at(&folder))?.file_name();
        let name = name.to_str().and_then(SegmentName::read);
        found.extend(name.filter(|name| name.symbol == symbol && name.stream == stream));
    }
    found.sort();
    Ok(found)
}

impl SeriesWriter {
    /// Takes up what is in the folder; `notes` are told what was cut off or finished.
    pub fn open(
        root: &Path,
        symbol: &str,
        stream: RecordedStream,
        rotate_bytes: u64,
        notes: &mut Vec<String>,
    ) -> Result<Self, RecordFault> {
        let mut series = Self {
            root: root.to_owned(),
            symbol: symbol.to_owned(),
            stream,
            rotate_bytes,
            open: None,
            newest: None,
            ends: None,
            last_at: None,
            rows: 0,
            missing: 0,
            finished: 0,
        };
        for name in segments_of(root, symbol, stream)? {
            // One that is followed by another is finished, if nobody had the time to note it.
            series.finish()?;
            series.take_up(name, notes)?;
        }
        Ok(series)
    }

    fn take_up(&mut self, name: SegmentName, notes: &mut Vec<String>) -> Result<(), RecordFault> {
        let path = self.root.join(name.path());
        self.newest = Some(name.clone());
        if let Some(sums) = read_seal(&path)? {
            let last = sums.last.and_then(|at| at.parse::<jiff::Timestamp>().ok());
            let last = last.and_then(|at| i64::try_from(at.as_nanosecond()).ok()).map(Nanos);
            (self.ends, self.last_at) = (sums.ends, last.or(self.last_at));
            return Ok(());
        }
        let scanned = scan(&path, self.stream, self.ends).map_err(at(&path))?;
        if let Some((line, why)) = scanned.wrong {
            return Err(RecordFault::Broken { path, line, why });
        }
        let file = OpenOptions::new().append(true).open(&path).map_err(at(&path))?;
        let summing = scanned.summing;
        if scanned.torn > 0 {
            file.set_len(summing.bytes()).map_err(at(&path))?;
            let (torn, rows) = (scanned.torn, summing.rows());
            notes.push(format!(
                "{}: {torn} bytes of a row that was not written to its end were cut off; {rows} \
                 rows are whole",
                path.display()
            ));
        }
        self.ends = summing.ends();
        self.last_at = summing.last_at().or(self.last_at);
        self.open = Some(OpenSegment { name, path, file, summing, unsaved: Vec::new() });
        Ok(())
    }

    /// What is written.
    #[must_use]
    pub const fn stream(&self) -> RecordedStream {
        self.stream
    }

    /// Number of the last row, and its time.
    #[must_use]
    pub fn newest(&self) -> Option<(i64, Nanos)> {
        self.ends.zip(self.last_at)
    }

    /// Writes a row; it is saved with the next [`save`](Self::save).
    pub fn write(&mut self, row: &str) -> Result<RowWritten, RecordFault> {
        let fresh = || Summing::new(self.stream, self.ends);
        let looked = match &self.open {
            Some(open) => open.summing.look(row),
            None => fresh().look(row),
        };
        let (mark, hole) = looked.map_err(|why| RecordFault::Other {
            path: self.root.join(self.stream.folder()),
            why: format!("{}: {why}; the row is {row}", self.symbol),
        })?;
        let over = self.open.as_ref().is_some_and(|open| {
            day_of(mark.at) > open.name.day || open.summing.bytes() >= self.rotate_bytes
        });
        if over {
            self.finish()?;
        }
        let begun = self.open.is_none();
        if begun {
            self.begin(mark.at)?;
        }
        let Some(open) = &mut self.open else { return Ok(RowWritten::default()) };
        let header = self.stream.header().filter(|_| open.summing.bytes() == 0);
        for line in header.into_iter().chain([row]) {
            open.unsaved.extend_from_slice(line.as_bytes());
            open.unsaved.push(b'\n');
        }
        header.into_iter().for_each(|header| open.summing.header(header));
        open.summing.add(row, mark, hole.clone());
        (self.ends, self.last_at) = (open.summing.ends(), Some(mark.at));
        self.rows += 1;
        self.missing += hole.as_ref().map_or(0, Hole::count);
        Ok(RowWritten { hole, begun })
    }

    fn begin(&mut self, first: Nanos) -> Result<(), RecordFault> {
        let own = day_of(first);
        // A time that was set back must not put a file before the last one.
        let day = self.newest.as_ref().map_or(own, |newest| newest.day.max(own));
        let before = self.newest.as_ref().filter(|newest| newest.day == day);
        let part = before.map_or(0, |newest| newest.part) + 1;
        let name = SegmentName { symbol: self.symbol.clone(), stream: self.stream, day, part };
        let path = self.root.join(name.path());
        let made = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = made.map_err(at(&path))?;
        let summing = Summing::new(self.stream, self.ends);
        self.newest = Some(name.clone());
        self.open = Some(OpenSegment { name, path, file, summing, unsaved: Vec::new() });
        Ok(())
    }

    /// Hands everything to the system: it stays there when the program ends by itself or by
    /// somebody's hand.
    pub fn save(&mut self) -> Result<(), RecordFault> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if !open.unsaved.is_empty() {
            open.file.write_all(&open.unsaved).map_err(at(&open.path))?;
            open.unsaved.clear();
        }
        Ok(())
    }

    /// Waits until the disk has everything.
    pub fn sync(&mut self) -> Result<(), RecordFault> {
        self.save()?;
        let Some(open) = &self.open else { return Ok(()) };
        open.file.sync_data().map_err(at(&open.path))
    }

    /// Finishes the file that is open, and notes its sums. One without a row goes.
    pub fn finish(&mut self) -> Result<(), RecordFault> {
        self.sync()?;
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.summing.rows() == 0 {
            return fs::remove_file(&open.path).map_err(at(&open.path));
        }
        self.finished += 1;
        write_seal(&open.path, open.summing.sums())
    }
}
