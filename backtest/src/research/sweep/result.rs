//! A sweep whose results stay in memory: nothing is written, nothing is read.
//!
//! Invariants: every figure, and every return that is sampled, is the one that
//! [`Sweep::run_into`] keeps in files, to the last bit.
//!
//! Known limits: memory grows with the number of sets, by about half a kilobyte each;
//! a sweep that is stopped leaves nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use super::error::SweepError;
use super::metric::Metrics;
use super::objective::Eligible;
use super::progress::SweepWatch;
use super::records::{SampledReturns, SetRecords};
use super::run::{SetResult, Sweep};
use super::table::{Front, Ranked, Ranking, ResultRow, ResultsTable, TableError};
use super::threads::Keep;
use crate::research::space::{Set, Sets, Space};
use crate::research::store::{Failure, SetRecord, StoreError, is_sampled};
use crate::run::Backtest;

/// What came of every set of a sweep.
#[derive(Clone, Debug)]
pub struct SweepResult {
    /// The space that the sets were taken from.
    pub space: Space,
    /// The sets that were run, by number.
    pub sets: Sets,
    /// The figures known of each set, and those it is judged by.
    pub metrics: Metrics,
    eligible: Eligible,
    days: usize,
    pub(super) records: Vec<SetRecord>,
    pub(super) failures: Vec<Failure>,
    pub(super) sample: Vec<SampledReturns>,
}

impl SweepResult {
    /// Number of sets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record of every set, in order.
    #[must_use]
    pub fn records(&self) -> &[SetRecord] {
        &self.records
    }

    /// The figure of that name of set `set`, in the unit of `stats.json`; `None` where it
    /// has no value, is not kept, or the set failed.
    #[must_use]
    pub fn value(&self, set: usize, figure: &str) -> Option<f64> {
        let column = self.metrics.columns().iter().position(|m| m.name() == figure)?;
        match self.records.get(set)? {
            SetRecord::Done(figures) => figures.values.get(column).copied().flatten(),
            SetRecord::Failed => None,
        }
    }

    /// The sets that failed, in order, and why each did.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// The best `count` sets by the main objective, best first.
    #[must_use]
    pub fn best(&self, count: usize) -> Vec<Ranked> {
        self.ranking(count).top(0)
    }

    /// The sets that no other beats in all objectives.
    #[must_use]
    pub fn front(&self) -> Front {
        self.ranking(0).front()
    }

    fn ranking(&self, count: usize) -> Ranking {
        let mut ranking = Ranking::new(self.metrics.objectives(), count, self.eligible);
        for (set, record) in (0..).zip(&self.records) {
            ranking.offer(set, record);
        }
        ranking
    }

    /// Which sets are ranked.
    #[must_use]
    pub const fn eligible(&self) -> Eligible {
        self.eligible
    }

    /// The main objective of every set that is ranked.
    #[must_use]
    pub fn objective(&self) -> Vec<Option<f64>> {
        let column = self.metrics.objectives().first().map(|goal| goal.column);
        let of = |record: &SetRecord| match record {
            SetRecord::Done(figures) if self.eligible.admits(&figures.values) => {
                figures.values.get(column?).copied().flatten()
            }
            SetRecord::Done(_) | SetRecord::Failed => None,
        };
        self.records.iter().map(of).collect()
    }

    /// Writes the table that `results.csv` of a sweep's folder is.
    pub fn write_csv(&self, to: impl Write) -> Result<(), TableError> {
        let axes: Vec<String> = self.space.axes().iter().map(|a| a.key().to_owned()).collect();
        let mut table = ResultsTable::new(to, &axes, &self.metrics.names())?;
        for (set, record) in self.sets.iter().zip(&self.records) {
            let axes: Vec<String> = set.values().iter().map(ToString::to_string).collect();
            table.row(ResultRow { set: set.number() as u64, axes: &axes, record })?;
        }
        table.end()
    }
}

