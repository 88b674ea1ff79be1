//! Many sets of parameters over the same data.

pub mod ask;
pub mod landscape;
pub mod metric;
mod shard;
pub mod space;
pub mod store;
mod surface;
pub mod table;

pub use shard::{Shard, ShardError};
pub use surface::surface;
