//! What is kept of a run while it goes: everything, or a few figures.

use std::ops::Range;

use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::Outcome;
use tickstep_core::engine::Outbox;
use tickstep_core::event::{Bar, Event};
use tickstep_core::ledger::{Ledger, Position};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::risk::Approved;
use tickstep_core::session::{AccountId, Observer, Seen};
use tickstep_core::sim::Ambiguity;
use tickstep_core::stats::EquityPoint;
use tickstep_core::units::{Nanos, Ticks};

use super::fast::{Scan, ScanBounds};
use super::result::Run;

/// Keeps what a run gives.
pub(super) trait Record {
    /// Takes what a step gave out, all but its intents.
    fn take(&mut self, out: &mut Outbox);

    /// Takes the account at a close; `held` tells whether a position was open at
    /// any time since the close before.
    fn mark(&mut self, ts: Nanos, ledger: &Ledger, held: bool);

    /// Takes the account once more at the close that was marked last.
    fn mark_again(&mut self, ts: Nanos, ledger: &Ledger);

    /// Takes bars that were stepped over while no position was open.
    fn skip_flat(&mut self, bars: &[Bar], times: &BarTimes, ledger: &Ledger);

    /// Takes bars that are stepped over while a position is open, as many of
    /// `range` as `scan` lets pass: it looks through bars until a level of the venue
    /// or a close at or beyond the two given is reached.
    fn skip_open(
        &mut self,
        bars: &[Bar],
        range: Range<usize>,
        times: &BarTimes,
        ledger: &Ledger,
        scan: &dyn Fn(usize, usize, (Ticks, Ticks)) -> Scan,
    ) -> Scan;

    /// The run is over.
    fn end(&mut self, ledger: &Ledger, ambiguity: Ambiguity);
}

/// Shown all that passes between the engine and the world.
pub(super) type Watch<'w> = &'w mut dyn FnMut(Seen<'_>);

/// What looks on at a run: who watches, and the record.
pub(super) struct Recorder<'w, R> {
    pub(super) watch: Option<Watch<'w>>,
    pub(super) record: R,
}

impl<R: Record> Observer for Recorder<'_, R> {
    #[inline(always)]
    fn event(&mut self, _: AccountId, event: &Event) {
        if let Some(watch) = &mut self.watch {
            watch(Seen::Event(event));
        }
    }

    #[inline]
    fn intent(&mut self, _: AccountId, intent: &Approved) {
        if let Some(watch) = &mut self.watch {
            watch(Seen::Intent(intent.intent()));
        }
    }

    #[inline]
    fn outbox(&mut self, _: AccountId, out: &mut Outbox) {
        self.record.take(out);
    }

    #[inline]
    fn mark(&mut self, _: AccountId, ts: Nanos, ledger: &Ledger, held: bool) {
        self.record.mark(ts, ledger, held);
    }

    fn mark_again(&mut self, _: AccountId, ts: Nanos, ledger: &Ledger) {
        self.record.mark_again(ts, ledger);
    }
}

impl Record for Run {
    fn take(&mut self, out: &mut Outbox) {
        self.trades.append(&mut out.trades);
        self.decisions.append(&mut out.decisions);
        for (order, why) in out.unfilled.drain(..) {
            let sent = Outcome::Sent(order);
            if let Some(d) = self.decisions.iter_mut().rev().find(|d| d.outcome == sent) {
                d.outcome = Outcome::Unfilled(order, why);
            }
        }
    }

    #[inline]
    fn mark(&mut self, ts: Nanos, ledger: &Ledger, held: bool) {
        let equity = ledger.equity();
        self.equity.push(EquityPoint { ts, equity });
        self.bars += 1;
        self.bars_in_position += usize::from(held);
        if !ledger.is_flat() {
            let gross: f64 =
                ledger.open_positions().map(|(_, p)| decimal_to_f64(ledger.notional(p))).sum();
            let equity = decimal_to_f64(equity);
            if equity > 0.0 {
                self.exposure_sum += gross / equity;
            }
        }
    }

    fn mark_again(&mut self, ts: Nanos, ledger: &Ledger) {
        if let Some(point) = self.equity.last_mut().filter(|p| p.ts == ts) {
            point.equity = ledger.equity();
        }
    }

    fn skip_flat(&mut self, bars: &[Bar], times: &BarTimes, ledger: &Ledger) {
        let equity = ledger.equity();
        let point = |bar: &Bar| EquityPoint { ts: times.close_of(bar.ts_open), equity };
        self.equity.extend(bars.iter().map(point));
        self.bars += bars.len();
    }

    fn skip_open(
        &mut self,
        bars: &[Bar],
        range: Range<usize>,
        times: &BarTimes,
        ledger: &Ledger,
        scan: &dyn Fn(usize, usize, (Ticks, Ticks)) -> Scan,
    ) -> Scan {
        let seen = scan(range.start, range.end, ScanBounds::ANY_CLOSE);
        self.bars += seen.at - range.start;
        self.bars_in_position += seen.at - range.start;
        let one = ledger.open_positions().next().map(|(_, p)| p);
        if let (Some(line), Some(p)) = (ledger.line(), one) {
            // The one position's money is the account's: equity is a line over its price.
            let instrument = &ledger.market(p.instrument).instrument;
            for bar in &bars[range.start..seen.at] {
                let equity = line.equity(bar.close);
                self.equity.push(EquityPoint { ts: times.close_of(bar.ts_open), equity });
                let equity = decimal_to_f64(equity);
                if equity > 0.0 {
                    let gross = decimal_to_f64(instrument.notional(bar.close, p.lots));
                    self.exposure_sum += gross / equity;
                }
            }
            return seen;
        }
        for bar in &bars[range.start..seen.at] {
            let equity = ledger.equity_with(|_, _| Some(bar.close));
            self.equity.push(EquityPoint { ts: times.close_of(bar.ts_open), equity });
            let notional = |p: &Position| {
                let notional = ledger.market(p.instrument).instrument.notional(bar.close, p.lots);
                decimal_to_f64(ledger.to_account(p.instrument, notional))
            };
            let gross: f64 = ledger.open_positions().map(|(_, p)| notional(p)).sum();
            let equity = decimal_to_f64(equity);
            if equity > 0.0 {
                self.exposure_sum += gross / equity;
            }
        }
        seen
    }

    fn end(&mut self, _: &Ledger, Ambiguity { touched_both, resolved }: Ambiguity) {
        self.touched_both = touched_both;
        self.resolved = resolved;
    }
}
