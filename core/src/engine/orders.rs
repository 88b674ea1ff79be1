//! The life of orders: what is sent, and what the venue's reports do to a slot.

use alloc::vec::Vec;

use super::slot::{State, Waiting};
use super::{Engine, NEVER, Outbox};
use crate::decision::{Action, Decision, Outcome, Reason};
use crate::ledger::{Position, Trade};
use crate::order::{
    Bracket, BracketAnchor, ExitReason, Fill, FillKind, Intent, Order, OrderId, OrderState,
    OrderUpdate, Purpose, SlotId, Unfilled,
};
use crate::risk::Approved;
use crate::strategy::Distance;
use crate::units::{Nanos, Ticks};

impl Engine {
    pub(super) fn exit(
        &mut self,
        id: SlotId,
        ts: Nanos,
        reason: ExitReason,
        conditions: Reason,
        out: &mut Outbox,
    ) {
        let order = self.next_order_id();
        let Some(position) = self.ledger.position(id) else { return };
        let whole = Approved::exit(position, order, id, reason);
        self.slots[id.index()].state = State::Exiting { exit: order, next: None };
        self.send_exit(id, ts, whole, conditions, out);
    }

    /// Sends the exit of a position, or of a part of it, and records the decision.
    pub(super) fn send_exit(
        &mut self,
        id: SlotId,
        ts: Nanos,
        exit: Approved,
        conditions: Reason,
        out: &mut Outbox,
    ) {
        let Some(position) = self.ledger.position(id) else { return };
        let Intent::Place(Order { id: order, lots, purpose: Purpose::Exit(reason), .. }) =
            *exit.intent()
        else {
            return;
        };
        let Position { side, instrument, bracket, .. } = *position;
        let px = self.ledger.market(instrument).mark.unwrap_or_else(|| position.entry_px());
        self.send(exit, out);
        self.find_due();
        out.decisions.push(Decision {
            ts,
            slot: id,
            instrument,
            action: Action::Close,
            side,
            px,
            lots: Some(lots),
            cut: None,
            bracket,
            confidence: None,
            reason: conditions,
            exit: Some(reason),
            outcome: Outcome::Sent(order),
        });
    }

    pub(super) fn move_stop(
        &mut self,
        id: SlotId,
        stop: Ticks,
        reason: ExitReason,
        out: &mut Outbox,
    ) {
        if self.slots[id.index()].state != State::Open {
            return;
        }
        let Some(p) = self.ledger.position(id) else { return };
        let tighter = p.bracket.stop.is_none_or(|old| p.side.sign() * (stop.0 - old.0) > 0);
        if tighter {
            let bracket = Bracket { stop: Some(stop), ..p.bracket };
            let instrument = p.instrument;
            self.ledger.set_bracket(id, bracket);
            self.slots[id.index()].stop_reason = reason;
            out.intents.push(Approved::amend(id, instrument, bracket));
        }
    }

    /// The next order's id; used only where the order is then sent.
    pub(super) const fn next_order_id(&self) -> OrderId {
        OrderId(self.next_order)
    }

    /// Sends an order.
    pub(super) fn send(&mut self, approved: Approved, out: &mut Outbox) {
        if let Intent::Place(order) = *approved.intent() {
            self.next_order = order.id.0 + 1;
            self.orders.push((order, OrderState::Sent));
        }
        out.intents.push(approved);
    }

    pub(super) fn on_fill(&mut self, ts: Nanos, fill: &Fill, out: &mut Outbox) {
        if !self.admits_fill(fill) {
            return;
        }
        let mut fill = *fill;
        if fill.kind == FillKind::Exit(ExitReason::Stop) {
            fill.kind = FillKind::Exit(self.slots[fill.slot.index()].stop_reason);
        }
        // A stop or a target names the entry that it came with, of which more may still fill.
        let leaves = matches!(fill.kind, FillKind::Exit(_));
        let own = |o: &Order| o.id == fill.order && leaves == matches!(o.purpose, Purpose::Exit(_));
        if let Some(at) = self.orders.iter().position(|(o, _)| own(o)) {
            let (order, state) = &mut self.orders[at];
            let next = state.on_fill(order.lots, fill.lots).expect("the venue fills what is open");
            *state = next;
            if next.is_terminal() {
                self.orders.remove(at);
            }
        }
        let trade = self.ledger.apply(&fill);
        self.seen = false;
        match fill.kind {
            FillKind::Entry => {
                self.risk.on_entered();
                self.entered(&fill, out);
            }
            FillKind::Exit(_) => match trade {
                Some(trade) => self.left(&fill, trade, out),
                None => self.reduced(&fill),
            },
        }
        if self.slots[fill.slot.index()].leave {
            self.settle(fill.slot, ts, out);
        }
    }

    /// A part of a position was closed: the rest is as open as it was, once all of that
    /// part is.
    fn reduced(&mut self, fill: &Fill) {
        let slot = &mut self.slots[fill.slot.index()];
        let whole = self.orders.iter().all(|(o, _)| o.id != fill.order);
        if slot.state == (State::Reducing { exit: fill.order }) && whole {
            slot.state = State::Open;
            self.find_due();
        }
    }

