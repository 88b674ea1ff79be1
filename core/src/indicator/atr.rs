//! Wilder's average true range.

use super::{Indicator, period};
use crate::event::Bar;
use crate::params::OutOfRange;

/// What a true range needs of a bar, in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HighLowClose {
    /// Highest price, ticks.
    pub high: f64,
    /// Lowest price, ticks.
    pub low: f64,
    /// Last price, ticks.
    pub close: f64,
}

impl From<&Bar> for HighLowClose {
    fn from(bar: &Bar) -> Self {
        Self { high: bar.high.0 as f64, low: bar.low.0 as f64, close: bar.close.0 as f64 }
    }
}

/// Wilder's average true range, in ticks.
///
/// The true range is the longest of high - low, |high - last close| and
/// |low - last close|, so the first bar has none. Seeded with the mean of the
/// first `n` true ranges, then `a += (range - a) / n`. First value at index `n`.
/// Equal to TA-Lib's `ATR`.
///
/// ```
/// use tickstep_core::indicator::{Atr, HighLowClose, Indicator};
/// let bar = |high, low, close| HighLowClose { high, low, close };
/// let bars = [bar(10., 8., 9.), bar(11., 9., 10.), bar(14., 11., 13.), bar(13., 12., 12.)];
/// let mut atr = Atr::new(2)?;
/// // True ranges 2, 4 (14 - 10: from the last close) and 1.
/// assert_eq!(atr.over(bars), [None, None, Some(3.0), Some(2.0)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Atr {
    n: usize,
    per_n: f64,
    last_close: Option<f64>,
    ranges: usize,
    /// The sum of the seed until warm, Wilder's mean from then on.
    state: f64,
}

impl Atr {
    /// The average over `n` true ranges.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        let n = period("period", n)?;
        Ok(Self { n, per_n: 1.0 / n as f64, last_close: None, ranges: 0, state: 0.0 })
    }
}

impl Indicator for Atr {
    type Input = HighLowClose;
    type Output = f64;

    #[inline]
    fn next(&mut self, bar: HighLowClose) -> Option<f64> {
        let last = self.last_close.replace(bar.close)?;
        // Reaching to the last close from either end is the same as the longest of the three.
        let range = bar.high.max(last) - bar.low.min(last);
        if self.ranges == self.n {
            self.state += (range - self.state) * self.per_n;
            return Some(self.state);
        }
        self.ranges += 1;
        self.state += range;
        if self.ranges < self.n {
            return None;
        }
        self.state *= self.per_n;
        Some(self.state)
    }

    fn reset(&mut self) {
        self.last_close = None;
        self.ranges = 0;
        self.state = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, assert_close};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_definition(n in 1_usize..12, bars in testing::bars()) {
            let bars: Vec<_> = bars.iter().map(HighLowClose::from).collect();
            let range = |i: usize| {
                let (b, last) = (bars[i], bars[i - 1].close);
                (b.high - b.low).max((b.high - last).abs()).max((b.low - last).abs())
            };
            let naive = (0..bars.len()).map(|t| (t >= n).then(|| {
                let seed = (1..=n).map(range).sum::<f64>() / n as f64;
                (n + 1..=t).fold(seed, |a, i| (a * (n as f64 - 1.0) + range(i)) / n as f64)
            }));
            assert_close(&Atr::new(n).unwrap().over(bars.iter().copied()), naive);
            testing::restarts_alike(|| Atr::new(n).unwrap(), &bars);
        }
    }
}
