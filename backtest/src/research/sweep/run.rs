//! A sweep and the run of one of its sets.
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
use std::panic::{AssertUnwindSafe, catch_unwind};

use tickstep_core::stats::Coverage;
use tickstep_core::units::Nanos;

use super::error::SweepError;
use super::metric::{Basis, Metrics};
use super::objective::Eligible;
use crate::research::space::{Set, Sets, Space};
use crate::research::store::{BlockSums, Figures};
use crate::run::{Backtest, FeatureCache, Period, Stepping};
use crate::series::Series;

/// Bytes that features and comparisons may take, all threads together.
const BUDGET: usize = 256 << 20;

/// A sweep, ready to run: its sets, what is kept of each, and how a set becomes a run.
///
/// ```
/// use tickstep_backtest::research::space::{Axis, Method, Set, Space, Value};
/// use tickstep_backtest::research::sweep::{Sweep, SweepError};
/// use tickstep_backtest::run::Backtest;
///
/// fn search<'a>(
///     make: impl Fn(&Set) -> Result<Backtest<'a>, String> + Sync,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let lengths = [5, 10, 20].map(Value::Int).to_vec();
///     let space = Space::new(vec![Axis::list("length", lengths)?], &[], Method::Grid)?;
///     let mut sweep = Sweep::new(&space, &["sharpe"], make)?;
///     sweep.min_trades = 10;
///     let result = sweep.run()?;
///     for ranked in result.best(3) {
///         println!("set {}: {:?}", ranked.set, ranked.values);
///     }
///     Ok(())
/// }
/// ```
pub struct Sweep<'a, M> {
    /// The sets to run, by number.
    pub sets: Sets,
    /// What is kept of each, and what it is judged by.
    pub metrics: Metrics,
    /// Fewest trades of a set that is judged.
    pub min_trades: u64,
    /// Number of best sets that are shown.
    pub top: usize,
    /// Whether bars at which nothing can happen are looked at; the result is the same.
    pub stepping: Stepping,
    /// The space that the sets are taken from.
    pub space: Space,
    pub(super) series: Vec<&'a Series>,
    pub(super) period: Period,
    pub(super) make: M,
}

/// What the run of one set gave.
#[derive(Clone, Debug)]
pub struct SetResult {
    /// Figures of the set.
    pub figures: Figures,
    /// Daily returns, fractions; `None` at ruin.
    pub returns: Option<Vec<f64>>,
}

impl<M> Sweep<'_, M> {
    /// Which sets are ranked.
    #[must_use]
    pub fn eligible(&self) -> Eligible {
        Eligible::Trades { column: self.metrics.trades(), least: self.min_trades }
    }

    /// Keys of the axes, in order.
    #[must_use]
    pub fn axes(&self) -> Vec<String> {
        self.space.axes().iter().map(|axis| axis.key().to_owned()).collect()
    }

    /// Nominal length of the shortest bars.
    #[must_use]
    pub fn interval(&self) -> Nanos {
        self.series.iter().map(|s| s.interval().nominal()).min().unwrap_or(Nanos::MINUTE)
    }

    /// What the bars cover that are traded, of all instruments.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.period.coverage(self.series.iter().copied())
    }

    /// From the open of the first bar that is traded to the close of the last, of all
    /// instruments; `None` where no bar is.
    #[must_use]
    pub fn traded_span(&self) -> Option<(Nanos, Nanos)> {
        let spans = self.series.iter().filter_map(|series| self.period.span(series));
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Over the sets of `space`: `make` turns each into a run over `series`, in the
    /// account's order, within `period`. Objectives are names of figures, the main one
    /// first. At least 30 trades, the best 20 shown, trade by trade.
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
            stepping: Stepping::TradeByTrade,
            space: space.clone(),
            series: series.into_iter().collect(),
            period,
            make,
        })
    }

    /// Over the sets of `space`: `make` turns each into a run, all of them over the
    /// series and the period of the first that it makes. Objectives are names of
    /// figures, the main one first. At least 30 trades, the best 20 shown, bars passed
    /// over.
    pub fn new(space: &Space, objectives: &[impl AsRef<str>], make: M) -> Result<Self, SweepError> {
        let mut sweep = Self::over(space, [], Period::default(), objectives, make)?;
        // Where none can be made, every set fails and says why.
        let first = sweep.sets.iter().find_map(|set| (sweep.make)(&set).ok());
        if let Some(first) = first {
            sweep.series = first.instruments.iter().map(|market| market.series).collect();
            sweep.period = first.period;
        }
        Ok(sweep)
    }

    /// What its threads share; one for all sets that run at once.
    #[must_use]
    pub fn feature_cache(&self) -> FeatureCache<'a> {
        FeatureCache::new(self.series.iter().copied(), BUDGET)
    }

    /// The days with data that are traded, since 1970-01-01.
    pub(super) fn days(&self) -> Vec<i32> {
        self.coverage().days().to_vec()
    }

    /// Runs one set; in words why it cannot be.
    pub fn evaluate(&self, set: &Set, cache: &FeatureCache<'a>) -> Result<SetResult, String> {
        // An overflow in one set of a million must not cost the others.
        catch_unwind(AssertUnwindSafe(|| self.ran(set, cache))).unwrap_or_else(|panic| {
            Err(format!("the run panicked: {}; please report this", words(&*panic)))
        })
    }

    /// The account of a set; in words why there is none.
    pub fn made(&self, set: &Set) -> Result<Backtest<'a>, String> {
        (self.make)(set).map_err(|e| e.to_string())
    }

    fn ran(&self, set: &Set, cache: &FeatureCache<'a>) -> Result<SetResult, String> {
        let backtest = self.made(set)?;
        let interval = self.interval();
        if self.metrics.is_quick() {
            let summary = backtest.summary(Some(cache), self.stepping).map_err(words_of)?;
            let basis = Basis::new(&summary);
            let values = self.metrics.columns().iter().map(|m| m.quick(&basis)).collect();
            let blocks = BlockSums::of(basis.returns()).map(Box::new);
            let figures = Figures { trade_hash: summary.trade_hash(), values, blocks };
            return Ok(SetResult { figures, returns: basis.into_returns() });
        }
        let instruments: Vec<_> =
            backtest.instruments.iter().map(|t| t.instrument.clone()).collect();
        let run = match self.stepping {
            Stepping::TradeByTrade | Stepping::SkipIdle => backtest.run_with_cache(cache),
            Stepping::EveryBar => backtest.run(),
        };
        let run = run.map_err(words_of)?;
        let stats = run.stats(&instruments, interval);
        let values = self.metrics.columns().iter().map(|m| m.whole(&stats)).collect();
        let returns = run.daily_returns();
        let blocks = returns.as_deref().and_then(BlockSums::of).map(Box::new);
        let trade_hash = tickstep_core::trade_hash::TradeHash::of(&run.trades);
        Ok(SetResult { figures: Figures { trade_hash, values, blocks }, returns })
    }
}

#[allow(clippy::needless_pass_by_value)]
fn words_of(error: crate::run::RunError) -> String {
    error.to_string()
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
