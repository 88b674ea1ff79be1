//! Bollinger bands: a moving mean and the lines `k` deviations above and below it.

use super::Indicator;
use super::deviation::Moments;
use crate::params::OutOfRange;
use crate::units::Fraction;

/// One value of [`Bollinger`], in the unit of its input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    /// Mean plus `k` deviations, in the unit of the values.
    pub upper: f64,
    /// Mean of the values.
    pub middle: f64,
    /// Mean less `k` deviations.
    pub lower: f64,
}

/// Bollinger bands: the simple mean and `k` population deviations on either
/// side, over the last `n` values.
///
/// First value at index `n - 1`. Equal to TA-Lib's `BBANDS` with a simple mean.
///
/// ```
/// use tickstep_core::indicator::{Bands, Bollinger, Indicator};
/// use tickstep_core::units::Fraction;
/// let mut bands = Bollinger::new(8, Fraction::lit(2, 0))?;
/// let last = bands.over([2, 4, 4, 4, 5, 5, 7, 9])[7];
/// assert_eq!(last, Some(Bands { upper: 9.0, middle: 5.0, lower: 1.0 }));
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bollinger {
    moments: Moments,
    k: f64,
}

impl Bollinger {
    /// Bands over the last `n` values, `k` (0 to 100) deviations to each side.
    pub fn new(n: usize, k: Fraction) -> Result<Self, OutOfRange> {
        if k < Fraction::ZERO || k > Fraction::lit(100, 0) {
            return Err(OutOfRange { field: "k", value: k.decimal(), range: "0 to 100" });
        }
        Ok(Self { moments: Moments::new(n)?, k: k.to_f64() })
    }
}

impl Indicator for Bollinger {
    type Input = i64;
    type Output = Bands;

    #[inline]
    fn next(&mut self, input: i64) -> Option<Bands> {
        let (middle, deviation) = self.moments.next(input)?;
        let reach = self.k * deviation;
        Some(Bands { upper: middle + reach, middle, lower: middle - reach })
    }

    fn reset(&mut self) {
        self.moments.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Deviation, testing};
    use proptest::prelude::*;

    #[test]
    fn a_negative_width_is_refused() {
        let error = Bollinger::new(20, Fraction::lit(-1, 0)).unwrap_err();
        assert_eq!(std::format!("{error}"), "k = -1 is out of range; it must be 0 to 100");
    }

    proptest! {
        #[test]
        fn equals_mean_and_deviation(n in 1_usize..12, series in testing::prices()) {
            let make = || Bollinger::new(n, Fraction::lit(25, 1)).unwrap();
            let bands = make().over(series.iter().copied());
            let deviations = Deviation::new(n).unwrap().over(series.iter().copied());
            let means = testing::windows(&series, n, |w| w.iter().sum::<i64>() as f64 / n as f64);
            testing::assert_close(&bands.iter().map(|b| b.map(|b| b.middle)).collect::<Vec<_>>(), means);
            let widths: Vec<_> = bands.iter().map(|b| b.map(|b| b.upper - b.lower)).collect();
            testing::assert_close(&widths, deviations.iter().map(|d| d.map(|d| 5.0 * d)));
            testing::restarts_alike(make, &series);
        }
    }
}
