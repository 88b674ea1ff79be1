//! What a runner knows of one account at a broker.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{ExitReason, OrderId, SlotId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::budget::Budget;
use super::happening::StatedMoney;
use super::link::Link;
use super::money_book::MoneyBook;
pub(super) use super::read_state::{ReadKind, ReadState};
use super::signal_id::SignalId;
use super::venue_clock::VenueClock;
use crate::broker::{
    Balance, BracketPrices, ClosedRow, PendingOrder, VenueInstrument, VenuePosition, Write,
};
use crate::intent::{Intent, IntentId, Stage};

/// What a write is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// Opens a position for a slot.
    Entry(Entry),
    /// Closes a slot's position, or part of it.
    Exit {
        order: OrderId,
        slot: SlotId,
        reason: ExitReason,
        position: String,
        /// What is to be closed.
        lots: Lots,
        /// What rows have shown of it.
        filled: Lots,
        /// Whether somebody asked for this much and no more; the rest of what its slot holds
        /// stays open.
        part: bool,
    },
    /// Gives a position the bracket that it should have.
    Edit { position: String },
    /// Closes a position that opened after its order had been given up.
    Orphan { position: String },
    /// Withdraws an order that waits.
    Cancel { order: String },
    /// Gives an order that waits the price and the levels that it should have; `entry` is
    /// the engine's number of it.
    Reprice { order: String, entry: OrderId },
}

/// An order that opens a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub order: OrderId,
    pub slot: SlotId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub lots: Lots,
    /// What read-backs have shown of it.
    pub filled: Lots,
    /// Price at the decision; of one that waits, the price it waits for.
    pub px: Ticks,
    /// Whether one that waits is to be withdrawn.
    pub withdraw: bool,
    /// Definite refusals after which it was sent anew.
    pub refused: u32,
}

/// What people are told of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Labels {
    /// The strategy that asked for it, where one did.
    pub strategy: Option<String>,
    /// The instrument; the broker's symbol where it is none of ours.
    pub symbol: String,
    /// The price known when it was decided.
    pub price: Option<Decimal>,
}

/// A write that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Under {
    pub intent: Intent,
    pub purpose: Purpose,
    pub write: Write,
    pub signal: Option<SignalId>,
    pub about: Labels,
    pub decided: Nanos,
    /// It waits until these are over.
    pub after: Vec<IntentId>,
    /// It is not sent before, because one like it has just failed.
    pub not_before: Nanos,
    /// When it was sent, by the broker's clock: ours may be set between two runs.
    pub sent_there: Nanos,
    /// Positions that were at the broker before it was sent.
    pub before: BTreeSet<String>,
}

impl Under {
    /// The broker's number, where the answer had one.
    pub(super) fn accepted_id(&self) -> Option<&str> {
        match self.intent.stage() {
            Stage::Accepted { id, .. } => id.as_deref(),
            Stage::Resting { order, .. } => Some(order),
            Stage::Ready | Stage::InFlight { .. } | Stage::Unknown { .. } | Stage::Done(_) => None,
        }
    }

    pub(super) const fn is_unknown(&self) -> bool {
        matches!(self.intent.stage(), Stage::Unknown { .. })
    }

    pub(super) const fn entry(&self) -> Option<&Entry> {
        let Purpose::Entry(entry) = &self.purpose else { return None };
        Some(entry)
    }

    /// Whether it is an entry that waits for its price at the broker, or is to.
    pub(super) const fn waits(&self) -> bool {
        matches!(self.write, Write::CreateOrder { .. })
    }

    /// The broker's number of the order that waits and that it changes.
    pub(super) fn order(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Cancel { order } | Purpose::Reprice { order, .. } => Some(order),
            Purpose::Entry(_)
            | Purpose::Exit { .. }
            | Purpose::Edit { .. }
            | Purpose::Orphan { .. } => None,
        }
    }

    /// The position that it changes.
    pub(super) fn position(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Entry(_) | Purpose::Cancel { .. } | Purpose::Reprice { .. } => None,
            Purpose::Exit { position, .. }
            | Purpose::Edit { position }
            | Purpose::Orphan { position } => Some(position),
        }
    }
}

