//! What is durable when, and how often the disk is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use tickstep_journal::{Folder, Memory, ReadFolder, Reader, Source, files};
use tickstep_live::broker::{BracketPrices, Call};
use tickstep_live::clock::Clock;
use tickstep_live::driver::production::{Happened, Pace, Production, Rotation, Watcher};
use tickstep_live::driver::{Kept, Recovered, Removed, Stepped, replay};
use tickstep_live::record::ConfigText;
use tickstep_live::runner::{Act, Happening, Input, OutsideSignal, Reach, Runner, SignalKind};

use crate::desk::{Desk, GOLD, Plan, START};

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

fn numbers(source: &impl Source) -> Vec<u64> {
    files(source).unwrap().iter().map(|file| file.number).collect()
}

#[test]
fn old_files_go_when_nobody_needs_their_records_and_the_rest_is_enough_to_go_on() {
    let disk = Memory::default();
    let (mut kept, mut now) = kept(&disk, 1);
    for _ in 0..5 {
        now = now + Nanos::SECOND;
        kept.step(now, Input::Wake).unwrap();
        assert!(kept.rotate(now).unwrap());
    }
    let all = numbers(&disk);
    assert_eq!(all.len(), 6);
    assert_eq!(kept.remove_all_but(2, Some(1)).unwrap(), Removed { files: 0, held: 4 });
    assert_eq!(numbers(&disk), all);
    let mut third = Reader::from_file(disk.copy(), all[2]).unwrap();
    let third = third.next().unwrap().unwrap().number;
    let removed = kept.remove_all_but(2, Some(third)).unwrap();
    assert_eq!((removed, numbers(&disk)), (Removed { files: 2, held: 2 }, all[2..].to_vec()));
    let removed = kept.remove_all_but(2, Some(third + 100)).unwrap();
    assert_eq!((removed, numbers(&disk)), (Removed { files: 2, held: 0 }, all[4..].to_vec()));
    assert_eq!(kept.remove_all_but(2, None).unwrap(), Removed { files: 0, held: 0 });
    let known = kept.runner().snapshot();
    kept.sync().unwrap();
    drop(kept);
    let build = |_: &str, _| Ok(Plan::of(1).runner().unwrap());
    replay(Reader::oldest(disk.copy()).unwrap(), &build, &mut Recovered::default()).unwrap();
    let (again, _) = Kept::open(disk, 0, &ConfigText::default(), &build, now).unwrap();
    assert_eq!(again.runner().snapshot(), known);
}

/// A database that has yet to read the journal from this record on.
struct Behind(Arc<AtomicU64>);

impl Watcher for Behind {
    fn happened(&mut self, _: &Arc<Happened>) {}

    fn stepped(&mut self, _: &[Stepped], _: &[Happening], _: &Runner) {}

    fn durable(&mut self, _: u64) {}

    fn needs(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn a_driver_keeps_so_many_files_and_those_that_a_database_has_not_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let build = |_: &str, _| Ok(Plan::of(1).runner().unwrap());
    let storage = Folder::open(folder.path()).unwrap();
    let text = ConfigText::default();
    let (kept, _) = Kept::open(storage, 1 << 16, &text, &build, START).unwrap();
    let needs = Arc::new(AtomicU64::new(0));
    let production = Production {
        kept,
        pace: Pace::Clock(Clock::recorded(START, 1)),
        brokers: vec![None],
        timeout: Nanos::SECOND,
        // Each step begins a file.
        rotation: Rotation { bytes: 1, every: Nanos::DAY, keep: Some(2) },
        restarted: false,
        watcher: Some(Box::new(Behind(Arc::clone(&needs)))),
    };
    let running = production.start().unwrap();
    for _ in 0..5 {
        running.control.give(Input::Wake).await.unwrap();
    }
    let source = ReadFolder::new(folder.path());
    let held = numbers(&source);
    assert!(held.len() >= 6 && held[0] == 1, "{held:?}");
    needs.store(u64::MAX, Ordering::SeqCst);
    running.control.stop(std::time::Duration::ZERO);
    running.control.ended().await;
    assert_eq!(numbers(&source).len(), 2);
}
