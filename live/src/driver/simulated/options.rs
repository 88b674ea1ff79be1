//! What is simulated, and when.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::faults::FaultRates;

/// When the first bar opens: 2023-08-01, 00:00 UTC.
pub(super) const START: Nanos = Nanos(1_690_848_000_000_000_000);

/// Bars without faults at the end, which is more than two intervals of reconciliation.
const QUIET: u32 = 8;

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where every draw comes from.
    pub seed: u64,
    /// Accounts at the broker.
    pub accounts: u16,
    /// Bars with faults; a quiet end follows.
    pub bars: u32,
    /// What goes wrong.
    pub rates: FaultRates,
    /// An account whose replies take up to half a minute longer.
    pub slow: Option<AccountId>,
    /// Requests a minute that the runner is told it may send.
    pub per_minute: u32,
    /// Whether the report lists every request.
    pub lists_sends: bool,
    /// Whether the same configuration is put in force anew at every fifth bar, which must
    /// change nothing.
    pub rebuilds: bool,
    /// Whether the broker's comments tell which intent opened a position.
    pub names_intents: bool,
}

impl Options {
    /// A small world whose faults are drawn.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let rates = FaultRates::drawn(seed);
        let per_minute = if seed.is_multiple_of(3) { 120 } else { 450 };
        let (slow, lists_sends, rebuilds) = (None, false, !seed.is_multiple_of(2));
        let names_intents = seed.is_multiple_of(5);
        let (accounts, bars) = (3, 40);
        Self { seed, accounts, bars, rates, slow, per_minute, lists_sends, rebuilds, names_intents }
    }

    /// Bars of the day, unless it goes on for longer.
    pub(super) const fn planned_bars(&self) -> usize {
        (self.bars + QUIET) as usize
    }

    /// When the day ends, unless it goes on for longer.
    pub(super) fn planned_end(&self) -> Nanos {
        START + Nanos::MINUTE.times(i64::from(self.bars + QUIET))
    }
}
