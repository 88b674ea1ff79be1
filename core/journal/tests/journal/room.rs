//! A disk that fills: the reserve, then nothing, then room again.

use tickstep_journal::{JournalError, Room, verify};

use super::*;

/// Bytes of a record of `sized`.
const SIZE: u64 = 57 + 7;

fn sized(journal: &mut Journal<Memory>) -> Result<u64, JournalError> {
    journal.append(1, Nanos(1), &[9; 7])?;
    journal.sync()?;
    Ok(journal.next_number())
}

/// A journal with a reserve for four records, on a disk with room for two more.
fn nearly_full() -> (Memory, Journal<Memory>) {
    let disk = Memory::default();
    let mut journal = open(&disk);
    journal.rotate(0, Nanos(0), b"begin").unwrap();
    disk.set_capacity(Some(RESERVE + journal.file().unwrap().len + 2 * SIZE));
    (disk, journal)
}

#[test]
fn the_reserve_keeps_records_durable_when_the_disk_is_full() {
    let (disk, mut journal) = nearly_full();
    let mut rooms = Vec::new();
    while sized(&mut journal).is_ok() {
        rooms.push(journal.room());
    }
    let expected = [vec![Room::Plenty; 2], vec![Room::Reserve; (RESERVE / SIZE) as usize]];
    assert_eq!(rooms, expected.concat());
    assert_eq!(journal.room(), Room::None);
    disk.crash(|_| 0);
    assert_eq!(verify(&disk).unwrap().next, 1 + rooms.len() as u64);
}

#[test]
fn what_found_no_room_waits_for_it_and_nothing_more_is_taken() {
    let (disk, mut journal) = nearly_full();
    while sized(&mut journal).is_ok() {}
    let (next, waiting) = (journal.next_number(), journal.waiting());
    assert_eq!(waiting as u64, SIZE);
    let error = journal.append(2, Nanos(2), b"more").unwrap_err();
    assert!(matches!(error, JournalError::NoRoom(_)));
    assert!(error.to_string().starts_with("no room is left for the journal"), "{error}");
    assert!(matches!(journal.sync(), Err(JournalError::NoRoom(_))));
    assert_eq!((journal.next_number(), journal.waiting()), (next, waiting));

    // Somebody frees a little: it goes on, and there is no reserve yet.
    disk.set_capacity(Some(RESERVE + 92 + 54 + 5 * SIZE));
    journal.sync().unwrap();
    assert_eq!((journal.room(), journal.waiting()), (Room::Reserve, 0));
    assert_eq!(journal.refill().unwrap(), Room::Reserve);
    // And more: the reserve is made again.
    disk.set_capacity(Some(2 * RESERVE + 92 + 54 + 5 * SIZE));
    assert_eq!(journal.refill().unwrap(), Room::Plenty);
    assert_eq!(verify(&disk).unwrap().next, next);
    assert_eq!(verify(&disk).unwrap().head, journal.head());
}

#[test]
fn a_snapshot_does_not_eat_the_reserve() {
    let (disk, mut journal) = nearly_full();
    let file = journal.file().cloned();
    assert!(matches!(journal.rotate(0, Nanos(1), &[0; 200]), Err(JournalError::NoRoom(_))));
    assert_eq!((journal.room(), journal.file()), (Room::Plenty, file.as_ref()));
    sized(&mut journal).unwrap();
    assert_eq!(verify(&disk).unwrap().next, 2);
}

#[test]
fn a_rotation_makes_the_reserve_again() {
    let (disk, mut journal) = nearly_full();
    for _ in 0..3 {
        sized(&mut journal).unwrap();
    }
    assert_eq!(journal.room(), Room::Reserve);
    disk.set_capacity(None);
    journal.rotate(0, Nanos(1), b"again").unwrap();
    assert_eq!(journal.room(), Room::Plenty);
    assert_eq!(disk.bytes("reserve").unwrap().len() as u64, RESERVE);
}

#[test]
fn a_journal_opened_on_a_full_disk_says_so_and_goes_on() {
    let (disk, mut journal) = nearly_full();
    for _ in 0..4 {
        sized(&mut journal).unwrap();
    }
    drop(journal);
    let mut journal = open(&disk);
    assert_eq!(journal.room(), Room::Reserve);
    sized(&mut journal).unwrap();
    assert_eq!(verify(&disk).unwrap().next, 6);
}

#[test]
fn a_reserve_of_another_size_is_made_anew() {
    let (disk, journal) = nearly_full();
    drop(journal);
    disk.set_capacity(None);
    let journal = Journal::open(disk.clone(), 1000).unwrap().journal;
    assert_eq!(journal.room(), Room::Plenty);
    let reserve = disk.bytes("reserve").unwrap();
    assert_eq!(reserve.len(), 1000);
    // A file system that stores runs of one byte as nothing must find none.
    assert!(reserve.windows(4).all(|w| w.iter().any(|byte| byte != &w[0])));
}

#[test]
fn without_a_reserve_a_full_disk_is_full_at_once() {
    let disk = Memory::default();
    let mut journal = Journal::open(disk.clone(), 0).unwrap().journal;
    journal.rotate(0, Nanos(0), b"begin").unwrap();
    disk.set_capacity(Some(journal.file().unwrap().len));
    assert!(matches!(sized(&mut journal), Err(JournalError::NoRoom(_))));
    assert_eq!(journal.room(), Room::None);
}
