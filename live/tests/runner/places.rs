//! A snapshot that is taken up by a configuration with everything in another order.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{BracketPrices, PendingKind};
use tickstep_live::runner::{Act, Happening, Reach, SignalKind, WaitsFor};

use crate::desk::{Desk, Plan, d};

fn only(account: u16) -> Reach {
    Reach::Account(AccountId(account))
}

/// A position on the first account, an order that waits on the second, a pause of the third.
fn set_up(plan: &Plan) -> Desk {
    let mut desk = Desk::open(plan);
    let signal = Box::new(desk.wanted(Side::Buy));
    desk.operate_as("enter", Act::Signal { reach: only(0), signal });
    let mut signal = desk.outside(SignalKind::Enter(Side::Buy));
    signal.waits = Some(WaitsFor { kind: PendingKind::Limit, price: d("99") });
    signal.bracket = BracketPrices { stop: Some(d("98")), target: Some(d("101")) };
    desk.operate_as("wait", Act::Signal { reach: only(1), signal: Box::new(signal) });
    desk.operate_as("stop", Act::Pause(only(2)));
    desk.run(5);
    desk
}

fn held(desk: &Desk) -> [usize; 4] {
    [0, 1, 2, 3].map(|account| desk.runner.holds(AccountId(account)).len())
}

fn waiting(desk: &Desk) -> [usize; 4] {
    [0, 1, 2, 3].map(|account| desk.runner.resting_orders(AccountId(account)).len())
}

#[test]
fn accounts_and_hosts_are_found_again_by_their_names_in_another_order() {
    let mut plan = Plan { hosts: &["desk", "other"], ..Plan::of(4) };
    let mut desk = set_up(&plan);
    assert_eq!((held(&desk), waiting(&desk)), ([1, 0, 0, 0], [0, 1, 0, 0]));
    plan.turned = true;
    desk.books.reverse();
    desk.writes.clear();
    desk.restart(&plan, Nanos::SECOND);
    desk.run(90);
    assert_eq!((held(&desk), waiting(&desk)), ([0, 0, 0, 1], [0, 0, 1, 0]));
    assert_eq!(desk.writes, [], "everything is as it should be");
    for account in (0..4).map(AccountId) {
        let (audit, unsettled) = (desk.runner.audit(account), desk.runner.unsettled(account));
        assert!(audit.is_empty() && unsettled.is_empty(), "{audit:?} {unsettled:?}");
    }
    // An act is known by what its account is called, too.
    desk.happened.clear();
    let lines = desk.operate_as("stop", Act::Pause(only(1)));
    assert!(lines.iter().all(|line| line.refused.is_none()), "{lines:?}");
    let again = |h: &Happening| matches!(h, Happening::Operated { again: true, .. });
    assert!(desk.happened.iter().any(again));
    let lines = desk.operate_as("stop", Act::Pause(only(2)));
    assert!(lines.iter().all(|line| line.refused.is_some()), "it was another account: {lines:?}");
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(held(&desk), [1, 0, 0, 1], "the third of before is still stopped");
}
