//! The candles that are in the program: real ones of one day, as they are in
//! `examples/data` of the sources, without the column that no Match-Trader broker has.

use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_core::units::Nanos;

use crate::exchange::{PriceTape, TapeBar, TapeError};

/// What is traded, and its candles.
const TAPES: [(&str, &str); 2] =
    [("FILUSDT", include_str!("FILUSDT.csv")), ("NEARUSDT", include_str!("NEARUSDT.csv"))];

/// What is wrong with candles.
#[derive(Debug, thiserror::Error)]
pub enum TapeFault {
    /// There are none of an instrument.
    #[error("the program has no candles of {0}")]
    Missing(String),
    /// They cannot be read.
    #[error("the candles of {symbol}: {error}")]
    Read {
        /// The instrument.
        symbol: String,
        /// Why.
        error: csv::Error,
    },
    /// They are none.
    #[error("the candles of {symbol}: {error}")]
    Bars {
        /// The instrument.
        symbol: String,
        /// Why.
        error: TapeError,
    },
}

/// A row of the candles.
#[derive(Deserialize)]
struct TapeRow {
    open_time: i64,
    open: Decimal,
    high: Decimal,
    low: Decimal,
    close: Decimal,
    volume: Decimal,
}

/// The instruments that there are candles of.
pub fn symbols() -> impl Iterator<Item = &'static str> {
    TAPES.into_iter().map(|(symbol, _)| symbol)
}

/// The candles of an instrument as a file has them.
#[must_use]
pub fn candles(symbol: &str) -> Option<&'static str> {
    TAPES.into_iter().find(|(of, _)| *of == symbol).map(|(_, text)| text)
}

/// The candles of an instrument as prices to trade at, the ask above them by `spread`.
pub(super) fn tape(symbol: &str, spread: Decimal) -> Result<PriceTape, TapeFault> {
    let text = candles(symbol).ok_or_else(|| TapeFault::Missing(symbol.to_owned()))?;
    let rows: Result<Vec<TapeBar>, csv::Error> = csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| {
            let TapeRow { open_time, open, high, low, close, volume } = row?;
            let ts_open = Nanos(open_time * 1_000_000);
            Ok(TapeBar { ts_open, open, high, low, close, volume, spread })
        })
        .collect();
    let symbol = symbol.to_owned();
    let rows = rows.map_err(|error| TapeFault::Read { symbol: symbol.clone(), error })?;
    PriceTape::new(Nanos::MINUTE, rows).map_err(|error| TapeFault::Bars { symbol, error })
}

/// The time after so many bars of the candles, and the time at which they are over.
pub(super) fn span(before: usize) -> Result<(Nanos, Nanos), TapeFault> {
    let (symbol, _) = TAPES[0];
    let tape = tape(symbol, Decimal::ZERO)?;
    let missing = || TapeFault::Missing(symbol.to_owned());
    let first = tape.bars().get(before).ok_or_else(missing)?;
    let last = tape.bars().last().ok_or_else(missing)?;
    Ok((first.ts_open, last.ts_open + Nanos::MINUTE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read as _;
    use std::path::Path;

    use super::*;

    /// The CSV of the sources that the candles of a symbol were taken from, without its
    /// last column.
    fn source(symbol: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
        let file = std::fs::File::open(folder.join(format!("{symbol}-1m-2023-10.csv.gz")));
        let mut text = String::new();
        flate2::read::GzDecoder::new(file.unwrap()).read_to_string(&mut text).unwrap();
        text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
    }

    #[test]
    fn the_candles_are_those_of_the_examples_and_small() {
        let size: usize = TAPES.iter().map(|(_, text)| text.len()).sum();
        assert!(size < 1 << 20, "{size} bytes");
        for (symbol, text) in TAPES {
            let source = source(symbol);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 1 + 24 * 60, "a header and a day");
            assert_eq!(lines[0], source[0]);
            let first = source.iter().position(|line| line == lines[1]).unwrap();
            assert_eq!(lines[1..], source[first..first + 24 * 60], "{symbol}");
        }
    }

    #[test]
    fn both_tapes_are_of_the_same_minutes() {
        let opens = |symbol: &str| -> Vec<Nanos> {
            tape(symbol, Decimal::ZERO).unwrap().bars().iter().map(|bar| bar.ts_open).collect()
        };
        let mut all = symbols().map(opens);
        let first = all.next().unwrap();
        assert!(all.all(|other| other == first));
        assert!(first.windows(2).all(|two| two[1] == two[0] + Nanos::MINUTE));
        assert!(matches!(tape("EURUSD", Decimal::ZERO), Err(TapeFault::Missing(_))));
    }
}
