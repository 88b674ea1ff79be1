//! A crash, or an error, at every single operation on the disk: what was synced is there.

use proptest::prelude::*;
use tickstep_journal::{JournalError, Mishap, Storage, StorageError, verify};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    Append,
    Sync,
    Rotate,
    Remove,
}

/// What a program knows of its journal.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Records that were given to it, whatever it said.
    given: u64,
    /// Records that it said are durable.
    durable: u64,
}

/// Acts until something fails.
fn act(journal: &mut Journal<Memory>, acts: &[Act], known: &mut Known) -> Result<(), JournalError> {
    if journal.file().is_none() {
        known.given += 1;
        let Written { kind, ts, payload } = written(0);
        journal.rotate(kind, ts, &payload)?;
        known.durable = 1;
    }
    for act in acts {
        let Written { kind, ts, payload } = written(known.given);
        match act {
            Act::Append => {
                known.given += 1;
                assert_eq!(journal.append(kind, ts, &payload)?, known.given - 1);
            }
            Act::Sync => {
                journal.sync()?;
                known.durable = known.given;
            }
            Act::Rotate => {
                known.given += 1;
                assert_eq!(journal.rotate(kind, ts, &payload)?, known.given - 1);
                known.durable = known.given;
            }
            Act::Remove => {
                journal.remove_before(journal.file().unwrap().number)?;
            }
        }
    }
    Ok(())
}

/// What is read is a beginning of what was given, with all that was promised.
fn check(disk: &Memory, known: &mut Known, context: &str) {
    let read = read(disk);
    let torn = read.end.unwrap_or_else(|error| panic!("{context}: {error}"));
    let first = read.records.first().map_or(0, |(at, _)| at.number);
    for (number, (place, record)) in (first..).zip(&read.records) {
        assert_eq!(place.number, number, "{context}");
        assert_eq!(*record, written(number), "{context}");
    }
    let next = first + read.records.len() as u64;
    assert!(known.durable <= next, "{context}: {next} records of {} promised", known.durable);
    assert!(next <= known.given, "{context}: {next} records of {} given", known.given);
    assert_eq!(torn, None, "{context}: an opened journal is not torn");
    *known = Known { given: next, durable: next };
}

/// Acts with a mishap at one operation, crashes, opens, goes on. `false` once the
/// operation lies behind the last act.
fn survive(acts: &[Act], at: u64, mishap: Mishap, again: Option<u64>, seed: u64) -> bool {
    let context = format!("{mishap:?} at {at}, again at {again:?}, seed {seed}");
    let disk = Memory::default();
    disk.plan(at, mishap);
    let mut known = Known::default();
    let reached = match Journal::open(disk.clone(), RESERVE) {
        Ok(opened) => {
            let mut journal = opened.journal;
            let acted = act(&mut journal, acts, &mut known);
            if mishap == Mishap::Fail && matches!(acted, Err(JournalError::Broken(_))) {
                let given = journal.next_number();
                assert!(matches!(journal.append(0, Nanos(0), b""), Err(JournalError::Broken(_))));
                assert!(matches!(journal.sync(), Err(JournalError::Broken(_))));
                assert!(matches!(journal.rotate(0, Nanos(0), b""), Err(JournalError::Broken(_))));
                assert_eq!(journal.next_number(), given);
            }
            disk.operations() > at
        }
        Err(_) => true,
    };
    let mut draw = draws(seed);
    let below = |n: u64| match seed {
        0 => 0,
        1 => n - 1,
        _ => draw(n),
    };
    // Without a crash the journal is opened as it reads: what is cached counts.
    if mishap == Mishap::Halt {
        disk.crash(below);
    }
    disk.spare();
    if let Some(again) = again {
        let at = disk.operations() + again;
        disk.plan(at, mishap);
        let opened = Journal::open(disk.clone(), RESERVE);
        if mishap == Mishap::Halt || opened.is_err() {
            disk.crash(draws(seed + 1));
        }
        disk.spare();
    }
    drop(open(&disk));
    check(&disk, &mut known, &context);
    // What was found when opening is promised from there on.
    disk.crash(|_| 0);
    let mut journal = open(&disk);
    check(&disk, &mut known, &context);
    assert_eq!(journal.next_number(), known.given, "{context}");
    act(&mut journal, acts, &mut known).unwrap();
    // What is promised after opening holds in the worst crash, whatever failed before.
    disk.crash(|_| 0);
    drop(open(&disk));
    check(&disk, &mut known, &context);
    verify(&disk).unwrap();
    reached
}

