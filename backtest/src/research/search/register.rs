//! What was tried, told to the file of trials while it goes on: a search that is
//! abandoned has tried its sets all the same.
//!
//! A registry that cannot be written is no fault of the search: it is told once, and the
//! search goes on.

use std::path::Path;

use super::plan::SweepPlan;
use crate::config::Config;
use crate::folder::InstrumentData;
use crate::research::store::Shard;
use crate::research::sweep::SweepProgress;
use crate::research::trials::{
    Registry, RegistryError, TradedSpan, Trial, TrialSpan, Tried, sets_identity,
};
use crate::setup::Prepared;

/// Seconds between two lines of one search in the file of trials.
const REGISTER_S: u64 = 5;

/// The line of a search in the file of trials.
pub struct Register {
    registry: Registry,
    trial: Trial,
    /// When it told last: not before a set was tried, as what is refused was not.
    told_s: Option<u64>,
    failed: bool,
}

impl Register {
    /// Of the search of `plan`, or a part of it, of `planned` sets in all.
    #[must_use]
    pub fn of(
        plan: &SweepPlan,
        prepared: &Prepared,
        registry: Registry,
        shard: Shard,
        planned: u64,
    ) -> Self {
        let search = plan.sets_identity(&prepared.data(Path::new("")));
        let trial = Trial { planned, shard, ..trial(search, plan.base(), prepared) };
        Self { registry, trial, told_s: None, failed: false }
    }

    /// Takes note of how far the search is, `now_s` seconds after it began, and tells it
    /// every few seconds. The first fault is given back.
    pub fn at(&mut self, p: SweepProgress, now_s: u64) -> Option<RegistryError> {
        (self.trial.done, self.trial.failed) = (p.done - p.failed, p.failed);
        if self.told_s.is_some_and(|told| now_s < told + REGISTER_S) {
            return None;
        }
        self.told_s = Some(now_s);
        self.tell()
    }

    /// Tells what was noted. The first fault is given back.
    pub fn tell(&mut self) -> Option<RegistryError> {
        if self.trial.done + self.trial.failed == 0 {
            return None;
        }
        let fault = self.registry.add(&self.trial).err().filter(|_| !self.failed);
        self.failed |= fault.is_some();
        fault
    }

    /// Tells that all is done: `failed` of `sets` failed. The first fault is given back.
    pub fn end(&mut self, sets: u64, failed: u64) -> Option<RegistryError> {
        (self.trial.done, self.trial.failed) = (sets.saturating_sub(failed), failed);
        self.tell()
    }

    /// Where it is counted.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What was tried on this data in all searches, this one among them.
    #[must_use]
    pub fn tried(&self, prepared: &Prepared) -> Tried {
        tried(&self.registry, prepared)
    }
}

/// What was tried on the data of `prepared` in all searches.
#[must_use]
pub fn tried(registry: &Registry, prepared: &Prepared) -> Tried {
    let traded = TradedSpan::of_all(&prepared.series, prepared.period());
    let symbols: Vec<&str> = traded.iter().map(|t| &*t.symbol).collect();
    let span = prepared.traded_span().and_then(|(first, last)| TrialSpan::new(first, last));
    span.map(|span| registry.trials(&symbols, span)).unwrap_or_default()
}

/// Tells of one set that was run alone, which is a search of one set: however often it is
/// run, it counts once.
pub fn register_run(
    registry: &Registry,
    config: &Config,
    prepared: &Prepared,
    data: &[InstrumentData],
    failed: bool,
) -> Result<(), RegistryError> {
    let search = sets_identity(config, None, data);
    let (done, failed) = (u64::from(!failed), u64::from(failed));
    registry.add(&Trial { done, failed, ..trial(search, config, prepared) })
}

/// Of one set, not tried yet.
fn trial(search: crate::folder::Identity, config: &Config, prepared: &Prepared) -> Trial {
    Trial {
        search,
        instruments: TradedSpan::of_all(&prepared.series, prepared.period()),
        strategies: config.strategy_names(),
        planned: 1,
        shard: Shard::WHOLE,
        done: 0,
        failed: 0,
    }
}
