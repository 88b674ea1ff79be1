//! What people ask about, in a database: orders, trades, signals, positions, logs, alerts,
//! audit, accounts, sessions, equity.
//!
//! The journal is the truth, and the store is behind it, never before: it is told what
//! happened at records that are durable ([`Feed`]), takes them in with their number in one
//! transaction ([`Store::apply`]), and after a gap or a crash takes from the journal what it
//! is missing ([`Store::catch_up`]). So it can be made again ([`Store::rebuild`]): the same
//! records make the same rows, to the last one. Rows of records that the journal does not
//! keep any more stay.
//!
//! Whatever befalls it harms no trading: the queue never blocks, a database that is locked
//! or has no room is tried again ([`Writer`]), and [`Health`] says so.
//!
//! The statements and tables are written so that PostgreSQL takes them as they are: whole
//! numbers for flags, times and amounts ([`exact`]), text elsewhere.
//!
//! What it does not know it leaves empty. It has no passwords and no tokens.

mod amount;
mod apply;
mod bind;
mod catch_up;
mod copy;
mod entry;
mod error;
mod feed;
mod open;
#[cfg(test)]
mod portable;
#[cfg(test)]
mod postgres;
mod query;
mod retention;
mod samples;
mod sql;
mod translate;
mod word;
mod writer;

pub use amount::{DoesNotFit, decimal, exact, rounded};
pub use apply::Applied;
pub use catch_up::{CaughtUp, Replay, Span, oldest_record, replay_from};
pub use copy::copy_database;
pub use entry::{Batch, Roster, RosterAccount, RosterInstrument, StoreEntry, StoreLogin};
pub use error::StoreError;
pub use feed::{Feed, feed};
pub use open::{Store, StoreOptions};
pub use query::*;
pub use retention::Retention;
pub use translate::LeftOut;
pub use word::{
    AccountKind, Direction, LogLevel, OrderPurpose, OrderState, OrderType, PositionState,
    ResultState, SignalType, UnknownWord,
};
pub use writer::{Health, Writer};
