//! Everything that can happen, in one closed enum with a total order.
//!
//! The same events drive a backtest and a live account. Each carries the time
//! the venue gave it, the time it was received, and the number under which the
//! driver handed it to the engine; the order is `(ts_recv, seq)`. A driver
//! numbers what its feeds bring at one instant by [`Body::rank`]: market data
//! before what depends on it, then [`Body::Decide`], on which decisions are made,
//! so that every bar and book of an instant has updated features and marks
//! before anyone decides; after it what those decisions meet, the end of a segment
//! or the open of the next bars. A venue's reports are numbered when they come: exits
//! inside a bar before that bar, fills at an open after the decisions there.

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::order::{Bracket, Fill, OrderId, OrderUpdate, SlotId};
use crate::resting::Rest;
use crate::signal::Signal;
use crate::units::{Lots, Nanos, Side, Ticks};

/// One candle. Known at its close, which [`BarTimes`](crate::calendar::BarTimes) tells,
/// and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Start of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts_open: Nanos,
    /// First price, in ticks.
    pub open: Ticks,
    /// Highest price, in ticks.
    pub high: Ticks,
    /// Lowest price, in ticks.
    pub low: Ticks,
    /// Last price, in ticks.
    pub close: Ticks,
    /// Traded quantity, counted in steps of the data's volume.
    pub volume: Lots,
    /// Part of `volume` that aggressive buyers took, where the data has it.
    pub taker_buy: Option<Lots>,
}

/// One price level of a book update; a quantity of zero removes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Price of the level, in ticks.
    pub px: Ticks,
    /// Quantity resting at that price, in lots.
    pub lots: Lots,
}

/// A snapshot of, or a change to, an order book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookUpdate {
    /// Whether everything known before is replaced.
    pub snapshot: bool,
    /// Bid levels, in any order.
    pub bids: Vec<Level>,
    /// Ask levels, in any order.
    pub asks: Vec<Level>,
}

/// An operator's order to the engine. Given twice, it changes nothing the second time,
/// but for a part that is closed once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// No new entries until [`Command::Resume`].
    Pause,
    /// Lift a pause, a kill switch and the lasting drawdown tiers.
    Resume,
    /// Close everything and allow no new entries until [`Command::Resume`].
    Kill,
    /// Close every open position.
    Flatten,
    /// Close a slot's position, or `lots` of it; the rest keeps its bracket. An entry that
    /// waits is withdrawn where all is to be closed, and left at once if it fills all the
    /// same. Nothing happens while an exit of the slot is on its way.
    Close {
        /// The slot whose position it is.
        slot: SlotId,
        /// How much of it, in lots; all where that is `None` or no less than is open.
        lots: Option<Lots>,
    },
    /// Replace the levels of a slot's open position, wider ones included. Nothing happens
    /// where a level is at the mark or beyond it already ([`Bracket::is_around`]).
    Amend {
        /// The slot whose position it is.
        slot: SlotId,
        /// The levels that replace the old ones.
        bracket: Bracket,
    },
    /// Withdraw an order that has not filled.
    Cancel(OrderId),
    /// Have an entry that waits for its price wait for another, with other levels. Its size
    /// stays. Nothing happens where the order does not wait, or where a level is at the
    /// price or beyond it ([`Bracket::is_around`]).
    Reprice {
        /// The entry.
        order: OrderId,
        /// The price it waits for from now on.
        px: Ticks,
        /// Stop and target that it opens its position with.
        bracket: Bracket,
    },
}

impl Command {
    /// The slot it names, where that is one.
    #[must_use]
    pub const fn slot(&self) -> Option<SlotId> {
        match self {
            Self::Close { slot, .. } | Self::Amend { slot, .. } => Some(*slot),
            Self::Pause
            | Self::Resume
            | Self::Kill
            | Self::Flatten
            | Self::Cancel(_)
            | Self::Reprice { .. } => None,
        }
    }

    /// Whether it names a slot or an order, which is one account's.
    #[must_use]
    pub const fn is_of_one_account(&self) -> bool {
        match self {
            Self::Close { .. } | Self::Amend { .. } | Self::Cancel(_) | Self::Reprice { .. } => {
                true
            }
            Self::Pause | Self::Resume | Self::Kill | Self::Flatten => false,
        }
    }
}

