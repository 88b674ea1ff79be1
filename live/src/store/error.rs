//! What can go wrong with the store. None of it stops trading: the journal has everything,
//! and the store catches up with it.

use std::path::PathBuf;

use super::amount::DoesNotFit;
use super::word::UnknownWord;

/// Why the database could not be opened, written or asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened.
    #[error("the database {} cannot be opened: {error}", .path.display())]
    Open {
        /// Its file.
        path: PathBuf,
        /// Why.
        error: sqlx::Error,
    },
    /// Its tables cannot be made, or are those of a later program.
    #[error("the tables of the database cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A statement failed; a full disk and a lock are such.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// Records between what it knows and what it is given are missing.
    #[error(
        "the database has records up to {have} and is given those from {from} on; it has to \
         catch up from the journal first"
    )]
    Gap {
        /// The last record that it has; -1 before the first.
        have: i64,
        /// The first that it is given.
        from: u64,
    },
    /// It knows of records that the journal does not have.
    #[error(
        "the database has records up to {have}, but the journal ends at {last}: it belongs to \
         another journal; give it its own, or move the database away and have it made anew"
    )]
    Ahead {
        /// The last record that it has.
        have: i64,
        /// The journal's last record.
        last: u64,
    },
    /// The journal cannot be replayed.
    #[error("the journal cannot be read for the database: {0}")]
    Journal(String),
    /// A word that is none of its column's.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// An amount of a question that no column can hold.
    #[error(transparent)]
    Amount(#[from] DoesNotFit),
    /// A file of an export cannot be written.
    #[error("the export cannot be written: {0}")]
    Export(String),
}
