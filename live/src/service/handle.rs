//! The way to a runner that runs.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tokio::sync::{broadcast, watch};

use super::about::About;
use super::events::Events;
use super::gauge::{Gauge, Gauges, QueueReport};
use super::health::{HealthCheck, health};
use super::keep::StoreReport;
use super::resources::Resources;
use super::set::{Setter, SettingError};
use super::tally::{RecentAlert, Tally, TallyReport};
use crate::config::ValueChange;
use crate::driver::production::{Control, Gone, Happened, QUEUE, Taken};
use crate::random::{NoRandom, random};
use crate::runner::{
    AccountReport, Act, ActLine, ActResult, Happening, Input, LinkState, OutsideSignal, Reach,
    RunnerReport,
};
use crate::store::Health;

/// How long what is under way is awaited when it ends.
pub(super) const STOP: Duration = Duration::from_secs(30);
/// How often it is looked whether what was asked for is there.
const LOOK: Duration = Duration::from_millis(200);

/// Everything about a service at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The program's version.
    pub version: String,
    /// `live`, `paper` or `dry_run`.
    pub mode: String,
    /// Folder of the state.
    pub state: String,
    /// When it was started.
    pub started: Nanos,
    /// How the feed works.
    pub feed: String,
    /// Number of the journal's next record.
    pub records: u64,
    /// The file of the journal that is written.
    pub journal_file: u64,
    /// Bytes in it.
    pub journal_bytes: u64,
    /// The database behind the journal, where there is one.
    pub store: Option<StoreReport>,
    /// What was done since it was started.
    pub done: TallyReport,
    /// Its queues.
    pub queues: Vec<QueueReport>,
    /// What it takes of its machine.
    pub resources: Resources,
    /// What was looked at, and how well it is.
    pub health: Vec<HealthCheck>,
    /// Zone of the times that people are told.
    pub zone: String,
    /// The runner.
    pub runner: RunnerReport,
}

impl ServiceStatus {
    /// In what ledger and brokers differ, as the last read-backs show, or what is not known;
    /// nothing where all is the same.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let mut told = Vec::new();
        for account in &self.runner.accounts {
            let name = &account.name;
            told.extend(account.differences.iter().map(|words| format!("{name}: {words}")));
            told.extend(account.under_way.iter().map(|what| format!("{name}: {what}")));
            if !account.known {
                told.push(format!("{name}: what it holds is not known"));
            }
        }
        told
    }
}

/// Whose act it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActBy {
    /// The number that its operator gives it; the same one is done once.
    pub id: String,
    /// Who it is.
    pub who: String,
    /// Why, in their words.
    pub why: String,
}

impl ActBy {
    /// Somebody's new act, under a number that no other has.
    pub fn new(who: &str, why: &str) -> Result<Self, NoRandom> {
        let mut number = [0; 16];
        random(&mut number)?;
        let id = format!("{:032x}", u128::from_be_bytes(number));
        Ok(Self { id, who: who.to_owned(), why: why.to_owned() })
    }
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// When it was taken, and what happened with it.
    pub taken: Taken,
    /// What came of it, part by part.
    pub lines: Vec<ActLine>,
    /// Whether it had been taken before, so that nothing more was done.
    pub again: bool,
}

/// A way to a runner that runs. Clones lead to the same one.
#[derive(Clone)]
pub struct Handle {
    control: Control,
    events: broadcast::WeakSender<Arc<Happened>>,
    about: Arc<About>,
    setter: Option<Arc<Setter>>,
    tally: Tally,
    /// How the database does, where there is one.
    store: Option<watch::Receiver<Health>>,
    gauges: Gauges,
}

impl Handle {
    pub(super) fn new(
        control: Control,
        events: broadcast::Sender<Arc<Happened>>,
        about: Arc<About>,
        setter: Option<Arc<Setter>>,
        tally: Tally,
    ) -> Self {
        let (events, gauges) = (events.downgrade(), Gauges::default());
        Self { control, events, about, setter, tally, store: None, gauges }
    }

    /// With a database, which is shown in the status.
    pub(super) fn with_store(self, store: watch::Receiver<Health>) -> Self {
        Self { store: Some(store), ..self }
    }

    /// What does not change while it runs.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The driver behind it.
    #[must_use]
    pub const fn control(&self) -> &Control {
        &self.control
    }

    /// The latest alerts since it was started, the newest last: what somebody has missed who
    /// reads along from now on.
    #[must_use]
    pub fn recent_alerts(&self) -> Vec<RecentAlert> {
        self.tally.alerts().into()
    }

    /// A gauge for a queue of somebody who works for it; status shows it from now on.
    #[must_use]
    pub fn gauge(&self, name: &str, room: Option<u64>) -> Arc<Gauge> {
        self.gauges.gauge(name, room)
    }

    /// Has the runner do an operator's act, once however often it comes with its number;
    /// it is durable when this returns.
    pub async fn command(&self, by: &ActBy, act: Act) -> Result<Acted, Gone> {
        let ActBy { id, who, why } = by.clone();
        let taken = self.control.give(Input::Operator { id, who, why, act }).await?;
        let mut acted = Acted { taken, lines: Vec::new(), again: false };
        for happening in &acted.taken.happened {
            if let Happening::Operated { lines, again, .. } = happening {
                (acted.lines, acted.again) = (lines.clone(), *again);
            }
        }
        Ok(acted)
    }

