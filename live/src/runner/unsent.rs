//! Why an order was not sent: what is refused here, with the reason.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Why an order was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unsent {
    /// Trading is switched off for the whole program.
    #[error("trading is switched off (TRADING_ENABLED is false)")]
    TradingOff,
    /// There is no session.
    #[error("the account is not logged in")]
    NoSession,
    /// What the account holds is not known.
    #[error("what the account holds is not known until it has been read back")]
    StateUnknown,
    /// The broker does not know the instrument, or the configuration does not say how it calls it.
    #[error("the broker has no symbol for this instrument")]
    NotMapped,
    /// The broker's session for the instrument is closed.
    #[error("the instrument's session is closed")]
    SessionClosed,
    /// Smaller than the broker's smallest order.
    #[error("{volume} is below the smallest volume, {least}")]
    TooSmall {
        /// The volume.
        volume: Decimal,
        /// The smallest.
        least: Decimal,
    },
    /// Larger than the broker's largest order.
    #[error("{volume} is above the largest volume, {most}")]
    TooLarge {
        /// The volume.
        volume: Decimal,
        /// The largest.
        most: Decimal,
    },
    /// Not a multiple of the broker's step.
    #[error("{volume} is not a multiple of the broker's step, {step}")]
    OffStep {
        /// The volume.
        volume: Decimal,
        /// The step.
        step: Decimal,
    },
    /// Stop or target nearer to the price than the broker allows.
    #[error("a level at {level} is nearer to {price} than the broker's {least} ticks")]
    TooNear {
        /// The level.
        level: Decimal,
        /// The price.
        price: Decimal,
        /// The smallest distance, in ticks.
        least: u32,
    },
    /// The decision is too old.
    #[error("the decision is {age_ms} ms old, more than {most_ms} ms")]
    TooOld {
        /// Its age.
        age_ms: i64,
        /// The most.
        most_ms: i64,
    },
    /// No price, or one that is too old.
    #[error("no price is younger than {most_ms} ms")]
    NoPrice {
        /// The most.
        most_ms: i64,
    },
    /// The price has moved away since the decision.
    #[error("the price moved from {from} to {to}, more than allowed")]
    Moved {
        /// At the decision.
        from: Decimal,
        /// Now.
        to: Decimal,
    },
    /// The broker's price is too far from the feed's.
    #[error(
        "the broker's price is {theirs}, the feed's {ours}: more than {most} of it apart, which \
         is the most (max_deviation)"
    )]
    Apart {
        /// The feed's price.
        ours: Decimal,
        /// The broker's, counted as the feed's.
        theirs: Decimal,
        /// The largest fraction allowed.
        most: Decimal,
    },
    /// The broker's price has to be held against the feed's, and no quote is fresh.
    #[error("no quote of the broker is younger than {most_ms} ms to hold the feed's price against")]
    NoQuote {
        /// The most.
        most_ms: i64,
    },
    /// Free margin is below the account's floor.
    #[error("free margin {free} is below the floor, {floor}")]
    FreeMargin {
        /// Free margin.
        free: Decimal,
        /// The floor.
        floor: Decimal,
    },
    /// The broker does not state the free margin, for which the account has a floor.
    #[error("the broker does not state the free margin, and the account has a floor, {floor}")]
    FreeMarginUnknown {
        /// The floor.
        floor: Decimal,
    },
    /// The journal has no room but for closes.
    #[error("the disk is full but for what closes need")]
    DiskFull,
    /// Ledger and broker differ, and the configuration wants them to agree.
    #[error("ledger and broker differ: {0}")]
    Differs(String),
    /// Ledger and broker have not agreed yet on other accounts, and the configuration wants
    /// them to before anything is opened.
    #[error("nothing is opened until ledger and broker agree; awaited: {0}")]
    Awaited(String),
    /// The account is kept in another currency.
    #[error("the account is in {theirs} at its broker, and everything here is counted in {ours}")]
    OtherCurrency {
        /// The currency here.
        ours: String,
        /// The account's.
        theirs: String,
    },
    /// A lot of the instrument is another number of units at the broker.
    #[error(
        "one lot is {theirs} units at the broker and {ours} here (contract_size), so that orders \
         would be of another size"
    )]
    OtherContract {
        /// Units of a lot here.
        ours: Decimal,
        /// Units of a lot at the broker.
        theirs: Decimal,
    },
    /// An operator stopped the account.
    #[error("an operator stopped the account")]
    Stopped,
    /// The program is about to end.
    #[error("the program is about to end")]
    Stopping,
    /// The instrument's prices have stopped coming.
    #[error("the instrument's prices have stopped coming")]
    FeedStill,
    /// A netting account holds the instrument for another strategy.
    #[error("the account nets, and another strategy holds the instrument")]
    HeldByAnother,
    /// It was withdrawn before it was sent.
    #[error("it was withdrawn before it was sent")]
    Withdrawn,
    /// The one that it was to be tried again for was carried out after all.
    #[error("the order before it was carried out although it had been refused")]
    Executed,
}
