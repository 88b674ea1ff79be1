//! Operators' acts: each is done once, and each is answered.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Side};
use tickstep_live::broker::{BracketPrices, Write};
use tickstep_live::runner::{
    Act, ActLine, BracketChange, Happening, Input, LevelChange, Reach, SignalKind,
};

use crate::desk::{Desk, Habit, Plan, d};

const ONE: AccountId = AccountId(0);

fn long(accounts: u16) -> Desk {
    let mut desk = Desk::open(&Plan::of(accounts));
    desk.signal(Side::Buy);
    desk.run(5);
    assert!((0..accounts).all(|a| desk.runner.holds(AccountId(a)).len() == 1));
    desk
}

fn closes(desk: &Desk) -> usize {
    desk.writes.iter().filter(|(_, w)| matches!(w, Write::Close { .. })).count()
}

fn part(account: AccountId, position: &str, volume: Option<&str>) -> Act {
    Act::ClosePosition { account, position: position.to_owned(), volume: volume.map(d) }
}

fn refused(lines: &[ActLine]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.refused.as_deref()).collect()
}

/// Every line is a refusal with these words in it.
fn is_refused(lines: &[ActLine], words: &str) {
    let all = refused(lines);
    assert!(!all.is_empty() && all.len() == lines.len(), "{lines:?}");
    assert!(all.iter().all(|why| why.contains(words)), "{all:?}");
}

#[test]
fn a_part_that_is_closed_again_under_its_number_closes_nothing_more() {
    let mut desk = long(1);
    let first = desk.operate_as("part 1", part(ONE, "W1", Some("3")));
    assert_eq!(refused(&first), [""; 0]);
    desk.run(20);
    let again = desk.operate_as("part 1", part(ONE, "W1", Some("3")));
    desk.run(20);
    assert_eq!((closes(&desk), &again), (1, &first), "answered as before");
    desk.operate_as("part 2", part(ONE, "W1", Some("3")));
    desk.run(20);
    assert_eq!(closes(&desk), 2, "another number is another act");
    assert_eq!(desk.runner.holds(ONE)[0].lots, Lots::new(40).unwrap());
    let other = desk.operate_as("part 2", part(ONE, "W1", Some("1")));
    is_refused(&other, "was given to another act before");
    assert_eq!(closes(&desk), 2);
}

#[test]
fn an_act_is_remembered_through_a_restart() {
    let mut desk = long(1);
    desk.operate_as("part 1", part(ONE, "W1", Some("3")));
    desk.run(20);
    let saved = desk.runner.snapshot().unwrap();
    let mut runner = Plan::of(1).runner().unwrap();
    runner.restore(&saved).unwrap();
    let mut later = Desk::around(runner, 1);
    (later.now, later.books) = (desk.now, desk.books);
    later.give(Input::Restarted);
    later.run(5);
    let answer = later.operate_as("part 1", part(ONE, "W1", Some("3")));
    later.run(20);
    assert_eq!((refused(&answer).len(), closes(&later)), (0, 0));
    let again = later.happened.iter().any(|h| matches!(h, Happening::Operated { again: true, .. }));
    assert!(again);
    assert_eq!(later.runner.holds(ONE)[0].lots, Lots::new(70).unwrap());
}

#[test]
fn what_is_not_there_is_refused_by_its_name() {
    let mut desk = long(1);
    let change = BracketChange::from(BracketPrices { stop: Some(d("98")), target: None });
    let (nobody, position) = (AccountId(7), "W1".to_owned());
    is_refused(&desk.operate(part(ONE, "W9", None)), "open are W1");
    is_refused(&desk.operate(part(nobody, "W1", None)), "no account number 7");
    let edit = Act::EditPosition { account: nobody, position, change };
    is_refused(&desk.operate(edit), "no account number 7");
    let edit = Act::EditPosition { account: ONE, position: "W9".to_owned(), change };
    is_refused(&desk.operate(edit), "open are W1");
    let close = Act::Close { reach: Reach::All, symbol: Some("SILVER".to_owned()) };
    is_refused(&desk.operate(close), "no instrument is called SILVER");
    for act in [Act::Pause, Act::Resume, Act::Kill] {
        is_refused(&desk.operate(act(Reach::Account(nobody))), "no account number 7");
    }
    let close = Act::Close { reach: Reach::Account(nobody), symbol: None };
    is_refused(&desk.operate(close), "no account number 7");
    is_refused(
        &desk.operate(Act::Session { account: nobody, wanted: true }),
        "no account number 7",
    );
    assert_eq!(closes(&desk), 0);
}

#[test]
fn a_volume_or_a_level_that_cannot_be_is_refused() {
    let mut desk = long(1);
    for (volume, words) in [
        ("0.05", "whole multiple"),
        ("0", "not above 0"),
        ("-1", ""),
        ("11", "at most 10, which is open"),
    ] {
        is_refused(&desk.operate(part(ONE, "W1", Some(volume))), words);
    }
    for (stop, words) in [("98.005", "stop"), ("100", "at the price"), ("101", "at the price")] {
        let change = BracketPrices { stop: Some(d(stop)), target: None }.into();
        let position = "W1".to_owned();
        is_refused(&desk.operate(Act::EditPosition { account: ONE, position, change }), words);
    }
    desk.run(20);
    assert_eq!((closes(&desk), desk.runner.holds(ONE)[0].lots), (0, Lots::new(100).unwrap()));
}

