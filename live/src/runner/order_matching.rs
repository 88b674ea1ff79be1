//! Which of the orders that wait at a broker are ours.
//!
//! By its number where that is known; else by what was asked for: instrument, side, kind,
//! price, a volume not above the order's, its levels or none, and a time within the window
//! of the order.

use std::collections::BTreeSet;

use tickstep_core::units::Nanos;

use super::tables::{LiveAccount, Under};
use super::window::Window;
use crate::broker::{BracketPrices, PendingOrder, Write};
use crate::intent::{IntentId, Stage};

/// What an order of the broker's list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// One of ours that is known to wait.
    Known(IntentId),
    /// What this intent made, seen for the first time.
    Found(IntentId),
    /// What an intent made that had been given up.
    Late(IntentId),
    /// It may be what an intent without an answer made; the answer will tell.
    Awaited,
    /// Not ours.
    Foreign,
}

/// Tells what each order of the broker's list is, in its order.
pub(super) fn tell_orders(
    account: &LiveAccount,
    theirs: &[PendingOrder],
    window: Window,
) -> Vec<Waits> {
    let mut taken: BTreeSet<IntentId> = BTreeSet::new();
    let mut told = vec![None; theirs.len()];
    // By the broker's own number first, which leaves no doubt.
    for (at, order) in theirs.iter().enumerate() {
        let named = |w: &&Under| {
            w.waits() && w.accepted_id() == Some(&order.id) && w.write.symbol() == order.symbol
        };
        if let Some(under) = account.writes.iter().find(named) {
            let id = under.intent.id();
            taken.insert(id);
            told[at] = Some(if under.intent.rests() { Waits::Known(id) } else { Waits::Found(id) });
        }
    }
    for (at, order) in theirs.iter().enumerate() {
        if told[at].is_some() {
            continue;
        }
        let created =
            |from: Nanos| order.created.is_none_or(|created| created.0 >= from.0 - window.before.0);
        let soon = |w: &Under| {
            let latest = w.sent_there.0 + window.after.0;
            order.created.is_none_or(|created| created.0 <= latest)
        };
        // What was there before an order was sent was not made by it.
        let fits = |w: &&Under| {
            w.intent.is_open()
                && !taken.contains(&w.intent.id())
                && asks_for(&w.write, order)
                && !w.before.contains(&order.id)
                && created(w.sent_there)
                && soon(w)
        };
        let late = |g: &&super::tables::GivenUp| {
            asks_for(&g.write, order) && !g.before.contains(&order.id) && created(g.sent_there)
        };
        told[at] = Some(if let Some(under) = account.writes.iter().find(fits) {
            let id = under.intent.id();
            taken.insert(id);
            match under.intent.stage() {
                Stage::InFlight { .. } => Waits::Awaited,
                Stage::Ready
                | Stage::Accepted { .. }
                | Stage::Unknown { .. }
                | Stage::Resting { .. }
                | Stage::Done(_) => Waits::Found(id),
            }
        } else if let Some(given_up) = account.given_up.iter().find(late) {
            Waits::Late(given_up.intent)
        } else {
            Waits::Foreign
        });
    }
    told.into_iter().flatten().collect()
}

/// Whether an order is what a write asks for.
fn asks_for(write: &Write, order: &PendingOrder) -> bool {
    let Write::CreateOrder { symbol, side, volume, kind, price, bracket } = write else {
        return false;
    };
    *symbol == order.symbol
        && *side == order.side
        && order.volume <= *volume
        && *kind == order.kind
        && *price == order.price
        && (*bracket == order.bracket || order.bracket == BracketPrices::default())
}

impl LiveAccount {
    /// Whether orders that wait are being changed, or one is not where it was, so that their
    /// list will tell.
    pub(super) fn awaits_orders(&self) -> bool {
        let concerns = |w: &Under| w.intent.is_open() && (w.waits() || w.order().is_some());
        !self.gone_orders.is_empty() || self.writes.iter().any(concerns)
    }

    /// The intent that made an order that waits, by the broker's number.
    pub(super) fn rests_as(&self, order: &str) -> Option<&Under> {
        self.writes.iter().find(|w| w.intent.rests() && w.accepted_id() == Some(order))
    }

    /// When the broker's list first did not show an order of ours that had waited.
    pub(super) fn gone_since(&self, intent: IntentId) -> Option<Nanos> {
        self.gone_orders.iter().find(|g| g.intent == intent).map(|g| g.there)
    }

    /// The earliest time, by the broker's clock, at which a position without levels can have
    /// been opened by an order. One that waited opened nothing while a list showed all of it.
    pub(super) fn may_open_from(&self, under: &Under) -> Nanos {
        let waited = self.waited.get(&under.intent.id()).copied();
        waited.map_or(under.sent_there, |waited| waited.max(under.sent_there))
    }
}
