//! Why a sweep stops: in words that name what to change.

use crate::config::ConfigError;
use crate::folder::OutputError;
use crate::research::validation::WalkError;
use crate::run::RunError;
use crate::setup::{FindingsError, SetupError};

use super::metric::UnknownMetric;
use super::table::TableError;
use crate::research::space::SpaceError;
use crate::research::store::StoreError;

/// A sweep did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The space of parameters.
    #[error("sweep: {0}")]
    Space(#[from] SpaceError),
    /// A figure.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// An axis that cannot be swept.
    #[error("axis {key}: {message}")]
    Axis {
        /// Its key.
        key: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A configuration without `[sweep]`.
    #[error(
        "the configuration has no [sweep]; state method, objective and [[sweep.axis]], as \
         examples/sweep.toml does"
    )]
    NoSweep,
    /// The data or the account.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The best sets, run whole.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What is known of the best beside their tables.
    #[error(transparent)]
    Findings(#[from] FindingsError),
    /// The files of sets.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tables.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The folder.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The folder holds something else.
    #[error("{0} is not the folder of a sweep (it holds something else); name another with --out")]
    NotASweep(String),
    /// No threads.
    #[error("cannot start the threads: {0}; ask for fewer with --threads")]
    Threads(String),
    /// The walk forward.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// The caller asked it to stop.
    #[error("interrupted: {done} of {total} sets are finished and kept")]
    Interrupted {
        /// Sets that are finished.
        done: u64,
        /// Sets there are.
        total: u64,
    },
}
