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
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
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
    /// The folders of the best.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The windows of the walk forward.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// How far the best is to be believed.
    #[error(transparent)]
    Validation(#[from] ValidationError),
}

impl From<StoreError> for SearchError {
    fn from(error: StoreError) -> Self {
        SweepError::from(error).into()
    }
}
