//! Missed trades whose orders the venue rejected, told apart from those never sent.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::{Divergence, apart};
use crate::instrument::InstrumentId;
use crate::ledger::Trade;
use crate::order::SlotId;
use crate::units::{Nanos, Side};

/// An entry that was sent in the other list and rejected by its venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectedEntry {
    /// The strategy on its instrument that sent it.
    pub slot: SlotId,
    /// The instrument it was to trade.
    pub instrument: InstrumentId,
    /// Side of the entry: `Buy` for long.
    pub side: Side,
    /// Time of the rejection, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
}

impl Divergence {
    /// Moves what was missed because of a reject from `missed` to `rejected`: a missed
    /// trade of the same slot, instrument and side whose entry lies within `tolerance` of
    /// the reject, each reject explaining one trade, the earliest first. The total of the
    /// gap stays as it is. `reference` is the list that this was made from.
    #[must_use]
    pub fn with_rejects(
        mut self,
        reference: &[Trade],
        rejects: &[RejectedEntry],
        tolerance: Nanos,
    ) -> Self {
        let mut unused: Vec<&RejectedEntry> = rejects.iter().collect();
        unused.sort_by_key(|r| r.ts);
        self.missed.retain(|place| {
            let trade = &reference[*place];
            let explains = |r: &&RejectedEntry| {
                (r.slot, r.instrument, r.side) == (trade.slot, trade.instrument, trade.side)
                    && apart(r.ts - trade.entry_ts) <= tolerance.0.unsigned_abs()
            };
            let Some(at) = unused.iter().position(explains) else { return true };
            unused.remove(at);
            self.rejected.push(*place);
            false
        });
        let cost: Decimal = self.rejected.iter().map(|place| -reference[*place].net).sum();
        self.gap.missed -= cost - self.gap.rejected;
        self.gap.rejected = cost;
        self
    }
}
