//! What can be wrong with a journal, each by what its caller does about it.

use std::fmt;

use jiff::Timestamp;
use tickstep_core::units::Nanos;

use crate::layout::RECORD_MAX;
use crate::storage::StorageError;

/// Why nothing was written, or not known to be.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder is empty: a journal begins with a snapshot, by
    /// [`rotate`](crate::Journal::rotate).
    #[error("this journal has no file yet; begin it with a snapshot")]
    NotBegun,
    /// A payload above [`RECORD_MAX`].
    #[error("a record of {bytes} bytes; at most {RECORD_MAX} are possible")]
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// Neither the disk nor the reserve has room. What was appended is kept in memory and
    /// is not durable; a later [`sync`](crate::Journal::sync) tries again.
    #[error("no room is left for the journal, and none in reserve: {0}")]
    NoRoom(#[source] StorageError),
    /// A write or a sync failed, now or before: which of the last records are durable is
    /// not known until the journal is opened again.
    #[error("the journal must be opened again: {0}")]
    Broken(String),
    /// The storage failed at something that touches no record.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Something that was durable is not as it was written.
    #[error("{0}")]
    Damaged(Box<Damage>),
    /// A file is gone that stands between others, or that was asked for.
    #[error("{file} is missing")]
    Missing {
        /// Its name.
        file: String,
    },
}

/// The first thing in a journal that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Name of the file.
    pub file: String,
    /// Byte of the file at which the bad record begins, counted from 0.
    pub offset: u64,
    /// Number of the bad record, counted from 0 at the beginning of the journal.
    pub record: u64,
    /// Its time, if its head can be read.
    pub ts: Option<Nanos>,
    /// Time of the last good record before it, of those that were read.
    pub after: Option<Nanos>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, record, ts, after, fault } = self;
        write!(f, "{file}, byte {offset}, record {record}")?;
        if let Some(ts) = ts {
            write!(f, " of {}", Civil(*ts))?;
        }
        if let Some(after) = after {
            write!(f, " after one of {}", Civil(*after))?;
        }
        write!(f, ": {fault}")
    }
}

/// What is wrong with a file or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file does not begin as a journal does.
    #[error("this is no journal")]
    NoJournal,
    /// Written by another release.
    #[error("version {0} is not known here; read it with the release that wrote it or a newer one")]
    Version(u32),
    /// The head of the file.
    #[error("the head of the file is not what was written")]
    FileHead,
    /// The file was renamed.
    #[error("the file says that its number is {0}")]
    Renamed(u64),
    /// The end of the file before is not the one that this file was begun after.
    #[error("the file was begun after other records than those before it")]
    Link,
    /// Length, kind, time or number.
    #[error("its length, kind, time or number is not what was written")]
    Head,
    /// Another record stands in its place.
    #[error("record {0} stands in its place, so that it was dropped or moved")]
    Place(u64),
    /// The bytes, or the record before.
    #[error("its hash is not that of its bytes and the record before it")]
    Hash,
    /// The end is missing.
    #[error("the file ends inside it, {0} bytes are missing")]
    Cut(u64),
}

/// The end of a journal that a crash left behind: records that were never promised to be
/// durable, and that are not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Name of the file, the last one.
    pub file: String,
    /// Byte of the file at which the first torn record begins.
    pub offset: u64,
    /// Bytes from there to the end of the file.
    pub bytes: u64,
    /// Number of the first torn record.
    pub record: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, bytes, record, fault } = self;
        write!(
            f,
            "{file}, byte {offset}: the last {bytes} bytes, from record {record} on, are torn: \
             {fault}"
        )
    }
}

/// A time as text.
struct Civil(Nanos);

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_nanosecond(self.0.0.into()) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ns", self.0.0),
        }
    }
}
