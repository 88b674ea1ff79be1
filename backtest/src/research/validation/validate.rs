//! A sweep that is over, in memory or in files, validated: what of its records and of
//! its best set [`Validation`] asks for, the walk forward and the random strategies with
//! it.
//!
//! Invariants: what is judged is read from the records, so a sweep that was kept in
//! memory, resumed, or merged from shards is judged alike.
//!
//! Known limits: a walk forward chooses by the main objective where that is told from a
//! few figures ([`Metric::is_quick`]), else by the Sharpe ratio. The surface leaves out
//! sets below the least number of trades.

use rust_decimal::Decimal;
use tickstep_core::instrument::Instrument;

use super::blocks::{BlockRows, ReturnBlocks};
use super::forward::{Forward, WalkConfig, WalkError, WalkForward};
use super::judge::{BestRun, SearchOutcome, Validation};
use super::pbo::Pbo;
use super::random_runs::{RandomRuns, random_runs};
use crate::research::space::Set;
use crate::research::store::{SetRecord, StoreError};
use crate::research::surface::{ParameterSurface, surface};
use crate::research::sweep::metric::{Basis, Metric};
use crate::research::sweep::{SetRecords, Sweep, SweepError, pool};
use crate::research::trials::Tried;
use crate::run::bounds::Bounds;
use crate::run::{Backtest, Run, RunError, Summary};
use tickstep_core::stats::Stats;

/// Where the resamples of a validation begin.
const SEED: u64 = 1;

/// What a validation does beside looking at the records.
#[derive(Clone, Copy)]
pub struct ValidationOptions<'o> {
    /// How the search is done again and again on the past; not at all when `None`.
    pub walk_forward: Option<WalkConfig>,
    /// Random strategies that the best set's entries are compared with; 0 leaves them
    /// out.
    pub random_entries: usize,
    /// What was tried on the data in all searches; `None` where nobody counts.
    pub tried: Option<&'o Tried>,
    /// Threads, as many as there are cores when `None`.
    pub threads: Option<usize>,
    /// Asked before each set of each window, and each random strategy, is run; false stops it.
    pub go_on: &'o (dyn Fn() -> bool + Sync),
}

impl Default for ValidationOptions<'_> {
    fn default() -> Self {
        Self { walk_forward: None, random_entries: 0, tried: None, threads: None, go_on: &|| true }
    }
}

/// Why a sweep is not validated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The sweep or its records cannot be used.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The walk forward could not be run.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// The best set cannot be run whole.
    #[error("set {set} cannot be run whole: {why}")]
    Best {
        /// Number of the set.
        set: u64,
        /// Why it cannot be run, in words.
        why: String,
    },
}

impl From<StoreError> for ValidationError {
    fn from(error: StoreError) -> Self {
        SweepError::from(error).into()
    }
}

/// One set of a sweep, run whole.
#[derive(Clone, Debug)]
pub struct WholeSet {
    /// Number of the set.
    pub set: u64,
    /// The run, with its trades and equity curve.
    pub run: Run,
    /// The instruments it traded.
    pub instruments: Vec<Instrument>,
    /// Net P&L with the worse order of stop and target in every ambiguous bar, account
    /// currency.
    pub worst: Decimal,
}

/// A sweep with its validation.
#[derive(Debug)]
pub struct ValidatedSweep {
    /// How far its best set is to be believed.
    pub validation: Validation,
    /// The surface of the main objective; `None` where two sets are alike, or there are
    /// more points than can be counted.
    pub surface: Option<ParameterSurface>,
    /// Figures of the best set; `None` where no set is ranked.
    pub stats: Option<Stats>,
    /// Number of sets that failed.
    pub failed: u64,
}

/// What the records tell of all sets.
struct AllSets {
    /// The main objective of those that are ranked.
    objective: Vec<Option<f64>>,
    blocks: BlockRows,
    sample: Vec<Vec<f64>>,
    failed: u64,
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// How far the best set of a sweep is to be believed, the best set run whole for it.
    pub fn validate(
        &self,
        records: &dyn SetRecords,
        options: &ValidationOptions<'_>,
    ) -> Result<ValidatedSweep, ValidationError> {
        let best = self.best_of(records)?.map(|set| self.run_whole(set)).transpose()?;
        self.validate_with(records, best.as_ref(), options)
    }

    /// The same where the best set was run whole already.
    pub fn validate_with(
        &self,
        records: &dyn SetRecords,
        best: Option<&WholeSet>,
        options: &ValidationOptions<'_>,
    ) -> Result<ValidatedSweep, ValidationError> {
        pool(options.threads)?.install(|| self.validated(records, best, options))
    }

    /// One set run whole, as it would be alone.
    pub fn run_whole(&self, set: u64) -> Result<WholeSet, ValidationError> {
        let why = |why: String| ValidationError::Best { set, why };
        let found = usize::try_from(set).ok().and_then(|set| self.sets.get(set));
        let found = found.ok_or_else(|| why("there is no such set".to_owned()))?;
        let account = self.made(&found).map_err(why)?;
        let order = account.intrabar;
        let instruments = account.instruments.iter().map(|m| m.instrument.clone()).collect();
        let run = account.run().map_err(|e| why(e.to_string()))?;
        let bounds = Bounds::of(&run, order, |intrabar| -> Result<_, WholeError> {
            Ok(Backtest { intrabar, ..self.made(&found).map_err(WholeError)? })
        });
        let worst = bounds.map_err(|e| why(e.0))?.worst;
        Ok(WholeSet { set, run, instruments, worst })
    }

