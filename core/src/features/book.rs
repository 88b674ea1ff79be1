//! The order book as a feature: followed event by event, looked at when a
//! decision is due.

use super::Features;
use crate::book::{Applied, Book, BookError};
use crate::depth::{DepthAnalyser, DepthParams};
use crate::event::BookUpdate;
use crate::params::OutOfRange;
use crate::units::Nanos;

/// One instrument's book and its analysis.
#[derive(Clone, Debug)]
pub(super) struct BookFeature {
    book: Book,
    analyser: DepthAnalyser,
}

impl BookFeature {
    pub(super) fn new(params: DepthParams) -> Result<Self, OutOfRange> {
        Ok(Self { book: Book::new(), analyser: DepthAnalyser::new(params)? })
    }

    /// Takes a change of the book received at `ts`; a refused one changes nothing.
    pub(super) fn push(&mut self, ts: Nanos, update: &BookUpdate) -> Result<Applied, BookError> {
        let applied = self.book.apply(update)?;
        self.analyser.update(ts, &self.book);
        Ok(applied)
    }

    pub(super) fn look(&self, now: Nanos, row: &mut Features) {
        row.set_book(self.analyser.analysis(now));
    }
}
