//! `[feed]` from Binance: where it is, how its symbols are called, and how often it tells.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;
use tickstep_core::units::Nanos;

use super::limit::{millis, seconds};
use super::venue::within;
use crate::feed::binance::{
    BinanceMarket, BinanceSetupError, BinanceTerms, LinkTerms, check_address,
};

/// A feed from Binance. It needs no key, and everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BinanceConfig {
    /// How the exchange calls an instrument that it does not call as this file does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub symbols: BTreeMap<String, String>,
    /// How often the best levels of a book are told to the strategies, and written to the
    /// journal, at most, in milliseconds, 0 (each change) to 60,000. A bar that closes is
    /// decided on with the newest ones in any case. Ten levels are some 400 bytes of the
    /// journal each time: with the usual 250 ms, 140 MB a day for each instrument.
    pub depth_every_ms: u32,
    /// Levels of each side that are told, 1 to 200; as many as the strategies look at when
    /// absent, and no book is asked for where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth_levels: Option<u16>,
    /// How often the last trade is told as the instrument's price at most, in milliseconds,
    /// 0 (each trade) to 60,000.
    pub trades_every_ms: u32,
    /// How long nothing may come of an instrument while its market is open, in seconds, 5 to
    /// 3,600. Then an alarm is given, and nothing is entered on it.
    pub quiet_s: u32,
    /// How long a connection may be silent before it is given up, in seconds, 5 to 600; after
    /// half of that it is asked whether it is there.
    pub silence_s: u32,
    /// Age at which a connection is replaced, in minutes, 1 to 1,439: the exchange ends them
    /// after a day.
    pub renew_min: u32,
    /// Whether prices between two ticks are rounded: bars and trades to the nearer tick, a
    /// book away from its middle. Without it the instrument's `tick_size` has to be the
    /// exchange's, or a part of it.
    pub round_to_grid: bool,
    /// Weight of requests in a minute, 50 to 100,000; half of what the exchange allows an
    /// address when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_per_minute: Option<u32>,
    /// Where questions go, such as `https://fapi.binance.com`; the market's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_url: Option<String>,
    /// Where streams of klines and trades are, such as `wss://fstream.binance.com/market`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_url: Option<String>,
    /// Where streams of books are, such as `wss://fstream.binance.com/public`. One connection
    /// has both where it is the same as `market_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth_url: Option<String>,
}

impl Default for BinanceConfig {
    fn default() -> Self {
        Self {
            symbols: BTreeMap::new(),
            depth_every_ms: 250,
            depth_levels: None,
            trades_every_ms: 1_000,
            quiet_s: 60,
            silence_s: 60,
            renew_min: 24 * 60 - 10,
            round_to_grid: false,
            weight_per_minute: None,
            rest_url: None,
            market_url: None,
            depth_url: None,
        }
    }
}

impl BinanceConfig {
    pub(super) fn check(&self, market: BinanceMarket) -> Result<(), ConfigError> {
        for (key, value, least, most) in [
            ("feed.depth_every_ms", self.depth_every_ms, 0, 60_000),
            ("feed.depth_levels", self.depth_levels.map_or(1, u32::from), 1, 200),
            ("feed.trades_every_ms", self.trades_every_ms, 0, 60_000),
            ("feed.quiet_s", self.quiet_s, 5, 3_600),
            ("feed.silence_s", self.silence_s, 5, 600),
            ("feed.renew_min", self.renew_min, 1, 1_439),
            ("feed.weight_per_minute", self.weight_per_minute.unwrap_or(50), 50, 100_000),
        ] {
            within(key, value, least, most)?;
        }
        let terms = self.terms(market, 1, 1);
        let streams = ["wss", "ws"];
        let all = [
            check_address("rest_url", self.rest_url(market), ["https", "http"]),
            check_address("market_url", &terms.market_url, streams),
            check_address("depth_url", &terms.depth_url, streams),
        ];
        for checked in all {
            checked.map_err(|error| match error {
                BinanceSetupError::Address { name, why, .. } => {
                    ConfigError::at_key(&format!("feed.{name}"), &why)
                }
                other => ConfigError::at_key("feed", &other.to_string()),
            })?;
        }
        Ok(())
    }

    /// Where questions go.
    #[must_use]
    pub fn rest_url(&self, market: BinanceMarket) -> &str {
        self.rest_url.as_deref().unwrap_or(market.rest_url())
    }

    /// How the exchange calls an instrument.
    #[must_use]
    pub fn symbol(&self, own: &str) -> String {
        self.symbols.get(own).map_or(own, String::as_str).to_uppercase()
    }

    /// The feed as its task takes it; strategies look at `levels` of a book, and so many bars
    /// are asked for at the start.
    #[must_use]
    pub fn terms(&self, market: BinanceMarket, levels: usize, warm_up: usize) -> BinanceTerms {
        let url = |own: &Option<String>, usual: &str| own.as_deref().unwrap_or(usual).to_owned();
        let renew = Nanos::MINUTE.times(i64::from(self.renew_min));
        BinanceTerms {
            market,
            market_url: url(&self.market_url, market.market_url()),
            depth_url: url(&self.depth_url, market.depth_url()),
            levels: self.depth_levels.map_or(levels, usize::from),
            depth_every: millis(self.depth_every_ms),
            trades_every: millis(self.trades_every_ms),
            rounds: self.round_to_grid,
            quiet: seconds(self.quiet_s),
            warm_up,
            weight_per_minute: self.weight_per_minute.unwrap_or(market.weight_per_minute()),
            link: LinkTerms { renew, ..LinkTerms::of(seconds(self.silence_s)) },
        }
    }

    /// How long an answer is awaited.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }
}
