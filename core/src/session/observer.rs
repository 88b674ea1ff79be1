//! Observers of a session: a record of a run, a journal, a broker's connection.

use serde::{Deserialize, Serialize};

use crate::engine::Outbox;
use crate::event::Event;
use crate::ledger::Ledger;
use crate::order::Intent;
use crate::risk::Approved;
use crate::units::Nanos;

/// An account of a session, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub u16);

impl AccountId {
    /// The place as an index into the session's accounts.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What passes between an engine and the world, in order.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// What goes into the engine.
    Event(&'a Event),
    /// What comes out of it and goes to the venue.
    Intent(&'a Intent),
}

/// Shown all that a session does. The methods are called in the order of what
/// happens, each with the account that it happens to.
pub trait Observer {
    /// An event, before the engine is stepped with it.
    #[inline]
    fn event(&mut self, account: AccountId, event: &Event) {
        let _ = (account, event);
    }

    /// An intent, before a simulated exchange takes it. Where the venue is outside,
    /// sending it is the observer's task.
    #[inline]
    fn intent(&mut self, account: AccountId, intent: &Approved) {
        let _ = (account, intent);
    }

    /// Decisions, trades and unfilled orders. What is not taken out is dropped.
    #[inline]
    fn outbox(&mut self, account: AccountId, out: &mut Outbox) {
        let _ = (account, out);
    }

    /// The account after the decisions at a close; `held` tells whether a position
    /// was open at any time since the close before.
    #[inline]
    fn mark(&mut self, account: AccountId, ts: Nanos, ledger: &Ledger, held: bool) {
        let _ = (account, ts, ledger, held);
    }

    /// The account once more at the close that was marked last, because the end of
    /// a segment or of the data closed positions there.
    #[inline]
    fn mark_again(&mut self, account: AccountId, ts: Nanos, ledger: &Ledger) {
        let _ = (account, ts, ledger);
    }
}
