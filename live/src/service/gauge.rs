//! How long queues are, and how whoever works them does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::clock::wall;

/// A queue of a service, as whoever works it says.
#[derive(Debug)]
pub struct Gauge {
    name: String,
    room: Option<u64>,
    waiting: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    trouble: Mutex<Option<(Nanos, String)>>,
}

/// A queue at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueReport {
    /// What it is called.
    pub name: String,
    /// What waits in it, what is being worked on included.
    pub waiting: u64,
    /// What may wait in it at most; any number where absent.
    pub room: Option<u64>,
    /// What was dropped because it was full, since the start.
    pub dropped: u64,
    /// What was given up, since the start.
    pub failed: u64,
    /// What is wrong with it now, and since when.
    pub trouble: Option<(Nanos, String)>,
}

impl Gauge {
    /// Of a queue that is empty.
    #[must_use]
    pub fn new(name: &str, room: Option<u64>) -> Self {
        let (waiting, dropped) = (AtomicU64::new(0), AtomicU64::new(0));
        let (failed, trouble) = (AtomicU64::new(0), Mutex::new(None));
        Self { name: name.to_owned(), room, waiting, dropped, failed, trouble }
    }

    fn troubled(&self) -> MutexGuard<'_, Option<(Nanos, String)>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many wait now.
    pub fn wait(&self, waiting: usize) {
        self.waiting.store(u64::try_from(waiting).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// One was dropped.
    pub fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Something is wrong; said once in the log until it is well again.
    pub fn trouble(&self, why: &str) {
        let mut trouble = self.troubled();
        match &mut *trouble {
            Some((_, words)) => why.clone_into(words),
            None => {
                tracing::warn!("{}: {why}; trading goes on", self.name);
                *trouble = Some((wall(), why.to_owned()));
            }
        }
    }

    /// One was given up.
    pub fn fail(&self, why: &str) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("{}: given up: {why}", self.name);
        self.trouble(why);
    }

    /// It does what it should.
    pub fn well(&self) {
        if self.troubled().take().is_some() {
            tracing::info!("{}: all is well again", self.name);
        }
    }

    /// How it does.
    #[must_use]
    pub fn report(&self) -> QueueReport {
        QueueReport {
            name: self.name.clone(),
            waiting: self.waiting.load(Ordering::Relaxed),
            room: self.room,
            dropped: self.dropped.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            trouble: self.troubled().clone(),
        }
    }
}

/// The gauges of a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges(Arc<Mutex<Vec<Arc<Gauge>>>>);

impl Gauges {
    fn all(&self) -> MutexGuard<'_, Vec<Arc<Gauge>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new one.
    pub fn gauge(&self, name: &str, room: Option<u64>) -> Arc<Gauge> {
        let gauge = Arc::new(Gauge::new(name, room));
        self.all().push(Arc::clone(&gauge));
        gauge
    }

    /// One more, of somebody who was there before.
    pub fn add(&self, gauge: Arc<Gauge>) {
        self.all().push(gauge);
    }

    /// All of them, as they were made.
    pub fn report(&self) -> Vec<QueueReport> {
        self.all().iter().map(|gauge| gauge.report()).collect()
    }
}
