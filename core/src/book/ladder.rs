//! One side of a book: sorted levels, and the checks of what is about to change them.

use alloc::vec::Vec;

use super::error::{BookError, MAX_LOTS, MAX_PX};
use crate::event::Level;
use crate::units::{Side, Ticks};

/// One side of a book, worst level first, and the update being checked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ladder {
    side: Side,
    pub(super) levels: Vec<Level>,
    /// Kept only for its capacity: empty between two updates.
    pub(super) staged: Vec<Level>,
}

impl Ladder {
    pub(super) const fn new(side: Side) -> Self {
        Self { side, levels: Vec::new(), staged: Vec::new() }
    }

    /// Higher is better, on either side.
    const fn rank(side: Side, px: Ticks) -> i64 {
        side.sign() * px.0
    }

    /// Sorts and checks the levels of an update; the best price it sets.
    pub(super) fn stage(&mut self, levels: &[Level]) -> Result<Option<Ticks>, BookError> {
        let side = self.side;
        self.staged.clear();
        for level in levels {
            if level.px < Ticks(1) || level.px > MAX_PX {
                return Err(BookError::PriceOutOfRange { px: level.px });
            }
            if level.lots.get() > MAX_LOTS {
                return Err(BookError::QuantityOutOfRange { px: level.px, lots: level.lots });
            }
            self.staged.push(*level);
        }
        self.staged.sort_unstable_by_key(|l| (Self::rank(side, l.px), l.lots));
        self.staged.dedup();
        for pair in self.staged.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if a.px == b.px {
                let (lots, other) = (a.lots, b.lots);
                return Err(BookError::Contradiction { side, px: a.px, lots, other });
            }
        }
        Ok(self.staged.iter().rev().find(|l| !l.lots.is_zero()).map(|l| l.px))
    }

    /// Puts the staged levels in place.
    pub(super) fn settle(&mut self, snapshot: bool) {
        if snapshot {
            self.staged.retain(|l| !l.lots.is_zero());
            core::mem::swap(&mut self.levels, &mut self.staged);
            return;
        }
        let side = self.side;
        for level in &self.staged {
            let rank = Self::rank(side, level.px);
            match self.levels.binary_search_by_key(&rank, |l| Self::rank(side, l.px)) {
                Ok(at) if level.lots.is_zero() => {
                    self.levels.remove(at);
                }
                Ok(at) => self.levels[at] = *level,
                Err(_) if level.lots.is_zero() => {}
                Err(at) => self.levels.insert(at, *level),
            }
        }
    }

    /// Removes the levels that a new price of the other side reaches, and counts them.
    pub(super) fn drop_reached(&mut self, opposite: Ticks) -> usize {
        let (side, before) = (self.side, self.levels.len());
        let reached = Self::rank(side, opposite);
        self.levels.truncate(self.levels.partition_point(|l| Self::rank(side, l.px) < reached));
        before - self.levels.len()
    }

    /// The best `depth` levels, best last.
    pub(super) fn top(&self, depth: usize) -> &[Level] {
        &self.levels[self.levels.len().saturating_sub(depth)..]
    }
}