    /// Whether a fill is of what is ordered and held: the slot's instrument, no more than
    /// an order asks for, an entry on the side that is held or an exit within it. Any other
    /// stops the account, so that a venue's word is held against this first.
    #[must_use]
    pub fn expects(&self, fill: &Fill) -> bool {
        let Some(slot) = self.slots.get(fill.slot.index()) else { return false };
        let ordered = self.orders.iter().find(|(o, _)| o.id == fill.order);
        let bracket = matches!(fill.kind, FillKind::Exit(_));
        let within = ordered.is_none_or(|(order, state)| match order.purpose {
            Purpose::Entry(_) if bracket => true,
            Purpose::Entry(_) | Purpose::Exit(_) => state.on_fill(order.lots, fill.lots).is_ok(),
        });
        let held = self.ledger.position(fill.slot);
        let fits = match fill.kind {
            FillKind::Entry => held.is_none_or(|p| p.side == fill.side),
            FillKind::Exit(_) => {
                held.is_some_and(|p| p.side == fill.side.opposite() && fill.lots <= p.lots)
            }
        };
        slot.instrument == fill.instrument
            && !fill.lots.is_zero()
            && fill.px >= Ticks(1)
            && within
            && fits
    }

    fn entered(&mut self, fill: &Fill, out: &mut Outbox) {
        let slot = &mut self.slots[fill.slot.index()];
        let Some(position) = self.ledger.position(fill.slot) else { return };
        let whole = self.orders.iter().all(|(o, _)| o.id != fill.order);
        let Some(waiting) = slot.waiting else {
            // Nobody waited for it any more: an order that was given up filled after all.
            if slot.state == State::Flat {
                slot.state = State::Open;
            }
            return;
        };
        if whole {
            slot.waiting = None;
            slot.state = State::Open;
        }
        slot.stop_reason = ExitReason::Stop;
        if let Some(hold) = waiting.hold {
            slot.due = Some(self.times[fill.instrument.index()].held(position.entry_ts, hold));
        }
        let instrument = &self.ledger.market(fill.instrument).instrument;
        let Waiting { stop, target, sent, .. } = waiting;
        let bracket = match slot.anchor {
            BracketAnchor::Decision => sent,
            BracketAnchor::Fill => {
                Distance::bracket(instrument, fill.side, stop, target, position.entry_px())
            }
        };
        self.ledger.set_initial(fill.slot, bracket);
        if bracket != sent {
            out.intents.push(Approved::amend(fill.slot, fill.instrument, bracket));
        }
        self.find_due();
    }

    fn left(&mut self, fill: &Fill, trade: Trade, out: &mut Outbox) {
        let slot = &mut self.slots[fill.slot.index()];
        slot.due = None;
        slot.state = match slot.state {
            State::Exiting { exit, next } => {
                Self::needless(&mut self.orders, exit, out);
                next.map_or(State::Flat, |order| State::Entering { order })
            }
            State::Reducing { exit } => {
                Self::needless(&mut self.orders, exit, out);
                State::Flat
            }
            // What was left is a part; the rest of the entry may still fill.
            State::Entering { order } if self.orders.iter().any(|(o, _)| o.id == order) => {
                State::Entering { order }
            }
            State::Flat | State::Open | State::Entering { .. } => State::Flat,
        };
        slot.remember(trade.net);
        slot.strategy.on_trade_closed(&trade);
        out.trades.push(trade);
        self.find_due();
    }

    /// Withdraws an exit whose position is gone, if it is still on its way.
    fn needless(orders: &mut Vec<(Order, OrderState)>, exit: OrderId, out: &mut Outbox) {
        if let Some(at) = orders.iter().position(|(o, _)| o.id == exit) {
            orders.remove(at);
            out.unfilled.push((exit, Unfilled::Cancelled));
            out.intents.push(Approved::cancel(exit));
        }
    }

    /// A slot whose exit is on its way has nothing due, until the venue refuses it.
    pub(super) fn find_due(&mut self) {
        let open = self.slots.iter().filter(|s| s.state == State::Open);
        self.due = open.filter_map(|s| s.due).min().unwrap_or(NEVER);
    }

    pub(super) fn on_order(
        &mut self,
        ts: Nanos,
        id: OrderId,
        owner: SlotId,
        update: OrderUpdate,
        out: &mut Outbox,
    ) {
        // An end that names another slot than the order's is none of this order.
        let own = |o: &Order| o.id == id && o.slot == owner;
        let Some(at) = self.orders.iter().position(|(o, _)| own(o)) else { return };
        let (order, state) = self.orders[at];
        let Ok(next) = state.on_update(order.lots, update) else { return };
        self.orders[at].1 = next;
        let OrderUpdate::Ended(why) = update else { return };
        self.orders.remove(at);
        out.unfilled.push((id, why));
        let slot = &mut self.slots[owner.index()];
        match order.purpose {
            Purpose::Entry(_) => {
                slot.waiting = None;
                let partly = self.ledger.position(owner).is_some();
                slot.state = match slot.state {
                    State::Exiting { exit, .. } => State::Exiting { exit, next: None },
                    State::Entering { .. } if partly => State::Open,
                    State::Entering { .. } | State::Flat => State::Flat,
                    State::Open => State::Open,
                    State::Reducing { exit } => State::Reducing { exit },
                };
                self.find_due();
            }
            Purpose::Exit(_) => {
                // The position stays, so an entry of the other side must not fill.
                if let State::Exiting { next: Some(entry), .. } = slot.state {
                    out.intents.push(Approved::cancel(entry));
                }
                slot.state = State::Open;
                self.find_due();
            }
        }
        if self.slots[owner.index()].leave {
            self.settle(owner, ts, out);
        }
    }
}
