//! A journal of small records on a real disk: made durable, and read back.
//!
//! A live runner pays `sync` before it sends, so `sync` is a part of the time from
//! decision to order; it is the disk's, and 100 records cost it little more than one.
//! `append` is paid for every event, and growing alone points at the hash or a copy. A
//! replay pays `verify` for every record; below a million a second it is too slow.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use criterion::{BatchSize, Criterion, Throughput};
use tickstep_core::units::Nanos;
use tickstep_journal::{Folder, Journal, Memory, RESERVE, ReadFolder, Reader, Storage, verify};

/// Records that are read back.
const RECORDS: u64 = 200_000;

/// Bytes of a quote, of an event with a few numbers, and of an event with a list.
const PAYLOADS: [usize; 3] = [20, 60, 300];

fn begun<S: Storage>(storage: S) -> Journal<S> {
    let mut journal = Journal::open(storage, RESERVE).unwrap().journal;
    journal.rotate(0, Nanos(0), b"begin").unwrap();
    journal
}

fn append<S: Storage>(journal: &mut Journal<S>, records: u64, payload: &[u8]) {
    for i in 0..records {
        journal.append(1, Nanos(i as i64), payload).unwrap();
    }
}

fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal");
    for payload in PAYLOADS {
        let bytes = vec![7; payload];
        group.throughput(Throughput::Elements(1_000));
        group.bench_function(format!("append/{payload}"), |b| {
            b.iter_batched_ref(
                || begun(Memory::default()),
                |journal| append(journal, 1_000, &bytes),
                BatchSize::LargeInput,
            );
        });
    }
    for records in [1, 100] {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = begun(Folder::open(folder.path()).unwrap());
        group.throughput(Throughput::Elements(records));
        group.bench_function(format!("append_and_sync/{records}"), |b| {
            b.iter(|| {
                append(&mut journal, records, &[7; 60]);
                journal.sync().unwrap();
            });
        });
        let verified = verify(journal.storage()).unwrap();
        assert_eq!((verified.next, verified.head), (journal.next_number(), journal.head()));
    }
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal");
    for payload in PAYLOADS {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = begun(Folder::open(folder.path()).unwrap());
        append(&mut journal, RECORDS, &vec![7; payload]);
        journal.sync().unwrap();
        let source = ReadFolder::new(folder.path());
        let read = || {
            let mut reader = Reader::oldest(&source).unwrap();
            let (mut records, mut bytes) = (0_u64, 0);
            while let Some(record) = reader.next().unwrap() {
                (records, bytes) = (records + 1, bytes + record.payload.len());
            }
            assert_eq!((records, reader.head()), (RECORDS + 1, journal.head()));
            bytes
        };
        assert_eq!(read(), RECORDS as usize * payload + 5);
        group.throughput(Throughput::Elements(RECORDS));
        group.bench_function(format!("verify/{payload}"), |b| b.iter(read));
    }
    group.finish();
}

fn main() {
    let mut criterion = support::criterion();
    writing(&mut criterion);
    reading(&mut criterion);
    criterion.final_summary();
}
