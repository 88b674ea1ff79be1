//! What stands behind a bad record of the last file: the end that a crash tore, or
//! records that were durable.
//!
//! A record that begins a batch says so: all before it was durable when it was appended.
//! So one of them behind a bad record shows that the bad one was whole once, and is damaged
//! now. Without one the bad record was among the last that were written, of which nothing
//! was promised: of those a crash may leave any part.

use crate::layout::{RECORD_EXTRA, RECORD_HEAD, RecordHead, claims_batch, number};
use crate::storage::{Source, StorageError, fill};

/// Bytes that are looked through at once.
const CHUNK: usize = 256 << 10;

/// The last file, and where in it a bad record begins.
pub(crate) struct Tail<'s, S> {
    pub(crate) source: &'s S,
    pub(crate) name: &'s str,
    /// Sequence number of the file.
    pub(crate) file: u64,
    pub(crate) len: u64,
    pub(crate) bad: u64,
    /// Number of the bad record.
    pub(crate) record: u64,
}

impl<S: Source> Tail<'_, S> {
    /// Whether the bad record was durable.
    ///
    /// The head of a later record is enough: bytes that are none have its check, and a
    /// number out of the few that can be, once in far more files than there are.
    pub(crate) fn was_durable(&self) -> Result<bool, StorageError> {
        let most = self.record.saturating_add((self.len - self.bad) / RECORD_EXTRA as u64);
        let later = self.record.saturating_add(1)..=most;
        let mut bytes = vec![0; CHUNK];
        let mut base = self.bad + 1;
        while base + (RECORD_HEAD as u64) < self.len {
            let read = fill(self.source, self.name, base, &mut bytes)?;
            if read < RECORD_HEAD {
                break;
            }
            let begins = |candidate: &[u8; RECORD_HEAD]| {
                claims_batch(candidate)
                    && later.contains(&number(candidate))
                    && RecordHead::read(candidate, self.file).is_some()
            };
            if bytes[..read].array_windows::<RECORD_HEAD>().any(begins) {
                return Ok(true);
            }
            base += (read - RECORD_HEAD + 1) as u64;
        }
        Ok(false)
    }
}
