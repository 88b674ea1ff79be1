//! A disk in memory, with the mishaps of a real one: for simulations and tests.
//!
//! It keeps apart what a program reads back and what has reached the disk. A crash keeps
//! what was synced and, of what was not, as much as is drawn; a failed sync leaves bytes
//! that read well and are gone after a crash, and that a second sync does not save.
//!
//! ```
//! use tickstep_journal::{Memory, Source, Storage};
//!
//! let mut disk = Memory::default();
//! disk.create("a", b"whole ")?;
//! disk.append("a", b"synced ")?;
//! disk.sync("a")?;
//! disk.append("a", b"not")?;
//! disk.crash(|below| below - 1); // the most of what may be left of it
//! assert_eq!(disk.bytes("a").unwrap(), b"whole synced not");
//! disk.append("a", b" yet")?;
//! disk.crash(|_| 0); // the least
//! assert_eq!(disk.bytes("a").unwrap(), b"whole synced not");
//! # Ok::<(), tickstep_journal::StorageError>(())
//! ```

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, Source, Storage, StorageError};

/// A disk in memory. Clones are the same disk, which outlives who writes on it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Disk>>);

/// What happens to one operation of a [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The process ends in the middle of it: the [crash](Memory::crash) draws how much of
    /// it was done, and until then every operation fails.
    Halt,
    /// It fails. A sync that fails forgets that its bytes have not reached the disk.
    Fail,
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Stored>,
    /// Bytes that it can hold.
    capacity: Option<u64>,
    /// Operations so far that change something.
    operations: u64,
    mishaps: BTreeMap<u64, Mishap>,
    halted: Option<Half>,
}

/// A file: as it is read, and as it would be found after the power went.
#[derive(Debug, Default)]
struct Stored {
    cache: Vec<u8>,
    disk: Vec<u8>,
    /// From here on the next sync writes.
    dirty: usize,
}

/// What a process was about when it ended.
#[derive(Debug)]
enum Half {
    Create(String, Vec<u8>),
    Remove(String),
    Other,
}

impl Memory {
    /// Sets how many bytes the disk can hold; `None` for any number.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.disk().capacity = bytes;
    }

    /// Operations so far that change something, those that failed included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.disk().operations
    }

    /// What shall happen to the operation of this number, counted from 0.
    pub fn plan(&self, operation: u64, mishap: Mishap) {
        self.disk().mishaps.insert(operation, mishap);
    }

    /// Forgets what was planned and has not happened.
    pub fn spare(&self) {
        self.disk().mishaps.clear();
    }

    /// The power goes and comes back. `draw(n)` is a number below `n` and decides what is
    /// left of that which was not durable: 0 for the least.
    pub fn crash(&self, mut draw: impl FnMut(u64) -> u64) {
        let mut disk = self.disk();
        match disk.halted.take() {
            Some(Half::Create(name, content)) if draw(2) == 1 => {
                disk.files.insert(name, Stored::durable(content));
            }
            Some(Half::Remove(name)) if draw(2) == 1 => drop(disk.files.remove(&name)),
            Some(Half::Create(..) | Half::Remove(_) | Half::Other) | None => {}
        }
        for file in disk.files.values_mut() {
            file.crash(&mut draw);
        }
    }

    /// A file as it reads now.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.disk().files.get(name).map(|file| file.cache.clone())
    }

    /// Puts a file there, durable, beside the operations that count.
    pub fn put(&self, name: &str, content: Vec<u8>) {
        self.disk().files.insert(name.to_owned(), Stored::durable(content));
    }

    /// A copy of the disk as it reads now, all of it durable and without mishaps.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = Self::default();
        for (name, file) in &self.disk().files {
            copy.put(name, file.cache.clone());
        }
        copy
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Counts an operation; its mishap, if there is one.
    fn begin(&mut self, half: impl FnOnce() -> Half) -> Result<(), Option<Mishap>> {
        if self.halted.is_some() {
            return Err(None);
        }
        let mishap = self.mishaps.get(&self.operations).copied();
        self.operations += 1;
        match mishap {
            Some(Mishap::Halt) => self.halted = Some(half()),
            Some(Mishap::Fail) => {}
            None => return Ok(()),
        }
        Err(mishap)
    }

    fn has_room(&self, doing: &'static str, name: &str, bytes: usize) -> Result<(), StorageError> {
        let used: u64 = self.files.values().map(|file| file.cache.len() as u64).sum();
        if self.capacity.is_none_or(|capacity| used + bytes as u64 <= capacity) {
            return Ok(());
        }
        let error = io::ErrorKind::StorageFull.into();
        Err(StorageError::NoRoom { doing, name: name.to_owned(), error })
    }

    fn file(&mut self, doing: &'static str, name: &str) -> Result<&mut Stored, StorageError> {
        let gone = || failed(doing, name, io::ErrorKind::NotFound.into());
        self.files.get_mut(name).ok_or_else(gone)
    }
}

