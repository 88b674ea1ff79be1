//! The exact running sum that simple means, baselines and crosses are decided on.

use super::{Indicator, Ring, period};
use crate::params::OutOfRange;

/// Sum of the last `n` values, exact however long the series is.
///
/// In the unit of its input (ticks or lots). First value at index `n - 1`. The
/// simple mean is `sum / n`; decide with the sum (`close > mean` is
/// `close * n > sum`) and divide only to show it.
///
/// ```
/// use tickstep_core::indicator::{Indicator, Sum};
/// let mut sum = Sum::new(3)?;
/// assert_eq!(sum.over([1, 2, 3, 10]), [None, None, Some(6), Some(15)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sum {
    window: Ring<i64>,
    sum: i64,
}

impl Sum {
    /// The sum of the last `n` values.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        Ok(Self { window: Ring::new(period("period", n)?), sum: 0 })
    }

    /// Number of values it sums.
    #[must_use]
    pub fn period(&self) -> usize {
        self.window.capacity()
    }
}

impl Indicator for Sum {
    type Input = i64;
    type Output = i64;

    #[inline]
    fn next(&mut self, input: i64) -> Option<i64> {
        let old = self.window.push(input);
        self.sum = self.sum - old + input;
        self.window.is_full().then_some(self.sum)
    }

    fn reset(&mut self) {
        self.window.clear();
        self.sum = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_adding_up(n in 1_usize..12, series in testing::prices()) {
            let naive = testing::windows(&series, n, |w| w.iter().sum::<i64>());
            prop_assert_eq!(Sum::new(n).unwrap().over(series.iter().copied()), naive);
            testing::restarts_alike(|| Sum::new(n).unwrap(), &series);
        }
    }
}
