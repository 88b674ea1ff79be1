//! Entries that brokers refuse: tried again while they are fresh, as new intents.

use std::collections::BTreeSet;

use tickstep_core::session::AccountId;
use tickstep_core::units::Side;
use tickstep_live::broker::Write;
use tickstep_live::runner::{Fate, Happening, OrderNews, OrderStatus};

use crate::desk::{Desk, Habit, Plan};

const ONE: AccountId = AccountId(0);

fn opens(desk: &Desk) -> usize {
    desk.writes.iter().filter(|(_, w)| matches!(w, Write::Open { .. })).count()
}

fn news(desk: &Desk) -> Vec<&OrderNews> {
    let orders = desk.happened.iter().filter_map(|h| match h {
        Happening::Order(news) => Some(news),
        _ => None,
    });
    orders.collect()
}

#[test]
fn a_refusal_that_may_pass_is_tried_again_a_bounded_number_of_times() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::Rejects;
    desk.signal(Side::Buy);
    desk.run(28);
    assert_eq!(opens(&desk), 3, "once, and twice again");
    assert_eq!(desk.fates(), [Fate::Rejected { message: "off quotes".to_owned() }]);
    assert_eq!(desk.alerts("off quotes"), 3, "each failure is an alert");
    let sent = news(&desk).into_iter().filter(|n| n.status == OrderStatus::Sent);
    let intents: BTreeSet<_> = sent.map(|n| n.intent).collect();
    assert_eq!(intents.len(), 3, "each is an intent of its own");
    desk.books[0].habit = Habit::Executes;
    desk.run(30);
    assert_eq!(opens(&desk), 3);
    desk.signal(Side::Buy);
    desk.run(3);
    assert_eq!(desk.runner.holds(ONE).len(), 1, "its strategy is free again");
}

#[test]
fn a_retry_that_is_taken_is_the_orders_execution() {
    let mut desk = Desk::open(&Plan::of(2));
    desk.books[0].habit = Habit::Rejects;
    desk.signal(Side::Buy);
    desk.books[0].habit = Habit::Executes;
    desk.run(5);
    let fates = desk.fates();
    assert!(fates.iter().all(|f| matches!(f, Fate::Executed { .. })), "{fates:?}");
    assert_eq!((opens(&desk), desk.runner.audit(ONE).len()), (3, 0));
}

#[test]
fn a_refusal_that_does_not_pass_is_not_tried_again() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::RefusesForGood;
    desk.signal(Side::Buy);
    desk.run(10);
    assert_eq!(opens(&desk), 1);
    let mut plan = Plan::of(1);
    plan.settings.retry.most = 0;
    let mut desk = Desk::open(&plan);
    desk.books[0].habit = Habit::Rejects;
    desk.signal(Side::Buy);
    desk.run(10);
    assert_eq!(opens(&desk), 1, "where none are wanted");
}

#[test]
fn a_refused_order_that_was_carried_out_cancels_what_is_queued_in_its_place() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::ExecutesAndRefuses;
    desk.signal(Side::Buy);
    desk.books[0].habit = Habit::Executes;
    desk.run(40);
    assert_eq!((opens(&desk), desk.books[0].positions.len()), (1, 1));
    assert_eq!(desk.runner.holds(ONE).len(), 1, "the position is the order's");
    assert!(matches!(desk.fates()[0], Fate::Executed { .. }), "{:?}", desk.fates());
    assert_eq!(desk.runner.audit(ONE), []);
    assert_eq!(desk.alerts("carried out all the same"), 1);
}

#[test]
fn what_is_queued_is_not_sent_once_its_account_is_stopped() {
    use tickstep_live::runner::{Act, Reach};
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].habit = Habit::Rejects;
    desk.signal(Side::Buy);
    desk.operate(Act::Pause(Reach::All));
    desk.run(40);
    assert_eq!(opens(&desk), 1);
    assert!(matches!(&desk.fates()[0], Fate::Rejected { message } if message.contains("stopped")));
}
