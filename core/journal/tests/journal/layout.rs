//! A journal is read by the table of its layout alone, as a program in another language would.

use std::fs;

use sha2::{Digest, Sha256};
use tickstep_journal::Folder;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::*;

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat()).to_vec()
}

#[test]
fn a_journal_is_what_its_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = Journal::open(Folder::open(&path).unwrap(), 4096).unwrap().journal;
    for n in 0..60_u64 {
        let Written { kind, ts, payload } = written(n);
        match n % 20 {
            0 => journal.rotate(kind, ts, &payload).unwrap(),
            _ => journal.append(kind, ts, &payload).unwrap(),
        };
        if n % 7 == 0 {
            journal.sync().unwrap();
        }
    }
    journal.sync().unwrap();
    drop(journal);

    let (mut next, mut batches, mut before) = (0_u64, 0, vec![0; 32]);
    for file in 1..=3_u64 {
        let bytes = fs::read(path.join(format!("{file:010}.journal"))).unwrap();
        let (head, mut rest) = bytes.split_at(92);
        assert_eq!(&head[..8], b"tickjrnl");
        assert_eq!(number(&head[8..12]), 1);
        assert_eq!((number(&head[12..20]), number(&head[20..28])), (file, next));
        assert_eq!(head[28..60], before);
        assert_eq!(head[60..], hash(&[&head[..60]]));
        head[60..].clone_into(&mut before);
        while !rest.is_empty() {
            let (length, durable) = (number(&rest[..4]) & 0x7fff_ffff, rest[3] & 0x80 != 0);
            let (record, end) = rest.split_at(25 + length as usize);
            let wanted = written(next);
            assert_eq!(record[4], wanted.kind);
            assert_eq!(number(&record[5..13]) as i64, wanted.ts.0);
            assert_eq!(number(&record[13..21]), next);
            let check = xxh3_64_with_seed(&record[..21], file).to_le_bytes();
            assert_eq!(record[21..25], check[..4]);
            assert_eq!(record[25..], wanted.payload);
            assert_eq!(end[..32], hash(&[&before, record]));
            end[..32].clone_into(&mut before);
            rest = &end[32..];
            (next, batches) = (next + 1, batches + u64::from(durable));
        }
    }
    assert_eq!(next, 60);
    // Every sync and every file ends a batch, and the record behind it says so.
    assert!(batches >= 9, "{batches} records say that all before them was durable");
}