    /// Has the runner do an act, and waits at most `within` for what comes of the orders that
    /// it led to, on every account; nothing where that takes longer.
    pub async fn batch(
        &self,
        by: &ActBy,
        act: Act,
        within: Duration,
    ) -> Result<(Acted, Option<ActResult>), Gone> {
        let acted = self.command(by, act).await?;
        let id = by.id.clone();
        let wait = async {
            loop {
                let id = id.clone();
                let look = move |runner: &crate::runner::Runner, _: &_, _| runner.act_result(&id);
                if let Some(came) = self.control.look(look).await? {
                    return Ok(came);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let came = tokio::time::timeout(within, wait).await;
        Ok((acted, came.ok().transpose()?))
    }

    /// Hands over a signal from outside. Where it was not taken, the answer has the reason
    /// among what happened.
    pub async fn signal(&self, signal: OutsideSignal) -> Result<Taken, Gone> {
        self.control.give(Input::Signal(signal)).await
    }

    /// Where everything stands.
    pub async fn status(&self) -> Result<ServiceStatus, Gone> {
        let (about, tally) = (Arc::clone(&self.about), self.tally.clone());
        let store = self.store.as_ref().map(|store| StoreReport::from(&*store.borrow()));
        let queues = self.queues();
        let look =
            move |runner: &crate::runner::Runner, journal: &tickstep_journal::Journal<_>, _| {
                let file = journal.file();
                ServiceStatus {
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    mode: about.mode.clone(),
                    state: about.state.display().to_string(),
                    started: about.started,
                    feed: about.feed.clone(),
                    records: journal.next_number(),
                    journal_file: file.map_or(0, |file| file.number),
                    journal_bytes: file.map_or(0, |file| file.len),
                    store,
                    // The runner's thread counts, and is here now: both are of one moment.
                    done: tally.report(),
                    queues,
                    resources: Resources::default(),
                    health: Vec::new(),
                    zone: about.zone.clone(),
                    runner: runner.report_all(),
                }
            };
        let mut status = self.control.look(look).await?;
        // Files of the machine are read here, not on the runner's thread.
        status.resources = Resources::now(&self.about.state);
        status.health = health(&status.runner, &status.queues, &status.resources);
        Ok(status)
    }

    /// Its queues.
    fn queues(&self) -> Vec<QueueReport> {
        let (told, fed) = self.control.waiting();
        let one = |name: &str, waiting: usize, room: Option<u64>| QueueReport {
            name: name.to_owned(),
            waiting: waiting as u64,
            room,
            dropped: 0,
            failed: 0,
            trouble: None,
        };
        let own = [one("acts and replies", told, None), one("feeds", fed, Some(QUEUE as u64))];
        own.into_iter().chain(self.gauges.report()).collect()
    }

    /// A gauge of somebody who was there before.
    pub(super) fn add_gauge(&self, gauge: Arc<Gauge>) {
        self.gauges.add(gauge);
    }

    /// What accounts are called, in the runner's order.
    pub async fn names(&self) -> Result<Vec<String>, Gone> {
        self.control.look(|runner, _, _| runner.account_names()).await
    }

    /// The account that people call so.
    pub async fn account(&self, name: &str) -> Result<Option<AccountId>, Gone> {
        let name = name.to_owned();
        self.control.look(move |runner, _, _| runner.account_named(&name)).await
    }

    /// Has brokers say anew what accounts have, waits for that at most `within`, and holds
    /// the ledger against it: what differs or is not known, nothing where all agree.
    pub async fn audit(&self, by: &ActBy, within: Duration) -> Result<Vec<String>, Gone> {
        let act = Act::ReadBack(Reach::All);
        let asked = self.command(by, act).await?.taken.at;
        let late = |status: &ServiceStatus| -> Vec<String> {
            let is_up = |a: &&AccountReport| matches!(a.session, Some(LinkState::Up { .. }));
            let accounts = status.runner.accounts.iter().filter(is_up);
            let late = accounts.filter(|a| a.lists_from.is_none_or(|from| from < asked));
            late.map(|a| format!("{}: its broker has not said yet what it has", a.name)).collect()
        };
        let wait = async {
            loop {
                let status = self.status().await?;
                if late(&status).is_empty() {
                    return Ok(status);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let status = match tokio::time::timeout(within, wait).await {
            Ok(status) => status?,
            Err(_) => self.status().await?,
        };
        Ok([late(&status), status.differences()].concat())
    }

    /// Makes changes to the configuration while it runs: all of them or none, between two
    /// decisions, written down with old and new values. What is other than before.
    pub async fn set(
        &self,
        who: &str,
        why: &str,
        changes: &[String],
    ) -> Result<Vec<ValueChange>, SettingError> {
        let setter = self.setter.as_ref().ok_or(SettingError::Fixed)?;
        setter.set(&self.control, who, why, changes).await
    }

    /// What happens from now on. A reader that falls behind is told how many steps it
    /// missed.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(match self.events.upgrade() {
            Some(events) => events.subscribe(),
            // It has ended: the stream is over at once.
            None => broadcast::channel(1).1,
        })
    }

    /// Ends it; what is under way is awaited for at most `within`.
    pub fn stop(&self, within: Duration) {
        self.control.stop(within);
    }

    /// Waits until it has ended.
    pub async fn ended(&self) {
        self.control.ended().await;
    }
}
