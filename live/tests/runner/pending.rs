//! Orders that wait for their price: placed, filled, changed, withdrawn, found again.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Side};
use tickstep_live::broker::{BracketPrices, PendingKind, PendingOrder, Read, VenuePosition, Write};
use tickstep_live::runner::{
    Act, ActLine, BracketChange, Fate, Happening, Input, LevelChange, OrderStatus, Reach,
    SignalKind, WaitsFor,
};

use crate::desk::{Desk, GOLD, Habit, Plan, START, d};

const ONE: AccountId = AccountId(0);

fn limit(price: &str) -> Option<WaitsFor> {
    Some(WaitsFor { kind: PendingKind::Limit, price: d(price) })
}

/// Has every account wait to buy at 99, with stop and target.
fn wait(desk: &mut Desk) {
    let mut signal = desk.outside(SignalKind::Enter(Side::Buy));
    signal.waits = limit("99");
    signal.bracket = BracketPrices { stop: Some(d("98")), target: Some(d("101")) };
    desk.give(Input::Signal(signal));
}

fn waiting(accounts: u16) -> Desk {
    let mut desk = Desk::open(&Plan::of(accounts));
    wait(&mut desk);
    desk.run(5);
    for account in (0..accounts).map(AccountId) {
        assert_eq!(desk.runner.resting_orders(account).len(), 1);
        assert_eq!(desk.runner.audit(account), []);
    }
    desk
}

fn count(desk: &Desk, of: fn(&Write) -> bool) -> usize {
    desk.writes.iter().filter(|(_, write)| of(write)).count()
}

const fn creates(write: &Write) -> bool {
    matches!(write, Write::CreateOrder { .. })
}

const fn cancels(write: &Write) -> bool {
    matches!(write, Write::CancelOrder { .. })
}

fn refused(lines: &[ActLine]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.refused.as_deref()).collect()
}

fn is_settled(desk: &Desk, account: AccountId) {
    let (audit, unsettled) = (desk.runner.audit(account), desk.runner.unsettled(account));
    assert!(audit.is_empty() && unsettled.is_empty(), "{audit:?} {unsettled:?}");
}

#[test]
fn it_waits_with_its_levels_and_is_a_position_when_its_price_came() {
    let mut desk = waiting(1);
    let order = desk.books[0].orders[0].clone();
    assert_eq!((order.price, order.volume), (d("99"), d("10")));
    assert_eq!(order.bracket, BracketPrices { stop: Some(d("98")), target: Some(d("101")) });
    let fates = desk.fates();
    assert!(matches!(&fates[0], Fate::Resting { number, .. } if *number == order.id), "{fates:?}");
    // The number of the position is another one than the order's.
    let now = desk.now;
    desk.books[0].fill(now, &order.id, "W50");
    desk.run(90);
    let holds = desk.runner.holds(ONE);
    assert_eq!((holds.len(), holds[0].position.as_str()), (1, "W50"));
    assert_eq!(holds[0].lots, Lots::new(100).unwrap());
    assert!(desk.runner.resting_orders(ONE).is_empty());
    is_settled(&desk, ONE);
    assert_eq!(count(&desk, creates), 1);
    assert_eq!(desk.alerts("W50"), 0, "it is ours");
}

#[test]
fn one_that_fills_and_is_closed_between_two_lists_is_booked() {
    let mut desk = waiting(1);
    let (now, order) = (desk.now, desk.books[0].orders[0].id.clone());
    desk.books[0].fill(now, &order, "W50");
    desk.books[0].close(now, d("98"), "W50", d("10"));
    desk.run(150);
    let ledger = desk.runner.accounts()[0].engine().ledger();
    assert_eq!(ledger.cash(), d("99990"));
    assert!(ledger.is_flat() && desk.runner.holds(ONE).is_empty());
    is_settled(&desk, ONE);
}

#[test]
fn a_close_of_before_it_was_last_seen_to_wait_is_not_its_own() {
    let mut desk = waiting(1);
    let (now, order) = (desk.now, desk.books[0].orders[0].id.clone());
    let theirs = VenuePosition {
        id: "W70".to_owned(),
        symbol: GOLD.to_owned(),
        side: Side::Buy,
        volume: d("4"),
        open_price: d("100"),
        open_time: now,
        bracket: BracketPrices::default(),
        commission: d("0"),
        swap: d("0"),
        profit: None,
        comment: None,
    };
    // It is gone again before a list of positions shows it.
    desk.books[0].positions.push(theirs);
    desk.books[0].close(now, d("99.5"), "W70", d("4"));
    desk.run(150);
    let stray =
        |h: &&Happening| matches!(h, Happening::Stray(close) if close.row.position == "W70");
    assert_eq!(desk.happened.iter().filter(stray).count(), 1, "it is said while the order waits");
    let now = desk.now;
    desk.books[0].fill(now, &order, "W50");
    // The closed positions are listed first.
    desk.fails = |read| matches!(read, Read::Positions);
    desk.run(70);
    desk.fails = |_| false;
    desk.run(90);
    let holds = desk.runner.holds(ONE);
    assert_eq!((holds.len(), holds[0].position.as_str()), (1, "W50"));
    assert_eq!(holds[0].lots, Lots::new(100).unwrap());
    is_settled(&desk, ONE);
}