#[test]
fn a_part_beside_a_close_that_is_on_its_way_is_refused() {
    let mut desk = long(1);
    desk.books[0].habit = Habit::ExecutesSilently;
    let position = "W1".to_owned();
    desk.operate(part(ONE, &position, Some("3")));
    is_refused(&desk.operate(part(ONE, &position, Some("3"))), "another close of it");
    desk.run(60);
    assert_eq!((closes(&desk), desk.runner.holds(ONE)[0].lots), (1, Lots::new(70).unwrap()));
}

#[test]
fn an_act_in_the_middle_of_a_fan_out_reaches_what_it_names() {
    let close = |reach| Act::Close { reach, symbol: Some("XAUUSD".to_owned()) };
    let acts: [(Act, [bool; 2]); 4] = [
        (close(Reach::All), [false, false]),
        (close(Reach::Account(ONE)), [false, true]),
        (Act::Close { reach: Reach::Account(AccountId(1)), symbol: None }, [true, false]),
        (Act::Kill(Reach::All), [false, false]),
    ];
    for (act, open) in acts {
        let mut desk = Desk::open(&Plan::of(2));
        desk.books.iter_mut().for_each(|book| book.habit = Habit::ExecutesSilently);
        desk.signal(Side::Buy);
        let lines = desk.operate(act.clone());
        assert_eq!(refused(&lines), [""; 0], "{act:?}");
        desk.run(90);
        let held = [0, 1].map(|a| !desk.books[a].positions.is_empty());
        assert_eq!(held, open, "{act:?}");
        assert_eq!([0, 1].map(|a| desk.runner.audit(AccountId(a)).len()), [0, 0], "{act:?}");
    }
}

#[test]
fn what_somebody_opened_by_hand_gets_levels_where_it_is_named() {
    let mut desk = long(1);
    let theirs = desk.books[0].positions[0].clone();
    let bare = BracketPrices::default();
    let theirs =
        tickstep_live::broker::VenuePosition { id: "W77".to_owned(), bracket: bare, ..theirs };
    desk.books[0].positions.push(theirs);
    desk.run(70);
    let bracket = BracketPrices { stop: Some(d("98")), target: Some(d("104")) };
    let position = "W77".to_owned();
    let edit = Act::EditPosition { account: ONE, position, change: bracket.into() };
    assert_eq!(refused(&desk.operate(edit)), [""; 0]);
    desk.run(10);
    assert_eq!(desk.books[0].positions[1].bracket, bracket);
    let off = Act::EditPosition {
        account: ONE,
        position: "W77".to_owned(),
        change: BracketPrices { stop: Some(d("98.001")), target: None }.into(),
    };
    is_refused(&desk.operate(off), "the broker's tick");
    is_refused(&desk.operate(part(ONE, "W77", Some("0.07"))), "the broker's step");
}

#[test]
fn a_signal_by_hand_goes_to_the_accounts_that_are_meant() {
    let mut desk = Desk::open(&Plan::of(2));
    let signal = Box::new(desk.outside(SignalKind::Enter(Side::Buy)));
    let (reach, wrong) = (Reach::Account(AccountId(1)), Reach::Account(AccountId(9)));
    let act = |reach| Act::Signal { reach, signal: signal.clone() };
    is_refused(&desk.operate(act(wrong)), "no");
    for _ in 0..2 {
        let lines = desk.operate_as("one", act(reach));
        assert_eq!((lines.len(), refused(&lines).len()), (1, 0), "{lines:?}");
        desk.run(5);
    }
    let opened: Vec<AccountId> = desk.writes.iter().map(|(account, _)| *account).collect();
    assert_eq!(opened, [AccountId(1)]);
    is_refused(&desk.operate(act(reach)), "taken already");
}

#[test]
fn a_level_that_is_not_named_stays_as_it_is() {
    let mut desk = long(1);
    let shown = |desk: &Desk| desk.books[0].positions[0].bracket;
    let had = shown(&desk);
    assert!(had.stop.is_some() && had.target.is_some(), "{had:?}");
    let (keep, remove) = (LevelChange::Keep, LevelChange::Remove);
    let to = |price: &str| LevelChange::Set(d(price));
    for (stop, target, wanted) in [
        (to("98"), keep, (Some(d("98")), had.target)),
        (keep, keep, (Some(d("98")), had.target)),
        (keep, remove, (Some(d("98")), None)),
        (keep, to("103"), (Some(d("98")), Some(d("103")))),
        (remove, keep, (None, Some(d("103")))),
    ] {
        let change = BracketChange { stop, target };
        let position = "W1".to_owned();
        let lines = desk.operate(Act::EditPosition { account: ONE, position, change });
        assert_eq!(refused(&lines), [""; 0]);
        desk.run(10);
        let BracketPrices { stop, target } = shown(&desk);
        assert_eq!((stop, target), wanted);
    }
    let noted = desk.happened.iter().rev().find_map(|h| match h {
        Happening::Operated { old, new, .. } => Some((old.clone()?, new.clone()?)),
        _ => None,
    });
    let noted = noted.unwrap();
    assert_eq!((&*noted.0, &*noted.1), ("stop 98, target 103", "stop none, target 103"));
}
