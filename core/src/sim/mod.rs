//! The simulated exchange for bars. It holds our own orders and brackets and
//! nothing else: prices are shown to it, the account is read, never owned.
//!
//! A market order fills at the next open of its instrument, moved against the
//! trader by the slippage, exits before entries. A bracket is live from the
//! entry's fill on; a bar that opens beyond a level fills at that open, a level
//! inside the range fills at the level. Stops slip and pay the taker fee,
//! targets rest: no slippage, maker fee.
//!
//! Liquidation acts like a stop at the bar's worst price: it happens when
//! equity, with every position whose bar ends marked at its stop if the bar
//! reaches it and at the bar's worst price otherwise, is below the maintenance
//! margin of the positions that are not stopped. The largest loss goes first.
//!
//! Known limits: a bracket that is replaced inside a bar is tested against the whole of
//! that bar; orders of another kind than market are refused with a report; one
//! fill per order, the whole size, whatever the bar's volume; the path inside a bar
//! is an assumption, counted each time it mattered.
//!
//! With [costs that were measured](FittedCosts) slippage is drawn for each fill, an order
//! fills at the first open whose bar has not ended when it arrives, and some entries are
//! refused there. The entry of a reversal waits for the exit before it.

mod arrive;
mod bracket;
pub mod cost;
mod fills;
mod fitted;
mod intrabar;
mod liquidation;
mod quiet;
mod state;

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::calendar::BarTimes;
use crate::event::{Bar, Body};
use crate::instrument::{Instrument, InstrumentId, Slippage};
use crate::ledger::Ledger;
use crate::order::{
    Bracket, ExitReason, Fill, FillKind, Intent, Order, OrderId, OrderKind, OrderUpdate, Purpose,
    SlotId, Unfilled,
};
use crate::risk::Approved;
use crate::units::{Lots, Nanos, Side, Ticks};
pub use bracket::{BarExit, Touch, bar_exit, gapped, worst};
use cost::Intrabar;
pub use fills::{Execution, lapses};
pub use fitted::{FittedCosts, FittedSlippage};
pub use intrabar::{Leg, Verdict, first_reached};
pub use quiet::{Alarm, Margin};
pub use state::SimState;

/// A venue for one instrument.
#[derive(Clone, Debug)]
pub struct Venue {
    /// The instrument traded there, with its terms.
    pub instrument: Instrument,
    /// Where its bars lie in time.
    pub times: BarTimes,
    /// Slippage of aggressive fills.
    pub slippage: Slippage,
}

/// Finer bars of an instrument between two times, where there are any.
pub type Finer<'a> = &'a dyn Fn(InstrumentId, Nanos, Nanos) -> &'a [Bar];

/// How often a bar touched both levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ambiguity {
    /// Bars that touched stop and target of one position.
    pub touched_both: u64,
    /// Of those, bars where a finer series told which came first.
    pub resolved: u64,
}

/// A position's protection as the venue holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) order: OrderId,
    pub(crate) slot: SlotId,
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    pub(crate) bracket: Bracket,
    /// Price of the entry while the bar that it opened is in progress: that bar
    /// cannot gap over a level measured from it.
    pub(crate) entered: Option<Ticks>,
}

/// An order that waits for the next open, and when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentOrder {
    pub(crate) order: Order,
    pub(crate) sent: Nanos,
}

/// The simulated exchange of one account.
#[derive(Clone, Debug)]
pub struct Sim {
    venues: Vec<Venue>,
    intrabar: Intrabar,
    max_gap: i64,
    fitted: Option<Arc<FittedCosts>>,
    waiting: Vec<SentOrder>,
    held: Vec<Held>,
    last_open: Vec<Option<Nanos>>,
    ambiguity: Ambiguity,
}

impl Sim {
    /// Venues in the account's order of instruments; an entry lapses when more
    /// than `max_gap` bars are missing before the open it waits for.
    #[must_use]
    pub fn new(venues: Vec<Venue>, intrabar: Intrabar, max_gap: u32) -> Self {
        Self {
            last_open: alloc::vec![None; venues.len()],
            venues,
            intrabar,
            max_gap: i64::from(max_gap),
            fitted: None,
            waiting: Vec::new(),
            held: Vec::new(),
            ambiguity: Ambiguity::default(),
        }
    }

    /// The same with costs that were measured, instead of the slippage of its venues.
    #[must_use]
    pub fn with_fitted(self, fitted: Option<Arc<FittedCosts>>) -> Self {
        Self { fitted, ..self }
    }

    /// How often the path inside a bar mattered.
    #[must_use]
    pub const fn ambiguity(&self) -> Ambiguity {
        self.ambiguity
    }