impl SetRecords for SweepResult {
    fn record(&self, set: u64) -> Result<Option<SetRecord>, StoreError> {
        Ok(usize::try_from(set).ok().and_then(|set| self.records.get(set)).cloned())
    }

    fn all(&self) -> Box<dyn Iterator<Item = Result<(u64, SetRecord), StoreError>> + '_> {
        Box::new((0..).zip(self.records.iter().cloned()).map(Ok))
    }

    fn sampled(&self) -> Box<dyn Iterator<Item = Result<SampledReturns, StoreError>> + '_> {
        Box::new(self.sample.iter().cloned().map(Ok))
    }

    fn days(&self) -> usize {
        self.days
    }
}

/// Sets as they come from the threads.
struct MemoryStore {
    total: u64,
    kept: Mutex<BTreeMap<u64, Result<SetResult, String>>>,
}

impl MemoryStore {
    fn new(total: u64) -> Self {
        Self { total, kept: Mutex::default() }
    }
}

impl Keep for MemoryStore {
    fn keep(&self, set: u64, outcome: &Result<SetResult, String>) -> Result<(), SweepError> {
        let mut outcome = outcome.clone();
        if let Ok(ran) = &mut outcome {
            let sampled = is_sampled(set, self.total);
            // What is not finite is 0 in a sample, as it is in files.
            let finite = |r: &mut f64| *r = if r.is_finite() { *r } else { 0.0 };
            ran.returns = ran.returns.take().filter(|_| sampled);
            ran.returns.iter_mut().flatten().for_each(finite);
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(set, outcome);
        Ok(())
    }
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Runs every set on all cores and keeps the results in memory.
    pub fn run(&self) -> Result<SweepResult, SweepError> {
        self.run_on(None, &mut |_| ControlFlow::Continue(()))
    }

    /// The same on so many threads, as many as there are cores when `None`; `watch` is
    /// told after each set, and may stop the sweep.
    pub fn run_on(
        &self,
        threads: Option<usize>,
        watch: &mut SweepWatch<'_>,
    ) -> Result<SweepResult, SweepError> {
        let total = self.sets.len() as u64;
        let to = MemoryStore::new(total);
        let (whole, progress) = self.run_missing(threads, 0..total, 0, total, &to, watch)?;
        if !whole {
            let (done, total) = (progress.done, progress.total);
            return Err(SweepError::Stopped { done, total });
        }
        Ok(self.collected(to))
    }

    /// The results of sets that were run one by one ([`Sweep::evaluate`]): an outcome for
    /// each of [`Sweep::sets`], in order.
    pub fn gathered(
        &self,
        outcomes: impl IntoIterator<Item = Result<SetResult, String>>,
    ) -> Result<SweepResult, SweepError> {
        let (total, days) = (self.sets.len() as u64, self.days().len());
        let to = MemoryStore::new(total);
        for (set, outcome) in (0..total).zip(outcomes) {
            to.keep(set, &outcome.and_then(|ran| self.sound(ran, days)))?;
        }
        Ok(self.collected(to))
    }

    pub(super) fn nothing_yet(&self) -> SweepResult {
        SweepResult {
            space: self.space.clone(),
            sets: self.sets.clone(),
            metrics: self.metrics.clone(),
            eligible: self.eligible(),
            days: self.days().len(),
            records: Vec::with_capacity(self.sets.len()),
            failures: Vec::new(),
            sample: Vec::new(),
        }
    }

    fn collected(&self, to: MemoryStore) -> SweepResult {
        let mut result = self.nothing_yet();
        for (set, outcome) in to.kept.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let (record, returns) = match outcome {
                Ok(ran) => (SetRecord::Done(ran.figures), ran.returns),
                Err(why) => {
                    result.failures.push(Failure { set, why });
                    (SetRecord::Failed, None)
                }
            };
            if is_sampled(set, to.total) {
                result.sample.push((set, returns));
            }
            result.records.push(record);
        }
        result
    }
}
