//! Why a run did not finish.

use rust_decimal::Decimal;
use tickstep_core::engine::EngineError;
use tickstep_core::features::FeatureError;
use tickstep_core::params::OutOfRange;
use tickstep_core::units::Nanos;

use crate::times::utc;

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
    /// Money grew beyond what a decimal holds to the last digit, so that what follows could
    /// not be told exactly.
    #[error(
        "{symbol} at {price}, {}: the account's money has {decimals} decimals, and with these \
         more than the 28 digits that are kept exactly; look at the prices before it, trade \
         less, or state a lot_step, tick_size or fees of fewer decimals",
        utc(*at)
    )]
    Overflow {
        /// Name of the instrument.
        symbol: String,
        /// When it was, nanoseconds since the Unix epoch, UTC.
        at: Nanos,
        /// Its price then, quote currency.
        price: Decimal,
        /// Decimals of the account's money.
        decimals: u32,
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
