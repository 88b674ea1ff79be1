//! What stands behind a bad record of the last file: the end that a crash tore, or
//! records that were durable.
//!
//! A record that begins a batch says so: all before it was durable when it was appended.
//! So one of them, whole, behind a bad record shows that the bad one was whole too, and
//! is damaged now. Without one the bad record was among the last that were written, of
//! which nothing was promised.

use sha2::{Digest, Sha256};

use crate::layout::{HASH, Hash, RECORD_HEAD, RecordHead, claims_batch};
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
}

impl<S: Source> Tail<'_, S> {
    /// Whether the bad record was durable. `next` is where the record after it begins,
    /// and the hash that the bad one should have, when its head can be read.
    pub(crate) fn was_durable(&self, next: Option<(u64, Hash)>) -> Result<bool, StorageError> {
        if let Some((at, before)) = next
            && let Some(head) = self.batch_at(at)?
            && self.is_whole(at, head, Some(before))?
        {
            return Ok(true);
        }
        let mut bytes = vec![0; CHUNK];
        let mut base = self.bad + 1;
        while base + (RECORD_HEAD as u64) < self.len {
            let read = fill(self.source, self.name, base, &mut bytes)?;
            if read < RECORD_HEAD {
                break;
            }
            for (i, candidate) in bytes[..read].array_windows::<RECORD_HEAD>().enumerate() {
                if claims_batch(candidate)
                    && let Some(head) = RecordHead::read(candidate, self.file)
                    && self.is_whole(base + i as u64, head, None)?
                {
                    return Ok(true);
                }
            }
            base += (read - RECORD_HEAD + 1) as u64;
        }
        Ok(false)
    }

    /// The head of a record that begins a batch, if one is there.
    fn batch_at(&self, at: u64) -> Result<Option<RecordHead>, StorageError> {
        let mut bytes = [0; RECORD_HEAD];
        let read = fill(self.source, self.name, at, &mut bytes)?;
        let head = RecordHead::read(&bytes, self.file);
        Ok(head.filter(|head| read == RECORD_HEAD && head.batch))
    }

    /// Whether the bytes of a record agree with its hash, after the hash `before`, or the
    /// one that stands before it.
    fn is_whole(
        &self,
        at: u64,
        head: RecordHead,
        before: Option<Hash>,
    ) -> Result<bool, StorageError> {
        if at + head.size() > self.len {
            return Ok(false);
        }
        let mut hash = Sha256::new();
        let mut from = at - HASH as u64;
        if let Some(before) = before {
            hash.update(before);
            from = at;
        }
        let end = at + head.size() - HASH as u64;
        let mut bytes = vec![0; CHUNK.min((end - from) as usize)];
        while from < end {
            let n = bytes.len().min((end - from) as usize);
            let read = fill(self.source, self.name, from, &mut bytes[..n])?;
            if read == 0 {
                return Ok(false);
            }
            hash.update(&bytes[..read]);
            from += read as u64;
        }
        let mut written = [0; HASH];
        let read = fill(self.source, self.name, end, &mut written)?;
        Ok(read == HASH && hash.finalize()[..] == written)
    }
}
