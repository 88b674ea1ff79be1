//! Which of a broker's positions are ours: what a read-back is compared with.
//!
//! A broker may say nothing of who opened a position. Then it is known by what it is: the
//! instrument, the side, a volume not above the order's, an open time within the window
//! of the order, the order's stop and target or none, and that it was not there before the
//! order was sent. Where two orders fit, the one whose levels it has goes first. What fits
//! nothing is left alone.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::units::{Lots, Nanos};

use super::tables::{Entry, GivenUp, Held, LiveAccount, Under};
use crate::broker::{BracketPrices, VenuePosition, Write};
use crate::intent::{IntentId, Stage};

/// How far an execution may lie before and after its order was sent, by the broker's
/// clock, which is known to within the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub before: Nanos,
    pub after: Nanos,
}

impl Window {
    fn holds(self, sent: Nanos, opened: Nanos) -> bool {
        opened.0 >= sent.0 - self.before.0 && opened.0 <= sent.0 + self.after.0
    }
}

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
    /// It may be what an order without an answer opened; the answer will tell.
    Awaited,
    /// Not ours.
    Foreign,
}

/// Tells what each of the broker's positions is, in their order.
pub(super) fn tell(account: &LiveAccount, theirs: &[VenuePosition], window: Window) -> Vec<Is> {
    // What each order may still be the origin of.
    let mut left: BTreeMap<IntentId, bool> = BTreeMap::new();
    for under in &account.writes {
        left.insert(under.intent.id(), under.intent.is_open() && under.entry().is_some());
    }
    let mut told = vec![Is::Foreign; theirs.len()];
    // By the broker's own number first, which leaves no doubt.
    for (at, position) in theirs.iter().enumerate() {
        if let Some(held) = account.held.iter().position(|h| is_same(h, position)) {
            told[at] = Is::Held(held);
        } else if account.is_over(&position.id, position.open_time) {
            told[at] = Is::Over;
        } else if let Some(under) = account.writes.iter().find(|w| names(w, position)) {
            told[at] = Is::Opened(under.intent.id());
            left.insert(under.intent.id(), false);
        }
    }
    for (at, position) in theirs.iter().enumerate() {
        if told[at] != Is::Foreign {
            continue;
        }
        // What was seen before an order was sent was not opened by it.
        let known = account.foreign.contains_key(&position.id);
        let fits = |w: &&Under| {
            !known && left.get(&w.intent.id()) == Some(&true) && suits(w, position, window)
        };
        let mut fitting: Vec<&Under> = account.writes.iter().filter(fits).collect();
        // The levels that it has tell two orders of one size apart.
        fitting.sort_by_key(|w| (bracket(&w.write) != Some(position.bracket), w.intent.id()));
        if let Some(under) = fitting.first() {
            let answered = !matches!(under.intent.stage(), Stage::InFlight { .. });
            told[at] = if answered { Is::Opened(under.intent.id()) } else { Is::Awaited };
            left.insert(under.intent.id(), false);
        } else if let Some(given_up) = account.given_up.iter().find(|g| was(g, position, window)) {
            told[at] = Is::Late(given_up.intent);
        }
    }
    told
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

/// Whether the broker's answer named this position.
fn names(under: &Under, position: &VenuePosition) -> bool {
    under.entry().is_some()
        && under.accepted_id() == Some(position.id.as_str())
        && under.write.symbol() == position.symbol
}

fn suits(under: &Under, position: &VenuePosition, window: Window) -> bool {
    if under.entry().is_none() || under.intent.sent().is_none() {
        return false;
    }
    let Write::Open { symbol, side, volume, bracket } = &under.write else { return false };
    // A broker gives a position the levels of its order. One with others is another
    // order's, perhaps one that executes late; one without any may have lost them.
    let levels = *bracket == position.bracket || position.bracket == BracketPrices::default();
    levels
        && *symbol == position.symbol
        && *side == position.side
        && fits_rest(under, position.volume, *volume)
        && window.holds(under.sent_there, position.open_time)
        && !under.before.contains(&position.id)
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
    let Write::Open { symbol, side, volume, bracket } = &given_up.write else { return false };
    let after = position.open_time.0 - given_up.sent_there.0;
    let bare = position.bracket == BracketPrices::default();
    *symbol == position.symbol
        && *side == position.side
        && position.volume <= *volume
        && (*bracket == position.bracket || (bare && after <= BARE.0))
        && after >= -window.before.0
        && !given_up.before.contains(&position.id)
}

const fn bracket(write: &Write) -> Option<BracketPrices> {
    match write {
        Write::Open { bracket, .. } => Some(*bracket),
        Write::EditPosition { .. }
        | Write::Close { .. }
        | Write::CreateOrder { .. }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::intent::{Doubt, Intent, Outcome, RequestId};
    use crate::runner::link::{Link, SessionTerms};
    use crate::runner::tables::{Labels, Purpose};
    use std::collections::BTreeSet;
    use tickstep_core::instrument::InstrumentId;
    use tickstep_core::order::{OrderId, SlotId};
    use tickstep_core::session::AccountId;
    use tickstep_core::units::{Side, Ticks};

    const SENT: Nanos = Nanos(1_000_000_000_000);
    const WINDOW: Window = Window { before: Nanos(2_000_000_000), after: Nanos(10_000_000_000) };

    fn account() -> LiveAccount {
        let link = Link::new(SessionTerms::default(), true, Nanos(0), 0);
        LiveAccount::new(AccountId(0), link, Nanos(0))
    }

    fn levels(stop: i64) -> BracketPrices {
        BracketPrices { stop: Some(Decimal::new(stop, 2)), target: None }
    }

    fn under(id: u64, stop: i64, outcome: Option<Outcome>) -> Under {
        let mut intent = Intent::new(IntentId(id));
        intent.send(RequestId(id), SENT).unwrap();
        if let Some(outcome) = outcome {
            intent.answered(SENT, outcome).unwrap();
        }
        let entry = Entry {
            order: OrderId(id),
            slot: SlotId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            lots: Lots::new(10).unwrap(),
            filled: Lots::ZERO,
            px: Ticks(1),
        };
        let write = Write::Open {
            symbol: "EURUSD".to_owned(),
            side: Side::Buy,
            volume: Decimal::new(10, 2),
            bracket: levels(stop),
        };
        Under {
            intent,
            purpose: Purpose::Entry(entry),
            write,
            signal: None,
            about: Labels::default(),
            decided: SENT,
            after: Vec::new(),
            not_before: SENT,
            sent_there: SENT,
            before: BTreeSet::from(["W0".to_owned()]),
        }
    }

    fn position(id: &str, stop: i64, after_s: i64) -> VenuePosition {
        VenuePosition {
            id: id.to_owned(),
            symbol: "EURUSD".to_owned(),
            side: Side::Buy,
            volume: Decimal::new(10, 2),
            open_price: Decimal::new(110, 2),
            open_time: Nanos(SENT.0 + after_s * Nanos::SECOND.0),
            bracket: levels(stop),
            commission: Decimal::ZERO,
            swap: Decimal::ZERO,
            profit: None,
            comment: None,
        }
    }

    fn accepted(id: &str) -> Option<Outcome> {
        Some(Outcome::Accepted { id: Some(id.to_owned()) })
    }

    fn lost() -> Option<Outcome> {
        Some(Outcome::Unknown(Doubt::Timeout))
    }

    #[test]
    fn the_brokers_number_leaves_no_doubt() {
        let mut one = account();
        one.writes = vec![under(1, 105, lost()), under(2, 105, accepted("W7"))];
        let told = tell(&one, &[position("W7", 105, 1), position("W8", 105, 1)], WINDOW);
        assert_eq!(told, [Is::Opened(IntentId(2)), Is::Opened(IntentId(1))]);
    }

    #[test]
    fn a_lost_reply_is_found_by_what_it_asked_for() {
        let mut one = account();
        one.writes = vec![under(1, 105, lost())];
        let theirs = [
            position("W0", 105, 1),
            position("W1", 105, -3),
            position("W2", 105, 11),
            VenuePosition { volume: Decimal::new(11, 2), ..position("W3", 105, 1) },
            VenuePosition { side: Side::Sell, ..position("W4", 105, 1) },
            VenuePosition { symbol: "XAUUSD".to_owned(), ..position("W5", 105, 1) },
            position("W6", 105, 1),
            position("W7", 105, 1),
        ];
        let told = tell(&one, &theirs, WINDOW);
        assert!(told[..6].iter().all(|is| *is == Is::Foreign), "{told:?}");
        assert_eq!(told[6..], [Is::Opened(IntentId(1)), Is::Foreign], "an order opens one");
    }

    #[test]
    fn a_part_leaves_room_for_its_rest_alone() {
        let mut one = account();
        let mut part = under(1, 105, lost());
        if let Purpose::Entry(entry) = &mut part.purpose {
            entry.filled = Lots::new(6).unwrap();
        }
        one.writes = vec![part];
        let of = |id, volume| VenuePosition { volume, ..position(id, 105, 1) };
        let theirs = [of("W1", Decimal::new(5, 2)), of("W2", Decimal::new(4, 2))];
        assert_eq!(tell(&one, &theirs, WINDOW), [Is::Foreign, Is::Opened(IntentId(1))]);
    }

    #[test]
    fn a_number_that_is_given_again_is_another_position() {
        let mut one = account();
        one.writes = vec![under(1, 105, lost())];
        one.over.insert("W1".to_owned(), Nanos(SENT.0 - 1));
        let told = tell(&one, &[position("W1", 105, 1), position("W1", 105, -1)], WINDOW);
        assert_eq!(told, [Is::Opened(IntentId(1)), Is::Over]);
    }

    #[test]
    fn levels_tell_two_orders_of_one_size_apart() {
        let mut one = account();
        one.writes = vec![under(1, 104, lost()), under(2, 105, lost())];
        let bare = VenuePosition { bracket: BracketPrices::default(), ..position("W3", 0, 1) };
        let theirs = [position("W1", 105, 1), position("W2", 106, 1), bare];
        let told = tell(&one, &theirs, WINDOW);
        let wanted = [Is::Opened(IntentId(2)), Is::Foreign, Is::Opened(IntentId(1))];
        assert_eq!(told, wanted, "what lost its levels is the other one's");
    }

    #[test]
    fn what_is_in_flight_is_awaited() {
        let mut one = account();
        one.writes = vec![under(1, 105, None)];
        assert_eq!(tell(&one, &[position("W1", 105, 1)], WINDOW), [Is::Awaited]);
    }

    #[test]
    fn what_was_given_up_may_come_after_all() {
        let mut one = account();
        let Under { write, before, intent, .. } = under(1, 105, lost());
        one.given_up =
            vec![GivenUp { intent: intent.id(), write, decided: SENT, sent_there: SENT, before }];
        let told = tell(&one, &[position("W1", 105, 90), position("W2", 104, 90)], WINDOW);
        assert_eq!(told, [Is::Late(IntentId(1)), Is::Foreign], "another bracket is not ours");
    }

    #[test]
    fn a_position_that_is_over_may_still_be_shown() {
        let mut one = account();
        one.over.insert("W1".to_owned(), Nanos(SENT.0 + 2 * Nanos::SECOND.0));
        assert_eq!(tell(&one, &[position("W1", 105, 1)], WINDOW), [Is::Over]);
    }
}
