//! Where prices come from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;

use super::venue::within;

/// `[feed]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FeedConfig {
    /// What was recorded.
    Tape {
        /// The recording; relative to the file that names it.
        path: PathBuf,
        /// How many times faster than it was recorded, 1 or more; as fast as can be when
        /// absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speed: Option<u32>,
    },
    /// Match-Trader's candles and quotes, by one account's session. Candles are of the bid,
    /// as far as is known, and their volume counts the changes of this broker's own price.
    MatchTrader {
        /// The account whose session asks for them.
        account: String,
        /// How often the quotes of all symbols are asked for, in milliseconds, 100 to
        /// 60,000.
        #[serde(default = "quotes_every_ms")]
        quotes_every_ms: u32,
        /// How long after its end a candle is asked for, in milliseconds, 0 to 60,000.
        #[serde(default = "candle_after_ms")]
        candle_after_ms: u32,
    },
}

const fn quotes_every_ms() -> u32 {
    1_000
}

const fn candle_after_ms() -> u32 {
    500
}

impl FeedConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Tape { path, speed } => {
                if path.as_os_str().is_empty() {
                    let words = "is empty; write the path of a recording";
                    return Err(ConfigError::at_key("feed.path", words));
                }
                within("feed.speed", speed.unwrap_or(1), 1, u32::MAX)
            }
            Self::MatchTrader { quotes_every_ms, candle_after_ms, .. } => {
                within("feed.quotes_every_ms", *quotes_every_ms, 100, 60_000)?;
                within("feed.candle_after_ms", *candle_after_ms, 0, 60_000)
            }
        }
    }

    /// With its path below `folder`, where it is a relative one.
    pub(super) fn below(&mut self, folder: &Path) {
        match self {
            Self::Tape { path, .. } => *path = folder.join(&path),
            Self::MatchTrader { .. } => {}
        }
    }

    /// Requests a minute that it takes of the server of its account, where `bars` candles
    /// end in a minute; each may be asked for twice.
    pub(super) fn per_minute(&self, bars: u32) -> u32 {
        match self {
            Self::Tape { .. } => 0,
            Self::MatchTrader { quotes_every_ms, .. } => {
                60_000_u32.div_ceil(*quotes_every_ms).saturating_add(bars.saturating_mul(2))
            }
        }
    }
}
