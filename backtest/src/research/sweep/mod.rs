//! Many sets of parameters over the same data: which are tried ([`space`]), by what
//! they are judged ([`metric`]), how they are run ([`Sweep`], or [`SweepPlan`] for a
//! configuration), where each is kept as soon as it is done ([`store`]) and what is
//! left at the end ([`Finish`], [`table`]). Other programs choose sets by [`ask`].
//!
//! # Invariants
//!
//! - A set is its single run: the same trades, the same figures to the last bit.
//! - The bytes of a sweep's folder are a function of configuration, data and version:
//!   not of threads, interruptions, or the shards it was run in.
//! - Memory does not grow with the number of sets, beyond a few bytes each.
//!
//! # Known limits
//!
//! All sets share data and period. The best of many looks good by luck alone.

mod blocks;
mod configured;
mod error;
pub mod files;
mod finish;
mod judge;
pub mod metric;
mod run;
pub(in crate::research) mod shard;
pub mod table;

pub use configured::SweepPlan;
pub use error::SweepError;
pub use finish::{Finish, Finished, Manifest};
pub use judge::Judging;
pub use run::{Found, Job, Progress, SetResult, Sweep, Watch};
pub use shard::{Shard, ShardError};
