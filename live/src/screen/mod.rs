//! A runner on a terminal: accounts with equity and P&L, positions, the latest signal and what
//! became of it on every account, latency, requests, and what happened.
//!
//! [`Screen`] is what is known, made of what a [service tells](crate::service::WatchLine) and
//! of keys, and nothing else. [`draw`] makes a picture of it. Both are pure: the terminal
//! ([`show`]) and plain lines ([`tell_plainly`]) are thin loops around them. Nothing that is
//! shown has a secret in it, because nothing that a service tells has.

mod curve;
mod draw;
mod guard;
mod log;
mod look;
mod plain;
mod show;
mod state;
mod terms;
mod words;

pub use draw::draw;
pub use guard::{Keyboard, TerminalGuard};
pub use log::{LogEntry, ScreenLog, Tone};
pub use look::Look;
pub use plain::tell_plainly;
pub use show::{Acting, Left, Watched, show};
pub use state::{KeyAct, Question, Screen, ScreenKey, View};
pub use words::{lasted, money, signed};
