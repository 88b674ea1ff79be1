//! Why a recording cannot go on, or is not as it was written.

use std::io;
use std::path::{Path, PathBuf};

/// Why files of a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// A file or folder.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another program records into the folder.
    #[error(
        "{}: another program records into this folder; end it, or name another one with --out",
        .0.display()
    )]
    Locked(PathBuf),
    /// A row is not as it was written.
    #[error("{}:{line}: {why}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line, from 1, the header counted.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Rows are not as they were written, and each of them can be read.
    #[error(
        "{}: rows {from} to {to} are not as they were written: the hash of everything up to \
         there is another one", path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// First of the rows, from 1, without the header.
        from: u64,
        /// Last of them.
        to: u64,
    },
    /// A file is not what was noted of it.
    #[error("{}: {why}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// In what they differ.
        why: String,
    },
    /// An instrument's name leads out of the folder.
    #[error(
        "instrument {0}: a recording calls files by it, so it may have letters, digits, ., - and \
         _ alone, and begins with a letter or digit"
    )]
    Symbol(String),
    /// A day that was begun cannot be continued.
    #[error(
        "{}:{line}: {why}; nothing was changed: move the file out of the folder, and it is begun \
         anew from there", path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Line, from 1, the header counted.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// The fault of a file.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> RecordFault {
    let path = path.to_owned();
    move |error| RecordFault::File { path, error }
}
