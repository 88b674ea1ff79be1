//! Everything a runner wants done.

use tickstep_core::session::AccountId;
use tickstep_journal::Outcome;

use super::happening::Happening;
use crate::broker::Call;
use crate::intent::RequestId;

/// A request to an account's broker.
#[derive(Debug, PartialEq, Eq)]
pub struct Send {
    /// Its number, which the reply comes back with.
    pub request: RequestId,
    /// The account whose session it goes by.
    pub account: AccountId,
    /// What is asked.
    pub call: Call,
}

/// What a step wants done, in order. The caller makes the journal durable first, then
/// performs; what is published needs no order with what is sent.
#[derive(Debug, Default)]
pub struct Effects {
    /// Requests, the most urgent first.
    pub sends: Vec<Send>,
    /// What happened.
    pub happenings: Vec<Happening>,
    /// What became of orders and positions, as the journal keeps it.
    pub outcomes: Vec<Outcome>,
}

impl Effects {
    /// Whether a write is among the requests, so that the journal has to be durable
    /// before they are sent.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.sends.iter().any(|s| matches!(s.call, Call::Write(..)))
    }

    /// Forgets everything; the memory is kept.
    pub fn clear(&mut self) {
        self.sends.clear();
        self.happenings.clear();
        self.outcomes.clear();
    }
}
