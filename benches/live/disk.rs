//! Storage that counts what a journal does with it.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use tickstep_journal::{Entry, Source, Storage, StorageError};

/// A disk with a count of what was written, and the time that each sync took.
pub struct Counted<S> {
    pub inner: S,
    pub bytes: u64,
    pub syncs: RefCell<Vec<Duration>>,
}

impl<S> Counted<S> {
    pub const fn new(inner: S) -> Self {
        Self { inner, bytes: 0, syncs: RefCell::new(Vec::new()) }
    }
}

impl<S: Source> Source for Counted<S> {
    fn list(&self) -> Result<Vec<Entry>, StorageError> {
        self.inner.list()
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.inner.read(name, at, into)
    }
}

impl<S: Storage> Storage for Counted<S> {
    fn create(&mut self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        self.bytes += content.len() as u64;
        self.inner.create(name, content)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.bytes += bytes.len() as u64;
        self.inner.append(name, bytes)
    }

    fn sync(&mut self, name: &str) -> Result<(), StorageError> {
        let begun = Instant::now();
        let done = self.inner.sync(name);
        self.syncs.get_mut().push(begun.elapsed());
        done
    }

    fn cut(&mut self, name: &str, len: u64) -> Result<(), StorageError> {
        self.inner.cut(name, len)
    }

    fn rewrite(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<(), StorageError> {
        self.inner.rewrite(name, at, bytes)
    }

    fn remove(&mut self, name: &str) -> Result<(), StorageError> {
        self.inner.remove(name)
    }
}
