//! Moving average convergence and divergence.

use super::{Ema, Indicator, MAX_PERIOD, period};
use crate::params::OutOfRange;

/// One value of [`Macd`], in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacdValue {
    /// Fast average less slow average.
    pub line: f64,
    /// Exponential average of the line.
    pub signal: f64,
    /// The line less its signal.
    pub histogram: f64,
}

/// Moving average convergence and divergence, in ticks.
///
/// `line = ema(fast) - ema(slow)`, `signal = ema(line)`. As in TA-Lib's `MACD`
/// both averages begin at index `slow - 1`, so the fast one is seeded with the
/// `fast` values that end there and not with the first of all; everything is
/// known from index `slow + signal - 2`.
///
/// ```
/// use tickstep_core::indicator::{Indicator, Macd};
/// let mut macd = Macd::new(2, 3, 2)?;
/// let values = macd.over([1.0, 2.0, 3.0, 4.0, 6.0]);
/// // Index 2: fast 2.5, slow 2. Index 3: 3.5 and 3, so the line is 0.5 twice.
/// assert_eq!(values[2], None);
/// let first = values[3].unwrap();
/// assert!((first.line - 0.5).abs() < 1e-12 && first.histogram.abs() < 1e-12);
/// // Index 4: fast 31/6, slow 4.5; signal 0.5 + 2/3 * 1/6.
/// let next = values[4].unwrap();
/// assert!((next.line - 2.0 / 3.0).abs() < 1e-12 && (next.signal - 11.0 / 18.0).abs() < 1e-12);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    skip: usize,
    skipped: usize,
}

impl Macd {
    /// Of averages over `fast` and `slow` values, `fast` below `slow`, and a
    /// signal line over `signal` values.
    pub fn new(fast: usize, slow: usize, signal: usize) -> Result<Self, OutOfRange> {
        if !(2..=MAX_PERIOD).contains(&slow) {
            return Err(OutOfRange::new("slow", slow, "2 to 1000000"));
        }
        if fast < 1 || fast >= slow {
            return Err(OutOfRange::new("fast", fast, "at least 1 and below slow"));
        }
        Ok(Self {
            fast: Ema::new(fast)?,
            slow: Ema::new(slow)?,
            signal: Ema::new(period("signal", signal)?)?,
            skip: slow - fast,
            skipped: 0,
        })
    }
}

impl Indicator for Macd {
    type Input = f64;
    type Output = MacdValue;

    #[inline]
    fn next(&mut self, input: f64) -> Option<MacdValue> {
        let slow = self.slow.next(input);
        if self.skipped < self.skip {
            self.skipped += 1;
            return None;
        }
        let fast = self.fast.next(input);
        let line = fast? - slow?;
        let signal = self.signal.next(line)?;
        Some(MacdValue { line, signal, histogram: line - signal })
    }

    fn reset(&mut self) {
        self.fast.reset();
        self.slow.reset();
        self.signal.reset();
        self.skipped = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, floats};
    use proptest::prelude::*;

    #[test]
    fn fast_stays_below_slow() {
        let cases = [(0, 2, 1, "fast"), (2, 2, 1, "fast"), (1, 1, 1, "slow"), (1, 2, 0, "signal")];
        for (fast, slow, signal, field) in cases {
            assert_eq!(Macd::new(fast, slow, signal).unwrap_err().field, field);
        }
    }

    proptest! {
        #[test]
        fn is_made_of_three_averages(
            fast in 1_usize..6, wider in 1_usize..6, signal in 1_usize..6,
            series in testing::prices(),
        ) {
            let (slow, series) = (fast + wider, floats(&series));
            let slow_line = Ema::new(slow).unwrap().over(series.iter().copied());
            let fast_line = Ema::new(fast).unwrap().over(series.iter().skip(wider).copied());
            let mut smooth = Ema::new(signal).unwrap();
            let naive: Vec<_> = (0..series.len()).map(|t| {
                let line = fast_line[t.checked_sub(wider)?]? - slow_line[t]?;
                let signal = smooth.next(line)?;
                Some(MacdValue { line, signal, histogram: line - signal })
            }).collect();
            let make = || Macd::new(fast, slow, signal).unwrap();
            let got = make().over(series.iter().copied());
            prop_assert_eq!(got.iter().position(Option::is_some),
                (series.len() > slow + signal - 2).then_some(slow + signal - 2));
            prop_assert_eq!(got, naive);
            testing::restarts_alike(make, &series);
        }
    }
}
