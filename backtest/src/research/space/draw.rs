//! Draws of levels, in arithmetic of our own on the generator's bits, so that no
//! new version of a library changes what a seed means.

use rand::Rng;
use rand_pcg::Pcg64;
use tickstep_core::math::{exp, ln, round};

use super::axis::{Axis, Spacing};

/// A seeded stream of draws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Pcg64);

impl Dice {
    /// Streams of one seed are independent of each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // Neighbouring seeds begin with alike bits; a few steps part them.
        let mut dice = Self(Pcg64::new(u128::from(seed), u128::from(stream)));
        for _ in 0..8 {
            dice.0.next_u64();
        }
        dice
    }

    /// Evenly one of `0..n`; 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        // Lemire's method: the low half tells which few bits would favour some results.
        let uneven = if n == 0 { 0 } else { n.wrapping_neg() % n };
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(n);
            let (high, low) = ((wide >> 64) as u64, wide as u64);
            if low >= uneven {
                return high;
            }
        }
    }

    /// Evenly in 0 to 1, without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A level of the axis.
    pub(crate) fn level(&mut self, axis: &Axis) -> u32 {
        self.stratum(axis, 0, 1)
    }

    /// A level of stratum `at` of `of`.
    pub(crate) fn stratum(&mut self, axis: &Axis, at: u32, of: u32) -> u32 {
        if axis.continuous_spacing() == Some(Spacing::Log) {
            let share = (f64::from(at) + self.unit()) / f64::from(of);
            return log_level(axis, share);
        }
        let count = u64::from(axis.count());
        let (at, of) = (u64::from(at), u64::from(of).max(1));
        let (low, high) = (at * count / of, (at + 1) * count / of);
        // Fewer levels than strata: some strata share a level, and are as narrow as it.
        let level = low + self.below(high.saturating_sub(low).max(1));
        u32::try_from(level).unwrap_or(u32::MAX).min(axis.count() - 1)
    }

    /// `0..n` in any order.
    pub(crate) fn shuffled(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        for i in (1..order.len()).rev() {
            let with = self.below(i as u64 + 1) as usize;
            order.swap(i, with);
        }
        order
    }
}

/// The level nearest to the number that has this share of the ratio from first to last.
fn log_level(axis: &Axis, share: f64) -> u32 {
    let last = axis.count() - 1;
    let end = |level| axis.value(level).and_then(|v| v.float());
    let (Some(from), Some(to)) = (end(0), end(last)) else { return 0 };
    let (low, high) = (ln(from), ln(to));
    let number = exp(low + share * (high - low));
    if to <= from {
        return 0;
    }
    let steps = (number - from) / (to - from) * f64::from(last);
    // The cast holds at both ends: below 0 is 0.
    (round(steps) as u32).min(last)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::research::space::Value;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut dice = Dice::new(1, 0);
        let drawn: Vec<u64> = (0..5).map(|_| dice.below(1000)).collect();
        assert_eq!(drawn, [997, 519, 174, 274, 465]);
        assert_eq!(Dice::new(1, 0).below(0), 0);
    }

    #[test]
    fn draws_are_even() {
        let mut dice = Dice::new(7, 3);
        let mut counts = [0_u32; 3];
        for _ in 0..30_000 {
            counts[dice.below(3) as usize] += 1;
        }
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 300), "{counts:?}");
    }

    #[test]
    fn log_strata_have_equal_ratios() {
        let axis =
            Axis::continuous("k", &Value::Int(1), &Value::Int(10_000), 3, Spacing::Log).unwrap();
        let mut dice = Dice::new(1, 0);
        for at in 0..4 {
            for _ in 0..200 {
                let value = axis.value(dice.stratum(&axis, at, 4)).unwrap().float().unwrap();
                let low = 10_f64.powi(at as i32);
                assert!(value >= low - 0.001 && value <= low * 10.0 + 0.001, "{at}: {value}");
            }
        }
    }
}
