//! What is in a backup, with the sum of each file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The name of the file that says what is in a backup.
pub const MANIFEST: &str = "manifest.json";
/// The layout that is written, and the only one that is read.
const LAYOUT: u32 = 1;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The layout of the backup.
    pub layout: u32,
    /// The program that made it.
    pub program: String,
    /// When it was made, RFC 3339, UTC.
    pub made: String,
    /// Number of the journal's first record in it.
    pub first_record: u64,
    /// Number of the record that comes behind its last one.
    pub next_record: u64,
    /// The hash of the journal's chain at its last record.
    pub journal_head: String,
    /// Its files, by their paths in it.
    pub files: Vec<BackedUp>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackedUp {
    /// Its path in the backup.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Why a backup is not what its manifest says.
#[derive(Debug, thiserror::Error)]
pub enum ManifestFault {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is none.
    #[error("{}: it is no manifest of a backup: {why}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file is another one than was backed up.
    #[error(
        "{}: it is not as it was backed up ({why}); take another copy of the backup", path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        why: String,
    },
}

/// Bytes in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length and SHA-256 of a file.
pub(super) fn sum_of(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0_u64);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hexadecimal(&hash.finalize())));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

impl Manifest {
    /// One that is to be written now.
    pub(super) fn new(made: String, files: Vec<BackedUp>, span: (u64, u64), head: &[u8]) -> Self {
        Self {
            layout: LAYOUT,
            program: concat!("tickstep-live ", env!("CARGO_PKG_VERSION")).to_owned(),
            made,
            first_record: span.0,
            next_record: span.1,
            journal_head: hexadecimal(head),
            files,
        }
    }

    /// Reads that of a backup, and holds every file against it.
    ///
    /// # Errors
    /// When anything is missing, or other than it was written.
    pub fn verified(backup: &Path) -> Result<Self, ManifestFault> {
        let path = backup.join(MANIFEST);
        let read = |path: &Path, error| ManifestFault::Read { path: path.to_owned(), error };
        let bytes = std::fs::read(&path).map_err(|error| read(&path, error))?;
        let other = |why: String| ManifestFault::Other { path: path.clone(), why };
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|error| other(error.to_string()))?;
        if manifest.layout != LAYOUT {
            return Err(other(format!("it has layout {}, and {LAYOUT} is known", manifest.layout)));
        }
        for file in &manifest.files {
            // A path that leads elsewhere is none of a backup's.
            let inside = file.path.components().all(|part| matches!(part, Component::Normal(_)));
            if !inside || file.path.as_os_str().is_empty() {
                return Err(other(format!("{} leads out of it", file.path.display())));
            }
            let path = backup.join(&file.path);
            let (length, sum) = sum_of(&path).map_err(|error| read(&path, error))?;
            let why = match (length == file.bytes, sum == file.sha256) {
                (true, true) => continue,
                (false, _) => format!("{length} bytes where there were {}", file.bytes),
                (true, false) => "its SHA-256 is another one".to_owned(),
            };
            return Err(ManifestFault::Changed { path, why });
        }
        Ok(manifest)
    }
}
