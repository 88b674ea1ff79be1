//! A slot for signals from outside alone: it proposes nothing by itself, so that what is
//! sent to it by [`crate::event::Body::Signal`] is all that it trades.
//!
//! Invariants: it reads no features, remembers nothing and is never asked.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::wake::{Wake, Wakes};
use super::{Moment, Proposal, Strategy, StrategyFactory};

/// Parameters of [`Outside`]: there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideParams {}

/// Proposes nothing.
///
/// ```
/// use tickstep_core::strategy::Strategy;
/// use tickstep_core::strategy::outside::Outside;
/// use tickstep_core::strategy::wake::Wake;
///
/// assert_eq!(Outside.wakes().flat, Wake::When(vec![])); // at no close
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside;

impl Outside {
    /// Makes slots for signals from outside.
    #[must_use]
    pub fn factory() -> StrategyFactory {
        Self.into()
    }
}

impl Strategy for Outside {
    fn on_bar(&mut self, _now: &Moment<'_>, _out: &mut Proposal) {}

    fn wakes(&self) -> Wakes {
        Wakes { flat: Wake::When(Vec::new()), open: Wake::When(Vec::new()) }
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }
}
