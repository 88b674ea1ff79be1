//! What a file of a sweep says of itself: which search, which part of it, and
//! what each record holds. A file is resumed or merged only by what it says.

use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::blocks::BLOCKS;
use super::error::StoreError;
use super::shard::{Shard, row_from};
use crate::folder::Identity;

const MAGIC: &[u8; 8] = b"ticksets";
const VERSION: u32 = 1;
/// Bytes before the JSON: magic, version, length.
const FIXED: usize = 16;
/// Bytes of the header's checksum.
const CHECKSUM: usize = 8;
/// Longest JSON that is still taken for a header, in bytes.
const LONGEST: usize = 1 << 24;
const MOST_SETS: u64 = 1 << 32;
const MOST_COLUMNS: usize = 1 << 16;

/// What is swept, which part of it goes into a file, and the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreHeader {
    identity: Identity,
    total: u64,
    shard: Shard,
    columns: Vec<String>,
    blocks: bool,
}

impl StoreHeader {
    /// All `total` sets of a search, `columns` figures each, without blocks.
    ///
    /// An error for more than 2^32 sets or 2^16 columns, and for a column that is
    /// named twice or not at all.
    pub fn new(identity: Identity, total: u64, columns: Vec<String>) -> Result<Self, StoreError> {
        let misfit = |what: String| Err(StoreError::Misfit { what });
        if total > MOST_SETS {
            return misfit(format!("{total} sets are more than {MOST_SETS}"));
        }
        if columns.len() > MOST_COLUMNS {
            return misfit(format!("{} columns are more than {MOST_COLUMNS}", columns.len()));
        }
        let mut names: Vec<&str> = columns.iter().map(String::as_str).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|w| w[0] == w[1]) {
            return misfit(format!("two columns are named {}", twice[0]));
        }
        if names.first().is_some_and(|name| name.is_empty()) {
            return misfit("a column has no name".to_owned());
        }
        Ok(Self { identity, total, shard: Shard::WHOLE, columns, blocks: false })
    }

    /// The header of the sets of one shard only.
    #[must_use]
    pub fn with_shard(self, shard: Shard) -> Self {
        Self { shard, ..self }
    }

    /// With the sums and squares of [`BLOCKS`] blocks of returns for each set.
    #[must_use]
    pub fn with_blocks(self) -> Self {
        Self { blocks: true, ..self }
    }

    /// The fingerprint of the search that the records are of.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Sets of the whole search.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The part of it in the file.
    #[must_use]
    pub const fn shard(&self) -> Shard {
        self.shard
    }

    /// Sets of that part.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.shard.range(self.total)
    }

    /// Names of the figures.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether each set has its blocks.
    #[must_use]
    pub const fn has_blocks(&self) -> bool {
        self.blocks
    }
}

/// What the records of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Holds {
    /// Figures, a record for each set.
    Sets,
    /// Daily returns, a record for each sampled set.
    Returns,
}

/// The header as it is written. What follows from the rest is there for readers
/// other than this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) holds: Holds,
    pub(super) identity: Identity,
    pub(super) total: u64,
    pub(super) shard: Shard,
    /// Records of the whole search: all sets, or those sampled.
    pub(super) records: u64,
    /// The first here, and the one after the last.
    pub(super) first: u64,
    pub(super) end: u64,
    /// Size of a record with its checksum, in bytes.
    pub(super) bytes: usize,
    pub(super) blocks: usize,
    pub(super) columns: Vec<String>,
}

impl Head {
    pub(super) fn sets(header: &StoreHeader) -> Self {
        let blocks = if header.blocks { BLOCKS } else { 0 };
        let Range { start, end } = header.range();
        Self {
            holds: Holds::Sets,
            identity: header.identity,
            total: header.total,
            shard: header.shard,
            records: header.total,
            first: start,
            end,
            bytes: 1 + 8 + 8 * header.columns.len() + 16 * blocks + CHECKSUM,
            blocks,
            columns: header.columns.clone(),
        }
    }

