//! Opening a journal for writing: finding its end, and making sure of it.

use crate::error::{ReadError, Torn};
use crate::journal::Journal;
use crate::layout::HASH;
use crate::reader::{Reader, files};
use crate::reserve::Reserve;
use crate::storage::{Storage, StorageError, fill};

/// Bytes that are made durable anew at once.
const CHUNK: usize = 256 << 10;

/// A journal that was opened, and what was found at its end.
#[derive(Debug)]
pub struct Opened<S> {
    /// Goes on behind the last whole record.
    pub journal: Journal<S>,
    /// The end that a crash had torn; it is cut off.
    pub torn: Option<Torn>,
}

impl<S: Storage> Journal<S> {
    /// Opens a journal, or an empty folder for one, with a reserve of so many bytes
    /// ([`RESERVE`](crate::RESERVE)).
    ///
    /// The last file is read and checked, earlier ones are not: [`verify`](crate::verify)
    /// does that. A torn end is cut off. Then the records behind the last that is known to
    /// have been durable are written once more in place and synced: an earlier sync may
    /// have failed, and what reads well need not be on the disk.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when something is not as it was written that had been durable.
    pub fn open(mut storage: S, reserve: u64) -> Result<Opened<S>, ReadError> {
        let oldest = files(&storage)?.first().map_or(1, |file| file.number);
        let mut reader = Reader::latest(&storage)?;
        while reader.next()?.is_some() {}
        let (next, head, torn) = (reader.next_number(), reader.head(), reader.torn().cloned());
        let place = reader.place().map(|(file, end, proven)| (file.clone(), end, proven));
        let mut reserve = Reserve::open(reserve, &mut storage)?;
        let file = match place {
            None => None,
            Some((mut file, end, proven)) => {
                if file.len > end {
                    storage.cut(&file.name, end)?;
                    file.len = end;
                }
                write_again(&mut storage, &mut reserve, &file.name, proven, end)?;
                Some(file)
            }
        };
        let mut buffer = Vec::with_capacity(CHUNK);
        buffer.extend_from_slice(&head);
        assert_eq!(buffer.len(), HASH, "a buffer begins with the hash before it");
        let journal =
            Self { storage, file, oldest, next, buffer, proven: true, reserve, broken: None };
        Ok(Opened { journal, torn })
    }
}

/// Makes the bytes `from..to` of a file durable, whatever became of earlier tries.
fn write_again(
    storage: &mut impl Storage,
    reserve: &mut Reserve,
    name: &str,
    from: u64,
    to: u64,
) -> Result<(), StorageError> {
    let mut bytes = vec![0; CHUNK.min((to - from) as usize)];
    let mut at = from;
    while at < to {
        let n = bytes.len().min((to - at) as usize);
        let read = fill(storage, name, at, &mut bytes[..n])?;
        reserve.with_room(storage, |s| s.rewrite(name, at, &bytes[..read]))?;
        at += read as u64;
    }
    storage.sync(name)
}
