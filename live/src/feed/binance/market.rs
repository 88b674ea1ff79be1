//! Binance's two markets, and what differs between them: addresses, paths, weights of
//! requests and lengths of bars.

use tickstep_core::units::Nanos;

/// A market of Binance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinanceMarket {
    /// Futures that are margined in dollars.
    UsdM,
    /// Spot.
    Spot,
}

/// Lengths of bars that spot has, which are all that futures have and one more, in seconds.
const LENGTHS_S: [i64; 13] =
    [1, 60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, 43_200, 86_400];

/// A question by REST, as a market has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RestCall {
    pub path: &'static str,
    /// Rows that one answer has at most.
    pub limit: u32,
    /// What it costs of the limit of requests.
    pub weight: u32,
}

impl BinanceMarket {
    /// Where its REST interface is.
    #[must_use]
    pub const fn rest_url(self) -> &'static str {
        match self {
            Self::UsdM => "https://fapi.binance.com",
            Self::Spot => "https://api.binance.com",
        }
    }

    /// Where the streams of klines and trades are.
    #[must_use]
    pub const fn market_url(self) -> &'static str {
        match self {
            Self::UsdM => "wss://fstream.binance.com/market",
            Self::Spot => "wss://stream.binance.com:9443",
        }
    }

    /// Where the streams of order books are.
    #[must_use]
    pub const fn depth_url(self) -> &'static str {
        match self {
            Self::UsdM => "wss://fstream.binance.com/public",
            Self::Spot => "wss://stream.binance.com:9443",
        }
    }

    /// Weight of requests in a minute that an address is used for: half of what the exchange
    /// allows one, since others may be behind it too.
    #[must_use]
    pub const fn weight_per_minute(self) -> u32 {
        match self {
            Self::UsdM => 1_200,
            Self::Spot => 3_000,
        }
    }

    pub(crate) const fn klines(self) -> RestCall {
        match self {
            Self::UsdM => RestCall { path: "/fapi/v1/klines", limit: 1_000, weight: 5 },
            Self::Spot => RestCall { path: "/api/v3/klines", limit: 1_000, weight: 2 },
        }
    }

    pub(crate) const fn depth(self) -> RestCall {
        match self {
            Self::UsdM => RestCall { path: "/fapi/v1/depth", limit: 1_000, weight: 20 },
            Self::Spot => RestCall { path: "/api/v3/depth", limit: 1_000, weight: 50 },
        }
    }

    /// Aggregates of trades, by the number of the first of them.
    pub(crate) const fn agg_trades(self) -> RestCall {
        match self {
            Self::UsdM => RestCall { path: "/fapi/v1/aggTrades", limit: 1_000, weight: 20 },
            Self::Spot => RestCall { path: "/api/v3/aggTrades", limit: 1_000, weight: 4 },
        }
    }

    /// The length of bars that are called so, by either market.
    #[must_use]
    pub fn length(word: &str) -> Option<Nanos> {
        let mut lengths = LENGTHS_S.into_iter().map(|seconds| Nanos::SECOND.times(seconds));
        lengths.find(|length| Self::Spot.interval(*length) == Some(word))
    }

    /// What it calls bars of this length; `None` where it has none.
    #[must_use]
    pub fn interval(self, length: Nanos) -> Option<&'static str> {
        let seconds = length.0 / Nanos::SECOND.0;
        if Nanos::SECOND.times(seconds) != length {
            return None;
        }
        Some(match seconds {
            1 if self == Self::Spot => "1s",
            60 => "1m",
            180 => "3m",
            300 => "5m",
            900 => "15m",
            1_800 => "30m",
            3_600 => "1h",
            7_200 => "2h",
            14_400 => "4h",
            21_600 => "6h",
            28_800 => "8h",
            43_200 => "12h",
            86_400 => "1d",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_the_lengths_that_the_exchange_has() {
        let name = |market: BinanceMarket, s: i64| market.interval(Nanos::SECOND.times(s));
        assert_eq!(name(BinanceMarket::Spot, 1), Some("1s"));
        assert_eq!(name(BinanceMarket::UsdM, 1), None);
        assert_eq!(name(BinanceMarket::UsdM, 60), Some("1m"));
        assert_eq!(name(BinanceMarket::UsdM, 14_400), Some("4h"));
        assert_eq!(name(BinanceMarket::UsdM, 61), None);
        assert_eq!(BinanceMarket::Spot.interval(Nanos(1)), None);
        for seconds in LENGTHS_S {
            let length = Nanos::SECOND.times(seconds);
            let word = BinanceMarket::Spot.interval(length);
            assert_eq!(word.and_then(BinanceMarket::length), Some(length), "{seconds}");
        }
        assert_eq!(BinanceMarket::length("1x"), None);
    }
}
