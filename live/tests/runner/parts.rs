//! Parts of positions: closed by an operator, filled one after the other, left over.

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side};
use tickstep_live::broker::{PendingKind, VenuePosition, Write};
use tickstep_live::runner::{Act, Happening, Input, Reach, SignalKind, WaitsFor};

use crate::desk::{Desk, GOLD, Habit, Plan, d, long};

const ONE: AccountId = AccountId(0);

/// Volumes of the closes that were sent.
fn closes(desk: &Desk) -> Vec<Decimal> {
    let volume = |(_, write): &(AccountId, Write)| match write {
        Write::Close { volume, .. } => Some(*volume),
        _ => None,
    };
    desk.writes.iter().filter_map(volume).collect()
}

fn close(desk: &mut Desk, position: &str, volume: Option<&str>) -> Option<String> {
    let act =
        Act::ClosePosition { account: ONE, position: position.to_owned(), volume: volume.map(d) };
    desk.operate(act).remove(0).refused
}

/// What the first account's strategies hold, in lots.
fn lots(desk: &Desk) -> u64 {
    desk.runner.holds(ONE).iter().map(|held| held.lots.get() as u64).sum()
}

fn agrees(desk: &Desk) {
    let (audit, unsettled) = (desk.runner.audit(ONE), desk.runner.unsettled(ONE));
    assert!(audit.is_empty() && unsettled.is_empty(), "{audit:?} {unsettled:?}");
}

fn happened(desk: &Desk, is: fn(&Happening) -> bool) -> usize {
    desk.happened.iter().filter(|h| is(h)).count()
}

/// A desk of whose order a list showed only so much when it was first read.
fn filled(volume: &str) -> Desk {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.books[0].positions[0].volume = d(volume);
    desk.run(3);
    assert_eq!(desk.runner.holds(ONE).len(), 1);
    desk
}

#[test]
fn a_part_that_is_refused_closes_no_more_than_that_part() {
    let mut desk = long(&Plan::of(1));
    desk.books[0].habit = Habit::RefusesForGood;
    assert_eq!(close(&mut desk, "W1", Some("3")), None);
    desk.run(5);
    desk.books[0].habit = Habit::Executes;
    desk.run(120);
    assert_eq!(closes(&desk), [d("3")], "the broker does not want it");
    assert_eq!(desk.alerts("it is not asked for again"), 1);
    assert_eq!(lots(&desk), 100);
    agrees(&desk);
    // A reason that passes is another thing.
    desk.books[0].habit = Habit::Rejects;
    assert_eq!(close(&mut desk, "W1", Some("3")), None);
    desk.run(1);
    desk.books[0].habit = Habit::Executes;
    desk.run(120);
    assert!(closes(&desk).iter().all(|volume| *volume == d("3")), "{:?}", closes(&desk));
    assert_eq!(lots(&desk), 70);
    agrees(&desk);
}

#[test]
fn of_two_positions_of_a_strategy_the_one_that_was_named_is_asked_for_again() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    // One order, two positions.
    let whole = &mut desk.books[0].positions[0];
    whole.volume = d("4");
    let other = VenuePosition { id: "W9".to_owned(), volume: d("6"), ..whole.clone() };
    desk.books[0].positions.push(other);
    desk.run(20);
    assert_eq!(lots(&desk), 100);
    desk.books[0].habit = Habit::Rejects;
    assert_eq!(close(&mut desk, "W9", None), None);
    desk.run(1);
    desk.books[0].habit = Habit::Executes;
    desk.run(60);
    let open: Vec<_> = desk.books[0].positions.iter().map(|p| p.id.as_str()).collect();
    assert_eq!((open, lots(&desk)), (vec!["W1"], 40));
    agrees(&desk);
}

#[test]
fn a_part_that_no_broker_takes_or_that_leaves_too_little_is_refused_at_once() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.terms.volume_min = Some(d("2"));
    desk.run(4_000);
    desk.signal(Side::Buy);
    desk.run(5);
    let small = close(&mut desk, "W1", Some("1")).unwrap();
    assert!(small.contains("1 is below the broker's smallest volume, 2"), "{small}");
    let rest = close(&mut desk, "W1", Some("9")).unwrap();
    assert!(rest.contains("1 would be left, below the broker's smallest volume"), "{rest}");
    assert_eq!(closes(&desk), []);
    assert_eq!(close(&mut desk, "W1", Some("8")), None);
    desk.run(20);
    assert_eq!(lots(&desk), 20);
}

