//! The strategies that stand in for the one under test: one that only looks where it
//! could enter, and one that enters at given closes with its exits.
//!
//! Invariants: neither changes what the strategy does while a position is open, but
//! that its entries, and with them its reversals, are left out.
//!
//! Known limits: the strategy is not asked while flat, so one whose exits depend on
//! what it saw at such closes must not state them.

use std::sync::{Arc, Mutex, PoisonError};

use tickstep_core::decision::Reason;
use tickstep_core::ledger::Trade;
use tickstep_core::strategy::wake::{Wake, Wakes};
use tickstep_core::strategy::{
    BoxedStrategy, Entry, Exits, Moment, Need, Phase, Proposal, Strategy,
};
use tickstep_core::units::{Nanos, Side};

/// Never trades; keeps the closes at which `inner` could enter.
pub(super) struct Candidates {
    pub inner: BoxedStrategy,
    pub found: Arc<Mutex<Vec<Nanos>>>,
}

impl Strategy for Candidates {
    fn needs(&self) -> Vec<Need> {
        self.inner.needs()
    }

    fn on_bar(&mut self, now: &Moment<'_>, _out: &mut Proposal) {
        if self.inner.exits(now).is_some() {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(now.ts);
        }
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}

/// Enters at `times`, which rise, on `sides`, with the exits of `inner`.
pub(super) struct AtRandom {
    pub inner: BoxedStrategy,
    pub times: Arc<[Nanos]>,
    pub sides: Arc<[Side]>,
}

impl Strategy for AtRandom {
    fn needs(&self) -> Vec<Need> {
        self.inner.needs()
    }

    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if now.phase != Phase::Flat {
            self.inner.on_bar(now, out);
            out.enter = None;
            return;
        }
        let Ok(at) = self.times.binary_search(&now.ts) else { return };
        let Some(Exits { stop, target, hold }) = self.inner.exits(now) else { return };
        out.enter = self.sides.get(at).map(|side| Entry {
            side: *side,
            stop,
            target,
            hold,
            confidence: None,
            reason: Reason::default(),
            withheld: None,
        });
    }

    fn wakes(&self) -> Wakes {
        Wakes { flat: Wake::At(Arc::clone(&self.times)), open: self.inner.wakes().open }
    }

    fn on_trade_closed(&mut self, trade: &Trade) {
        self.inner.on_trade_closed(trade);
    }

    fn looks_at_outcomes(&self) -> bool {
        self.inner.looks_at_outcomes()
    }

    fn reset(&mut self) {
        self.inner.reset();
    }
}
