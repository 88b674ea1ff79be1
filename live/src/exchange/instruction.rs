//! What a client can tell the exchange to do, and what it is told back.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::{Nanos, Side};

/// Stop and target as prices; `None` is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Where it is closed with a loss.
    pub stop: Option<Decimal>,
    /// Where it is closed with a profit.
    pub target: Option<Decimal>,
}

/// How an order waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitKind {
    /// For its price or a better one.
    Limit,
    /// For the market to reach its price from the other side.
    Stop,
}

/// A change of an account. Volumes are in lots, prices in the quote currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Open a position at the market.
    Open {
        /// What.
        symbol: String,
        /// Buy for a long position.
        side: Side,
        /// How much.
        volume: Decimal,
        /// Its stop and target.
        levels: Levels,
    },
    /// Give a position another stop and target.
    Amend {
        /// The position.
        position: String,
        /// What the client says of it; the exchange compares where it is said.
        said: Said,
        /// Both of its levels from now on.
        levels: Levels,
    },
    /// Close a position.
    Close {
        /// The position.
        position: String,
        /// What the client says of it.
        said: Said,
        /// Part of it; all of it where there is none.
        part: Option<Decimal>,
    },
    /// Create an order that waits.
    Create {
        /// What.
        symbol: String,
        /// Buy for a long position.
        side: Side,
        /// How much.
        volume: Decimal,
        /// How it waits.
        kind: WaitKind,
        /// For which price.
        px: Decimal,
        /// Stop and target of the position that it opens.
        levels: Levels,
    },
    /// Change an order that waits.
    Change {
        /// The order.
        order: String,
        /// What the client says of it; its volume is the new one.
        said: Said,
        /// For which price from now on.
        px: Decimal,
        /// Both levels from now on.
        levels: Levels,
    },
    /// Withdraw an order that waits.
    Cancel {
        /// The order.
        order: String,
        /// What the client says of it.
        said: Said,
    },
}

/// What a client repeats of a position or an order; what does not agree is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its symbol.
    pub symbol: Option<String>,
    /// Its side.
    pub side: Option<Side>,
    /// Its volume.
    pub volume: Option<Decimal>,
    /// How it waits.
    pub kind: Option<WaitKind>,
}

/// What comes with an instruction and changes nothing of what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Which intent of the client it carries out; the driver of a test tells it, out of
    /// band, so that the exchange can count what was carried out twice.
    pub intent: Option<u64>,
    /// A key by which the exchange knows the instruction again: what came with the same
    /// key before is answered again and not carried out again.
    pub key: Option<String>,
    /// A comment, which the order and the position keep.
    pub comment: String,
}

impl Note {
    /// The note of an intent.
    #[must_use]
    pub fn of(intent: u64) -> Self {
        Self { intent: Some(intent), ..Self::default() }
    }
}

/// The exchange took an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the order. It may differ from the position's.
    pub order: String,
    /// The position that was opened, changed or closed, where there is one by now.
    pub position: Option<String>,
}

/// Why the exchange refused an instruction; nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// There is no such account, or it was disabled.
    #[error("Trading is disabled for this account")]
    NoAccount,
    /// There is no such instrument.
    #[error("Instrument {0} not found")]
    NoSymbol(String),
    /// Its session is closed.
    #[error("Market is closed")]
    Closed,
    /// There has been no price yet.
    #[error("No quotes")]
    NoPrice,
    /// Less than the smallest volume, more than the largest, or off the step.
    #[error("Invalid volume {0}")]
    Volume(Decimal),
    /// A price off the grid.
    #[error("Invalid price {0}")]
    Price(Decimal),
    /// A stop or target on the wrong side of the price, or too near to it.
    #[error("Invalid stop loss or take profit {0}")]
    Level(Decimal),
    /// A pending price on the wrong side of the market, or too near to it.
    #[error("Invalid activation price {0}")]
    Activation(Decimal),
    /// There is no such position any more.
    #[error("Position {0} not found")]
    NoPosition(String),
    /// There is no such order any more.
    #[error("Order {0} not found")]
    NoOrder(String),
    /// What the client said of it is not so.
    #[error("{0} does not match")]
    Mismatch(&'static str),
    /// Not enough free margin.
    #[error("Not enough free margin: {needed} needed, {free} free")]
    Margin {
        /// What the order needs.
        needed: Decimal,
        /// What there is.
        free: Decimal,
    },
    /// A fault that was ordered.
    #[error("{message}")]
    Ordered {
        /// The code that goes with it.
        code: Option<String>,
        /// The words.
        message: String,
    },
}

impl Objection {
    /// The exchange's code for it.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let code = match self {
            Self::NoAccount => "TRADING_DISABLED",
            Self::NoSymbol(_) => "INSTRUMENT_NOT_FOUND",
            Self::Closed => "MARKET_CLOSED",
            Self::NoPrice => "NO_QUOTES",
            Self::Volume(_) => "INVALID_VOLUME",
            Self::Price(_) => "INVALID_PRICE",
            Self::Level(_) => "INVALID_STOPS",
            Self::Activation(_) => "INVALID_ACTIVATION_PRICE",
            Self::NoPosition(_) => "POSITION_NOT_FOUND",
            Self::NoOrder(_) => "ORDER_NOT_FOUND",
            Self::Mismatch(_) => "VALIDATION_FAILED",
            Self::Margin { .. } => "NOT_ENOUGH_MONEY",
            Self::Ordered { code, .. } => return code.clone(),
        };
        Some(code.to_owned())
    }
}

/// An instruction that is carried out later than it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Deferred {
    /// When.
    pub at: Nanos,
    /// On which account.
    pub account: String,
    /// What.
    pub instruction: Instruction,
    /// What came with it.
    pub note: Note,
    /// The number that it was answered with.
    pub order: String,
}
