//! The same on a real disk.

use std::fs::{self, OpenOptions};

use tickstep_journal::{Folder, ReadFolder, Room, Storage, StorageError, verify};

use super::*;

fn begin(path: &std::path::Path) -> Journal<Folder> {
    let mut journal = Journal::open(Folder::open(path).unwrap(), 4096).unwrap().journal;
    journal.rotate(0, Nanos(0), b"begin").unwrap();
    journal
}

#[test]
fn a_journal_on_a_disk_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/journal");
    let mut journal = begin(&path);
    for number in 1..200_u64 {
        let Written { kind, ts, payload } = written(number);
        journal.append(kind, ts, &payload).unwrap();
        if number % 10 == 0 {
            journal.sync().unwrap();
        }
    }
    journal.rotate(0, Nanos(1), b"again").unwrap();
    drop(journal);
    let opened = Journal::open(Folder::open(&path).unwrap(), 4096).unwrap();
    assert_eq!(opened.torn, None);
    let mut journal = opened.journal;
    assert_eq!((journal.next_number(), journal.room()), (201, Room::Plenty));
    let records = read_all(Reader::oldest(ReadFolder::new(&path)).unwrap()).records;
    assert!(records[1..200].iter().all(|(at, w)| *w == written(at.number)));
    assert_eq!(journal.remove_before(2).unwrap(), 1);
    assert_eq!(verify(journal.storage()).unwrap().first, 200);
    let mut names: Vec<_> = fs::read_dir(&path).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["0000000002.journal", "lock", "reserve"]);
}

#[test]
fn one_writes_and_any_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = begin(folder.path());
    let error = Folder::open(folder.path()).unwrap_err();
    assert!(matches!(error, StorageError::InUse { .. }));
    assert!(error.to_string().contains("is in use by another process"), "{error}");
    journal.append(1, Nanos(1), b"one").unwrap();
    let reader = ReadFolder::new(folder.path());
    assert_eq!(verify(&reader).unwrap().next, 1, "what is not synced is not there");
    journal.sync().unwrap();
    assert_eq!(verify(&reader).unwrap().next, 2);
    drop(journal);
    Folder::open(folder.path()).unwrap();
}

#[test]
fn a_torn_end_and_a_file_that_was_being_made_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = begin(folder.path());
    journal.append(1, Nanos(1), b"one").unwrap();
    journal.sync().unwrap();
    drop(journal);
    let file = folder.path().join("0000000001.journal");
    let len = fs::metadata(&file).unwrap().len();
    OpenOptions::new().write(true).open(&file).unwrap().set_len(len - 1).unwrap();
    let part = folder.path().join("0000000002.journal.part");
    fs::write(&part, b"half").unwrap();
    let opened = Journal::open(Folder::open(folder.path()).unwrap(), 4096).unwrap();
    assert!(!part.exists());
    assert_eq!(opened.torn.unwrap().bytes, 57 + 3 - 1);
    let mut journal = opened.journal;
    assert_eq!(journal.append(1, Nanos(1), b"other").unwrap(), 1);
    journal.sync().unwrap();
    assert_eq!(verify(journal.storage()).unwrap().next, 2);
}

#[test]
fn operations_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut disk = Folder::open(folder.path()).unwrap();
    disk.create("a", b"0123").unwrap();
    disk.append("a", b"4567").unwrap();
    disk.rewrite("a", 2, b"23").unwrap();
    disk.append("a", b"89").unwrap();
    disk.cut("a", 9).unwrap();
    disk.append("a", b"x").unwrap();
    disk.sync("a").unwrap();
    disk.create("b", b"other").unwrap();
    disk.append("b", b"!").unwrap();
    disk.append("a", b"y").unwrap();
    assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"012345678xy");
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"other!");
    disk.remove("b").unwrap();
    let names: Vec<_> = disk.list().unwrap().into_iter().map(|e| (e.name, e.len)).collect();
    assert_eq!(names, [("a".to_owned(), 11)]);
    let error = disk.append("b", b"?").unwrap_err();
    assert!(error.to_string().starts_with("cannot open b: "), "{error}");
}

#[cfg(unix)]
#[test]
fn files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    drop(begin(folder.path()));
    for entry in fs::read_dir(folder.path()).unwrap() {
        let about = entry.unwrap().metadata().unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
}
