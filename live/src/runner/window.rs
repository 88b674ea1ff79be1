//! When an order may have executed.

use tickstep_core::units::Nanos;

/// How far an execution may lie before and after its order was sent, by the broker's
/// clock, which is known to within the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub before: Nanos,
    pub after: Nanos,
}

impl Window {
    pub fn holds(self, sent: Nanos, opened: Nanos) -> bool {
        opened.0 >= sent.0 - self.before.0 && opened.0 <= sent.0 + self.after.0
    }
}
