//! What is appended is read, whatever it is and however it was parted.

use proptest::prelude::*;
use tickstep_journal::{JournalError, RECORD_MAX, verify};

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Append(Written),
    Rotate(Written),
    Sync,
    Reopen,
}

fn any_written(longest: usize) -> impl Strategy<Value = Written> {
    (any::<u8>(), any::<i64>(), prop::collection::vec(any::<u8>(), 0..longest))
        .prop_map(|(kind, ts, payload)| Written { kind, ts: Nanos(ts), payload })
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => any_written(200).prop_map(Act::Append),
        1 => any_written(200).prop_map(Act::Rotate),
        2 => Just(Act::Sync),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 0..60)
}

proptest! {
    #[test]
    fn what_is_appended_is_read(begin in any_written(200), acts in acts()) {
        let disk = Memory::default();
        let mut journal = open(&disk);
        journal.rotate(begin.kind, begin.ts, &begin.payload).unwrap();
        let (mut all, mut snapshot, mut synced) = (vec![begin], 0, 1);
        for act in acts {
            match act {
                Act::Append(w) => {
                    let number = journal.append(w.kind, w.ts, &w.payload).unwrap();
                    prop_assert_eq!(number, all.len() as u64);
                    all.push(w);
                }
                Act::Rotate(w) => {
                    snapshot = journal.rotate(w.kind, w.ts, &w.payload).unwrap();
                    prop_assert_eq!(snapshot, all.len() as u64);
                    all.push(w);
                    synced = all.len();
                }
                Act::Sync => {
                    journal.sync().unwrap();
                    synced = all.len();
                }
                Act::Reopen => {
                    drop(journal);
                    journal = open(&disk);
                    all.truncate(synced);
                }
            }
        }
        journal.sync().unwrap();
        prop_assert_eq!(journal.waiting(), 0);

        let oldest = read(&disk);
        prop_assert!(matches!(oldest.end, Ok(None)));
        let numbers: Vec<u64> = oldest.records.iter().map(|(at, _)| at.number).collect();
        prop_assert_eq!(numbers, (0..all.len() as u64).collect::<Vec<_>>());
        let records: Vec<Written> = oldest.records.into_iter().map(|(_, w)| w).collect();
        prop_assert_eq!(&records, &all);

        let latest = read_all(Reader::latest(&disk).unwrap());
        prop_assert_eq!(latest.records[0].0.number, snapshot);
        let records: Vec<Written> = latest.records.into_iter().map(|(_, w)| w).collect();
        prop_assert_eq!(&records, &all[snapshot as usize..]);

        let verified = verify(&disk).unwrap();
        prop_assert_eq!((verified.first, verified.next), (0, all.len() as u64));
        prop_assert_eq!(verified.head, journal.head());
        prop_assert_eq!(verified.files.last(), journal.file());
    }

    #[test]
    fn records_longer_than_what_is_read_at_once(
        lens in prop::collection::vec(0_usize..600_000, 1..6), fill in any::<u8>(),
    ) {
        let disk = Memory::default();
        let mut journal = open(&disk);
        journal.rotate(0, Nanos(0), &[]).unwrap();
        for (i, len) in lens.iter().enumerate() {
            journal.append(i as u8, Nanos(1), &vec![fill; *len]).unwrap();
        }
        journal.sync().unwrap();
        let got: Vec<usize> = read(&disk).records.iter().map(|(_, w)| w.payload.len()).collect();
        prop_assert_eq!(&got[1..], &lens);
    }
}

#[test]
fn records_that_end_where_a_read_ends() {
    const AT_ONCE: usize = 256 << 10;
    for len in AT_ONCE - 250..AT_ONCE + 50 {
        let disk = Memory::default();
        let mut journal = open(&disk);
        journal.rotate(0, Nanos(0), &vec![1; len]).unwrap();
        journal.append(1, Nanos(1), b"behind").unwrap();
        journal.sync().unwrap();
        let read = read(&disk);
        assert!(matches!(read.end, Ok(None)), "{len}");
        assert_eq!(read.records[1].1.payload, b"behind", "{len}");
    }
}

