//! Many sets of parameters over the same data.

pub mod ask;
mod blocks;
mod configured;
mod error;
pub mod files;
mod finish;
mod judge;
pub mod landscape;
pub mod metric;
mod run;
mod shard;
pub mod space;
pub mod store;
mod surface;
pub mod table;

pub use configured::Configured;
pub use error::SweepError;
pub use finish::{Finish, Finished, Manifest};
pub use judge::Judging;
pub use run::{Found, Job, Progress, Ran, Sweep, Watch};
pub use shard::{Shard, ShardError};
pub use surface::surface;
