//! What became of the signals to enter: why there are so few trades, or none.

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::{Action, Decision, Outcome, Refusals, SizeCut};
use crate::order::Unfilled;

/// The signals of a run by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalStats {
    /// Number of signals to enter.
    pub signals: u64,
    /// Of them, those that became a position.
    pub entries: u64,
    /// Of them, those on the side that the strategy was on already.
    pub already_there: u64,
    /// Of them, those whose order was sent and did not fill, by why.
    pub unfilled: BTreeMap<Unfilled, u64>,
    /// Of them, those that a rule refused, by rule.
    pub refused: Refusals,
    /// Of the orders sent, those that a limit made smaller, by the last that did.
    pub cuts: BTreeMap<SizeCut, u64>,
}

impl SignalStats {
    /// Counts a run's decisions; those that close a position are no signals to enter.
    #[must_use]
    pub fn of(decisions: &[Decision]) -> Self {
        let mut counts = Self { refused: Refusals::of(decisions), ..Self::default() };
        for decision in decisions.iter().filter(|d| d.action != Action::Close) {
            counts.signals += 1;
            match decision.outcome {
                Outcome::Sent(_) => counts.entries += 1,
                Outcome::AlreadyThere => counts.already_there += 1,
                Outcome::Unfilled(_, why) => *counts.unfilled.entry(why).or_default() += 1,
                Outcome::Refused(_) => {}
            }
            if let Some(cut) = decision.cut {
                *counts.cuts.entry(cut).or_default() += 1;
            }
        }
        counts
    }

    /// The limit that cut most orders, and how many; of several, the one asked first.
    #[must_use]
    pub fn most_cut(&self) -> Option<(SizeCut, u64)> {
        let cuts = self.cuts.iter().map(|(cut, n)| (*cut, *n));
        cuts.max_by_key(|(cut, n)| (*n, core::cmp::Reverse(*cut)))
    }
}
