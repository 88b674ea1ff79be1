//! Intents that may be sent.

use super::Fit;
use crate::instrument::InstrumentId;
use crate::ledger::Position;
use crate::order::{Bracket, ExitReason, Intent, Order, OrderId, OrderKind, Purpose, SlotId};
use crate::units::{Lots, Side};

/// An intent that passed the risk rules: the only thing a venue accepts.
///
/// Nothing but the constructors here makes one. An entry takes the [`Fit`] that
/// [`super::Risk::fit`] gave out, and has its size; what takes risk off needs none:
/// an exit is of a position that is held, and has its size or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved(Intent);

impl Approved {
    /// The intent.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        &self.0
    }

    /// An entry of the size that fits.
    pub(crate) const fn entry(
        fit: Fit,
        (id, slot): (OrderId, SlotId),
        side: Side,
        bracket: Bracket,
        kind: OrderKind,
    ) -> Self {
        let Fit { instrument, lots, .. } = fit;
        Self(Intent::Place(Order {
            id,
            slot,
            instrument,
            side,
            lots,
            purpose: Purpose::Entry(bracket),
            kind,
        }))
    }

    /// The exit of the whole of a slot's position.
    pub(crate) fn exit(position: &Position, id: OrderId, slot: SlotId, reason: ExitReason) -> Self {
        Self::part(position, position.lots, id, slot, reason)
    }

    /// The exit of `lots` of a slot's position, and of no more than it has.
    pub(crate) fn part(
        position: &Position,
        lots: Lots,
        id: OrderId,
        slot: SlotId,
        reason: ExitReason,
    ) -> Self {
        let Position { instrument, .. } = *position;
        let lots = lots.min(position.lots);
        let side = position.side.opposite();
        Self(Intent::Place(Order {
            id,
            slot,
            instrument,
            side,
            lots,
            purpose: Purpose::Exit(reason),
            kind: OrderKind::Market,
        }))
    }

    /// Other levels for a slot's position.
    pub(crate) const fn amend(slot: SlotId, instrument: InstrumentId, bracket: Bracket) -> Self {
        Self(Intent::Amend { slot, instrument, bracket })
    }

    /// The end of an order that has not filled.
    pub(crate) const fn cancel(id: OrderId) -> Self {
        Self(Intent::Cancel(id))
    }

    /// Anything, to try what a venue makes of it.
    #[cfg(test)]
    pub(crate) const fn unchecked(intent: Intent) -> Self {
        Self(intent)
    }
}
