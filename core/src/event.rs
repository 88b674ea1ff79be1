//! Everything that can happen, in one closed enum with a total order.
//!
//! The same events drive a backtest and a live account. Each carries the time
//! the venue gave it and the time it was received, and a sequence number; the
//! order is `(ts_recv, rank, seq)`: at one instant market data comes before
//! what depends on it, and [`Body::Timer`], on which decisions are made, last.
//! So every bar and book that ends or arrives at an instant has updated
//! features and marks before anyone decides.

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::order::{Fill, OrderId, OrderUpdate, SlotId};
use crate::units::{Lots, Nanos, Side, Ticks};

/// One candle. Known at its close, `ts_open + interval`, and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Start of the bar.
    pub ts_open: Nanos,
    /// First price.
    pub open: Ticks,
    /// Highest price.
    pub high: Ticks,
    /// Lowest price.
    pub low: Ticks,
    /// Last price.
    pub close: Ticks,
    /// Traded quantity, in the data's volume step.
    pub volume: Lots,
    /// Part of `volume` that aggressive buyers took, where the data has it.
    pub taker_buy: Option<Lots>,
}

/// One price level of a book update; a quantity of zero removes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Price.
    pub px: Ticks,
    /// Quantity resting there.
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

/// An operator's order to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// No new entries until [`Command::Resume`].
    Pause,
    /// Lift a pause, a kill switch and the lasting drawdown tiers.
    Resume,
    /// Close everything and allow no new entries until [`Command::Resume`].
    Kill,
    /// Close everything.
    Flatten,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A bar closed.
    Bar {
        /// Of what.
        instrument: InstrumentId,
        /// Its length.
        interval: Nanos,
        /// The candle.
        bar: Bar,
    },
    /// The book changed.
    Book {
        /// Of what.
        instrument: InstrumentId,
        /// How.
        update: BookUpdate,
    },
    /// A trade printed.
    Trade {
        /// Of what.
        instrument: InstrumentId,
        /// Price.
        px: Ticks,
        /// Quantity.
        lots: Lots,
        /// Who aggressed.
        taker: Side,
    },
    /// Funding or swap is due on open positions.
    Funding {
        /// Of what.
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
        /// Which.
        order: OrderId,
        /// Whose.
        slot: SlotId,
        /// What.
        update: OrderUpdate,
    },
    /// A new trading day began in the account's time zone.
    DayStart,
    /// A segment of an instrument's data ended: features and strategies start afresh.
    SegmentStart {
        /// Of what.
        instrument: InstrumentId,
    },
    /// An operator spoke.
    Command(Command),
    /// Everything of this instant has been delivered: decide.
    Timer,
}

impl Body {
    /// Position among events of one instant.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::SegmentStart { .. } => 0,
            Self::Fill(_) => 1,
            Self::Order { .. } => 2,
            Self::Trade { .. } => 3,
            Self::Book { .. } => 4,
            Self::Bar { .. } => 5,
            Self::DayStart => 6,
            Self::Funding { .. } => 7,
            Self::Command(_) => 8,
            Self::Timer => 9,
        }
    }
}

/// Something that happened, when, and where it stands among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The venue's time.
    pub ts_exch: Nanos,
    /// The time it was received; what decisions go by.
    pub ts_recv: Nanos,
    /// Counted by the driver.
    pub seq: u64,
    /// What happened.
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
    pub const fn key(&self) -> (Nanos, u8, u64) {
        (self.ts_recv, self.body.rank(), self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_come_last_at_an_instant() {
        let bar = Bar {
            ts_open: Nanos(0),
            open: Ticks(1),
            high: Ticks(1),
            low: Ticks(1),
            close: Ticks(1),
            volume: Lots::ZERO,
            taker_buy: None,
        };
        let at = |seq, body| Event::at(Nanos::MINUTE, seq, body);
        let instrument = InstrumentId(0);
        let mut events = [
            at(1, Body::Timer),
            at(2, Body::DayStart),
            at(4, Body::Bar { instrument, interval: Nanos::MINUTE, bar }),
            at(3, Body::Bar { instrument, interval: Nanos::MINUTE, bar }),
        ];
        events.sort_by_key(Event::key);
        assert_eq!(events.map(|e| e.seq), [3, 4, 2, 1]);
    }
}
