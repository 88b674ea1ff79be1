//! One account over historical bars: tapes merged into the instants of a
//! [`tickstep_core::session`] with the simulated exchange as its venue.
//!
//! The order of things at one instant is the session's. A day or funding that
//! falls inside a bar comes before anything that is known at its close.

pub mod bounds;
mod builder;
mod cursor;
mod driver;
mod fast;
mod needs;
mod record;
mod summary;

use std::ops::ControlFlow;

use rust_decimal::Decimal;
use tickstep_core::decision::Decision;
use tickstep_core::engine::{EngineConfig, EngineError, SlotConfig};
use tickstep_core::features::FeatureError;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, Slippage};
use tickstep_core::ledger::{Market, Trade};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::params::OutOfRange;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::Seen;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::stats::{
    EquityPoint, Stats, StatsInput, TrialSharpes, daily_closes, simple_returns,
};
use tickstep_core::units::{Nanos, Ticks};

use crate::series::Series;
pub use builder::{BacktestBuilder, BuildError};
use driver::Driver;
pub use fast::FeatureCache;
pub use summary::Summary;

/// Funding or swap of one instrument at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingPoint {
    /// Time at which it is due, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// Fraction of notional that longs pay (negative: receive).
    pub long_rate: Decimal,
    /// Fraction of notional that shorts pay (negative: receive).
    pub short_rate: Decimal,
}

/// An instrument of the account and its data.
pub struct MarketData<'a> {
    /// The instrument traded, with its terms.
    pub instrument: Instrument,
    /// How money in its quote currency becomes money of the account.
    pub conversion: Conversion,
    /// Slippage of aggressive fills.
    pub slippage: Slippage,
    /// The bars it is traded on.
    pub series: &'a Series,
    /// Finer bars of the same instrument, for [`Intrabar::FinerBars`].
    pub finer: Option<&'a Series>,
    /// Funding or swap, in time order.
    pub funding: Vec<FundingPoint>,
}

/// The part of the data that is traded. Bars before it warm features up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Open time of the first bar that may be decided on; the data's first when absent.
    pub from: Option<Nanos>,
    /// Open time of the first bar after the period; the data's end when absent.
    pub to: Option<Nanos>,
}

/// Everything that decides a run's outcome.
pub struct Backtest<'a> {
    /// Cash at the start, account currency.
    pub cash: Decimal,
    /// Instruments, in the account's order.
    pub instruments: Vec<MarketData<'a>>,
    /// Strategies with their instruments and sizes.
    pub strategies: Vec<SlotConfig>,
    /// Limits of the account; each is off unless it is named.
    pub risk: RiskParams,
    /// Which of stop and target comes first when one bar touches both.
    pub intrabar: Intrabar,
    /// Missing bars after which features warm up again and waiting entries lapse.
    pub max_gap: u32,
    /// The part of the data that is traded.
    pub period: Period,
    /// Starts of the account's days, in time order, for the daily loss limit.
    pub day_starts: Vec<Nanos>,
}

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The account or a strategy cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A feature cannot be computed on an instrument's bars.
    #[error("{symbol}: {error}")]
    Feature {
        /// Name of the instrument.
        symbol: String,
        /// Why the feature cannot be computed.
        error: FeatureError,
    },
    /// An instrument's slippage is out of range.
    #[error("{symbol}: {error}")]
    Slippage {
        /// Name of the instrument.
        symbol: String,
        /// Which number is out of range.
        error: OutOfRange,
    },
    /// A rule lacks its data.
    #[error(
        "{strategy} on {symbol}: {rule} needs {column}, which the data does not have; load data \
         with it, or switch the rule off or choose another by name"
    )]
    Lacks {
        /// Name of the strategy.
        strategy: String,
        /// Name of the instrument.
        symbol: String,
        /// Name of the parameter that switches the rule.
        rule: &'static str,
        /// Name of the column that it needs.
        column: &'static str,
    },
    /// The period holds nothing to trade.
    #[error("the period {0} holds no bar of any instrument; widen it or load other data")]
    Empty(String),
    /// The run has no instrument or no strategy.
    #[error("a run needs at least one instrument and one strategy")]
    Nothing,
    /// The caller stopped the run.
    #[error("interrupted")]
    Interrupted,
}

/// What a run gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Closed trades, in the order they closed.
    pub trades: Vec<Trade>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Equity at every instant at which a bar closed.
    pub equity: Vec<EquityPoint>,
    /// Cash at the start.
    pub cash: Decimal,
    /// Instants at which bars closed within the period.
    pub bars: usize,
    /// Of those, bars with a position open at any time in them.
    pub bars_in_position: usize,
    /// Sum over those of gross notional over equity.
    pub exposure_sum: f64,
    /// Bars that touched stop and target of one position.
    pub touched_both: u64,
    /// Of those, bars where a finer series told which came first.
    pub settled: u64,
    /// Strategy name and instrument of each slot.
    pub slots: Vec<(String, InstrumentId)>,
    /// First open and last close within the period of each instrument, ticks.
    pub first_last: Vec<Option<(i64, i64)>>,
}

impl Period {
    /// Close of the first bar of `series` that is traded, and of the last; `None`
    /// where there is none.
    #[must_use]
    pub fn closes(&self, series: &Series) -> Option<(Nanos, Nanos)> {
        let inside =
            |ts: Nanos| self.from.is_none_or(|from| ts >= from) && self.to.is_none_or(|to| ts < to);
        let first = series.bars().iter().find(|b| inside(b.ts_open))?;
        let last = series.bars().iter().rev().find(|b| inside(b.ts_open))?;
        Some((first.ts_open + series.interval(), last.ts_open + series.interval()))
    }
}

