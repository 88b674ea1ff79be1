//! What is durable when, and how often the disk is waited for.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};
use tickstep_journal::Memory;
use tickstep_live::broker::{BracketPrices, Call};
use tickstep_live::driver::Kept;
use tickstep_live::record::ConfigText;
use tickstep_live::runner::{Act, Input, OutsideSignal, Reach, SignalKind};

use crate::desk::{Desk, GOLD, Plan};

/// A runner with a journal, logged in and read back.
fn kept(disk: &Memory, accounts: u16) -> (Kept<Memory>, Nanos) {
    let plan = Plan::of(accounts);
    let desk = Desk::open(&plan);
    let known = desk.runner.snapshot().unwrap();
    let build = |_: &str, _| {
        let mut runner = plan.runner().unwrap();
        runner.restore(&known).unwrap();
        Ok(runner)
    };
    let text = ConfigText::default();
    let (kept, _) = Kept::open(disk.clone(), 0, &text, &build, desk.now).unwrap();
    (kept, desk.now)
}

fn signal(now: Nanos) -> Input {
    Input::Signal(OutsideSignal {
        source: "test".to_owned(),
        key: "1".to_owned(),
        strategy: "signals".to_owned(),
        symbol: GOLD.to_owned(),
        kind: SignalKind::Enter(Side::Buy),
        price: None,
        bracket: BracketPrices::default(),
        hold: None,
        waits: None,
        given: now,
    })
}

#[test]
fn a_decision_waits_for_the_disk_once_however_many_accounts_it_has() {
    let operations = |accounts: u16| {
        let disk = Memory::default();
        let (mut kept, now) = kept(&disk, accounts);
        kept.sync().unwrap();
        let before = disk.operations();
        let effects = kept.step(now, signal(now)).unwrap();
        let write = |call: &Call| matches!(call, Call::Write(..));
        let writes = effects.sends.iter().filter(|s| write(&s.call)).count();
        assert_eq!(writes, usize::from(accounts));
        disk.operations() - before
    };
    assert_eq!(operations(1), operations(50));
}

#[test]
fn an_act_that_was_taken_is_not_lost_by_a_crash() {
    let disk = Memory::default();
    let (mut kept_one, now) = kept(&disk, 1);
    let (id, who, why) = ("1".to_owned(), "tester".to_owned(), "a test".to_owned());
    let act = Act::Kill(Reach::All);
    kept_one.step(now, Input::Operator { id, who, why, act }).unwrap();
    drop(kept_one);
    // Nothing survives that was not made durable.
    disk.crash(|_| 0);
    let build = |_: &str, _| Ok(Plan::of(1).runner().unwrap());
    let (mut again, recovered) = Kept::open(disk, 0, &ConfigText::default(), &build, now).unwrap();
    assert!(recovered.found);
    let effects = again.step(now, signal(now)).unwrap();
    let opens = effects.sends.iter().any(|s| matches!(s.call, Call::Write(..)));
    assert!(!opens && again.runner().holds(AccountId(0)).is_empty());
}
