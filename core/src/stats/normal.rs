//! The normal distribution: its cumulative function and its quantiles, in a form
//! that gives the same bits on every machine.
//!
//! The cumulative function is the complementary error function of `libm` (W. J.
//! Cody's rational approximations as published by Sun Microsystems, 1993, below one
//! unit in the last place). Quantiles are algorithm AS 241 (PPND16) of M. J. Wichura,
//! "The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988),
//! which is right to about one part in 10^16.

#![allow(clippy::excessive_precision, reason = "coefficients stand as they were published")]

use crate::math::{erfc, ln, sqrt};

/// Within this of the middle, quantiles are a rational function of `(p - 1/2)^2`.
const CENTRE: f64 = 0.425;
/// Up to this root of `-ln(p)` the tail is one rational function, beyond it another.
const FAR: f64 = 5.0;

/// Coefficients of a rational function, the constant ones first.
struct Rational {
    above: [f64; 8],
    below: [f64; 8],
}

impl Rational {
    fn at(&self, x: f64) -> f64 {
        let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
        horner(&self.above) / horner(&self.below)
    }
}

const MIDDLE: Rational = Rational {
    above: [
        3.387_132_872_796_366_608,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ],
    below: [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561e3,
    ],
};

const TAIL: Rational = Rational {
    above: [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        2.417_807_251_774_506_117_7e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_4e-4,
    ],
    below: [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        6.897_673_349_851_000_045_5e-1,
        1.481_039_764_274_800_745_9e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
};

const FAR_TAIL: Rational = Rational {
    above: [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        2.965_605_718_285_048_912_3e-1,
        2.653_218_952_657_612_309_3e-2,
        1.242_660_947_388_078_438_6e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    below: [
        1.0,
        5.998_322_065_558_879_376_9e-1,
        1.369_298_809_227_358_053_1e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
};

/// Probability that a standard normal variable is at or below `z`.
///
/// ```
/// use tickstep_core::stats::normal_cdf;
/// assert_eq!(normal_cdf(0.0), 0.5);
/// assert!((normal_cdf(1.96) - 0.9750021048517795).abs() < 1e-15);
/// ```
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / core::f64::consts::SQRT_2)
}

/// The value that a standard normal variable is at or below with probability `p`;
/// infinite at 0 and 1, NaN outside them.
///
/// ```
/// use tickstep_core::stats::normal_quantile;
/// assert_eq!(normal_quantile(0.5), 0.0);
/// assert!((normal_quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if from_middle.abs() <= CENTRE {
        return from_middle * MIDDLE.at(CENTRE * CENTRE - from_middle * from_middle);
    }
    let tail = if from_middle < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return f64::INFINITY.copysign(from_middle);
    }
    let root = sqrt(-ln(tail));
    let z = if root <= FAR { TAIL.at(root - 1.6) } else { FAR_TAIL.at(root - FAR) };
    z.copysign(from_middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_probabilities() {
        // mpmath 1.3 at 40 digits, as scipy 1.17 `special.ndtr` in its last digits but one.
        for (z, p) in [
            (-30.0, 4.906_713_927_148_187e-198),
            (-8.0, 6.220_960_574_271_784e-16),
            (-3.0, 0.001_349_898_031_630_094_6),
            (-1.96, 0.024_997_895_148_220_435),
            (-0.5, 0.308_537_538_725_986_9),
            (0.1, 0.539_827_837_277_029),
            (1.0, 0.841_344_746_068_542_9),
            (2.5, 0.993_790_334_674_223_8),
            (6.0, 0.999_999_999_013_412_3),
        ] {
            let error = (normal_cdf(z) / p - 1.0).abs();
            // The rounding of z / sqrt(2) is magnified by z^2.
            assert!(error < 2e-16 * z.mul_add(z, 2.0), "{z}: {error:e}");
        }
        assert_eq!((normal_cdf(-40.0), normal_cdf(40.0)), (0.0, 1.0));
    }

    #[test]
    fn known_quantiles() {
        // scipy 1.17 `special.ndtri`.
        for (p, z) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-20, -9.262_340_089_798_41),
            (1e-6, -4.753_424_308_822_899),
            (0.01, -2.326_347_874_040_841),
            (0.05, -1.644_853_626_951_472_9),
            (0.074, -1.446_632_067_158_978_5),
            (0.3, -0.524_400_512_708_040_9),
            (0.75, 0.674_489_750_196_081_7),
            (0.95, 1.644_853_626_951_472_2),
            (0.99, 2.326_347_874_040_841),
            (0.9999, 3.719_016_485_455_709),
        ] {
            let error = (normal_quantile(p) / z - 1.0).abs();
            assert!(error < 1e-15, "{p}: {error:e}");
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(1.1).is_nan());
    }

    #[test]
    fn a_quantile_is_the_inverse_of_the_probability() {
        for i in 1..4_000 {
            let p = f64::from(i) / 4_000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-15, "{p}");
        }
    }
}