#[test]
fn a_part_whose_row_is_late_is_not_closed_twice() {
    let mut desk = long(&Plan::of(1));
    assert_eq!(close(&mut desk, "W1", Some("3")), None);
    let row = desk.books[0].rows.pop().unwrap();
    desk.run(120);
    assert_eq!(closes(&desk), [d("3")]);
    desk.books[0].rows.push(row);
    desk.run(30);
    assert_eq!((closes(&desk), lots(&desk)), (vec![d("3")], 70));
    agrees(&desk);
}

#[test]
fn fills_that_come_one_after_the_other_are_all_counted() {
    let mut desk = filled("4");
    assert_eq!(lots(&desk), 40);
    // The rest comes at another price: 4 at 100, 6 at 100.05.
    let held = &mut desk.books[0].positions[0];
    (held.volume, held.open_price) = (d("10"), d("100.03"));
    desk.run(5);
    assert_eq!(lots(&desk), 100);
    agrees(&desk);
    desk.bid = d("100.5");
    desk.operate(Act::Kill(Reach::All));
    desk.run(20);
    assert_eq!((closes(&desk), desk.books[0].positions.len()), (vec![d("10")], 0));
    agrees(&desk);
    let cash = desk.runner.accounts()[0].engine().ledger().cash();
    assert_eq!(cash, desk.books[0].balance);
    assert_eq!(cash, d("100004.7"), "4 times 0.5 and 6 times 0.45");
    assert_eq!(happened(&desk, |h| matches!(h, Happening::Paid { .. })), 0);
}

#[test]
fn what_is_more_than_was_ordered_is_said_and_goes_with_the_rest() {
    let mut desk = long(&Plan::of(1));
    desk.run(30);
    desk.books[0].positions[0].volume = d("12");
    desk.run(60);
    assert_eq!(desk.alerts("more than the 10"), 1);
    desk.operate(Act::Kill(Reach::All));
    desk.run(30);
    assert_eq!((closes(&desk), desk.books[0].positions.len()), (vec![d("12")], 0));
}

#[test]
fn what_is_left_after_all_that_was_known_was_closed_goes_too() {
    let mut desk = filled("4");
    desk.run(30);
    let rest = VenuePosition { volume: d("6"), ..desk.books[0].positions[0].clone() };
    assert_eq!(close(&mut desk, "W1", None), None);
    desk.run(1);
    desk.books[0].positions.push(rest);
    desk.books[0].habit = Habit::Rejects;
    desk.run(70);
    assert_eq!(desk.alerts("has 6 XAUUSD open still"), 1);
    let status = desk.runner.report_all();
    let said = |words: &String| words.contains("W1 of 6 XAUUSD, which no strategy counts on");
    assert!(status.accounts[0].under_way.iter().any(said), "{:?}", status.accounts[0].under_way);
    desk.books[0].habit = Habit::Executes;
    desk.run(60);
    assert_eq!(desk.books[0].positions, []);
    agrees(&desk);
    assert_eq!(happened(&desk, |h| matches!(h, Happening::Paid { .. })), 0);
}

#[test]
fn prices_between_two_ticks_are_booked_and_the_row_settles_the_rest() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.books[0].positions[0].open_price = d("100.0034");
    desk.run(10);
    assert_eq!(lots(&desk), 100);
    agrees(&desk);
    let now = desk.now;
    desk.books[0].close(now, d("100.4977"), "W1", d("4"));
    desk.run(30);
    desk.books[0].close(now + Nanos::SECOND.times(31), d("100.4977"), "W1", d("6"));
    desk.run(60);
    assert_eq!(lots(&desk), 0);
    agrees(&desk);
    let cash = desk.runner.accounts()[0].engine().ledger().cash();
    assert_eq!((cash, desk.books[0].balance), (d("100004.95"), d("100004.95")));
    assert_eq!(happened(&desk, |h| matches!(h, Happening::Paid { .. })), 0);
}

#[test]
fn a_price_step_that_is_another_one_at_the_broker_is_said() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.terms.tick_size = Some(d("0.001"));
    desk.run(4_000);
    assert_eq!(desk.alerts("moves in steps of 0.001 at the broker and 0.01 here"), 1);
}

