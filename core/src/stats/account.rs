//! The run as a whole: when, how much came out, what it cost.

use crate::units::Nanos;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::float::{finite, ratio, to_f64};
use super::input::{EquityCurve, StatsInput};
use super::moments::mean;
use super::returns::cagr;

/// When a run took place and how much of it there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpan {
    /// Open time of the first bar, nanoseconds since the Unix epoch, UTC.
    pub start: Option<Nanos>,
    /// Close time of the last bar, nanoseconds since the Unix epoch, UTC.
    pub end: Option<Nanos>,
    /// Time from start to end, in nanoseconds.
    pub duration: Nanos,
    /// Of that, the time that data cover, see [`Coverage::time`], in nanoseconds.
    pub covered: Nanos,
    /// Days of the year that annual figures are scaled to: 365 where a market never
    /// closes, else 252 trading days.
    pub days_per_year: u32,
    /// Number of bars.
    pub bars: u64,
    /// Length of a bar, in nanoseconds.
    pub interval: Nanos,
}

/// What came out. Money in the account's currency; rates are fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountStats {
    /// Equity before the first bar.
    pub starting_cash: Decimal,
    /// Equity after the last bar.
    pub final_equity: Decimal,
    /// Highest equity, the start included.
    pub peak_equity: Decimal,
    /// Final less starting equity.
    pub net_profit: Decimal,
    /// Fees of closed trades.
    pub fees: Decimal,
    /// Funding and swap of closed trades (negative: received).
    pub funding: Decimal,
    /// What slippage cost closed trades; already inside their results.
    pub slippage: Decimal,
    /// Final over starting equity, less 1.
    pub total_return: Option<f64>,
    /// Last over first price, less 1.
    pub buy_hold_return: Option<f64>,
    /// Compound annual growth rate, see [`super::cagr`]; `None` where data cover less
    /// than a week.
    pub cagr: Option<f64>,
    /// Bars with a position over all bars.
    pub exposure_time: Option<f64>,
    /// Mean over bars of gross notional over equity.
    pub exposure_notional: Option<f64>,
    /// Notional of all entries and exits over mean equity: how often it was turned over.
    pub turnover: Option<f64>,
}

impl RunSpan {
    pub(super) fn new(input: &StatsInput<'_>, curve: &EquityCurve<'_>) -> Self {
        Self {
            start: curve.end_ts().map(|_| curve.start_ts),
            end: curve.end_ts(),
            duration: curve.elapsed(),
            covered: input.coverage.time(),
            days_per_year: input.coverage.days_per_year(),
            bars: input.bars,
            interval: input.interval,
        }
    }
}

impl AccountStats {
    pub(super) fn new(input: &StatsInput<'_>, curve: &EquityCurve<'_>) -> Self {
        let start = input.starting_cash;
        let final_equity = input.equity.last().map_or(start, |p| p.equity);
        let sum = |of: fn(&crate::ledger::Trade) -> Decimal| -> Decimal {
            input.trades.iter().map(of).sum()
        };
        let traded = sum(|t| t.entry_notional + t.exit_notional);
        Self {
            starting_cash: start,
            final_equity,
            peak_equity: curve.peak,
            net_profit: final_equity - start,
            fees: sum(|t| t.fees),
            funding: sum(|t| t.funding),
            slippage: sum(|t| t.slippage),
            total_return: growth(start, final_equity),
            buy_hold_return: input
                .first_price
                .zip(input.last_price)
                .and_then(|(first, last)| growth(first, last)),
            cagr: annual(curve.start, curve.end(), input.coverage, curve.ruined),
            exposure_time: share_of_bars(input.bars_in_position, input.bars),
            exposure_notional: finite(input.mean_exposure),
            turnover: mean(&curve.equity)
                .filter(|mean| *mean > 0.0)
                .and_then(|mean| finite(to_f64(traded) / mean)),
        }
    }
}

/// Annual growth over the years that data cover, where they are a week or more
/// ([`Coverage::covers_week`]) and equity was never at or below zero.
#[must_use]
pub fn annual(start: f64, end: f64, coverage: &Coverage, ruined: bool) -> Option<f64> {
    if coverage.covers_week() && !ruined { cagr(start, end, coverage.years()) } else { None }
}

/// Bars that meet a condition over all bars; `None` without bars.
#[must_use]
pub fn share_of_bars(some: u64, all: u64) -> Option<f64> {
    finite(some as f64 / all as f64)
}

/// `to` over `from`, less 1; `None` where `from` is not above zero.
#[must_use]
pub fn growth(from: Decimal, to: Decimal) -> Option<f64> {
    if from > Decimal::ZERO { ratio(to - from, from) } else { None }
}
