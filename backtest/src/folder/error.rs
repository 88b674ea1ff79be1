//! Why a run folder cannot be written or read.

use std::io;
use std::path::Path;

/// A run folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {error}; is this a run folder that `tickstep run` wrote whole?")]
pub struct FolderError {
    /// File of the folder.
    pub file: String,
    /// What is wrong with it.
    pub error: String,
}

/// A run folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The disk or its rights.
    #[error(
        "{path}: {error}; check the disk's space and rights, or name another folder with --out"
    )]
    Io {
        /// Path of the file or folder.
        path: String,
        /// What the operating system said.
        error: io::Error,
    },
    /// What was written cannot be read back for the report.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder holds something else.
    #[error("{0} is not a run folder (it holds something else); name another with --out")]
    NotARun(String),
    /// A table or document cannot be formed.
    #[error("{name}: {error}")]
    Format {
        /// Name of the result file.
        name: &'static str,
        /// Why it cannot be formed.
        error: String,
    },
}

pub(super) fn io_error(path: &Path, error: io::Error) -> OutputError {
    OutputError::Io { path: path.display().to_string(), error }
}