#[test]
fn a_lost_answer_is_found_in_the_list_of_orders_and_sent_once() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::ExecutesSilently;
    wait(&mut desk);
    desk.run(60);
    assert_eq!((count(&desk, creates), desk.runner.resting_orders(ONE).len()), (1, 1));
    is_settled(&desk, ONE);
}

#[test]
fn it_goes_on_being_managed_after_a_restart() {
    let desk = waiting(1);
    let saved = desk.runner.snapshot().unwrap();
    let mut runner = Plan::of(1).runner().unwrap();
    runner.restore(&saved).unwrap();
    let mut later = Desk::around(runner, 1);
    (later.now, later.books) = (desk.now, desk.books);
    later.give(Input::Restarted);
    later.run(5);
    assert_eq!(later.runner.resting_orders(ONE).len(), 1);
    let number = later.books[0].orders[0].id.clone();
    let lines = later.operate(Act::CancelOrder { account: ONE, order: number });
    later.run(5);
    assert_eq!((refused(&lines).len(), later.books[0].orders.len()), (0, 0));
    is_settled(&later, ONE);
}

#[test]
fn a_withdrawal_is_sent_again_only_after_the_list_still_shows_the_order() {
    let mut desk = waiting(1);
    let order = desk.books[0].orders[0].id.clone();
    desk.books[0].habit = Habit::ExecutesSilently;
    let act = || Act::CancelOrder { account: ONE, order: order.clone() };
    desk.operate(act());
    let again = desk.operate(act());
    assert!(again[0].what.contains("already"), "{again:?}");
    desk.run(60);
    assert_eq!((count(&desk, cancels), desk.books[0].orders.len()), (1, 0));
    is_settled(&desk, ONE);

    let mut desk = waiting(1);
    desk.books[0].habit = Habit::RefusesForGood;
    desk.operate(act());
    desk.run(3);
    desk.books[0].habit = Habit::Executes;
    desk.run(60);
    assert!(count(&desk, cancels) >= 2, "what was refused is tried again");
    assert!(desk.books[0].orders.is_empty());
    is_settled(&desk, ONE);
}

#[test]
fn one_that_fills_while_it_is_withdrawn_is_held_or_left_as_was_wanted() {
    // By its number: the position stays. By a close of everything: it is left at once.
    for (close, held) in [(false, 1), (true, 0)] {
        let mut desk = waiting(1);
        let (now, order) = (desk.now, desk.books[0].orders[0].id.clone());
        desk.books[0].fill(now, &order, "W50");
        desk.operate(match close {
            false => Act::CancelOrder { account: ONE, order },
            true => Act::Close { reach: Reach::All, symbol: None },
        });
        desk.run(120);
        assert_eq!(desk.books[0].positions.len(), held);
        assert_eq!(desk.runner.holds(ONE).len(), held);
        is_settled(&desk, ONE);
    }
}

#[test]
fn it_waits_for_another_price_where_that_is_wanted() {
    let mut desk = waiting(1);
    let order = desk.books[0].orders[0].id.clone();
    let bracket = BracketPrices { stop: Some(d("97.5")), target: None };
    let edit = |price: &str, bracket| Act::EditOrder {
        account: ONE,
        order: order.clone(),
        price: d(price),
        change: BracketChange::from(bracket),
    };
    assert_eq!(refused(&desk.operate_as("edit", edit("98.5", bracket))), [""; 0]);
    desk.run(5);
    desk.operate_as("edit", edit("98.5", bracket));
    desk.run(5);
    let shown = &desk.books[0].orders[0];
    assert_eq!((shown.price, shown.bracket), (d("98.5"), bracket));
    assert_eq!(count(&desk, |w| matches!(w, Write::EditOrder { .. })), 1);
    is_settled(&desk, ONE);
    for (price, stop, words) in [
        ("98.505", "97", "price"),
        ("98.5", "97.001", "stop"),
        ("98.5", "98.5", "or beyond it"),
        ("100.5", "97", "below the market"),
    ] {
        let bracket = BracketPrices { stop: Some(d(stop)), target: None };
        let lines = desk.operate(edit(price, bracket));
        assert!(refused(&lines)[0].contains(words), "{lines:?}");
    }
    // A change that the broker refuses is not wanted any more.
    desk.books[0].habit = Habit::RefusesForGood;
    desk.operate(edit("98.2", bracket));
    desk.run(5);
    desk.books[0].habit = Habit::Executes;
    desk.run(60);
    assert_eq!(desk.books[0].orders[0].price, d("98.5"));
    assert_eq!(desk.alerts("the change of an order"), 1);
    is_settled(&desk, ONE);
}

