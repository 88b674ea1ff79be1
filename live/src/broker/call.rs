//! Everything a runner asks of a broker.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::{Nanos, Side};

use crate::intent::Ticket;

/// A request for one account.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// Open a session with the account's password.
    LogIn,
    /// Prolong the session.
    Refresh,
    /// End the session, and drop its tokens.
    LogOut,
    /// Ask something; it may be asked again.
    Read(Read),
    /// Change something. It may be sent once, which is what the ticket is for.
    Write(Ticket, Write),
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// The account's money.
    Balance,
    /// What can be traded, and on which terms.
    Instruments,
    /// Best bid and ask of these symbols.
    Quotes(Vec<String>),
    /// Bars of a symbol that open in `[from, to)`.
    Candles {
        /// The broker's symbol.
        symbol: String,
        /// Length of a bar.
        interval: CandleInterval,
        /// First open, nanoseconds since the Unix epoch, UTC.
        from: Nanos,
        /// End, nanoseconds since the Unix epoch, UTC.
        to: Nanos,
    },
    /// Positions that are open.
    Positions,
    /// Orders that wait.
    Orders,
    /// What was closed in `[from, to)`.
    Closed {
        /// Start, nanoseconds since the Unix epoch, UTC.
        from: Nanos,
        /// End, nanoseconds since the Unix epoch, UTC.
        to: Nanos,
    },
}

/// Lengths of bars that brokers offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandleInterval {
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// Fifteen minutes.
    M15,
    /// Thirty minutes.
    M30,
    /// One hour.
    H1,
    /// Four hours.
    H4,
    /// One day.
    D1,
}

impl CandleInterval {
    /// Its length.
    #[must_use]
    pub const fn length(self) -> Nanos {
        let minutes = match self {
            Self::M1 => 1,
            Self::M5 => 5,
            Self::M15 => 15,
            Self::M30 => 30,
            Self::H1 => 60,
            Self::H4 => 240,
            Self::D1 => 1440,
        };
        Nanos::MINUTE.times(minutes)
    }

    /// The interval of this length.
    #[must_use]
    pub fn of(length: Nanos) -> Option<Self> {
        [Self::M1, Self::M5, Self::M15, Self::M30, Self::H1, Self::H4, Self::D1]
            .into_iter()
            .find(|i| i.length() == length)
    }
}

/// Stop and target of a position or an order, as prices; `None` is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BracketPrices {
    /// Trigger of the protective order.
    pub stop: Option<Decimal>,
    /// Price of the target.
    pub target: Option<Decimal>,
}

/// How a pending order waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// Fills at its price or a better one.
    Limit,
    /// Fills at the next price once its price is reached.
    Stop,
}

/// A change. Volumes are in the broker's lots, above zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// Open a position at the market.
    Open {
        /// The broker's symbol.
        symbol: String,
        /// Buy for a long position.
        side: Side,
        /// Volume.
        volume: Decimal,
        /// Stop and target that come with it.
        bracket: BracketPrices,
    },
    /// Replace stop and target of a position.
    EditPosition {
        /// The broker's number of the position.
        position: String,
        /// The broker's symbol.
        symbol: String,
        /// Buy for a long position.
        side: Side,
        /// The position's present volume.
        volume: Decimal,
        /// The levels it shall have; both are sent.
        bracket: BracketPrices,
    },
    /// Close a position, or part of it.
    Close {
        /// The broker's number of the position.
        position: String,
        /// The broker's symbol.
        symbol: String,
        /// Buy for a long position.
        side: Side,
        /// What is closed.
        volume: Decimal,
        /// Whether that is all of it.
        whole: bool,
    },
    /// Create an order that waits for a price.
    CreateOrder {
        /// The broker's symbol.
        symbol: String,
        /// Whether it buys or sells.
        side: Side,
        /// Volume.
        volume: Decimal,
        /// How it waits.
        kind: PendingKind,
        /// The price it waits for.
        price: Decimal,
        /// Stop and target that come with it.
        bracket: BracketPrices,
    },
    /// Change an order that waits.
    EditOrder {
        /// The broker's number of the order.
        order: String,
        /// The broker's symbol.
        symbol: String,
        /// Whether it buys or sells.
        side: Side,
        /// Volume.
        volume: Decimal,
        /// How it waits.
        kind: PendingKind,
        /// The price it waits for.
        price: Decimal,
        /// Stop and target that come with it.
        bracket: BracketPrices,
    },
    /// Withdraw an order that waits.
    CancelOrder {
        /// The broker's number of the order.
        order: String,
        /// The broker's symbol.
        symbol: String,
        /// Whether it buys or sells.
        side: Side,
        /// How it waits.
        kind: PendingKind,
    },
}

impl Write {
    /// Whether it can only lower what is at risk.
    #[must_use]
    pub const fn lowers_risk(&self) -> bool {
        match self {
            Self::Close { .. } | Self::CancelOrder { .. } => true,
            Self::Open { .. }
            | Self::EditPosition { .. }
            | Self::CreateOrder { .. }
            | Self::EditOrder { .. } => false,
        }
    }

    /// The broker's symbol that it concerns.
    #[must_use]
    pub fn symbol(&self) -> &str {
        match self {
            Self::Open { symbol, .. }
            | Self::EditPosition { symbol, .. }
            | Self::Close { symbol, .. }
            | Self::CreateOrder { symbol, .. }
            | Self::EditOrder { symbol, .. }
            | Self::CancelOrder { symbol, .. } => symbol,
        }
    }
}