impl Run {
    /// Returns of UTC days, fractions; `None` where equity was ever at or below zero,
    /// or there is no day.
    #[must_use]
    pub fn daily_returns(&self) -> Option<Vec<f64>> {
        let start = decimal_to_f64(self.cash);
        let points = || self.equity.iter().map(|p| (p.ts, decimal_to_f64(p.equity)));
        if start <= 0.0 || points().any(|(_, equity)| equity <= 0.0) {
            return None;
        }
        simple_returns(start, &daily_closes(points())).filter(|returns| !returns.is_empty())
    }

    /// Statistics of the run; `interval` is the length of the shortest bars.
    #[must_use]
    pub fn stats(&self, instruments: &[Instrument], interval: Nanos) -> Stats {
        self.stats_after(instruments, interval, None)
    }

    /// The same where the run is the best of a search.
    #[must_use]
    pub fn stats_after(
        &self,
        instruments: &[Instrument],
        interval: Nanos,
        search: Option<TrialSharpes>,
    ) -> Stats {
        let one = match (self.first_last.as_slice(), instruments) {
            ([Some((first, last))], [instrument]) => {
                let price = |px: i64| instrument.price(Ticks(px));
                Some((price(*first), price(*last)))
            }
            _ => None,
        };
        Stats::compute(&StatsInput {
            equity: &self.equity,
            starting_cash: self.cash,
            trades: &self.trades,
            bars: self.bars as u64,
            bars_in_position: self.bars_in_position as u64,
            mean_exposure: self.mean_exposure(),
            first_price: one.map(|p| p.0),
            last_price: one.map(|p| p.1),
            interval,
            search,
        })
    }

    /// Mean over bars of gross notional over equity.
    #[must_use]
    pub fn mean_exposure(&self) -> f64 {
        if self.bars == 0 { 0.0 } else { self.exposure_sum / self.bars as f64 }
    }
}

/// Whether bars at which nothing can happen are looked at one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepping {
    /// They are passed over, and a run that can be is followed trade by trade.
    TradeByTrade,
    /// They are passed over; the engine steps through the rest.
    SkipIdle,
    /// They are all looked at: the same result, by the longer way.
    EveryBar,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Number of bars done, of all instruments.
    pub done: usize,
    /// Number of bars in all.
    pub total: usize,
}

/// Instruments as the engine takes them, with the length of their bars.
fn markets(instruments: &[MarketData<'_>]) -> Vec<(Market, Nanos)> {
    let market =
        |t: &MarketData<'_>| (Market::new(t.instrument.clone(), t.conversion), t.series.interval());
    instruments.iter().map(market).collect()
}

impl<'a> Backtest<'a> {
    /// Runs to the end.
    pub fn run(self) -> Result<Run, RunError> {
        self.run_with(&mut |_| ControlFlow::Continue(()))
    }

    /// Runs, calling `progress` every few thousand bars; `Break` interrupts.
    pub fn run_with(
        self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Run, RunError> {
        let driver = Driver::new(self, None, None, Run::default())?;
        driver.whole().run(progress)
    }

    /// The account alone, for a driver other than this one.
    #[must_use]
    pub fn into_account(self) -> EngineConfig {
        EngineConfig {
            cash: self.cash,
            markets: markets(&self.instruments),
            slots: self.strategies,
            risk: self.risk,
        }
    }

    /// Runs as [`Backtest::run`] does, with features that other runs over the same
    /// series share, and passing over bars at which nothing can happen.
    pub fn run_shared(self, shared: &'a FeatureCache<'a>) -> Result<Run, RunError> {
        let max_gap = self.max_gap;
        let driver = Driver::new(self, None, Some(shared), Run::default())?;
        driver.whole().passing(shared, max_gap)?.run(&mut |_| ControlFlow::Continue(()))
    }

    /// Runs, and keeps a few figures. With `shared`, features are shared with other
    /// runs over the same series, and bars at which nothing can happen are passed over
    /// as `how` says. Where following it trade by trade ends half-way, strategies are
    /// made anew.
    pub fn summary(
        self,
        shared: Option<&'a FeatureCache<'a>>,
        how: Stepping,
    ) -> Result<Summary, RunError> {
        let (max_gap, cash) = (self.max_gap, self.cash);
        if let (Some(shared), Stepping::TradeByTrade) = (shared, how)
            && fast::may(&self)
            && let Some(summary) = fast::settled(&self, shared)
        {
            return Ok(summary);
        }
        let mut driver = Driver::new(self, None, shared, Summary::new(cash))?.brief();
        if let (Some(shared), Stepping::SkipIdle | Stepping::TradeByTrade) = (shared, how) {
            driver = driver.passing(shared, max_gap)?;
        }
        driver.run(&mut |_| ControlFlow::Continue(()))
    }

    /// Runs, showing `watch` every event that steps the engine and every intent
    /// that leaves it, in order: a journal of the run.
    pub fn run_watched(self, watch: &mut dyn FnMut(Seen<'_>)) -> Result<Run, RunError> {
        let driver = Driver::new(self, Some(watch), None, Run::default())?;
        driver.whole().run(&mut |_| ControlFlow::Continue(()))
    }
}
