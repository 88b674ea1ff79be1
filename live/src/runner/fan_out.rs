//! One decision on many accounts: which accounts have it, and what became of it on each.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::decision::{Action, Decision, Outcome};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::OrderId;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::fate::{Fate, Skip};
use super::happening::{AccountResult, Happening, SignalMade, SignalResult};
use super::signal_id::SignalId;
use crate::intent::IntentId;

/// A signal whose result is not whole yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    symbol: String,
    at: Nanos,
    /// By account; one that decided several times has a line for each.
    accounts: Vec<AccountResult>,
}

impl Open {
    /// The lines of an account.
    fn of(&mut self, account: AccountId) -> impl Iterator<Item = &mut AccountResult> {
        let from = self.accounts.partition_point(|line| line.account < account);
        self.accounts[from..].iter_mut().take_while(move |line| line.account == account)
    }
}

/// What several accounts decided alike at one instant.
#[derive(Clone, Debug, PartialEq)]
struct Group<'s> {
    strategy: &'s str,
    instrument: InstrumentId,
    action: Action,
    first: Decision,
    lines: Vec<(AccountId, Outcome)>,
}

/// Signals and their results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FanOuts {
    last: u64,
    open: BTreeMap<SignalId, Open>,
    orders: BTreeMap<(AccountId, OrderId), SignalId>,
}

/// Whether a decision is of the same signal: an entry where another account, which is
/// there already, holds still is.
const fn kind(decision: &Decision) -> Action {
    match decision.action {
        Action::Hold => Action::open(decision.side),
        Action::OpenLong | Action::OpenShort | Action::Close => decision.action,
    }
}

