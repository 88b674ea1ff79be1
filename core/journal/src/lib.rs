//! A journal: records that are appended, made durable when they must be, and found whole
//! after a crash. To it they are bytes with a kind and a time. What the records of a live
//! runner mean to programs that read its journal is beside it: [`RecordKind`], [`Outcome`].
//!
//! What holds:
//! - After [`sync`](Journal::sync) has returned, every record appended before survives any
//!   crash. One sync is one sync of the disk, for any number of records.
//! - What was not synced may survive in part, but only as a beginning: opening cuts off
//!   what is torn behind the last whole record, and says what it cut. It cuts nothing that
//!   was durable: where a later record shows that a bad one had been, opening refuses.
//! - Each record has a SHA-256 of itself and the hash before it. A bit that is changed, a
//!   record or a file that is dropped, moved or put in is found by [`verify`], which names
//!   the first record that is not as it was written, with file, byte and time.
//! - A file begins with a snapshot of its caller's, and is there whole or not at all; so
//!   older ones can be [removed](Journal::remove_before), and reading begins at the oldest
//!   that is kept.
//! - After a write or a sync that failed the journal does nothing until it is opened again.
//! - When the disk is full, a file held in [reserve](Room) is given up, and records are
//!   durable as long as what it left lasts.
//!
//! What it does not do: look into payloads, read a clock, start a thread, compress,
//! encrypt. It has one writer; [`Folder`] holds a lock for it.
//!
//! What it cannot do: who can write the files can write all of them anew, with other
//! hashes, or cut the newest records off at the end of one; [`Journal::head`] and
//! [`Journal::next_number`] kept elsewhere show either. Bytes that are changed inside the
//! records of the last sync look like a torn end, because nothing behind them says that they
//! had been durable, and a crash may leave any part of such records: [`verify`] names the
//! first as [`Verified::torn`]. A record that is dropped there is damage all the same, since
//! the one behind it has another number. A record that is synced alone when a program stops
//! leaves only itself in that place.
//!
//! ```
//! use tickstep_core::units::Nanos;
//! use tickstep_journal::{Folder, Journal, ReadFolder, Reader, Room, verify};
//!
//! const SNAPSHOT: u8 = 0;
//! const ORDER: u8 = 1;
//! # let path = std::env::temp_dir().join(format!("tickstep-journal-{}", std::process::id()));
//! # let path = path.as_path();
//!
//! // A journal begins with a snapshot of what there is: here, nothing.
//! let mut journal = Journal::open(Folder::open(path)?, 1024)?.journal;
//! journal.rotate(SNAPSHOT, Nanos(0), b"no position")?;
//!
//! // Two orders of one decision, durable by one sync, and only then sent.
//! journal.append(ORDER, Nanos(7), b"buy 1")?;
//! journal.append(ORDER, Nanos(7), b"buy 2")?;
//! journal.sync()?;
//! assert_eq!(journal.room(), Room::Plenty);
//! drop(journal);
//!
//! // After a restart: the last snapshot, and what happened since.
//! let mut reader = Reader::latest(ReadFolder::new(path))?;
//! let mut seen = Vec::new();
//! while let Some(record) = reader.next()? {
//!     seen.push((record.number, record.kind, record.payload.to_vec()));
//! }
//! assert_eq!(seen[0], (0, SNAPSHOT, b"no position".to_vec()));
//! assert_eq!(seen[2], (2, ORDER, b"buy 2".to_vec()));
//!
//! // A new snapshot, after which the first file may go.
//! let opened = Journal::open(Folder::open(path)?, 1024)?;
//! assert_eq!(opened.torn, None);
//! let mut journal = opened.journal;
//! assert_eq!(journal.rotate(SNAPSHOT, Nanos(9), b"long 3")?, 3);
//! assert_eq!(journal.remove_before(2)?, 1);
//! let verified = verify(journal.storage())?;
//! assert_eq!((verified.first, verified.next, verified.head), (3, 4, journal.head()));
//! # drop(journal);
//! # std::fs::remove_dir_all(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod journal;
mod layout;
mod open;
mod reader;
mod records;
mod reserve;
mod storage;
mod tail;
mod window;

pub use error::{Damage, Fault, JournalError, ReadError, Torn};
pub use journal::Journal;
pub use layout::{Hash, RECORD_MAX};
pub use open::Opened;
pub use reader::{JournalFile, Reader, Record, Verified, files, verify};
pub use records::{
    Aim, Executed, OrderEnd, OrderOutcome, Outcome, RecordKind, StatedMoney, TradeOutcome,
    Unreadable, configured, decode_outcome, encode_outcome,
};
pub use reserve::{RESERVE, Room};
pub use storage::{Entry, Folder, Memory, Mishap, ReadFolder, Source, Storage, StorageError};
