//! Bars from a CSV file with a header, plain or gzipped, as the backtest's candles are.
//!
//! Columns are found by their names: `open_time` in seconds, milliseconds, microseconds or
//! nanoseconds since 1970 UTC, `open`, `high`, `low`, `close`, `volume`, and
//! `taker_buy_volume` where there is one. Other columns are left alone. Bars are in the
//! order of time; a price off the instrument's grid is an error and not rounded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::instrument::Instrument;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::runner::VOLUME_DECIMALS;

/// Why a file of bars cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BarFileError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// A column is missing.
    #[error("{}: no column is called {name}; there is {}", path.display(), found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        name: &'static str,
        /// The columns there are.
        found: Vec<String>,
    },
    /// A value is none of its kind.
    #[error("{}:{line}: {name}: {words}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        name: &'static str,
        /// What is wrong.
        words: String,
    },
}

/// A row before its volumes are counted.
struct Written {
    bar: Bar,
    volume: Decimal,
    taker: Option<Decimal>,
}

struct Columns {
    time: usize,
    prices: [usize; 4],
    volume: usize,
    taker: Option<usize>,
}

const PRICES: [&str; 4] = ["open", "high", "low", "close"];

/// Reads files one after the other as the bars of one instrument.
pub fn read_bars(paths: &[PathBuf], instrument: &Instrument) -> Result<Vec<Bar>, BarFileError> {
    let mut rows = Vec::new();
    for path in paths {
        read_file(path, instrument, &mut rows)?;
    }
    let counted = |volume: Decimal| {
        let steps = volume.checked_mul(Decimal::from(10_u64.pow(VOLUME_DECIMALS)))?;
        Lots::new(i64::try_from(steps.is_integer().then_some(steps)?.trunc()).ok()?)
    };
    let path = || paths.last().cloned().unwrap_or_default();
    let wrong = |volume: Decimal| BarFileError::Value {
        path: path(),
        line: 0,
        name: "volume",
        words: format!("{volume} has more than {VOLUME_DECIMALS} decimals, or is too large"),
    };
    let bars = rows.into_iter().map(|Written { mut bar, volume, taker }| {
        bar.volume = counted(volume).ok_or_else(|| wrong(volume))?;
        bar.taker_buy = taker.map(|t| counted(t).ok_or_else(|| wrong(t))).transpose()?;
        Ok(bar)
    });
    bars.collect()
}

pub(super) fn opened(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    let zipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn read_file(
    path: &Path,
    instrument: &Instrument,
    rows: &mut Vec<Written>,
) -> Result<(), BarFileError> {
    let failed = |error: String| BarFileError::Read { path: path.to_owned(), error };
    let file = opened(path).map_err(|e| failed(e.to_string()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(|e| failed(e.to_string()))?.clone();
    let columns = columns(path, &header)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| failed(e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |(name, words): (&'static str, String)| BarFileError::Value {
            path: path.to_owned(),
            line,
            name,
            words,
        };
        let row = row(&record, &columns, instrument).map_err(wrong)?;
        if let Some(before) = rows.last().filter(|b| b.bar.ts_open >= row.bar.ts_open) {
            let words =
                format!("{} does not come after {}", row.bar.ts_open.0, before.bar.ts_open.0);
            return Err(wrong(("open_time", words)));
        }
        rows.push(row);
    }
    Ok(())
}

fn columns(path: &Path, header: &csv::StringRecord) -> Result<Columns, BarFileError> {
    let place = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
    let needed = |name: &'static str| {
        place(name).ok_or_else(|| BarFileError::Column {
            path: path.to_owned(),
            name,
            found: header.iter().map(str::to_owned).collect(),
        })
    };
    let [open, high, low, close] = PRICES;
    Ok(Columns {
        time: needed("open_time")?,
        prices: [needed(open)?, needed(high)?, needed(low)?, needed(close)?],
        volume: needed("volume")?,
        taker: place("taker_buy_volume"),
    })
}

fn row(
    record: &csv::StringRecord,
    columns: &Columns,
    instrument: &Instrument,
) -> Result<Written, (&'static str, String)> {
    let text = |at: usize| record.get(at).unwrap_or_default();
    let number = |name: &'static str, at: usize| {
        let read = tickstep_config::exact(text(at));
        read.ok_or_else(|| (name, format!("\"{}\" is no number", text(at))))
    };
    let mut prices = [Ticks(0); 4];
    for (to, (name, at)) in prices.iter_mut().zip(PRICES.into_iter().zip(columns.prices)) {
        let price = number(name, at)?;
        *to = instrument.price_exact(price).map_err(|off| (name, off.to_string()))?;
    }
    let [open, high, low, close] = prices;
    if low > open || low > close || high < open || high < close || low <= Ticks(0) {
        return Err(("low", "the prices of a bar lie between its low and its high".to_owned()));
    }
    let ts_open = time(text(columns.time)).ok_or_else(|| {
        ("open_time", format!("\"{}\" is no time since 1970", text(columns.time)))
    })?;
    let volume = number("volume", columns.volume)?;
    let taker = columns.taker.map(|at| number("taker_buy_volume", at)).transpose()?;
    if volume < Decimal::ZERO || taker.is_some_and(|t| t < Decimal::ZERO || t > volume) {
        return Err(("volume", "a volume is at least 0, and takers' at most all of it".to_owned()));
    }
    let bar = Bar { ts_open, open, high, low, close, volume: Lots::ZERO, taker_buy: None };
    Ok(Written { bar, volume, taker })
}

/// A time since 1970: its size tells the unit.
pub(super) fn time(text: &str) -> Option<Nanos> {
    let count: i64 = text.parse().ok().filter(|n| *n >= 0)?;
    let unit = match count {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    count.checked_mul(unit).map(Nanos)
}

#[cfg(test)]
#[path = "csv_bars_tests.rs"]
mod tests;
