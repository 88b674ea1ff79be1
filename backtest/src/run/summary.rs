//! What is kept of a run of a sweep: a few figures instead of every bar.
//!
//! The figures are those that [`tickstep_core::stats`] computes from a whole run, to the
//! last bit: daily closes, drawdown and money are taken at the same closes and by
//! the same operations. While bars are stepped over, only closes at which equity
//! makes a new peak or a new deepest drawdown are looked at, and the last of a day.

use std::ops::Range;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::engine::Outbox;
use tickstep_core::event::Bar;
use tickstep_core::ledger::{EquityLine, Ledger};
use tickstep_core::math::{ceil, decimal_to_f64, floor};
use tickstep_core::order::ExitReason;
use tickstep_core::sim::Ambiguity;
use tickstep_core::stats::{Coverage, DailyCloses, Deepest};
use tickstep_core::trade_hash::TradeHash;
use tickstep_core::units::{Nanos, Ticks};

use super::fast::{CurveFigures, Scan, ScanBounds, TradeFigures};
use super::record::Record;

/// A run in a few figures.
#[derive(Clone)]
pub struct Summary {
    /// Cash at the start, account currency.
    pub cash: Decimal,
    /// Equity after the last bar, account currency.
    pub equity: Decimal,
    /// Net P&L of every trade in the order they closed, account currency.
    pub nets: Vec<Decimal>,
    /// Of them, the last ones, that were closed only because the data ended.
    pub cut: usize,
    /// Longest time from entry to exit, in nanoseconds.
    pub longest_hold: Nanos,
    /// Fees of closed trades, account currency.
    pub fees: Decimal,
    /// What slippage cost closed trades, account currency.
    pub slippage: Decimal,
    /// Funding and swap of closed trades, account currency (negative: received).
    pub funding: Decimal,
    /// Instants at which bars closed within the period.
    pub bars: usize,
    /// Of those, bars with a position open at any time in them.
    pub bars_in_position: usize,
    /// Number of bars that touched stop and target of one position where no finer bars
    /// told which came first.
    pub ambiguous: u64,
    /// Close of the first bar, and of the last.
    pub span: Option<(Nanos, Nanos)>,
    /// Equity at the end of each day with data.
    pub daily: DailyCloses,
    /// Drawdown over the closes.
    pub deepest: Deepest,
    hash: TradeHash,
    /// A mark that may still be taken again.
    pending: Option<(Nanos, f64)>,
}

impl Summary {
    pub(super) fn new(cash: Decimal, coverage: Coverage) -> Self {
        Self {
            cash,
            equity: cash,
            nets: Vec::new(),
            cut: 0,
            longest_hold: Nanos(0),
            fees: Decimal::ZERO,
            slippage: Decimal::ZERO,
            funding: Decimal::ZERO,
            bars: 0,
            bars_in_position: 0,
            ambiguous: 0,
            span: None,
            daily: DailyCloses::new(decimal_to_f64(cash), coverage),
            deepest: Deepest::new(decimal_to_f64(cash)),
            hash: TradeHash::default(),
            pending: None,
        }
    }

    /// Fingerprint of the closed trades, see [`TradeHash`].
    #[must_use]
    pub fn trade_hash(&self) -> u64 {
        self.hash.finish()
    }

    #[inline]
    fn take_mark(&mut self) {
        if let Some((ts, equity)) = self.pending.take() {
            self.daily.push(ts, equity);
            self.deepest.push(equity);
        }
    }

    fn reached(&mut self, ts: Nanos) {
        let first = self.span.map_or(ts, |span| span.0);
        self.span = Some((first, ts));
    }

    /// Closes at or beyond which equity may make a new peak; a little nearer than
    /// they are, as floats round.
    fn below_peak(&self, line: &EquityLine) -> (Ticks, Ticks) {
        let px = line.price(self.deepest.peak());
        if line.rises() {
            (ScanBounds::ANY_CLOSE.0, downwards(px))
        } else {
            (upwards(px), ScanBounds::ANY_CLOSE.1)
        }
    }
}

impl From<TradeFigures> for Summary {
    fn from(done: TradeFigures) -> Self {
        let CurveFigures { deepest, daily, bars, bars_in_position, span } = done.curve;
        Self {
            cash: done.cash,
            equity: done.equity,
            nets: done.nets,
            cut: done.cut,
            longest_hold: done.longest_hold,
            fees: done.fees,
            slippage: done.slippage,
            funding: Decimal::ZERO,
            bars,
            bars_in_position,
            ambiguous: done.ambiguous,
            span: Some(span),
            daily,
            deepest,
            hash: done.hash,
            pending: None,
        }
    }
}

