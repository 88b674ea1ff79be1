//! Decisions: a strategy's, and those of a program outside.

use super::slot::{State, Waiting};
use super::{Engine, Outbox};
use crate::decision::{Action, Decision, Outcome, Reason};
use crate::features::Features;
use crate::order::{Bracket, ExitReason, OrderKind, SlotId};
use crate::resting::Rest;
use crate::risk::Approved;
use crate::signal::Signal;
use crate::strategy::scheduled::propose;
use crate::strategy::{Distance, Entry, Moment};
use crate::units::{Nanos, Ticks};

impl Engine {
    pub(super) fn decide(&mut self, ts: Nanos, features: &[Features], out: &mut Outbox) {
        self.watch(ts, out);
        let mut occupied = self.occupied();
        for index in 0..self.slots.len() {
            let id = SlotId(index as u16);
            let slot = &self.slots[index];
            let there = ts + self.ahead;
            if slot.due.is_some_and(|due| due <= there) && slot.state == State::Open {
                let held = self.ledger.position(id).map_or(Nanos(0), |p| there - p.entry_ts);
                let held = held.max(Nanos(0));
                let reason = Reason::of("held_s", (held.0 / Nanos::SECOND.0) as f64);
                self.exit(id, ts, ExitReason::Time, reason, out);
            }
            let slot = &self.slots[index];
            if self.fresh[slot.instrument.index()] {
                let features = &features[slot.instrument.index()];
                self.ask_strategy(id, ts, features, occupied);
                if !self.proposal.is_empty() {
                    self.consider(id, ts, out);
                    occupied = self.occupied();
                }
            }
        }
        self.fresh.fill(false);
    }

    /// Shows limits the equity of this instant.
    #[inline]
    fn watch(&mut self, ts: Nanos, out: &mut Outbox) {
        if self.risk.watches_equity() {
            self.show_equity(ts, out);
        }
        self.seen = true;
    }

    /// Kept out of line: most accounts name no limit that asks for it.
    #[inline(never)]
    fn show_equity(&mut self, ts: Nanos, out: &mut Outbox) {
        if let Some(reached) = self.risk.on_equity(self.ledger.equity()) {
            self.close_all(ts, reached.reason(), out);
        }
    }

    /// Acts on what an outside program wants of a slot, as on what its strategy does.
    /// Nothing happens while no price of the instrument is known.
    #[inline(never)]
    pub(super) fn on_signal(&mut self, ts: Nanos, id: SlotId, signal: &Signal, out: &mut Outbox) {
        if id.index() >= self.slots.len() {
            return;
        }
        self.watch(ts, out);
        let phase = self.phase(id);
        let held = self.ledger.position(id).map(|p| p.side);
        propose(signal, held, phase, &mut self.proposal);
        self.consider(id, ts, out);
    }

    /// Has an entry wait for its price, as an outside program wants it.
    #[inline(never)]
    pub(super) fn on_pending(
        &mut self,
        ts: Nanos,
        id: SlotId,
        signal: &Signal,
        rest: Rest,
        out: &mut Outbox,
    ) {
        let Some(side) = signal.enter.filter(|_| id.index() < self.slots.len()) else { return };
        self.watch(ts, out);
        let entry = Entry::new(side, signal.exits, Reason::default());
        self.enter(id, ts, entry, Some(rest), out);
    }

    /// Slots with a position open or an entry waiting.
    fn occupied(&self) -> usize {
        self.slots.iter().filter(|s| s.state != State::Flat).count()
    }

    fn ask_strategy(&mut self, id: SlotId, ts: Nanos, features: &Features, occupied: usize) {
        let Some(bar) = features.bar() else { return };
        let slot = &mut self.slots[id.index()];
        let moment = Moment {
            ts,
            instrument: &self.ledger.market(slot.instrument).instrument,
            bar,
            features,
            position: self.ledger.position(id),
            phase: slot.phase(),
            others: occupied - usize::from(slot.state != State::Flat),
            explain: true,
        };
        slot.strategy.on_bar(&moment, &mut self.proposal);
    }

