//! The folder of a sweep: what lies in it under which name, and how a file comes there
//! whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::error::SweepError;
use crate::folder::{self, OutputError, ResultFile};

/// Records of all sets.
pub const SETS: &str = "sets.bin";
/// Words of those that failed.
pub const FAILED: &str = "sets.failed.csv";
/// Daily returns of some.
pub const RETURNS: &str = "returns.bin";
/// A row for each set.
pub const RESULTS: &str = "results.csv";
/// The best by each objective.
pub const TOP: &str = "top.csv";
/// File of the sets that no other beats in all objectives.
pub const FRONT: &str = "front.csv";
/// File of how far the best set is to be believed.
pub const VALIDATION: &str = "validation.json";
/// The same for people.
pub const REPORT: &str = "report.html";
/// File of what the sweep was made from.
pub const MANIFEST: &str = "sweep.json";
/// Run folders of the best.
pub const BEST: &str = "best";

pub(in crate::research) fn fault(path: &Path, error: io::Error) -> SweepError {
    OutputError::Io { path: path.display().to_string(), error }.into()
}

/// Whether a sweep may be written to `dir`, which is made: where there is nothing, or
/// a sweep.
pub fn check(dir: &Path) -> Result<(), SweepError> {
    let not_a_sweep = || SweepError::NotASweep(dir.display().to_string());
    if dir.exists() {
        if !dir.is_dir() {
            return Err(not_a_sweep());
        }
        let mut entries = fs::read_dir(dir).map_err(|e| fault(dir, e))?;
        if entries.next().is_some() && !dir.join(SETS).is_file() {
            return Err(not_a_sweep());
        }
    }
    fs::create_dir_all(dir).map_err(|e| fault(dir, e))
}

/// Writes the file `name` beside its place and moves it there when it is whole.
pub(in crate::research) fn made(
    dir: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> Result<(), SweepError>,
) -> Result<ResultFile, SweepError> {
    let partial = dir.join(format!("{name}.partial"));
    let mut file = File::create(&partial).map_err(|e| fault(&partial, e))?;
    write(&mut file)?;
    drop(file);
    let path = dir.join(name);
    fs::rename(&partial, &path).map_err(|e| fault(&path, e))?;
    hashed(dir, name)
}

/// The file `name` of `dir`, with the SHA-256 of its bytes.
pub(in crate::research) fn hashed(dir: &Path, name: &str) -> Result<ResultFile, SweepError> {
    let path = dir.join(name);
    let sha256 = folder::sha256(&path).map_err(|e| fault(&path, e))?;
    Ok(ResultFile { name: name.to_owned(), sha256 })
}
