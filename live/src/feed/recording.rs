//! A recording on a disk becomes a market: CSV files of bars, or the journal of a runner.

use std::path::{Path, PathBuf};

use tickstep_core::calendar::BarTimes;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::units::Nanos;
use tickstep_journal::ReadFolder;

use super::csv_bars::{BarFileError, read_bars};
use super::funding::{FundingFileError, FundingPayment};
use super::journal_tape::{JournalRoster, JournalTape, JournalTapeError};
use super::market::FedMarket;
use super::tape::{RecordedMarket, RecordedTape, TapeEvent, TapeMark};

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
        error: JournalTapeError,
    },
    /// Strategies look at a book that is not in it, or not so deep.
    #[error(
        "{}: a strategy looks at {wanted} levels of the order book, and {}; play the journal of a \
         runner whose strategies do, or write pressure_rule = \"buy_share\" or \"off\"",
        path.display(), levels_words(*levels)
    )]
    Books {
        /// The file or folder.
        path: PathBuf,
        /// Levels that are looked at.
        wanted: usize,
        /// Levels that are there.
        levels: usize,
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

fn levels_words(levels: usize) -> String {
    match levels {
        0 => "there is no book in it".to_owned(),
        levels => format!("books in it have {levels}"),
    }
}

/// A recorded market in its order, and from when to when it lasts.
pub struct Recording {
    /// Its events.
    pub events: Box<dyn Iterator<Item = TapeEvent> + Send>,
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

/// What a recording is played for.
pub struct RecordingFor {
    /// The instruments.
    pub markets: Vec<FedMarket>,
    /// Levels of the order book that strategies look at; 0 for none.
    pub levels: usize,
    /// Reads the instruments out of the configuration that a journal has.
    pub roster: Box<JournalRoster>,
}

impl Recording {
    /// Opens a recording; `plan` is told the time of the first open, and of the last.
    pub fn open<E: From<RecordingError>>(
        path: &Path,
        wanted: RecordingFor,
        plan: impl FnOnce((Nanos, Nanos)) -> Result<RecordingPlan, E>,
    ) -> Result<Self, E> {
        let failed = |error| RecordingError::Io { path: path.to_owned(), error };
        if std::fs::metadata(path).map_err(failed)?.is_dir() && is_journal(path) {
            return Ok(Self::of_journal(path, wanted)?);
        }
        enough_levels(path, wanted.levels, 0)?;
        let instruments: Vec<&Instrument> = wanted.markets.iter().map(|m| &m.instrument).collect();
        let mut bars = Vec::with_capacity(instruments.len());
        for instrument in &instruments {
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
        let events = tape.map(|(mark, body)| TapeEvent { mark, ts_exch: mark.0, body });
        Ok(Self { events: Box::new(events), span })
    }

    /// The market that a runner saw, event by event, with the books that it was told.
    fn of_journal(path: &Path, wanted: RecordingFor) -> Result<Self, RecordingError> {
        let RecordingFor { markets, levels, roster } = wanted;
        let opened = JournalTape::open(path, markets, roster)
            .map_err(|error| RecordingError::Journal { path: path.to_owned(), error })?;
        let (tape, known) = opened.ok_or_else(|| RecordingError::Empty(path.to_owned()))?;
        enough_levels(path, levels, known.levels)?;
        Ok(Self { events: Box::new(tape), span: known.span })
    }

    /// Everything behind a mark.
    #[must_use]
    pub fn behind(self, mark: Option<TapeMark>) -> Box<dyn Iterator<Item = TapeEvent> + Send> {
        let behind = move |event: &TapeEvent| mark.is_some_and(|mark| event.mark <= mark);
        Box::new(self.events.skip_while(behind))
    }
}

fn enough_levels(path: &Path, wanted: usize, levels: usize) -> Result<(), RecordingError> {
    if wanted > levels {
        return Err(RecordingError::Books { path: path.to_owned(), wanted, levels });
    }
    Ok(())
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
