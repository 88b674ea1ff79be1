//! Writing a journal.

use tickstep_core::units::Nanos;

use crate::error::JournalError;
use crate::layout::{
    FILE_HEAD, FileHead, HASH, Hash, RECORD_EXTRA, RECORD_MAX, RecordHead, file_name, put_record,
};
use crate::reader::JournalFile;
use crate::reserve::{Reserve, Room};
use crate::storage::{Storage, StorageError};

/// A journal that is written.
///
/// [`append`](Self::append) takes records, [`sync`](Self::sync) makes all of them durable
/// at once, [`rotate`](Self::rotate) begins a file with a snapshot. It is made by
/// [`open`](Self::open).
#[derive(Debug)]
pub struct Journal<S> {
    pub(crate) storage: S,
    /// The file that is written; `None` before the first snapshot.
    pub(crate) file: Option<JournalFile>,
    /// Number of the oldest file that is kept.
    pub(crate) oldest: u64,
    /// Number of the next record.
    pub(crate) next: u64,
    /// The hash that the file ends with, and the records that are not in it yet.
    pub(crate) buffer: Vec<u8>,
    /// What was appended before the next record is durable.
    pub(crate) proven: bool,
    pub(crate) reserve: Reserve,
    /// Why it has to be opened again.
    pub(crate) broken: Option<String>,
}

impl<S: Storage> Journal<S> {
    /// Appends a record, in memory; its number. It is durable after the next
    /// [`sync`](Self::sync) that succeeds.
    pub fn append(&mut self, kind: u8, ts: Nanos, payload: &[u8]) -> Result<u64, JournalError> {
        self.usable()?;
        let file = self.file.as_ref().ok_or(JournalError::NotBegun)?.number;
        if let (Room::None, Some(error)) = (self.reserve.room(), self.reserve.refused()) {
            return Err(JournalError::NoRoom(error));
        }
        let head = head(kind, ts, payload, self.proven, self.next)?;
        put_record(head, file, payload, &mut self.buffer);
        self.proven = false;
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Makes durable all that was appended, with one sync of the disk; without anything
    /// appended it does nothing.
    ///
    /// When the disk is full, the reserve is given up for it: see [`room`](Self::room).
    ///
    /// # Errors
    /// [`JournalError::NoRoom`] leaves the records in memory, and the next sync tries them
    /// again. After [`JournalError::Broken`] it is not known which of them are durable, and
    /// the journal does nothing more: a disk's sync is not tried again, because its second
    /// answer would say nothing about the bytes of the first. Opening it again finds out.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.usable()?;
        let Some(file) = &mut self.file else { return Ok(()) };
        let bytes = &self.buffer[HASH..];
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.reserve.with_room(&mut self.storage, |s| s.append(&file.name, bytes));
        let synced = written.and_then(|()| self.storage.sync(&file.name));
        if let Err(error) = synced {
            return Err(match error {
                StorageError::NoRoom { .. } => JournalError::NoRoom(error),
                StorageError::Failed { .. } | StorageError::InUse { .. } => self.break_with(&error),
            });
        }
        file.len += bytes.len() as u64;
        self.buffer.drain(..self.buffer.len() - HASH);
        self.proven = true;
        self.reserve.found_room();
        Ok(())
    }

    /// Makes durable what was appended, and begins a file whose first record is a
    /// snapshot: with it, what stands before is needed by nobody who goes on from here.
    /// The file is there whole and durable, or not at all; the snapshot's number.
    ///
    /// A reserve that was given up is made again, if there is room.
    ///
    /// # Errors
    /// [`JournalError::NoRoom`] when the snapshot does not fit, for which the reserve is
    /// not given up; the journal goes on in the file it has.
    pub fn rotate(&mut self, kind: u8, ts: Nanos, payload: &[u8]) -> Result<u64, JournalError> {
        self.usable()?;
        let head = head(kind, ts, payload, true, self.next)?;
        self.sync()?;
        let number = self.file.as_ref().map_or(1, |file| file.number + 1);
        let name = file_name(number);
        let file_head = FileHead { file: number, first: self.next, before: self.head() };
        let mut bytes = Vec::with_capacity(FILE_HEAD + RECORD_EXTRA + payload.len());
        bytes.extend_from_slice(&file_head.bytes());
        put_record(head, number, payload, &mut bytes);
        match self.storage.create(&name, &bytes) {
            Ok(()) => {}
            Err(error @ StorageError::NoRoom { .. }) => return Err(JournalError::NoRoom(error)),
            Err(error) => return Err(self.break_with(&error)),
        }
        if self.file.is_none() {
            self.oldest = number;
        }
        self.file = Some(JournalFile { number, name, len: bytes.len() as u64 });
        self.buffer.clear();
        self.buffer.extend_from_slice(&bytes[bytes.len() - HASH..]);
        self.proven = true;
        self.next += 1;
        // The snapshot counts whatever becomes of this; `room` says, and `refill` says why.
        let _ = self.refill();
        Ok(self.next - 1)
    }

    /// Removes the files before this one, oldest first, the last one never; how many.
    pub fn remove_before(&mut self, number: u64) -> Result<u64, JournalError> {
        self.usable()?;
        let last = self.file.as_ref().map_or(0, |file| file.number);
        let mut removed = 0;
        while self.oldest < number.min(last) {
            self.storage.remove(&file_name(self.oldest))?;
            self.oldest += 1;
            removed += 1;
        }
        Ok(removed)
    }

    /// Makes the reserve again, if it was given up and there is room for it now.
    pub fn refill(&mut self) -> Result<Room, JournalError> {
        self.usable()?;
        Ok(self.reserve.refill(&mut self.storage)?)
    }

    /// How much room there is.
    #[must_use]
    pub const fn room(&self) -> Room {
        self.reserve.room()
    }

    /// The hash of the last record that was appended: who keeps it elsewhere can tell
    /// whether all of the journal was written anew. Zeros before the first snapshot.
    #[must_use]
    pub fn head(&self) -> Hash {
        let mut head = [0; HASH];
        head.copy_from_slice(&self.buffer[self.buffer.len() - HASH..]);
        head
    }

    /// Number of the next record.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// The file that is written and the bytes in it; what waits for a sync is not counted.
    #[must_use]
    pub const fn file(&self) -> Option<&JournalFile> {
        self.file.as_ref()
    }

    /// Number of the oldest file that is kept.
    #[must_use]
    pub const fn oldest_file(&self) -> u64 {
        self.oldest
    }

    /// Bytes that were appended and wait for a sync.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.buffer.len() - HASH
    }

    /// What it is written to, to [read](crate::Reader) from.
    #[must_use]
    pub const fn storage(&self) -> &S {
        &self.storage
    }

    /// Gives back what it was written to. What was not synced is forgotten.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.storage
    }

    fn usable(&self) -> Result<(), JournalError> {
        self.broken.clone().map_or(Ok(()), |why| Err(JournalError::Broken(why)))
    }

    fn break_with(&mut self, error: &StorageError) -> JournalError {
        let why = error.to_string();
        self.broken = Some(why.clone());
        JournalError::Broken(why)
    }
}

fn head(
    kind: u8,
    ts: Nanos,
    payload: &[u8],
    batch: bool,
    number: u64,
) -> Result<RecordHead, JournalError> {
    let len = payload.len();
    if len > RECORD_MAX {
        return Err(JournalError::TooLong { bytes: len });
    }
    Ok(RecordHead { len, batch, kind, ts, number })
}
