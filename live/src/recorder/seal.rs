//! What is noted beside a finished file: its rows, its span, what is missing and its hashes.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fault::{RecordFault, at};
use super::tape_sum::SegmentSums;

/// The layout that is written, and the only one that is read.
const LAYOUT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    layout: u32,
    program: String,
    file: String,
    sums: SegmentSums,
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Where the sums of a file are noted.
#[must_use]
pub fn seal_path(path: &Path) -> PathBuf {
    with_end(path, ".check.json")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Notes the sums of a finished file, durable, whole or not at all.
pub fn write_seal(path: &Path, sums: SegmentSums) -> Result<(), RecordFault> {
    let seal = Seal {
        layout: LAYOUT,
        program: concat!("tickstep-live ", env!("CARGO_PKG_VERSION")).to_owned(),
        file: file_name(path),
        sums,
    };
    let (to, new) = (seal_path(path), with_end(path, ".check.new"));
    let write = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        serde_json::to_writer(&mut file, &seal).map_err(io::Error::other)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, &to)?;
        File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(at(&to))
}

/// What was noted of a file; `None` where nothing was, as it is not finished.
pub fn read_seal(path: &Path) -> Result<Option<SegmentSums>, RecordFault> {
    let from = seal_path(path);
    let text = match fs::read(&from) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&from)(error)),
    };
    let other = |why: String| RecordFault::Other { path: from.clone(), why };
    let seal: Seal = serde_json::from_slice(&text)
        .map_err(|error| other(format!("it does not say what a finished file has: {error}")))?;
    if seal.layout != LAYOUT {
        return Err(other(format!("layout {} is not known, {LAYOUT} is", seal.layout)));
    }
    if seal.file != file_name(path) {
        return Err(other(format!("it is of another file, {}", seal.file)));
    }
    Ok(Some(seal.sums))
}
