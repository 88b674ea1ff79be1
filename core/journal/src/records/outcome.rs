//! What became of an order, and what a position made.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::ledger::Trade;
use tickstep_core::order::ExitReason;
use tickstep_core::units::{Nanos, Side};

/// What became of something that a runner did on an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An order is over, or part of it was executed.
    Order(Box<OrderOutcome>),
    /// A position is over.
    Trade(Box<TradeOutcome>),
}

/// What became of an order that opens or closes a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderOutcome {
    /// The account, as the configuration calls it.
    pub account: String,
    /// The runner's number of the order; `None` for a close that the venue made by itself.
    pub intent: Option<u64>,
    /// The signal that it executes, where it executes one.
    pub signal: Option<u64>,
    /// The engine's number of it, where an engine asked for it.
    pub order: Option<u64>,
    /// The strategy that asked for it.
    pub strategy: String,
    /// The instrument, as the configuration calls it.
    pub symbol: String,
    /// What it is for.
    pub aim: Aim,
    /// Its own side: `Buy` buys, whatever it opens or closes.
    pub side: Side,
    /// The price that was wanted: the last one known at the decision, the one that an order
    /// waits for, or the level of a stop or target; `None` where none was known.
    pub wanted: Option<Decimal>,
    /// When it was decided, by the runner's clock.
    pub decided: Nanos,
    /// When its request was sent, by the runner's clock; `None` for one that was not sent, or
    /// that waited for its price at the venue.
    pub sent: Option<Nanos>,
    /// When the venue's answer that it was taken came, by the runner's clock.
    pub answered: Option<Nanos>,
    /// How it ended.
    pub end: OrderEnd,
}

/// What an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// It opens a position.
    Entry,
    /// It closes a position, or part of it.
    Exit(ExitReason),
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEnd {
    /// It was executed, or part of it.
    Executed(Executed),
    /// The venue refused it.
    Rejected {
        /// The venue's words.
        message: String,
    },
    /// The venue's answer was lost, and no list showed it.
    NotPlaced,
    /// It was not sent.
    NotSent {
        /// Why not.
        why: String,
    },
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// When, as the venue stamps it, by the runner's clock as far as the venue's is known.
    pub at: Nanos,
    /// How far that may be off; `None` where the venue's clock is not known.
    pub within: Option<Nanos>,
    /// At which price, quote currency.
    pub price: Decimal,
    /// How much, the instrument's units.
    pub quantity: Decimal,
    /// Commission and swap that the venue states with it, account currency; negative is paid.
    pub charges: Decimal,
}

/// What a position made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeOutcome {
    /// The account, as the configuration calls it.
    pub account: String,
    /// The strategy that held it.
    pub strategy: String,
    /// The instrument, as the configuration calls it.
    pub symbol: String,
    /// How much was entered, the instrument's units.
    pub quantity: Decimal,
    /// Its fills, reason and money, as the account's ledger has them.
    pub trade: Trade,
    /// Its money as the venue states it, where it states all of it: brokers round.
    pub stated: Option<StatedMoney>,
}

/// What a position made, as its broker states it, account currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedMoney {
    /// Before commission and swap.
    pub profit: Decimal,
    /// Commission; negative is paid.
    pub commission: Decimal,
    /// Swap; negative is paid.
    pub swap: Decimal,
}

impl StatedMoney {
    /// What is left after commission and swap.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap
    }
}

impl OrderOutcome {
    /// From sending to execution; `None` for what was not sent, not executed, or waited for
    /// its price.
    ///
    /// It runs from the moment that the request was sent, so that an entry which had to wait
    /// for the exit before it is not charged with that one's time. It ends with the venue's
    /// answer, by the one clock that needs no other, or with the stamp of the execution where
    /// that is surely later; where no answer came, with the stamp.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_core::units::{Nanos, Side};
    /// use tickstep_journal::{Aim, Executed, OrderEnd, OrderOutcome};
    ///
    /// let ms = |n: i64| Nanos(n * 1_000_000);
    /// let price = Decimal::ONE;
    /// let order = |stamp, answered| OrderOutcome {
    ///     account: "main".to_owned(),
    ///     intent: Some(1),
    ///     signal: None,
    ///     order: Some(1),
    ///     strategy: "scalper".to_owned(),
    ///     symbol: "FILUSDT".to_owned(),
    ///     aim: Aim::Entry,
    ///     side: Side::Buy,
    ///     wanted: Some(price),
    ///     decided: ms(0),
    ///     sent: Some(ms(100)),
    ///     answered,
    ///     end: OrderEnd::Executed(Executed {
    ///         at: stamp,
    ///         within: Some(ms(500)),
    ///         price,
    ///         quantity: price,
    ///         charges: Decimal::ZERO,
    ///     }),
    /// };
    /// assert_eq!(order(ms(50), Some(ms(180))).latency(), Some(ms(80)));
    /// assert_eq!(order(ms(5_000), Some(ms(180))).latency(), Some(ms(4_400)));
    /// assert_eq!(order(ms(5_000), None).latency(), Some(ms(4_900)));
    /// ```
    #[must_use]
    pub fn latency(&self) -> Option<Nanos> {
        let OrderEnd::Executed(done) = &self.end else { return None };
        let sent = self.sent?;
        let stamped = done.at - sent;
        let took = match (self.answered, done.within) {
            (None, _) => stamped,
            (Some(answered), None) => answered - sent,
            (Some(answered), Some(within)) => (answered - sent).max(stamped - within),
        };
        Some(took.max(Nanos(0)))
    }
}
