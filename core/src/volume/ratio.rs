//! How many times its baseline a volume is.

use serde::{Deserialize, Serialize};

use crate::units::{Fraction, Lots};

/// A volume over the mean volume of the `n` bars before it, kept as integers:
/// `volume * n / sum`.
///
/// ```
/// use tickstep_core::units::{Fraction, Lots};
/// use tickstep_core::volume::VolumeRatio;
/// // 30 lots after 20 bars of 10 lots.
/// let ratio = VolumeRatio::new(Lots::new(30).unwrap(), 200, 20).unwrap();
/// assert!(ratio.at_least(Fraction::lit(3, 0)));
/// assert_eq!((ratio.to_f64(), ratio.baseline()), (3.0, 10.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeRatio {
    volume: i64,
    sum: i64,
    n: i64,
}

impl VolumeRatio {
    /// `volume` against `n` bars before it that add up to `baseline_sum` lots.
    /// `None` when those traded nothing.
    #[inline]
    #[must_use]
    pub fn new(volume: Lots, baseline_sum: i64, n: usize) -> Option<Self> {
        let n = i64::try_from(n).ok()?;
        (n > 0 && baseline_sum > 0).then_some(Self { volume: volume.get(), sum: baseline_sum, n })
    }

    /// `ratio >= k`, exactly: `volume * n >= k * sum`. Volumes of up to 2^56
    /// lots fit with every `k` and period; beyond, it stops at an overflow.
    #[inline]
    #[must_use]
    pub fn at_least(self, k: Fraction) -> bool {
        let scaled = i128::from(self.volume) * i128::from(self.n) * i128::from(k.den());
        scaled >= i128::from(k.num()) * i128::from(self.sum)
    }

    /// Number of bars in the baseline.
    #[must_use]
    pub const fn period(self) -> i64 {
        self.n
    }

    /// Mean volume of the bars before, in lots, to show it.
    #[must_use]
    pub fn baseline(self) -> f64 {
        self.sum as f64 / self.n as f64
    }

    /// The ratio, to show it.
    #[inline]
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.volume as f64 * self.n as f64 / self.sum as f64
    }
}

/// How unusual a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikeLevel {
    /// Below twice its baseline.
    None,
    /// At least twice its baseline.
    Elevated,
    /// At least three times its baseline.
    Spike,
    /// At least five times its baseline.
    Extreme,
}

impl SpikeLevel {
    /// The level of `ratio`; a ratio at a border belongs above it.
    #[inline]
    #[must_use]
    pub fn of(ratio: VolumeRatio) -> Self {
        let reaches = |k| ratio.at_least(Fraction::lit(k, 0));
        if !reaches(2) {
            Self::None
        } else if !reaches(3) {
            Self::Elevated
        } else if !reaches(5) {
            Self::Spike
        } else {
            Self::Extreme
        }
    }
}

/// How much a signal says, 0 to 1: `0.5 * min(1, ratio / 5) + 0.5 * |2x - 1|`,
/// with `x` the share or imbalance (0 to 1) that it rests on, 0.5 without one.
///
/// ```
/// use tickstep_core::volume::strength;
/// assert_eq!(strength(5.0, 1.0), 1.0);
/// assert_eq!(strength(2.5, 0.5), 0.25);
/// assert_eq!(strength(10.0, 0.25), 0.75);
/// ```
#[must_use]
pub fn strength(ratio: f64, x: f64) -> f64 {
    0.5 * (ratio / 5.0).min(1.0) + 0.5 * (2.0 * x - 1.0).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(volume: i64, sum: i64, n: usize) -> Option<VolumeRatio> {
        VolumeRatio::new(Lots::new(volume).unwrap(), sum, n)
    }

    #[test]
    fn levels_begin_at_their_border() {
        let cases = [
            (0, SpikeLevel::None),
            (1_999, SpikeLevel::None),
            (2_000, SpikeLevel::Elevated),
            (2_999, SpikeLevel::Elevated),
            (3_000, SpikeLevel::Spike),
            (4_999, SpikeLevel::Spike),
            (5_000, SpikeLevel::Extreme),
        ];
        for (volume, want) in cases {
            assert_eq!(SpikeLevel::of(ratio(volume, 20_000, 20).unwrap()), want, "{volume}");
        }
    }

    #[test]
    fn undefined_without_a_baseline() {
        assert_eq!(ratio(5, 0, 20), None);
        assert_eq!(ratio(5, 7, 0), None);
        assert!(ratio(0, 7, 20).is_some());
    }

    #[test]
    fn ties_of_a_decimal_multiple_are_ties_at_any_size() {
        let k: Fraction = "3.3".parse().unwrap();
        let sum = 20 * (1_i64 << 49);
        let tie = 33 * (1_i64 << 49);
        assert!(ratio(tie, sum, 2).unwrap().at_least(k));
        assert!(!ratio(tie - 1, sum, 2).unwrap().at_least(k));
    }

    proptest! {
        #[test]
        fn reaching_is_monotonic_and_agrees_with_the_float_off_a_tie(
            volume in 0_i64..1_000_000, sum in 1_i64..1_000_000, n in 2_usize..1000,
            k in 1_i64..100,
        ) {
            let ratio = ratio(volume, sum, n).unwrap();
            let k = Fraction::lit(k, 1);
            if (ratio.to_f64() - k.to_f64()).abs() > 1e-9 {
                prop_assert_eq!(ratio.at_least(k), ratio.to_f64() > k.to_f64());
            } else {
                prop_assert!(ratio.at_least(k));
            }
        }
    }
}
