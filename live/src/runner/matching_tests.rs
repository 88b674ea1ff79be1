//! What is told from what.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{OrderId, SlotId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::budget::Budget;
use super::link::{Link, SessionTerms};
use super::matching::{Is, tell};
use super::tables::{Entry, GivenUp, Labels, LiveAccount, Purpose, Under};
use super::window::Window;
use super::{HostSetup, Intervals};
use crate::broker::{BracketPrices, VenuePosition, Write};
use crate::intent::{Doubt, Intent, IntentId, Outcome, RequestId};

const SENT: Nanos = Nanos(1_000_000_000_000);
/// A list of before anything was over.
const BEFORE: Nanos = Nanos(0);
const WINDOW: Window = Window { before: Nanos(2_000_000_000), after: Nanos(10_000_000_000) };

fn account() -> LiveAccount {
    let link = Link::new(SessionTerms::default(), true, Nanos(0), 0);
    let host = HostSetup {
        name: "host".to_owned(),
        server: "server".to_owned(),
        per_minute: 450,
        feed: 0,
        per_day: None,
        sessions: SessionTerms::default(),
        intervals: Intervals::default(),
    };
    let budget = Budget::new(&host, 1, Nanos(0)).unwrap();
    LiveAccount::new(AccountId(0), link, budget, Nanos(0))
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
        withdraw: false,
        refused: 0,
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

/// An order that was given up.
fn given_up(under: Under) -> GivenUp {
    let Under { write, before, intent, .. } = under;
    GivenUp {
        intent: intent.id(),
        order: OrderId(1),
        write,
        decided: SENT,
        sent_there: SENT,
        before,
        since: SENT,
    }
}

fn lost() -> Option<Outcome> {
    Some(Outcome::Unknown(Doubt::Timeout))
}

#[test]
fn the_brokers_number_leaves_no_doubt() {
    let mut one = account();
    one.writes = vec![under(1, 105, lost()), under(2, 105, accepted("W7"))];
    let told =
        tell(&one, &[position("W7", 105, 1), position("W8", 105, 1)], BEFORE, (WINDOW, false));
    assert_eq!(told, [Is::Opened(IntentId(2)), Is::Opened(IntentId(1))]);
}

#[test]
fn a_number_that_is_the_orders_is_not_another_positions() {
    let mut one = account();
    one.writes = vec![under(1, 105, accepted("W7"))];
    let large = VenuePosition { volume: Decimal::new(300, 2), ..position("W7", 90, 1) };
    let told = tell(&one, &[large, position("W8", 105, 1)], BEFORE, (WINDOW, false));
    assert_eq!(told, [Is::Foreign, Is::Opened(IntentId(1))]);
    let older = [position("W7", 105, -60), position("W8", 105, 1)];
    assert_eq!(tell(&one, &older, BEFORE, (WINDOW, false)), [Is::Foreign, Is::Opened(IntentId(1))]);
    // The broker's clock was wrong for a moment, where it is the only one and has the levels.
    assert_eq!(tell(&one, &older[..1], BEFORE, (WINDOW, false)), [Is::Opened(IntentId(1))]);
    let bare = VenuePosition { bracket: BracketPrices::default(), ..older[0].clone() };
    assert_eq!(tell(&one, &[bare], BEFORE, (WINDOW, false)), [Is::Foreign]);
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
    let told = tell(&one, &theirs, BEFORE, (WINDOW, false));
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
    assert_eq!(
        tell(&one, &theirs, BEFORE, (WINDOW, false)),
        [Is::Foreign, Is::Opened(IntentId(1))]
    );
}

#[test]
fn a_number_that_is_given_again_is_another_position() {
    let mut one = account();
    one.writes = vec![under(1, 105, lost())];
    one.over.insert("W1".to_owned(), Nanos(SENT.0 - 1));
    let told =
        tell(&one, &[position("W1", 105, 1), position("W1", 105, -1)], BEFORE, (WINDOW, false));
    assert_eq!(told, [Is::Opened(IntentId(1)), Is::Over]);
}

#[test]
fn levels_tell_two_orders_of_one_size_apart() {
    let mut one = account();
    one.writes = vec![under(1, 104, lost()), under(2, 105, lost())];
    let bare = VenuePosition { bracket: BracketPrices::default(), ..position("W3", 0, 1) };
    let theirs = [position("W1", 105, 1), position("W2", 106, 1), bare];
    let told = tell(&one, &theirs, BEFORE, (WINDOW, false));
    let wanted = [Is::Opened(IntentId(2)), Is::Foreign, Is::Opened(IntentId(1))];
    assert_eq!(told, wanted, "what lost its levels is the other one's");
}

#[test]
fn what_is_in_flight_is_awaited() {
    let mut one = account();
    one.writes = vec![under(1, 105, None)];
    assert_eq!(tell(&one, &[position("W1", 105, 1)], BEFORE, (WINDOW, false)), [Is::Awaited]);
}

#[test]
fn what_was_given_up_may_come_after_all() {
    let mut one = account();
    one.given_up = vec![given_up(under(1, 105, lost()))];
    let told =
        tell(&one, &[position("W1", 105, 90), position("W2", 104, 90)], BEFORE, (WINDOW, false));
    assert_eq!(told, [Is::Late(IntentId(1)), Is::Foreign], "another bracket is not ours");
}

#[test]
fn a_position_that_is_over_may_still_be_shown() {
    let mut one = account();
    one.over.insert("W1".to_owned(), Nanos(SENT.0 + 2 * Nanos::SECOND.0));
    let told = |of| tell(&one, &[position("W1", 105, 1)], of, (WINDOW, false));
    assert_eq!(told(BEFORE), [Is::Over]);
    assert_eq!(told(Nanos(SENT.0 + 2 * Nanos::SECOND.0)), [Is::Over]);
    // No list lags so far: there is more of it than was known.
    assert_eq!(told(Nanos(SENT.0 + 3 * Nanos::SECOND.0)), [Is::Left]);
}

fn named(id: &str, intent: u64, after_s: i64) -> VenuePosition {
    let comment = Some(IntentId(intent).comment());
    VenuePosition { comment, ..position(id, 106, after_s) }
}

#[test]
fn a_comment_tells_which_order_opened_a_position() {
    let mut one = account();
    one.writes = vec![under(1, 105, lost()), under(2, 105, lost())];
    // Same in everything but the name, other levels, and long after the window.
    let theirs = [named("W1", 2, 1), named("W2", 1, 900)];
    let told = tell(&one, &theirs, BEFORE, (WINDOW, true));
    assert_eq!(told, [Is::Opened(IntentId(2)), Is::Opened(IntentId(1))]);
    // A broker that keeps none is believed in nothing that it says in one.
    assert_eq!(tell(&one, &theirs, BEFORE, (WINDOW, false)), [Is::Foreign, Is::Foreign]);
}

#[test]
fn another_comment_is_nobodys_and_one_that_is_lost_is_made_up_for() {
    let mut one = account();
    one.writes = vec![under(1, 105, lost())];
    let hand = VenuePosition { comment: Some("by hand".to_owned()), ..position("W1", 105, 1) };
    let other = VenuePosition { comment: named("", 9, 1).comment, ..position("W2", 105, 1) };
    let theirs = [hand, other, position("W3", 105, 1), position("W4", 105, 1)];
    let told = tell(&one, &theirs, BEFORE, (WINDOW, true));
    let wanted = [Is::Foreign, Is::Foreign, Is::Opened(IntentId(1)), Is::Foreign];
    assert_eq!(told, wanted);
}

#[test]
fn a_name_does_not_make_another_instrument_side_or_an_older_position_ours() {
    let mut one = account();
    one.writes = vec![under(1, 105, lost())];
    let theirs = [
        VenuePosition { symbol: "XAUUSD".to_owned(), ..named("W1", 1, 1) },
        VenuePosition { side: Side::Sell, ..named("W2", 1, 1) },
        named("W0", 1, 1),
    ];
    let told = tell(&one, &theirs, BEFORE, (WINDOW, true));
    assert_eq!(told, [Is::Foreign, Is::Foreign, Is::Foreign], "W0 was there before");
    one.foreign.insert("W3".to_owned(), named("W3", 1, 1));
    assert_eq!(tell(&one, &[named("W3", 1, 1)], BEFORE, (WINDOW, true)), [Is::Foreign]);
}

#[test]
fn a_name_in_flight_is_awaited_and_one_given_up_is_late() {
    let mut one = account();
    one.writes = vec![under(1, 105, None)];
    assert_eq!(tell(&one, &[named("W1", 1, 1)], BEFORE, (WINDOW, true)), [Is::Awaited]);
    one.given_up = vec![given_up(under(2, 105, lost()))];
    let told = tell(&one, &[named("W2", 2, 500), named("W3", 3, 1)], BEFORE, (WINDOW, true));
    assert_eq!(told, [Is::Late(IntentId(2)), Is::Foreign], "whatever its levels are by now");
}
