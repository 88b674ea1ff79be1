//! Why a session cannot be built, and what it refuses to be fed.

use alloc::string::String;

use rust_decimal::Decimal;

use super::observer::AccountId;
use crate::book::BookError;
use crate::engine::EngineError;
use crate::features::FeatureError;
use crate::instrument::InstrumentId;
use crate::order::{OrderId, SlotId};
use crate::params::ParamError;

/// Why a session cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// An account or a strategy.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A feature on an instrument's bars.
    #[error("{symbol}: {error}")]
    Feature {
        /// Name of the instrument.
        symbol: String,
        /// Why the feature cannot be computed.
        error: FeatureError,
    },
    /// Accounts that do not trade the same instruments.
    #[error(
        "account number {0} has other instruments, tick sizes, lot steps or bars than account \
         number 0; accounts of one session share their features, so give it a session of its own"
    )]
    Markets(usize),
    /// More accounts than can be counted, or none.
    #[error("a session has 1 to 65536 accounts, not {0}")]
    Accounts(usize),
}

/// What a session refuses to be fed. The session is then as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// A change of the order book that contradicts it. The event was counted and
    /// shown; the book is as before, and should be asked for again.
    #[error("the book of instrument number {}: {error}", instrument.0)]
    Book {
        /// The instrument whose book it is.
        instrument: InstrumentId,
        /// How the change contradicts the book.
        error: BookError,
    },
    /// What names a slot or an order of one account: a venue's report, a signal, some of an
    /// operator's commands.
    #[error("what names a slot or an order belongs to one account; hand it to that account")]
    OneAccount,
    /// News of the market, which is every account's.
    #[error(
        "an account takes its venue's reports, commands and signals alone; feed the session with this"
    )]
    Market,
    /// A report of another venue than the account's.
    #[error("account number {} trades on the simulated exchange, which reports itself", .0.0)]
    Simulated(AccountId),
    /// The account named is not one of the session.
    #[error("the session has no account number {}", .0.0)]
    NoAccount(AccountId),
    /// The slot named is not one of the account.
    #[error("the account has no slot number {}", .0.0)]
    NoSlot(SlotId),
    /// A fill of what is neither ordered nor held. It was not booked.
    #[error("the fill of order {} fits nothing that is ordered and held", .0.0)]
    Fill(OrderId),
    /// A balance with which money would not be exact.
    #[error("a balance of {0} cannot be kept to the last digit beside what the account trades")]
    Balance(Decimal),
    /// A signal that says something impossible.
    #[error("the signal cannot be followed: {0}")]
    Signal(ParamError),
    /// The instrument named is not one of the session.
    #[error("the session has no instrument number {}", .0.0)]
    NoInstrument(InstrumentId),
    /// An event before one that was fed already.
    #[error("an event of {event} ns after one of {last} ns; feed events in their order")]
    Backwards {
        /// Time of the event, nanoseconds since the Unix epoch, UTC.
        event: i64,
        /// Time of the one before, nanoseconds since the Unix epoch, UTC.
        last: i64,
    },
}
