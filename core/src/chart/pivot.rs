//! Pivot highs and lows, known only once confirmed.

use crate::event::Bar;
use crate::indicator::{Before, Highest, Indicator, Ring};
use crate::params::OutOfRange;
use crate::units::Ticks;

const RANGE: &str = "1 to 1000";

/// The pivots that a bar confirmed. They stand `right` bars back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// Price of the pivot high in ticks, if there is one there.
    pub high: Option<Ticks>,
    /// Price of the pivot low in ticks, if there is one there.
    pub low: Option<Ticks>,
}

/// Pivots: a bar whose high is strictly above the highs of the `left` bars
/// before it and at or above those of the `right` bars after it; lows mirrored.
///
/// Tie rule: of equal highs next to each other the **first** is the pivot.
///
/// A pivot is given out on the bar that confirms it, `right` bars after its
/// own, so nothing here looks ahead. First output at index `left + right`.
///
/// ```
/// use tickstep_core::chart::Pivots;
/// use tickstep_core::event::Bar;
/// use tickstep_core::indicator::Indicator;
/// use tickstep_core::units::{Lots, Nanos, Ticks};
/// let bar = |px: i64| Bar {
///     ts_open: Nanos(0), open: Ticks(px), high: Ticks(px), low: Ticks(px), close: Ticks(px),
///     volume: Lots::ZERO, taker_buy: None,
/// };
/// let mut pivots = Pivots::new(2, 1)?;
/// let highs = [1, 2, 5, 5, 3].map(|px| pivots.next(bar(px)).and_then(|known| known.high));
/// // The first 5, confirmed by the second; the second is not above the bar to its left.
/// assert_eq!(highs, [None, None, None, Some(Ticks(5)), None]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pivots {
    highs: Peak,
    /// Peaks of the complements, which stand in the reverse order.
    lows: Peak,
}

impl Pivots {
    /// Standing out from `left` bars before and `right` bars after, 1 to 1000 each.
    pub fn new(left: usize, right: usize) -> Result<Self, OutOfRange> {
        for (field, value) in [("left", left), ("right", right)] {
            if !(1..=1000).contains(&value) {
                return Err(OutOfRange::new(field, value, RANGE));
            }
        }
        let peak = Peak {
            delay: Ring::new(right),
            after: Highest::new(right)?,
            before: Before::new(Highest::new(left)?),
        };
        Ok(Self { highs: peak.clone(), lows: peak })
    }
}

impl Indicator for Pivots {
    type Input = Bar;
    type Output = Confirmed;

    #[inline]
    fn next(&mut self, bar: Bar) -> Option<Confirmed> {
        let high = self.highs.next(bar.high.0);
        let low = self.lows.next(!bar.low.0);
        Some(Confirmed { high: high?.map(Ticks), low: low?.map(|x| Ticks(!x)) })
    }

    fn reset(&mut self) {
        self.highs.reset();
        self.lows.reset();
    }
}

/// One side. The candidate is what went in `right` values ago, so the `right`
/// newest are what came after it.
#[derive(Clone, Debug)]
struct Peak {
    delay: Ring<i64>,
    after: Highest,
    before: Before<Highest>,
}

impl Peak {
    #[inline]
    fn next(&mut self, value: i64) -> Option<Option<i64>> {
        let after = self.after.next(value);
        let delayed = self.delay.is_full();
        let candidate = self.delay.push(value);
        if !delayed {
            return None;
        }
        let before = self.before.next(candidate)?;
        Some((candidate > before && candidate >= after?).then_some(candidate))
    }

    fn reset(&mut self) {
        self.delay.clear();
        self.after.reset();
        self.before.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    #[test]
    fn widths_are_checked_by_name() {
        assert_eq!(Pivots::new(0, 1).unwrap_err().field, "left");
        assert_eq!(Pivots::new(1, 1001).unwrap_err().field, "right");
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            left in 1_usize..5, right in 1_usize..5, bars in testing::bars(),
        ) {
            let naive = testing::windows(&bars, left + right + 1, |w| {
                let at = w[left];
                let (before, after) = (&w[..left], &w[left + 1..]);
                let high = before.iter().all(|b| at.high > b.high)
                    && after.iter().all(|b| at.high >= b.high);
                let low = before.iter().all(|b| at.low < b.low)
                    && after.iter().all(|b| at.low <= b.low);
                Confirmed { high: high.then_some(at.high), low: low.then_some(at.low) }
            });
            let make = || Pivots::new(left, right).unwrap();
            prop_assert_eq!(make().over(bars.iter().copied()), naive);
            testing::restarts_alike(make, &bars);
        }
    }
}
