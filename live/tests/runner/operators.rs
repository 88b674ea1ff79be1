//! What operators do, and that doing it again does no more.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Side};
use tickstep_live::broker::{BracketPrices, Write};
use tickstep_live::runner::{Act, Fate, Happening, Input, Reach, Skip, Unsent};

use crate::book::Habit;
use crate::desk::{Desk, Plan, d, long};

const ONE: AccountId = AccountId(0);

fn closes(desk: &Desk) -> Vec<(String, String, bool)> {
    let close = |(_, write): &(AccountId, Write)| match write {
        Write::Close { position, volume, whole, .. } => {
            Some((position.clone(), volume.to_string(), *whole))
        }
        _ => None,
    };
    desk.writes.iter().filter_map(close).collect()
}

#[test]
fn a_part_that_is_closed_leaves_the_rest() {
    let mut desk = long(&Plan::of(1));
    let (position, volume) = ("W1".to_owned(), Some(d("4")));
    desk.operate(Act::ClosePosition { account: ONE, position, volume });
    desk.run(90);
    assert_eq!(closes(&desk), [("W1".to_owned(), "4".to_owned(), false)]);
    assert_eq!(desk.runner.holds(ONE)[0].lots, Lots::new(60).unwrap());
    assert_eq!(desk.runner.audit(ONE), []);
    desk.operate(Act::ClosePosition { account: ONE, position: "W1".to_owned(), volume: None });
    desk.run(5);
    assert_eq!(closes(&desk)[1], ("W1".to_owned(), "6".to_owned(), true));
    assert!(desk.runner.holds(ONE).is_empty() && desk.runner.audit(ONE).is_empty());
}

#[test]
fn closing_everything_twice_closes_it_once() {
    let mut desk = long(&Plan::of(1));
    desk.books[0].habit = Habit::ExecutesSilently;
    for _ in 0..3 {
        desk.operate(Act::Close { reach: Reach::All, symbol: None });
    }
    desk.run(40);
    assert_eq!(closes(&desk).len(), 1);
    assert!(desk.runner.holds(ONE).is_empty());
}

#[test]
fn several_acts_are_one_batch() {
    let mut desk = long(&Plan::of(1));
    let bracket = BracketPrices { stop: Some(d("98")), target: Some(d("103")) };
    let position = "W1".to_owned();
    desk.operate(Act::Batch(vec![
        Act::Pause(Reach::All),
        Act::EditPosition { account: ONE, position, change: bracket.into() },
    ]));
    desk.run(5);
    assert_eq!(desk.books[0].positions[0].bracket, bracket);
    desk.signal(Side::Sell);
    desk.run(5);
    assert!(!desk.writes.iter().any(|(_, w)| matches!(w, Write::Open { side: Side::Sell, .. })));
    let operated = |h: &&Happening| matches!(h, Happening::Operated { .. });
    assert_eq!(desk.happened.iter().filter(operated).count(), 1);
}

#[test]
fn a_kill_reaches_accounts_that_join_later_and_survives_a_restart() {
    let mut desk = Desk::open(&Plan::of(1));
    desk.operate(Act::Kill(Reach::All));
    let saved = desk.runner.snapshot().unwrap();
    let mut runner = Plan::of(2).runner().unwrap();
    runner.restore(&saved).unwrap();
    let mut later = Desk::around(runner, 2);
    later.now = desk.now;
    later.give(Input::Restarted);
    later.run(5);
    later.signal(Side::Buy);
    later.run(5);
    assert_eq!(later.writes, []);
    later.operate(Act::Pause(Reach::All));
    later.operate(Act::Resume(Reach::All));
    later.signal(Side::Buy);
    assert_eq!(later.writes.len(), 2, "resumed, both trade");
}

#[test]
fn an_account_that_is_logged_out_is_left_out_while_the_other_goes_on() {
    let mut desk = Desk::open(&Plan::of(2));
    desk.operate(Act::Session { account: ONE, wanted: false });
    desk.signal(Side::Buy);
    desk.run(5);
    let fates = desk.fates();
    assert_eq!(fates[0], Fate::Skipped(Skip::Check(Unsent::NoSession)));
    assert!(matches!(fates[1], Fate::Executed { .. }), "{fates:?}");
    desk.operate(Act::Session { account: ONE, wanted: true });
    desk.run(5);
    assert_eq!(desk.runner.audit(ONE), []);
}

#[test]
fn what_somebody_opened_by_hand_is_closed_only_by_its_name() {
    let mut desk = long(&Plan::of(1));
    let mut theirs = desk.books[0].positions[0].clone();
    theirs.id = "W77".to_owned();
    theirs.volume = d("25");
    desk.books[0].positions.push(theirs);
    desk.run(70);
    assert_eq!(desk.alerts("W77"), 1, "said once");
    assert_eq!(desk.runner.audit(ONE), [], "no difference");
    desk.operate(Act::Close { reach: Reach::All, symbol: None });
    desk.run(20);
    assert_eq!(closes(&desk), [("W1".to_owned(), "10".to_owned(), true)]);
    for _ in 0..2 {
        let (position, volume) = ("W77".to_owned(), None);
        desk.operate(Act::ClosePosition { account: ONE, position, volume });
        desk.run(40);
    }
    assert_eq!(closes(&desk)[1..], [("W77".to_owned(), "25".to_owned(), true)]);
}
