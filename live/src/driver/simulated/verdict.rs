//! What was not as it should be.

use std::collections::{BTreeMap, BTreeSet};

use tickstep_core::session::AccountId;

use crate::intent::{End, IntentId};
use crate::runner::{AlertKind, Happening, OrderStatus};

/// Something that must not happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A write was carried out that no durable record tells of.
    NotDurable(u64),
    /// The broker carried a write out more than once.
    Duplicate(u64),
    /// An order moved on after it had ended.
    Reopened(u64),
    /// Risk was taken on an account of which something was unknown.
    RiskWhileUnknown(u16, u64),
    /// At the quiet end the broker holds a position of ours that the runner does not know.
    Forgotten(u16, String),
    /// At the quiet end the runner knows a position that the broker does not hold.
    Imagined(u16, String),
    /// At the quiet end a position has no bracket, or not its own.
    Unbracketed(u16, String),
    /// At the quiet end a position and its engine differ in size.
    Size(u16, String),
    /// At the quiet end the engine's money is not the broker's.
    Money(u16, String),
    /// At the quiet end something is still under way.
    NotSettled(u16, String),
    /// The journal does not replay to what was done.
    Replay(String),
    /// The runner did not come back.
    Stuck(String),
    /// A limit of requests was exceeded.
    TooManyRequests(u64),
}

/// What came of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// A number that is the same where the trace is.
    pub trace: u64,
    /// Inputs that the runner was handed.
    pub inputs: u64,
    /// Writes that were sent.
    pub writes: u64,
    /// Positions that were opened at the broker for the runner.
    pub opened: u64,
    /// Replies to writes that were lost.
    pub lost: u64,
    /// Executions after the runner had given them up.
    pub late: u64,
    /// Restarts.
    pub restarts: u64,
    /// What was not as it should be.
    pub violations: BTreeSet<Violation>,
}

/// Follows what a runner says of its orders.
#[derive(Debug, Default)]
pub(super) struct Watch {
    ended: BTreeSet<IntentId>,
    unknown: BTreeMap<IntentId, AccountId>,
}

impl Watch {
    /// What is known of orders is what was durable: the program ended.
    pub(super) fn restarted(&mut self) {
        self.ended.clear();
        self.unknown.clear();
    }

    /// Takes what happened; says what must not.
    pub(super) fn see(&mut self, happening: &Happening) -> Option<Violation> {
        let Happening::Order(news) = happening else { return None };
        let id = news.intent;
        if self.ended.contains(&id) {
            return Some(Violation::Reopened(id.0));
        }
        match news.status {
            OrderStatus::Unknown => {
                self.unknown.insert(id, news.account);
            }
            OrderStatus::Ended(End::NotSent) | OrderStatus::Unsent(_) | OrderStatus::Ended(_) => {
                self.unknown.remove(&id);
                self.ended.insert(id);
            }
            OrderStatus::Accepted => {
                self.unknown.remove(&id);
            }
            OrderStatus::Sent => {}
        }
        None
    }

    /// An order that takes risk is being sent.
    pub(super) fn opens(&self, account: AccountId, id: IntentId) -> Option<Violation> {
        let unknown = self.unknown.values().any(|other| *other == account);
        unknown.then_some(Violation::RiskWhileUnknown(account.0, id.0))
    }
}

/// Whether an alert says that something executed too late.
pub(super) fn is_late(happening: &Happening) -> bool {
    matches!(happening, Happening::Alert(alert) if alert.kind == AlertKind::LateExecution)
}
