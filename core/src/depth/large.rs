//! Levels that stand out by their size.

use alloc::vec::Vec;

use crate::event::Level;
use crate::units::{Fraction, Lots};

/// The levels of one side that hold at least `large_multiple` times the median
/// level quantity of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeLevels {
    /// Quantity that such levels hold, lots; zero when there is none.
    pub lots: Lots,
    /// Quantity of the side, lots.
    pub side_lots: Lots,
}

impl LargeLevels {
    /// Whether there is one.
    #[must_use]
    pub const fn any(&self) -> bool {
        !self.lots.is_zero()
    }

    /// Part of the side's quantity that such levels hold, 0..1. A plain 0 when
    /// there is none: the side is known and none of it is large.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.lots.get() as f64 / self.side_lots.get() as f64
    }

    /// The large levels of `side`, decided on whole numbers: for an even count
    /// the median is half a sum, so `quantity * 2 >= large_multiple * sum`.
    pub(super) fn of(side: &[Level], doubled_median: i128, large_multiple: Fraction) -> Self {
        let (num, den) = (i128::from(large_multiple.num()), i128::from(large_multiple.den()));
        let mut found = Self { lots: Lots::ZERO, side_lots: Lots::ZERO };
        for level in side {
            found.side_lots += level.lots;
            if i128::from(level.lots.get()) * 2 * den >= num * doubled_median {
                found.lots += level.lots;
            }
        }
        found
    }
}

/// Twice the median of the level quantities of both sides, lots; of at least one level.
pub(super) fn doubled_median(bids: &[Level], asks: &[Level]) -> i128 {
    let mut lots: Vec<i64> = bids.iter().chain(asks).map(|l| l.lots.get()).collect();
    lots.sort_unstable();
    let n = lots.len();
    i128::from(lots[n / 2]) + i128::from(lots[(n - 1) / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Ticks;

    fn side(lots: &[i64]) -> Vec<Level> {
        let level = |(i, &n): (usize, &i64)| Level {
            px: Ticks(100 + i64::try_from(i).unwrap()),
            lots: Lots::new(n).unwrap(),
        };
        lots.iter().enumerate().map(level).collect()
    }

    #[test]
    fn large_by_hand() {
        // (bids, asks, multiple, large bid lots, large ask lots)
        type Case = (&'static [i64], &'static [i64], &'static str, i64, i64);
        let cases: [Case; 6] = [
            // Median of 1, 2, 2, 10 is 2: 10 = 5 * 2 is large, a tie.
            (&[1, 10], &[2, 2], "5", 10, 0),
            (&[1, 10], &[2, 2], "5.0001", 0, 0),
            // Median of 1, 2, 3, 12 is 2.5: 12 < 12.5, 13 is large.
            (&[1, 2], &[3, 12], "5", 0, 0),
            (&[1, 2], &[3, 13], "5", 0, 13),
            // Odd count: median of 1, 1, 5 is 1.
            (&[5], &[1, 1], "5", 5, 0),
            // One level a side: 1 and 100 have the median 50.5.
            (&[1], &[100], "5", 0, 0),
        ];
        for (bids, asks, multiple, large_bid, large_ask) in cases {
            let (bids, asks) = (side(bids), side(asks));
            let (median, multiple) = (doubled_median(&bids, &asks), multiple.parse().unwrap());
            let found = |levels: &[Level]| LargeLevels::of(levels, median, multiple).lots.get();
            assert_eq!((found(&bids), found(&asks)), (large_bid, large_ask), "{bids:?} {asks:?}");
        }
    }

    #[test]
    fn share_is_of_its_own_side() {
        let (bids, asks) = (side(&[1, 10, 1]), side(&[1, 1]));
        let found = LargeLevels::of(&bids, doubled_median(&bids, &asks), Fraction::lit(5, 0));
        assert!(found.any());
        assert_eq!(found.share(), 10.0 / 12.0);
        let none = LargeLevels::of(&asks, doubled_median(&bids, &asks), Fraction::lit(5, 0));
        assert!(!none.any());
        assert_eq!(none.share(), 0.0);
    }
}