    /// Acts on what the strategy proposed. Kept out of line: it is rare, and large.
    #[inline(never)]
    fn consider(&mut self, id: SlotId, ts: Nanos, out: &mut Outbox) {
        if let Some(exit) = self.proposal.exit.take()
            && self.slots[id.index()].state == State::Open
        {
            self.exit(id, ts, exit.reason, exit.conditions, out);
        }
        if let Some(moved) = self.proposal.stop.take() {
            self.move_stop(id, moved.stop, moved.reason, out);
        }
        if let Some(entry) = self.proposal.enter.take() {
            self.enter(id, ts, entry, None, out);
        }
    }

    /// Whether a slot has what an entry asks for already, or asks for it. A position of the
    /// other side is closed by an entry at the market.
    fn is_taken(
        &mut self,
        id: SlotId,
        ts: Nanos,
        entry: &Entry,
        rest: Option<Rest>,
        out: &mut Outbox,
    ) -> bool {
        let side = self.ledger.position(id).map(|p| p.side);
        match self.slots[id.index()].state {
            State::Flat => false,
            _ if rest.is_some() => true,
            State::Open => {
                if side == Some(entry.side) {
                    true
                } else {
                    self.exit(id, ts, ExitReason::Opposite, entry.reason.clone(), out);
                    false
                }
            }
            State::Exiting { next: None, .. } | State::Reducing { .. } => side == Some(entry.side),
            State::Entering { .. } | State::Exiting { next: Some(_), .. } => true,
        }
    }

    fn enter(&mut self, id: SlotId, ts: Nanos, entry: Entry, rest: Option<Rest>, out: &mut Outbox) {
        let waits = self.is_taken(id, ts, &entry, rest, out);
        let instrument = self.slots[id.index()].instrument;
        let Some(px) = self.ledger.market(instrument).mark else { return };
        let px = rest.map_or(px, Rest::px);
        let bracket = self.bracket(id, &entry, px);
        let mut decision = Decision {
            ts,
            slot: id,
            instrument,
            action: Action::open(entry.side),
            side: entry.side,
            px,
            lots: None,
            cut: None,
            bracket,
            confidence: entry.confidence,
            reason: Reason::default(),
            exit: None,
            outcome: Outcome::AlreadyThere,
        };
        if waits {
            decision.action = Action::Hold;
        } else {
            match self.size(id, &entry, px, bracket) {
                Ok(fit) => {
                    let (lots, cut) = (fit.lots(), fit.cut());
                    let order = self.next_order_id();
                    let kind = rest.map_or(OrderKind::Market, Rest::kind);
                    self.send(Approved::entry(fit, (order, id), entry.side, bracket, kind), out);
                    let slot = &mut self.slots[id.index()];
                    slot.waiting = Some(Waiting {
                        px,
                        lots,
                        stop: entry.stop,
                        target: entry.target,
                        sent: bracket,
                        hold: entry.hold,
                    });
                    slot.state = match slot.state {
                        State::Exiting { exit, .. } => State::Exiting { exit, next: Some(order) },
                        State::Flat
                        | State::Entering { .. }
                        | State::Open
                        | State::Reducing { .. } => State::Entering { order },
                    };
                    (decision.lots, decision.cut) = (Some(lots), cut);
                    decision.outcome = Outcome::Sent(order);
                }
                Err(rule) => {
                    decision.action = Action::Hold;
                    decision.outcome = Outcome::Refused(rule);
                }
            }
        }
        decision.reason = entry.reason;
        out.decisions.push(decision);
    }

    /// Levels of an entry as measured from `px`.
    fn bracket(&self, id: SlotId, entry: &Entry, px: Ticks) -> Bracket {
        let instrument = &self.ledger.market(self.slots[id.index()].instrument).instrument;
        Distance::bracket(instrument, entry.side, entry.stop, entry.target, px)
    }
}
