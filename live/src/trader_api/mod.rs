//! Match-Trader's Trader API: one token for each account, an idempotency key and a comment
//! on writes.
//!
//! Read in the vendor's pages: bodies and answers of opening and closing positions and of
//! creating, changing and withdrawing pending orders, the answer of candles, the form of an
//! error, that a token is for one account. What the pages did not show is in
//! [`TraderTerms`], all of it, and has no defaults but where a guess cannot do harm: each
//! method and path, the unit of times, the names of fields of what is read. So this adapter
//! is off until somebody who has read the broker's own pages writes them down. Still open
//! after that: how long a key is remembered, the limit of requests, and whether a token ends
//! by itself.
//!
//! A write goes out once here too. It has a key of its own, random and never used again, so
//! that a layer between here and the broker which repeats it does no harm; the number of its
//! intent stands in the comment, so that people find it. What became of a lost reply is
//! still found by reading back.

mod client;
mod request;
mod terms;
mod wire;

pub use client::{TraderConnection, TraderLogin};
pub use request::{TraderRequest, read_request, write_request};
pub use terms::{Route, TermsError, TimeUnit, TraderTerms};
pub use wire::{TraderWrite, outcome, read_reply, same_account};
