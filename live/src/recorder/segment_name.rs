//! Names of the files of a recording: instrument, stream, day and part.

use core::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

use crate::feed::binance::BinanceMarket;

/// What is written of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordedStream {
    /// Bars of this length that have closed.
    Bars(Nanos),
    /// Aggregates of trades.
    Trades,
    /// Snapshots and changes of the order book, as they came.
    Depth,
}

/// Folders of a recording, one for each kind of stream.
pub const FOLDERS: [&str; 3] = ["klines", "trades", "depth"];

impl RecordedStream {
    /// Its folder.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Bars(_) => FOLDERS[0],
            Self::Trades => FOLDERS[1],
            Self::Depth => FOLDERS[2],
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Bars(_) | Self::Trades => "csv",
            Self::Depth => "txt",
        }
    }

    /// What a file begins with.
    #[must_use]
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Bars(_) => Some(
                "open_time,open,high,low,close,volume,close_time,quote_volume,count,\
                 taker_buy_volume,taker_buy_quote_volume,ignore",
            ),
            Self::Trades => Some(
                "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,\
                 is_buyer_maker",
            ),
            Self::Depth => None,
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bars(_) => "klines",
            Self::Trades => "trades",
            Self::Depth => "depth",
        }
    }

    /// A number of it as people are told it: the time of a bar, the number of anything else.
    #[must_use]
    pub fn told(self, number: i64) -> String {
        match self {
            Self::Bars(length) => told_time(Nanos(number.saturating_mul(length.0))),
            Self::Trades | Self::Depth => number.to_string(),
        }
    }

    /// What a file is called by beside its instrument.
    fn tag(self) -> &'static str {
        match self {
            Self::Bars(length) => BinanceMarket::Spot.interval(length).unwrap_or("bars"),
            Self::Trades => "aggTrades",
            Self::Depth => "depth",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "aggTrades" => Some(Self::Trades),
            "depth" => Some(Self::Depth),
            other => BinanceMarket::length(other).map(Self::Bars),
        }
    }
}

/// A time as it is written for people and for other programs: RFC 3339, UTC.
#[must_use]
pub fn told_time(at: Nanos) -> String {
    Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default().to_string()
}

/// The day that a time lies in, UTC.
#[must_use]
pub fn day_of(at: Nanos) -> Date {
    let stamp = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
    stamp.to_zoned(TimeZone::UTC).date()
}

/// The name of a file; in the order of names each follows the one before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName {
    /// The instrument, as the configuration calls it.
    pub symbol: String,
    /// What is in it.
    pub stream: RecordedStream,
    /// The day of its first row, UTC.
    pub day: Date,
    /// Its number among those of its day, from 1.
    pub part: u32,
}

impl SegmentName {
    /// Its path in the folder of a recording.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.stream.folder()).join(self.to_string())
    }

    /// The name that a file has; `None` where it is no file of a recording.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let (rest, part) = stem.rsplit_once('-')?;
        let split = rest.len().checked_sub(10).filter(|at| rest.is_char_boundary(*at))?;
        let (rest, day) = rest.split_at(split);
        let (symbol, tag) = rest.strip_suffix('-')?.rsplit_once('-')?;
        let stream = RecordedStream::of_tag(tag)?;
        let read = Self {
            symbol: symbol.to_owned(),
            stream,
            day: day.parse().ok()?,
            part: part.parse().ok()?,
        };
        (extension == stream.extension() && read.to_string() == name).then_some(read)
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, stream, day, part } = self;
        write!(to, "{symbol}-{}-{day}-{part:03}.{}", stream.tag(), stream.extension())
    }
}

/// Whether a symbol can be part of a file's name: nothing in it leads out of a folder.
#[must_use]
pub fn is_plain(symbol: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !symbol.is_empty() && symbol.chars().all(plain) && !symbol.starts_with(['.', '-'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in [
            "BTCUSDT-1m-2024-08-08-001.csv",
            "BTCUSDT-1s-2024-08-08-012.csv",
            "BTC-USD.P-aggTrades-2024-08-08-1000.csv",
            "BTCUSDT-depth-2024-12-31-001.txt",
        ] {
            let read = SegmentName::read(name).unwrap();
            assert_eq!(read.to_string(), name);
            assert!(read.path().ends_with(format!("{}/{name}", read.stream.folder())));
        }
        for other in [
            "BTCUSDT-1m-2024-08-08-1.csv",
            "BTCUSDT-1m-2024-08-08.csv",
            "BTCUSDT-1m-2024-02-30-001.csv",
            "BTCUSDT-depth-2024-08-08-001.csv",
            "BTCUSDT-1m-2024-08-08-001.csv.check.json",
            "x",
        ] {
            assert_eq!(SegmentName::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_symbol_leads_nowhere() {
        for symbol in ["BTCUSDT", "BTC-USD", "1000SHIB.P", "BTCUSDT_240628"] {
            assert!(is_plain(symbol), "{symbol}");
        }
        for symbol in ["", "..", ".hidden", "a/b", "a\\b", "a b", "a\0", "-o"] {
            assert!(!is_plain(symbol), "{symbol}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_too_odd(name in ".{0,60}") {
            if let Some(read) = SegmentName::read(&name) {
                prop_assert_eq!(read.to_string(), name);
            }
        }
    }
}