    /// Takes an approved intent that is sent at `sent`.
    pub fn submit(&mut self, sent: Nanos, intent: &Approved, out: &mut Vec<Body>) {
        match *intent.intent() {
            Intent::Place(order) => match order.kind {
                OrderKind::Market => self.waiting.push(SentOrder { order, sent }),
                OrderKind::Limit { .. } | OrderKind::Stop { .. } => {
                    out.push(ended(&order, Unfilled::Rejected));
                }
            },
            Intent::Amend { slot, bracket, .. } => {
                for held in self.held.iter_mut().filter(|h| h.slot == slot) {
                    held.bracket = bracket;
                }
            }
            Intent::Cancel(id) => {
                if let Some(at) = self.waiting.iter().position(|w| w.order.id == id) {
                    let SentOrder { order, .. } = self.waiting.remove(at);
                    out.push(ended(&order, Unfilled::Cancelled));
                }
            }
        }
    }

    /// Whether an opening bar could change anything.
    #[inline]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty()
    }

    /// Notes that a bar opened while nothing waited and nothing was held.
    #[inline]
    pub fn opened(&mut self, id: InstrumentId, ts: Nanos) {
        self.last_open[id.index()] = Some(ts);
    }

    /// Notes that bars ended which changed nothing, and that another opened at `ts`.
    #[inline]
    pub fn passed(&mut self, id: InstrumentId, ts: Nanos) {
        self.opened(id, ts);
        for held in self.held.iter_mut().filter(|h| h.instrument == id) {
            held.entered = None;
        }
    }

    /// Fills the exits decided before, at an instrument's open.
    pub fn open_exits(&mut self, id: InstrumentId, ts: Nanos, px: Ticks, out: &mut Vec<Body>) {
        let mut at = 0;
        while at < self.waiting.len() {
            let SentOrder { order, sent } = self.waiting[at];
            match order.purpose {
                Purpose::Exit(reason)
                    if order.instrument == id && self.has_come(&order, sent, ts) =>
                {
                    self.waiting.remove(at);
                    self.release(order.slot, order.lots);
                    let kind = FillKind::Exit(reason);
                    out.push(Body::Fill(self.order_fill(&order, ts, px, kind)));
                }
                Purpose::Exit(_) | Purpose::Entry(_) => at += 1,
            }
        }
    }

    /// Lets go of `lots` of what is held for a slot; the rest keeps its bracket.
    fn release(&mut self, slot: SlotId, lots: Lots) {
        let of_slot = |h: &Held| h.slot == slot;
        for held in self.held.iter_mut().filter(|h| of_slot(h)) {
            held.lots = held.lots.checked_sub(lots).unwrap_or(Lots::ZERO);
        }
        self.held.retain(|h| !(of_slot(h) && h.lots.is_zero()));
    }

    /// Fills the entries decided before, at an instrument's open; after too
    /// long a gap they lapse.
    pub fn open_entries(&mut self, id: InstrumentId, ts: Nanos, px: Ticks, out: &mut Vec<Body>) {
        let times = &self.venues[id.index()].times;
        let stale =
            self.last_open[id.index()].is_some_and(|last| lapses(times, last, ts, self.max_gap));
        self.last_open[id.index()] = Some(ts);
        let mut at = 0;
        while at < self.waiting.len() {
            let SentOrder { order, sent } = self.waiting[at];
            match order.purpose {
                Purpose::Entry(bracket) if order.instrument == id => {
                    if !stale && !self.may_enter(&order, sent, ts) {
                        at += 1;
                        continue;
                    }
                    self.waiting.remove(at);
                    let refused = || self.fitted.as_ref().is_some_and(|f| f.refuses(order.id));
                    if stale || refused() {
                        let why = if stale { Unfilled::Stale } else { Unfilled::Rejected };
                        out.push(ended(&order, why));
                        continue;
                    }
                    let fill = self.order_fill(&order, ts, px, FillKind::Entry);
                    self.held.push(Held {
                        order: order.id,
                        slot: order.slot,
                        instrument: id,
                        side: order.side,
                        lots: order.lots,
                        bracket,
                        entered: Some(fill.px),
                    });
                    out.push(Body::Fill(fill));
                }
                Purpose::Entry(_) | Purpose::Exit(_) => at += 1,
            }
        }
    }

    /// Fills brackets whose level the instrument opened at or beyond. A bracket
    /// that entered at this very open is there only when its levels come from
    /// the decision and the entry itself is past one: no price of the bar need
    /// be as good as that level.
    pub fn open_gaps(&mut self, id: InstrumentId, ts: Nanos, px: Ticks, out: &mut Vec<Body>) {
        let mut at = 0;
        while at < self.held.len() {
            let held = self.held[at];
            if held.instrument != id {
                at += 1;
                continue;
            }
            match gapped(held.side, held.bracket, px, held.entered) {
                Some(leg) => {
                    self.held.remove(at);
                    out.push(Body::Fill(self.exit_fill(&held, ts, px, leg.reason(), false)));
                }
                None => at += 1,
            }
        }
    }

    /// Tests brackets and maintenance margin against the bars that end at `ts`.
    pub fn close_bars(
        &mut self,
        ts: Nanos,
        closing: &[(InstrumentId, Bar)],
        ledger: &Ledger,
        finer: Option<Finer<'_>>,
        out: &mut Vec<Body>,
    ) {
        let liquidated = self.liquidations(closing, ledger);
        let mut at = 0;
        while at < self.held.len() {
            let Some((_, bar)) = closing.iter().find(|(id, _)| *id == self.held[at].instrument)
            else {
                at += 1;
                continue;
            };
            let liquidation = liquidated.contains(&self.held[at].slot);
            match self.exit_in(at, ts, bar, liquidation, finer) {
                Some(fill) => {
                    self.held.remove(at);
                    out.push(Body::Fill(fill));
                }
                None => {
                    self.held[at].entered = None;
                    at += 1;
                }
            }
        }
    }

    fn exit_in(
        &mut self,
        at: usize,
        ts: Nanos,
        bar: &Bar,
        liquidation: bool,
        finer: Option<Finer<'_>>,
    ) -> Option<Fill> {
        let held = self.held[at];
        let close = self.venues[held.instrument.index()].times.close_of(bar.ts_open);
        let bars = || finer.map_or(&[][..], |f| f(held.instrument, bar.ts_open, close));
        let exit = bar_exit(held.side, held.bracket, bar, liquidation, |stop, target| {
            first_reached(self.intrabar, held.side, stop, target, bar, bars)
        })?;
        if let Some(verdict) = exit.verdict {
            self.ambiguity.touched_both += 1;
            self.ambiguity.resolved += u64::from(!verdict.assumed);
        }
        let assumed = exit.verdict.is_some_and(|verdict| verdict.assumed);
        Some(self.exit_fill(&held, ts, exit.px, exit.reason, assumed))
    }

    /// Ends an instrument's data: waiting orders lapse, positions close at the
    /// last close with the taker fee and no slippage.
    pub fn end(
        &mut self,
        id: InstrumentId,
        ts: Nanos,
        px: Ticks,
        why: Unfilled,
        reason: ExitReason,
        out: &mut Vec<Body>,
    ) {
        self.waiting.retain(|SentOrder { order, .. }| {
            let ours = order.instrument == id;
            if ours {
                out.push(ended(order, why));
            }
            !ours
        });
        for held in self.held.iter().filter(|held| held.instrument == id) {
            out.push(Body::Fill(self.exit_fill(held, ts, px, reason, false)));
        }
        self.held.retain(|held| held.instrument != id);
        self.last_open[id.index()] = None;
    }
}

