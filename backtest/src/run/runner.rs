//! How a backtest is run: whole or in a few figures, and by which way through the bars.

use std::ops::ControlFlow;

use tickstep_core::engine::SlotConfig;
use tickstep_core::session::Seen;
use tickstep_core::stats::Coverage;
use tickstep_core::strategy::wake::Wake;

use super::backtest::Backtest;
use super::driver::{Driver, Progress};
use super::error::RunError;
use super::fast::{self, FeatureCache};
use super::record::Record;
use super::result::Run;
use super::summary::Summary;

/// By which way through the bars a run goes; the result is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepping {
    /// From trade to trade, where the account and its strategy let it; else as
    /// [`Stepping::SkipIdle`].
    TradeByTrade,
    /// The engine is stepped through the bars at which something can happen.
    SkipIdle,
    /// The engine is stepped through every bar.
    EveryBar,
}

impl<'a> Backtest<'a> {
    /// Runs to the end.
    pub fn run(self) -> Result<Run, RunError> {
        self.run_with(&mut |_| ControlFlow::Continue(()))
    }

    /// Runs, calling `progress` every few thousand bars; `Break` interrupts. Where what is
    /// decided was chosen beforehand, the bars between are stepped over.
    pub fn run_with(
        self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Run, RunError> {
        if self.is_scheduled() {
            let cache = FeatureCache::new(self.instruments.iter().map(|m| m.series), usize::MAX);
            let max_gap = self.max_gap;
            let driver = whole(Driver::new(self, None, Some(&cache), Run::default())?);
            return driver.skipping_idle(&cache, max_gap, false)?.run(progress);
        }
        whole(Driver::new(self, None, None, Run::default())?).run(progress)
    }

    /// Whether every strategy names the closes at which it has anything to say.
    fn is_scheduled(&self) -> bool {
        let at = |wake: &Wake| matches!(wake, Wake::At(_));
        let named = |slot: &SlotConfig| {
            let wakes = slot.strategy.look().map(|strategy| strategy.wakes());
            wakes.is_ok_and(|wakes| at(&wakes.flat) && at(&wakes.open))
        };
        self.instruments.len() == 1 && self.strategies.iter().all(named)
    }

    /// Runs as [`Backtest::run`] does, with features that other runs over the same
    /// series share, and stepping over bars at which nothing can happen.
    pub fn run_with_cache(self, cache: &'a FeatureCache<'a>) -> Result<Run, RunError> {
        let max_gap = self.max_gap;
        let driver = whole(Driver::new(self, None, Some(cache), Run::default())?);
        to_end(driver.skipping_idle(cache, max_gap, true)?)
    }

    /// Runs, showing `watch` every event that steps the engine and every intent
    /// that leaves it, in order: a journal of the run.
    pub fn run_watched(self, watch: &mut dyn FnMut(Seen<'_>)) -> Result<Run, RunError> {
        to_end(whole(Driver::new(self, Some(watch), None, Run::default())?))
    }

    /// Runs, and keeps a few figures: what a search, a walk forward and entries at
    /// random do with each of their accounts. With `cache`, features are shared with other
    /// runs over the same series, and bars are stepped through as `stepping` says.
    ///
    /// The one place where a run is tried trade by trade, and taken to the engine where
    /// that does not serve; the engine then begins with a strategy of its own.
    pub fn summary(
        self,
        cache: Option<&'a FeatureCache<'a>>,
        stepping: Stepping,
    ) -> Result<Summary, RunError> {
        if let (Some(cache), Stepping::TradeByTrade) = (cache, stepping)
            && let Ok(figures) = fast::trade_by_trade(&self, cache)
        {
            return Ok(figures.into());
        }
        let (max_gap, cash) = (self.max_gap, self.cash);
        let record = Summary::new(cash, Coverage::default());
        let driver = brief(Driver::new(self, None, cache, record)?);
        to_end(match (cache, stepping) {
            (Some(cache), Stepping::TradeByTrade | Stepping::SkipIdle) => {
                driver.skipping_idle(cache, max_gap, true)?
            }
            (None, _) | (_, Stepping::EveryBar) => driver,
        })
    }
}

fn to_end<R: Record>(driver: Driver<'_, '_, R>) -> Result<R, RunError> {
    driver.run(&mut |_| ControlFlow::Continue(()))
}

/// With what a whole run says of itself beside what happens.
fn whole<'a, 'w>(mut driver: Driver<'a, 'w, Run>) -> Driver<'a, 'w, Run> {
    let longest = driver.cursors.iter().map(|c| c.bars.len()).max().unwrap_or(0);
    driver.recorder.record.equity.reserve_exact(longest);
    driver.recorder.record.cash = driver.engine().ledger().deposits();
    driver.recorder.record.coverage = driver.coverage.clone();
    driver.recorder.record.slots = driver.slots();
    driver.recorder.record.first_last =
        driver.cursors.iter().map(|c| c.first_last(driver.from)).collect();
    driver
}

/// With what a few figures begin with: cash as the ledger counts it, so that it is the
/// same float as in a whole run.
fn brief<'a, 'w>(mut driver: Driver<'a, 'w, Summary>) -> Driver<'a, 'w, Summary> {
    driver.recorder.record =
        Summary::new(driver.engine().ledger().deposits(), driver.coverage.clone());
    driver
}
