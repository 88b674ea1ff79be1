//! What a sweep has found out so far, on the disk as soon as it is known: a
//! sweep runs for hours, and none of it may be lost to Ctrl-C, `kill -9` or a full
//! disk, nor may the number of sets be bounded by memory.
//!
//! `sets.bin` has a record of fixed size for each set, `sets.failed.csv` the words
//! of those that failed, `returns.bin` the daily returns of a [`ReturnsSample`].
//!
//! # Invariants
//!
//! - The bytes of a finished file are a function of its [`StoreHeader`] and what was put:
//!   not of the order, the number of threads, or how often it was resumed. Shards
//!   [`merge()`] to the bytes of one run.
//! - A record that is torn or damaged is not there, so its set is evaluated again.
//! - Memory is a bit a set, a chunk of a file and 24 bytes a failed set.
//! - One process writes a file at a time; any number may read it.
//!
//! # Known limits
//!
//! What was put survives the end of the process at once, but a power failure only
//! from the next `sync` on. A value that is not finite is kept as none. Where locks
//! keep readers out (Windows), a file can be read only when its writer is gone.

mod blocks;
mod cells;
mod disk;
mod error;
mod failures;
mod header;
mod merge;
mod records;
mod sample;
mod set_record;
mod sets;
mod shard;
#[cfg(test)]
mod tests;

pub(in crate::research) use blocks::block_lengths;
pub use blocks::{BLOCKS, BlockSums};
pub use error::StoreError;
pub use header::StoreHeader;
pub use sample::{MOST_SAMPLED, ReturnsSample, is_sampled};
pub use set_record::{Figures, SetRecord};
pub use sets::{Failure, Store, merge};
pub use shard::{Shard, ShardError};
