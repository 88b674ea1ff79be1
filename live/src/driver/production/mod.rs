//! The driver of a real day: a thread that has the runner and its journal, calls to brokers
//! beside it, and a clock.
//!
//! The thread takes one input after the other: it is written down, stepped, made durable
//! where something is about to be sent, and only then handed to the calls, of which each
//! has a task of its own. So a slow broker, or a slow account, holds up nobody; a call that
//! ends in any way at all answers, at the latest after the time that a reply is awaited.
//!
//! Replies and acts of people come before what feeds bring. What a feed brings waits in a
//! queue of bounded length; a feed that is too fast is held up, never the runner.
//!
//! Refuses to do: go on after a journal that could not be written. Whoever started it is
//! told, and starts it again.

mod call;
mod engine;
mod parts;
mod recorded;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tickstep_core::units::Nanos;
use tickstep_journal::{Folder, Journal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::runner::{Input, Runner};
pub use parts::{
    Business, Ended, Fed, Gone, Happened, Pace, Production, Rotation, Seat, Taken, Watcher,
};
use parts::{ThreadQueues, Told};
pub use recorded::last_market_event;

/// What feeds may have brought and the runner has not taken yet.
pub const QUEUE: usize = 1024;

/// A way to the runner's thread. Clones lead to the same.
#[derive(Clone)]
pub struct Control {
    told: mpsc::UnboundedSender<Told>,
    ended: watch::Receiver<bool>,
    holds: Arc<AtomicBool>,
    waits: Arc<ThreadQueues>,
}

impl Control {
    /// Hands the runner an input, and waits until it was taken.
    pub async fn give(&self, input: Input) -> Result<Taken, Gone> {
        let (taken, took) = oneshot::channel();
        self.told.send(Told::Input { input, taken }).map_err(|_| Gone)?;
        took.await.map_err(|_| Gone)
    }

    /// Looks at the runner and its journal between two steps.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Runner, &Journal<Folder>, Nanos) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        self.with(|seat| look(seat.kept.runner(), seat.kept.journal(), seat.now)).await
    }

    /// Does something with the runner and its journal between two steps.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Seat<'_>) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (tell, told) = oneshot::channel();
        let business: Business = Box::new(move |seat| {
            // Who asked may not wait any more.
            let _ = tell.send(act(seat));
        });
        self.told.send(Told::Business(business)).map_err(|_| Gone)?;
        told.await.map_err(|_| Gone)
    }

    /// Ends it: nothing is opened any more, what is under way is awaited for at most
    /// `within`, sessions are closed, and the journal begins a file with a snapshot.
    pub fn stop(&self, within: Duration) {
        // One that has ended needs no word.
        let _ = self.told.send(Told::Stop { within });
    }

    /// ThreadQueues until it has ended.
    pub async fn ended(&self) {
        let mut ended = self.ended.clone();
        // Its end without a word is an end too.
        let _ = ended.wait_for(|over| *over).await;
    }

    /// How many acts and replies wait for the runner, and how many of what feeds brought,
    /// as it last took one.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        self.waits.now()
    }

    /// Whether any account holds a position.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.holds.load(Ordering::Relaxed)
    }
}

/// A driver that runs.
pub struct Running {
    /// The way to it.
    pub control: Control,
    /// Where feeds bring what they have. The driver sees that a feed is over when all
    /// clones are gone.
    pub feed: mpsc::Sender<Fed>,
    /// Whether everything that was fed is taken, and nothing more will come.
    pub feed_over: watch::Receiver<bool>,
    /// The thread; what it ended with.
    pub thread: std::thread::JoinHandle<Ended>,
}

impl Production {
    /// Starts the thread. Calls run on the runtime that this is called in.
    pub fn start(self) -> std::io::Result<Running> {
        let runtime = tokio::runtime::Handle::current();
        let (told, tellings) = mpsc::unbounded_channel();
        let (feed, fed) = mpsc::channel(QUEUE);
        let (over, feed_over) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        let holds = Arc::new(AtomicBool::new(false));
        let waits = Arc::new(ThreadQueues::default());
        let (waiting, held) = (Arc::clone(&waits), Arc::clone(&holds));
        let control = Control { told: told.clone(), ended, holds: held, waits };
        let work = move || {
            let engine = engine::Engine::new(self, runtime, told, over, holds);
            let run = std::panic::AssertUnwindSafe(|| engine.run(tellings, fed, &waiting));
            let ended = std::panic::catch_unwind(run).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                let word = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
                Ended::Panic(text.or(word).unwrap_or_else(|| "no words".to_owned()))
            });
            // Nobody may be left to hear it.
            let _ = end.send(true);
            ended
        };
        let thread = std::thread::Builder::new().name("runner".to_owned()).spawn(work)?;
        Ok(Running { control, feed, feed_over, thread })
    }
}

/// Opens the folder of a journal, which one program may have at a time.
pub fn open_folder(path: &Path) -> Result<Folder, tickstep_journal::StorageError> {
    Folder::open(path)
}
