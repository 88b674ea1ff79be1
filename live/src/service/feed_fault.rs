//! Why a feed cannot be started.

use tickstep_config::ConfigError;

use super::ways::WayError;
use crate::feed::RecordingError;
use crate::feed::binance::BinanceSetupError;

/// Why a feed cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its broker.
    #[error(transparent)]
    Way(#[from] WayError),
    /// A recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A broker has no bars of this length.
    #[error(
        "{symbol} has bars of {seconds} s, and Match-Trader has them of 60, 300, 900, 1800, \
         3600, 14400 and 86400 s"
    )]
    Interval {
        /// The instrument.
        symbol: String,
        /// Seconds of a bar.
        seconds: i64,
    },
    /// A feed from Binance.
    #[error(transparent)]
    Binance(#[from] BinanceSetupError),
    /// A broker does not trade an instrument.
    #[error("{symbol} has no symbol at the venue of the feed's account, {account}")]
    NoSymbol {
        /// The instrument.
        symbol: String,
        /// The account.
        account: String,
    },
}
