//! A configuration that changes while a runner has it.
//!
//! What an operator sets lies on what the program was started with, and stays over a
//! restart: the file may change meanwhile, and the changes lie on the new one.

use tickstep_config::{ConfigError, OwnStrategies};
use tickstep_core::units::Nanos;
use tickstep_journal::Storage;

use super::kept::{Kept, Reconfigure};
use super::replay::Build;
use crate::config::{LiveConfig, ValueChange};
use crate::record::{ConfigChange, ConfigText};
use crate::runner::{Happening, Input};

/// Why settings are as they were.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// A change cannot be made; nothing was changed.
    #[error(transparent)]
    Change(#[from] ConfigError),
    /// A change that was made before does not fit the file any more.
    #[error(
        "the configuration was changed while it ran, and that does not fit the file any more: \
         {error}; start with --forget-changes to go on with the file as it is"
    )]
    Forerunner {
        /// What does not fit.
        error: ConfigError,
    },
    /// The runner cannot go on with them.
    #[error(transparent)]
    Runner(#[from] Reconfigure),
}

/// Settings that are in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The configuration.
    pub config: LiveConfig,
    /// What is other than before; nothing where all was so already.
    pub values: Vec<ValueChange>,
    /// The number of the change's record and what happened, where anything did.
    pub happened: Option<(u64, Vec<Happening>)>,
}

/// Builds a runner of a configuration's text, with the strategies that the program brings.
pub fn build_with(
    own: &OwnStrategies,
) -> impl Fn(&str, Nanos) -> Result<crate::runner::Runner, String> {
    move |text, now| {
        let name = std::path::Path::new("the configuration in force");
        let config = LiveConfig::parse(text, name, &[], own);
        config.and_then(|config| config.runner(now)).map_err(|error| error.to_string())
    }
}

fn in_force(text: &str, own: &OwnStrategies) -> Result<LiveConfig, ConfigError> {
    LiveConfig::parse(text, std::path::Path::new("the configuration in force"), &[], own)
}

/// Makes changes while the runner runs: all of them, or none.
pub fn set<S: Storage>(
    kept: &mut Kept<S>,
    now: Nanos,
    (who, why): (&str, &str),
    changes: &[String],
    own: &OwnStrategies,
) -> Result<Settled, SetError> {
    let known = kept.configured();
    let before = in_force(&known.text, own)?;
    let config = before.changed(changes, own)?;
    let mut all = known.changes.clone();
    for change in changes {
        all.retain(|earlier| key(earlier) != key(change) || key(change).ends_with(['+', '-']));
        all.push(change.clone());
    }
    let started = known.started.clone();
    let configured = ConfigText { started, changes: all, text: config.text() };
    settle(kept, now, (who, why), (&before, config, configured), own)
}

/// Follows the file that the program is started with, where that is another one than the
/// journal knows; what was set since lies on it, unless it is to be forgotten.
///
/// Bars that waited for the rest of their instant when the program ended wait no more once
/// it is over: the runner is told then that it was restarted, and that time has passed.
pub fn follow_file<S: Storage>(
    kept: &mut Kept<S>,
    now: Nanos,
    file: &LiveConfig,
    forget: bool,
    own: &OwnStrategies,
) -> Result<Settled, SetError> {
    let known = kept.configured();
    let started = file.text();
    let before = in_force(&known.text, own)?;
    if known.started == started && !forget {
        return Ok(Settled { config: before, values: Vec::new(), happened: None });
    }
    let changes = if forget { Vec::new() } else { known.changes.clone() };
    let config = file.changed(&changes, own);
    let config = config.map_err(|error| SetError::Forerunner { error })?;
    let configured = ConfigText { started, changes, text: config.text() };
    let words = ("start", "the configuration that the program was started with");
    let next = || (&before, config.clone(), configured.clone());
    match settle(kept, now, words, next(), own) {
        Err(SetError::Runner(Reconfigure::Busy)) => {}
        settled => return settled,
    }
    // What this has to send waits for nobody: whoever runs it says again that it was
    // restarted.
    for input in [Input::Restarted, Input::Wake] {
        kept.step(now, input).map_err(Reconfigure::Journal)?;
    }
    settle(kept, now, words, next(), own)
}

/// The key of a change, with the sign of a list that grows or shrinks.
fn key(change: &str) -> &str {
    change.split_once('=').map_or(change, |(key, _)| key).trim()
}

fn settle<S: Storage>(
    kept: &mut Kept<S>,
    now: Nanos,
    (who, why): (&str, &str),
    (before, config, configured): (&LiveConfig, LiveConfig, ConfigText),
    own: &OwnStrategies,
) -> Result<Settled, SetError> {
    let values = before.changes_to(&config);
    if values.is_empty() && *kept.configured() == configured {
        return Ok(Settled { config, values, happened: None });
    }
    let (who, why) = (who.to_owned(), why.to_owned());
    let change = ConfigChange { who, why, configured, values: values.clone() };
    let build: &Build<'_> = &build_with(own);
    let happened = kept.reconfigure(now, change, build)?;
    Ok(Settled { config, values, happened: Some(happened) })
}