/// A position at the broker that is a slot's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub id: String,
    pub symbol: String,
    pub slot: SlotId,
    pub instrument: InstrumentId,
    pub side: Side,
    /// The order that opened it.
    pub entry: OrderId,
    /// When the list was asked for that first showed it, by the broker's clock.
    pub first: Nanos,
    /// What is open and told to the engine.
    pub lots: Lots,
    /// When that last became less, by the broker's clock.
    pub reduced: Nanos,
    pub open_time: Nanos,
    /// Commission and swap told to the engine, account currency; negative is paid.
    pub charged: Decimal,
    /// Commission and swap that the last read-back showed.
    pub stated: (Decimal, Decimal),
    /// Side and volume that the last read-back showed, in the broker's lots.
    pub theirs: (Side, Decimal),
    /// When that list was asked for, by the broker's clock.
    pub seen: Nanos,
    /// Entry price that it showed, the average of what was filled.
    pub open_price: Decimal,
    /// Levels that the last read-back showed.
    pub shown: BracketPrices,
    /// Send time of the read-back that showed them.
    pub shown_at: Nanos,
    /// Read-backs in a row that did not show it.
    pub missing: u32,
    /// No other bracket is sent before.
    pub edit_after: Nanos,
    /// Brackets in a row that were refused.
    pub edits_refused: u32,
}

/// An entry that was given up, in case it executes after all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GivenUp {
    pub intent: IntentId,
    /// The engine's number of the order.
    pub order: OrderId,
    pub write: Write,
    pub decided: Nanos,
    pub sent_there: Nanos,
    pub before: BTreeSet<String>,
    /// When it was given up.
    pub since: Nanos,
}

/// An exit that failed and is asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CloseAgain {
    pub slot: SlotId,
    pub at: Nanos,
    /// The position, and how much of it, where no more than that is to be closed.
    pub part: Option<(String, Lots)>,
}

/// An order that waited and that the broker's list does not show any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GoneOrder {
    /// The intent that made it.
    pub intent: IntentId,
    /// The time of the first list without it, by the broker's clock.
    pub there: Nanos,
}

/// An account at a broker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LiveAccount {
    pub id: AccountId,
    pub link: Link,
    /// What it may send.
    pub budget: Budget,
    /// How far the broker's clock is from ours.
    pub clock: VenueClock,
    pub writes: Vec<Under>,
    pub held: Vec<Held>,
    /// Positions that the program did not open.
    pub foreign: BTreeMap<String, VenuePosition>,
    /// Rows of closed positions that were booked, with the time of the close.
    pub booked: BTreeMap<String, Nanos>,
    /// Positions of ours that are over, and since when by the broker's clock.
    pub over: BTreeMap<String, Nanos>,
    pub given_up: Vec<GivenUp>,
    /// Orders that wait at the broker, as its last list shows them.
    pub orders: BTreeMap<String, PendingOrder>,
    /// Those of ours that it does not show any more, until it is known why.
    pub gone_orders: Vec<GoneOrder>,
    /// Until when an order of ours surely waited with its whole volume, by the broker's clock.
    pub waited: BTreeMap<IntentId, Nanos>,
    /// Before which time no other change of an order is sent, and how many in a row failed.
    pub order_after: BTreeMap<String, (Nanos, u32)>,
    /// What rows of closed positions said of the money of an order's positions, until all
    /// of them are over; `None` where a row did not say all of it.
    pub stated: BTreeMap<OrderId, Option<StatedMoney>>,
    /// Positions of orders of ours that no strategy counts on, and since when: with the intent
    /// where it had been given up before it executed.
    pub late: BTreeMap<String, (Option<IntentId>, Nanos)>,
    /// Those of them that the last list shows.
    pub leaving: BTreeMap<String, VenuePosition>,
    /// Exits that failed and are asked for again.
    pub close_again: Vec<CloseAgain>,
    /// How often in a row exits of a slot failed, until its position is gone.
    pub close_failures: BTreeMap<SlotId, u32>,
    pub reads: [ReadState; 5],
    /// Closed positions were read up to here.
    pub closed_to: Nanos,
    pub money: Option<Balance>,
    /// What is known of its money beside that.
    pub book: MoneyBook,
    pub venue: BTreeMap<String, VenueInstrument>,
    /// Since when its login waits for others at its server to end.
    pub queued: Option<Nanos>,
    /// Something does not fit, and a person has to look: no new risk.
    pub halted: Option<String>,
    /// Differences that were reported, so that each is reported once.
    pub reported: BTreeSet<String>,
}

