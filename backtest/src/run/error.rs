//! Why a run did not finish.

use tickstep_core::engine::EngineError;
use tickstep_core::features::FeatureError;
use tickstep_core::params::OutOfRange;

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The account or a strategy cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A feature cannot be computed on an instrument's bars.
    #[error("{symbol}: {error}")]
    Feature {
        /// Name of the instrument.
        symbol: String,
        /// Why the feature cannot be computed.
        error: FeatureError,
    },
    /// An instrument's slippage is out of range.
    #[error("{symbol}: {error}")]
    Slippage {
        /// Name of the instrument.
        symbol: String,
        /// Which number is out of range.
        error: OutOfRange,
    },
    /// A rule lacks its data.
    #[error(
        "{strategy} on {symbol}: {rule} needs {column}, which the data does not have; load data \
         with it, or switch the rule off or choose another by name"
    )]
    Lacks {
        /// Name of the strategy.
        strategy: String,
        /// Name of the instrument.
        symbol: String,
        /// Name of the parameter that switches the rule.
        rule: &'static str,
        /// Name of the column that it needs.
        column: &'static str,
    },
    /// The period holds nothing to trade.
    #[error("the period {0} holds no bar of any instrument; widen it or load other data")]
    Empty(String),
    /// The run has no instrument or no strategy.
    #[error("a run needs at least one instrument and one strategy")]
    Nothing,
    /// The caller stopped the run.
    #[error("interrupted")]
    Interrupted,
}
