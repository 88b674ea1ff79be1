//! The sets of a sweep on all cores, each kept as soon as it is done.
//!
//! Invariants: what is kept is a function of the sets and the data, not of the number of
//! threads or the order they finish in.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::error::SweepError;
use super::progress::{SweepProgress, SweepTally, SweepWatch};
use super::run::{SetResult, Sweep};
use super::table::Ranking;
use crate::research::space::Set;
use crate::research::store::{BLOCKS, SetRecord};
use crate::run::{Backtest, FeatureCache};

/// Sets between two looks at which are missing.
const CHUNK: usize = 4096;

/// Where the sets of a sweep are kept while it runs: any thread may, each set by one.
pub(super) trait Keep: Sync {
    /// Keeps what came of a set; in words why nothing did.
    fn keep(&self, set: u64, outcome: &Result<SetResult, String>) -> Result<(), SweepError>;
}

/// A pool of so many threads, as many as there are cores when `None`.
pub(in crate::research) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, SweepError> {
    ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|e| SweepError::Threads(e.to_string()))
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Runs the `missing` ones of `total` sets, of which `done` are finished; whether
    /// all are, and how far they have come.
    pub(super) fn run_missing(
        &self,
        threads: Option<usize>,
        mut missing: impl Iterator<Item = u64>,
        done: u64,
        total: u64,
        to: &impl Keep,
        watch: &mut SweepWatch<'_>,
    ) -> Result<(bool, SweepProgress), SweepError> {
        let pool = pool(threads)?;
        let best = Ranking::new(self.metrics.objectives(), 1, self.eligible());
        let tally = Mutex::new(SweepTally::new(done, total, best, watch));
        let (cache, days) = (self.feature_cache(), self.days().len());
        loop {
            let chunk: Vec<u64> = missing.by_ref().take(CHUNK).collect();
            let one = |set: &u64| -> Result<(), SweepError> {
                if lock(&tally).stopped {
                    return Ok(());
                }
                let outcome = self.outcome(*set, days, &cache);
                to.keep(*set, &outcome)?;
                let record = outcome.map_or(SetRecord::Failed, |ran| SetRecord::Done(ran.figures));
                lock(&tally).told(*set, &record);
                Ok(())
            };
            // One by one, as threads that begin far apart wait for the same columns.
            pool.install(|| chunk.iter().par_bridge().try_for_each(one))?;
            let SweepTally { stopped, progress, .. } = &*lock(&tally);
            if *stopped || chunk.is_empty() {
                return Ok((!stopped, *progress));
            }
        }
    }

    /// Runs a set; what is no finite number is none, as it is in files.
    fn outcome(
        &self,
        number: u64,
        days: usize,
        cache: &FeatureCache<'a>,
    ) -> Result<SetResult, String> {
        let set = self.sets.get(usize::try_from(number).unwrap_or(usize::MAX));
        let set = set.ok_or_else(|| "there is no such set".to_owned())?;
        self.sound(self.evaluate(&set, cache)?, days)
    }

    /// What a set gave, as it is kept: traded on the sweep's days, every figure finite.
    pub(super) fn sound(&self, mut ran: SetResult, days: usize) -> Result<SetResult, String> {
        if let Some(returns) = &ran.returns
            && returns.len() != days
        {
            return Err(format!(
                "it was traded on {} days and the sweep is of {days}; trade every set in the \
                 sweep's period",
                returns.len()
            ));
        }
        let figures = &mut ran.figures;
        figures.blocks = figures.blocks.take().filter(|_| days >= BLOCKS);
        figures.values.iter_mut().for_each(|value| *value = value.filter(|v| v.is_finite()));
        Ok(ran)
    }
}

/// A thread that panicked in the caller's watch left a count behind, no more.
fn lock<'t, 'w>(tally: &'t Mutex<SweepTally<'w>>) -> MutexGuard<'t, SweepTally<'w>> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
