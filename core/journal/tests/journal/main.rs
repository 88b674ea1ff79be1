//! What a journal promises, on a disk in memory with mishaps and on a real one.
#![allow(clippy::unwrap_used)]

mod crashes;
mod damage;
mod folder;
mod layout;
mod room;
mod round_trip;
mod torn;

use tickstep_core::units::Nanos;
use tickstep_journal::{Journal, Memory, ReadError, Reader, Source};

/// A small reserve, so that disks stay small.
const RESERVE: u64 = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    kind: u8,
    ts: Nanos,
    payload: Vec<u8>,
}

/// A record of its own for each number.
fn written(number: u64) -> Written {
    let payload = (0..number * 7 % 40).map(|i| (number * 31 + i) as u8).collect();
    Written { kind: number as u8, ts: Nanos(number as i64 * 1_000), payload }
}

fn append(journal: &mut Journal<Memory>, number: u64) -> u64 {
    let Written { kind, ts, payload } = written(number);
    journal.append(kind, ts, &payload).unwrap()
}

fn rotate(journal: &mut Journal<Memory>, number: u64) -> u64 {
    let Written { kind, ts, payload } = written(number);
    journal.rotate(kind, ts, &payload).unwrap()
}

fn open(disk: &Memory) -> Journal<Memory> {
    Journal::open(disk.clone(), RESERVE).unwrap().journal
}

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    number: u64,
    file: u64,
    offset: u64,
}

/// What is left of a reader, and why it ended.
struct Read {
    records: Vec<(Place, Written)>,
    end: Result<Option<tickstep_journal::Torn>, ReadError>,
}

fn read_all(mut reader: Reader<impl Source>) -> Read {
    let mut records = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(r)) => {
                let place = Place { number: r.number, file: r.file, offset: r.offset };
                let payload = r.payload.to_vec();
                records.push((place, Written { kind: r.kind, ts: r.ts, payload }));
            }
            Ok(None) => return Read { records, end: Ok(reader.torn().cloned()) },
            Err(error) => return Read { records, end: Err(error) },
        }
    }
}

fn read(disk: &Memory) -> Read {
    read_all(Reader::oldest(disk).unwrap())
}

/// Two files: a snapshot and batches of one, two and three; a snapshot and the same.
/// With the numbers of the records that begin a batch.
fn two_files() -> (Memory, Vec<u64>) {
    let disk = Memory::default();
    let mut journal = open(&disk);
    let (mut number, mut batches) = (0, Vec::new());
    for _ in 0..2 {
        batches.push(rotate(&mut journal, number));
        number += 1;
        for size in 1..=3 {
            batches.push(number);
            for _ in 0..size {
                assert_eq!(append(&mut journal, number), number);
                number += 1;
            }
            journal.sync().unwrap();
        }
    }
    (disk, batches)
}

/// Numbers below what is asked for, the same for the same seed.
fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}
