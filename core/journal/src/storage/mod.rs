//! What a journal needs of a disk: a few operations on files in one folder, each with
//! what is promised about it after a crash.

mod folder;
mod memory;

use std::io;

pub use folder::{Folder, ReadFolder};
pub use memory::{Memory, Mishap};

/// Files that can be read.
pub trait Source {
    /// Every file, in the order of the names.
    fn list(&self) -> Result<Vec<Entry>, StorageError>;

    /// Reads from byte `at` on; the number of bytes read, 0 at the end of the file alone.
    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError>;
}

/// Files that can be written, by one writer.
///
/// An operation that has no room says [`StorageError::NoRoom`] and has then changed
/// nothing; after any other error it may be done, half done or not done.
pub trait Storage: Source {
    /// Makes a file with this content, durable when it returns. It is whole or not there,
    /// whatever happens.
    fn create(&mut self, name: &str, content: &[u8]) -> Result<(), StorageError>;

    /// Writes behind the end of a file. What was not synced may be lost in a crash, in
    /// part or in whole, in any order of its bytes.
    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Makes durable what was written into a file since the last time. After an error
    /// nothing is known about those bytes, and trying again proves nothing: an operating
    /// system may call them clean although they never reached the disk.
    fn sync(&mut self, name: &str) -> Result<(), StorageError>;

    /// Drops what stands behind the first `len` bytes.
    fn cut(&mut self, name: &str, len: u64) -> Result<(), StorageError>;

    /// Writes bytes once more where they already stand, so that the next sync is about
    /// them whatever became of the last one.
    fn rewrite(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<(), StorageError>;

    /// Removes a file for good.
    fn remove(&mut self, name: &str) -> Result<(), StorageError>;
}

/// A file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub len: u64,
}

/// Why the storage did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk, or what this user may have of it, is full. Nothing was changed.
    #[error("no room to {doing} {name}: {error}")]
    NoRoom {
        /// What was tried.
        doing: &'static str,
        /// Name of the file.
        name: String,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// Anything else.
    #[error("cannot {doing} {name}: {error}")]
    Failed {
        /// What was tried.
        doing: &'static str,
        /// Name of the file or folder.
        name: String,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// Another process writes here.
    #[error("{folder} is in use by another process that writes a journal there")]
    InUse {
        /// Path of the folder.
        folder: String,
    },
}

impl<S: Source + ?Sized> Source for &S {
    fn list(&self) -> Result<Vec<Entry>, StorageError> {
        (**self).list()
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        (**self).read(name, at, into)
    }
}

/// Fills `into` from byte `at` on as far as the file goes; the number of bytes read.
pub(crate) fn fill(
    source: &impl Source,
    name: &str,
    at: u64,
    into: &mut [u8],
) -> Result<usize, StorageError> {
    let mut filled = 0;
    while filled < into.len() {
        match source.read(name, at + filled as u64, &mut into[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
