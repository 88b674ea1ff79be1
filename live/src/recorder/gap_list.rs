//! `gaps.csv`: what is missing of a recording, when that was found, and why.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tickstep_core::units::Nanos;

use super::fault::{RecordFault, at};
use super::segment_name::{RecordedStream, told_time};
use super::tape_sum::Hole;

/// The file's name.
pub const GAPS: &str = "gaps.csv";
const HEADER: &str = "noted,symbol,stream,from,to,missing,why\n";

/// The list of what is missing, which only grows.
pub struct GapList {
    path: PathBuf,
    file: File,
}

impl GapList {
    /// Takes up the list of a folder; a line that was not written to its end goes.
    pub fn open(root: &Path) -> Result<Self, RecordFault> {
        let path = root.join(GAPS);
        let options = || OpenOptions::new().append(true).create(true).open(&path);
        let mut file = options().map_err(at(&path))?;
        let text = fs::read(&path).map_err(at(&path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(at(&path))?;
        if whole == 0 {
            file.write_all(HEADER.as_bytes()).map_err(at(&path))?;
        }
        Ok(Self { path, file })
    }

    /// Notes what is missing, before what follows it is written.
    pub fn note(
        &mut self,
        now: Nanos,
        (symbol, stream): (&str, RecordedStream),
        hole: &Hole,
        why: &str,
    ) -> Result<(), RecordFault> {
        let (from, to) = (stream.told(hole.from), stream.told(hole.to));
        let line = format!(
            "{},{symbol},{},{from},{to},{},{why}\n",
            told_time(now),
            stream.word(),
            hole.count()
        );
        self.file.write_all(line.as_bytes()).map_err(at(&self.path))?;
        self.file.sync_data().map_err(at(&self.path))
    }
}