/// What an event says: of the market, the venue, the clock, an operator or a program outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A bar closed.
    Bar {
        /// The instrument whose bar closed.
        instrument: InstrumentId,
        /// Nominal length of the bar, in nanoseconds; it closed at the time of the event.
        interval: Nanos,
        /// Its prices and volume.
        bar: Bar,
    },
    /// An order book changed, or was sent whole.
    Book {
        /// The instrument whose book it is.
        instrument: InstrumentId,
        /// The levels that changed, or all of them.
        update: BookUpdate,
    },
    /// A bar of the past closed: features and marks warm up on it, nothing is decided.
    History {
        /// The instrument whose bar closed.
        instrument: InstrumentId,
        /// Nominal length of the bar, in nanoseconds; it closed at the time of the event.
        interval: Nanos,
        /// Its prices and volume.
        bar: Bar,
    },
    /// The market published a trade, whoever made it.
    PublicTrade {
        /// The instrument that was traded.
        instrument: InstrumentId,
        /// Price of the trade, in ticks.
        px: Ticks,
        /// Quantity of the trade, in lots.
        lots: Lots,
        /// Side of the taker, whose order met one that rested.
        taker: Side,
    },
    /// Funding or swap is due on open positions.
    Funding {
        /// The instrument whose positions pay or receive it.
        instrument: InstrumentId,
        /// Fraction of notional that longs pay (negative: receive).
        long_rate: Decimal,
        /// Fraction of notional that shorts pay (negative: receive).
        short_rate: Decimal,
    },
    /// One of our orders filled.
    Fill(Fill),
    /// The venue reported on one of our orders.
    Order {
        /// The order reported on.
        order: OrderId,
        /// The slot that sent it.
        slot: SlotId,
        /// What the venue reports.
        update: OrderUpdate,
    },
    /// The broker's balance: what it says of the account's cash. What was paid in or taken
    /// out moves deposits, peak equity and what the day opened with, and is neither profit
    /// nor loss; the rest of what no booking explains is a broker's rounding or somebody
    /// else's trades, and is one or the other. Bookings that are still on their way have to
    /// be told first.
    Balance {
        /// Cash without open P&L, in the account's currency.
        cash: Decimal,
        /// What of it was paid in since the last one, below zero where it was taken out;
        /// `None` for the first, with which the account begins.
        paid: Option<Decimal>,
    },
    /// A new trading day began in the account's time zone.
    DayStart,
    /// A bar began: what waits for an open fills at its price. The engine itself
    /// learns nothing from it.
    Open {
        /// The instrument whose bar began.
        instrument: InstrumentId,
        /// The bar's first price, in ticks.
        px: Ticks,
    },
    /// A segment of an instrument's data ended: features and strategies start afresh.
    SegmentStart {
        /// The instrument whose segment ended.
        instrument: InstrumentId,
    },
    /// An operator gave a command.
    Command(Command),
    /// A program outside wants something of one slot. It is decided at once, on the
    /// latest mark: sized, held against the limits and recorded as what the slot's own
    /// strategy proposes. Nothing comes of it while the instrument has no price yet.
    Signal {
        /// The slot that is to act on it.
        slot: SlotId,
        /// What is wanted of it.
        signal: Signal,
    },
    /// A program outside wants an entry of one slot that waits for its price at the venue.
    /// It is sized and held against the limits as one at that price; a slot that holds or
    /// waits for something already has it refused, as nothing is reversed by it.
    Pending {
        /// The slot whose entry it is.
        slot: SlotId,
        /// Side and exits of the entry.
        signal: Signal,
        /// The price it waits for.
        rest: Rest,
    },
    /// Everything of this instant has been delivered: decide.
    Decide,
}

impl Body {
    /// The instrument it concerns, where that is one.
    #[must_use]
    pub const fn instrument(&self) -> Option<InstrumentId> {
        match self {
            Self::Bar { instrument, .. }
            | Self::Book { instrument, .. }
            | Self::History { instrument, .. }
            | Self::PublicTrade { instrument, .. }
            | Self::Funding { instrument, .. }
            | Self::Open { instrument, .. }
            | Self::SegmentStart { instrument } => Some(*instrument),
            Self::Fill(fill) => Some(fill.instrument),
            Self::Order { .. }
            | Self::DayStart
            | Self::Command(_)
            | Self::Signal { .. }
            | Self::Pending { .. }
            | Self::Balance { .. }
            | Self::Decide => None,
        }
    }

