//! Which of a broker's positions are ours: what a read-back is compared with.
//!
//! A broker may say nothing of who opened a position. Then it is known by what it is: the
//! instrument, the side, a volume not above the order's, an open time within the window
//! of the order, the order's stop and target or none, and that it was not there before the
//! order was sent. Where two orders fit, the one whose levels it has goes first. What fits
//! nothing is left alone.
//!
//! A broker that keeps comments says it by itself: ours name the intent. There a position is
//! the one intent's that it names, whatever its time, levels and volume are by now, and one
//! with another comment is nobody's. One without any may have lost it, and is known by what
//! it is.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use tickstep_core::units::{Lots, Nanos, Side};

use super::tables::{Entry, GivenUp, Held, LiveAccount, Under};
use super::window::Window;
use crate::broker::{BracketPrices, VenuePosition, Write};
use crate::intent::{IntentId, Stage};

/// How much lists of a broker may differ in the time they state of one event.
const SAME: Nanos = Nanos(2_000_000_000);

/// What a position of the broker's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// One that is held already, by its place in the list.
    Held(usize),
    /// What this order opened.
    Opened(IntentId),
    /// What an order opened that had been given up.
    Late(IntentId),
    /// It is over; the read-back lags.
    Over,
    /// It should be over, and no list can lag so far: more of it was opened than was known.
    Left,
    /// It may be what an order opened that has no answer yet, or that waited; the answer, or
    /// the list of orders, will tell.
    Awaited,
    /// Not ours.
    Foreign,
}

/// Tells what each of the broker's positions is, in their order. `of` is the time that all of
/// what had happened by then is in the list; `named` says that the broker keeps comments.
pub(super) fn tell(
    account: &LiveAccount,
    theirs: &[VenuePosition],
    of: Nanos,
    (window, named): (Window, bool),
) -> Vec<Is> {
    let mut left = Unopened::of(account);
    let mut told = vec![Is::Foreign; theirs.len()];
    // By the broker's own number first, which leaves no doubt.
    for (at, position) in theirs.iter().enumerate() {
        if let Some(held) = account.held.iter().position(|h| is_same(h, position)) {
            told[at] = Is::Held(held);
        } else if let Some(closed) = account.over_since(&position.id, position.open_time) {
            told[at] = if of > closed { Is::Left } else { Is::Over };
        } else if let Some(under) = account.writes.iter().find(|w| names(w, position, window)) {
            told[at] = left.opened(under.intent.id(), position);
        }
    }
    for (position, is) in theirs.iter().zip(&mut told).filter(|(_, is)| **is == Is::Foreign) {
        // What was seen before an order was sent was not opened by it.
        let known = account.foreign.contains_key(&position.id);
        *is = match position.comment.as_ref().filter(|_| named).map(|c| IntentId::of_comment(c)) {
            Some(Some(id)) if !known => by_name(account, id, position),
            Some(_) => Is::Foreign,
            None => by_likeness(account, position, window, &mut left),
        };
        if let (true, Is::Opened(id)) = (named && position.comment.is_some(), &is) {
            left.opened(*id, position);
        }
    }
    for (position, is) in theirs.iter().zip(&mut told).filter(|(_, is)| **is == Is::Foreign) {
        let named = |w: &&Under| left.is_untouched(w) && is_misdated(w, position);
        if let Some(under) = account.writes.iter().find(named) {
            *is = left.opened(under.intent.id(), position);
        }
    }
    told
}

/// What a position is of which nobody says whose it is.
fn by_likeness(
    account: &LiveAccount,
    position: &VenuePosition,
    window: Window,
    left: &mut Unopened,
) -> Is {
    let known = account.foreign.contains_key(&position.id);
    let fits = |w: &&Under| !known && left.has(w, position) && suits(account, w, position, window);
    let mut fitting: Vec<&Under> = account.writes.iter().filter(fits).collect();
    // The levels that it has tell two orders of one size apart.
    fitting.sort_by_key(|w| (bracket(&w.write) != Some(position.bracket), w.intent.id()));
    if let Some(under) = fitting.first() {
        let opened = left.opened(under.intent.id(), position);
        return if is_told(account, under, position) { opened } else { Is::Awaited };
    }
    let given_up = account.given_up.iter().find(|g| was(g, position, window));
    given_up.map_or(Is::Foreign, |given_up| Is::Late(given_up.intent))
}

