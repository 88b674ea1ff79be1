//! Changes of the configuration while it runs.

use std::sync::Arc;
use std::time::Duration;

use tickstep_config::{ConfigError, OwnStrategies};
use tokio::sync::mpsc;

use super::about::FeedTask;
use super::feed_fault::FeedFault;
use super::feeds::FeedPlan;
use super::ways::{WayError, Ways};
use crate::clock::Clock;
use crate::config::{LiveConfig, ValueChange};
use crate::driver::production::{Control, Gone, Happened, Seat};
use crate::driver::{Reconfigure, SetError, set};

/// How long bars of an instant may take to be complete.
const PATIENCE: u32 = 100;
/// How long to wait between two attempts.
const AGAIN: Duration = Duration::from_millis(50);

/// Why settings are as they were.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The runner was not made of a configuration.
    #[error("this runner was not made of a configuration that could be changed")]
    Fixed,
    /// A change cannot be made.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The runner cannot go on with it.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A broker cannot be reached.
    #[error(transparent)]
    Way(#[from] WayError),
    /// The feed cannot be changed so.
    #[error(transparent)]
    Feed(#[from] FeedFault),
    /// It is fixed while the program runs.
    #[error("{0} is fixed while the program runs; stop it and start it again")]
    Start(&'static str),
    /// The runner has ended.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// What changes the configuration.
pub struct Setter {
    own: OwnStrategies,
    ways: Arc<Ways>,
    clock: Option<Clock>,
    feeds: Option<mpsc::UnboundedSender<Vec<FeedTask>>>,
}

impl Setter {
    pub(super) const fn new(own: OwnStrategies, ways: Arc<Ways>, clock: Option<Clock>) -> Self {
        Self { own, ways, clock, feeds: None }
    }

    pub(super) fn with_feeds(mut self, feeds: mpsc::UnboundedSender<Vec<FeedTask>>) -> Self {
        self.feeds = Some(feeds);
        self
    }

    pub(super) async fn set(
        &self,
        control: &Control,
        who: &str,
        why: &str,
        changes: &[String],
    ) -> Result<Vec<ValueChange>, SettingError> {
        for _ in 1..PATIENCE {
            match self.try_set(control, who, why, changes).await {
                Err(SettingError::Set(SetError::Runner(Reconfigure::Busy))) => {
                    tokio::time::sleep(AGAIN).await;
                }
                other => return other,
            }
        }
        self.try_set(control, who, why, changes).await
    }

    async fn try_set(
        &self,
        control: &Control,
        who: &str,
        why: &str,
        changes: &[String],
    ) -> Result<Vec<ValueChange>, SettingError> {
        let text = control.with(|seat| seat.kept.configured().text.clone()).await?;
        let name = std::path::Path::new("the configuration in force");
        let before = LiveConfig::parse(&text, name, &[], &self.own)?;
        let after = before.changed(changes, &self.own)?;
        fixed(&before, &after)?;
        // What could fail has failed before anything is changed.
        let brokers = self.ways.of(&after)?;
        let fed = |of: &LiveConfig| {
            let days = (of.reference.time_zone.clone(), of.reference.day_start.clone());
            (of.feed.clone(), of.instrument.clone(), days)
        };
        let other_feed = fed(&before) != fed(&after);
        let (own, by) = (self.own.clone(), (who.to_owned(), why.to_owned()));
        let changes = changes.to_vec();
        let done = control.with(move |seat: &mut Seat<'_>| {
            let now = seat.now;
            let settled = set(seat.kept, now, (&by.0, &by.1), &changes, &own)?;
            *seat.brokers = brokers;
            if let Some((record, what)) = settled.happened {
                seat.happened.push(Happened { at: now, record, what });
            }
            let known = FeedPlan::known(seat.kept.runner());
            Ok::<_, SetError>((settled.config, settled.values, known))
        });
        let (config, values, (newest, day)) = done.await??;
        if let (true, Some(clock), Some(feeds)) = (other_feed, self.clock, &self.feeds) {
            let plan = FeedPlan::new(&config, &self.ways, clock, (&newest, day))?;
            feeds.send(plan.tasks).map_err(|_| Gone)?;
        }
        Ok(values)
    }
}

/// What a program is built around does not change while it runs.
fn fixed(before: &LiveConfig, after: &LiveConfig) -> Result<(), SettingError> {
    if before.state != after.state {
        return Err(SettingError::Start("state"));
    }
    if before.mode != after.mode {
        return Err(SettingError::Start("mode"));
    }
    if before.alerts != after.alerts {
        return Err(SettingError::Start("alerts"));
    }
    use crate::config::FeedConfig::Tape;
    if matches!(before.feed, Tape { .. }) && before.feed != after.feed {
        return Err(SettingError::Start("feed"));
    }
    if matches!(before.feed, Tape { .. }) && before.instrument != after.instrument {
        return Err(SettingError::Start("instrument, while a recording is played,"));
    }
    Ok(())
}
