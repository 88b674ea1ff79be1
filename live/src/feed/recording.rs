//! A recording on a disk becomes a market: CSV files of bars, or the journal of a runner.

use std::path::{Path, PathBuf};

use tickstep_core::calendar::BarTimes;
use tickstep_core::event::Body;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadError, ReadFolder, Reader};

use super::csv_bars::{BarFileError, read_bars};
use super::funding::{FundingFileError, FundingPayment};
use super::market::FedMarket;
use super::tape::{RecordedMarket, RecordedTape, TapeMark};
use crate::record::{RecordKind, decode_input};
use crate::runner::Input;

/// Why a recording cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file of bars.
    #[error(transparent)]
    Bars(#[from] BarFileError),
    /// A file of funding.
    #[error(transparent)]
    Funding(#[from] FundingFileError),
    /// A journal.
    #[error("{}: {error}", path.display())]
    Journal {
        /// Its folder.
        path: PathBuf,
        /// Why.
        error: ReadError,
    },
    /// A folder has nothing of an instrument.
    #[error(
        "{}: no file begins with {symbol} and ends with .csv or .csv.gz; a folder of a recording \
         has SYMBOL*.csv of every instrument, or is the journal of a runner", path.display()
    )]
    NoFile {
        /// The folder.
        path: PathBuf,
        /// The instrument.
        symbol: String,
    },
    /// One file, and several instruments.
    #[error(
        "{}: one file has the bars of one instrument, and there are {count}; name a folder with \
         SYMBOL*.csv of each", path.display()
    )]
    OneFile {
        /// The file.
        path: PathBuf,
        /// Instruments.
        count: usize,
    },
    /// It has no bar.
    #[error("{}: there is no bar in it", .0.display())]
    Empty(PathBuf),
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A recorded market in its order, and from when to when it lasts.
pub struct Recording {
    /// Its events.
    pub events: Box<dyn Iterator<Item = (TapeMark, Body)> + Send>,
    /// The first event's time and the last one's.
    pub span: (Nanos, Nanos),
}

/// What is made of the bars of a recording, which is known once their time is: trading hours
/// reach from there on.
pub struct RecordingPlan {
    /// Where bars lie in time, in the order of the instruments.
    pub times: Vec<BarTimes>,
    /// Beginnings of the account's days.
    pub days: Vec<Nanos>,
    /// Funding.
    pub funding: Vec<FundingPayment>,
    /// Trading time without bars that ends a segment, where there is more.
    pub segment_gap: Nanos,
}

impl Recording {
    /// Opens a recording of these instruments; `plan` is told the time of the first open, and
    /// of the last.
    pub fn open<E: From<RecordingError>>(
        path: &Path,
        instruments: &[Instrument],
        plan: impl FnOnce((Nanos, Nanos)) -> Result<RecordingPlan, E>,
    ) -> Result<Self, E> {
        let failed = |error| RecordingError::Io { path: path.to_owned(), error };
        if std::fs::metadata(path).map_err(failed)?.is_dir() && is_journal(path) {
            return Ok(Self::of_journal(path)?);
        }
        let mut bars = Vec::with_capacity(instruments.len());
        for instrument in instruments {
            let files = files(path, instrument.symbol(), instruments.len())?;
            bars.push(read_bars(&files, instrument).map_err(RecordingError::from)?);
        }
        let opens = || bars.iter().flat_map(|bars| [bars.first(), bars.last()]).flatten();
        let (first, last) = (opens().map(|b| b.ts_open).min(), opens().map(|b| b.ts_open).max());
        let empty = || RecordingError::Empty(path.to_owned());
        let span = first.zip(last).ok_or_else(empty)?;
        let RecordingPlan { times, days, funding, segment_gap } = plan(span)?;
        let markets = bars.into_iter().zip(times).enumerate().map(|(at, (bars, times))| {
            RecordedMarket { instrument: InstrumentId(at as u16), times, bars }
        });
        let tape = RecordedTape::new(markets.collect(), &days, None)
            .with_segment_gap(segment_gap)
            .with_funding(funding);
        let span = tape.span().ok_or_else(empty)?;
        Ok(Self { events: Box::new(tape), span })
    }

    /// The market that a runner saw, event by event.
    fn of_journal(path: &Path) -> Result<Self, RecordingError> {
        let failed = |error| RecordingError::Journal { path: path.to_owned(), error };
        let mut reader = Reader::oldest(ReadFolder::new(path)).map_err(failed)?;
        let mut events: Vec<(TapeMark, Body)> = Vec::new();
        while let Some(record) = reader.next().map_err(failed)? {
            if record.kind != RecordKind::Market as u8 {
                continue;
            }
            if let Some(Ok(Input::Market { body, .. })) =
                decode_input(RecordKind::Market, record.payload)
            {
                events.push((TapeMark::of(record.ts, &body), body));
            }
        }
        let empty = || RecordingError::Empty(path.to_owned());
        let first = events.first().ok_or_else(empty)?.0.0;
        let last = events.last().ok_or_else(empty)?.0.0;
        Ok(Self { events: Box::new(events.into_iter()), span: (first, last) })
    }

    /// Everything behind a mark.
    #[must_use]
    pub fn behind(
        self,
        mark: Option<TapeMark>,
    ) -> Box<dyn Iterator<Item = (TapeMark, Body)> + Send> {
        Box::new(self.events.skip_while(move |(at, _)| mark.is_some_and(|mark| *at <= mark)))
    }
}

fn is_journal(path: &Path) -> bool {
    tickstep_journal::files(&ReadFolder::new(path)).is_ok_and(|files| !files.is_empty())
}

fn files(path: &Path, symbol: &str, count: usize) -> Result<Vec<PathBuf>, RecordingError> {
    let failed = |error| RecordingError::Io { path: path.to_owned(), error };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        if count > 1 {
            return Err(RecordingError::OneFile { path: path.to_owned(), count });
        }
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let text = name.to_string_lossy();
        let is_bars = text.ends_with(".csv") || text.ends_with(".csv.gz");
        // FIL-1m.csv is no file of FILUSDT's, nor the other way round.
        let own = text.strip_prefix(symbol).is_some_and(|r| !r.starts_with(char::is_alphanumeric));
        if is_bars && own {
            found.push(path.join(&name));
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(RecordingError::NoFile { path: path.to_owned(), symbol: symbol.to_owned() });
    }
    Ok(found)
}

/// The instruments of an account, with where their bars lie in time.
#[must_use]
pub fn fed_markets(markets: &[(tickstep_core::ledger::Market, BarTimes)]) -> Vec<FedMarket> {
    let fed = |(market, times): &(tickstep_core::ledger::Market, BarTimes)| {
        let instrument: Instrument = market.instrument.clone();
        FedMarket { instrument, times: times.clone() }
    };
    markets.iter().map(fed).collect()
}
