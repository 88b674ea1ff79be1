//! The life of orders: what is sent, and what the venue's reports do to a slot.

use super::slot::{State, Waiting};
use super::{Engine, NEVER, Outbox};
use crate::decision::{Action, Decision, Outcome, Reason};
use crate::event::Command;
use crate::ledger::{Position, Trade};
use crate::order::{
    Bracket, BracketAnchor, ExitReason, Fill, FillKind, Intent, OrderId, OrderState, OrderUpdate,
    Purpose, SlotId, Unfilled,
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
        let Position { side, lots, instrument, bracket, .. } = *position;
        let px = self.ledger.market(instrument).mark.unwrap_or_else(|| position.entry_px());
        self.send(Approved::exit(position, order, id, reason), out);
        let slot = &mut self.slots[id.index()];
        slot.state = State::Exiting { exit: order, next: None };
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

    pub(super) fn close_all(&mut self, ts: Nanos, out: &mut Outbox) {
        for index in 0..self.slots.len() {
            let id = SlotId(index as u16);
            match self.slots[index].state {
                State::Open => self.exit(id, ts, ExitReason::Flatten, Reason::default(), out),
                State::Entering { order } | State::Exiting { next: Some(order), .. } => {
                    out.intents.push(Approved::cancel(order));
                }
                State::Flat | State::Exiting { next: None, .. } => {}
            }
        }
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

    pub(super) fn on_fill(&mut self, fill: &Fill, out: &mut Outbox) {
        if !self.admits_fill(fill) {
            return;
        }
        let mut fill = *fill;
        if fill.kind == FillKind::Exit(ExitReason::Stop) {
            fill.kind = FillKind::Exit(self.slots[fill.slot.index()].stop_reason);
        }
        if let Some(at) = self.orders.iter().position(|(o, _)| o.id == fill.order) {
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
            FillKind::Entry => self.entered(&fill, out),
            FillKind::Exit(_) => {
                if let Some(trade) = trade {
                    self.left(&fill, trade, out);
                }
            }
        }
    }

    fn entered(&mut self, fill: &Fill, out: &mut Outbox) {
        let slot = &mut self.slots[fill.slot.index()];
        let Some(position) = self.ledger.position(fill.slot) else { return };
        let whole = self.orders.iter().all(|(o, _)| o.id != fill.order);
        let Some(waiting) = slot.waiting else { return };
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
                if let Some(at) = self.orders.iter().position(|(o, _)| o.id == exit) {
                    self.orders.remove(at);
                    out.unfilled.push((exit, Unfilled::Cancelled));
                    out.intents.push(Approved::cancel(exit));
                }
                next.map_or(State::Flat, |order| State::Entering { order })
            }
            State::Flat | State::Open | State::Entering { .. } => State::Flat,
        };
        slot.remember(trade.net);
        slot.strategy.on_trade_closed(&trade);
        out.trades.push(trade);
        self.find_due();
    }

    /// A slot whose exit is on its way has nothing due, until the venue refuses it.
    fn find_due(&mut self) {
        let open = self.slots.iter().filter(|s| s.state == State::Open);
        self.due = open.filter_map(|s| s.due).min().unwrap_or(NEVER);
    }

    pub(super) fn on_order(
        &mut self,
        id: OrderId,
        owner: SlotId,
        update: OrderUpdate,
        out: &mut Outbox,
    ) {
        let Some(at) = self.orders.iter().position(|(o, _)| o.id == id) else { return };
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
                };
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
    }

    pub(super) fn on_command(&mut self, ts: Nanos, command: Command, out: &mut Outbox) {
        match command {
            Command::Pause => self.risk.pause(),
            Command::Resume => self.risk.resume(self.ledger.equity()),
            Command::Kill => {
                self.risk.kill();
                self.close_all(ts, out);
            }
            Command::Flatten => self.close_all(ts, out),
        }
    }
}