impl Stored {
    fn durable(content: Vec<u8>) -> Self {
        Self { dirty: content.len(), disk: content.clone(), cache: content }
    }

    fn sync(&mut self) {
        // Where an earlier sync failed, the disk has a hole.
        self.disk.resize(self.dirty, 0);
        self.disk.extend_from_slice(&self.cache[self.dirty..]);
        self.dirty = self.cache.len();
    }

    fn crash(&mut self, draw: &mut impl FnMut(u64) -> u64) {
        let mut left = std::mem::take(&mut self.disk);
        if left.len() > self.cache.len() && draw(2) == 1 {
            left.truncate(self.cache.len());
        }
        let written = &self.cache[self.dirty..];
        let kept = if written.is_empty() { 0 } else { draw(written.len() as u64 + 1) as usize };
        let durable = left.len();
        if kept > 0 {
            let end = self.dirty + kept;
            left.resize(left.len().max(end), 0);
            left[self.dirty..end].copy_from_slice(&written[..kept]);
            // Pages reach a disk in any order: the first of them may be those that did not.
            let late = self.dirty.max(durable);
            if end > late && draw(4) == 1 {
                let hole = draw((end - late) as u64 + 1) as usize;
                left[late..late + hole].fill(0);
            }
        }
        *self = Self::durable(left);
    }
}

fn failed(doing: &'static str, name: &str, error: io::Error) -> StorageError {
    StorageError::Failed { doing, name: name.to_owned(), error }
}

fn mishap(doing: &'static str, name: &str) -> StorageError {
    failed(doing, name, io::Error::other("as was planned"))
}

impl Source for Memory {
    fn list(&self) -> Result<Vec<Entry>, StorageError> {
        let disk = self.disk();
        let entry = |(name, file): (&String, &Stored)| Entry {
            name: name.clone(),
            len: file.cache.len() as u64,
        };
        Ok(disk.files.iter().map(entry).collect())
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let mut disk = self.disk();
        let bytes = &disk.file("read", name)?.cache;
        let rest = bytes.get(at as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }
}

impl Storage for Memory {
    fn create(&mut self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let mut disk = self.disk();
        let half = || Half::Create(name.to_owned(), content.to_vec());
        disk.begin(half).map_err(|_| mishap("create", name))?;
        disk.has_room("create", name, content.len())?;
        disk.files.insert(name.to_owned(), Stored::durable(content.to_vec()));
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut disk = self.disk();
        let begun = disk.begin(|| Half::Other);
        if !matches!(begun, Err(None)) {
            disk.has_room("append to", name, bytes.len())?;
            disk.file("append to", name)?.cache.extend_from_slice(bytes);
        }
        begun.map_err(|_| mishap("append to", name))
    }

    fn sync(&mut self, name: &str) -> Result<(), StorageError> {
        let mut disk = self.disk();
        let begun = disk.begin(|| Half::Other);
        let file = disk.file("sync", name)?;
        match begun {
            Ok(()) => file.sync(),
            Err(Some(Mishap::Fail)) => file.dirty = file.cache.len(),
            Err(Some(Mishap::Halt) | None) => {}
        }
        begun.map_err(|_| mishap("sync", name))
    }

    fn cut(&mut self, name: &str, len: u64) -> Result<(), StorageError> {
        let mut disk = self.disk();
        let begun = disk.begin(|| Half::Other);
        if !matches!(begun, Err(None)) {
            let file = disk.file("cut", name)?;
            file.cache.truncate(len as usize);
            file.dirty = file.dirty.min(len as usize);
        }
        begun.map_err(|_| mishap("cut", name))
    }

    fn rewrite(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let mut disk = self.disk();
        let begun = disk.begin(|| Half::Other);
        if !matches!(begun, Err(None)) {
            let file = disk.file("rewrite", name)?;
            let there = file.cache.get_mut(at as usize..at as usize + bytes.len());
            there.expect("bytes that are not there cannot be rewritten").copy_from_slice(bytes);
            file.dirty = file.dirty.min(at as usize);
        }
        begun.map_err(|_| mishap("rewrite", name))
    }

    fn remove(&mut self, name: &str) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.begin(|| Half::Remove(name.to_owned())).map_err(|_| mishap("remove", name))?;
        disk.files.remove(name);
        Ok(())
    }
}
