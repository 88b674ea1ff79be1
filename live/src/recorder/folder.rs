//! The folder of a recording: its streams, what is missing of them, and the one program that
//! writes it.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use tickstep_core::units::Nanos;

use super::fault::{RecordFault, at};
use super::gap_list::GapList;
use super::segment_name::{FOLDERS, RecordedStream, is_plain};
use super::series::SeriesWriter;

/// An instrument with what is written of it.
#[derive(Clone, Debug)]
pub struct RecordedInstrument {
    /// The instrument, as the configuration calls it: files begin with it.
    pub name: String,
    /// How the exchange calls it.
    pub symbol: String,
    /// How the exchange calls the length of its bars.
    pub interval: &'static str,
    /// That length.
    pub length: Nanos,
    /// What is written.
    pub streams: Vec<RecordedStream>,
}

/// The folder, held by this program.
pub struct RecordFolder {
    names: Vec<String>,
    series: BTreeMap<(usize, RecordedStream), SeriesWriter>,
    gaps: GapList,
    /// Held to the end.
    _lock: File,
}

impl RecordFolder {
    /// Takes up a folder, or makes it; what was cut off or found out is in `notes`.
    pub fn open(
        root: &Path,
        rotate_bytes: u64,
        instruments: &[RecordedInstrument],
        notes: &mut Vec<String>,
    ) -> Result<Self, RecordFault> {
        if let Some(odd) = instruments.iter().find(|one| !is_plain(&one.name)) {
            return Err(RecordFault::Symbol(odd.name.clone()));
        }
        for folder in FOLDERS.map(|folder| root.join(folder)) {
            fs::create_dir_all(&folder).map_err(at(&folder))?;
        }
        let path = root.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => RecordFault::Locked(root.to_owned()),
            TryLockError::Error(error) => at(&path)(error),
        })?;
        let mut series = BTreeMap::new();
        for (line, one) in instruments.iter().enumerate() {
            for stream in &one.streams {
                let opened = SeriesWriter::open(root, &one.name, *stream, rotate_bytes, notes)?;
                series.insert((line, *stream), opened);
            }
        }
        let names = instruments.iter().map(|one| one.name.clone()).collect();
        Ok(Self { names, series, gaps: GapList::open(root)?, _lock: lock })
    }

    /// Number and time of the last row of a stream.
    #[must_use]
    pub fn newest(&self, line: usize, stream: RecordedStream) -> Option<(i64, Nanos)> {
        self.series.get(&(line, stream))?.newest()
    }

    /// Writes a row, and notes what is missing before it, with `why`; whether a file was
    /// begun with it.
    pub fn write(
        &mut self,
        (line, stream): (usize, RecordedStream),
        row: &str,
        why: &str,
        now: Nanos,
    ) -> Result<bool, RecordFault> {
        let Some(series) = self.series.get_mut(&(line, stream)) else { return Ok(false) };
        let written = series.write(row)?;
        if let Some(hole) = &written.hole {
            self.gaps.note(now, (&self.names[line], stream), hole, why)?;
        }
        Ok(written.begun)
    }

    /// Hands everything to the system.
    pub fn save(&mut self) -> Result<(), RecordFault> {
        self.series.values_mut().try_for_each(SeriesWriter::save)
    }

    /// Waits until the disk has everything.
    pub fn sync(&mut self) -> Result<(), RecordFault> {
        self.series.values_mut().try_for_each(SeriesWriter::sync)
    }

    /// Finishes every file.
    pub fn finish(&mut self) -> Result<(), RecordFault> {
        self.series.values_mut().try_for_each(SeriesWriter::finish)
    }

    /// The streams with the names of their instruments.
    pub fn series(&self) -> impl Iterator<Item = (&str, &SeriesWriter)> {
        self.series.iter().map(|((line, _), series)| (self.names[*line].as_str(), series))
    }
}