/// What each order may still be the origin of: its volume, and whether the list shows
/// something of it already.
struct Unopened(BTreeMap<IntentId, (Decimal, bool)>);

impl Unopened {
    fn of(account: &LiveAccount) -> Self {
        let orders = account.writes.iter().filter(|w| w.intent.may_fill() && w.entry().is_some());
        Self(orders.map(|under| (under.intent.id(), (rest_volume(under), false))).collect())
    }

    /// Whether so much is left of an order. Another position of the same list has its levels:
    /// one without any is nobody's.
    fn has(&self, under: &Under, position: &VenuePosition) -> bool {
        self.0.get(&under.intent.id()).is_some_and(|(rest, shown)| {
            position.volume <= *rest && (!shown || has_levels(under, position))
        })
    }

    fn is_untouched(&self, under: &Under) -> bool {
        self.0.get(&under.intent.id()).is_some_and(|(_, shown)| !shown)
    }

    /// A position is what an order opened.
    fn opened(&mut self, by: IntentId, position: &VenuePosition) -> Is {
        if let Some((rest, shown)) = self.0.get_mut(&by) {
            (*rest, *shown) = (*rest - position.volume, true);
        }
        Is::Opened(by)
    }
}

/// Whether a position that fits an order may be taken for what it opened: its answer has
/// come, and the broker's list does not show any more that so much of it waits.
fn is_told(account: &LiveAccount, under: &Under, position: &VenuePosition) -> bool {
    match under.intent.stage() {
        Stage::InFlight { .. } => false,
        Stage::Resting { order, .. } => {
            account.gone_since(under.intent.id()).is_some()
                || account.orders.get(order).is_some_and(|shown| {
                    fits_rest(under, position.volume + shown.volume, opened_volume(under))
                })
        }
        Stage::Ready | Stage::Accepted { .. } | Stage::Unknown { .. } | Stage::Done(_) => true,
    }
}

/// What a position is that names an intent. An intent that is over, or that was numbered by
/// another journal than this one, is none of ours.
fn by_name(account: &LiveAccount, id: IntentId, position: &VenuePosition) -> Is {
    let same = |write: &Write, before: &BTreeSet<String>| {
        let Some((symbol, side, ..)) = opens(write) else { return false };
        *symbol == position.symbol && *side == position.side && !before.contains(&position.id)
    };
    let under = account.writes.iter().find(|w| w.intent.id() == id && w.entry().is_some());
    if let Some(under) = under.filter(|w| same(&w.write, &w.before)) {
        return match under.intent.stage() {
            Stage::Ready | Stage::Done(_) => Is::Foreign,
            Stage::InFlight { .. } => Is::Awaited,
            Stage::Accepted { .. } | Stage::Unknown { .. } | Stage::Resting { .. } => {
                Is::Opened(id)
            }
        };
    }
    let given_up = account.given_up.iter().find(|g| g.intent == id);
    match given_up.filter(|g| same(&g.write, &g.before)) {
        Some(_) => Is::Late(id),
        None => Is::Foreign,
    }
}

/// Whether a position is one that is held. A broker that gives a number once more opens
/// the position later.
fn is_same(held: &Held, position: &VenuePosition) -> bool {
    held.id == position.id && position.open_time.0 <= held.open_time.0 + SAME.0
}

/// Whether two lists may mean one event by these times.
pub(super) fn is_near(one: Nanos, other: Nanos) -> bool {
    (one.0 - other.0).abs() <= SAME.0
}

/// Whether the broker's answer named this position. What it named may be the order instead,
/// and another position may have that number; so the rest has to be as it was ordered.
fn names(under: &Under, position: &VenuePosition, window: Window) -> bool {
    is_named(under, position) && position.open_time.0 >= under.sent_there.0 - window.before.0
}

/// The same, whatever the position's time is: one that is too old is not the order's where
/// another fits, or it has other levels.
fn is_misdated(under: &Under, position: &VenuePosition) -> bool {
    has_levels(under, position) && is_named(under, position)
}

/// Whether a position has the levels of an order that has some.
fn has_levels(under: &Under, position: &VenuePosition) -> bool {
    bracket(&under.write) == Some(position.bracket) && position.bracket != BracketPrices::default()
}

