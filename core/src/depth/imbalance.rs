//! Which side of a book holds more, as an exact ratio.

use crate::units::{Fraction, Lots};

/// Bid quantity over the quantity of both sides: above 0.5 buyers lead.
///
/// Kept as two whole numbers, so that a threshold is compared exactly.
///
/// ```
/// use tickstep_core::depth::Imbalance;
/// use tickstep_core::units::{Fraction, Lots};
/// let lots = |n| Lots::new(n).unwrap();
/// let imbalance = Imbalance::of(lots(60), lots(40)).unwrap();
/// assert_eq!(imbalance.to_f64(), 0.6); // 60 / (60 + 40)
/// assert!(!imbalance.above("0.60".parse().unwrap())); // a tie is not above
/// assert!(imbalance.above("0.5999".parse().unwrap()));
/// assert!(imbalance.below("0.61".parse().unwrap()));
/// assert_eq!(Imbalance::of(lots(0), lots(0)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    bid_lots: Lots,
    total_lots: Lots,
}

impl Imbalance {
    /// `bid_lots / (bid_lots + ask_lots)`; `None` when both are zero.
    #[must_use]
    pub fn of(bid_lots: Lots, ask_lots: Lots) -> Option<Self> {
        let total_lots = bid_lots + ask_lots;
        (!total_lots.is_zero()).then_some(Self { bid_lots, total_lots })
    }

    /// Quantity of the bids, lots.
    #[must_use]
    pub const fn bid_lots(self) -> Lots {
        self.bid_lots
    }

    /// Quantity of both sides, lots; positive.
    #[must_use]
    pub const fn total_lots(self) -> Lots {
        self.total_lots
    }

    /// Ratio > `p`, exactly.
    #[must_use]
    pub fn above(self, p: Fraction) -> bool {
        p.lt_ratio(self.bid_lots.get(), self.total_lots.get())
    }

    /// Ratio < `p`, exactly.
    #[must_use]
    pub fn below(self, p: Fraction) -> bool {
        !p.le_ratio(self.bid_lots.get(), self.total_lots.get())
    }

    /// The ratio as a float, 0 to 1.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.bid_lots.get() as f64 / self.total_lots.get() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_by_hand() {
        // (bid, ask, threshold, above, below)
        let cases = [
            (60, 40, "0.60", false, false),
            (3, 2, "0.6", false, false),
            (61, 39, "0.60", true, false),
            (59, 41, "0.60", false, true),
            (2, 3, "0.40", false, false),
            // A third is no decimal: never equal to one.
            (1, 2, "0.333333333333333333", true, false),
            (1, 2, "0.333333333333333334", false, true),
            (0, 5, "0", false, false),
            (5, 0, "1", false, false),
        ];
        for (bid, ask, p, above, below) in cases {
            let lots = |n| Lots::new(n).unwrap();
            let (imbalance, p) = (Imbalance::of(lots(bid), lots(ask)).unwrap(), p.parse().unwrap());
            assert_eq!((imbalance.above(p), imbalance.below(p)), (above, below), "{bid} {ask} {p}");
        }
    }
}
