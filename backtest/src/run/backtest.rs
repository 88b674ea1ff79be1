//! What is run: an account, its instruments with their data, and the period traded.

use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::instrument::{Conversion, Instrument, Slippage};
use tickstep_core::ledger::Market;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::FittedCosts;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::units::Nanos;

use crate::series::Series;

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
    /// Slippage, latency and refusals as they were measured, in place of the slippage of the
    /// instruments.
    pub fitted: Option<Arc<FittedCosts>>,
    /// Missing bars after which features warm up again and waiting entries lapse.
    pub max_gap: u32,
    /// The part of the data that is traded.
    pub period: Period,
    /// Starts of the account's days, in time order, for the daily loss limit.
    pub day_starts: Vec<Nanos>,
}

impl Period {
    /// Open of the first bar of `series` that is traded, and close of the last; `None`
    /// where there is none.
    #[must_use]
    pub fn span(&self, series: &Series) -> Option<(Nanos, Nanos)> {
        let inside =
            |ts: Nanos| self.from.is_none_or(|from| ts >= from) && self.to.is_none_or(|to| ts < to);
        let first = series.bars().iter().find(|b| inside(b.ts_open))?;
        let last = series.bars().iter().rev().find(|b| inside(b.ts_open))?;
        Some((first.ts_open, series.times().close_of(last.ts_open)))
    }
}

/// Instruments as the engine takes them, and where their bars lie in time.
pub(super) fn markets(instruments: &[MarketData<'_>]) -> Vec<(Market, BarTimes)> {
    let market = |t: &MarketData<'_>| {
        (Market::new(t.instrument.clone(), t.conversion), t.series.times().clone())
    };
    instruments.iter().map(market).collect()
}

impl Backtest<'_> {
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
}
