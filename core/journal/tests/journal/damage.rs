//! What is not as it was written is found, and named: file, byte, record.

use std::collections::BTreeMap;

use tickstep_journal::{Damage, Fault, Torn, verify};

use super::*;

/// Where the records of a sound journal stand, and the bytes of its files.
struct Sound {
    places: Vec<Place>,
    batches: Vec<u64>,
    files: BTreeMap<u64, Vec<u8>>,
}

const NAMES: [&str; 2] = ["0000000001.journal", "0000000002.journal"];

fn sound() -> Sound {
    let (disk, batches) = two_files();
    let places = read(&disk).records.into_iter().map(|(at, _)| at).collect();
    let files = (1..).zip(NAMES.map(|name| disk.bytes(name).unwrap())).collect();
    Sound { places, batches, files }
}

impl Sound {
    fn with(&self, file: u64, bytes: Vec<u8>) -> Memory {
        let disk = Memory::default();
        for (n, content) in &self.files {
            let content = if *n == file { &bytes } else { content };
            disk.put(NAMES[*n as usize - 1], content.clone());
        }
        disk
    }

    /// The bytes of a record.
    fn span(&self, number: usize) -> std::ops::Range<usize> {
        let Place { file, offset, .. } = &self.places[number];
        let next = self.places.get(number + 1).filter(|next| next.file == *file);
        let end = next.map_or(self.files[file].len(), |next| next.offset as usize);
        *offset as usize..end
    }
}

/// What is wrong first: damage, or a torn end.
#[derive(Debug)]
enum Found {
    Damage(Damage),
    Torn(Torn),
}

