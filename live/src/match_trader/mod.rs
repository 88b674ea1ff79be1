//! Match-Trader's Platform API: what is sent, and what its answers mean.
//!
//! What this rests on is not all documented by the vendor. Documented: the calls, their
//! bodies, the limit of 500 requests a minute. Seen at brokers by several clients and not
//! documented: the life of a session (15 minutes) and its refreshes (4 an hour), amounts
//! as text, HTTP 400 for orders that were refused, several spellings of the login's
//! answer. Inferred, to be tried on a demo account before money is at stake: that the
//! number of an order is that of its position (not relied on), the meaning of
//! `stopsLevel` (points), the side of candles (bid). Paths are in [`Paths`] and can be set.
//!
//! There is no idempotency key, no client order id and no comment here, so a lost reply
//! is resolved by reading back and by nothing else.
//!
//! [`Connection`] is one account's way to its broker. What it asks is made in [`request`],
//! what comes back is read in [`wire`], and nothing that changes an account is ever sent
//! twice.

mod client;
mod cookies;
mod host;
pub(crate) mod json;
mod login;
pub(crate) mod number;
pub(crate) mod once;
pub mod request;
pub(crate) mod secrets;
mod terms;
pub(crate) mod transport;
pub(crate) mod verdict;
pub mod wire;

pub use client::{BrokerLogin, Connection};
pub use host::{BrokerHost, HostError, HostSettings};
pub use request::Request;
pub use terms::Paths;
