//! What a driver may pass over.

use super::slot::State;
use super::{Engine, NEVER};
use crate::instrument::InstrumentId;
use crate::order::SlotId;
use crate::strategy::wake::Wakes;
use crate::units::Nanos;

impl Engine {
    /// The earliest time at which a position has been held as long as allowed.
    /// A driver sends a [`crate::event::Body::Decide`] then, whether a bar closes or not.
    #[inline]
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        if self.due == NEVER { None } else { Some(self.due - self.ahead) }
    }

    /// Says how far the clock of the venue, which stamps fills, is ahead of the one that
    /// stamps events: a position's age is told by the first, from its fill on.
    pub(crate) const fn set_ahead(&mut self, ahead: Nanos) {
        self.ahead = ahead;
    }

    /// Whether closes at which no strategy has to be asked change nothing, as
    /// things stand: nothing waits, and no limit has to see every close. A driver
    /// may then pass over them, up to what is due and to what the venue holds.
    #[must_use]
    pub fn may_rest(&self) -> bool {
        let watched = self.risk.watches_equity() && !(self.seen && self.ledger.is_flat());
        !watched
            && !self.risk.watches_closes()
            && self.slots.iter().all(|s| matches!(s.state, State::Flat | State::Open))
    }

    /// When a slot's strategy has to be asked, and about which instrument.
    #[must_use]
    pub fn wakes(&self, slot: SlotId) -> (InstrumentId, Wakes) {
        let slot = &self.slots[slot.index()];
        (slot.instrument, slot.strategy.wakes())
    }

    /// Whether a slot has no position and nothing waiting.
    #[must_use]
    #[inline]
    pub fn is_flat(&self, slot: SlotId) -> bool {
        self.slots[slot.index()].state == State::Flat
    }
}