#[test]
fn orders_are_withdrawn_by_account_and_instrument_and_unknown_ones_refused() {
    let mut desk = waiting(2);
    let other = AccountId(1);
    let all = |reach, symbol: Option<&str>| Act::CancelOrders {
        reach,
        symbol: symbol.map(str::to_owned),
    };
    let lines = desk.operate(all(Reach::All, Some("SILVER")));
    assert!(refused(&lines)[0].contains("no instrument is called SILVER"), "{lines:?}");
    let lines = desk.operate(all(Reach::Account(AccountId(9)), None));
    assert!(refused(&lines)[0].contains("no account number 9"), "{lines:?}");
    let lines = desk.operate(Act::CancelOrder { account: ONE, order: "P9".to_owned() });
    assert!(refused(&lines)[0].contains("waiting are P1"), "{lines:?}");
    desk.operate(all(Reach::Account(other), None));
    desk.run(5);
    assert_eq!([0, 1].map(|a| desk.books[a].orders.len()), [1, 0]);
    // One that is on its way has no number yet, and is reached all the same.
    desk.books[1].habit = Habit::ExecutesSilently;
    wait(&mut desk);
    let lines = desk.operate(all(Reach::All, Some(GOLD)));
    assert_eq!((lines.len(), refused(&lines).len()), (2, 0), "{lines:?}");
    desk.run(60);
    assert_eq!([0, 1].map(|a| desk.books[a].orders.len()), [0, 0]);
    is_settled(&desk, ONE);
    is_settled(&desk, other);
}

#[test]
fn nothing_waits_on_an_account_that_is_stopped_or_a_program_that_ends() {
    let ends: [fn(&mut Desk); 3] = [
        |desk| drop(desk.operate(Act::Pause(Reach::All))),
        |desk| drop(desk.operate(Act::Kill(Reach::All))),
        |desk| desk.give(Input::Stopping),
    ];
    for end in ends {
        let mut desk = waiting(2);
        end(&mut desk);
        desk.run(5);
        assert_eq!([0, 1].map(|a| desk.books[a].orders.len()), [0, 0]);
        assert_eq!(desk.runner.orders_under_way(), 0);
    }
}

fn theirs() -> PendingOrder {
    PendingOrder {
        id: "P70".to_owned(),
        symbol: GOLD.to_owned(),
        side: Side::Sell,
        kind: PendingKind::Limit,
        volume: d("25"),
        price: d("103"),
        created: Some(START),
        bracket: BracketPrices::default(),
        comment: None,
    }
}

#[test]
fn one_that_the_program_did_not_place_is_said_once_and_left_alone() {
    let mut desk = waiting(1);
    desk.books[0].orders.push(theirs());
    desk.run(200);
    assert_eq!(desk.alerts("was not placed by this program"), 1);
    desk.operate(Act::CancelOrders { reach: Reach::All, symbol: None });
    desk.operate(Act::Kill(Reach::All));
    desk.run(20);
    assert_eq!(desk.books[0].orders, [theirs()]);
    is_settled(&desk, ONE);
    let lines = desk.operate(Act::EditOrder {
        account: ONE,
        order: "P70".to_owned(),
        price: d("104"),
        change: BracketChange::default(),
    });
    assert!(refused(&lines)[0].contains("not placed by this program"), "{lines:?}");
    desk.operate(Act::CancelOrder { account: ONE, order: "P70".to_owned() });
    desk.run(5);
    assert!(desk.books[0].orders.is_empty(), "it was named");
}

#[test]
fn one_that_is_gone_without_a_fill_is_named_and_differs_until_it_is_known() {
    let mut desk = waiting(1);
    desk.books[0].orders.clear();
    desk.run(61);
    desk.run(30);
    assert_eq!(desk.alerts("does not wait any more, and no position shows that it filled"), 1);
    let withdrawn = desk.happened.iter().any(|h| {
        matches!(h, Happening::Order(news) if news.status
            == OrderStatus::Ended(tickstep_live::intent::End::Withdrawn))
    });
    assert!(withdrawn && desk.runner.resting_orders(ONE).is_empty());
    is_settled(&desk, ONE);
    wait(&mut desk);
    desk.run(5);
    assert_eq!(count(&desk, creates), 2, "its strategy may have another one wait");
}

