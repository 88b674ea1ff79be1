//! Support and resistance from pivots.

use super::Pivots;
use crate::event::Bar;
use crate::indicator::{Indicator, Ring};
use crate::params::OutOfRange;
use crate::units::Ticks;

/// The nearest pivots on either side of a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Nearest pivot low at or below the close, in ticks.
    pub support: Option<Ticks>,
    /// Nearest pivot high at or above the close, in ticks.
    pub resistance: Option<Ticks>,
}

/// Support: the nearest of the last `keep` confirmed pivot lows at or below the
/// close. Resistance: the nearest of the last `keep` confirmed pivot highs at or
/// above it. Each is `None` where no such pivot stands.
///
/// A pivot counts from the bar that confirms it, never earlier. The pivots kept
/// are the last `keep` of each kind, broken through since or not. A step costs
/// one look at each of them.
#[derive(Clone, Debug)]
pub struct SupportResistance {
    pivots: Pivots,
    /// Complements, which stand in the reverse order: above becomes below.
    highs: Ring<i64>,
    lows: Ring<i64>,
}

impl SupportResistance {
    /// From `pivots`, which must be fresh, keeping the last `keep` (1 to 100) of each kind.
    pub fn new(pivots: Pivots, keep: usize) -> Result<Self, OutOfRange> {
        if !(1..=100).contains(&keep) {
            return Err(OutOfRange::new("keep", keep, "1 to 100"));
        }
        Ok(Self { pivots, highs: Ring::new(keep), lows: Ring::new(keep) })
    }
}

impl Indicator for SupportResistance {
    type Input = Bar;
    type Output = Levels;

    #[inline]
    fn next(&mut self, bar: Bar) -> Option<Levels> {
        let confirmed = self.pivots.next(bar)?;
        if let Some(high) = confirmed.high {
            self.highs.push(!high.0);
        }
        if let Some(low) = confirmed.low {
            self.lows.push(low.0);
        }
        Some(Levels {
            support: nearest_below(self.lows.held(), bar.close.0).map(Ticks),
            resistance: nearest_below(self.highs.held(), !bar.close.0).map(|x| Ticks(!x)),
        })
    }

    fn reset(&mut self) {
        self.pivots.reset();
        self.highs.clear();
        self.lows.clear();
    }
}

/// The greatest of `values` at or below `limit`. Selects instead of branching:
/// which side of a close a level is on cannot be predicted.
#[inline]
fn nearest_below(values: &[i64], limit: i64) -> Option<i64> {
    let eligible = |value: i64| if value <= limit { value } else { i64::MIN };
    let best = values.iter().fold(i64::MIN, |best, value| best.max(eligible(*value)));
    (best > i64::MIN).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    #[test]
    fn keep_is_checked() {
        let pivots = Pivots::new(1, 1).unwrap();
        assert!(SupportResistance::new(pivots.clone(), 0).is_err());
        assert!(SupportResistance::new(pivots, 101).is_err());
    }

    proptest! {
        #[test]
        fn equals_searching_the_history(keep in 1_usize..4, bars in testing::bars()) {
            let pivots = Pivots::new(2, 1).unwrap();
            let known = pivots.clone().over(bars.iter().copied());
            let naive: Vec<_> = (0..bars.len()).map(|t| {
                known[t]?;
                let so_far = || known[..=t].iter().rev().flatten();
                let close = bars[t].close;
                let lows = so_far().filter_map(|k| k.low).take(keep);
                let highs = so_far().filter_map(|k| k.high).take(keep);
                Some(Levels {
                    support: lows.filter(|low| *low <= close).max(),
                    resistance: highs.filter(|high| *high >= close).min(),
                })
            }).collect();
            let make = || SupportResistance::new(pivots.clone(), keep).unwrap();
            prop_assert_eq!(make().over(bars.iter().copied()), naive);
            testing::restarts_alike(make, &bars);
        }
    }
}
