//! Follows what a runner says and sends, and knows what must not follow what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rust_decimal::Decimal;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::market::most_positions;
use super::verdict::Violation;
use crate::broker::{Call, Fault, Reply, Write};
use crate::intent::{End, IntentId, Outcome, RequestId};
use crate::runner::{AlertKind, Happening, OrderStatus, PositionChange, Send};

/// What was seen of a runner.
#[derive(Debug, Default)]
pub(super) struct Watch {
    ended: BTreeSet<IntentId>,
    unknown: BTreeMap<IntentId, AccountId>,
    /// Writes on their way to opening a position.
    opening: BTreeMap<IntentId, AccountId>,
    /// What is left of each position that the runner said it has.
    open: BTreeMap<(AccountId, String), Decimal>,
    /// What each request carries.
    carried: BTreeMap<RequestId, IntentId>,
    /// Writes that an answer said were refused, or were not sent.
    refused: BTreeSet<IntentId>,
    /// Accounts that an operator stopped, and whether for good.
    stopped: BTreeMap<AccountId, bool>,
    /// Signals from outside that were taken.
    taken: BTreeSet<String>,
    /// When requests other than closes were sent in the last minute.
    sent: VecDeque<Nanos>,
}

impl Watch {
    /// What is known of orders is what was durable: the program ended.
    pub(super) fn restarted(&mut self) {
        self.ended.clear();
        self.unknown.clear();
        self.opening.clear();
        self.open.clear();
    }

    /// Takes what happened; says what must not.
    pub(super) fn see(&mut self, happening: &Happening) -> Option<Violation> {
        match happening {
            Happening::Order(news) => {
                let id = news.intent;
                if self.ended.contains(&id) {
                    return Some(Violation::Reopened(id.0));
                }
                match &news.status {
                    OrderStatus::Unknown => {
                        self.unknown.insert(id, news.account);
                    }
                    OrderStatus::Ended(end) => {
                        self.over(id);
                        let unheard =
                            matches!(end, End::Rejected { .. }) && !self.refused.contains(&id);
                        return unheard.then_some(Violation::RejectedUnheard(id.0));
                    }
                    OrderStatus::Unsent(_) => self.over(id),
                    OrderStatus::Accepted | OrderStatus::Resting => {
                        self.unknown.remove(&id);
                    }
                    OrderStatus::Sent => {}
                }
                None
            }
            // One that the program did not open is not its risk.
            Happening::Position(news) if news.strategy.is_some() => {
                let key = (news.account, news.position.clone());
                let left = match news.change {
                    PositionChange::Opened => {
                        // An order for the rest of it is the same position.
                        news.intent.map(|intent| self.opening.remove(&intent));
                        self.open.insert(key, news.volume);
                        return None;
                    }
                    PositionChange::Bracket | PositionChange::Gone => return None,
                    PositionChange::Reduced { .. } | PositionChange::Closed { .. } => {
                        self.open.get_mut(&key)?
                    }
                };
                *left -= news.volume;
                let (left, whole) = (*left, matches!(news.change, PositionChange::Closed { .. }));
                if whole {
                    self.open.remove(&key);
                }
                let wrong = left < Decimal::ZERO || whole != left.is_zero();
                wrong.then_some(Violation::Fills(key.0.0, key.1))
            }
            _ => None,
        }
    }

    fn over(&mut self, id: IntentId) {
        self.unknown.remove(&id);
        self.opening.remove(&id);
        self.ended.insert(id);
    }

    /// An answer reaches the program.
    pub(super) fn hears(&mut self, request: RequestId, reply: &Reply) {
        let Some(intent) = self.carried.get(&request) else { return };
        let refused = matches!(
            reply,
            Reply::Write(Outcome::Rejected { .. })
                | Reply::Failed(Fault::Unauthorised | Fault::TooMany { .. } | Fault::Network(_))
        );
        if refused {
            self.refused.insert(*intent);
        }
    }

    /// A request is being sent.
    pub(super) fn sends(&mut self, now: Nanos, send: &Send, per_minute: u32) -> Vec<Violation> {
        let mut found = Vec::new();
        let closes = |write: &Write| write.lowers_risk();
        let closes = matches!(&send.call, Call::Write(_, write) if closes(write));
        if !closes && send.call != Call::LogOut {
            self.sent.push_back(now);
            while self.sent.front().is_some_and(|t| now.0 - t.0 >= Nanos::MINUTE.0) {
                self.sent.pop_front();
            }
            if self.sent.len() > per_minute as usize {
                found.push(Violation::TooManyRequests(self.sent.len()));
            }
        }
        let Call::Write(ticket, write) = &send.call else { return found };
        let (account, id) = (send.account, ticket.intent());
        self.carried.insert(send.request, id);
        if !matches!(write, Write::Open { .. } | Write::CreateOrder { .. }) {
            return found;
        }
        if self.unknown.values().any(|other| *other == account) {
            found.push(Violation::RiskWhileUnknown(account.0, id.0));
        }
        if self.stopped.contains_key(&account) {
            found.push(Violation::AfterStop(account.0, id.0));
        }
        self.opening.insert(id, account);
        let held = self.open.keys().filter(|key| key.0 == account).count();
        let all = held + self.opening.values().filter(|a| **a == account).count();
        if all > most_positions(account) {
            found.push(Violation::TooManyPositions(account.0, all));
        }
        found
    }

    /// An operator's act was taken: what it stops, or lets go on, and whether for good.
    pub(super) fn stop(&mut self, accounts: impl Iterator<Item = AccountId>, stop: Option<bool>) {
        for account in accounts {
            match stop {
                Some(kill) => {
                    let known = self.stopped.entry(account).or_default();
                    *known |= kill;
                }
                None => {
                    self.stopped.remove(&account);
                }
            }
        }
    }

    /// Whether an account was killed and not resumed.
    pub(super) fn is_killed(&self, account: AccountId) -> bool {
        self.stopped.get(&account) == Some(&true)
    }

    /// A signal from outside was taken.
    pub(super) fn takes(&mut self, key: &str) -> Option<Violation> {
        let again = !self.taken.insert(key.to_owned());
        again.then(|| Violation::TakenTwice(key.to_owned()))
    }
}

/// Whether an alert says that something executed too late.
pub(super) fn is_late(happening: &Happening) -> bool {
    matches!(happening, Happening::Alert(alert) if alert.kind == AlertKind::LateExecution)
}
