//! An order book out of a snapshot and the changes that follow it, by their numbers.
//!
//! Changes that come before the snapshot are kept. The snapshot has all changes up to its
//! number, so those up to there are dropped, and the first that is applied has to begin at
//! or before it: what lies between would be missing. From then on each has to follow the
//! one before. In the futures market a change names the number that the one before it ended
//! with; on spot it begins with the number that follows.
//!
//! Invariant: whenever there is a book, it is what the exchange had after the change that
//! was applied last, as far down as the snapshot reached.
//!
//! Refuses to do: mend a gap. The book is given up, and a new snapshot asked for.

use std::collections::VecDeque;

use tickstep_core::book::{Book, BookError};
use tickstep_core::event::BookUpdate;

use super::market::BinanceMarket;
use super::wire::{DepthDiff, DepthSnapshot};

/// Changes that are kept for a snapshot, at most; older ones go.
const KEPT: usize = 2_000;

/// Why a book was given up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepthLoss {
    /// Changes are missing.
    #[error("changes between numbers {after} and {first} are missing")]
    Gap {
        /// Number of the last change that is known.
        after: u64,
        /// Number with which the next one begins.
        first: u64,
    },
    /// A change contradicts itself.
    #[error("{0}")]
    Contradiction(#[from] BookError),
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DepthStep {
    /// It is kept for the snapshot.
    Kept,
    /// It was in the book already.
    Known,
    /// The book has it.
    Applied,
    /// The book was given up.
    Lost(DepthLoss),
}

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotStep {
    /// It was not asked for.
    Unasked,
    /// It is older than the oldest change that was kept; a newer one is needed.
    TooOld,
    /// It counts, and so does every change behind it.
    Taken,
    /// Changes that were kept do not follow each other; another one is needed.
    Lost(DepthLoss),
}

/// How far a book is.
#[derive(Clone, Debug)]
enum Phase {
    /// A snapshot is needed; changes are kept for it.
    Waiting(VecDeque<DepthDiff>),
    /// The snapshot is there, and no change behind it has come.
    Begun { last: u64 },
    /// It follows the market.
    Following { last: u64 },
}

/// The book of one instrument.
#[derive(Clone, Debug)]
pub struct DepthSync {
    market: BinanceMarket,
    phase: Phase,
    book: Book,
}

/// Where a change lies, seen from a number up to which everything is known.
enum ChangePlace {
    Behind,
    Next,
    Beyond,
}

impl DepthSync {
    /// Of a market; a snapshot is needed.
    #[must_use]
    pub fn new(market: BinanceMarket) -> Self {
        Self { market, phase: Phase::Waiting(VecDeque::new()), book: Book::new() }
    }

    /// Forgets everything: the stream broke.
    pub fn give_up(&mut self) {
        self.phase = Phase::Waiting(VecDeque::new());
        self.book.clear();
    }

    /// Whether a snapshot is to be asked for: changes are there that need one. One that is
    /// asked for earlier could be older than all of them.
    #[must_use]
    pub fn wants_snapshot(&self) -> bool {
        matches!(&self.phase, Phase::Waiting(kept) if !kept.is_empty())
    }

    /// The book, while it follows the market.
    #[must_use]
    pub fn book(&self) -> Option<&Book> {
        matches!(self.phase, Phase::Following { .. }).then_some(&self.book)
    }

    /// Where the first change behind a snapshot lies.
    fn first_place(&self, diff: &DepthDiff, last: u64) -> ChangePlace {
        let (behind, next) = match self.market {
            // Nothing changed between the number before and the first of this one.
            BinanceMarket::UsdM => {
                (diff.last < last, diff.before.unwrap_or(diff.first).min(diff.first) <= last)
            }
            BinanceMarket::Spot => (diff.last <= last, diff.first <= last.saturating_add(1)),
        };
        match (behind, next) {
            (true, _) => ChangePlace::Behind,
            (false, true) => ChangePlace::Next,
            (false, false) => ChangePlace::Beyond,
        }
    }

    /// Where one lies that comes later.
    fn later_place(&self, diff: &DepthDiff, last: u64) -> ChangePlace {
        let next = match self.market {
            BinanceMarket::UsdM => diff.before == Some(last),
            BinanceMarket::Spot => diff.first <= last.saturating_add(1),
        };
        match (diff.last <= last, next) {
            (true, _) => ChangePlace::Behind,
            (false, true) => ChangePlace::Next,
            (false, false) => ChangePlace::Beyond,
        }
    }

    /// Takes a change.
    pub fn diff(&mut self, diff: DepthDiff) -> DepthStep {
        let (last, place) = match &mut self.phase {
            Phase::Waiting(kept) => {
                if kept.len() >= KEPT {
                    kept.pop_front();
                }
                kept.push_back(diff);
                return DepthStep::Kept;
            }
            Phase::Begun { last } => (*last, None),
            Phase::Following { last } => (*last, Some(())),
        };
        let place = match place {
            None => self.first_place(&diff, last),
            Some(()) => self.later_place(&diff, last),
        };
        match place {
            // What follows it follows the snapshot, so that the book is one from here on.
            ChangePlace::Behind if diff.last == last => self.meet(last),
            ChangePlace::Behind => DepthStep::Known,
            ChangePlace::Beyond => {
                let loss = DepthLoss::Gap { after: last, first: diff.first };
                self.lose(loss, diff)
            }
            ChangePlace::Next => {
                let update = BookUpdate {
                    snapshot: false,
                    bids: diff.bids.clone(),
                    asks: diff.asks.clone(),
                };
                match self.book.apply(&update) {
                    Ok(_) => {
                        self.phase = Phase::Following { last: diff.last };
                        DepthStep::Applied
                    }
                    Err(error) => self.lose(error.into(), diff),
                }
            }
        }
    }

    /// A change came that ends where the snapshot does.
    fn meet(&mut self, last: u64) -> DepthStep {
        match self.phase {
            Phase::Begun { .. } => {
                self.phase = Phase::Following { last };
                DepthStep::Applied
            }
            Phase::Waiting(_) | Phase::Following { .. } => DepthStep::Known,
        }
    }

    /// Begins anew with the change at which the book was lost.
    fn lose(&mut self, loss: DepthLoss, diff: DepthDiff) -> DepthStep {
        self.give_up();
        self.phase = Phase::Waiting(VecDeque::from([diff]));
        DepthStep::Lost(loss)
    }

    /// Takes a snapshot, and the changes that were kept for it.
    pub fn snapshot(&mut self, snapshot: DepthSnapshot) -> SnapshotStep {
        let Phase::Waiting(kept) = &mut self.phase else { return SnapshotStep::Unasked };
        let mut kept = std::mem::take(kept);
        let DepthSnapshot { last, bids, asks } = snapshot;
        let meets = kept.iter().any(|diff| diff.last == last);
        while kept.front().is_some_and(|d| matches!(self.first_place(d, last), ChangePlace::Behind))
        {
            kept.pop_front();
        }
        let beyond = |d: &DepthDiff| matches!(self.first_place(d, last), ChangePlace::Beyond);
        if kept.front().is_some_and(beyond) {
            self.phase = Phase::Waiting(kept);
            return SnapshotStep::TooOld;
        }
        if let Err(error) = self.book.apply(&BookUpdate { snapshot: true, bids, asks }) {
            self.give_up();
            return SnapshotStep::Lost(error.into());
        }
        self.phase = Phase::Begun { last };
        let mut lost = None;
        for diff in kept {
            if let DepthStep::Lost(loss) = self.diff(diff) {
                lost = lost.or(Some(loss));
            }
        }
        if meets {
            self.meet(last);
        }
        lost.map_or(SnapshotStep::Taken, SnapshotStep::Lost)
    }
}

#[cfg(test)]
#[path = "depth_tests.rs"]
mod tests;
