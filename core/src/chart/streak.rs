//! Bars in a row on one side of their open.

use core::cmp::Ordering;

use crate::event::Bar;
use crate::indicator::Indicator;

/// How many bars in a row, ending here, closed on the same side of their open:
/// positive above, negative below. A doji (close equal to open) ends it: 0.
///
/// Never `None`; the first bar counts.
#[derive(Clone, Debug, Default)]
pub struct Streak {
    count: i64,
}

impl Streak {
    /// A count that has seen no bar.
    #[must_use]
    pub const fn new() -> Self {
        Self { count: 0 }
    }

    /// The count after `bar`, as a plain number since it is always defined.
    #[inline]
    pub fn count(&mut self, bar: &Bar) -> i64 {
        self.count = match bar.close.cmp(&bar.open) {
            Ordering::Greater => self.count.max(0) + 1,
            Ordering::Less => self.count.min(0) - 1,
            Ordering::Equal => 0,
        };
        self.count
    }
}

impl Indicator for Streak {
    type Input = Bar;
    type Output = i64;

    #[inline]
    fn next(&mut self, bar: Bar) -> Option<i64> {
        Some(self.count(&bar))
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_looking_back(bars in testing::bars()) {
            let side = |i: usize| (bars[i].close.0 - bars[i].open.0).signum();
            let naive: Vec<_> = (0..bars.len()).map(|t| {
                let run = (0..=t).rev().take_while(|i| side(*i) == side(t)).count();
                Some(side(t) * i64::try_from(run).unwrap())
            }).collect();
            prop_assert_eq!(Streak::new().over(bars.iter().copied()), naive);
            testing::restarts_alike(Streak::new, &bars);
        }
    }
}
