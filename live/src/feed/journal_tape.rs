//! The market that a runner saw, out of its journal, as a recording to play again.
//!
//! A journal has numbers of instruments, prices in ticks and the books that its own strategies
//! looked at. Who plays it may have other instruments in another order: they are known by their
//! names, and a grid, a length of bars or a book that does not fit is refused before anything
//! is played.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadError, ReadFolder, Reader, Record};

use super::market::FedMarket;
use super::tape::{TapeEvent, TapeMark};
use crate::record::{RecordKind, decode_config, decode_input, decode_snapshot};
use crate::runner::Input;

/// Why a journal cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum JournalTapeError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record says nothing that is known.
    #[error("record {number}: {why}")]
    Record {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An instrument is not in it.
    #[error("{symbol} is not in it; it has {there}")]
    NoInstrument {
        /// The instrument.
        symbol: String,
        /// Those that it has.
        there: String,
    },
    /// Prices of an instrument are steps of another size.
    #[error("{symbol} has tick_size = {theirs} in it, and {ours} here: write {theirs}")]
    Grid {
        /// The instrument.
        symbol: String,
        /// The journal's.
        theirs: Decimal,
        /// Ours.
        ours: Decimal,
    },
    /// Bars of an instrument have another length.
    #[error("{symbol} has bars of {theirs} s in it, and interval_s = {ours} here")]
    Length {
        /// The instrument.
        symbol: String,
        /// Seconds of the journal's bars.
        theirs: i64,
        /// Of ours.
        ours: i64,
    },
}

/// The instruments that a configuration has, in their order, by its text.
pub type JournalRoster = dyn Fn(&str) -> Result<Vec<FedMarket>, String> + Send;

/// Numbers of instruments in a journal become ours.
struct Places {
    ours: Vec<FedMarket>,
    roster: Box<JournalRoster>,
    /// Our number of each of the journal's instruments, where we have it.
    moved: Vec<Option<InstrumentId>>,
}

impl Places {
    /// The configuration of this text is in force from here on.
    fn follow(&mut self, text: &str, number: u64) -> Result<(), JournalTapeError> {
        let theirs = (self.roster)(text).map_err(|why| JournalTapeError::Record { number, why })?;
        for ours in &self.ours {
            let symbol = ours.instrument.symbol().to_owned();
            let Some(there) = theirs.iter().find(|m| m.instrument.symbol() == symbol) else {
                let names: Vec<&str> = theirs.iter().map(|m| m.instrument.symbol()).collect();
                let there = names.join(", ");
                return Err(JournalTapeError::NoInstrument { symbol, there });
            };
            let tick = |market: &FedMarket| market.instrument.spec().tick_size;
            let seconds = |market: &FedMarket| market.times.nominal().0 / Nanos::SECOND.0;
            if tick(there) != tick(ours) {
                let (theirs, ours) = (tick(there), tick(ours));
                return Err(JournalTapeError::Grid { symbol, theirs, ours });
            }
            if there.times.nominal() != ours.times.nominal() {
                let (theirs, ours) = (seconds(there), seconds(ours));
                return Err(JournalTapeError::Length { symbol, theirs, ours });
            }
        }
        let place = |theirs: &FedMarket| {
            let symbol = theirs.instrument.symbol();
            let at = self.ours.iter().position(|ours| ours.instrument.symbol() == symbol)?;
            Some(InstrumentId(at as u16))
        };
        self.moved = theirs.iter().map(place).collect();
        Ok(())
    }

    /// What a record says of the market, with our numbers; nothing where it says something
    /// else, or of an instrument that is not ours.
    fn event(&mut self, record: &Record<'_>) -> Result<Option<TapeEvent>, JournalTapeError> {
        let (number, at) = (record.number, record.ts);
        let odd = |why: &dyn core::fmt::Display| JournalTapeError::Record {
            number,
            why: why.to_string(),
        };
        match RecordKind::of(record.kind) {
            Some(RecordKind::Snapshot) => {
                let (configured, _) = decode_snapshot(record.payload).map_err(|e| odd(&e))?;
                self.follow(&configured.text, number)?;
            }
            Some(RecordKind::Config) => {
                let change = decode_config(record.payload).map_err(|e| odd(&e))?;
                self.follow(&change.configured.text, number)?;
            }
            Some(RecordKind::Market) => {
                let input = decode_input(RecordKind::Market, record.payload);
                let Some(input) = input.transpose().map_err(|e| odd(&e))? else { return Ok(None) };
                let Input::Market { ts_exch, mut body } = input else { return Ok(None) };
                if let Some(instrument) = body.instrument_mut() {
                    let moved = self.moved.get(instrument.index()).copied().flatten();
                    let Some(moved) = moved else { return Ok(None) };
                    *instrument = moved;
                }
                return Ok(Some(TapeEvent { mark: TapeMark::of(at, &body), ts_exch, body }));
            }
            Some(RecordKind::Input | RecordKind::Write | RecordKind::Outcome) | None => {}
        }
        Ok(None)
    }
}

/// A journal that is read event by event, one record at a time in memory.
pub(super) struct JournalTape {
    path: PathBuf,
    reader: Reader<ReadFolder>,
    places: Places,
}

/// What is known of a journal before it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JournalSpan {
    /// Times of its first event and its last.
    pub span: (Nanos, Nanos),
    /// Levels of the longest side of all books in it; 0 where there is none.
    pub levels: usize,
}

impl JournalTape {
    fn new(
        path: &Path,
        ours: Vec<FedMarket>,
        roster: Box<JournalRoster>,
    ) -> Result<Self, JournalTapeError> {
        let reader = Reader::oldest(ReadFolder::new(path))?;
        let places = Places { ours, roster, moved: Vec::new() };
        Ok(Self { path: path.to_owned(), reader, places })
    }

    /// Reads all of a journal, and goes back to its beginning; `None` where it says nothing of
    /// the market.
    pub fn open(
        path: &Path,
        ours: Vec<FedMarket>,
        roster: Box<JournalRoster>,
    ) -> Result<Option<(Self, JournalSpan)>, JournalTapeError> {
        let mut tape = Self::new(path, ours, roster)?;
        let mut known: Option<JournalSpan> = None;
        while let Some(event) = tape.event()? {
            let at = event.mark.0;
            let known = known.get_or_insert(JournalSpan { span: (at, at), levels: 0 });
            known.span.1 = at;
            if let Body::Book { update, .. } = &event.body {
                known.levels = known.levels.max(update.bids.len()).max(update.asks.len());
            }
        }
        let Places { ours, roster, .. } = tape.places;
        let tape = Self::new(path, ours, roster)?;
        Ok(known.map(|known| (tape, known)))
    }

    fn event(&mut self) -> Result<Option<TapeEvent>, JournalTapeError> {
        while let Some(record) = self.reader.next()? {
            if let Some(event) = self.places.event(&record)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }
}

impl Iterator for JournalTape {
    type Item = TapeEvent;

    fn next(&mut self) -> Option<TapeEvent> {
        match self.event() {
            Ok(event) => event,
            // It was whole when it was opened, so it was changed since.
            Err(error) => {
                let path = self.path.display();
                tracing::error!(%error, %path, "the recording ends before its end");
                None
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "journal_tape_tests.rs"]
mod tests;
