//! What came of operators' acts, and which were taken.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::happening::{ActLine, ActResult, Happening, SignalResult};
use super::input::Act;
use super::signal_id::SignalId;

/// How long the number of an act is remembered.
const REMEMBERED: Nanos = Nanos(24 * 3_600_000_000_000);
/// How many are remembered at most.
const MOST: usize = 10_000;

/// An act whose orders are not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OpenAct {
    /// Signals that it led to and that are not over.
    open: BTreeSet<SignalId>,
    since: Nanos,
    results: Vec<SignalResult>,
}

/// An act that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TakenAct {
    pub at: Nanos,
    /// What it was; `None` where an account that it named is gone.
    pub act: Option<Act>,
    /// The same, for people.
    pub what: String,
    pub lines: Vec<ActLine>,
    /// What came of its orders, once all are over.
    pub result: Option<ActResult>,
}

/// Acts that were taken, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Acts {
    pub taken: BTreeMap<String, TakenAct>,
    /// Those of which orders are not over.
    open: BTreeMap<String, OpenAct>,
}

impl Acts {
    pub(super) fn forget(&mut self, now: Nanos) {
        self.taken.retain(|_, act| now.0 - act.at.0 < REMEMBERED.0);
        while self.taken.len() >= MOST {
            let oldest = self.taken.iter().min_by_key(|(_, act)| act.at);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else { break };
            self.taken.remove(&oldest);
        }
    }

    /// Signals that an act led to: its result is whole when theirs are.
    pub(super) fn led_to(&mut self, now: Nanos, id: &str, signals: BTreeSet<SignalId>) {
        let open = OpenAct { open: signals, since: now, results: Vec::new() };
        self.open.insert(id.to_owned(), open);
    }

    /// Notes results of signals; results of acts that are whole with them.
    pub(super) fn note(&mut self, now: Nanos, happenings: &[Happening]) -> Vec<ActResult> {
        if self.open.is_empty() {
            return Vec::new();
        }
        for happening in happenings {
            let Happening::Result(result) = happening else { continue };
            for act in self.open.values_mut().filter(|act| act.open.contains(&result.id)) {
                act.open.remove(&result.id);
                act.results.push(result.clone());
            }
        }
        let whole = self.open.iter().filter(|(_, act)| act.open.is_empty());
        let whole: Vec<String> = whole.map(|(id, _)| id.clone()).collect();
        let mut found = Vec::new();
        for id in whole {
            let Some(mut act) = self.open.remove(&id) else { continue };
            act.results.sort_by_key(|result| result.id);
            let took = Nanos((now.0 - act.since.0).max(0));
            let result = ActResult { id: id.clone(), took, results: act.results };
            if let Some(taken) = self.taken.get_mut(&id) {
                taken.result = Some(result.clone());
            }
            found.push(result);
        }
        found
    }

    /// The same where accounts are now.
    pub(super) fn moved(mut self, place: impl Fn(AccountId) -> Option<AccountId>) -> Self {
        let move_result = |result: &mut SignalResult| {
            result.accounts.retain_mut(|line| match place(line.account) {
                Some(now) => {
                    line.account = now;
                    true
                }
                None => false,
            });
        };
        for act in self.taken.values_mut() {
            act.act = act.act.take().and_then(|mut act| {
                for account in act.accounts_mut() {
                    *account = place(*account)?;
                }
                Some(act)
            });
            act.lines.iter_mut().for_each(|line| line.account = line.account.and_then(&place));
            act.result.iter_mut().flat_map(|r| &mut r.results).for_each(move_result);
        }
        self.open.values_mut().flat_map(|act| &mut act.results).for_each(move_result);
        self
    }
}

/// What acts came to, line by line.
#[derive(Debug, Default)]
pub(super) struct ActAnswer(pub Vec<ActLine>);

impl ActAnswer {
    pub(super) fn done(&mut self, account: AccountId, what: impl Into<String>) {
        let (account, what) = (Some(account), what.into());
        self.0.push(ActLine { account, what, refused: None });
    }

    pub(super) fn refuse(
        &mut self,
        account: Option<AccountId>,
        what: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.0.push(ActLine { account, what: what.into(), refused: Some(why.into()) });
    }

    /// Notes what was done, or why not.
    pub(super) fn note(
        &mut self,
        account: AccountId,
        what: impl Into<String>,
        came: Result<String, String>,
    ) {
        match came {
            Ok(done) => self.done(account, format!("{}: {done}", what.into())),
            Err(why) => self.refuse(Some(account), what, why),
        }
    }
}
