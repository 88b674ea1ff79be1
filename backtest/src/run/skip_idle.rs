//! A run steps over the bars at which nothing can happen.

use tickstep_core::event::Bar;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::sim::Alarm;
use tickstep_core::units::{Lots, Ticks};

use super::driver::Driver;
use super::error::RunError;
use super::fast::{FeatureCache, IdleSkip, InProgress};
use super::record::Record;

impl<'a, R: Record> Driver<'a, '_, R> {
    /// Lets the run step over bars, where it can: the account has one instrument
    /// and features are shared. `indexed` where several runs share the prices too.
    pub(super) fn skipping_idle(
        mut self,
        cache: &'a FeatureCache<'a>,
        max_gap: u32,
        indexed: bool,
    ) -> Result<Self, RunError> {
        let [cursor] = self.cursors.as_slice() else { return Ok(self) };
        let idle = IdleSkip::new(cache, cursor.id, max_gap, self.engine(), indexed);
        self.idle = Some(idle.map_err(|error| {
            let symbol = self.engine().ledger().market(cursor.id).instrument.symbol().to_owned();
            RunError::Feature { symbol, error }
        })?);
        Ok(self)
    }
}

impl<R: Record> Driver<'_, '_, R> {
    /// Steps over bars while nothing can happen; how many they were.
    pub(super) fn skip_idle(&mut self) -> usize {
        let (Some(idle), Some(alarm)) = (&self.idle, self.alarm()) else { return 0 };
        let cursor = &self.cursors[0];
        let from = cursor.next;
        let first = self.from.map_or(0, |from| cursor.first_from(from));
        let at = InProgress {
            bar: from,
            opened: cursor.bars[from].ts_open,
            times: cursor.times,
            bars: cursor.bars.len(),
            due: self.engine().next_due().map_or(self.next_date, |due| due.min(self.next_date)),
        };
        let mut to = if from < first {
            // Warm-up: nothing is decided or marked there, wherever a strategy would wake.
            idle.unbroken_until(at).min(first)
        } else {
            idle.quiet_until(self.engine(), at)
        };
        if to <= from {
            return 0;
        }
        let (times, id) = (cursor.times, cursor.id);
        let bars = cursor.bars;
        let ledger = self.session.accounts()[0].engine().ledger();
        let (low, high) = if ledger.is_flat() {
            if from >= first {
                self.recorder.record.skip_flat(&bars[from..to], times, ledger);
            }
            (Ticks(0), Ticks(0))
        } else {
            let scan = |from, to, close: (Ticks, Ticks)| idle.scan(bars, from..to, alarm, close);
            let seen = self.recorder.record.skip_open(bars, from..to, times, ledger, &scan);
            to = seen.at;
            (seen.low, seen.high)
        };
        if to == from {
            return 0;
        }
        self.arrive(id, from, to, (low, high));
        to - from
    }

    fn alarm(&self) -> Option<Alarm> {
        let cursor = &self.cursors[0];
        if !cursor.in_progress || !self.engine().may_rest() {
            return None;
        }
        self.account().sim()?.alarm(cursor.id, self.engine().ledger())
    }

    /// Bars `from..to` are over and bar `to` is in progress.
    fn arrive(&mut self, id: InstrumentId, from: usize, to: usize, range: (Ticks, Ticks)) {
        let cursor = &mut self.cursors[0];
        let last = cursor.bars[to - 1];
        let ts = cursor.times.close_of(last.ts_open);
        let opened = cursor.bars[to].ts_open;
        cursor.next = to;
        cursor.next_instant = cursor.times.close_of(opened);
        let bar = Bar {
            ts_open: cursor.bars[from].ts_open,
            high: range.1,
            low: range.0,
            volume: Lots::ZERO,
            taker_buy: None,
            ..last
        };
        self.session.source_mut(id).skip_to(to);
        self.session.pass(ts, id, &bar, opened, &mut self.recorder);
    }
}
