//! What became of a signal on one account, and why one left it out.

use core::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::decision::Refusal;
use tickstep_core::units::Nanos;

use super::unsent::Unsent;

/// What became of a signal on one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is not known yet.
    Waiting,
    /// It was executed.
    Executed {
        /// Price of the execution.
        price: Decimal,
        /// Quantity.
        quantity: Decimal,
        /// How far the price is from the decision's, against the account, in ticks.
        slippage_ticks: i64,
        /// From sending to the execution, as the broker stamps it.
        latency: Nanos,
    },
    /// It waits for its price at the broker.
    Resting {
        /// The broker's number of the order.
        number: String,
        /// The price it waits for.
        price: Decimal,
        /// Volume, in the broker's lots.
        quantity: Decimal,
    },
    /// It was refused by the broker.
    Rejected {
        /// The broker's words.
        message: String,
    },
    /// The broker's answer was lost, and it was found not to be there.
    NotPlaced,
    /// It was not sent.
    Skipped(Skip),
}

/// Why an account left a signal out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// A rule of the account's risk, or of the strategy.
    Rule(Refusal),
    /// A position, or an order for one, is there already.
    AlreadyThere,
    /// The account does not trade this strategy on this instrument.
    NotForIt,
    /// The account had nothing to do.
    NothingToDo,
    /// It would have been refused by the broker, or came too late.
    Check(Unsent),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("not known yet"),
            Self::Executed { price, quantity, slippage_ticks, latency } => write!(
                f,
                "executed {} at {}, slippage {slippage_ticks} ticks, {} ms",
                quantity.normalize(),
                price.normalize(),
                latency.millis()
            ),
            Self::Resting { number, price, quantity } => {
                let (quantity, price) = (quantity.normalize(), price.normalize());
                write!(f, "waits as order {number}: {quantity} at {price}")
            }
            Self::Rejected { message } => write!(f, "rejected: {message}"),
            Self::NotPlaced => f.write_str("not placed"),
            Self::Skipped(skip) => write!(f, "skipped: {skip}"),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(refusal) => f.write_str(refusal.name()),
            Self::AlreadyThere => f.write_str("a position or an order is there already"),
            Self::NotForIt => f.write_str("the account does not trade it"),
            Self::NothingToDo => f.write_str("nothing to do"),
            Self::Check(unsent) => write!(f, "{unsent}"),
        }
    }
}
