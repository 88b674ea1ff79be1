//! Everything a broker answers, as a runner sees it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::{Nanos, Side};

use super::call::{BracketPrices, PendingKind};
use crate::intent::Outcome;

/// What came of a [`Call`](super::Call).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A session is open, or was prolonged.
    LoggedIn(LoggedIn),
    /// The session is over.
    LoggedOut,
    /// The account's money.
    Balance(Balance),
    /// What can be traded.
    Instruments(Vec<VenueInstrument>),
    /// Best bid and ask.
    Quotes(Vec<Quote>),
    /// Bars, in the order they came.
    Candles(Vec<Candle>),
    /// All positions that are open.
    Positions(Vec<VenuePosition>),
    /// All orders that wait.
    Orders(Vec<PendingOrder>),
    /// What was closed, one row for each closing operation.
    Closed(Vec<ClosedRow>),
    /// The answer to a write.
    Write(Outcome),
    /// A session or a question failed, or a write was not sent or was turned away at the
    /// door; nothing was changed by it.
    Failed(Fault),
}

/// A session, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// The account at the broker that the session is for.
    pub account: String,
    /// When the session ends unless it is prolonged, where the broker says so.
    pub expires: Option<Nanos>,
    /// Notional over margin of the account, where the broker says so.
    pub leverage: Option<Decimal>,
}

/// The account's money, in its currency. What the broker left out is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Deposits and everything realised.
    pub balance: Decimal,
    /// Balance and what is open.
    pub equity: Option<Decimal>,
    /// Margin in use.
    pub margin: Option<Decimal>,
    /// What is left for margin.
    pub free_margin: Option<Decimal>,
    /// Currency of the account.
    pub currency: Option<String>,
}

/// Terms of an instrument, as the broker states them; what it left out is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueInstrument {
    /// The broker's symbol.
    pub symbol: String,
    /// Whether it can be traded now.
    pub session_open: Option<bool>,
    /// Smallest order, in the broker's lots.
    pub volume_min: Option<Decimal>,
    /// Largest order, in the broker's lots.
    pub volume_max: Option<Decimal>,
    /// Step of volume, in the broker's lots.
    pub volume_step: Option<Decimal>,
    /// Units of the base in one lot.
    pub contract_size: Option<Decimal>,
    /// Price step.
    pub tick_size: Option<Decimal>,
    /// Smallest distance of stop and target from the price, in ticks; 0 is none.
    pub stops_level: Option<u32>,
    /// Notional over margin.
    pub leverage: Option<Decimal>,
    /// Currency that it is quoted in.
    pub quote_currency: Option<String>,
}

/// The best prices of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The broker's symbol.
    pub symbol: String,
    /// Best bid.
    pub bid: Decimal,
    /// Best ask.
    pub ask: Decimal,
    /// The broker's time of it, nanoseconds since the Unix epoch, UTC.
    pub ts: Option<Nanos>,
}

/// A bar. Prices are the broker's bids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candle {
    /// Open of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts_open: Nanos,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Volume, in whatever the broker counts.
    pub volume: Option<Decimal>,
    /// Part of it that takers bought, where the market tells.
    pub taker_buy: Option<Decimal>,
}

/// A position. Fills that a broker nests in one are part of it; positions that it nests
/// are listed for themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenuePosition {
    /// The broker's number of it.
    pub id: String,
    /// The broker's symbol.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// Volume, in the broker's lots.
    pub volume: Decimal,
    /// Price it was opened at.
    pub open_price: Decimal,
    /// Time it was opened at, nanoseconds since the Unix epoch, UTC.
    pub open_time: Nanos,
    /// Stop and target.
    pub bracket: BracketPrices,
    /// Commission so far; negative is paid.
    pub commission: Decimal,
    /// Swap so far; negative is paid.
    pub swap: Decimal,
    /// Open P&L before commission and swap.
    pub profit: Option<Decimal>,
    /// The comment that came with it.
    pub comment: Option<String>,
}

/// An order that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingOrder {
    /// The broker's number of it.
    pub id: String,
    /// The broker's symbol.
    pub symbol: String,
    /// Whether it buys or sells.
    pub side: Side,
    /// How it waits.
    pub kind: PendingKind,
    /// Volume, in the broker's lots.
    pub volume: Decimal,
    /// The price it waits for.
    pub price: Decimal,
    /// Time it was created at, nanoseconds since the Unix epoch, UTC.
    pub created: Option<Nanos>,
    /// Stop and target that come with it.
    pub bracket: BracketPrices,
    /// The comment that came with it.
    pub comment: Option<String>,
}

/// One closing operation of a position; a partial close is one too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRow {
    /// What makes the row the only one of its kind.
    pub uid: String,
    /// The position.
    pub position: String,
    /// The broker's symbol.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// What was closed, in the broker's lots.
    pub volume: Decimal,
    /// Price the position was opened at.
    pub open_price: Decimal,
    /// Price it was closed at.
    pub close_price: Decimal,
    /// Time it was opened at, nanoseconds since the Unix epoch, UTC.
    pub open_time: Nanos,
    /// Time it was closed at, nanoseconds since the Unix epoch, UTC.
    pub close_time: Nanos,
    /// Commission; negative is paid.
    pub commission: Decimal,
    /// Swap; negative is paid.
    pub swap: Decimal,
    /// Profit before commission and swap, account currency, where the broker states it.
    pub profit: Option<Decimal>,
    /// The broker's word for why.
    pub reason: Option<String>,
    /// The comment of the position.
    pub comment: Option<String>,
}

/// Why a session or a question failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// E-mail or password is wrong; trying again cannot help.
    #[error("e-mail or password is wrong")]
    BadCredentials,
    /// The session is over.
    #[error("the session is over")]
    Unauthorised,
    /// The broker does not let the program in.
    #[error("the broker refused access: {0}")]
    Forbidden(String),
    /// The session that was opened is for another account than the one configured.
    #[error("the broker opened account {found} where {wanted} is configured")]
    WrongAccount {
        /// The account configured.
        wanted: String,
        /// The account of the session, or those there are.
        found: String,
    },
    /// What was asked for is not there any more.
    #[error("what was asked for is gone for good")]
    Gone,
    /// Too many requests.
    #[error("too many requests")]
    TooMany {
        /// How long to wait, where the broker says so.
        retry_after: Option<Nanos>,
    },
    /// The broker refused what was asked.
    #[error("the broker refused the request: {0}")]
    Refused(String),
    /// No reply within the time allowed.
    #[error("no reply in time")]
    Timeout,
    /// The broker could not be reached, or the connection broke. Of a write it says that it
    /// was not sent; where the connection broke later, its outcome is unknown.
    #[error("the broker was not reached: {0}")]
    Network(String),
    /// The server answered with a fault of its own.
    #[error("the server answered {0}")]
    Server(u16),
    /// A reply that cannot be read.
    #[error("the reply cannot be read: {0}")]
    Unreadable(String),
}
