//! A sweep whose sets go to files one by one, to be resumed, split among machines, and
//! of more sets than memory holds.
//!
//! Invariants: what is kept does not depend on how often the sweep was stopped, nor on
//! the shards it was run in; memory does not grow with the number of sets.

use std::path::Path;

use tickstep_core::units::Nanos;

use super::error::SweepError;
use super::files;
use super::progress::SweepWatch;
use super::records::{SampledReturns, SetRecords};
use super::run::{SetResult, Sweep};
use super::threads::Keep;
use crate::folder::Identity;
use crate::research::space::Set;
use crate::research::store::{
    BLOCKS, MOST_SAMPLED, ReturnsSample, SetRecord, Shard, Store, StoreError, StoreHeader,
};
use crate::run::Backtest;

/// Which part of a sweep is run into a folder.
#[derive(Clone, Copy, Debug)]
pub struct SweepJob {
    /// What the search is: one identity, one result.
    pub identity: Identity,
    /// The part of it.
    pub shard: Shard,
    /// Threads, as many as there are cores when `None`.
    pub threads: Option<usize>,
    /// Whether to go on with what is in the folder.
    pub resume: bool,
}

impl SweepJob {
    /// All of a search, on all cores, from the beginning.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self { identity, shard: Shard::WHOLE, threads: None, resume: false }
    }
}

/// The files of a sweep, or of a shard of it.
#[derive(Debug)]
pub struct SweepFiles {
    /// A record for each set.
    pub store: Store,
    /// Daily returns of some.
    pub sample: ReturnsSample,
}

impl SetRecords for SweepFiles {
    fn record(&self, set: u64) -> Result<Option<SetRecord>, StoreError> {
        self.store.get(set)
    }

    fn all(&self) -> Box<dyn Iterator<Item = Result<(u64, SetRecord), StoreError>> + '_> {
        Box::new(self.store.records())
    }

    fn sampled(&self) -> Box<dyn Iterator<Item = Result<SampledReturns, StoreError>> + '_> {
        Box::new(self.sample.rows())
    }

    fn days(&self) -> usize {
        self.sample.header().columns().len()
    }
}

impl Keep for SweepFiles {
    fn keep(&self, set: u64, outcome: &Result<SetResult, String>) -> Result<(), SweepError> {
        // Returns first: a set that is done then has its returns.
        if self.sample.wants(set) {
            let returns = outcome.as_ref().ok().and_then(|ran| ran.returns.as_deref());
            self.sample.put(set, returns)?;
        }
        match outcome {
            Ok(ran) => self.store.put(set, &ran.figures)?,
            Err(why) => self.store.put_failed(set, why)?,
        }
        Ok(())
    }
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Runs what is missing of the job's sets into `dir` and finishes its files.
    ///
    /// ```no_run
    /// # use std::ops::ControlFlow;
    /// # use std::path::Path;
    /// # use tickstep_backtest::run::Backtest;
    /// # use tickstep_backtest::research::space::Set;
    /// use tickstep_backtest::folder::Identity;
    /// use tickstep_backtest::research::sweep::{Sweep, SweepJob};
    ///
    /// # fn search<'a>(
    /// #     sweep: &Sweep<'a, impl Fn(&Set) -> Result<Backtest<'a>, String> + Sync>,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let job = SweepJob::new(Identity::of(&("my search", 1)));
    /// let files = sweep.run_into(Path::new("runs/mine"), &job, &mut |p| {
    ///     println!("{} of {}", p.done, p.total);
    ///     ControlFlow::Continue(())
    /// })?;
    /// let tables = sweep.write_tables(Path::new("runs/mine"), &files)?;
    /// println!("best: {:?}", tables.tops[0].first());
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_into(
        &self,
        dir: &Path,
        job: &SweepJob,
        watch: &mut SweepWatch<'_>,
    ) -> Result<SweepFiles, SweepError> {
        let mut files = self.open(dir, job)?;
        let range = files.store.header().range();
        let (done, total) = (files.store.count(), range.end - range.start);
        let missing = files.store.missing();
        let (whole, progress) =
            self.run_missing(job.threads, missing, done, total, &files, watch)?;
        files.sample.sync()?;
        if !whole {
            files.store.sync()?;
            let (done, total) = (progress.done, progress.total);
            return Err(SweepError::Interrupted { done, total });
        }
        files.store.finish()?;
        Ok(files)
    }

    /// Of `sets.bin` and of `returns.bin`.
    fn headers(&self, job: &SweepJob) -> Result<(StoreHeader, StoreHeader), SweepError> {
        let (days, total) = (self.days(), self.sets.len() as u64);
        let sets =
            StoreHeader::new(job.identity, total, self.metrics.names())?.with_shard(job.shard);
        let sets = if days.len() >= BLOCKS { sets.with_blocks() } else { sets };
        let date = |day: &i32| {
            let noon = crate::times::utc(Nanos::DAY.times(i64::from(*day)));
            noon.split('T').next().unwrap_or_default().to_owned()
        };
        let dates = days.iter().map(date).collect();
        let returns = StoreHeader::new(job.identity, total, dates)?.with_shard(job.shard);
        Ok((sets, returns))
    }

    pub(super) fn open(&self, dir: &Path, job: &SweepJob) -> Result<SweepFiles, SweepError> {
        files::check(dir)?;
        let (sets, returns) = (dir.join(files::SETS), dir.join(files::RETURNS));
        let (sets_head, returns_head) = self.headers(job)?;
        if job.resume {
            let store = Store::open_or_resume(&sets, sets_head)?;
            let sample = ReturnsSample::open_or_resume(&returns, &returns_head, MOST_SAMPLED)?;
            return Ok(SweepFiles { store, sample });
        }
        let store = Store::create(&sets, sets_head)?;
        if returns.exists() {
            // Of a sweep whose records are gone.
            std::fs::remove_file(&returns).map_err(|e| files::fault(&returns, e))?;
        }
        let sample = ReturnsSample::create(&returns, &returns_head, MOST_SAMPLED)?;
        Ok(SweepFiles { store, sample })
    }
}
