//! Crosses of two simple means, without dividing.

use core::cmp::Ordering;

/// A simple mean, `sum / n`, kept as the two so that it compares exactly.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    sum: i64,
    n: i64,
}

impl Mean {
    /// Of `n` values that add up to `sum`, as [`crate::indicator::Sum`] gives
    /// it. `None` when `n` is 0 or does not fit.
    #[inline]
    #[must_use]
    pub fn new(sum: i64, n: usize) -> Option<Self> {
        let n = i64::try_from(n).ok()?;
        (n > 0).then_some(Self { sum, n })
    }

    /// The mean of one value, such as the close itself.
    #[inline]
    #[must_use]
    pub const fn single(value: i64) -> Self {
        Self { sum: value, n: 1 }
    }

    /// Which of two means is greater, exactly: 3/2 and 6/4 are equal.
    #[inline]
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        let scaled = |sum: i64, n: i64| i128::from(sum) * i128::from(n);
        scaled(self.sum, other.n).cmp(&scaled(other.sum, self.n))
    }

    /// The mean as a float, to show it; comparisons are made on the exact sums.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.sum as f64 / self.n as f64
    }
}

/// A fast and a slow mean of one instant.
#[derive(Clone, Copy, Debug)]
pub struct MeanPair {
    /// Mean over fewer values, or the close itself.
    pub fast: Mean,
    /// Mean over more values.
    pub slow: Mean,
}

/// Whether the fast mean crossed the slow one on this bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cross {
    /// Fast is above now and was not before.
    Up,
    /// Fast is below now and was not before.
    Down,
    /// Neither. Coming to rest at equality is no cross; leaving it is.
    Neither,
}

impl Cross {
    /// From the means of the bar before to those of this one.
    ///
    /// ```
    /// use tickstep_core::chart::{Cross, Mean, MeanPair};
    /// // The close goes from 10, equal to its mean of 2 bars, to 12, above 22 / 2.
    /// let before = MeanPair { fast: Mean::single(10), slow: Mean::new(20, 2).unwrap() };
    /// let now = MeanPair { fast: Mean::single(12), slow: Mean::new(22, 2).unwrap() };
    /// assert_eq!(Cross::between(before, now), Cross::Up);
    /// assert_eq!(Cross::between(now, now), Cross::Neither);
    /// ```
    #[inline]
    #[must_use]
    pub fn between(before: MeanPair, now: MeanPair) -> Self {
        Self::from_order(before.fast.compare(before.slow), now.fast.compare(now.slow))
    }

    /// The same where only the order of fast to slow was kept.
    #[inline]
    #[must_use]
    pub fn from_order(before: Ordering, now: Ordering) -> Self {
        match now {
            Ordering::Greater if before != Ordering::Greater => Self::Up,
            Ordering::Less if before != Ordering::Less => Self::Down,
            _ => Self::Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_order_before_and_now() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            (Less, Less, Cross::Neither),
            (Less, Equal, Cross::Neither),
            (Less, Greater, Cross::Up),
            (Equal, Less, Cross::Down),
            (Equal, Equal, Cross::Neither),
            (Equal, Greater, Cross::Up),
            (Greater, Less, Cross::Down),
            (Greater, Equal, Cross::Neither),
            (Greater, Greater, Cross::Neither),
        ];
        for (before, now, want) in cases {
            assert_eq!(Cross::from_order(before, now), want, "{before:?} to {now:?}");
        }
    }

    #[test]
    fn a_tie_that_floats_would_break() {
        // 49/49 as a float product with 1/49 is below 1.
        let whole = Mean::new(49, 49).unwrap();
        assert_eq!(whole.compare(Mean::single(1)), Ordering::Equal);
        let huge = Mean::new(i64::MAX, 1_000).unwrap();
        let less = Mean::new(i64::MAX - 1, 1_000).unwrap();
        assert_eq!(huge.compare(less), Ordering::Greater);
        assert!(Mean::new(1, 0).is_none());
    }

    proptest! {
        #[test]
        fn mirrored_input_gives_the_mirrored_cross(
            v in proptest::array::uniform4(-20_i64..20), n in 1_usize..4, m in 1_usize..4,
        ) {
            let pair = |sign: i64, f: i64, s: i64| MeanPair {
                fast: Mean::new(sign * f, n).unwrap(),
                slow: Mean::new(sign * s, m).unwrap(),
            };
            let cross = |sign| Cross::between(pair(sign, v[0], v[1]), pair(sign, v[2], v[3]));
            let mirrored = match cross(1) {
                Cross::Up => Cross::Down,
                Cross::Down => Cross::Up,
                Cross::Neither => Cross::Neither,
            };
            prop_assert_eq!(cross(-1), mirrored);
        }
    }
}
