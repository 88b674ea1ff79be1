//! A position that is followed from its entry to its exit, by the rules of the
//! simulated exchange.

use tickstep_core::calendar::BarTimes;
use tickstep_core::event::Bar;
use tickstep_core::instrument::{Instrument, InstrumentId, Slippage};
use tickstep_core::ledger::{Excursion, Position};
use tickstep_core::order::{Bracket, ExitReason};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{BarExit, Execution, Touch, bar_exit, first_reached, gapped};
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::needs_engine::NeedsEngine;
use super::price_index::Scan;

/// The market as orders meet it.
#[derive(Clone, Copy)]
pub(super) struct MarketRules<'s> {
    pub instrument: &'s Instrument,
    pub slippage: Slippage,
    pub intrabar: Intrabar,
    pub times: &'s BarTimes,
    pub max_gap: i64,
}

/// An entry that waits for the next open.
pub(super) struct PendingEntry {
    pub entry: Entry,
    pub lots: Lots,
}

/// A position, from the open it was entered at.
pub(super) struct OpenTrade {
    pub side: Side,
    pub lots: Lots,
    pub px: Ticks,
    pub entry_ts: Nanos,
    pub bracket: Bracket,
    /// Time at which it has been held as long as allowed.
    pub due: Nanos,
    /// Price at which margin may fail, in ticks.
    pub margin: Option<Ticks>,
    pub seen: Excursion,
}

/// The fill that ends a position.
#[derive(Clone, Copy)]
pub(super) struct ExitFill {
    pub execution: Execution,
    pub reason: ExitReason,
}

impl MarketRules<'_> {
    /// A position entered by a market order at the open `open` of a bar that opens at
    /// `ts`, and what the entry slipped. Whether its margin may fail is not yet known.
    #[inline]
    pub(super) fn entered(
        &self,
        pending: &PendingEntry,
        ts: Nanos,
        open: Ticks,
    ) -> (OpenTrade, Execution) {
        let PendingEntry { entry, lots } = pending;
        let side = entry.side;
        let execution = Execution::market(self.instrument, self.slippage, side, open);
        let px = execution.px;
        let trade = OpenTrade {
            side,
            lots: *lots,
            px,
            entry_ts: ts,
            bracket: Distance::bracket(self.instrument, side, entry.stop, entry.target, px),
            due: entry.hold.map_or(Nanos(i64::MAX), |hold| self.times.held(ts, hold)),
            margin: None,
            seen: Excursion::at(px),
        };
        (trade, execution)
    }

    /// The exit inside a bar, and whether its path had to be assumed.
    #[inline]
    pub(super) fn touched(
        &self,
        open: &OpenTrade,
        bar: &Bar,
    ) -> Result<Option<(ExitFill, bool)>, NeedsEngine> {
        let margin = Bracket { stop: open.margin, target: None };
        if Touch::of(open.side, margin, bar.high, bar.low).stop.is_some()
            && Touch::of(open.side, open.bracket, bar.high, bar.low).stop.is_none()
        {
            return Err(NeedsEngine::Margin);
        }
        let exit = bar_exit(open.side, open.bracket, bar, false, |stop, target| {
            first_reached(self.intrabar, open.side, stop, target, bar, || &[])
        });
        Ok(exit.map(|BarExit { px, reason, verdict }| {
            (self.exit(open, px, reason), verdict.is_some_and(|verdict| verdict.assumed))
        }))
    }

    /// The exit at an open that is at or beyond a level.
    #[inline]
    pub(super) fn gapped(&self, open: &OpenTrade, px: Ticks) -> Option<ExitFill> {
        let leg = gapped(open.side, open.bracket, px, None)?;
        Some(self.exit(open, px, leg.reason()))
    }

    /// An exit that the venue makes by itself.
    #[inline]
    pub(super) fn exit(&self, open: &OpenTrade, px: Ticks, reason: ExitReason) -> ExitFill {
        let execution = Execution::exit(self.instrument, self.slippage, open.side, px, reason);
        ExitFill { execution, reason }
    }

    /// An exit that was decided on before, at an open.
    #[inline]
    pub(super) fn ordered(&self, open: &OpenTrade, px: Ticks, reason: ExitReason) -> ExitFill {
        let side = open.side.opposite();
        let execution = Execution::market(self.instrument, self.slippage, side, px);
        ExitFill { execution, reason }
    }
}

impl OpenTrade {
    /// Takes the prices of bars in which it stayed open.
    #[inline]
    pub(super) fn widen(&mut self, scan: &Scan) {
        // Of no bars, the lowest is above the highest.
        if scan.low <= scan.high {
            self.seen.widen(self.side, scan.high, scan.low);
        }
    }

    /// As its strategy is shown it.
    pub(super) fn shown(&self) -> Position {
        let Self { side, lots, px, entry_ts, bracket, seen, .. } = *self;
        Position::of_entry(InstrumentId(0), side, lots, px, entry_ts, bracket, seen)
    }
}