#[test]
fn an_empty_folder_is_a_journal_that_has_not_begun() {
    let disk = Memory::default();
    let mut journal = open(&disk);
    assert!(matches!(journal.append(0, Nanos(0), b"a"), Err(JournalError::NotBegun)));
    journal.sync().unwrap();
    assert_eq!(journal.file(), None);
    assert_eq!(journal.head(), [0; 32]);
    assert!(read(&disk).records.is_empty());
    let verified = verify(&disk).unwrap();
    assert_eq!((verified.first, verified.next, verified.head), (0, 0, [0; 32]));
}

#[test]
fn a_record_too_long_is_refused_and_changes_nothing() {
    let disk = Memory::default();
    let mut journal = open(&disk);
    rotate(&mut journal, 0);
    let error = journal.append(1, Nanos(1), &vec![0; RECORD_MAX + 1]).unwrap_err();
    assert_eq!(error.to_string(), "a record of 268435457 bytes; at most 268435456 are possible");
    append(&mut journal, 1);
    journal.sync().unwrap();
    assert_eq!(verify(&disk).unwrap().next, 2);
}

#[test]
fn reading_begins_at_the_oldest_file_kept() {
    let (disk, _) = two_files();
    let mut journal = open(&disk);
    let third = rotate(&mut journal, 14);
    assert_eq!(journal.remove_before(3).unwrap(), 2);
    assert_eq!(journal.remove_before(9).unwrap(), 0, "the last file stays");
    assert_eq!(journal.oldest_file(), 3);
    let kept = read(&disk);
    assert_eq!(kept.records, [(Place { number: third, file: 3, offset: 92 }, written(14))]);
    assert_eq!(verify(&disk).unwrap().head, journal.head());
    drop(journal);
    let mut journal = open(&disk);
    assert_eq!((journal.oldest_file(), append(&mut journal, 15)), (3, 15));
}

#[test]
fn reading_can_begin_at_any_snapshot() {
    let (disk, _) = two_files();
    let second = read_all(Reader::from_file(&disk, 2).unwrap());
    let numbers: Vec<u64> = second.records.iter().map(|(at, _)| at.number).collect();
    assert_eq!(numbers, (7..14).collect::<Vec<_>>());
    let error = Reader::from_file(&disk, 3).unwrap_err();
    assert_eq!(error.to_string(), "0000000003.journal is missing");
}

/// The figures of the table in `layout.rs`.
#[test]
fn a_record_takes_49_bytes_and_its_payload() {
    let disk = Memory::default();
    let mut journal = open(&disk);
    journal.rotate(0, Nanos(0), b"12345").unwrap();
    assert_eq!(journal.file().unwrap().len, 92 + 57 + 5);
    journal.append(1, Nanos(1), b"1234567").unwrap();
    assert_eq!(journal.waiting(), 57 + 7);
    journal.sync().unwrap();
    assert_eq!(journal.file().unwrap().len, 92 + 57 + 5 + 57 + 7);
}

/// The hash as the documentation writes it, computed here from the bytes of the files.
#[test]
fn the_chain_is_as_documented() {
    use sha2::{Digest, Sha256};
    let (disk, _) = two_files();
    let (mut before, mut number) = (vec![0_u8; 32], 0_u64);
    for (name, file) in [("0000000001.journal", 1_u64), ("0000000002.journal", 2)] {
        let bytes = disk.bytes(name).unwrap();
        assert_eq!(bytes[..8], *b"tickjrnl");
        assert_eq!(bytes[8..12], 1_u32.to_le_bytes());
        assert_eq!(bytes[12..20], file.to_le_bytes());
        assert_eq!(bytes[28..60], before);
        assert_eq!(bytes[60..92], Sha256::digest(&bytes[..60])[..]);
        before = bytes[60..92].to_vec();
        let mut at = 92;
        while at < bytes.len() {
            let len = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
            assert_eq!(bytes[at + 13..at + 21], number.to_le_bytes());
            number += 1;
            let end = at + 25 + len as usize;
            let hash = Sha256::new().chain_update(&before).chain_update(&bytes[at..end]).finalize();
            assert_eq!(bytes[end..end + 32], hash[..]);
            before = hash.to_vec();
            at = end + 32;
        }
    }
}
