//! What statistics are computed from.

use alloc::vec::Vec;

use crate::decision::Decision;
use crate::ledger::Trade;
use crate::units::Nanos;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::daily::DailyCloses;
use super::float::to_f64;
use super::returns::simple_returns;

/// Equity at the close of a bar: cash, fees paid, plus open positions at their marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquityPoint {
    /// Close of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// Equity there, in the account's currency.
    pub equity: Decimal,
}

/// The search that a run is the best of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSharpes {
    /// *Effective* number of independent trials: trials that move together count once.
    pub trials: f64,
    /// Standard deviation of the trials' **daily** (not annual) Sharpe ratios.
    pub sharpe_std: f64,
}

/// One run, as [`super::Stats::compute`] needs it.
#[derive(Clone, Copy, Debug)]
pub struct StatsInput<'a> {
    /// One point per bar close, in time order; may be empty.
    pub equity: &'a [EquityPoint],
    /// The days and the time of the bars that those are the closes of.
    pub coverage: &'a Coverage,
    /// Equity before the first bar, account currency.
    pub starting_cash: Decimal,
    /// Closed trades in the order they closed.
    pub trades: &'a [Trade],
    /// Every decision, in the order they were made.
    pub decisions: &'a [Decision],
    /// Number of bars.
    pub bars: u64,
    /// Bars with a position open at any time in them: stopped inside counts, left at the open does not.
    pub bars_in_position: u64,
    /// Mean over bars of gross notional over equity, a fraction (1 = all of it).
    pub mean_exposure: f64,
    /// First price of the instrument in quote currency, for buy and hold; `None` with
    /// several instruments.
    pub first_price: Option<Decimal>,
    /// Last price of that instrument, in quote currency.
    pub last_price: Option<Decimal>,
    /// Length of a bar in nanoseconds, above zero.
    pub interval: Nanos,
    /// The search this run is the best of; `None` for a single run.
    pub search: Option<TrialSharpes>,
}

/// An equity curve as `f64`, converted once.
pub(super) struct EquityCurve<'a> {
    /// The points it is made of.
    pub exact: &'a [EquityPoint],
    /// Open time of the first bar, nanoseconds since the Unix epoch, UTC.
    pub start_ts: Nanos,
    /// Equity at that time, in the account's currency.
    pub start: f64,
    /// Equity at the bars' closes.
    pub equity: Vec<f64>,
    /// Highest of them, exact; at least the starting cash.
    pub peak: Decimal,
    /// Whether equity was ever at or below zero.
    pub ruined: bool,
    /// Returns of the days with data, the first relative to `start`; empty at ruin.
    pub daily: Vec<f64>,
    /// Number of days with data, also at ruin.
    pub days: usize,
}

impl<'a> EquityCurve<'a> {
    pub fn new(input: &StatsInput<'a>) -> Self {
        assert!(input.interval > Nanos(0), "a bar has a length");
        let exact = input.equity;
        let start = to_f64(input.starting_cash);
        let (mut lowest, mut highest, mut peak) = (start, start, input.starting_cash);
        let mut equity = Vec::with_capacity(exact.len());
        for point in exact {
            let e = to_f64(point.equity);
            equity.push(e);
            lowest = lowest.min(e);
            if e > highest {
                (highest, peak) = (e, point.equity);
            }
        }
        let mut curve = Self {
            exact,
            start_ts: input.coverage.span().map_or(Nanos(0), |(open, _)| open),
            start,
            equity,
            peak,
            ruined: lowest <= 0.0,
            daily: Vec::new(),
            days: 0,
        };
        let mut closes = DailyCloses::new(start, input.coverage.clone());
        for (ts, equity) in curve.points() {
            closes.push(ts, equity);
        }
        curve.days = closes.closes().len();
        if !curve.ruined {
            curve.daily = simple_returns(start, closes.closes()).unwrap_or_default();
        }
        curve
    }

    pub fn points(&self) -> impl Iterator<Item = (Nanos, f64)> {
        self.exact.iter().map(|point| point.ts).zip(self.equity.iter().copied())
    }

    /// Close of the last bar.
    pub fn end_ts(&self) -> Option<Nanos> {
        self.exact.last().map(|last| last.ts)
    }

    /// Equity after the last bar.
    pub fn end(&self) -> f64 {
        self.equity.last().copied().unwrap_or(self.start)
    }

    /// Time from the open of the first bar to the close of the last, in nanoseconds.
    pub fn elapsed(&self) -> Nanos {
        self.end_ts().map_or(Nanos(0), |end| end - self.start_ts)
    }
}
