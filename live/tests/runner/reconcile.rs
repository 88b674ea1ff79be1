//! Ledger and broker: what is found, said once, and held against new risk.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{BracketPrices, Fault, Read, Write};
use tickstep_live::runner::{Act, Fate, Happening, Intervals, Reach, Skip, Unsent};

use crate::book::Habit;
use crate::desk::{Desk, Plan, d};

const ONE: AccountId = AccountId(0);

fn opens(desk: &Desk) -> usize {
    desk.writes.iter().filter(|(_, w)| matches!(w, Write::Open { .. })).count()
}

#[test]
fn a_lost_reply_is_found_by_reading_back_and_sent_once() {
    let mut desk = Desk::open(&Plan::of(2));
    desk.books[0].habit = Habit::ExecutesSilently;
    desk.signal(Side::Buy);
    desk.run(40);
    assert_eq!(opens(&desk), 2, "one for each account");
    let fates = desk.fates();
    assert!(fates.iter().all(|f| matches!(f, Fate::Executed { .. })), "{fates:?}");
    assert_eq!(desk.alerts("is not known"), 1);
    assert_eq!((desk.runner.audit(ONE), desk.runner.audit(AccountId(1))), (vec![], vec![]));
}

#[test]
fn the_result_lists_every_account() {
    let mut desk = Desk::open(&Plan::of(3));
    desk.books[1].habit = Habit::Rejects;
    desk.operate(Act::Session { account: AccountId(2), wanted: false });
    desk.signal(Side::Buy);
    desk.run(15);
    let result = desk.happened.iter().rev().find_map(|h| match h {
        Happening::Result(result) => Some(result),
        _ => None,
    });
    let result = result.unwrap();
    assert_eq!((result.executed, result.failed, result.skipped), (1, 1, 1));
    assert_eq!(result.volume, d("10"));
    assert!(result.took >= Nanos(0) && result.took < Nanos::SECOND.times(15));
    assert!(
        matches!(&result.accounts[0].fate, Fate::Executed { quantity, .. } if *quantity == d("10"))
    );
    let refused = Fate::Rejected { message: "off quotes".to_owned() };
    assert_eq!(result.accounts[1].fate, refused);
    assert_eq!(result.accounts[2].fate, Fate::Skipped(Skip::Check(Unsent::NoSession)));
}

#[test]
fn what_is_gone_is_not_asked_for_again_until_its_turn() {
    for (fault, times) in [(Fault::Gone, 1), (Fault::Server(503), 3)] {
        let mut desk = Desk::open(&Plan::of(1));
        let terms = Intervals::default().terms;
        desk.run(terms.0 / Nanos::SECOND.0 - 10);
        (desk.fault, desk.asked) = (Some(fault.clone()), Vec::new());
        let asked =
            |desk: &Desk| desk.asked.iter().filter(|(_, r)| *r == Read::Instruments).count();
        desk.run(40);
        assert_eq!(asked(&desk), times, "{fault}");
        desk.run(terms.0 / Nanos::SECOND.0);
        assert_eq!(asked(&desk), times + 1, "{fault}: in everybody's turn");
    }
}

#[test]
fn a_difference_is_said_once_with_both_values_and_takes_no_new_risk() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.run(5);
    desk.books[0].positions[0].volume = d("12");
    desk.run(200);
    assert_eq!(desk.alerts("a volume of 12, more than the 10"), 1);
    let audit = desk.runner.audit(ONE);
    let words: Vec<String> = audit.iter().map(ToString::to_string).collect();
    let wanted = "position W1 of XAUUSD: long 10 here, long 12 at the broker";
    assert!(words.iter().any(|w| w == wanted), "{words:?}");
    desk.books[0].positions[0].volume = d("10");
    desk.run(40);
    desk.operate(Act::Resume(Reach::All));
    assert_eq!(desk.runner.audit(ONE), [], "a person has looked");
}

#[test]
fn an_audit_asks_the_broker_anew() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.run(5);
    desk.books[0].positions.clear();
    desk.operate(Act::Pause(Reach::All));
    assert_eq!(desk.runner.audit(ONE), [], "the last lists say nothing of it");
    let asked = desk.now;
    desk.operate(Act::ReadBack(Reach::All));
    assert!(!desk.runner.audit(ONE).is_empty());
    let report = desk.runner.report_all();
    assert!(report.accounts[0].lists_from >= Some(asked), "{:?}", report.accounts[0]);
}

#[test]
fn a_position_that_turns_over_at_the_broker_stops_the_account() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.run(5);
    desk.books[0].positions[0].side = Side::Sell;
    desk.run(70);
    assert_eq!(desk.alerts("where it was opened on the other side"), 1);
    assert!(!desk.runner.audit(ONE).is_empty());
}

#[test]
fn a_bracket_that_was_lost_is_put_back() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.run(5);
    let bracket = desk.books[0].positions[0].bracket;
    for _ in 0..2 {
        desk.books[0].positions[0].bracket = BracketPrices::default();
        desk.run(35);
        assert_eq!(desk.books[0].positions[0].bracket, bracket);
    }
}

#[test]
fn a_stop_at_the_broker_is_booked_at_its_price() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.signal(Side::Buy);
    desk.run(5);
    let now = desk.now;
    desk.books[0].close(now, d("98.97"), "W1", d("10"));
    desk.run(70);
    let ledger = desk.runner.accounts()[0].engine().ledger();
    assert_eq!(ledger.cash(), d("99989.70"));
    assert!(ledger.is_flat() && desk.runner.audit(ONE).is_empty());
    let stopped = |h: &&Happening| matches!(h, Happening::Traded { trade, .. } if trade.exit == tickstep_core::order::ExitReason::Stop);
    assert_eq!(desk.happened.iter().filter(stopped).count(), 1);
}

#[test]
fn nothing_is_entered_until_ledger_and_broker_agree_where_that_is_wanted() {
    let mut plan = Plan::of(1);
    plan.settings.validate_state = true;
    let mut desk = Desk::around(plan.runner().unwrap(), 1);
    desk.run(5);
    desk.signal(Side::Buy);
    assert_eq!(opens(&desk), 1, "they agree");
    desk.run(5);
    desk.books[0].positions[0].volume = d("12");
    desk.run(70);
    desk.operate(Act::Close { reach: Reach::All, symbol: None });
    desk.run(1);
    desk.signal(Side::Sell);
    assert_eq!(opens(&desk), 1, "they do not");
}

#[test]
fn money_that_was_paid_in_is_no_profit_and_no_difference() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.books[0].balance += d("5000");
    desk.run(70);
    let ledger = desk.runner.accounts()[0].engine().ledger();
    assert_eq!(ledger.cash(), d("105000"));
    assert_eq!(desk.runner.audit(ONE), []);
}
