//! The results of a sweep as a table that any tool reads, and the best of them,
//! both in one pass over the records, a million of which do not fit in memory.
//!
//! # Invariants
//!
//! - The bytes of `results.csv` are a function of the rows: a float is the shortest
//!   text that reads back as the same float, what there is none of is empty.
//! - The best are a function of the set of rows, not of their order: ties go to the
//!   set with the lower index.
//!
//! # Known limits
//!
//! The Pareto front is cut at [`MOST_FRONT`] sets, and says so.

mod csv;
#[cfg(feature = "polars")]
mod parquet;
mod printed;
mod ranking;
mod row;

pub use csv::{ResultsTable, float};
#[cfg(feature = "polars")]
pub use parquet::{GROUP, ParquetResults};
pub use printed::PrintedSets;
pub use ranking::{Front, MOST_FRONT, Ranked, Ranking};
pub(in crate::research) use row::set_columns;
pub use row::{ResultRow, TableError};
