//! Wilder's relative strength index.

use super::{Indicator, period};
use crate::math::above_zero;
use crate::params::OutOfRange;

/// Wilder's relative strength index, 0 to 100.
///
/// `100 * g / (g + s)`, with `g` and `s` the smoothed gains and losses: seeded
/// with the mean of the first `n` changes, then `g += (gain - g) / n`. First
/// value at index `n`. From J. W. Wilder, *New Concepts in Technical Trading
/// Systems* (1978); equal to TA-Lib's `RSI`, except that where nothing has moved
/// (`g + s` is 0) it is `None` and not 0.
///
/// ```
/// use tickstep_core::indicator::{Indicator, Rsi};
/// let mut rsi = Rsi::new(2)?;
/// // Changes +1 and -1 seed g = s = 1/2. A gain of 2 makes g = 5/4, s = 1/4.
/// let values = rsi.over([10.0, 11.0, 10.0, 12.0]);
/// assert_eq!(values[..3], [None, None, Some(50.0)]);
/// assert!((values[3].unwrap() - 250.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rsi {
    n: usize,
    per_n: f64,
    last: Option<f64>,
    changes: usize,
    /// Sums of the seed until warm, Wilder's means from then on.
    gain: f64,
    loss: f64,
}

impl Rsi {
    /// The index over `n` changes from value to value, Wilder's smoothing.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        let n = period("period", n)?;
        Ok(Self { n, per_n: 1.0 / n as f64, last: None, changes: 0, gain: 0.0, loss: 0.0 })
    }
}

impl Indicator for Rsi {
    type Input = f64;
    type Output = f64;

    #[inline]
    fn next(&mut self, input: f64) -> Option<f64> {
        let change = input - self.last.replace(input)?;
        let (gain, loss) = (above_zero(change), above_zero(-change));
        if self.changes == self.n {
            self.gain += (gain - self.gain) * self.per_n;
            self.loss += (loss - self.loss) * self.per_n;
        } else {
            self.changes += 1;
            self.gain += gain;
            self.loss += loss;
            if self.changes < self.n {
                return None;
            }
            self.gain *= self.per_n;
            self.loss *= self.per_n;
        }
        let moved = self.gain + self.loss;
        (moved > 0.0).then(|| 100.0 * self.gain / moved)
    }

    fn reset(&mut self) {
        self.last = None;
        self.changes = 0;
        (self.gain, self.loss) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, assert_close, floats};
    use proptest::prelude::*;

    #[test]
    fn undefined_while_nothing_has_moved_and_recovers() {
        let mut rsi = Rsi::new(2).unwrap();
        let values = rsi.over([7.0, 7.0, 7.0, 7.0, 8.0, 8.0, 8.0]);
        assert_eq!(values, [None, None, None, None, Some(100.0), Some(100.0), Some(100.0)]);
        assert_eq!(rsi.next(0.0).map(|x| x < 10.0), Some(true));
    }

    /// Wilder's mean of `part` of the changes up to `t`, written out.
    fn wilder(series: &[f64], n: usize, t: usize, part: fn(f64) -> f64) -> f64 {
        let change = |i: usize| part(series[i] - series[i - 1]);
        let seed = (1..=n).map(change).sum::<f64>() / n as f64;
        (n + 1..=t).fold(seed, |mean, i| (mean * (n as f64 - 1.0) + change(i)) / n as f64)
    }

    proptest! {
        #[test]
        fn equals_the_definition(n in 1_usize..12, series in testing::prices()) {
            let series = floats(&series);
            let naive = (0..series.len()).map(|t| {
                let g = (t >= n).then(|| wilder(&series, n, t, |d| d.max(0.0)))?;
                let s = wilder(&series, n, t, |d| (-d).max(0.0));
                (g + s > 0.0).then(|| 100.0 * g / (g + s))
            });
            assert_close(&Rsi::new(n).unwrap().over(series.iter().copied()), naive);
            testing::restarts_alike(|| Rsi::new(n).unwrap(), &series);
        }
    }
}
