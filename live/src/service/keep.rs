//! The database behind the journal, fed with what is durable.

use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tickstep_config::OwnStrategies;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadError, ReadFolder, Reader, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::gauge::Gauge;
use crate::driver::production::{Happened, Watcher};
use crate::driver::{Stepped, build_with};
use crate::runner::{Happening, Runner};
use crate::store::{
    Feed, Health, Replay, SampleRow, Store, StoreError, StoreLogin, StoreOptions, Writer, feed,
    replay_from,
};

/// Batches that may wait for the database; beyond that it takes from the journal.
const WAITING: usize = 256;

/// Minutes whose measurements may wait for the database.
const SAMPLES: usize = 16;

/// Where the database of a state folder is.
#[must_use]
pub fn store_path(state: &Path) -> PathBuf {
    state.join("live.db")
}

/// Records that the database knows of and the journal has no more: its newest ones, or the
/// newest of its files, were cut off. What a crash tears was never durable, and the database
/// is given nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// Number of the first record that is gone.
    pub first: u64,
    /// Number of the last one that the database knows of.
    pub known: u64,
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, known } = self;
        write!(
            f,
            "the journal lacks record {first} and those behind it: the database beside it knows \
             of records up to {known}. Put the files of the journal back as they were. Where they \
             are lost, `tickstep-live rebuild` makes the database of what is left, and the next \
             start asks the brokers what they hold; where a journal is to begin anew, move the \
             database away"
        )
    }
}

impl CutOff {
    /// What a journal lacks that the database at `database` knows of, if there is one. Nothing
    /// is changed.
    pub async fn of(
        journal: &impl Source,
        database: &Path,
        options: StoreOptions,
    ) -> Result<Option<Self>, CutOffError> {
        if !database.exists() {
            return Ok(None);
        }
        let mut reader = Reader::latest(journal)?;
        while reader.next()?.is_some() {}
        let first = reader.next_number();
        let mut store = Store::open(database, options).await?;
        let known = store.record().await;
        store.close().await?;
        let known = u64::try_from(known?).ok();
        Ok(known.filter(|known| *known >= first).map(|known| Self { first, known }))
    }
}

/// Why it is not known whether anything is gone.
#[derive(Debug, thiserror::Error)]
pub enum CutOffError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database cannot be asked.
    #[error("the database of the state: {0}")]
    Store(#[from] StoreError),
}

/// Replays the journal in a folder, with the strategies that a program brings.
#[must_use]
pub fn replay_of(journal: PathBuf, own: OwnStrategies) -> Arc<Replay> {
    Arc::new(move |record, seen| {
        let build = build_with(&own);
        replay_from(&ReadFolder::new(&journal), &build, record, seen)
    })
}

/// Hands what happened to the database's queue.
pub(super) struct StoreWatcher {
    feed: Feed,
    health: watch::Receiver<Health>,
    gauge: Arc<Gauge>,
}

impl Watcher for StoreWatcher {
    fn happened(&mut self, _: &Arc<Happened>) {}

    fn stepped(&mut self, stepped: &[Stepped], what: &[Happening], runner: &Runner) {
        self.feed.note(stepped, what, runner);
    }

    fn durable(&mut self, record: u64) {
        // A queue that is full leaves a gap, which is filled from the journal.
        let _ = self.feed.durable(record);
        self.gauge.wait(self.feed.queued());
    }

    fn needs(&self) -> Option<u64> {
        // Before it has caught up it is not known how far it is.
        Some(self.health.borrow().record.map_or(0, |record| record + 1))
    }
}

/// How the database of a service stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreReport {
    /// All records of the journal up to this one are in it; `None` before it has caught up.
    pub record: Option<u64>,
    /// Why it is behind, where it is; trading goes on, and it catches up by itself.
    pub behind: Option<String>,
    /// The first and the last record that neither the journal nor the database has any more:
    /// what they told is not among its rows.
    pub missing: Option<(u64, u64)>,
}

impl From<&Health> for StoreReport {
    fn from(health: &Health) -> Self {
        let Health { record, trouble, missing, .. } = health;
        Self { record: *record, behind: trouble.clone(), missing: *missing }
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            Some(record) => write!(f, "has the records up to {record}")?,
            None => f.write_str("has not caught up with the journal yet")?,
        }
        if let Some(why) = &self.behind {
            write!(f, "; BEHIND the journal, and tries again: {why}")?;
        }
        if let Some((first, last)) = self.missing {
            write!(
                f,
                "; RECORDS {first} TO {last} ARE MISSING: the journal's files with them are gone, \
                 and what they told is in no table"
            )?;
        }
        Ok(())
    }
}

/// The database's task, which ends once nothing feeds it any more.
pub struct Keeping {
    task: JoinHandle<Store>,
    health: watch::Receiver<Health>,
    gauge: Arc<Gauge>,
    samples: Option<mpsc::Sender<SampleRow>>,
}

impl Keeping {
    /// Opens the database of a state folder, which takes what it lacks from the journal up
    /// to the record before `next`, and is told of logins at a time.
    pub(super) async fn start(
        state: &Path,
        options: StoreOptions,
        logins: (&[StoreLogin], Nanos),
        journal: PathBuf,
        own: OwnStrategies,
        next: u64,
    ) -> Result<(Self, StoreWatcher), StoreError> {
        let mut store = Store::open(&store_path(state), options).await?;
        store.logins(logins.0, logins.1).await?;
        let (queue, batches) = feed(WAITING, next);
        let (writer, health) = Writer::new(store, batches, replay_of(journal, own));
        let (send, samples) = mpsc::channel(SAMPLES);
        let writer = writer.with_samples(samples);
        let gauge = Arc::new(Gauge::new("database", Some(WAITING as u64)));
        let task = tokio::spawn(writer.run(next.checked_sub(1)));
        tokio::spawn(tell(health.clone(), Arc::clone(&gauge)));
        let watcher =
            StoreWatcher { feed: queue, health: health.clone(), gauge: Arc::clone(&gauge) };
        Ok((Self { task, health, gauge, samples: Some(send) }, watcher))
    }

    /// How the database does, now and from now on.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// How long its queue is.
    pub(super) fn gauge(&self) -> Arc<Gauge> {
        Arc::clone(&self.gauge)
    }

    /// Where what is measured goes, once.
    pub(super) fn samples(&mut self) -> Option<mpsc::Sender<SampleRow>> {
        self.samples.take()
    }

    /// Waits until all that was fed is in it, and closes it.
    pub(super) async fn end(self) {
        match self.task.await {
            Ok(store) => {
                if let Err(error) = store.close().await {
                    tracing::warn!(%error, "the database was not closed; the next start repairs it");
                }
            }
            Err(error) => tracing::error!(%error, "the database's task ended"),
        }
    }
}

/// Says when the database falls behind, and when it is there again.
async fn tell(mut health: watch::Receiver<Health>, gauge: Arc<Gauge>) {
    while health.changed().await.is_ok() {
        match &health.borrow_and_update().trouble {
            Some(why) => gauge.trouble(&format!("it is behind the journal: {why}")),
            None => gauge.well(),
        }
    }
}
