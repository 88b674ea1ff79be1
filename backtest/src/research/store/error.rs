//! What can go wrong with the files of a sweep: every message names the file and
//! what to do, since hours of computing may lie in it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of a sweep cannot be written, read, resumed or merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk or its rights.
    #[error("{}: {error}; {}", path.display(), remedy(error))]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// There is a file already, and going on with it was not asked for.
    #[error(
        "{}: there is a sweep here already; go on with it with --resume, or name another folder \
         with --out",
        .0.display()
    )]
    Exists(PathBuf),
    /// Another process is writing to it.
    #[error(
        "{}: another process is writing to this sweep; wait for it, or name another folder with \
         --out",
        .0.display()
    )]
    Busy(PathBuf),
    /// The head cannot be read: nothing after it can be trusted.
    #[error("{}: {reason}; remove the file and begin anew", path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong, and at which byte.
        reason: String,
    },
    /// It belongs to another search, or to another part of it.
    #[error(
        "{}: this file is of another sweep: {what} is {theirs} there and {ours} here; resume \
         with the configuration, data and version it was begun with, or name another folder with \
         --out",
        path.display()
    )]
    Other {
        /// Path of the file.
        path: PathBuf,
        /// Name of what differs.
        what: &'static str,
        /// What the file says of it.
        theirs: String,
        /// What the search asks for instead.
        ours: String,
    },
    /// What is given cannot be kept in such a file: a fault of the program.
    #[error("{what}; please report this")]
    Misfit {
        /// What does not fit where.
        what: String,
    },
    /// Sets have not been evaluated yet.
    #[error(
        "{}: {left} of {of} sets are unfinished; finish them with --resume",
        path.display()
    )]
    Unfinished {
        /// Path of the file.
        path: PathBuf,
        /// Number of sets that are not there.
        left: u64,
        /// Sets it is to hold.
        of: u64,
    },
    /// Shards that do not make a whole.
    #[error("the shards do not make a whole: {}; then merge again", .0.join("; "))]
    Incomplete(Vec<String>),
    /// Two shards hold the same sets.
    #[error(
        "{} and {} both hold set {set}; give each part of the sweep once",
        first.display(),
        second.display()
    )]
    Overlap {
        /// Path of one shard.
        first: PathBuf,
        /// Path of the other shard.
        second: PathBuf,
        /// First set that both hold.
        set: u64,
    },
    /// Nothing to merge.
    #[error("there are no shards to merge; name the folder of each")]
    NoShards,
}

impl StoreError {
    /// Turns what the system said of `path` into an error, for `map_err`.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::Io { path: path.to_path_buf(), error }
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and go on with --resume: what was finished is kept"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable, or name another with --out"
        }
        io::ErrorKind::NotFound => "check the path",
        _ => "check the disk, then go on with --resume: what was finished is kept",
    }
}
