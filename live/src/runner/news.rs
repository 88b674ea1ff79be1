//! News of orders and positions, and what a person should know.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::order::{ExitReason, OrderId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side};

use super::signal_id::SignalId;
use super::unsent::Unsent;
use crate::broker::{BracketPrices, PendingKind};
use crate::intent::{End, IntentId};

/// An order moved on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderNews {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub intent: IntentId,
    /// The engine's number of it, where an engine asked for it.
    pub order: Option<OrderId>,
    /// The signal it executes, where it executes one.
    pub signal: Option<SignalId>,
    /// The strategy, where one asked for it.
    pub strategy: Option<String>,
    /// The instrument.
    pub symbol: String,
    /// What it is for.
    pub aim: OrderAim,
    /// Side of the position that it opens, changes or closes: buy for a long one.
    pub side: Side,
    /// Volume, in the broker's lots.
    pub volume: Decimal,
    /// The price known when it was decided.
    pub price: Option<Decimal>,
    /// Stop and target that it asks for.
    pub bracket: BracketPrices,
    /// How it waits and for which price, where it does.
    pub waits: Option<(PendingKind, Decimal)>,
    /// When it was decided.
    pub decided: Nanos,
    /// The broker's number of it, where its answer had one.
    pub number: Option<String>,
    /// Where it stands.
    pub status: OrderStatus,
}

/// What an order is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderAim {
    /// It opens a position.
    Entry,
    /// It closes a position, or part of it.
    Exit {
        /// The broker's number of the position, where there is a broker.
        position: Option<String>,
        /// Why.
        reason: ExitReason,
    },
    /// It gives a position the bracket that it should have.
    Edit {
        /// The broker's number of the position.
        position: String,
    },
    /// It closes a position that opened after its order had been given up.
    Orphan {
        /// The broker's number of the position.
        position: String,
    },
    /// It withdraws an order that waits.
    Cancel {
        /// The broker's number of the order.
        order: String,
    },
    /// It gives an order that waits another price, stop and target.
    Reprice {
        /// The broker's number of the order.
        order: String,
    },
}

/// Where an order stands, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// On its way.
    Sent,
    /// The broker took it.
    Accepted,
    /// Its outcome is being found by reading back.
    Unknown,
    /// It waits for its price at the broker.
    Resting,
    /// It ended.
    Ended(End),
    /// It was not sent.
    Unsent(Unsent),
}

/// A position was opened, changed or closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionNews {
    /// The account.
    pub account: AccountId,
    /// The broker's number of it.
    pub position: String,
    /// The strategy that holds it; `None` for one that the program did not open.
    pub strategy: Option<String>,
    /// The instrument, or the broker's symbol where there is none.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// Volume that was opened, changed or closed, in the broker's lots.
    pub volume: Decimal,
    /// What is open of it now, in the broker's lots.
    pub left: Decimal,
    /// Entry price.
    pub price: Decimal,
    /// When it was opened.
    pub opened: Nanos,
    /// Stop and target that it has.
    pub bracket: BracketPrices,
    /// The order that opened it, where that is known now.
    pub intent: Option<IntentId>,
    /// What happened.
    pub change: PositionChange,
}

/// What happened to a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionChange {
    /// It was opened, or seen for the first time.
    Opened,
    /// Its stop or target changed.
    Bracket,
    /// Part of it was closed.
    Reduced {
        /// Price of the close.
        price: Decimal,
    },
    /// It is not there any more, and was not the program's.
    Gone,
    /// It was closed.
    Closed {
        /// Price of the close.
        price: Decimal,
        /// Why.
        reason: ExitReason,
    },
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Somebody should look.
    Warning,
    /// Money is at risk.
    Critical,
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// How bad it is.
    pub severity: Severity,
    /// The account, where it concerns one.
    pub account: Option<AccountId>,
    /// What kind of thing it is, one word for machines.
    pub kind: AlertKind,
    /// What it is, in a sentence.
    pub words: String,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The broker refused an order.
    Rejected,
    /// The outcome of an order is not known.
    Unknown,
    /// An order executed after it had been given up.
    LateExecution,
    /// A position vanished without a row that says how.
    Vanished,
    /// A position has no stop or target, or another one than it should.
    BracketLost,
    /// A position that the program did not open, or an order that it did not place.
    Foreign,
    /// An order that waited is gone, and nothing says that it filled.
    OrderGone,
    /// More than one position fits one order.
    Ambiguous,
    /// A number of the broker's that is not on the grid.
    OffGrid,
    /// An execution whose price the broker does not state yet.
    NoPrice,
    /// Lists of an account that cannot be read.
    Unread,
    /// A session could not be opened.
    Session,
    /// A host does not answer.
    Host,
    /// The journal's disk is full.
    Disk,
    /// Prices have stopped coming.
    Feed,
    /// Ledger and broker differ.
    Difference,
    /// A limit on an account's losses or profit is reached, or is lifted.
    Limit,
}
