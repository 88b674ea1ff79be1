//! The part of a file that is in memory while it is read from front to back.

use crate::layout::HASH;
use crate::storage::{Source, StorageError, fill};

/// Bytes that are asked for at once.
const CHUNK: usize = 256 << 10;

/// A view of a file at a place that only moves on. The [`HASH`] bytes before the place
/// stay in reach.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Bytes of the file from `base` on.
    bytes: Vec<u8>,
    base: u64,
    /// Where in `bytes` the place is.
    at: usize,
}

impl Window {
    /// The place, as a byte of the file.
    pub(crate) const fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Starts at the front of another file.
    pub(crate) fn restart(&mut self) {
        self.bytes.clear();
        (self.base, self.at) = (0, 0);
    }

    /// Brings `n` bytes from the place on into memory, of a file of `len` bytes; how many
    /// there are, at most `n`.
    pub(crate) fn reach(
        &mut self,
        source: &impl Source,
        name: &str,
        len: u64,
        n: usize,
    ) -> Result<usize, StorageError> {
        if self.bytes.len() - self.at < n {
            let kept = self.at.min(HASH);
            self.bytes.drain(..self.at - kept);
            self.base += (self.at - kept) as u64;
            self.at = kept;
            let have = self.bytes.len();
            let left = len.saturating_sub(self.base + have as u64);
            let more = left.min((n - (have - kept)).max(CHUNK) as u64) as usize;
            self.bytes.resize(have + more, 0);
            let read = fill(source, name, self.base + have as u64, &mut self.bytes[have..])?;
            self.bytes.truncate(have + read);
        }
        Ok(n.min(self.bytes.len() - self.at))
    }

    /// The next `n` bytes, which were reached for.
    pub(crate) fn ahead(&self, n: usize) -> &[u8] {
        &self.bytes[self.at..self.at + n]
    }

    /// The same, with the hash that stands before them.
    pub(crate) fn with_hash_before(&self, n: usize) -> &[u8] {
        &self.bytes[self.at - HASH..self.at + n]
    }

    /// The `n` bytes before the place, of those in memory.
    pub(crate) fn behind(&self, n: usize) -> &[u8] {
        &self.bytes[self.at - n..self.at]
    }

    /// Moves the place on.
    pub(crate) const fn pass(&mut self, n: usize) {
        self.at += n;
    }
}
