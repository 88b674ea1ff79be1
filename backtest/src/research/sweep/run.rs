//! Runs the sets of a search on all cores and keeps each as soon as it is done.
//!
//! # Invariants
//!
//! - What is kept is a function of the sets and the data: not of the number of
//!   threads, the order they finish in, or how often the search was stopped.
//! - Memory does not grow with the number of sets: features are shared within a
//!   budget, sets go to the disk one by one.
//! - A set that is refused or fails is a failed set with its words; only the disk and
//!   the caller end a search.
//!
//! # Known limits
//!
//! Sets run in the order of their numbers, so features are shared best where the
//! axes that change them come first. All sets are traded on the same days.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tickstep_core::units::Nanos;

use super::error::SweepError;
use super::metric::{Basis, Metrics};
use super::table::{Best, Eligible};
use super::{Shard, files};
use crate::folder::Identity;
use crate::research::space::{Set, Sets, Space};
use crate::research::store::{
    BLOCKS, Blocks, Figures, Header, MOST_SAMPLED, Sample, SetRecord, Store,
};
use crate::run::{Backtest, FeatureCache, Period, Stepping, Summary};
use crate::series::Series;
use tickstep_core::stats::DailyCloses;

/// Bytes that features and comparisons may take, all threads together.
pub(super) const BUDGET: usize = 256 << 20;
/// Sets between two looks at which are missing.
const CHUNK: usize = 4096;

/// A search, ready to run: its sets, what is kept of each, and how a set becomes a run.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use std::path::Path;
/// use tickstep_backtest::run::{Backtest, Period};
/// use tickstep_backtest::research::space::{Set, Space};
/// use tickstep_backtest::folder::Identity;
/// use tickstep_backtest::research::sweep::{Job, Sweep, SweepError};
/// use tickstep_backtest::series::Series;
///
/// fn search<'a>(
///     space: &Space,
///     series: &'a Series,
///     make: impl Fn(&Set) -> Result<Backtest<'a>, String> + Sync,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let sweep = Sweep::over(space, [series], Period::default(), &["sharpe"], make)?;
///     let job = Job::new(Identity::of(&("my search", 1)));
///     let found = sweep.run(Path::new("runs/mine"), &job, &mut |p| {
///         println!("{} of {}", p.done, p.total);
///         ControlFlow::Continue(())
///     })?;
///     let tables = sweep.tables(Path::new("runs/mine"), &found.store)?;
///     println!("best: {:?}", tables.tops[0].first());
///     Ok(())
/// }
/// ```
pub struct Sweep<'a, M> {
    /// What the sets are.
    pub sets: Sets,
    /// What is kept of each, and what it is judged by.
    pub metrics: Metrics,
    /// Fewest trades of a set that is judged.
    pub min_trades: u64,
    /// How many of the best are shown.
    pub top: usize,
    /// Whether bars at which nothing can happen are looked at; the result is the same.
    pub passing: Stepping,
    pub(super) axes: Vec<String>,
    series: Vec<&'a Series>,
    period: Period,
    make: M,
}

/// Which part of a search is run where.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// What the search is: one identity, one result.
    pub identity: Identity,
    /// The part of it.
    pub shard: Shard,
    /// Threads, as many as there are cores when `None`.
    pub threads: Option<usize>,
    /// Whether to go on with what is in the folder.
    pub resume: bool,
}

impl Job {
    /// All of a search, on all cores, from the beginning.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self { identity, shard: Shard::WHOLE, threads: None, resume: false }
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Sets of this shard that are done, those of earlier processes too.
    pub done: u64,
    /// Of these, failed since this process began.
    pub failed: u64,
    /// Sets of this shard.
    pub total: u64,
    /// The best by the main objective since this process began, and its value.
    pub best: Option<(u64, f64)>,
}

/// The files of a finished search, or of a shard.
#[derive(Debug)]
pub struct Found {
    /// A record for each set.
    pub store: Store,
    /// Daily returns of some.
    pub sample: Sample,
}

/// One set, run.
pub struct SetResult {
    /// Its figures.
    pub figures: Figures,
    /// Daily returns, fractions; `None` at ruin.
    pub returns: Option<Vec<f64>>,
}

/// Asked how far the search has come after each set; `Break` ends it.
pub type Watch<'w> = dyn FnMut(Progress) -> ControlFlow<()> + Send + 'w;

/// What the threads share while they run.
struct Tally<'w> {
    progress: Progress,
    best: Best,
    watch: &'w mut Watch<'w>,
    stopped: bool,
}