impl LiveAccount {
    /// What the broker's instruments are came.
    pub(super) fn terms_read(&mut self, sent: Nanos, terms: Vec<VenueInstrument>) {
        self.venue = terms.into_iter().map(|terms| (terms.symbol.clone(), terms)).collect();
        self.read_mut(ReadKind::Instruments).done = Some(sent);
    }

    pub(super) fn new(id: AccountId, link: Link, budget: Budget, now: Nanos) -> Self {
        Self {
            id,
            link,
            budget,
            clock: VenueClock::default(),
            writes: Vec::new(),
            held: Vec::new(),
            foreign: BTreeMap::new(),
            booked: BTreeMap::new(),
            over: BTreeMap::new(),
            given_up: Vec::new(),
            orders: BTreeMap::new(),
            gone_orders: Vec::new(),
            waited: BTreeMap::new(),
            order_after: BTreeMap::new(),
            stated: BTreeMap::new(),
            late: BTreeMap::new(),
            leaving: BTreeMap::new(),
            close_again: Vec::new(),
            close_failures: BTreeMap::new(),
            reads: core::array::from_fn(|_| ReadState { due: now, ..ReadState::default() }),
            closed_to: now,
            money: None,
            book: MoneyBook::default(),
            venue: BTreeMap::new(),
            queued: None,
            halted: None,
            reported: BTreeSet::new(),
        }
    }

    pub(super) const fn read(&self, kind: ReadKind) -> &ReadState {
        &self.reads[kind as usize]
    }

    pub(super) const fn read_mut(&mut self, kind: ReadKind) -> &mut ReadState {
        &mut self.reads[kind as usize]
    }

    /// When the oldest of the last lists was asked for; `None` before all were answered.
    pub(super) fn lists_from(&self) -> Option<Nanos> {
        let done = ReadKind::LISTS.map(|kind| self.read(kind).done);
        done.into_iter().collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Asks at `at` at the latest.
    pub(super) fn hurry(&mut self, kind: ReadKind, at: Nanos) {
        let read = self.read_mut(kind);
        read.due = read.due.min(at);
    }

    /// Asks at `at` at the latest for the lists that tell what became of a write.
    pub(super) fn hurry_after_write(&mut self, at: Nanos) {
        self.hurry(ReadKind::Positions, at);
        self.hurry(ReadKind::Closed, at);
        if self.awaits_orders() {
            self.hurry(ReadKind::Orders, at);
        }
    }

    /// Whether what it holds is known: read back in this session, nothing lost, nothing
    /// that a person has to look at.
    pub(super) fn is_known(&self) -> bool {
        let read = |kind| {
            let done = self.read(kind).done;
            done.zip(self.link.opened()).is_some_and(|(done, opened)| done >= opened)
        };
        self.halted.is_none()
            && self.link.is_up()
            && read(ReadKind::Positions)
            && read(ReadKind::Balance)
            && read(ReadKind::Instruments)
            && read(ReadKind::Orders)
            && !self.writes.iter().any(Under::is_unknown)
            && !self.held.iter().any(|h| h.missing > 0)
    }

    /// Whether anything is under way or in doubt that a read-back will tell.
    pub(super) fn is_waiting(&self) -> bool {
        self.writes.iter().any(|w| w.intent.is_open())
            || self.held.iter().any(|h| h.missing > 0)
            || !self.gone_orders.is_empty()
    }

    /// Whether a position that was opened then is one of ours that is over; a number may be
    /// given again later.
    pub(super) fn is_over(&self, id: &str, opened: Nanos) -> bool {
        self.over_since(id, opened).is_some()
    }

    /// The same, and since when.
    pub(super) fn over_since(&self, id: &str, opened: Nanos) -> Option<Nanos> {
        self.over.get(id).copied().filter(|closed| opened <= *closed)
    }

    /// Whether a row of closed positions was booked.
    pub(super) fn is_booked(&self, row: &ClosedRow) -> bool {
        self.booked.get(&row.uid) == Some(&row.close_time)
    }

    pub(super) fn held(&self, id: &str) -> Option<&Held> {
        self.held.iter().find(|h| h.id == id)
    }

    pub(super) fn held_mut(&mut self, id: &str) -> Option<&mut Held> {
        self.held.iter_mut().find(|h| h.id == id)
    }
}
