//! Quantiles of Student's t distribution, for the interval of a mean of few values, in
//! a form that gives the same bits on every machine.
//!
//! Up to [`EXACT`] degrees of freedom the distribution is a finite sum (Abramowitz and
//! Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4), whose inverse is
//! found by halving; beyond it the expansion of 26.7.5 about the normal quantile is
//! right to about one part in 10^10.

use super::normal::normal_quantile;
use crate::math::{atan, sqrt};

/// Degrees of freedom up to which the distribution is summed.
const EXACT: usize = 200;

/// The value that a t-distributed quantity with `freedom` degrees of freedom stays below
/// with probability `p`; `None` without a degree of freedom, or for a `p` that is not
/// above 0 and below 1.
///
/// ```
/// use tickstep_core::stats::student_quantile;
/// // As printed in every table: 97.5 % of 1, 7, 30 and 1000 degrees of freedom.
/// for (freedom, table) in [(1, 12.706), (7, 2.365), (30, 2.042), (1_000, 1.962)] {
///     let t = student_quantile(0.975, freedom).unwrap();
///     assert!((t - table).abs() < 5e-4);
/// }
/// assert_eq!(student_quantile(0.975, 0), None);
/// ```
#[must_use]
pub fn student_quantile(p: f64, freedom: usize) -> Option<f64> {
    if freedom == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    if freedom > EXACT {
        return Some(expanded(normal_quantile(p), freedom as f64));
    }
    let within = (2.0 * p - 1.0).abs();
    let mut high = 1.0;
    while share_within(high, freedom) < within && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if share_within(middle, freedom) < within {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(if p < 0.5 { -high } else { high })
}

/// Probability that the absolute value is below `t`, which is not negative.
fn share_within(t: f64, freedom: usize) -> f64 {
    let n = freedom as f64;
    let length = sqrt(n + t * t);
    let (sine, cosine) = (t / length, sqrt(n) / length);
    let odd = freedom % 2 == 1;
    // Of the terms each is the one before times a fraction and the squared cosine.
    let (mut term, first) = if odd { (cosine, 2) } else { (1.0, 1) };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let mut k = first;
    while k + 2 < freedom {
        term *= cosine * cosine * k as f64 / (k + 1) as f64;
        sum += term;
        k += 2;
    }
    if odd { (atan(t / sqrt(n)) + sine * sum) * core::f64::consts::FRAC_2_PI } else { sine * sum }
}

/// The expansion in `1 / n` about the normal quantile `x`.
fn expanded(x: f64, n: f64) -> f64 {
    let s = x * x;
    let first = x * (s + 1.0) / 4.0;
    let second = x * ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let third = x * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    let fourth = x * ((((79.0 * s + 776.0) * s + 1_482.0) * s - 1_920.0) * s - 945.0) / 92_160.0;
    x + (first + (second + (third + fourth / n) / n) / n) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_published_tables() {
        for (p, freedom, table) in [
            (0.975, 1, 12.706_204_736),
            (0.975, 2, 4.302_652_730),
            (0.975, 3, 3.182_446_305),
            (0.975, 4, 2.776_445_105),
            (0.975, 7, 2.364_624_252),
            (0.975, 30, 2.042_272_456),
            (0.975, 120, 1.979_930_405),
            (0.975, 1_000, 1.962_339_081),
            (0.95, 5, 2.015_048_373),
            (0.995, 10, 3.169_272_673),
            (0.025, 10, -2.228_138_852),
            (0.5, 9, 0.0),
        ] {
            let t = student_quantile(p, freedom).unwrap();
            assert!((t - table).abs() < 1e-8, "{p} {freedom}: {t}");
        }
    }

    #[test]
    fn the_two_ways_meet() {
        for p in [0.9, 0.975, 0.999] {
            let x = normal_quantile(p);
            let exact = student_quantile(p, EXACT).unwrap();
            assert!((exact - expanded(x, EXACT as f64)).abs() < 1e-9, "{p}");
        }
    }
}
