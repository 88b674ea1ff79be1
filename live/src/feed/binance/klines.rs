//! The bars of one instrument, out of a stream and of what is asked by REST.
//!
//! Where the stream goes on from the bar before, its bars are taken as they come. Where one
//! is missing, at the start above all, what lies between is asked for, and the stream's bars
//! wait; they follow once the answer is there. Where no answer comes, three times in a
//! row, the stream goes on behind the hole, and features warm up again if it is longer
//! than `simulation.max_gap` bars, as in a backtest.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

use super::wire::StreamKline;
use crate::broker::Candle;
use crate::feed::candles::{CandleFault, CandleTrack, TrackedBar};

/// Failures after which a hole is left alone.
const FAILURES: u32 = 3;
/// Failures after which the stream goes on without any bars to warm up on.
const FAILURES_AT_START: u32 = 10;
/// Bars of the stream that wait for an answer, at most; older ones are asked for.
const WAITING: usize = 32;
/// How long to wait before what lies behind is asked for again.
const AGAIN: Nanos = Nanos::SECOND.times(2);
const LONGEST: Nanos = Nanos::MINUTE;

/// What a bar tells, and what is wrong with others.
pub(super) type BarsTold = (Vec<TrackedBar>, Vec<CandleFault>);

/// Bars of one instrument.
#[derive(Clone, Debug)]
pub struct KlineLine {
    track: CandleTrack,
    /// Whether what lies behind has to be asked for.
    behind: bool,
    failures: u32,
    /// When it may be asked for.
    ask_at: Nanos,
    /// Bars of the stream that wait for the answer, the newest of each.
    waiting: BTreeMap<Nanos, (Candle, bool)>,
    warm_up: usize,
}

impl KlineLine {
    /// Behind what is known already; `warm_up` bars are asked for where that is nothing.
    #[must_use]
    pub const fn new(track: CandleTrack, warm_up: usize) -> Self {
        let (behind, failures, ask_at) = (true, 0, Nanos(i64::MIN));
        Self { track, behind, failures, ask_at, waiting: BTreeMap::new(), warm_up }
    }

    /// The instrument's bars.
    #[must_use]
    pub const fn track(&self) -> &CandleTrack {
        &self.track
    }

    /// Takes a bar of the stream.
    pub(super) fn stream(&mut self, kline: &StreamKline, now: Nanos) -> BarsTold {
        let StreamKline { candle, is_closed, .. } = kline;
        // One that is not in progress yet is none, and the exchange does not close while the
        // instrument's own hours may.
        let comes = candle.ts_open <= kline.ts && self.track.is_open_at(candle.ts_open);
        if !comes || self.track.is_known(candle.ts_open) {
            return BarsTold::default();
        }
        if self.behind || !self.track.may_follow(candle.ts_open) {
            if !self.behind {
                (self.behind, self.failures, self.ask_at) = (true, 0, now);
            }
            if self.waiting.len() >= WAITING {
                self.waiting.pop_first();
            }
            self.waiting.insert(candle.ts_open, (candle.clone(), *is_closed));
            return BarsTold::default();
        }
        self.take_one(candle, *is_closed)
    }

    fn take_one(&mut self, candle: &Candle, is_closed: bool) -> BarsTold {
        let ends = self.track.close_of(candle.ts_open);
        self.track.take(std::slice::from_ref(candle), if is_closed { ends } else { candle.ts_open })
    }

    /// The span that is missing at `there`, by the exchange's clock.
    #[must_use]
    pub fn span(&self, there: Nanos) -> (Nanos, Nanos) {
        self.track.wanted(there, self.warm_up)
    }

    /// When what is missing may be asked for; `None` while nothing is.
    #[must_use]
    pub const fn ask_at(&self) -> Option<Nanos> {
        if self.behind { Some(self.ask_at) } else { None }
    }

    /// Takes an answer that was given at `there`, by the exchange's clock. `whole` says
    /// whether it reaches to the end of what was asked for.
    pub(super) fn answered(
        &mut self,
        bars: &[Candle],
        there: Nanos,
        whole: bool,
        now: Nanos,
    ) -> BarsTold {
        let open = bars.iter().filter(|bar| self.track.is_open_at(bar.ts_open));
        let open: Vec<Candle> = open.cloned().collect();
        let mut told = self.track.take(&open, there);
        if !whole {
            // The next part at once.
            self.ask_at = now;
            return told;
        }
        if self.failures + 1 >= FAILURES {
            self.track.go_past_hole();
        }
        self.follow(&mut told);
        self.settle(now);
        told
    }

    /// No answer came.
    pub(super) fn failed(&mut self, now: Nanos) -> BarsTold {
        let mut told = BarsTold::default();
        let most = if self.track.closed().is_some() { FAILURES } else { FAILURES_AT_START };
        if self.failures + 1 < most || self.waiting.is_empty() {
            self.settle(now);
            return told;
        }
        self.track.go_past_hole();
        self.follow(&mut told);
        (self.behind, self.failures) = (false, 0);
        told
    }

    /// The bars that waited, as far as they follow.
    fn follow(&mut self, told: &mut BarsTold) {
        while let Some((opens, (candle, is_closed))) = self.waiting.pop_first() {
            if self.track.is_known(opens) {
                continue;
            }
            if !self.track.may_follow(opens) && !self.track.goes_past_hole() {
                self.waiting.insert(opens, (candle, is_closed));
                return;
            }
            let (bars, faults) = self.take_one(&candle, is_closed);
            told.0.extend(bars);
            told.1.extend(faults);
        }
    }

    /// Whether anything is still missing.
    fn settle(&mut self, now: Nanos) {
        let started = self.track.closed().is_some();
        if started && self.waiting.is_empty() {
            (self.behind, self.failures) = (false, 0);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = AGAIN.times(1 << (self.failures - 1).min(5)).min(LONGEST);
        self.ask_at = Nanos(now.0.saturating_add(wait.0));
    }
}

#[cfg(test)]
#[path = "klines_tests.rs"]
mod tests;
