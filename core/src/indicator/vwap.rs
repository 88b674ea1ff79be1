//! Volume-weighted average price of the last bars.

use super::{Indicator, Ring, period};
use crate::event::Bar;
use crate::params::OutOfRange;

/// Volume-weighted average of the typical price `(high + low + close) / 3` over
/// the last `n` bars, in ticks. The sums are exact.
///
/// First value at index `n - 1`; `None` while those bars traded nothing.
///
/// ```
/// use tickstep_core::event::Bar;
/// use tickstep_core::indicator::{Indicator, Vwap};
/// use tickstep_core::units::{Lots, Nanos, Ticks};
/// let bar = |px: i64, volume: i64| Bar {
///     ts_open: Nanos(0), open: Ticks(px), high: Ticks(px + 1), low: Ticks(px - 1),
///     close: Ticks(px), volume: Lots::new(volume).unwrap(), taker_buy: None,
/// };
/// let mut vwap = Vwap::new(2)?;
/// let bars = [bar(100, 1), bar(200, 3), bar(200, 0), bar(200, 0)];
/// assert_eq!(vwap.over(bars), [None, Some(175.0), Some(200.0), None]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vwap {
    /// Three times the typical price, and the volume.
    window: Ring<(i64, i64)>,
    value: i128,
    volume: i128,
}

impl Vwap {
    /// The average over the last `n` bars.
    pub fn new(n: usize) -> Result<Self, OutOfRange> {
        Ok(Self { window: Ring::new(period("period", n)?), value: 0, volume: 0 })
    }
}

impl Indicator for Vwap {
    type Input = Bar;
    type Output = f64;

    #[inline]
    fn next(&mut self, bar: Bar) -> Option<f64> {
        let new = (bar.high.0 + bar.low.0 + bar.close.0, bar.volume.get());
        let old = self.window.push(new);
        self.value += value(new) - value(old);
        self.volume += i128::from(new.1) - i128::from(old.1);
        (self.window.is_full() && self.volume > 0)
            .then(|| self.value as f64 / (3 * self.volume) as f64)
    }

    fn reset(&mut self) {
        self.window.clear();
        (self.value, self.volume) = (0, 0);
    }
}

#[inline]
fn value((price, volume): (i64, i64)) -> i128 {
    i128::from(price) * i128::from(volume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing::{self, assert_close};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_definition(n in 1_usize..12, bars in testing::bars()) {
            let naive = testing::windows(&bars, n, |w| {
                let volume: i64 = w.iter().map(|b| b.volume.get()).sum();
                let value: i64 =
                    w.iter().map(|b| (b.high.0 + b.low.0 + b.close.0) * b.volume.get()).sum();
                (volume > 0).then(|| value as f64 / 3.0 / volume as f64)
            });
            let naive = naive.into_iter().map(Option::flatten);
            assert_close(&Vwap::new(n).unwrap().over(bars.iter().copied()), naive);
            testing::restarts_alike(|| Vwap::new(n).unwrap(), &bars);
        }
    }
}
