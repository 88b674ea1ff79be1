//! Nothing is opened until ledger and broker agree, where that is wanted.

use tickstep_core::session::AccountId;
use tickstep_core::units::Side;
use tickstep_live::runner::{Act, Fate, Input, Settings, Skip, Unsent};

use crate::desk::{Desk, Plan};

fn plan() -> Plan {
    let settings = Settings { validate_state: true, ..Settings::default() };
    Plan { settings, ..Plan::of(3) }
}

/// A desk of three accounts before any is logged in.
fn desk() -> Desk {
    Desk::around(plan().runner().unwrap(), 3)
}

fn awaited(desk: &Desk) -> Vec<String> {
    desk.runner.report_all().awaited
}

fn waits_for(names: &str) -> Fate {
    Fate::Skipped(Skip::Check(Unsent::Awaited(names.to_owned())))
}

#[test]
fn an_account_that_is_not_read_back_holds_all() {
    let mut desk = desk();
    desk.books[1].mute = true;
    desk.run(5);
    assert_eq!(awaited(&desk), ["account 1"]);
    desk.signal(Side::Buy);
    let fates = desk.fates();
    assert_eq!((&fates[0], &fates[2]), (&waits_for("account 1"), &waits_for("account 1")));
    assert!(desk.writes.is_empty());
    desk.books[1].mute = false;
    desk.run(60);
    assert_eq!(awaited(&desk), Vec::<String>::new());
    assert_eq!(desk.alerts("agree on every account: entries may begin"), 1);
    desk.signal(Side::Buy);
    assert!(desk.books.iter().all(|book| book.positions.len() == 1));
    // From then on what is unknown of one holds that one alone.
    desk.books[1].mute = true;
    desk.give(Input::Restarted);
    desk.run(5);
    assert_eq!(awaited(&desk), ["account 1"], "each start begins anew");
}

#[test]
fn one_that_is_switched_off_or_cannot_log_in_holds_nobody_for_good() {
    let mut desk = desk();
    desk.books[0].stranger = true;
    desk.books[1].mute = true;
    desk.run(5);
    assert_eq!(awaited(&desk), ["account 1"]);
    desk.operate(Act::Session { account: AccountId(1), wanted: false });
    assert_eq!(awaited(&desk), Vec::<String>::new());
    let aside = "agree on every account, account 0, account 1 aside, which are not logged in";
    assert_eq!(desk.alerts(aside), 1);
    desk.signal(Side::Buy);
    assert_eq!(desk.books[2].positions.len(), 1);
    assert!(desk.books[0].positions.is_empty() && desk.books[1].positions.is_empty());
}