impl<M> Sweep<'_, M> {
    /// Which sets are ranked.
    pub(super) fn eligible(&self) -> Eligible {
        Eligible::Trades { column: self.metrics.trades(), least: self.min_trades }
    }
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Over the sets of `space`: `make` turns each into a run over `series`, in the
    /// account's order, within `period`. Objectives are names of figures, the main one
    /// first. At least 30 trades, the best 20 shown, bars passed over.
    pub fn over(
        space: &Space,
        series: impl IntoIterator<Item = &'a Series>,
        period: Period,
        objectives: &[impl AsRef<str>],
        make: M,
    ) -> Result<Self, SweepError> {
        Ok(Self {
            sets: space.sets()?,
            metrics: Metrics::new(objectives)?,
            min_trades: 30,
            top: 20,
            passing: Stepping::TradeByTrade,
            axes: space.axes().iter().map(|a| a.key().to_owned()).collect(),
            series: series.into_iter().collect(),
            period,
            make,
        })
    }

    /// What its threads share; one for all sets that run at once.
    #[must_use]
    pub fn shared(&self) -> FeatureCache<'a> {
        FeatureCache::new(self.series.iter().copied(), BUDGET)
    }

    /// The UTC days traded, since 1970-01-01.
    fn days(&self) -> Vec<i64> {
        let closes = self.series.iter().filter_map(|s| self.period.closes(s));
        let span = closes.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
        span.map_or_else(Vec::new, |(first, last)| DailyCloses::days(first, last).collect())
    }

    /// Of `sets.bin` and of `returns.bin`.
    fn headers(&self, job: &Job) -> Result<(Header, Header), SweepError> {
        let (days, total) = (self.days(), self.sets.len() as u64);
        let sets = Header::new(job.identity, total, self.metrics.names())?.with_shard(job.shard);
        let sets = if days.len() >= BLOCKS { sets.with_blocks() } else { sets };
        let date = |day: &i64| {
            let noon = crate::times::utc(Nanos(day * Nanos::DAY.0));
            noon.split('T').next().unwrap_or_default().to_owned()
        };
        let dates = days.iter().map(date).collect();
        let returns = Header::new(job.identity, total, dates)?.with_shard(job.shard);
        Ok((sets, returns))
    }

    /// Runs what is missing of the job's sets into `dir` and finishes its files.
    pub fn run(&self, dir: &Path, job: &Job, watch: &mut Watch<'_>) -> Result<Found, SweepError> {
        let mut found = self.open(dir, job)?;
        let pool = ThreadPoolBuilder::new()
            .num_threads(job.threads.unwrap_or(0))
            .build()
            .map_err(|e| SweepError::Threads(e.to_string()))?;
        let range = found.store.header().range();
        let (done, total) = (found.store.count(), range.end - range.start);
        let tally = Mutex::new(Tally {
            progress: Progress { done, failed: 0, total, best: None },
            best: Best::new(self.metrics.objectives(), 1, self.eligible()),
            watch,
            stopped: false,
        });
        let shared = self.shared();
        let days = self.days().len();
        let mut missing = found.store.missing();
        loop {
            let chunk: Vec<u64> = missing.by_ref().take(CHUNK).collect();
            let one = |set: &u64| -> Result<(), SweepError> {
                if lock(&tally).stopped {
                    return Ok(());
                }
                let record = self.keep(*set, days, &shared, &found)?;
                lock(&tally).told(*set, &record);
                Ok(())
            };
            // One by one, as threads that begin far apart wait for the same columns.
            pool.install(|| chunk.iter().par_bridge().try_for_each(one))?;
            let Tally { stopped, progress, .. } = &*lock(&tally);
            if *stopped {
                found.store.sync()?;
                found.sample.sync()?;
                let (done, total) = (progress.done, progress.total);
                return Err(SweepError::Interrupted { done, total });
            }
            if chunk.is_empty() {
                break;
            }
        }
        drop(missing);
        found.sample.sync()?;
        found.store.finish()?;
        Ok(found)
    }

    fn open(&self, dir: &Path, job: &Job) -> Result<Found, SweepError> {
        files::check(dir)?;
        let (sets, returns) = (dir.join(files::SETS), dir.join(files::RETURNS));
        let (sets_head, returns_head) = self.headers(job)?;
        if job.resume {
            let sample = |store| -> Result<Found, SweepError> {
                let sample = Sample::open_or_resume(&returns, &returns_head, MOST_SAMPLED)?;
                Ok(Found { store, sample })
            };
            return sample(Store::open_or_resume(&sets, sets_head)?);
        }
        let store = Store::create(&sets, sets_head)?;
        if returns.exists() {
            // Of a sweep whose records are gone.
            std::fs::remove_file(&returns).map_err(|e| files::fault(&returns, e))?;
        }
        Ok(Found { store, sample: Sample::create(&returns, &returns_head, MOST_SAMPLED)? })
    }

    /// Runs a set and keeps what came of it: returns first, as the sample asks.
    fn keep(
        &self,
        number: u64,
        days: usize,
        shared: &FeatureCache<'a>,
        found: &Found,
    ) -> Result<SetRecord, SweepError> {
        let set = self.sets.get(usize::try_from(number).unwrap_or(usize::MAX));
        let ran = match set {
            Some(set) => self.evaluate(&set, shared),
            None => Err("there is no such set".to_owned()),
        };
        let ran = ran.and_then(|ran| match &ran.returns {
            Some(returns) if returns.len() != days => Err(format!(
                "it was traded on {} days and the sweep is of {days}; trade every set in the \
                 sweep's period",
                returns.len()
            )),
            _ => Ok(ran),
        });
        if found.sample.wants(number) {
            let returns = ran.as_ref().ok().and_then(|ran| ran.returns.as_deref());
            found.sample.put(number, returns)?;
        }
        Ok(match ran {
            Ok(SetResult { mut figures, .. }) => {
                figures.blocks = figures.blocks.filter(|_| found.store.header().has_blocks());
                found.store.put(number, &figures)?;
                SetRecord::Done(figures)
            }
            Err(why) => {
                found.store.put_failed(number, &why)?;
                SetRecord::Failed
            }
        })
    }

    /// Runs one set; in words why it cannot be.
    pub fn evaluate(&self, set: &Set, shared: &FeatureCache<'a>) -> Result<SetResult, String> {
        // An overflow in one set of a million must not cost the others.
        catch_unwind(AssertUnwindSafe(|| self.ran(set, shared))).unwrap_or_else(|panic| {
            Err(format!("the run panicked: {}; please report this", words(&*panic)))
        })
    }

    fn made(&self, set: &Set) -> Result<Backtest<'a>, String> {
        (self.make)(set).map_err(|e| e.to_string())
    }

    /// A run in a few figures. A strategy that was asked before settling came to
    /// nothing is made anew: what it keeps in mind is its own affair.
    fn summary<'s>(
        &self,
        backtest: Backtest<'s>,
        set: &Set,
        shared: &'s FeatureCache<'s>,
    ) -> Result<Summary, String>
    where
        'a: 's,
    {
        if self.passing != Stepping::TradeByTrade {
            return backtest.summary(Some(shared), self.passing).map_err(words_of);
        }
        let backtest = if backtest.may_settle() {
            if let Some(summary) = backtest.settled(shared) {
                return Ok(summary);
            }
            self.made(set)?
        } else {
            backtest
        };
        backtest.summary(Some(shared), Stepping::SkipIdle).map_err(words_of)
    }

    fn ran(&self, set: &Set, shared: &FeatureCache<'a>) -> Result<SetResult, String> {
        let backtest = self.made(set)?;
        let interval = self.series.iter().map(|s| s.interval()).min().unwrap_or(Nanos::MINUTE);
        if self.metrics.is_quick() {
            let summary = self.summary(backtest, set, shared)?;
            let basis = Basis::new(&summary, interval);
            let values = self.metrics.columns().iter().map(|m| m.quick(&basis)).collect();
            let blocks = Blocks::of(basis.returns()).map(Box::new);
            let figures = Figures { trade_hash: summary.trade_hash(), values, blocks };
            return Ok(SetResult { figures, returns: basis.into_returns() });
        }
        let instruments: Vec<_> =
            backtest.instruments.iter().map(|t| t.instrument.clone()).collect();
        let run = match self.passing {
            Stepping::TradeByTrade | Stepping::SkipIdle => backtest.run_shared(shared),
            Stepping::EveryBar => backtest.run(),
        };
        let run = run.map_err(words_of)?;
        let stats = run.stats(&instruments, interval);
        let values = self.metrics.columns().iter().map(|m| m.whole(&stats)).collect();
        let returns = run.daily_returns();
        let blocks = returns.as_deref().and_then(Blocks::of).map(Box::new);
        let trade_hash = crate::run::TradeHash::of(&run.trades);
        Ok(SetResult { figures: Figures { trade_hash, values, blocks }, returns })
    }
}

impl Tally<'_> {
    fn told(&mut self, set: u64, record: &SetRecord) {
        self.progress.done += 1;
        self.progress.failed += u64::from(*record == SetRecord::Failed);
        self.best.offer(set, record);
        let best = self.best.top(0);
        self.progress.best = best.first().and_then(|r| Some((r.set, *r.values.first()?)));
        self.stopped |= (self.watch)(self.progress).is_break();
    }
}

/// A thread that panicked in the caller's watch left a count behind, no more.
fn lock<'t, 'w>(tally: &'t Mutex<Tally<'w>>) -> std::sync::MutexGuard<'t, Tally<'w>> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(clippy::needless_pass_by_value)]
fn words_of(error: crate::run::RunError) -> String {
    error.to_string()
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
