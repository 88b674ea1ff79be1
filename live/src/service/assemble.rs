//! A configuration becomes a service that runs.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tickstep_config::{ConfigError, OwnStrategies};
use tickstep_core::units::Nanos;
use tickstep_journal::{Folder, ReadError, ReadFolder, StorageError};

use super::about::About;
use super::feed_fault::FeedFault;
use super::feeds::{FeedPlan, recording};
use super::keep::{CutOff, CutOffError, Keeping, store_path};
use super::running::Service;
use super::set::Setter;
use super::twin::{AccountLocks, TwinError};
use super::ways::{WayError, Ways};
use crate::clock::{Clock, TimeSource};
use crate::config::{LiveConfig, Mode, ValueChange};
use crate::driver::production::{Pace, Production, last_market_event};
use crate::driver::{
    Kept, KeptError, Reconfigure, Recovered, SetError, Settled, build_with, follow_file,
};
use crate::feed::TapeMark;
use crate::record::ConfigText;
use crate::store::{StoreError, StoreOptions};

/// Why a service cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another runner has the state.
    #[error("a runner runs on the state in {} already; `status` shows it", .0.display())]
    InUse(PathBuf),
    /// The state cannot be used.
    #[error("the state in {}: {error}", state.display())]
    State {
        /// Its folder.
        state: PathBuf,
        /// Why.
        error: StorageError,
    },
    /// The state's folder cannot be made.
    #[error("{}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The journal cannot be taken up.
    #[error("the journal in {}: {error}", journal.display())]
    Journal {
        /// Its folder.
        journal: PathBuf,
        /// Why.
        error: Box<KeptError>,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Settings that were changed while it ran do not fit.
    #[error(transparent)]
    Set(#[from] SetError),
    /// An account is run by another program.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// A broker cannot be reached.
    #[error(transparent)]
    Way(#[from] WayError),
    /// The feed cannot be started.
    #[error(transparent)]
    Feed(#[from] FeedFault),
    /// A recording with accounts at brokers.
    #[error(
        "a recording is played to paper accounts alone, and account {0} is at a broker: run it \
         with --paper"
    )]
    NotPaper(String),
    /// The database cannot be opened.
    #[error("the database of the state: {0}")]
    Store(#[from] StoreError),
    /// The end of the journal is gone, which the database knows.
    #[error("{0}; nothing was changed")]
    CutOff(CutOff),
    /// The thread cannot be started.
    #[error("the runner's thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// Everything a service is made of.
pub struct Assembly {
    /// The configuration, as it was read.
    pub config: LiveConfig,
    /// The strategies that the program brings.
    pub own: OwnStrategies,
    /// Ways to brokers.
    pub ways: Ways,
    /// Where its time comes from; that of a recording comes from the recording.
    pub time: TimeSource,
    /// Whether what was set while it ran is to be forgotten.
    pub forget_changes: bool,
}

/// A service that runs, and what was found at its start.
pub struct Assembled {
    /// The service.
    pub service: Service,
    /// The configuration in force: the file's, with what was set while it ran.
    pub config: LiveConfig,
    /// What the journal told.
    pub recovered: Recovered,
    /// What the file says that the journal did not know.
    pub changed: Vec<ValueChange>,
    /// Whether the feed has an end.
    pub is_recording: bool,
}

impl Assembly {
    /// Starts it on the runtime that this is called in.
    pub async fn start(self) -> Result<Assembled, AssembleError> {
        let Self { config, own, ways, time, forget_changes } = self;
        let state = config.state.clone();
        let (journal, ways) = (state.join("journal"), Arc::new(ways));
        let folder = folder(&state, &journal)?;
        let locks = AccountLocks::take(&at_brokers(&config), &state)?;
        // A mistyped number is said before the journal has it for good.
        ways.of(&config)?;
        let wall = time.clock(None).now();
        let recorded = recording(&config, &own, wall)?;
        let begins = recorded.as_ref().map_or(wall, |(recording, _)| recording.span.0);
        check_end(&folder, &state, &journal, config.store.options()).await?;
        let building = own.clone();
        let build = build_with(&building);
        let (reserve, text) = (config.journal.reserve(), ConfigText::fresh(config.text()));
        let opened = Kept::open(folder, reserve, &text, &build, begins);
        let (mut kept, recovered) = opened.map_err(|error| in_journal(&journal, error))?;
        let last = recovered.last.unwrap_or(kept.runner().now());
        let (pace, clock) = pace(recorded.as_ref().map(|(_, speed)| *speed), time, begins, last);
        let restarted = kept.journal().next_number() > 1;
        let patience = if recorded.is_some() { 0 } else { INSTANT_S };
        let time = || clock.map_or(last, |clock| clock.now());
        let followed = followed(&mut kept, &config, (forget_changes, &own), (patience, &time));
        let (now, settled) = followed.await?;
        let config = settled.config;
        let brokers = ways.of(&config)?;
        let is_recording = recorded.is_some();
        let feed = match recorded {
            Some((recording, speed)) => {
                if let Some(account) = config.joined().find(|a| config.broker(a).is_some()) {
                    return Err(AssembleError::NotPaper(account.name.clone()));
                }
                let mark = last_market_event(&ReadFolder::new(&journal))?;
                let mark = mark.map(|(at, body)| TapeMark::of(at, &body));
                let pace = speed.map_or("as fast as can be".to_owned(), |n| format!("{n} times"));
                let words = format!("a recording, {pace}");
                FeedPlan::of_recording(recording, mark, speed.and(clock), words)
            }
            None => {
                let clock = clock.unwrap_or_else(|| Clock::after(None));
                let (newest, day) = FeedPlan::known(kept.runner());
                FeedPlan::new(&config, &ways, clock, (&newest, day))?
            }
        };
        let zone = config.alerts.zone.clone();
        let about = About { mode: mode(config.mode), state, started: now, feed: feed.words, zone };
        let next = kept.journal().next_number();
        let options = config.store.options();
        let logins = ways.logins(&config);
        let keeping =
            Keeping::start(&about.state, options, (&logins, now), journal, own.clone(), next);
        let (keeping, watcher) = keeping.await?;
        let production = Production {
            kept,
            pace,
            brokers,
            timeout: config.limits.timeout(),
            rotation: config.journal.rotation(),
            restarted,
            watcher: Some(Box::new(watcher)),
        };
        let setter = Setter::new(own, ways, clock);
        let service = Service::start(production, about, locks, feed.tasks, Some(setter));
        let service = service.map_err(AssembleError::Thread)?.keeping(keeping);
        let changed = settled.values;
        Ok(Assembled { service, config, recovered, changed, is_recording })
    }
}

/// How long a start waits for the instant of the last bars to be over, in seconds.
const INSTANT_S: u32 = 30;

/// Has a runner follow the file that it is started with; when, and what came of it.
async fn followed(
    kept: &mut Kept<Folder>,
    config: &LiveConfig,
    (forget, own): (bool, &OwnStrategies),
    (mut patience, time): (u32, &impl Fn() -> Nanos),
) -> Result<(Nanos, Settled), SetError> {
    loop {
        let now = time();
        match follow_file(kept, now, config, forget, own) {
            // A broker's clock that is ahead of ours has it end later.
            Err(SetError::Runner(Reconfigure::Busy)) if patience > 0 => {
                patience -= 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            settled => return Ok((now, settled?)),
        }
    }
}

/// The journal's folder in that of the state, for this program alone.
fn folder(state: &Path, journal: &Path) -> Result<Folder, AssembleError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(state);
    made.map_err(|error| AssembleError::Folder { path: state.to_owned(), error })?;
    Folder::open(journal).map_err(|error| match error {
        StorageError::InUse { .. } => AssembleError::InUse(state.to_owned()),
        error => AssembleError::State { state: state.to_owned(), error },
    })
}

fn in_journal(journal: &Path, error: KeptError) -> AssembleError {
    AssembleError::Journal { journal: journal.to_owned(), error: Box::new(error) }
}

/// That the journal has all that the database beside it knows of, before anything is written.
async fn check_end(
    folder: &Folder,
    state: &Path,
    journal: &Path,
    options: StoreOptions,
) -> Result<(), AssembleError> {
    let cut = CutOff::of(folder, &store_path(state), options).await;
    let cut = cut.map_err(|error| match error {
        CutOffError::Read(error) => in_journal(journal, error.into()),
        CutOffError::Store(error) => error.into(),
    })?;
    cut.map_or(Ok(()), |cut| Err(AssembleError::CutOff(cut)))
}

/// Where a runner's time comes from, and the clock of that where there is one.
fn pace(
    recorded: Option<Option<u32>>,
    time: TimeSource,
    begins: Nanos,
    last: Nanos,
) -> (Pace, Option<Clock>) {
    let clock = match recorded {
        Some(None) => return (Pace::Fed, None),
        Some(Some(speed)) => Clock::recorded(begins.max(last), speed),
        None => time.clock(Some(last)),
    };
    (Pace::Clock(clock), Some(clock))
}

fn mode(mode: Mode) -> String {
    let word = match mode {
        Mode::Live => "live",
        Mode::Paper => "paper",
        Mode::DryRun => "dry_run",
    };
    word.to_owned()
}

/// Host and number of each account whose orders go to a broker.
fn at_brokers(config: &LiveConfig) -> Vec<(String, String)> {
    let accounts = config.joined().filter(|account| account.enabled);
    let of = |account: &crate::config::AccountEntry| {
        let broker = config.broker(account)?;
        Some((broker.server().to_owned(), account.number.clone()?))
    };
    accounts.filter_map(of).collect()
}