fn is_named(under: &Under, position: &VenuePosition) -> bool {
    let Some((symbol, side, volume, _)) = opens(&under.write) else { return false };
    under.entry().is_some()
        && under.accepted_id() == Some(position.id.as_str())
        && *symbol == position.symbol
        && *side == position.side
        && fits_rest(under, position.volume, *volume)
        && !under.before.contains(&position.id)
}

fn suits(account: &LiveAccount, under: &Under, position: &VenuePosition, window: Window) -> bool {
    if under.entry().is_none() || under.intent.sent().is_none() {
        return false;
    }
    let Some((symbol, side, volume, bracket)) = opens(&under.write) else { return false };
    let bare = position.bracket == BracketPrices::default();
    // One that waits fills when its price comes. Rows of closed positions have no levels to
    // tell it from others by, so that those of before it was last seen to wait are not its.
    let timely = match (under.waits(), bare) {
        (true, false) => position.open_time.0 >= under.sent_there.0 - window.before.0,
        (true, true) => position.open_time.0 >= account.may_open_from(under).0 - window.before.0,
        (false, _) => window.holds(under.sent_there, position.open_time),
    };
    // A broker gives a position the levels of its order. One with others is another
    // order's, perhaps one that executes late; one without any may have lost them.
    let levels = *bracket == position.bracket || bare;
    levels
        && *symbol == position.symbol
        && *side == position.side
        && fits_rest(under, position.volume, *volume)
        && timely
        && !under.before.contains(&position.id)
}

/// The volume that an order asks for.
fn opened_volume(under: &Under) -> Decimal {
    opens(&under.write).map(|(_, _, volume, _)| *volume).unwrap_or_default()
}

/// What is left of it: as many parts of it as of the order's lots.
fn rest_volume(under: &Under) -> Decimal {
    let lots = |n: Lots| Decimal::from(n.get());
    let rest = |e: &Entry| (opened_volume(under) * lots(rest(e))).checked_div(lots(e.lots));
    under.entry().and_then(rest).unwrap_or_default()
}

/// Whether a volume is within what an order has not opened yet of its own volume.
fn fits_rest(under: &Under, volume: Decimal, whole: Decimal) -> bool {
    let lots = |n: Lots| Decimal::from(n.get());
    under.entry().is_some_and(|e| volume * lots(e.lots) <= whole * lots(rest(e)))
}

/// How long after its order an execution is taken for it although its levels are gone.
const BARE: Nanos = Nanos(120_000_000_000);

/// An execution after all of an order that was given up: the same in everything, its stop
/// and target included, so that a position somebody opens by hand is not taken for it. One
/// that lost both has to be the sooner.
fn was(given_up: &GivenUp, position: &VenuePosition, window: Window) -> bool {
    let Some((symbol, side, volume, bracket)) = opens(&given_up.write) else { return false };
    let after = position.open_time.0 - given_up.sent_there.0;
    let bare = position.bracket == BracketPrices::default();
    *symbol == position.symbol
        && *side == position.side
        && position.volume <= *volume
        && (*bracket == position.bracket || (bare && after <= BARE.0))
        && after >= -window.before.0
        && !given_up.before.contains(&position.id)
}

fn bracket(write: &Write) -> Option<BracketPrices> {
    opens(write).map(|(.., bracket)| *bracket)
}

/// Symbol, side, volume and levels of what a write opens, where it opens something.
pub(super) const fn opens(write: &Write) -> Option<(&String, &Side, &Decimal, &BracketPrices)> {
    match write {
        Write::Open { symbol, side, volume, bracket }
        | Write::CreateOrder { symbol, side, volume, bracket, .. } => {
            Some((symbol, side, volume, bracket))
        }
        Write::EditPosition { .. }
        | Write::Close { .. }
        | Write::EditOrder { .. }
        | Write::CancelOrder { .. } => None,
    }
}

/// Positions of ours that a read-back sent at `sent` does not show. One that was opened
/// after it was sent, or that the broker may show late, is not missed yet.
pub(super) fn missing(held: &[Held], told: &[Is], sent: Nanos, lag: Nanos) -> Vec<usize> {
    (0..held.len())
        .filter(|at| !told.contains(&Is::Held(*at)))
        .filter(|at| held[*at].open_time.0 + lag.0 <= sent.0)
        .collect()
}

/// What is left of an entry.
pub(super) fn rest(entry: &Entry) -> Lots {
    entry.lots.checked_sub(entry.filled).unwrap_or(Lots::ZERO)
}