impl FanOuts {
    /// Takes the decisions of one step, which are grouped into signals; says which were
    /// made. `accounts` is how many accounts there are, `trades` whether an account has
    /// the strategy on the instrument at all.
    pub(super) fn made(
        &mut self,
        decisions: Vec<(AccountId, &str, Decision)>,
        accounts: u16,
        symbol: impl Fn(InstrumentId) -> (String, Decimal),
        trades: impl Fn(AccountId, &str, InstrumentId) -> bool,
    ) -> Vec<Happening> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (account, strategy, decision) in decisions {
            let action = kind(&decision);
            let known = groups.iter_mut().find(|g| {
                (&g.strategy, g.instrument, g.action) == (&strategy, decision.instrument, action)
            });
            let line = (account, decision.outcome);
            if let Some(group) = known {
                group.lines.push(line);
            } else {
                let instrument = decision.instrument;
                groups.push(Group {
                    strategy,
                    instrument,
                    action,
                    first: decision,
                    lines: vec![line],
                });
            }
        }
        groups.into_iter().map(|group| self.open(group, accounts, &symbol, &trades)).collect()
    }

    fn open(
        &mut self,
        group: Group<'_>,
        accounts: u16,
        symbol: &impl Fn(InstrumentId) -> (String, Decimal),
        trades: &impl Fn(AccountId, &str, InstrumentId) -> bool,
    ) -> Happening {
        self.last += 1;
        let id = SignalId(self.last);
        let Group { strategy, instrument, action, first, mut lines } = group;
        lines.sort_by_key(|(account, _)| *account);
        let mut lines = lines.into_iter().peekable();
        let mut results = Vec::with_capacity(usize::from(accounts));
        for account in (0..accounts).map(AccountId) {
            if lines.peek().is_none_or(|(next, _)| *next != account) {
                let idle = trades(account, strategy, instrument);
                let skip = if idle { Skip::NothingToDo } else { Skip::NotForIt };
                results.push(AccountResult { account, intent: None, fate: Fate::Skipped(skip) });
            }
            while let Some((_, outcome)) = lines.next_if(|(next, _)| *next == account) {
                let fate = match outcome {
                    Outcome::Sent(order) => {
                        self.orders.insert((account, order), id);
                        Fate::Waiting
                    }
                    Outcome::Refused(rule) => Fate::Skipped(Skip::Rule(rule)),
                    Outcome::AlreadyThere => Fate::Skipped(Skip::AlreadyThere),
                    Outcome::Unfilled(..) => Fate::NotPlaced,
                };
                results.push(AccountResult { account, intent: None, fate });
            }
        }
        let (symbol, tick) = symbol(instrument);
        let price = tick * Decimal::from(first.px.0);
        self.open.insert(id, Open { symbol: symbol.clone(), at: first.ts, accounts: results });
        Happening::Signal(SignalMade {
            id,
            at: first.ts,
            strategy: strategy.to_owned(),
            symbol,
            action,
            price,
            confidence: first.confidence,
            reason: first.reason.0.iter().map(|c| (c.name.to_owned(), c.value)).collect(),
        })
    }

    /// The same where accounts are now; those that are gone have nothing in them.
    pub(super) fn moved(self, place: impl Fn(AccountId) -> Option<AccountId>) -> Self {
        let Self { last, open, orders } = self;
        let line = |result: AccountResult| {
            Some(AccountResult { account: place(result.account)?, ..result })
        };
        let open = open.into_iter().map(|(id, open)| {
            let mut accounts: Vec<AccountResult> =
                open.accounts.into_iter().filter_map(line).collect();
            accounts.sort_by_key(|result| result.account);
            (id, Open { accounts, ..open })
        });
        let orders = orders.into_iter();
        let orders = orders
            .filter_map(|((account, order), signal)| Some(((place(account)?, order), signal)));
        Self { last, open: open.collect(), orders: orders.collect() }
    }

    /// The signal that an order executes.
    pub(super) fn of(&self, account: AccountId, order: OrderId) -> Option<SignalId> {
        self.orders.get(&(account, order)).copied()
    }

    /// An order became an intent.
    pub(super) fn intended(&mut self, signal: SignalId, account: AccountId, intent: IntentId) {
        let Some(open) = self.open.get_mut(&signal) else { return };
        let waiting = |r: &&mut AccountResult| r.fate == Fate::Waiting && r.intent.is_none();
        if let Some(line) = open.of(account).find(waiting) {
            line.intent = Some(intent);
        }
    }

    /// An order becomes another intent, because the one before it was refused.
    pub(super) fn intended_anew(
        &mut self,
        signal: SignalId,
        account: AccountId,
        before: IntentId,
        intent: IntentId,
    ) {
        let open = self.open.get_mut(&signal).into_iter().flat_map(|open| &mut open.accounts);
        for line in open.filter(|r| r.account == account && r.intent == Some(before)) {
            line.intent = Some(intent);
        }
    }

    /// What became of an order; the whole result where it was the last.
    pub(super) fn ended(
        &mut self,
        now: Nanos,
        account: AccountId,
        order: OrderId,
        fate: Fate,
    ) -> Option<Happening> {
        let id = self.orders.remove(&(account, order))?;
        let open = self.open.get_mut(&id)?;
        open.of(account).find(|r| r.fate == Fate::Waiting)?.fate = fate;
        self.whole(now, id)
    }

    /// Results of signals that nothing is awaited of.
    pub(super) fn finished(&mut self, now: Nanos) -> Vec<Happening> {
        let ids: Vec<SignalId> = self.open.keys().copied().collect();
        ids.into_iter().filter_map(|id| self.whole(now, id)).collect()
    }

    fn whole(&mut self, now: Nanos, id: SignalId) -> Option<Happening> {
        let open = self.open.get(&id)?;
        if open.accounts.iter().any(|r| r.fate == Fate::Waiting) {
            return None;
        }
        let Open { symbol, at, accounts } = self.open.remove(&id)?;
        let count = |is: fn(&Fate) -> bool| accounts.iter().filter(|r| is(&r.fate)).count() as u32;
        let volume = accounts.iter().map(|r| match &r.fate {
            Fate::Executed { quantity, .. } => *quantity,
            Fate::Waiting
            | Fate::Resting { .. }
            | Fate::Rejected { .. }
            | Fate::NotPlaced
            | Fate::Skipped(_) => Decimal::ZERO,
        });
        Some(Happening::Result(SignalResult {
            id,
            symbol,
            executed: count(|f| matches!(f, Fate::Executed { .. })),
            failed: count(|f| matches!(f, Fate::Rejected { .. } | Fate::NotPlaced)),
            skipped: count(|f| matches!(f, Fate::Skipped(_))),
            resting: count(|f| matches!(f, Fate::Resting { .. })),
            volume: volume.sum(),
            took: Nanos((now.0 - at.0).max(0)),
            accounts,
        }))
    }
}