    fn best_of(&self, records: &dyn SetRecords) -> Result<Option<u64>, StoreError> {
        let goals = self.metrics.objectives();
        let mut ranking = crate::research::sweep::table::Ranking::new(goals, 1, self.eligible());
        for record in records.all() {
            let (set, record) = record?;
            ranking.offer(set, &record);
        }
        Ok(ranking.top(0).first().map(|ranked| ranked.set))
    }

    fn validated(
        &self,
        records: &dyn SetRecords,
        best: Option<&WholeSet>,
        options: &ValidationOptions<'_>,
    ) -> Result<ValidatedSweep, ValidationError> {
        let all = self.read(records)?;
        let goal = self.metrics.objectives()[0];
        // Before the surface: a million sets take a quarter of a gigabyte in either.
        let (pbo, sharpes) = match all.blocks.table() {
            Some(table) => (Pbo::of(&table), table.sharpes()),
            None => (None, Vec::new()),
        };
        let surface = surface(&self.space, &self.sets, all.objective, goal.direction).ok();
        let winner = surface.as_ref().and_then(ParameterSurface::winner);
        let stats = best.map(|b| b.run.stats(&b.instruments, self.interval()));
        let pair = best.zip(stats.as_ref());
        let walk_forward = self.walk(winner, options)?;
        let random = best.filter(|_| options.random_entries > 0);
        let random = random.map(|best| self.random(best, options));
        // An interrupted draw is no reason to leave the draws out.
        if !(options.go_on)() {
            return Err(WalkError::Interrupted.into());
        }
        let validation = Validation::of(SearchOutcome {
            sets: self.sets.len(),
            pbo,
            sharpes,
            sample: &all.sample,
            tried: options.tried,
            best: pair.map(|(b, stats)| BestRun { run: &b.run, stats, worst: Some(b.worst) }),
            surface: surface.as_ref(),
            walk_forward,
            random,
            seed: SEED,
        });
        Ok(ValidatedSweep { validation, surface, stats, failed: all.failed })
    }

    fn walk(
        &self,
        best: Option<usize>,
        options: &ValidationOptions<'_>,
    ) -> Result<Option<WalkForward>, ValidationError> {
        let Some(how) = &options.walk_forward else { return Ok(None) };
        let coverage = self.coverage();
        if coverage.days().is_empty() {
            return Ok(None);
        }
        let main = self.metrics.objectives()[0];
        let metric = self.walked_by()?;
        let is_main = metric == self.metrics.columns()[main.column];
        let direction = if is_main { main.direction } else { metric.direction() };
        let score = |summary: &Summary| metric.quick(&Basis::new(summary));
        let cache = self.feature_cache();
        let forward = Forward {
            sets: &self.sets,
            make: &|set, period| Ok(Backtest { period, ..self.made(set)? }),
            cache: &cache,
            score: &score,
            direction,
            min_trades: u32::try_from(self.min_trades).unwrap_or(u32::MAX),
            best,
            go_on: options.go_on,
        };
        Ok(Some(forward.walk(&coverage, how)?))
    }

    fn random(
        &self,
        best: &WholeSet,
        options: &ValidationOptions<'_>,
    ) -> Result<RandomRuns, String> {
        let set = usize::try_from(best.set).ok().and_then(|set| self.sets.get(set));
        let set = set.ok_or_else(|| format!("there is no set {}", best.set))?;
        // Each draw makes its own.
        let make = || match (options.go_on)() {
            true => self.made(&set),
            false => Err("interrupted".to_owned()),
        };
        let (cache, draws) = (self.feature_cache(), options.random_entries);
        random_runs(&make, &cache, &best.run.trades, draws, SEED).map_err(|e| e.to_string())
    }

    /// Reads the records of all sets.
    fn read(&self, records: &dyn SetRecords) -> Result<AllSets, ValidationError> {
        let days = records.days();
        let goal = self.metrics.objectives()[0];
        let eligible = self.eligible();
        let mut all = AllSets {
            objective: vec![None; self.sets.len()],
            blocks: BlockRows::for_sets(self.sets.len()),
            sample: Vec::new(),
            failed: 0,
        };
        for record in records.all() {
            let (set, record) = record?;
            let SetRecord::Done(figures) = record else {
                all.failed += 1;
                continue;
            };
            if let Some(blocks) = figures.blocks {
                all.blocks.push(&ReturnBlocks::over(&blocks, days));
            }
            let place = usize::try_from(set).ok().and_then(|set| all.objective.get_mut(set));
            if let (Some(place), true) = (place, eligible.admits(&figures.values)) {
                *place = figures.values.get(goal.column).copied().flatten();
            }
        }
        for row in records.sampled() {
            all.sample.extend(row?.1);
        }
        Ok(all)
    }
}

impl<M> Sweep<'_, M> {
    /// What a walk forward chooses by: the main objective where it is quick to tell.
    pub fn walked_by(&self) -> Result<Metric, SweepError> {
        let main = self.metrics.columns()[self.metrics.objectives()[0].column];
        if main.is_quick() { Ok(main) } else { Ok(Metric::named("sharpe")?) }
    }
}

/// Why a set is not run whole, in words.
struct WholeError(String);

impl From<RunError> for WholeError {
    fn from(error: RunError) -> Self {
        Self(error.to_string())
    }
}
