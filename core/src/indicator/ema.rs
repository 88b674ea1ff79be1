//! Exponential moving average, the mean whose weights fall off geometrically.

use super::{Indicator, period};
use crate::params::OutOfRange;

/// Exponential moving average, in the unit of its input.
///
/// `e += k * (x - e)` with `k = 2 / (n + 1)`, seeded with the simple mean of the
/// first `n` values as TA-Lib's `EMA` is. First value at index `n - 1`.
///
/// ```
/// use tickstep_core::indicator::{Ema, Indicator};
/// let mut ema = Ema::new(3)?; // k = 1/2
/// assert_eq!(ema.over([1.0, 2.0, 3.0, 4.0, 7.0]), [None, None, Some(2.0), Some(3.0), Some(5.0)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ema {
    n: usize,
    k: f64,
    seen: usize,
    /// The sum of the seed until warm, the average from then on.
    state: f64,
}

impl Ema {
    /// The average over a span of `n` values.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        let n = period("period", n)?;
        Ok(Self { n, k: 2.0 / (n as f64 + 1.0), seen: 0, state: 0.0 })
    }
}

impl Indicator for Ema {
    type Input = f64;
    type Output = f64;

    #[inline]
    fn next(&mut self, input: f64) -> Option<f64> {
        if self.seen == self.n {
            self.state += self.k * (input - self.state);
            return Some(self.state);
        }
        self.seen += 1;
        self.state += input;
        if self.seen < self.n {
            return None;
        }
        self.state /= self.n as f64;
        Some(self.state)
    }

    fn reset(&mut self) {
        self.seen = 0;
        self.state = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, assert_close, floats};
    use proptest::prelude::*;

    /// Weights of the definition written out, from the seed forwards.
    fn naive(series: &[f64], n: usize, t: usize) -> f64 {
        let k = 2.0 / (n as f64 + 1.0);
        let seed = series[..n].iter().sum::<f64>() / n as f64;
        let decay = |age: usize| (1.0 - k).powi(i32::try_from(age).unwrap());
        let later: f64 = (n..=t).map(|i| k * decay(t - i) * series[i]).sum();
        seed * decay(t + 1 - n) + later
    }

    proptest! {
        #[test]
        fn equals_the_weighted_sum(n in 1_usize..12, series in testing::prices()) {
            let series = floats(&series);
            let naive = (0..series.len()).map(|t| (t + 1 >= n).then(|| naive(&series, n, t)));
            assert_close(&Ema::new(n).unwrap().over(series.iter().copied()), naive);
            testing::restarts_alike(|| Ema::new(n).unwrap(), &series);
        }
    }
}
