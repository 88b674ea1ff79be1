//! Support and resistance: where neighbouring levels hold the most together.

use crate::book::mean_px;
use crate::event::Level;
use crate::units::{Fraction, Lots, Ticks};

/// Neighbouring levels of one side, each close to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Quantity of all its levels, lots.
    pub lots: Lots,
    /// Sum of price * quantity, ticks * lots, exact.
    pub tick_lots: i128,
    /// Number of levels in it.
    pub levels: usize,
    /// Its price nearest to mid, in ticks.
    pub near: Ticks,
    /// Its price farthest from mid, in ticks.
    pub far: Ticks,
}

impl Cluster {
    const fn alone(level: Level) -> Self {
        Self {
            lots: level.lots,
            tick_lots: level.px.0 as i128 * level.lots.get() as i128,
            levels: 1,
            near: level.px,
            far: level.px,
        }
    }

    /// The cluster with the most quantity among `levels`, which must be one side
    /// of a book, best first. A level joins the cluster of the level before it,
    /// `p`, when its distance is at most `cluster_bps / 10,000 * p`. Of equals the
    /// one nearer mid is kept. Levels without quantity count as absent; `None` for no levels.
    ///
    /// ```
    /// use tickstep_core::depth::Cluster;
    /// use tickstep_core::event::Level;
    /// use tickstep_core::units::{Lots, Ticks};
    /// let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
    /// // 5 bps of 10,000 is 5 ticks: 9,995 joins 10,000, and 9,989 stands alone (6 away).
    /// let bids = [level(10_000, 10), level(9_995, 30), level(9_989, 35)];
    /// let support = Cluster::heaviest(bids, "5".parse().unwrap()).unwrap();
    /// assert_eq!((support.levels, support.lots.get()), (2, 40));
    /// assert_eq!(support.price(), 9_996.25); // (10,000 * 10 + 9,995 * 30) / 40
    /// ```
    pub fn heaviest(
        levels: impl IntoIterator<Item = Level>,
        cluster_bps: Fraction,
    ) -> Option<Self> {
        let mut levels = levels.into_iter().filter(|l| !l.lots.is_zero());
        let mut current = Self::alone(levels.next()?);
        let mut best = current;
        for level in levels {
            if current.reaches(level.px, cluster_bps) {
                current.join(level);
            } else {
                current = Self::alone(level);
            }
            // Only more quantity replaces, so of equals the nearer one stays; a cluster
            // that grows replaces its own shorter self.
            if current.lots > best.lots {
                best = current;
            }
        }
        Some(best)
    }

    fn reaches(&self, px: Ticks, cluster_bps: Fraction) -> bool {
        let distance = i128::from((px - self.far).0.abs());
        distance * 10_000 * i128::from(cluster_bps.den())
            <= i128::from(cluster_bps.num()) * i128::from(self.far.0)
    }

    fn join(&mut self, level: Level) {
        let alone = Self::alone(level);
        self.lots += alone.lots;
        self.tick_lots += alone.tick_lots;
        self.levels += 1;
        self.far = level.px;
    }

    /// Quantity-weighted mean price, ticks.
    #[must_use]
    pub fn price(&self) -> f64 {
        mean_px(self.tick_lots, i128::from(self.lots.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn heaviest_by_hand() {
        // (levels best first, bps, expected near, levels, lots)
        type Case = (&'static [(i64, i64)], &'static str, Option<(i64, usize, i64)>);
        let cases: [Case; 8] = [
            (&[], "5", None),
            (&[(10_000, 7)], "5", Some((10_000, 1, 7))),
            // A tie goes to the one nearer mid, on both sides.
            (&[(10_000, 7), (9_000, 7)], "5", Some((10_000, 1, 7))),
            (&[(10_000, 7), (11_000, 7)], "5", Some((10_000, 1, 7))),
            // Exactly on the edge joins: 5 bps of 10,000 is 5.
            (&[(10_000, 1), (10_005, 1)], "5", Some((10_000, 2, 2))),
            (&[(10_000, 1), (10_005, 1)], "4.9999", Some((10_000, 1, 1))),
            // A chain is one cluster, however far it goes.
            (&[(10_000, 9), (9_990, 4), (9_986, 4), (9_982, 4)], "5", Some((9_990, 3, 12))),
            // 5 bps of the level before, 9,995, is 4.9975: 9,990 is too far.
            (&[(9_995, 1), (9_990, 1)], "5", Some((9_995, 1, 1))),
        ];
        for (levels, bps, expected) in cases {
            let levels: Vec<Level> = levels
                .iter()
                .map(|&(px, lots)| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() })
                .collect();
            let found = Cluster::heaviest(levels.iter().copied(), bps.parse().unwrap());
            let found = found.map(|c| (c.near.0, c.levels, c.lots.get()));
            assert_eq!(found, expected, "{levels:?} at {bps}");
        }
    }
}
