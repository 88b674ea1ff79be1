//! Population standard deviation from exact sums.

use super::{Indicator, Ring, period};
use crate::math;
use crate::params::OutOfRange;

/// Mean and population deviation of the last `n` values. The sums are integers,
/// so nothing drifts however long the series is and a flat window is exactly 0.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    window: Ring<i64>,
    sum: i64,
    squares: i128,
    n: i64,
    /// Divided by and not multiplied with its inverse: the mean of a flat window is its price.
    width: f64,
}

impl Moments {
    pub(super) fn new(n: usize) -> Result<Self, OutOfRange> {
        let n = period("period", n)?;
        Ok(Self { window: Ring::new(n), sum: 0, squares: 0, n: n as i64, width: n as f64 })
    }

    #[inline]
    pub(super) fn next(&mut self, input: i64) -> Option<(f64, f64)> {
        let old = self.window.push(input);
        self.sum = self.sum - old + input;
        self.squares += product(input, input) - product(old, old);
        if !self.window.is_full() {
            return None;
        }
        // 128 bits hold every case, 64 nearly every one, and much faster.
        let scaled = match i64::try_from(self.squares) {
            Ok(squares) => product(self.n, squares),
            Err(_) => i128::from(self.n) * self.squares,
        };
        let spread = scaled - product(self.sum, self.sum);
        let spread = i64::try_from(spread).map_or(spread as f64, |spread| spread as f64);
        Some((self.sum as f64 / self.width, math::sqrt(spread) / self.width))
    }

    pub(super) fn reset(&mut self) {
        self.window.clear();
        (self.sum, self.squares) = (0, 0);
    }
}

/// In full: the product of two 64-bit numbers always fits.
#[inline]
fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// Population standard deviation of the last `n` values, in the unit of its input.
///
/// `sqrt(n * sum(x^2) - sum(x)^2) / n`, the sums exact. First value at index
/// `n - 1`. Equal to TA-Lib's `STDDEV` with `nbdev` 1.
///
/// ```
/// use tickstep_core::indicator::{Deviation, Indicator};
/// let mut deviation = Deviation::new(8)?;
/// let values = deviation.over([2, 4, 4, 4, 5, 5, 7, 9]);
/// assert_eq!(values[6..], [None, Some(2.0)]); // mean 5, squares of the distances 32 = 8 * 2^2
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Deviation {
    moments: Moments,
}

impl Deviation {
    /// The deviation of the last `n` values.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        Ok(Self { moments: Moments::new(n)? })
    }
}

impl Indicator for Deviation {
    type Input = i64;
    type Output = f64;

    #[inline]
    fn next(&mut self, input: i64) -> Option<f64> {
        self.moments.next(input).map(|(_, deviation)| deviation)
    }

    fn reset(&mut self) {
        self.moments.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, assert_close};
    use proptest::prelude::*;

    #[test]
    fn a_flat_window_after_a_wild_one_is_zero() {
        let mut deviation = Deviation::new(3).unwrap();
        let wild = [1 << 45, -(1 << 45), 7, 1 << 44];
        deviation.over(wild);
        assert_eq!(deviation.over([12_345; 3])[2], Some(0.0));
    }

    #[test]
    fn figures_beyond_64_bits() {
        let (high, low) = (1_i64 << 46, -(1_i64 << 46));
        let values = Deviation::new(4).unwrap().over([high, low, high, low]);
        assert_eq!(values[3], Some(high as f64));
    }

    proptest! {
        #[test]
        fn equals_the_definition(n in 1_usize..12, series in testing::prices()) {
            let naive = testing::windows(&series, n, |w| {
                let mean = w.iter().sum::<i64>() as f64 / n as f64;
                (w.iter().map(|x| (*x as f64 - mean).powi(2)).sum::<f64>() / n as f64).sqrt()
            });
            assert_close(&Deviation::new(n).unwrap().over(series.iter().copied()), naive);
            testing::restarts_alike(|| Deviation::new(n).unwrap(), &series);
        }
    }
}
