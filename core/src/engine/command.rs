//! What an operator may do to an account.

use super::slot::State;
use super::{Engine, Outbox};
use crate::decision::Reason;
use crate::event::Command;
use crate::order::{Bracket, ExitReason, OrderId, Purpose, SlotId};
use crate::resting::Rest;
use crate::risk::Approved;
use crate::signal::Distance;
use crate::units::{Lots, Nanos, Ticks};

impl Engine {
    pub(super) fn on_command(&mut self, ts: Nanos, command: Command, out: &mut Outbox) {
        if command.slot().is_some_and(|slot| slot.index() >= self.slots.len()) {
            return;
        }
        match command {
            Command::Pause => self.risk.pause(),
            Command::Resume => self.risk.resume(self.ledger.equity()),
            Command::Kill => {
                self.risk.kill();
                self.close_all(ts, &Reason::default(), out);
            }
            Command::Flatten => self.close_all(ts, &Reason::default(), out),
            Command::Close { slot, lots: None } => {
                self.close_slot(slot, ts, &Reason::default(), out);
            }
            Command::Close { slot, lots: Some(lots) } => self.reduce(slot, ts, lots, out),
            Command::Amend { slot, bracket } => self.amend(slot, bracket, out),
            Command::Cancel(order) => self.withdraw(order, out),
            Command::Reprice { order, px, bracket } => self.reprice(order, px, bracket),
        }
    }

    pub(super) fn close_all(&mut self, ts: Nanos, reason: &Reason, out: &mut Outbox) {
        for index in 0..self.slots.len() {
            self.close_slot(SlotId(index as u16), ts, reason, out);
        }
    }

    /// Closes what is open and withdraws what waits. What is on its way may fill all the
    /// same, and is left then.
    fn close_slot(&mut self, id: SlotId, ts: Nanos, reason: &Reason, out: &mut Outbox) {
        match self.slots[id.index()].state {
            State::Open => self.exit(id, ts, ExitReason::Flatten, reason.clone(), out),
            State::Entering { order } | State::Exiting { next: Some(order), .. } => {
                self.slots[id.index()].leave = true;
                out.intents.push(Approved::cancel(order));
            }
            State::Reducing { .. } => self.slots[id.index()].leave = true,
            State::Flat | State::Exiting { next: None, .. } => {}
        }
    }

    /// Leaves a slot whose position was to be closed before it was known how much it holds.
    pub(super) fn settle(&mut self, id: SlotId, ts: Nanos, out: &mut Outbox) {
        let slot = &mut self.slots[id.index()];
        match slot.state {
            State::Open if slot.leave => {
                slot.leave = false;
                self.exit(id, ts, ExitReason::Flatten, Reason::default(), out);
            }
            State::Flat | State::Open | State::Exiting { next: None, .. } => slot.leave = false,
            State::Entering { .. } | State::Exiting { .. } | State::Reducing { .. } => {}
        }
    }

    /// Closes a part of an open position.
    fn reduce(&mut self, id: SlotId, ts: Nanos, lots: Lots, out: &mut Outbox) {
        let Some(position) = self.ledger.position(id) else { return };
        if lots >= position.lots {
            return self.close_slot(id, ts, &Reason::default(), out);
        }
        if lots.is_zero() || self.slots[id.index()].state != State::Open {
            return;
        }
        let order = self.next_order_id();
        let part = Approved::part(position, lots, order, id, ExitReason::Flatten);
        self.slots[id.index()].state = State::Reducing { exit: order };
        self.send_exit(id, ts, part, Reason::default(), out);
    }

    /// Replaces the levels of an open position.
    fn amend(&mut self, id: SlotId, bracket: Bracket, out: &mut Outbox) {
        let slot = &mut self.slots[id.index()];
        if !matches!(slot.state, State::Open | State::Reducing { .. }) {
            return;
        }
        let Some(p) = self.ledger.position(id) else { return };
        let px = self.ledger.market(p.instrument).mark.unwrap_or_else(|| p.entry_px());
        if bracket == p.bracket || !bracket.is_around(p.side, px) {
            return;
        }
        if bracket.stop != p.bracket.stop {
            slot.stop_reason = ExitReason::Stop;
        }
        let instrument = p.instrument;
        self.ledger.set_bracket(id, bracket);
        out.intents.push(Approved::amend(id, instrument, bracket));
    }

    /// Has an entry that waits wait for another price. Whoever sends orders sees that the
    /// venue has it so.
    fn reprice(&mut self, id: OrderId, px: Ticks, bracket: Bracket) {
        let found = self.orders.iter_mut().find(|(order, _)| order.id == id);
        let Some((order, _)) = found else { return };
        let (Purpose::Entry(_), Some(rest)) = (order.purpose, Rest::of(&order.kind)) else {
            return;
        };
        if px < Ticks(1) || !bracket.is_around(order.side, px) {
            return;
        }
        order.kind = rest.at(px).kind();
        order.purpose = Purpose::Entry(bracket);
        if let Some(waiting) = &mut self.slots[order.slot.index()].waiting {
            let away = |level: Option<Ticks>| {
                level.map(|level| Distance::Ticks((level.0 - px.0).abs() as f64))
            };
            (waiting.px, waiting.sent) = (px, bracket);
            (waiting.stop, waiting.target) = (away(bracket.stop), away(bracket.target));
        }
    }

    /// Withdraws an order that is on its way or waits.
    fn withdraw(&self, id: OrderId, out: &mut Outbox) {
        if self.orders.iter().any(|(order, _)| order.id == id) {
            out.intents.push(Approved::cancel(id));
        }
    }
}
