//! A service that runs: the driver's thread, its feeds, and whoever is shown what happens.

use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

use super::about::{About, FeedTask};
use super::handle::Handle;
use super::keep::Keeping;
use super::sampling::sample;
use super::set::Setter;
use super::tally::Tally;
use super::twin::AccountLocks;
use crate::driver::Stepped;
use crate::driver::production::{Control, Ended, Fed, Happened, Production, Running, Watcher};
use crate::runner::{Happening, Runner};
use crate::store::Health;

/// Steps whose happenings a reader may be behind before it misses some.
const BEHIND: usize = 8192;

/// A runner that runs.
pub struct Service {
    handle: Handle,
    thread: std::thread::JoinHandle<Ended>,
    feeds: tokio::task::JoinHandle<()>,
    feed_over: watch::Receiver<bool>,
    /// The database behind the journal, where there is one.
    keeping: Option<Keeping>,
    /// Held as long as it runs.
    _locks: AccountLocks,
}

/// Shows what happened to readers of events, and to another watcher behind it, and counts.
struct Publisher {
    events: broadcast::Sender<Arc<Happened>>,
    tally: Tally,
    behind: Option<Box<dyn Watcher>>,
}

impl Watcher for Publisher {
    fn happened(&mut self, happened: &Arc<Happened>) {
        // Where nobody listens it is nobody's loss.
        let _ = self.events.send(Arc::clone(happened));
        if let Some(behind) = &mut self.behind {
            behind.happened(happened);
        }
    }

    fn stepped(&mut self, stepped: &[Stepped], what: &[Happening], runner: &Runner) {
        self.tally.keep_alerts(stepped, what);
        self.tally.count(what, &|account| runner.account_name(account));
        if let Some(behind) = &mut self.behind {
            behind.stepped(stepped, what, runner);
        }
    }

    fn durable(&mut self, record: u64) {
        if let Some(behind) = &mut self.behind {
            behind.durable(record);
        }
    }

    fn needs(&self) -> Option<u64> {
        self.behind.as_ref()?.needs()
    }
}

impl Service {
    /// Starts a driver and its feeds on the runtime that this is called in.
    pub fn start(
        mut production: Production,
        about: About,
        locks: AccountLocks,
        feeds: Vec<FeedTask>,
        setter: Option<Setter>,
    ) -> std::io::Result<Self> {
        let (events, _) = broadcast::channel(BEHIND);
        let behind = production.watcher.take();
        let tally = Tally::default();
        let (shown, counted) = (events.clone(), tally.clone());
        production.watcher = Some(Box::new(Publisher { events: shown, tally: counted, behind }));
        let Running { control, feed, feed_over, thread } = production.start()?;
        let mut tasks = JoinSet::new();
        for task in feeds {
            tasks.spawn(task(control.clone(), feed.clone()));
        }
        // Where all that was recorded is played, nothing else may hold its end back.
        let later = feed.downgrade();
        drop(feed);
        let (change, changes) = mpsc::unbounded_channel();
        let feeds = tokio::spawn(supervise(tasks, changes, control.clone(), later));
        let setter = setter.map(|setter| Arc::new(setter.with_feeds(change)));
        let handle = Handle::new(control, events, Arc::new(about), setter, tally);
        Ok(Self { handle, thread, feeds, feed_over, keeping: None, _locks: locks })
    }

    /// With the task of a database that is awaited when it ends.
    #[must_use]
    pub fn keeping(mut self, mut keeping: Keeping) -> Self {
        self.handle = self.handle.with_store(keeping.health());
        self.handle.add_gauge(keeping.gauge());
        if let Some(samples) = keeping.samples() {
            tokio::spawn(sample(self.handle.clone(), samples));
        }
        self.keeping = Some(keeping);
        self
    }

    /// How its database does, now and from now on, where it has one.
    #[must_use]
    pub fn health(&self) -> Option<watch::Receiver<Health>> {
        self.keeping.as_ref().map(Keeping::health)
    }

    /// A way to it, for anybody.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits until everything that was recorded has been played; forever where a feed has
    /// no end.
    pub async fn feed_over(&self) {
        let mut over = self.feed_over.clone();
        if over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it has ended, and says how.
    pub async fn join(self) -> Ended {
        self.handle.ended().await;
        self.feeds.abort();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if let Some(keeping) = self.keeping {
            keeping.end().await;
        }
        match joined {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) | Err(_) => Ended::Panic("the runner's thread".to_owned()),
        }
    }
}

/// Keeps the feeds that run, until others take their place or the driver has ended.
async fn supervise(
    mut tasks: JoinSet<()>,
    mut changes: mpsc::UnboundedReceiver<Vec<FeedTask>>,
    control: Control,
    feed: mpsc::WeakSender<Fed>,
) {
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Some(others) => {
                    let Some(feed) = feed.upgrade() else { continue };
                    tasks.shutdown().await;
                    for task in others {
                        tasks.spawn(task(control.clone(), feed.clone()));
                    }
                }
                // Nobody can change them any more.
                None => {
                    while tasks.join_next().await.is_some() {}
                    return;
                }
            },
            Some(_) = tasks.join_next() => {}
            () = control.ended() => return,
        }
    }
}
