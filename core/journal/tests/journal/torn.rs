//! A torn end is cut off at the last whole record, and nothing else is.

use proptest::prelude::*;
use tickstep_journal::{Fault, verify};

use super::*;

const LAST: &str = "0000000002.journal";

#[test]
fn cut_at_every_byte_the_longest_prefix_is_left() {
    let (disk, _) = two_files();
    let bytes = disk.bytes(LAST).unwrap();
    let records = read(&disk).records;
    let mut ends: Vec<u64> = records.iter().skip(8).map(|(at, _)| at.offset).collect();
    ends.push(bytes.len() as u64);
    for cut in 0..=bytes.len() {
        let disk = disk.copy();
        disk.put(LAST, bytes[..cut].to_vec());
        let whole = ends.iter().filter(|end| **end <= cut as u64).count();
        let got = read(&disk);
        assert_eq!(got.records, records[..7 + whole], "cut at {cut}");
        if whole == 0 {
            // A file comes into being with its snapshot, so this is no crash.
            assert!(matches!(got.end, Err(ReadError::Damaged(_))), "cut at {cut}");
            assert!(Journal::open(disk, RESERVE).is_err(), "cut at {cut}");
            continue;
        }
        let opened = Journal::open(disk.clone(), RESERVE).unwrap();
        assert_eq!(opened.torn, got.end.unwrap(), "cut at {cut}");
        let dropped = opened.torn.as_ref().map_or(0, |torn| torn.bytes);
        assert_eq!(dropped, cut as u64 - ends[whole - 1]);
        let mut journal = opened.journal;
        assert_eq!(append(&mut journal, 99), 7 + whole as u64);
        journal.sync().unwrap();
        let mended = read(&disk);
        assert!(matches!(mended.end, Ok(None)), "cut at {cut}");
        assert_eq!(mended.records.last().unwrap().1, written(99));
        assert_eq!(mended.records[..7 + whole], records[..7 + whole]);
    }
}

#[test]
fn a_file_before_the_last_is_never_torn() {
    let (disk, _) = two_files();
    let first = "0000000001.journal";
    let bytes = disk.bytes(first).unwrap();
    for cut in 0..bytes.len() {
        let disk = disk.copy();
        disk.put(first, bytes[..cut].to_vec());
        assert!(matches!(verify(&disk), Err(ReadError::Damaged(_))), "cut at {cut}");
    }
}

/// Pages reach a disk in any order: of a batch the front may be lost and the rest be there.
#[test]
fn a_batch_that_lost_its_front_is_torn_where_it_begins() {
    let (disk, batches) = two_files();
    let last = *batches.last().unwrap();
    let at = read(&disk).records[last as usize].0.offset as usize;
    let mut bytes = disk.bytes(LAST).unwrap();
    bytes[at..at + 30].fill(0);
    disk.put(LAST, bytes);
    let opened = Journal::open(disk, RESERVE).unwrap();
    let torn = opened.torn.unwrap();
    assert_eq!((torn.record, torn.fault), (last, Fault::Head));
    assert_eq!(opened.journal.next_number(), last);
}

/// The same in a batch that another was synced behind is damage, and nothing is cut.
#[test]
fn a_durable_batch_is_not_cut_for_its_damage() {
    let (disk, batches) = two_files();
    let at = read(&disk).records[batches[6] as usize].0.offset as usize;
    for hurt in [0..1, 0..60, 12..40, 17..18] {
        let disk = disk.copy();
        let mut bytes = disk.bytes(LAST).unwrap();
        bytes[at..][hurt].iter_mut().for_each(|byte| *byte ^= 0x55);
        disk.put(LAST, bytes.clone());
        let Err(ReadError::Damaged(damage)) = Journal::open(disk.clone(), RESERVE) else {
            panic!()
        };
        assert_eq!((damage.record, damage.offset), (batches[6], at as u64));
        assert_eq!(disk.bytes(LAST).unwrap(), bytes, "opening left it alone");
    }
}

/// A record that lost all of itself, its hash too, is known to have been durable by the head
/// of the one behind it alone.
#[test]
fn a_durable_record_that_is_gone_to_zeros_is_damage() {
    let (disk, batches) = two_files();
    let records = read(&disk).records;
    let bytes = disk.bytes(LAST).unwrap();
    for number in 8..13 {
        let (from, to) = (records[number].0.offset as usize, records[number + 1].0.offset as usize);
        let mut bytes = bytes.clone();
        bytes[from..to].fill(0);
        let disk = disk.copy();
        disk.put(LAST, bytes);
        let durable = batches.iter().any(|batch| *batch > number as u64);
        match Journal::open(disk, RESERVE) {
            Err(ReadError::Damaged(damage)) => {
                assert!(durable && damage.record == number as u64, "{damage}");
            }
            Ok(opened) => {
                assert!(!durable && opened.torn.unwrap().record == number as u64, "{number}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A batch so long that its end is not in memory with its damage.
#[test]
fn damage_is_told_from_a_torn_end_over_megabytes() {
    for behind in [false, true] {
        let disk = Memory::default();
        let mut journal = open(&disk);
        rotate(&mut journal, 0);
        for _ in 0..3 {
            journal.append(1, Nanos(1), &vec![0xff; 700_000]).unwrap();
        }
        journal.sync().unwrap();
        if behind {
            journal.append(2, Nanos(2), &vec![7; 900_000]).unwrap();
            journal.sync().unwrap();
        }
        let name = "0000000001.journal";
        let mut bytes = disk.bytes(name).unwrap();
        bytes[92 + 57 + 2] ^= 1;
        disk.put(name, bytes);
        let opened = Journal::open(disk, RESERVE);
        assert_eq!(opened.is_err(), behind);
        if let Ok(opened) = opened {
            assert_eq!(opened.torn.unwrap().bytes, 3 * 700_057);
        }
    }
}

proptest! {
    #[test]
    fn whatever_stands_behind_the_last_record_is_cut_off(
        junk in prop::collection::vec(any::<u8>(), 1..400),
    ) {
        let (disk, _) = two_files();
        let bytes = disk.bytes(LAST).unwrap();
        disk.put(LAST, [&*bytes, &*junk].concat());
        let opened = Journal::open(disk.clone(), RESERVE).unwrap();
        let torn = opened.torn.unwrap();
        prop_assert_eq!((torn.offset, torn.bytes), (bytes.len() as u64, junk.len() as u64));
        prop_assert_eq!(disk.bytes(LAST).unwrap(), bytes);
    }

    /// A file of any bytes is damaged, and reading it ends.
    #[test]
    fn arbitrary_bytes_are_no_journal(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let disk = Memory::default();
        disk.put("0000000001.journal", bytes);
        prop_assert!(matches!(verify(&disk), Err(ReadError::Damaged(_))));
    }
}