fn found(disk: &Memory) -> Option<Found> {
    match verify(disk) {
        Ok(verified) => verified.torn.map(Found::Torn),
        Err(ReadError::Damaged(damage)) => Some(Found::Damage(*damage)),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_named() {
    let sound = sound();
    for (file, bytes) in &sound.files {
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let disk = sound.with(*file, bytes);
            let at = sound.places.iter().rev();
            let mut at = at.filter(|at| at.file == *file && at.offset as usize <= bit / 8);
            let name = NAMES[*file as usize - 1];
            let context = format!("{name}, bit {bit}");
            let read = read(&disk);
            match at.next() {
                // In the head of the file.
                None => {
                    let first = if *file == 1 { 0 } else { 7 };
                    let Some(Found::Damage(damage)) = found(&disk) else { panic!("{context}") };
                    // A file's own number of its first record is not yet believed.
                    let number = if *file == 1 { 0 } else { first };
                    assert_eq!((&*damage.file, damage.offset, damage.record), (name, 0, number));
                    let fault = match bit / 8 {
                        0..8 => Fault::NoJournal,
                        8..12 => Fault::Version(1 ^ (1 << (bit - 64))),
                        _ => Fault::FileHead,
                    };
                    assert_eq!(damage.fault, fault, "{context}");
                    assert_eq!(read.records.len() as u64, first, "{context}");
                }
                Some(at) => {
                    let proven = sound.batches.iter().any(|b| *b > at.number)
                        || sound.batches[4] == at.number;
                    match found(&disk) {
                        Some(Found::Damage(damage)) => {
                            assert!(proven, "{context}: {damage}");
                            assert_eq!((&*damage.file, damage.offset), (name, at.offset));
                            assert_eq!(damage.record, at.number, "{context}");
                            let whole = damage.fault == Fault::Hash;
                            let ts = written(at.number).ts;
                            assert_eq!(damage.ts, whole.then_some(ts), "{context}");
                            assert!(Journal::open(disk, RESERVE).is_err() || *file == 1);
                        }
                        Some(Found::Torn(torn)) => {
                            assert!(!proven, "{context}: {torn}");
                            assert_eq!((&*torn.file, torn.offset), (name, at.offset));
                            assert_eq!(torn.record, at.number, "{context}");
                            let opened = Journal::open(disk, RESERVE).unwrap();
                            assert_eq!(opened.torn, Some(torn));
                            assert_eq!(opened.journal.next_number(), at.number);
                        }
                        None => panic!("{context}: not found"),
                    }
                    assert_eq!(read.records.len() as u64, at.number, "{context}");
                }
            }
        }
    }
}

/// Of a record that is gone, the one behind it stands in its place.
#[test]
fn a_record_that_is_dropped_is_named() {
    let sound = sound();
    for (number, place) in sound.places.iter().enumerate() {
        let mut bytes = sound.files[&place.file].clone();
        bytes.drain(sound.span(number));
        let disk = sound.with(place.file, bytes);
        match (number, found(&disk)) {
            // Nothing is left behind the last one; the head tells.
            (13, None) => {
                assert_ne!(verify(&disk).unwrap().head, verify(&two_files().0).unwrap().head)
            }
            // The end of the first file: the second was begun after it.
            (6, Some(Found::Damage(damage))) => {
                assert_eq!(
                    (damage.record, &*damage.file, damage.fault),
                    (6, NAMES[1], Fault::Link)
                );
            }
            (_, Some(Found::Damage(damage))) => {
                assert_eq!((damage.record, damage.offset), (number as u64, place.offset));
                assert_eq!(damage.file, NAMES[place.file as usize - 1]);
                assert_eq!(damage.fault, Fault::Place(number as u64 + 1));
                let words = format!("record {} stands in its place", number + 1);
                assert!(damage.to_string().contains(&words), "{damage}");
                let before = disk.bytes(NAMES[1]).unwrap();
                assert!(place.file == 1 || Journal::open(disk.clone(), RESERVE).is_err());
                assert_eq!(disk.bytes(NAMES[1]).unwrap(), before, "opening left it alone");
            }
            (_, other) => panic!("record {number}: {other:?}"),
        }
    }
}

#[test]
fn records_that_change_places_or_are_put_in_twice_are_named() {
    let sound = sound();
    for number in 0..12 {
        let (here, next) = (sound.span(number), sound.span(number + 1));
        if here.end != next.start {
            continue;
        }
        let place = &sound.places[number];
        let bytes = &sound.files[&place.file];
        let swapped =
            [&bytes[..here.start], &bytes[next.clone()], &bytes[here.clone()], &bytes[next.end..]];
        let twice = [&bytes[..here.end], &bytes[here.clone()], &bytes[here.end..]];
        for (bytes, bad) in [(swapped.concat(), number), (twice.concat(), number + 1)] {
            let Some(Found::Damage(damage)) = found(&sound.with(place.file, bytes)) else {
                panic!("record {number}")
            };
            let at = (damage.record, damage.offset);
            assert_eq!(at, (bad as u64, sound.places[bad].offset));
        }
    }
}

#[test]
fn a_file_that_is_gone_renamed_or_of_another_journal_is_named() {
    let (disk, _) = two_files();
    let mut journal = open(&disk);
    rotate(&mut journal, 14);
    let three = "0000000003.journal";

    let gap = disk.copy();
    (&mut gap.clone() as &mut dyn tickstep_journal::Storage).remove(NAMES[1]).unwrap();
    assert_eq!(verify(&gap).unwrap_err().to_string(), "0000000002.journal is missing");
    assert!(matches!(Journal::open(gap, RESERVE), Err(ReadError::Missing { .. })));

    let renamed = disk.copy();
    renamed.put(three, disk.bytes(NAMES[1]).unwrap());
    let Some(Found::Damage(damage)) = found(&renamed) else { panic!() };
    assert_eq!((&*damage.file, damage.record, damage.fault), (three, 14, Fault::Renamed(2)));

    let other = Memory::default();
    let mut journal = open(&other);
    for number in 5..8 {
        rotate(&mut journal, number);
    }
    let mixed = disk.copy();
    mixed.put(three, other.bytes(three).unwrap());
    let Some(Found::Damage(damage)) = found(&mixed) else { panic!() };
    assert_eq!((&*damage.file, damage.record, damage.fault), (three, 14, Fault::Link));
}

#[test]
fn damage_says_where_and_when() {
    let disk = Memory::default();
    let mut journal = open(&disk);
    let time = 1_772_445_600_000_000_000;
    journal.rotate(0, Nanos(time), b"begin").unwrap();
    for i in 1..4 {
        journal.append(1, Nanos(time + i), b"order").unwrap();
        journal.sync().unwrap();
    }
    let mut bytes = disk.bytes(NAMES[0]).unwrap();
    bytes[92 + 62 + 28] ^= 4;
    disk.put(NAMES[0], bytes);
    assert_eq!(
        verify(&disk).unwrap_err().to_string(),
        "0000000001.journal, byte 154, record 1 of 2026-03-02T10:00:00.000000001Z after one of \
         2026-03-02T10:00:00Z: its hash is not that of its bytes and the record before it"
    );
}

/// Every hash made anew: only a hash kept elsewhere tells.
#[test]
fn another_history_has_another_head() {
    let head = |third: &[u8]| {
        let mut journal = open(&Memory::default());
        rotate(&mut journal, 0);
        append(&mut journal, 1);
        journal.append(2, Nanos(2), third).unwrap();
        append(&mut journal, 3);
        journal.head()
    };
    assert_eq!(head(b"buy 1"), head(b"buy 1"));
    assert_ne!(head(b"buy 1"), head(b"buy 2"));
}
