//! The task that writes the database, behind the journal.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::catch_up::Replay;
use super::entry::Batch;
use super::error::StoreError;
use super::open::Store;
use super::query::SampleRow;
use super::translate::LeftOut;

/// The first wait after a failure, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Failures of which the last ones are told.
const TOLD: usize = 16;

/// How the store does. A change of it is worth an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// All records up to this one are in it; `None` before the first.
    pub record: Option<u64>,
    /// Why it is behind, where it is; trading goes on, and it catches up by itself.
    pub trouble: Option<String>,
    /// Records that neither the journal nor the database has any more.
    pub missing: Option<(u64, u64)>,
    /// The last happenings that no column can hold.
    pub left_out: Vec<LeftOut>,
}

/// What is to be done.
#[derive(Clone, Copy)]
enum Task<'b> {
    /// Take in all of the journal up to this record.
    CatchUp(u64),
    /// Take in what the queue brought.
    Apply(&'b Batch),
}

/// Writes what the queue brings; what is missing in it comes from the journal.
pub struct Writer {
    store: Store,
    batches: mpsc::Receiver<Batch>,
    replay: Arc<Replay>,
    samples: Option<mpsc::Receiver<SampleRow>>,
    health: watch::Sender<Health>,
    waits: (Duration, Duration),
}

/// What was measured next; never anything where nobody measures.
async fn measured(samples: &mut Option<mpsc::Receiver<SampleRow>>) -> Option<SampleRow> {
    match samples {
        Some(samples) => samples.recv().await,
        None => std::future::pending().await,
    }
}

impl Writer {
    /// A writer of `store`, fed by `batches`; `replay` reads the journal.
    #[must_use]
    pub fn new(
        store: Store,
        batches: mpsc::Receiver<Batch>,
        replay: Arc<Replay>,
    ) -> (Self, watch::Receiver<Health>) {
        let (health, watching) = watch::channel(Health::default());
        (Self { store, batches, replay, samples: None, health, waits: WAITS }, watching)
    }

    /// Keeps what is measured, too.
    #[must_use]
    pub fn with_samples(mut self, samples: mpsc::Receiver<SampleRow>) -> Self {
        self.samples = Some(samples);
        self
    }

    /// Waits this long after a first failure, twice as long after each that follows, and
    /// never longer than `longest`.
    #[must_use]
    pub const fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.waits = (first, longest);
        self
    }

    /// Catches up with the journal, whose last durable record is `upto`, then takes in
    /// what comes until the queue is closed; gives the store back. A failure of the
    /// database is told and tried again, for as long as somebody feeds it.
    pub async fn run(mut self, upto: Option<u64>) -> Store {
        if let Some(upto) = upto {
            self.take(Task::CatchUp(upto)).await;
        }
        loop {
            tokio::select! {
                biased;
                batch = self.batches.recv() => match batch {
                    Some(batch) => self.take(Task::Apply(&batch)).await,
                    None => break,
                },
                Some(sample) = measured(&mut self.samples) => self.sample(sample).await,
            }
        }
        while let Some(sample) = self.samples.as_mut().and_then(|all| all.try_recv().ok()) {
            self.sample(sample).await;
        }
        self.store
    }

    async fn sample(&mut self, sample: SampleRow) {
        // The next one comes in a minute.
        if let Err(error) = self.store.sample(&sample).await {
            tracing::debug!(%error, "what was measured is not kept");
        }
    }

    async fn take(&mut self, task: Task<'_>) {
        let mut wait = self.waits.0;
        while let Err(error) = self.try_take(task).await {
            self.health.send_modify(|health| health.trouble = Some(error.to_string()));
            if self.batches.is_closed() {
                // Nobody waits for it any more; the next start catches up.
                return;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.waits.1);
        }
        let upto = match task {
            Task::CatchUp(upto) => upto,
            Task::Apply(batch) => batch.upto,
        };
        self.health.send_modify(|health| {
            health.record = Some(upto.max(health.record.unwrap_or(0)));
            health.trouble = None;
        });
    }

    async fn try_take(&mut self, task: Task<'_>) -> Result<(), StoreError> {
        let batch = match task {
            Task::CatchUp(upto) => return self.catch_up(upto).await,
            Task::Apply(batch) => batch,
        };
        let next = u64::try_from(self.store.record().await? + 1).unwrap_or(0);
        if batch.from > next {
            // The queue was full for a while.
            return self.catch_up(batch.upto).await;
        }
        let applied = self.store.apply(batch).await?;
        self.note(applied.left_out, None);
        Ok(())
    }

    async fn catch_up(&mut self, upto: u64) -> Result<(), StoreError> {
        let caught = self.store.catch_up(Arc::clone(&self.replay), upto).await?;
        self.note(caught.left_out, caught.missing);
        Ok(())
    }

    fn note(&self, left_out: Vec<LeftOut>, missing: Option<(u64, u64)>) {
        if left_out.is_empty() && missing.is_none() {
            return;
        }
        self.health.send_modify(|health| {
            health.left_out.extend(left_out);
            let over = health.left_out.len().saturating_sub(TOLD);
            health.left_out.drain(..over);
            health.missing = missing.or(health.missing);
        });
    }
}
