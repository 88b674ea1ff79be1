//! The layout of Binance's public archive of bars, there and on this disk.

use std::path::{Path, PathBuf};

use super::span::Period;

/// A market of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ArchiveMarket {
    /// Futures that are margined in dollars.
    Um,
    /// Spot.
    Spot,
}

/// Lengths of bars that the archive has, and that are as long as each other.
const INTERVALS: [&str; 13] =
    ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"];

impl ArchiveMarket {
    /// Its folder on this disk, and the word of the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Um => "um",
            Self::Spot => "spot",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Um => "futures/um",
            Self::Spot => "spot",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Um => Self::Spot,
            Self::Spot => Self::Um,
        }
    }

    /// What a fill of a new user costs there, maker and taker, as fractions of notional.
    #[must_use]
    pub const fn usual_fees(self) -> [&'static str; 2] {
        match self {
            Self::Um => ["0.0002", "0.0005"],
            Self::Spot => ["0.001", "0.001"],
        }
    }
}

/// The bars of one symbol in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveBars {
    /// The market.
    pub market: ArchiveMarket,
    /// The symbol, in capitals.
    symbol: String,
    interval: &'static str,
}

impl ArchiveBars {
    /// The bars of a symbol. Neither it nor the length leads out of a folder or an address.
    pub fn new(market: ArchiveMarket, symbol: &str, interval: &str) -> Result<Self, String> {
        let symbol = symbol.to_uppercase();
        let plain = |c: char| c.is_alphanumeric() || c == '_';
        if symbol.is_empty() || symbol.chars().count() > 40 || !symbol.chars().all(plain) {
            return Err(format!(
                "{symbol}: a symbol of the archive has letters, digits and _ alone, such as BTCUSDT"
            ));
        }
        let known = INTERVALS.into_iter().find(|known| *known == interval);
        let known = known.filter(|known| *known != "1s" || market == ArchiveMarket::Spot);
        let Some(interval) = known else {
            let from = usize::from(market == ArchiveMarket::Um);
            let all = INTERVALS[from..].join(", ");
            return Err(format!("--interval {interval}: the archive has {all}"));
        };
        Ok(Self { market, symbol, interval })
    }

    /// The same of another market, where that has bars of this length.
    #[must_use]
    pub fn of_market(&self, market: ArchiveMarket) -> Option<Self> {
        Self::new(market, &self.symbol, self.interval).ok()
    }

    /// What the files of all periods begin with.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}-{}-", self.symbol, self.interval)
    }

    /// The name of a file.
    #[must_use]
    pub fn name(&self, period: Period) -> String {
        format!("{}{}.zip", self.stem(), period.tag())
    }

    /// Its path in the archive.
    #[must_use]
    pub fn path(&self, period: Period) -> String {
        let Self { market, symbol, interval } = self;
        let (of, kind) = (market.folder(), period.folder());
        format!("/data/{of}/{kind}/klines/{symbol}/{interval}/{}", self.name(period))
    }

    /// Where it lies below the folder of what was fetched.
    #[must_use]
    pub fn file(&self, out: &Path, period: Period) -> PathBuf {
        self.folder(out, period).join(self.name(period))
    }

    /// The folder of files of a period's kind.
    #[must_use]
    pub fn folder(&self, out: &Path, period: Period) -> PathBuf {
        out.join(self.market.word()).join(period.folder())
    }
}

impl core::fmt::Display for ArchiveBars {
    fn fmt(&self, to: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(to, "{} {} of {}", self.symbol, self.interval, self.market.word())
    }
}

/// Reads the sum of a file out of the text that lies beside it: the sum in hexadecimal and
/// the file's name.
pub fn sum_in(text: &str, name: &str) -> Result<String, String> {
    let mut words = text.split_whitespace();
    let (sum, of) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_sum = sum.len() == 64 && sum.chars().all(|c| c.is_ascii_hexdigit());
    if !is_sum || of.trim_start_matches('*') != name || words.next().is_some() {
        let text: String = text.chars().take(120).collect();
        return Err(format!("no SHA-256 of {name} is in its .CHECKSUM: {text:?}"));
    }
    Ok(sum.to_lowercase())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn files_lie_where_the_archive_has_them() {
        let bars = ArchiveBars::new(ArchiveMarket::Um, "btcusdt", "1m").unwrap();
        let month = Period::Month("2024-01-01".parse().unwrap());
        assert_eq!(
            bars.path(month),
            "/data/futures/um/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-01.zip"
        );
        let bars = ArchiveBars::new(ArchiveMarket::Spot, "BTCUSDT", "1s").unwrap();
        let day = Period::Day("2024-01-31".parse().unwrap());
        assert_eq!(bars.path(day), "/data/spot/daily/klines/BTCUSDT/1s/BTCUSDT-1s-2024-01-31.zip");
        let file = bars.file(Path::new("out"), day);
        assert_eq!(file, Path::new("out/spot/daily/BTCUSDT-1s-2024-01-31.zip"));
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for symbol in ["", "../BTC", "BTC/USDT", "BTC\\USDT", "..", "B?x=1", "B#", "B%2e", "A B"] {
            assert!(ArchiveBars::new(ArchiveMarket::Um, symbol, "1m").is_err(), "{symbol}");
        }
        for interval in ["1s", "1x", "../1m", ""] {
            let said = ArchiveBars::new(ArchiveMarket::Um, "BTCUSDT", interval).unwrap_err();
            assert!(said.contains("the archive has 1m, 3m"), "{said}");
        }
    }

    #[test]
    fn a_sum_is_of_its_file_or_none() {
        let sum = "a".repeat(64);
        assert_eq!(sum_in(&format!("{}  x.zip\n", sum.to_uppercase()), "x.zip"), Ok(sum.clone()));
        assert_eq!(sum_in(&format!("{sum} *x.zip"), "x.zip"), Ok(sum.clone()));
        for text in ["", "<html>", &format!("{sum}  y.zip"), &format!("{}  x.zip", &sum[1..])] {
            assert!(sum_in(text, "x.zip").is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_a_symbol_is_one_part_of_a_path(symbol in ".{0,44}") {
            if let Ok(bars) = ArchiveBars::new(ArchiveMarket::Um, &symbol, "1m") {
                let day = Period::Day("2024-01-31".parse().unwrap());
                let file = bars.file(Path::new("out"), day);
                prop_assert_eq!(file.parent(), Some(Path::new("out/um/daily")));
            }
        }

        #[test]
        fn no_sum_is_too_odd(text in ".{0,200}") {
            let _read = sum_in(&text, "x.zip");
        }
    }
}
