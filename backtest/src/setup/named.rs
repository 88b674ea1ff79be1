//! A strategy under the name that its user gave it.

use tickstep_core::features::{FeatureError, FeatureSpec};
use tickstep_core::ledger::Trade;
use tickstep_core::strategy::wake::Wakes;
use tickstep_core::strategy::{Exits, Moment, Need, Proposal, Strategy};

/// Decides as `inner` does; only the name differs.
pub(super) struct Named<S> {
    pub name: String,
    pub inner: S,
}

impl<S: Strategy> Strategy for Named<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn declare(&mut self, spec: &mut FeatureSpec) -> Result<(), FeatureError> {
        self.inner.declare(spec)
    }

    fn needs(&self) -> Vec<Need> {
        self.inner.needs()
    }

    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        self.inner.on_bar(now, out);
    }

    fn wakes(&self) -> Wakes {
        self.inner.wakes()
    }

    fn exits(&self, now: &Moment<'_>) -> Option<Exits> {
        self.inner.exits(now)
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
