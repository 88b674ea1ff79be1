//! Questions that an account is asked again and again, and how far each has come.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::intent::RequestId;

/// Kinds of questions that are asked again and again of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum ReadKind {
    Positions,
    Closed,
    Balance,
    Instruments,
    Orders,
}

impl ReadKind {
    pub(super) const ALL: [Self; 5] =
        [Self::Positions, Self::Closed, Self::Balance, Self::Instruments, Self::Orders];
    /// What an account has.
    pub(super) const LISTS: [Self; 4] =
        [Self::Positions, Self::Closed, Self::Balance, Self::Orders];

    /// What it asks for, for people.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Positions => "open positions",
            Self::Closed => "closed positions",
            Self::Balance => "the balance",
            Self::Instruments => "terms of instruments",
            Self::Orders => "orders that wait",
        }
    }
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReadState {
    /// The request under way, and when it was sent.
    pub asked: Option<(RequestId, Nanos)>,
    /// When it is asked next.
    pub due: Nanos,
    /// When the last one that was answered was sent: what it shows is not older.
    pub done: Option<Nanos>,
    /// The same by the broker's clock.
    pub done_there: Option<Nanos>,
    pub failures: u32,
}
