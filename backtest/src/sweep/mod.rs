//! Many sets of parameters over the same data.

pub mod ask;
pub mod landscape;
pub mod metric;
mod shard;
pub mod space;
pub mod store;
pub mod table;

pub use shard::{Shard, ShardError};
