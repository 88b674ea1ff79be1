//! Many sets of parameters over the same data: by what they are judged ([`metric`]), how
//! they are run ([`Sweep`]), where what came of each is kept, in memory ([`SweepResult`])
//! or in files as soon as it is known ([`SweepFiles`]), and the tables of it ([`table`]).
//!
//! # Invariants
//!
//! - A set is its single run: the same trades, the same figures to the last bit.
//! - What is kept is a function of the sets and the data: not of threads, interruptions,
//!   or the shards it was run in.
//! - In files, memory does not grow with the number of sets, beyond a few bytes each.
//!
//! # Known limits
//!
//! All sets share data and period. The best of many looks good by luck alone:
//! [`crate::research::validation`] tells how much of it is.

mod cube;
mod error;
pub mod files;
pub mod metric;
mod objective;
mod progress;
mod records;
mod result;
mod run;
mod stored;
pub mod table;
mod threads;
mod transfer;
mod write;

pub use cube::cube;
pub use error::SweepError;
pub use objective::{Eligible, Objective};
pub use progress::{SweepProgress, SweepWatch};
pub use records::{SampledReturns, SetRecords};
pub use result::SweepResult;
pub use run::{SetResult, Sweep};
pub use stored::{SweepFiles, SweepJob};
pub(in crate::research) use threads::pool;
pub use write::RankedTables;