    /// The instrument of what a feed brings, to be given another number.
    pub const fn instrument_mut(&mut self) -> Option<&mut InstrumentId> {
        match self {
            Self::Bar { instrument, .. }
            | Self::Book { instrument, .. }
            | Self::History { instrument, .. }
            | Self::PublicTrade { instrument, .. }
            | Self::Funding { instrument, .. }
            | Self::Open { instrument, .. }
            | Self::SegmentStart { instrument } => Some(instrument),
            Self::Fill(fill) => Some(&mut fill.instrument),
            Self::Order { .. }
            | Self::DayStart
            | Self::Command(_)
            | Self::Signal { .. }
            | Self::Pending { .. }
            | Self::Balance { .. }
            | Self::Decide => None,
        }
    }

    /// The bar that closed, with what it is of, whether or not it may be decided on.
    #[must_use]
    pub const fn closed_bar(&self) -> Option<(InstrumentId, &Bar)> {
        match self {
            Self::Bar { instrument, bar, .. } | Self::History { instrument, bar, .. } => {
                Some((*instrument, bar))
            }
            Self::Book { .. }
            | Self::PublicTrade { .. }
            | Self::Funding { .. }
            | Self::Open { .. }
            | Self::Fill(_)
            | Self::Order { .. }
            | Self::DayStart
            | Self::SegmentStart { .. }
            | Self::Command(_)
            | Self::Signal { .. }
            | Self::Pending { .. }
            | Self::Balance { .. }
            | Self::Decide => None,
        }
    }

    /// Where what a feed brings stands among the events of one instant that are
    /// not numbered yet; `None` for a venue's report, which is numbered when it comes.
    #[must_use]
    pub const fn rank(&self) -> Option<u8> {
        match self {
            Self::PublicTrade { .. } => Some(0),
            Self::Book { .. } => Some(1),
            Self::Bar { .. } | Self::History { .. } => Some(2),
            Self::DayStart => Some(3),
            Self::Funding { .. } => Some(4),
            Self::Command(_) | Self::Signal { .. } | Self::Pending { .. } => Some(5),
            Self::Decide => Some(6),
            Self::SegmentStart { .. } => Some(7),
            Self::Open { .. } => Some(8),
            Self::Fill(_) | Self::Order { .. } | Self::Balance { .. } => None,
        }
    }
}

/// Something that happened, when, and where it stands among the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The venue's time, nanoseconds since the Unix epoch, UTC.
    pub ts_exch: Nanos,
    /// The time it was received, nanoseconds since the Unix epoch, UTC; what decisions
    /// go by.
    pub ts_recv: Nanos,
    /// Place among the events that one engine is given, counted by the driver.
    pub seq: u64,
    /// What the event says.
    pub body: Body,
}

impl Event {
    /// An event with one time for both stamps.
    #[must_use]
    pub const fn at(ts: Nanos, seq: u64, body: Body) -> Self {
        Self { ts_exch: ts, ts_recv: ts, seq, body }
    }

    /// Key of the total order.
    #[must_use]
    pub const fn key(&self) -> (Nanos, u64) {
        (self.ts_recv, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_feed_is_numbered_with_decisions_after_what_they_know() {
        let instrument = InstrumentId(0);
        let update = BookUpdate { snapshot: true, bids: vec![], asks: vec![] };
        let mut bodies = [
            Body::Open { instrument, px: Ticks(1) },
            Body::Decide,
            Body::Command(Command::Pause),
            Body::SegmentStart { instrument },
            Body::DayStart,
            Body::Book { instrument, update },
        ];
        bodies.sort_by_key(Body::rank);
        assert!(matches!(bodies[0], Body::Book { .. }));
        assert_eq!(bodies[1..4], [Body::DayStart, Body::Command(Command::Pause), Body::Decide]);
        assert!(matches!(bodies[4..], [Body::SegmentStart { .. }, Body::Open { .. }]));
    }

    #[test]
    fn the_number_orders_one_instant() {
        let early = Event::at(Nanos(5), 9, Body::Decide);
        let late = Event::at(Nanos(6), 1, Body::Decide);
        assert!(early.key() < late.key());
        assert!(Event::at(Nanos(5), 8, Body::Decide).key() < early.key());
    }
}