fn some_of_all() -> Vec<Act> {
    use Act::{Append, Remove, Rotate, Sync};
    vec![
        Append, Sync, Append, Append, Append, Sync, Append, Rotate, Append, Append, Sync, Append,
        Sync, Rotate, Append, Remove, Append, Sync, Append, Append, Append, Append,
    ]
}

/// What these acts do on the disk, the making of the reserve included.
const OPERATIONS: usize = 18;

#[test]
fn a_crash_at_every_operation_keeps_what_was_synced() {
    for seed in 0..60 {
        let crashes = (0..).take_while(|at| survive(&some_of_all(), *at, Mishap::Halt, None, seed));
        assert_eq!(crashes.count(), OPERATIONS);
    }
}

#[test]
fn a_crash_while_opening_after_a_crash_loses_no_more() {
    for again in 0..6 {
        for seed in 0..20 {
            let crash = |at: &u64| survive(&some_of_all(), *at, Mishap::Halt, Some(again), seed);
            assert_eq!((0..).take_while(crash).count(), OPERATIONS);
        }
    }
}

/// Among them every sync: what it was about reads well afterwards and is not on the disk.
#[test]
fn an_error_at_every_operation_keeps_what_was_synced() {
    for seed in 0..2 {
        let errors = (0..).take_while(|at| survive(&some_of_all(), *at, Mishap::Fail, None, seed));
        assert_eq!(errors.count(), OPERATIONS);
    }
    for again in 0..6 {
        let error = |at: &u64| survive(&some_of_all(), *at, Mishap::Fail, Some(again), 7);
        assert_eq!((0..).take_while(error).count(), OPERATIONS);
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => Just(Act::Append),
        3 => Just(Act::Sync),
        1 => Just(Act::Rotate),
        1 => Just(Act::Remove),
    ];
    prop::collection::vec(act, 0..40)
}

proptest! {
    #[test]
    fn any_acts_and_any_crash(acts in acts(), at in 0_u64..60, seed in 2_u64.., again in 0_u64..9) {
        survive(&acts, at, Mishap::Halt, Some(again), seed % (u64::MAX - 1));
        survive(&acts, at, Mishap::Fail, None, seed % (u64::MAX - 1));
    }
}

/// How a disk forgets: the bytes of a failed sync, by a sync that succeeds. Opening again
/// writes them once more, or they would be lost with what was promised behind them.
#[test]
fn a_sync_after_a_failed_sync_proves_nothing() {
    let mut disk = Memory::default();
    disk.create("a", b"").unwrap();
    disk.append("a", b"lost").unwrap();
    disk.plan(2, Mishap::Fail);
    assert!(matches!(disk.sync("a"), Err(StorageError::Failed { .. })));
    disk.sync("a").unwrap();
    disk.append("a", b"kept").unwrap();
    disk.sync("a").unwrap();
    assert_eq!(disk.bytes("a").unwrap(), b"lostkept");
    disk.crash(|_| 0);
    assert_eq!(disk.bytes("a").unwrap(), b"\0\0\0\0kept");
}

#[test]
fn one_sync_of_the_disk_for_any_number_of_records() {
    let disk = Memory::default();
    let mut journal = open(&disk);
    rotate(&mut journal, 0);
    let before = disk.operations();
    for number in 1..100 {
        append(&mut journal, number);
    }
    assert_eq!(disk.operations(), before, "appending touches no disk");
    journal.sync().unwrap();
    assert_eq!(disk.operations(), before + 2, "one write, one sync");
    journal.sync().unwrap();
    assert_eq!(disk.operations(), before + 2, "nothing to do");
}
