//! Where prices come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;

use super::binance::BinanceConfig;
use super::venue::within;
use crate::feed::binance::BinanceMarket;

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
        /// What positions pay or receive while it lasts, by instrument; where one is not
        /// listed, what the base says of it, or nothing. The journal of a runner has its own,
        /// and nothing is listed.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        funding: BTreeMap<String, FundingTerms>,
    },
    /// Binance's futures that are margined in dollars: bars with the takers' volume, trades
    /// and order books. It needs no key.
    BinanceFutures(BinanceConfig),
    /// The same of Binance's spot market.
    BinanceSpot(BinanceConfig),
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

/// Funding or swap of a recording: `{ rate = 0.0001, every_s = 28800 }` or `{ file =
/// "rates.csv" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FundingKeys", into = "FundingKeys")]
pub enum FundingTerms {
    /// The same at every whole multiple of a time since 1970.
    Rate {
        /// Fraction of notional that longs pay and shorts receive, above -1 and below 1.
        rate: Decimal,
        /// Seconds between payments, 1 or more.
        every_s: u32,
    },
    /// Rows of a CSV file with a time and a rate.
    File {
        /// The file; relative to the configuration.
        file: PathBuf,
    },
}

/// The same as it is written.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FundingKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

impl TryFrom<FundingKeys> for FundingTerms {
    type Error = String;

    fn try_from(keys: FundingKeys) -> Result<Self, String> {
        match (keys.rate, keys.every_s, keys.file) {
            (Some(rate), _, None) if rate.abs() >= Decimal::ONE => {
                Err(format!("rate {rate} is out of range; it must be above -1 and below 1"))
            }
            (_, Some(0), None) => {
                Err("every_s 0 is out of range; it must be 1 or more seconds".to_owned())
            }
            (Some(rate), Some(every_s), None) => Ok(Self::Rate { rate, every_s }),
            (None, None, Some(file)) => Ok(Self::File { file }),
            _ => {
                let words = "write either { rate = 0.0001, every_s = 28800 } or { file = \
                             \"rates.csv\" }";
                Err(words.to_owned())
            }
        }
    }
}

impl From<FundingTerms> for FundingKeys {
    fn from(terms: FundingTerms) -> Self {
        match terms {
            FundingTerms::Rate { rate, every_s } => {
                Self { rate: Some(rate), every_s: Some(every_s), file: None }
            }
            FundingTerms::File { file } => Self { file: Some(file), ..Self::default() },
        }
    }
}

const fn quotes_every_ms() -> u32 {
    1_000
}

const fn candle_after_ms() -> u32 {
    500
}

impl FeedConfig {
    /// The market of Binance that it is, where it is one.
    #[must_use]
    pub const fn binance(&self) -> Option<(BinanceMarket, &BinanceConfig)> {
        match self {
            Self::BinanceFutures(config) => Some((BinanceMarket::UsdM, config)),
            Self::BinanceSpot(config) => Some((BinanceMarket::Spot, config)),
            Self::Tape { .. } | Self::MatchTrader { .. } => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Tape { path, speed, .. } => {
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
            Self::BinanceFutures(config) => config.check(BinanceMarket::UsdM),
            Self::BinanceSpot(config) => config.check(BinanceMarket::Spot),
        }
    }

    /// With its path below `folder`, where it is a relative one.
    pub(super) fn below(&mut self, folder: &Path) {
        match self {
            Self::Tape { path, funding, .. } => {
                *path = folder.join(&path);
                for terms in funding.values_mut() {
                    if let FundingTerms::File { file } = terms {
                        *file = folder.join(&file);
                    }
                }
            }
            Self::BinanceFutures(_) | Self::BinanceSpot(_) | Self::MatchTrader { .. } => {}
        }
    }

    /// Requests a minute that it takes of the server of its account, where it may ask for
    /// candles so often.
    pub(super) fn per_minute(&self, candles: u32) -> u32 {
        match self {
            Self::Tape { .. } | Self::BinanceFutures(_) | Self::BinanceSpot(_) => 0,
            Self::MatchTrader { quotes_every_ms, .. } => {
                60_000_u32.div_ceil(*quotes_every_ms).saturating_add(candles)
            }
        }
    }
}
