//! What a book takes, and why it refuses an update.

use crate::units::{Lots, Side, Ticks};

/// Highest price a book takes, ticks.
pub const MAX_PX: Ticks = Ticks(1 << 48);

/// Largest quantity of one level, lots; up to here `f64` holds every whole number.
pub const MAX_LOTS: i64 = 1 << 53;

/// Why an update was refused; the book is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// A price is not positive, or too high.
    #[error("price of {} ticks is out of range; it must be 1 to {}", .px.0, MAX_PX.0)]
    PriceOutOfRange {
        /// The price given, in ticks.
        px: Ticks,
    },
    /// A quantity is too large.
    #[error("quantity of {} lots at {} ticks is out of range; it must be 0 to {MAX_LOTS}", .lots.get(), .px.0)]
    QuantityOutOfRange {
        /// The price it was given for, in ticks.
        px: Ticks,
        /// The quantity given, in lots.
        lots: Lots,
    },
    /// The update's own sides meet.
    #[error("the update is crossed in itself: bid {} is not below ask {} (ticks)", .bid.0, .ask.0)]
    Crossed {
        /// The update's best bid, in ticks.
        bid: Ticks,
        /// The update's best ask, in ticks.
        ask: Ticks,
    },
    /// One price has two quantities on one side of the update.
    #[error("the update gives the {side} price {} ticks both {} and {} lots", .px.0, .lots.get(), .other.get())]
    Contradiction {
        /// `Buy` for bids, `Sell` for asks.
        side: Side,
        /// The price that came twice, in ticks.
        px: Ticks,
        /// One quantity at that price, in lots.
        lots: Lots,
        /// The other quantity, in lots.
        other: Lots,
    },
}