#[test]
fn part_of_an_order_that_waits_still_is_held() {
    let mut desk = Desk::open(&Plan::of(1));
    let mut signal = desk.outside(SignalKind::Enter(Side::Buy));
    signal.waits = Some(WaitsFor { kind: PendingKind::Limit, price: d("99") });
    (signal.bracket.stop, signal.bracket.target) = (Some(d("98")), Some(d("101")));
    desk.give(Input::Signal(signal));
    desk.run(5);
    // 3 of 10 fill, into a position of another number, and 7 wait on.
    let now = desk.now;
    let order = desk.books[0].orders[0].clone();
    desk.books[0].fill(now, &order.id, "W70");
    desk.books[0].positions[0].volume = d("3");
    desk.books[0].orders.push(tickstep_live::broker::PendingOrder { volume: d("7"), ..order });
    desk.run(130);
    let held = desk.runner.holds(ONE);
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].position.as_str(), held[0].lots), ("W70", Lots::new(30).unwrap()));
    assert_eq!(desk.runner.resting_orders(ONE).len(), 1);
    // And the rest.
    let now = desk.now;
    desk.books[0].orders.clear();
    (desk.books[0].positions[0].volume, desk.bid) = (d("10"), d("99.5"));
    desk.run(130);
    assert_eq!(lots(&desk), 100);
    agrees(&desk);
    desk.books[0].close(now + Nanos::SECOND.times(131), d("99.5"), "W70", d("10"));
    desk.run(60);
    assert_eq!(lots(&desk), 0);
    agrees(&desk);
}

/// Somebody trades by hand, with profit, while an order of ours waits that may be what did.
fn by_hand(desk: &mut Desk) {
    let now = desk.now;
    let theirs = VenuePosition {
        id: "W500".to_owned(),
        symbol: GOLD.to_owned(),
        side: Side::Buy,
        volume: d("1"),
        open_price: d("99"),
        open_time: now,
        bracket: tickstep_live::broker::BracketPrices::default(),
        commission: Decimal::ZERO,
        swap: Decimal::ZERO,
        profit: None,
        comment: None,
    };
    desk.books[0].positions.push(theirs);
    desk.books[0].close(now, d("109"), "W500", d("1"));
}

#[test]
fn a_row_that_could_not_be_told_yet_is_asked_for_until_it_is() {
    let mut desk = Desk::open(&Plan::of(1));
    let mut signal = desk.outside(SignalKind::Enter(Side::Buy));
    signal.waits = Some(WaitsFor { kind: PendingKind::Limit, price: d("90") });
    (signal.bracket.stop, signal.bracket.target) = (Some(d("80")), Some(d("110")));
    desk.give(Input::Signal(signal));
    desk.run(5);
    by_hand(&mut desk);
    desk.run(1_200);
    desk.operate(Act::CancelOrders { reach: Reach::All, symbol: None });
    desk.run(700);
    let strays = happened(&desk, |h| matches!(h, Happening::Stray(c) if c.row.position == "W500"));
    assert_eq!((strays, desk.books[0].balance), (1, d("100010")));
    assert_eq!(happened(&desk, |h| matches!(h, Happening::Paid { .. })), 0);
    agrees(&desk);
}

#[test]
fn rows_of_days_that_the_program_was_down_are_booked_once() {
    let plan = Plan::of(1);
    let mut desk = Desk::open(&plan);
    // One row a quarter of an hour, for five days.
    let begun = desk.now;
    for n in 1..480 {
        desk.now = begun + Nanos::MINUTE.times(15 * n);
        by_hand(&mut desk);
        let (row, position) = (desk.books[0].rows.last_mut().unwrap(), format!("W{}", 500 + n));
        (row.uid, row.position) = (format!("{position}_1"), position);
    }
    desk.now = begun;
    desk.restart(&plan, Nanos::DAY.times(5));
    desk.run(3_600);
    let strays = happened(&desk, |h| matches!(h, Happening::Stray(_)));
    assert_eq!(strays, 479);
    assert_eq!(desk.runner.accounts()[0].engine().ledger().cash(), desk.books[0].balance);
    assert_eq!(happened(&desk, |h| matches!(h, Happening::Paid { .. })), 0);
}

#[test]
fn a_quote_of_before_is_no_new_price() {
    let mut plan = Plan::of(1);
    plan.rules.price_age = Some(Nanos::SECOND.times(60));
    let mut desk = Desk::open(&plan);
    desk.run(60);
    // The feed says the same for ever, also after a restart.
    desk.frozen = Some(desk.now);
    desk.run(300);
    desk.restart(&plan, Nanos::MINUTE);
    desk.run(60);
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(desk.writes, []);
    assert_eq!(desk.alerts("more than"), 0);
    desk.frozen = None;
    desk.run(2);
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(lots(&desk), 100);
}
