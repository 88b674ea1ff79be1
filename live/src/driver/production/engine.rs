//! The thread that has the runner: one input after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tickstep_core::units::Nanos;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::call;
use super::parts::{
    Ended, Fed, Happened, Pace, Production, Rotation, Seat, Taken, ThreadQueues, Told, Watcher,
};
use crate::broker::{Broker, Call};
use crate::clock::Clock;
use crate::driver::{Kept, KeptError, Stepped};
use crate::runner::{Happening, Input};
use tickstep_journal::Folder;

/// What was written down may be lost in a crash for so long where nothing was sent.
const SYNC: Nanos = Nanos(1_000_000_000);
/// How long sessions may take to close.
const LOG_OUT: Duration = Duration::from_secs(3);

/// What comes next.
enum Next {
    Told(Told),
    Fed(Option<Fed>),
    Wake,
    Sync,
    /// What was under way has had its time.
    Over,
}

pub(super) struct Engine {
    kept: Kept<Folder>,
    pace: Pace,
    brokers: Vec<Option<Arc<dyn Broker>>>,
    /// How long a reply is awaited.
    deadline: Duration,
    rotation: Rotation,
    rotated: Nanos,
    restarted: bool,
    watcher: Option<Box<dyn Watcher>>,
    runtime: Handle,
    tell: mpsc::UnboundedSender<Told>,
    over: watch::Sender<bool>,
    holds: Arc<AtomicBool>,
    /// The time of the last step.
    last: Nanos,
    /// A clock of this machine, for what is not the runner's time.
    machine: Clock,
    /// Since when something was appended that is not durable, by that clock.
    waiting: Option<Nanos>,
    /// Whether the feeds may bring more.
    feeding: bool,
    /// Until when what is under way is awaited, once it is to end.
    stopping: Option<Nanos>,
}

impl Engine {
    pub(super) fn new(
        given: Production,
        runtime: Handle,
        tell: mpsc::UnboundedSender<Told>,
        over: watch::Sender<bool>,
        holds: Arc<AtomicBool>,
    ) -> Self {
        let Production { kept, pace, brokers, timeout, rotation, restarted, watcher } = given;
        let last = kept.runner().now();
        let deadline = match pace {
            Pace::Clock(clock) => clock.real(timeout),
            Pace::Fed => Duration::from_nanos(u64::try_from(timeout.0).unwrap_or(0)),
        };
        Self {
            kept,
            pace,
            brokers,
            deadline,
            rotation,
            rotated: last,
            restarted,
            watcher,
            runtime,
            tell,
            over,
            holds,
            last,
            machine: Clock::after(None),
            waiting: None,
            feeding: true,
            stopping: None,
        }
    }

    pub(super) fn run(
        mut self,
        mut told: mpsc::UnboundedReceiver<Told>,
        mut fed: mpsc::Receiver<Fed>,
        waits: &ThreadQueues,
    ) -> Ended {
        match self.work(&mut told, &mut fed, waits) {
            Ok(left) => Ended::Stopped(left),
            Err(error) => Ended::Journal(error),
        }
    }

    fn work(
        &mut self,
        told: &mut mpsc::UnboundedReceiver<Told>,
        fed: &mut mpsc::Receiver<Fed>,
        waits: &ThreadQueues,
    ) -> Result<Vec<String>, KeptError> {
        let first = if self.restarted { Input::Restarted } else { Input::Wake };
        self.take(self.now(), first)?;
        let runtime = self.runtime.clone();
        loop {
            waits.note(told.len(), fed.len());
            match runtime.block_on(self.next(told, fed)) {
                Next::Told(told) => self.told(told)?,
                Next::Fed(Some(Fed { at, input })) => {
                    let now = match self.pace {
                        Pace::Clock(clock) => clock.now(),
                        Pace::Fed => at.max(self.last),
                    };
                    self.take(now, input)?;
                }
                Next::Fed(None) => {
                    self.feeding = false;
                    self.sync()?;
                    self.over.send_replace(true);
                }
                Next::Wake => self.take(self.now(), Input::Wake)?,
                Next::Sync => self.sync()?,
                Next::Over => return self.end(),
            }
            if self.stopping.is_some() && self.kept.runner().orders_under_way() == 0 {
                return self.end();
            }
        }
    }

