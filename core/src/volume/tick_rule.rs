//! Which side was the taker, guessed from prices alone.

use core::cmp::Ordering;

use crate::indicator::Indicator;
use crate::units::{Side, Ticks};

/// The tick rule: a trade above the last price was bought, one below it sold,
/// one at it goes the way of the trade before (C. Lee and M. Ready, *Inferring
/// Trade Direction from Intraday Data*, 1991).
///
/// `None` until the price first changes: nothing tells those trades apart, so a
/// bar that holds any of them has no taker-buy volume.
///
/// ```
/// use tickstep_core::indicator::Indicator;
/// use tickstep_core::units::{Side, Ticks};
/// use tickstep_core::volume::TickRule;
/// let sides = TickRule::new().over([10, 10, 11, 11, 9, 9].map(Ticks));
/// let (buy, sell) = (Some(Side::Buy), Some(Side::Sell));
/// assert_eq!(sides, [None, None, buy, buy, sell, sell]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TickRule {
    last: Option<Ticks>,
    side: Option<Side>,
}

impl TickRule {
    /// A rule that has seen no trade, so that the first has no side.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None, side: None }
    }
}

impl Indicator for TickRule {
    type Input = Ticks;
    type Output = Side;

    #[inline]
    fn next(&mut self, price: Ticks) -> Option<Side> {
        let last = self.last.replace(price)?;
        match price.cmp(&last) {
            Ordering::Greater => self.side = Some(Side::Buy),
            Ordering::Less => self.side = Some(Side::Sell),
            Ordering::Equal => {}
        }
        self.side
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_last_change(series in testing::prices()) {
            let naive: Vec<_> = (0..series.len()).map(|t| {
                let change = (1..=t).rev().map(|i| series[i] - series[i - 1]).find(|d| *d != 0);
                change.map(|d| if d > 0 { Side::Buy } else { Side::Sell })
            }).collect();
            let ticks: Vec<_> = series.into_iter().map(Ticks).collect();
            prop_assert_eq!(TickRule::new().over(ticks.iter().copied()), naive);
            testing::restarts_alike(TickRule::new, &ticks);
        }
    }
}
