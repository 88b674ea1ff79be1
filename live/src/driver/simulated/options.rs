//! What is simulated, and when.

use tickstep_core::units::Nanos;

use super::faults::FaultRates;

/// When the first bar opens: 2023-08-01, 00:00 UTC.
pub(super) const START: Nanos = Nanos(1_690_848_000_000_000_000);

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
}

impl Options {
    /// A small world whose faults are drawn.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        Self { seed, accounts: 3, bars: 40, rates: FaultRates::drawn(seed) }
    }
}
