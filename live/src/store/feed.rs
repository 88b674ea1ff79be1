//! From the runner to the store, without ever waiting: what does not fit into the queue is
//! dropped, and taken from the journal later.

use std::sync::Arc;

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::entry::{Batch, Roster, StoreEntry};
use crate::driver::Stepped;
use crate::driver::production::{Happened, Watcher};
use crate::runner::{Happening, Runner};
use tickstep_core::units::Nanos;

/// Entries that may wait for the journal to be durable.
const MOST_WAITING: usize = 65_536;

/// The runner's end of the queue. Nothing of it blocks.
pub struct Feed {
    batches: Sender<Batch>,
    waiting: Vec<StoreEntry>,
    /// The first record that no batch was made of.
    from: u64,
    most: usize,
    /// Who the accounts are; made when it is first needed.
    roster: Option<Arc<Roster>>,
}

/// A queue for `capacity` batches; `next` is the number of the record that the journal
/// will write next.
#[must_use]
pub fn feed(capacity: usize, next: u64) -> (Feed, Receiver<Batch>) {
    let (batches, receiver) = mpsc::channel(capacity.max(1));
    (Feed { batches, waiting: Vec::new(), from: next, most: MOST_WAITING, roster: None }, receiver)
}

impl Feed {
    /// Notes what happened in a step of `runner`.
    pub fn note(&mut self, stepped: &[Stepped], happenings: &[Happening], runner: &Runner) {
        if happenings.is_empty() {
            return;
        }
        if happenings.iter().any(|h| matches!(h, Happening::Configured { .. })) {
            self.roster = None;
        }
        let roster = self.roster.get_or_insert_with(|| Arc::new(Roster::of(runner)));
        let roster = &Arc::clone(roster);
        let mut from = 0;
        for step in stepped {
            let upto = step.happenings.min(happenings.len());
            let own = happenings.get(from..upto).unwrap_or_default();
            from = upto;
            if !own.is_empty() {
                self.wait(step.record, step.at, roster, own.to_vec());
            }
        }
    }

    fn wait(&mut self, record: u64, at: Nanos, roster: &Arc<Roster>, happenings: Vec<Happening>) {
        if self.waiting.len() >= self.most {
            // The gap that this leaves is filled from the journal.
            self.waiting.clear();
            self.from = record;
        }
        let roster = Arc::clone(roster);
        self.waiting.push(StoreEntry { record, at, roster, happenings });
    }

    /// Batches that wait for the store.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.batches.max_capacity() - self.batches.capacity()
    }

    /// Says that the journal is durable up to a record; what happened until then goes to
    /// the store. Whether it went: a queue that is full leaves a gap, which is filled from
    /// the journal.
    pub fn durable(&mut self, upto: u64) -> bool {
        if upto < self.from {
            return true;
        }
        let ready = self.waiting.partition_point(|entry| entry.record <= upto);
        let entries: Vec<StoreEntry> = self.waiting.drain(..ready).collect();
        let batch = Batch { from: self.from, upto, entries };
        self.from = upto + 1;
        self.batches.try_send(batch).is_ok()
    }
}

impl Watcher for Feed {
    fn happened(&mut self, _: &Arc<Happened>) {}

    fn stepped(&mut self, stepped: &[Stepped], what: &[Happening], runner: &Runner) {
        self.note(stepped, what, runner);
    }

    fn durable(&mut self, record: u64) {
        // A queue that is full leaves a gap, which is filled from the journal.
        let _ = Self::durable(self, record);
    }
}