fn ended(order: &Order, why: Unfilled) -> Body {
    Body::Order { order: order.id, slot: order.slot, update: OrderUpdate::Ended(why) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::TimeInForce;

    #[test]
    fn an_order_that_bars_cannot_fill_is_refused_and_not_forgotten() {
        let order = |kind| Order {
            id: OrderId(7),
            slot: SlotId(2),
            instrument: InstrumentId(0),
            side: Side::Buy,
            lots: Lots::new(1).unwrap(),
            purpose: Purpose::Entry(Bracket::default()),
            kind,
        };
        let time_in_force = TimeInForce::Gtc;
        for (kind, refused) in [
            (OrderKind::Market, false),
            (OrderKind::Limit { px: Ticks(5), time_in_force }, true),
            (OrderKind::Stop { px: Ticks(5) }, true),
        ] {
            let mut sim = Sim::new(Vec::new(), Intrabar::StopFirst, 3);
            let mut out = Vec::new();
            sim.submit(Nanos(0), &Approved::unchecked(Intent::Place(order(kind))), &mut out);
            let update = OrderUpdate::Ended(Unfilled::Rejected);
            let report = Body::Order { order: OrderId(7), slot: SlotId(2), update };
            assert_eq!(out, if refused { vec![report] } else { Vec::new() }, "{kind:?}");
            assert_eq!(sim.is_idle(), refused, "{kind:?}");
        }
    }
}
