//! Where the bytes of a file stand, and what ties them together.
//!
//! A file is a head and records, one behind the other, integers in little-endian:
//!
//! | head of a file | bytes |
//! |---|---|
//! | `tickjrnl` | 8 |
//! | version | 4 |
//! | sequence number of the file | 8 |
//! | number of its first record | 8 |
//! | hash of the last record before it, zeros in the first file | 32 |
//! | SHA-256 of the 60 bytes above | 32 |
//!
//! | record | bytes |
//! |---|---|
//! | length of the payload; the highest bit: everything before this record was durable | 4 |
//! | kind | 1 |
//! | time, nanoseconds | 8 |
//! | number, counted from 0 over all files | 8 |
//! | check of the 21 bytes above: the low half of their XXH3, seeded with the file's number | 4 |
//! | payload | length |
//! | SHA-256 of the 32 bytes before the record, and of all of it above | 32 |
//!
//! The 32 bytes before a record are the hash of the one before it, or of the file's head:
//! so each hash depends on everything that was ever written, and is taken over bytes that
//! stand together. The check lets a record be recognised that stands behind a bad one, and
//! its number tells whether another one is missing before it.

use sha2::{Digest, Sha256};
use tickstep_core::units::Nanos;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The hash of a record: of its bytes and of the hash before it.
pub type Hash = [u8; HASH];

/// The longest payload, in bytes: 256 MiB.
pub const RECORD_MAX: usize = 256 << 20;

/// The version that is written.
pub(crate) const VERSION: u32 = 1;
pub(crate) const HASH: usize = 32;
pub(crate) const FILE_HEAD: usize = 92;
pub(crate) const RECORD_HEAD: usize = 25;
/// What a record takes beyond its payload.
pub(crate) const RECORD_EXTRA: usize = RECORD_HEAD + HASH;

const MAGIC: [u8; 8] = *b"tickjrnl";
/// Bytes of a record's head that its check is taken over.
const CHECKED: usize = 21;
/// Bytes before the number.
const STAMPED: usize = 13;
/// In the length: everything before this record was durable when it was appended.
const BATCH: u32 = 1 << 31;

/// What is said about a record before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHead {
    pub(crate) len: usize,
    /// Everything before it was durable.
    pub(crate) batch: bool,
    pub(crate) kind: u8,
    pub(crate) ts: Nanos,
    pub(crate) number: u64,
}

impl RecordHead {
    /// Appends the head's bytes to `out`.
    pub(crate) fn put(self, file: u64, out: &mut Vec<u8>) {
        assert!(self.len <= RECORD_MAX, "a payload of {} bytes", self.len);
        let len = self.len as u32 | if self.batch { BATCH } else { 0 };
        let mut bytes = [0; RECORD_HEAD];
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[4] = self.kind;
        bytes[5..STAMPED].copy_from_slice(&self.ts.0.to_le_bytes());
        bytes[STAMPED..CHECKED].copy_from_slice(&self.number.to_le_bytes());
        let check = check(&bytes, file);
        bytes[CHECKED..].copy_from_slice(&check);
        out.extend_from_slice(&bytes);
    }

    /// The head that these bytes are; `None` when their check does not agree.
    pub(crate) fn read(bytes: &[u8; RECORD_HEAD], file: u64) -> Option<Self> {
        if bytes[CHECKED..] != check(bytes, file) {
            return None;
        }
        let len = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let (_, ts) = bytes[..STAMPED].split_last_chunk::<8>()?;
        let head = Self {
            len: (len & !BATCH) as usize,
            batch: len & BATCH != 0,
            kind: bytes[4],
            ts: Nanos(i64::from_le_bytes(*ts)),
            number: number(bytes),
        };
        (head.len <= RECORD_MAX).then_some(head)
    }

    /// Bytes of the whole record.
    pub(crate) const fn size(&self) -> u64 {
        (self.len + RECORD_EXTRA) as u64
    }
}

/// Whether bytes that may be a record's head claim that all before it was durable.
pub(crate) const fn claims_batch(bytes: &[u8; RECORD_HEAD]) -> bool {
    bytes[3] & 0x80 != 0
}

/// The number in bytes that may be a record's head.
pub(crate) fn number(bytes: &[u8; RECORD_HEAD]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[STAMPED..CHECKED]);
    u64::from_le_bytes(eight)
}

fn check(bytes: &[u8; RECORD_HEAD], file: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = xxh3_64_with_seed(&bytes[..CHECKED], file).to_le_bytes();
    [a, b, c, d]
}

/// Appends a record to bytes that end with the hash before it.
pub(crate) fn put_record(head: RecordHead, file: u64, payload: &[u8], out: &mut Vec<u8>) {
    let from = out.len() - HASH;
    out.reserve(RECORD_EXTRA + payload.len());
    head.put(file, out);
    out.extend_from_slice(payload);
    let hash: Hash = Sha256::digest(&out[from..]).into();
    out.extend_from_slice(&hash);
}

/// What a file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileHead {
    pub(crate) file: u64,
    /// Number of its first record.
    pub(crate) first: u64,
    /// The hash of the last record before it.
    pub(crate) before: Hash,
}

/// Why bytes are no head of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileHeadFault {
    Magic,
    Version(u32),
    Hash,
}

impl FileHead {
    pub(crate) fn bytes(&self) -> [u8; FILE_HEAD] {
        let mut bytes = [0; FILE_HEAD];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.file.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.first.to_le_bytes());
        bytes[28..60].copy_from_slice(&self.before);
        let hash = Sha256::digest(&bytes[..60]);
        bytes[60..].copy_from_slice(&hash);
        bytes
    }

    pub(crate) fn read(bytes: &[u8; FILE_HEAD]) -> Result<Self, FileHeadFault> {
        if bytes[..8] != MAGIC {
            return Err(FileHeadFault::Magic);
        }
        let long = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let mut head = Self { file: long(12), first: long(20), before: [0; HASH] };
        head.before.copy_from_slice(&bytes[28..60]);
        let version = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        let sound = bytes[60..] == Sha256::digest(&bytes[..60])[..];
        match version {
            // What another version's head is like is not known here.
            VERSION if !sound => Err(FileHeadFault::Hash),
            VERSION => Ok(head),
            other => Err(FileHeadFault::Version(other)),
        }
    }
}

/// The name of the file of this sequence number.
pub(crate) fn file_name(file: u64) -> String {
    format!("{file:010}.journal")
}

/// The sequence number in a file's name; `None` for other files.
pub(crate) fn file_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".journal")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}
