//! The order of things at one instant, written once: a backtest, a paper account
//! and a live runner drive their engines through the same [`Session`].
//!
//! A session is one source of features for each instrument and any number of
//! accounts that read its rows. An [`Account`] is an engine and its venue: the
//! simulated exchange, or a broker outside, whose reports come in as events and
//! whose orders leave through the [`Observer`].
//!
//! At one instant, in this order:
//!
//! 1. public trades and changes of the order book,
//! 2. bars that end: the venue tests brackets and margin against all of them
//!    ([`Session::close_bars`]), then features and marks take each in,
//! 3. the start of a day, funding, an operator's command or a signal from outside,
//! 4. decisions ([`Session::decide`]),
//! 5. the end of a segment or of the data ([`Session::end_segment`]),
//! 6. bars that open ([`Session::open_bars`]): exits of all instruments, entries
//!    of all, then brackets that an open is beyond.
//!
//! A driver that knows its series beforehand calls these methods; one that is handed
//! events calls [`Session::feed`], which calls them. What passes between an engine and
//! the world is a journal, and [`replay()`] steps a fresh engine through one.
//!
//! Invariants: accounts do not see each other; what an account is stepped with
//! is the same whether it stands alone or among others; every event of an
//! account has the next number.
//!
//! An account whose money would no longer be exact takes in nothing more, and says so by
//! [`crate::engine::Engine::overflow`]; the others go on.
//!
//! Refuses to do: keep time, wait, or know where events come from.

mod account;
mod batch;
mod error;
mod feed;
mod instant;
mod observer;
mod replay;
mod state;

pub use account::{Account, Ending};
pub use error::{FeedError, SessionError};
pub use instant::{Closing, Session};
pub use observer::{AccountId, Observer, Seen};
pub use replay::{Replay, replay};
pub use state::{AccountState, SessionState};