    /// The file header of `records` sets sampled from all.
    pub(super) fn returns(header: &StoreHeader, records: u64) -> Self {
        let Range { start, end } = header.range();
        let row = |set| row_from(set, header.total, records);
        Self {
            holds: Holds::Returns,
            records,
            first: row(start),
            end: row(end),
            bytes: 1 + 8 * header.columns.len() + CHECKSUM,
            blocks: 0,
            ..Self::sets(header)
        }
    }

    /// The header without what follows from the rest.
    pub(super) fn header(&self) -> StoreHeader {
        StoreHeader {
            identity: self.identity,
            total: self.total,
            shard: self.shard,
            columns: self.columns.clone(),
            blocks: self.blocks > 0,
        }
    }

    /// The header of all sets in one file, whatever shard this one is.
    pub(super) fn whole(&self) -> Self {
        Self { shard: Shard::WHOLE, first: 0, end: self.records, ..self.clone() }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and integers are always JSON.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = Vec::with_capacity(FIXED + json.len() + CHECKSUM);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&json);
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header through `read(offset, length)`, which gives fewer bytes only at
    /// the end of the file. The words of an error tell what is wrong.
    pub(super) fn read<E: From<String>>(
        mut read: impl FnMut(u64, usize) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let mut bytes = read(0, FIXED)?;
        if bytes.len() < FIXED {
            return Err(E::from(format!("it ends at byte {} within its header", bytes.len())));
        }
        if &bytes[..8] != MAGIC {
            return Err(E::from("it does not begin as a file of a sweep (byte 0)".to_owned()));
        }
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if number(8) != VERSION {
            let words = format!("it is of version {} (byte 8), this reads {VERSION}", number(8));
            return Err(E::from(words));
        }
        let length = number(12) as usize;
        if length > LONGEST {
            return Err(E::from(format!("its header would be {length} bytes (byte 12)")));
        }
        bytes.extend(read(FIXED as u64, length + CHECKSUM)?);
        let damaged = "its header is damaged (checksum, from byte 0)";
        if bytes.len() < FIXED + length + CHECKSUM {
            return Err(E::from(format!("it ends at byte {} within its header", bytes.len())));
        }
        let (before, checksum) = bytes.split_at(FIXED + length);
        if xxh3_64(before).to_le_bytes() != checksum {
            return Err(E::from(damaged.to_owned()));
        }
        let head: Self = serde_json::from_slice(&before[FIXED..])
            .map_err(|e| E::from(format!("its header cannot be read: {e}")))?;
        let header = head.header();
        let again = match head.holds {
            Holds::Sets => Self::sets(&header),
            Holds::Returns if head.records <= head.total => Self::returns(&header, head.records),
            Holds::Returns => {
                return Err(E::from("it samples more sets than there are".to_owned()));
            }
        };
        let sound = StoreHeader::new(header.identity, header.total, header.columns).is_ok();
        if again != head || !sound {
            return Err(E::from("its header contradicts itself".to_owned()));
        }
        Ok(head)
    }

    /// An error that names the first thing in which a file, which says `self`, is not
    /// what is asked for.
    pub(super) fn must_be(&self, ours: &Self, path: &Path) -> Result<(), StoreError> {
        let pairs: [(&'static str, String, String); 6] = [
            ("its kind", format!("{:?}", self.holds), format!("{:?}", ours.holds)),
            ("the identity", self.identity.to_string(), ours.identity.to_string()),
            ("the number of sets", self.total.to_string(), ours.total.to_string()),
            ("the shard", self.shard.to_string(), ours.shard.to_string()),
            ("the list of columns", self.columns.join(","), ours.columns.join(",")),
            (
                "the size of a record or sample",
                format!("{} bytes, {} records, {} blocks", self.bytes, self.records, self.blocks),
                format!("{} bytes, {} records, {} blocks", ours.bytes, ours.records, ours.blocks),
            ),
        ];
        match pairs.into_iter().find(|(_, theirs, ours)| theirs != ours) {
            Some((what, theirs, ours)) => {
                Err(StoreError::Other { path: path.to_path_buf(), what, theirs, ours })
            }
            None => Ok(()),
        }
    }
}
