//! An entry that a broker refused is tried again while its decision is fresh: as a new
//! intent, a bounded number of times, and only where the reason may pass by itself.
//!
//! If it turns out that the refused one was executed after all, that position is taken for
//! the order, and what is queued to be sent anew is not sent.

use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos};

use super::Runner;
use super::limits::back_off;
use super::precheck::LONGEST_WAIT;
use super::tables::{GivenUp, LiveAccount, Purpose, Under};
use crate::intent::{End, Intent, IntentId, Stage};

impl Runner {
    /// Queues an entry that was refused to be sent anew, where it may be; whether it was.
    pub(super) fn try_again(&mut self, account: AccountId, under: &Under) -> bool {
        let Stage::Done(End::Rejected { code, message }) = under.intent.stage() else {
            return false;
        };
        let Some(entry) = under.entry() else { return false };
        let wait = back_off(entry.refused + 1, u64::from(account.0));
        let at = self.now + wait;
        let fresh = at - under.decided <= LONGEST_WAIT;
        let untouched = entry.filled == Lots::ZERO && !entry.withdraw;
        let lets = self.settings.retry.lets(entry.refused, code.as_deref(), message);
        if !(lets && fresh && untouched) || self.known.stopping {
            return false;
        }
        let mut next = entry.clone();
        next.refused += 1;
        let intent = Intent::new(self.next_intent());
        if let Some(signal) = under.signal {
            self.known.fan_outs.intended_anew(signal, account, under.intent.id(), intent.id());
        }
        let again = Under {
            intent,
            purpose: Purpose::Entry(next.clone()),
            not_before: at,
            sent_there: Nanos(0),
            after: Vec::new(),
            before: std::collections::BTreeSet::new(),
            ..under.clone()
        };
        let refused = GivenUp {
            intent: under.intent.id(),
            order: next.order,
            write: under.write.clone(),
            decided: under.decided,
            sent_there: under.sent_there,
            before: under.before.clone(),
            since: self.now,
        };
        let Some(live) = self.live_mut(account) else { return false };
        live.given_up.push(refused);
        live.writes.push(again);
        true
    }
}

impl LiveAccount {
    /// What is queued to be sent anew for an order of which an earlier intent was refused.
    pub(super) fn queued_for(&self, earlier: IntentId) -> Option<IntentId> {
        let refused = self.given_up.iter().find(|g| g.intent == earlier)?;
        let queued = |w: &&Under| {
            *w.intent.stage() == Stage::Ready && w.entry().is_some_and(|e| e.order == refused.order)
        };
        self.writes.iter().find(queued).map(|w| w.intent.id())
    }
}
