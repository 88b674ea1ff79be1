//! What a run gave, and its statistics.

use rust_decimal::Decimal;
use tickstep_core::decision::{Decision, Refusals};
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::ledger::Trade;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::{
    Coverage, DailyCloses, EquityPoint, Stats, StatsInput, TrialSharpes, simple_returns,
};
use tickstep_core::units::{Nanos, Ticks};

/// What a run gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Closed trades, in the order they closed.
    pub trades: Vec<Trade>,
    /// Every decision, in the order they were made.
    pub decisions: Vec<Decision>,
    /// Equity at every instant at which a bar closed, account currency.
    pub equity: Vec<EquityPoint>,
    /// Cash at the start, account currency.
    pub cash: Decimal,
    /// The days and the time of the bars within the period.
    pub coverage: Coverage,
    /// Instants at which bars closed within the period.
    pub bars: usize,
    /// Of those, bars with a position open at any time in them.
    pub bars_in_position: usize,
    /// Sum over those of gross notional over equity.
    pub exposure_sum: f64,
    /// Bars that touched stop and target of one position.
    pub touched_both: u64,
    /// Of those, bars where a finer series told which came first.
    pub resolved: u64,
    /// Strategy name and instrument of each slot.
    pub slots: Vec<(String, InstrumentId)>,
    /// First open and last close within the period of each instrument, ticks.
    pub first_last: Vec<Option<(i64, i64)>>,
}

impl Run {
    /// How often each rule kept a signal from becoming an order.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        Refusals::of(&self.decisions)
    }

    /// Returns of the days with data, fractions; `None` where equity was ever at or below zero,
    /// or there is no day.
    #[must_use]
    pub fn daily_returns(&self) -> Option<Vec<f64>> {
        let start = decimal_to_f64(self.cash);
        let points = || self.equity.iter().map(|p| (p.ts, decimal_to_f64(p.equity)));
        if start <= 0.0 || points().any(|(_, equity)| equity <= 0.0) {
            return None;
        }
        let mut daily = DailyCloses::new(start, self.coverage.clone());
        points().for_each(|(ts, equity)| daily.push(ts, equity));
        simple_returns(start, daily.closes()).filter(|returns| !returns.is_empty())
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
            coverage: &self.coverage,
            starting_cash: self.cash,
            trades: &self.trades,
            decisions: &self.decisions,
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
