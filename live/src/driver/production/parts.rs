//! What a driver is given, what reaches it, and what it gives out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;
use tickstep_journal::Folder;
use tokio::sync::oneshot;

use crate::broker::Broker;
use crate::clock::Clock;
use crate::driver::kept::{Kept, Stepped};
use crate::driver::replay::KeptError;
use crate::runner::{Happening, Input, Runner};

/// Where a runner's time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// A clock.
    Clock(Clock),
    /// What is fed, each with its time, as fast as it is taken.
    Fed,
}

/// When a journal begins a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes of a file after which the next begins.
    pub bytes: u64,
    /// Time after which the next begins.
    pub every: Nanos,
    /// Files that are kept; all where absent.
    pub keep: Option<u64>,
}

impl Default for Rotation {
    /// A file a day, or for 256 MiB; all are kept.
    fn default() -> Self {
        Self { bytes: 256 << 20, every: Nanos::DAY, keep: None }
    }
}

/// What happened in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: Nanos,
    /// Number of the journal's record from which it follows.
    pub record: u64,
    /// What, in order.
    pub what: Vec<Happening>,
}

/// Whoever is shown what happened, on the runner's own thread: it must not wait.
pub trait Watcher: Send {
    /// Something happened with an input. It may not be durable yet.
    fn happened(&mut self, happened: &Arc<Happened>);

    /// A step is over: its inputs, what happened with each of them, and the runner.
    fn stepped(&mut self, stepped: &[Stepped], what: &[Happening], runner: &Runner);

    /// Everything up to this record of the journal is durable.
    fn durable(&mut self, record: u64);

    /// The first record that it may yet have to read from the journal, so that the files
    /// from there on stay; `None` where it reads none.
    fn needs(&self) -> Option<u64> {
        None
    }
}

/// What a driver is given.
pub struct Production {
    /// The runner and its journal.
    pub kept: Kept<Folder>,
    /// Where its time comes from.
    pub pace: Pace,
    /// The way to each account's broker, in the runner's order; none for paper.
    pub brokers: Vec<Option<Arc<dyn Broker>>>,
    /// How long a reply is awaited, in the runner's time.
    pub timeout: Nanos,
    /// When the journal begins a new file.
    pub rotation: Rotation,
    /// Whether the journal told of a day before this start.
    pub restarted: bool,
    /// Whoever is shown what happened.
    pub watcher: Option<Box<dyn Watcher>>,
}

/// What a feed brings.
#[derive(Debug)]
pub struct Fed {
    /// Its time, where time is [`Pace::Fed`].
    pub at: Nanos,
    /// The input.
    pub input: Input,
}

/// What came of an input that somebody waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// When it was taken.
    pub at: Nanos,
    /// Number of its record.
    pub record: u64,
    /// What happened with it at once.
    pub happened: Vec<Happening>,
}

/// What the runner's thread has, for somebody who does something there.
pub struct Seat<'e> {
    /// The runner and its journal.
    pub kept: &'e mut Kept<Folder>,
    /// The way to each account's broker, in the runner's order.
    pub brokers: &'e mut Vec<Option<Arc<dyn Broker>>>,
    /// The time.
    pub now: Nanos,
    /// What happened by it, to be shown to whoever watches.
    pub happened: Vec<Happened>,
}

/// Somebody's business with the runner, on its own thread: it must not wait.
pub type Business = Box<dyn FnOnce(&mut Seat<'_>) + Send>;

/// How much waits for the thread.
#[derive(Debug, Default)]
pub(super) struct ThreadQueues {
    told: AtomicUsize,
    fed: AtomicUsize,
}

impl ThreadQueues {
    pub fn note(&self, told: usize, fed: usize) {
        self.told.store(told, Ordering::Relaxed);
        self.fed.store(fed, Ordering::Relaxed);
    }

    pub fn now(&self) -> (usize, usize) {
        (self.told.load(Ordering::Relaxed), self.fed.load(Ordering::Relaxed))
    }
}

/// What reaches the thread beside the feeds.
pub(super) enum Told {
    /// A call is over.
    Reply { input: Input },
    /// An input that somebody waits for.
    Input { input: Input, taken: oneshot::Sender<Taken> },
    /// Something else to be done there.
    Business(Business),
    /// The program is to end.
    Stop { within: Duration },
}

/// How a driver ended.
#[derive(Debug)]
pub enum Ended {
    /// As it was asked to; what was still under way then, for people.
    Stopped(Vec<String>),
    /// The journal could not go on.
    Journal(KeptError),
    /// Something in the program that should not happen.
    Panic(String),
}

/// The driver is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runner has ended")]
pub struct Gone;
