//! Why a feature cannot be computed as asked.

use crate::calendar::Interval;
use crate::params::{OutOfRange, ParamError};

/// A feature cannot be computed as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// A window is out of range.
    #[error(transparent)]
    Period(#[from] OutOfRange),
    /// A parameter of the strategy is out of range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A timeframe is not a multiple of the bars it is built from.
    #[error("a timeframe of {timeframe} s cannot be built from bars of {interval}")]
    Timeframe {
        /// The timeframe asked for, in seconds.
        timeframe: i64,
        /// Length of the data's bars.
        interval: Interval,
    },
}