    async fn next(
        &self,
        told: &mut mpsc::UnboundedReceiver<Told>,
        fed: &mut mpsc::Receiver<Fed>,
    ) -> Next {
        let wake = async {
            match (self.pace, self.kept.runner().next_wake()) {
                (Pace::Clock(clock), Some(at)) => clock.sleep_until(at).await,
                (Pace::Clock(_), None) | (Pace::Fed, _) => std::future::pending().await,
            }
        };
        let at = |at: Option<Nanos>| async move {
            match at {
                Some(at) => self.machine.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let sync = at(self.waiting.map(|since| since + SYNC));
        let over = at(self.stopping);
        tokio::select! {
            biased;
            Some(told) = told.recv() => Next::Told(told),
            () = over => Next::Over,
            () = wake => Next::Wake,
            fed = fed.recv(), if self.feeding && self.stopping.is_none() => Next::Fed(fed),
            () = sync => Next::Sync,
        }
    }

    fn now(&self) -> Nanos {
        match self.pace {
            Pace::Clock(clock) => clock.now(),
            Pace::Fed => self.last,
        }
    }

    fn told(&mut self, told: Told) -> Result<(), KeptError> {
        let now = self.now();
        match told {
            Told::Reply { input } => self.take(now, input),
            Told::Input { input, taken } => {
                let record = self.kept.journal().next_number();
                let happened = self.step(now, input)?;
                let happened = happened.iter().flat_map(|h| h.what.clone()).collect();
                // What a person was told is not lost again.
                self.sync()?;
                // Who gave it may not wait any more.
                let _ = taken.send(Taken { at: now, record, happened });
                Ok(())
            }
            Told::Business(business) => {
                let (kept, brokers) = (&mut self.kept, &mut self.brokers);
                let mut seat = Seat { kept, brokers, now, happened: Vec::new() };
                business(&mut seat);
                let happened = seat.happened;
                if let Some(watcher) = &mut self.watcher {
                    for happened in happened {
                        let Happened { at, record, what } = &happened;
                        let (record, at, happenings) = (*record, *at, what.len());
                        let step = Stepped { record, at, happenings };
                        watcher.stepped(&[step], what, self.kept.runner());
                        watcher.happened(&Arc::new(happened));
                    }
                }
                self.note_waiting()
            }
            Told::Stop { within } => {
                if self.stopping.is_none() {
                    let within = i64::try_from(within.as_nanos()).unwrap_or(i64::MAX);
                    self.stopping = Some(Nanos(self.machine.now().0.saturating_add(within)));
                    self.take(now, Input::Stopping)?;
                }
                Ok(())
            }
        }
    }

    fn take(&mut self, now: Nanos, input: Input) -> Result<(), KeptError> {
        self.step(now, input).map(drop)
    }

    /// Takes an input, and has done what is to be done; what happened.
    fn step(&mut self, now: Nanos, input: Input) -> Result<Vec<Arc<Happened>>, KeptError> {
        self.last = self.last.max(now);
        let effects = self.kept.step(now, input)?;
        let sends = core::mem::take(&mut effects.sends);
        let mut what = core::mem::take(&mut effects.happenings);
        for send in sends {
            let broker = self.brokers.get(send.account.index()).cloned().flatten();
            call::perform(&self.runtime, broker, send, self.deadline, self.tell.clone());
        }
        if let Some(watcher) = &mut self.watcher {
            watcher.stepped(self.kept.stepped(), &what, self.kept.runner());
        }
        let mut happened = Vec::new();
        let mut before = 0;
        for stepped in self.kept.stepped() {
            let here: Vec<Happening> = what.drain(..stepped.happenings - before).collect();
            before = stepped.happenings;
            if !here.is_empty() {
                let (at, record) = (stepped.at, stepped.record);
                happened.push(Arc::new(Happened { at, record, what: here }));
            }
        }
        if let Some(watcher) = &mut self.watcher {
            happened.iter().for_each(|happened| watcher.happened(happened));
        }
        self.holds.store(self.kept.runner().holds_any(), Ordering::Relaxed);
        self.rotate_if_due(now)?;
        self.note_waiting()?;
        Ok(happened)
    }

    /// Makes durable what has waited long enough for it.
    fn note_waiting(&mut self) -> Result<(), KeptError> {
        if self.kept.journal().waiting() == 0 {
            self.tell_durable();
            return Ok(());
        }
        let now = self.machine.now();
        match self.waiting {
            Some(since) if now - since >= SYNC => self.sync(),
            Some(_) => Ok(()),
            None => {
                self.waiting = Some(now);
                Ok(())
            }
        }
    }

    fn sync(&mut self) -> Result<(), KeptError> {
        self.kept.sync()?;
        self.tell_durable();
        Ok(())
    }

    fn tell_durable(&mut self) {
        self.waiting = None;
        let last = self.kept.journal().next_number().saturating_sub(1);
        if let Some(watcher) = &mut self.watcher {
            watcher.durable(last);
        }
    }

    fn rotate_if_due(&mut self, now: Nanos) -> Result<(), KeptError> {
        let full = self.kept.journal().file().is_some_and(|f| f.len >= self.rotation.bytes);
        if full || now.0 - self.rotated.0 >= self.rotation.every.0 {
            self.rotate(now)?;
        }
        Ok(())
    }

    fn rotate(&mut self, now: Nanos) -> Result<(), KeptError> {
        if !self.kept.rotate(now)? {
            return Ok(());
        }
        self.rotated = now;
        let Some(keep) = self.rotation.keep else { return Ok(()) };
        let needed = self.watcher.as_ref().and_then(|watcher| watcher.needs());
        let held = self.kept.remove_all_but(keep, needed)?.held;
        if held > 0 {
            tracing::warn!(
                "{held} files of the journal stay beyond the {keep} that are to be kept: the \
                 database has not taken in all their records yet"
            );
        }
        Ok(())
    }

    /// Sessions are closed, and all that is known is saved.
    fn end(&mut self) -> Result<Vec<String>, KeptError> {
        let runtime = self.runtime.clone();
        runtime.block_on(async {
            let mut ways = tokio::task::JoinSet::new();
            for broker in self.brokers.iter().flatten() {
                let broker = Arc::clone(broker);
                ways.spawn(async move {
                    // Its tokens are dropped whatever the broker says.
                    let _ = tokio::time::timeout(LOG_OUT, broker.call(Call::LogOut)).await;
                });
            }
            while ways.join_next().await.is_some() {}
        });
        self.rotate(self.now())?;
        self.sync()?;
        let runner = self.kept.runner();
        let accounts =
            (0..runner.accounts().len()).map(|a| tickstep_core::session::AccountId(a as u16));
        let left = accounts.flat_map(|account| {
            let name = runner.account_name(account).unwrap_or_default().to_owned();
            runner.under_way(account).into_iter().map(move |what| format!("{name}: {what}"))
        });
        Ok(left.collect())
    }
}