/// What floats may get wrong of a price, as a fraction: far more than they do.
const SLACK: f64 = 1e-9;

fn upwards(px: f64) -> Ticks {
    if px.is_finite() { Ticks(ceil(px + px.abs() * SLACK) as i64) } else { Ticks(i64::MAX) }
}

fn downwards(px: f64) -> Ticks {
    if px.is_finite() { Ticks(floor(px - px.abs() * SLACK) as i64) } else { Ticks(i64::MIN) }
}

impl Record for Summary {
    fn take(&mut self, out: &mut Outbox) {
        for trade in out.trades.drain(..) {
            self.hash.push(&trade);
            self.nets.push(trade.net);
            self.cut += usize::from(trade.exit == ExitReason::EndOfData);
            self.longest_hold = self.longest_hold.max(trade.exit_ts - trade.entry_ts);
        }
        out.decisions.clear();
        out.unfilled.clear();
    }

    #[inline]
    fn mark(&mut self, ts: Nanos, ledger: &Ledger, held: bool) {
        self.take_mark();
        self.equity = ledger.equity();
        self.pending = Some((ts, decimal_to_f64(self.equity)));
        self.bars += 1;
        self.bars_in_position += usize::from(held);
        self.reached(ts);
    }

    fn mark_again(&mut self, ts: Nanos, ledger: &Ledger) {
        if self.pending.is_some_and(|(marked, _)| marked == ts) {
            self.equity = ledger.equity();
            self.pending = Some((ts, decimal_to_f64(self.equity)));
        }
    }

    fn skip_flat(&mut self, bars: &[Bar], times: &BarTimes, ledger: &Ledger) {
        let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return };
        self.take_mark();
        self.equity = ledger.equity();
        let equity = decimal_to_f64(self.equity);
        self.deepest.push(equity);
        let (first, last) = (times.close_of(first.ts_open), times.close_of(last.ts_open));
        self.reached(first);
        self.daily.push_flat(first, last, equity);
        self.reached(last);
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
        self.take_mark();
        let mut all = Scan::none(range.start);
        let Some(line) = ledger.line() else { return all };
        let mut peak = self.below_peak(&line);
        while all.at < range.end {
            // As far as the last bar of its day, whose close is the day's.
            let ends = self.daily.coverage().day_ends(times.close_of(bars[all.at].ts_open));
            let ahead =
                bars[all.at..range.end].partition_point(|bar| times.close_of(bar.ts_open) <= ends);
            let day = all.at + ahead;
            let seen = scan(all.at, day, peak);
            if seen.at > all.at {
                // The order of closes below the peak does not matter.
                let worst = if line.rises() { seen.closes.0 } else { seen.closes.1 };
                self.deepest.push(line.equity_f64(worst));
                (all.low, all.high) = (all.low.min(seen.low), all.high.max(seen.high));
            }
            all.at = seen.at;
            if seen.at < day {
                // By its close alone, or by a level of the venue?
                let alone = scan(seen.at, seen.at + 1, ScanBounds::ANY_CLOSE);
                if alone.at == seen.at {
                    break;
                }
                self.deepest.push(line.equity_f64(bars[seen.at].close));
                peak = self.below_peak(&line);
                (all.low, all.high) = (all.low.min(alone.low), all.high.max(alone.high));
                all.at += 1;
            }
            if all.at == day {
                let last = &bars[day - 1];
                self.equity = line.equity(last.close);
                self.daily.push(times.close_of(last.ts_open), decimal_to_f64(self.equity));
            }
        }
        if all.at > range.start {
            self.reached(times.close_of(bars[range.start].ts_open));
            self.reached(times.close_of(bars[all.at - 1].ts_open));
        }
        self.bars += all.at - range.start;
        self.bars_in_position += all.at - range.start;
        all
    }

    fn end(&mut self, ledger: &Ledger, Ambiguity { touched_both, resolved }: Ambiguity) {
        self.take_mark();
        (self.fees, self.slippage) = (ledger.fees(), ledger.slippage());
        self.funding = ledger.funding();
        self.ambiguous = touched_both - resolved;
    }
}
