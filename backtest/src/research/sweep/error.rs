//! Why a sweep stops: in words that name what to change.

use super::metric::UnknownMetric;
use super::table::TableError;
use crate::folder::OutputError;
use crate::research::space::SpaceError;
use crate::research::store::StoreError;

/// A sweep did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The space of parameters.
    #[error("sweep: {0}")]
    Space(#[from] SpaceError),
    /// A figure that is searched for.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// The files of sets cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tables cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The folder cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The folder holds something else.
    #[error("{0} is not the folder of a sweep (it holds something else); name another with --out")]
    NotASweep(String),
    /// The threads that sets are run on.
    #[error("cannot start the threads: {0}; ask for fewer with --threads")]
    Threads(String),
    /// The caller asked it to stop.
    #[error("interrupted: {done} of {total} sets are finished and kept")]
    Interrupted {
        /// Number of sets that are finished.
        done: u64,
        /// Number of sets in all.
        total: u64,
    },
    /// The caller asked a sweep in memory to stop.
    #[error("stopped: {done} of {total} sets were run; nothing of them is kept")]
    Stopped {
        /// Number of sets that were run.
        done: u64,
        /// Number of sets in all.
        total: u64,
    },
}
