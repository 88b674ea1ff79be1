//! Room that is kept for when there is none: a file that is given up when the disk is
//! full, so that what has to be written then can be.

use std::io;

use crate::storage::{Storage, StorageError};

/// The name of the file.
const NAME: &str = "reserve";

/// What a reserve holds unless something else is asked for: 16 MiB, enough for some
/// hundred thousand records.
pub const RESERVE: u64 = 16 << 20;

/// How much room there is for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Enough, as far as is known, and a reserve behind it.
    Plenty,
    /// The reserve was given up, or there was no room to make it: what lowers risk may
    /// still be written, nothing new should be begun.
    Reserve,
    /// None. Nothing more is durable until something else frees room.
    None,
}

/// The reserve of a journal.
#[derive(Debug)]
pub(crate) struct Reserve {
    bytes: u64,
    room: Room,
    /// What was said when there was no room.
    refusal: Option<(&'static str, String)>,
}

impl Reserve {
    /// Finds the reserve, or makes it; without room for it, it counts as given up.
    pub(crate) fn open(bytes: u64, storage: &mut impl Storage) -> Result<Self, StorageError> {
        let mut reserve = Self { bytes, room: Room::Reserve, refusal: None };
        let there = storage.list()?.into_iter().find(|entry| entry.name == NAME);
        match there {
            Some(file) if file.len == bytes => reserve.room = Room::Plenty,
            Some(_) => {
                storage.remove(NAME)?;
                reserve.refill(storage)?;
            }
            None => drop(reserve.refill(storage)?),
        }
        Ok(reserve)
    }

    pub(crate) const fn room(&self) -> Room {
        self.room
    }

    /// Why there is no room, once more.
    pub(crate) fn refused(&self) -> Option<StorageError> {
        let (doing, name) = self.refusal.clone()?;
        let error = io::ErrorKind::StorageFull.into();
        Some(StorageError::NoRoom { doing, name, error })
    }

    /// Does something that may find no room: if so, gives up the reserve and does it again.
    pub(crate) fn with_room<S: Storage>(
        &mut self,
        storage: &mut S,
        mut act: impl FnMut(&mut S) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut done = act(storage);
        if self.room == Room::Plenty && matches!(done, Err(StorageError::NoRoom { .. })) {
            storage.remove(NAME)?;
            self.room = Room::Reserve;
            done = act(storage);
        }
        if let Err(StorageError::NoRoom { doing, name, .. }) = &done {
            self.room = Room::None;
            self.refusal = Some((doing, name.clone()));
        }
        done
    }

    /// Something was written.
    pub(crate) fn found_room(&mut self) {
        if self.room == Room::None {
            self.room = Room::Reserve;
        }
    }

    /// Makes the reserve, if it is not there and there is room for it.
    pub(crate) fn refill(&mut self, storage: &mut impl Storage) -> Result<Room, StorageError> {
        if self.room != Room::Plenty {
            match storage.create(NAME, &filler(self.bytes)) {
                Ok(()) => self.room = Room::Plenty,
                Err(StorageError::NoRoom { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.room)
    }
}

/// Bytes that a file system cannot store as fewer.
fn filler(bytes: u64) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut filler: Vec<u8> =
        std::iter::repeat_with(&mut next).take((bytes as usize).div_ceil(8)).flatten().collect();
    filler.truncate(bytes as usize);
    filler
}
