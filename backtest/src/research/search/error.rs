//! Why the search of a configuration stops: in words that name what to change.

use crate::config::ConfigError;
use crate::folder::OutputError;
use crate::research::store::StoreError;
use crate::research::sweep::SweepError;
use crate::research::validation::{ValidationError, WalkError};
use crate::run::RunError;
use crate::setup::{FindingsError, SetupError};

/// The search of a configuration did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An axis that cannot be swept.
    #[error("axis {key}: {message}")]
    Axis {
        /// Key of the axis.
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
    /// The data or the account cannot be prepared.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A best set could not be run whole.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What is known of the best sets beside their tables could not be found out.
    #[error(transparent)]
    Findings(#[from] FindingsError),
    /// The folder of a best set cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The sweep could not be finished.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// A window of the walk forward could not be run.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// How far the best set is to be believed could not be worked out.
    #[error(transparent)]
    Validation(#[from] ValidationError),
}

impl From<StoreError> for SearchError {
    fn from(error: StoreError) -> Self {
        SweepError::from(error).into()
    }
}
