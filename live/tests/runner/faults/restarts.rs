//! What a program that was started again still knows, and does not do by itself.

use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::runner::{Happening, Input};

use crate::desk::{Desk, GOLD, Plan, long};

const ONE: AccountId = AccountId(0);

/// After a stop longer than some minutes positions were taken for somebody's own.
#[test]
fn after_hours_of_downtime_a_position_is_still_its_strategys() {
    let plan = Plan::of(1);
    let mut desk = long(&plan);
    desk.restart(&plan, Nanos::HOUR.times(31));
    desk.run(60);
    let status = desk.runner.report_all();
    let [position] = &status.accounts[0].positions[..] else { panic!("{status:?}") };
    assert_eq!((position.strategy.as_str(), position.symbol.as_str()), ("signals", GOLD));
    assert_eq!(position.at_broker, ["W1"]);
    assert_eq!(
        (desk.alerts("was not opened by this program"), desk.runner.audit(ONE)),
        (0, vec![])
    );
    desk.signal(Side::Sell);
    desk.run(10);
    assert_eq!(desk.books[0].positions.len(), 1, "its strategy reverses it");
    assert_eq!(desk.books[0].positions[0].side, Side::Sell);
}

/// Nobody answered a question at the start, and everything was closed.
#[test]
fn a_start_closes_nothing_by_itself() {
    let plan = Plan::of(2);
    let mut desk = long(&plan);
    let before = desk.writes.len();
    for _ in 0..3 {
        desk.restart(&plan, Nanos::MINUTE.times(7));
        desk.run(400);
    }
    assert_eq!(desk.writes.len(), before);
    assert_eq!(desk.runner.holds(ONE).len(), 1);
}

/// The longest hold was counted from the last start.
#[test]
fn a_hold_counts_from_the_fill_whatever_the_start() {
    let plan = Plan::of(1);
    let mut desk = Desk::open(&plan);
    let mut signal = desk.wanted(Side::Buy);
    signal.hold = Some(Nanos::MINUTE.times(10));
    desk.give(Input::Signal(signal));
    desk.run(5);
    desk.restart(&plan, Nanos::MINUTE.times(5));
    desk.run(240);
    assert_eq!(desk.runner.holds(ONE).len(), 1, "nine minutes and some");
    desk.run(120);
    assert_eq!(desk.runner.holds(ONE), []);
    let timed = |h: &&Happening| matches!(h, Happening::Traded { trade, .. } if trade.exit == ExitReason::Time);
    assert_eq!(desk.happened.iter().filter(timed).count(), 1);
    // One that was due while nothing ran is left at the start.
    let mut desk = Desk::open(&plan);
    let mut signal = desk.wanted(Side::Buy);
    signal.hold = Some(Nanos::MINUTE.times(10));
    desk.give(Input::Signal(signal));
    desk.run(5);
    desk.restart(&plan, Nanos::HOUR.times(2));
    desk.run(10);
    assert!(desk.books[0].positions.is_empty());
}
