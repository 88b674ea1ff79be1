//! What engines gave out in a step, until the runner acts on it.

use tickstep_core::decision::Decision;
use tickstep_core::engine::Outbox;
use tickstep_core::event::{Body, Event};
use tickstep_core::ledger::Trade;
use tickstep_core::order::{Fill, Intent, OrderId, SlotId, Unfilled};
use tickstep_core::risk::Approved;
use tickstep_core::session::{AccountId, Observer};
use tickstep_core::units::{Nanos, Ticks};

/// When a signal from outside was given, and at which price, where it says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub at: Nanos,
    pub px: Option<Ticks>,
}

/// Everything since it was last emptied, each with its account.
#[derive(Debug, Default)]
pub(super) struct Caught {
    pub intents: Vec<(AccountId, Intent)>,
    pub decisions: Vec<(AccountId, Decision)>,
    pub trades: Vec<(AccountId, Trade)>,
    pub unfilled: Vec<(AccountId, OrderId, Unfilled)>,
    pub fills: Vec<(AccountId, Fill)>,
    /// Slots that were just handed a signal from outside.
    pub given: Vec<((AccountId, SlotId), Given)>,
}

impl Caught {
    pub(super) fn is_empty(&self) -> bool {
        self.intents.is_empty()
            && self.decisions.is_empty()
            && self.trades.is_empty()
            && self.unfilled.is_empty()
            && self.fills.is_empty()
    }
}

impl Observer for Caught {
    fn event(&mut self, account: AccountId, event: &Event) {
        if let Body::Fill(fill) = &event.body {
            self.fills.push((account, *fill));
        }
    }

    fn intent(&mut self, account: AccountId, intent: &Approved) {
        self.intents.push((account, *intent.intent()));
    }

    fn outbox(&mut self, account: AccountId, out: &mut Outbox) {
        self.decisions.extend(out.decisions.drain(..).map(|d| (account, d)));
        self.trades.extend(out.trades.drain(..).map(|t| (account, t)));
        self.unfilled.extend(out.unfilled.drain(..).map(|(id, why)| (account, id, why)));
    }
}
