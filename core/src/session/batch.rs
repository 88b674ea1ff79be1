//! Events that were fed and wait for the rest of their instant.

use alloc::vec::Vec;

use crate::event::Event;
use crate::instrument::InstrumentId;
use crate::units::{Nanos, Ticks};

/// Bars that end together, or bars that open together: a venue has to be shown
/// them at once. Never both.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub closing: Vec<Event>,
    pub opens: Vec<(InstrumentId, Ticks)>,
    /// Time of what waits, or of what was fed last.
    pub ts: Option<Nanos>,
}

impl Batch {
    /// Whether a bar of `id` that ends at `ts` belongs to what waits.
    pub(super) fn closes_with(&self, id: InstrumentId, ts: Nanos) -> bool {
        let same = |event: &Event| event.body.instrument() == Some(id);
        self.ts == Some(ts) && self.opens.is_empty() && !self.closing.iter().any(same)
    }

    /// Whether a bar of `id` that opens at `ts` belongs to what waits.
    pub(super) fn opens_with(&self, id: InstrumentId, ts: Nanos) -> bool {
        let same = |(instrument, _): &(InstrumentId, Ticks)| *instrument == id;
        self.ts == Some(ts) && self.closing.is_empty() && !self.opens.iter().any(same)
    }
}