#[test]
fn an_order_that_was_changed_at_the_broker_differs_and_is_put_back() {
    let mut desk = waiting(1);
    desk.books[0].orders[0].price = d("97");
    desk.books[0].habit = Habit::RefusesForGood;
    let mut seen = false;
    for _ in 0..70 {
        desk.run(1);
        seen |= desk.runner.audit(ONE).iter().any(|d| d.what.starts_with("order P1"));
    }
    assert!(seen, "the audit names it");
}

#[test]
fn what_would_fill_at_once_or_never_is_refused_with_the_reason() {
    let mut desk = Desk::open(&Plan::of(1));
    for (kind, price, words) in [
        (PendingKind::Limit, "101", "below the market"),
        (PendingKind::Stop, "99", "above the market"),
        (PendingKind::Limit, "99.005", "the price it waits for"),
    ] {
        let mut signal = desk.outside(SignalKind::Enter(Side::Buy));
        signal.waits = Some(WaitsFor { kind, price: d(price) });
        signal.bracket = BracketPrices::default();
        desk.give(Input::Signal(signal));
        let why = desk.happened.iter().rev().find_map(|h| match h {
            Happening::SignalRefused { why, .. } => Some(why.clone()),
            _ => None,
        });
        assert!(why.as_ref().is_some_and(|why| why.contains(words)), "{why:?}");
    }
    assert_eq!(desk.writes, []);
}

#[test]
fn several_different_orders_are_one_batch_with_one_result() {
    let mut desk = Desk::open(&Plan::of(3));
    desk.books[1].habit = Habit::RefusesForGood;
    let order = |desk: &mut Desk, account, side, waits| {
        let mut signal = desk.outside(SignalKind::Enter(side));
        signal.waits = waits;
        if waits.is_some() {
            signal.bracket = BracketPrices::default();
        }
        Act::Signal { reach: Reach::Account(AccountId(account)), signal: Box::new(signal) }
    };
    let acts = vec![
        order(&mut desk, 0, Side::Buy, None),
        order(&mut desk, 1, Side::Buy, None),
        order(&mut desk, 2, Side::Sell, None),
        order(&mut desk, 0, Side::Sell, limit("105")),
        Act::ClosePosition { account: ONE, position: "W9".to_owned(), volume: None },
    ];
    let lines = desk.operate_as("batch", Act::Batch(acts.clone()));
    assert_eq!((lines.len(), refused(&lines).len()), (5, 1), "{lines:?}");
    desk.run(10);
    desk.operate_as("batch", Act::Batch(acts));
    desk.run(10);
    let results: Vec<_> = desk
        .happened
        .iter()
        .filter_map(|h| if let Happening::Acted(result) = h { Some(result.clone()) } else { None })
        .collect();
    assert_eq!(results.len(), 1, "one result, once");
    assert_eq!(desk.runner.act_result("batch").as_ref(), Some(&results[0]));
    let fates: Vec<(u16, &Fate)> = results[0]
        .results
        .iter()
        .flat_map(|r| r.accounts.iter().map(|a| (a.account.0, &a.fate)))
        .filter(|(_, fate)| !fate.to_string().contains("nothing to do"))
        .collect();
    let said: Vec<String> =
        fates.iter().map(|(account, fate)| format!("{account} {fate}")).collect();
    assert!(said.iter().any(|s| s.starts_with("0 executed 10 at 100")), "{said:?}");
    assert!(said.iter().any(|s| s == "1 rejected: not enough money"), "{said:?}");
    assert!(said.iter().any(|s| s.starts_with("2 executed 10 at 100")), "{said:?}");
    assert!(said.iter().any(|s| s.contains("already")), "the second on one account: {said:?}");
    assert_eq!(desk.writes.len(), 3, "{:?}", desk.writes);
}

#[test]
fn a_level_of_an_order_that_is_not_named_stays_as_it_is() {
    let mut desk = waiting(1);
    let had = desk.books[0].orders[0].bracket;
    let (keep, remove) = (LevelChange::Keep, LevelChange::Remove);
    for (price, target, wanted) in [("98.8", keep, had.target), ("98.5", remove, None)] {
        let order = desk.books[0].orders[0].id.clone();
        let change = BracketChange { stop: keep, target };
        let lines = desk.operate(Act::EditOrder { account: ONE, order, price: d(price), change });
        assert_eq!(refused(&lines), [""; 0]);
        desk.run(5);
        let shown = &desk.books[0].orders[0];
        let bracket = BracketPrices { stop: had.stop, target: wanted };
        assert_eq!((shown.price, shown.bracket), (d(price), bracket));
    }
    is_settled(&desk, ONE);
}

#[test]
fn one_that_is_placed_again_under_a_number_of_before_is_said_again() {
    let mut desk = waiting(1);
    for said in 1..=2 {
        desk.books[0].orders.push(theirs());
        desk.run(200);
        assert_eq!(desk.alerts("was not placed by this program"), said);
        desk.books[0].orders.retain(|order| order.id != theirs().id);
        desk.run(200);
    }
}
