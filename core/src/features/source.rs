//! Where a driver gets an instrument's rows from, bar by bar.

use super::pipeline::Pipeline;
use super::row::Features;
use crate::book::{Applied, BookError};
use crate::event::{Bar, BookUpdate};
use crate::units::Nanos;

/// Makes the rows of one instrument: computed on the spot by a [`Pipeline`], or
/// read where they were computed once for many runs.
pub trait FeatureSource {
    /// An empty row of this source's width.
    fn row(&self) -> Features;

    /// Takes a closed bar; `row` then holds the features at its close.
    fn push(&mut self, bar: &Bar, row: &mut Features);

    /// Forgets everything: a new segment begins.
    fn reset(&mut self, row: &mut Features);

    /// Takes a change of the order book received at `ts`; one that contradicts
    /// itself is refused and changes nothing.
    fn push_book(&mut self, ts: Nanos, update: &BookUpdate) -> Result<Option<Applied>, BookError>;

    /// Puts what is known of the order book at `now` into `row`.
    fn look_at_book(&self, now: Nanos, row: &mut Features);
}

impl FeatureSource for Pipeline {
    fn row(&self) -> Features {
        Self::row(self)
    }

    #[inline]
    fn push(&mut self, bar: &Bar, row: &mut Features) {
        Self::push(self, bar, row);
    }

    fn reset(&mut self, row: &mut Features) {
        Self::reset(self, row);
    }

    fn push_book(&mut self, ts: Nanos, update: &BookUpdate) -> Result<Option<Applied>, BookError> {
        Self::push_book(self, ts, update)
    }

    #[inline]
    fn look_at_book(&self, now: Nanos, row: &mut Features) {
        Self::look_at_book(self, now, row);
    }
}
