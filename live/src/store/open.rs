//! The database file: its one writer and its readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _, SqliteConnection};

use super::entry::Roster;
use super::error::StoreError;
use super::query::Reads;
use super::retention::Retention;

/// Readers at once.
const READERS: u32 = 8;

/// The tables, step by step; each one is applied once.
pub(super) const MIGRATIONS: [(i64, &str, &str); 3] = [
    (1, "tables", include_str!("migrations/0001_tables.sql")),
    (2, "indexes", include_str!("migrations/0002_indexes.sql")),
    (3, "samples", include_str!("migrations/0003_samples.sql")),
];

fn migrator() -> Migrator {
    let one = |(version, name, text): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.map(one).into())
}

/// How a database is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How long rows are kept.
    pub retention: Retention,
    /// How long a statement waits for another program that holds the file.
    pub busy: Duration,
    /// Pages of 4096 bytes that the file may have at most.
    pub most_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        let retention = Retention::default();
        Self { retention, busy: Duration::from_secs(5), most_pages: None }
    }
}

/// The database of a runner, to be written. There is one for a file; who reads has
/// [`Reads`].
pub struct Store {
    pub(super) write: SqliteConnection,
    reads: Reads,
    path: PathBuf,
    pub(super) retention: Retention,
    /// The roster whose accounts are in the tables.
    pub(super) roster: Option<Arc<Roster>>,
}

impl Store {
    /// Opens the database at `path`, which is made if it is not there, and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a later version of this program.
    pub async fn open(path: &Path, kept: StoreOptions) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Open { path: path.to_owned(), error };
        // A commit is durable against a crash of the program; what a crash of the machine
        // takes is in the journal.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(kept.busy)
            .disable_statement_logging();
        let capped = match kept.most_pages {
            Some(pages) => options.clone().pragma("max_page_count", pages.to_string()),
            None => options.clone(),
        };
        let mut write = capped.connect().await.map_err(failed)?;
        migrator().run(&mut write).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS);
        let pool: SqlitePool =
            readers.connect_with(options.read_only(true)).await.map_err(failed)?;
        let reads = Reads::of(pool);
        Ok(Self { write, reads, path: path.to_owned(), retention: kept.retention, roster: None })
    }

    /// What is asked of it; may be cloned and used from many tasks at once.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.reads.clone()
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes it; what was committed is in its one file then.
    ///
    /// # Errors
    /// When the last writes fail.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reads.close().await;
        Ok(self.write.close().await?)
    }
}
