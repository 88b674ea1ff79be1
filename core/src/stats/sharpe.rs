//! How much a Sharpe ratio can be trusted: probabilistic, minimum track record,
//! expected maximum of a search, deflated.
//!
//! Invariants: every Sharpe ratio here is **per period**, not annual, and every
//! kurtosis is **raw**. Sources: Bailey and Lopez de Prado, "The Sharpe Ratio
//! Efficient Frontier" (2012, SSRN 1821643) and "The Deflated Sharpe Ratio"
//! (2014, SSRN 2460551).
//!
//! Two conventions exist for the standard error. This is the classic one: the
//! variance at the observed Sharpe ratio, n - 1. The other takes the variance at
//! the benchmark, and n; it gives 270.5543 where [`min_track_record`] gives
//! 287.7876, and 0.9430768510 where [`probabilistic_sharpe`] gives 0.9373205744.

use super::float::finite;
use super::normal::{normal_cdf, normal_quantile};
use crate::math::sqrt;

/// The Euler-Mascheroni constant, of the expected maximum of normal values.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// An observed Sharpe ratio and the shape of the returns it came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpeSample {
    /// Sharpe ratio per period.
    pub sharpe: f64,
    /// Number of returns.
    pub periods: usize,
    /// Skewness of the returns.
    pub skewness: f64,
    /// Raw kurtosis of the returns, 3 for a normal distribution.
    pub kurtosis: f64,
}

impl SharpeSample {
    /// `1 - g3 SR + (g4 - 1) / 4 SR^2`: the variance of the estimate times n - 1.
    fn variance(&self) -> Option<f64> {
        let Self { sharpe: sr, skewness, kurtosis, .. } = *self;
        finite(1.0 - skewness * sr + (kurtosis - 1.0) / 4.0 * sr * sr).filter(|v| *v > 0.0)
    }
}

/// Probabilistic Sharpe ratio: the probability that the true Sharpe ratio exceeds
/// `benchmark`, `Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1)/4 SR^2))`.
/// `None` below two periods or when the root has no value.
///
/// ```
/// use tickstep_core::stats::{SharpeSample, probabilistic_sharpe};
/// let a = SharpeSample { sharpe: 0.1, periods: 250, skewness: -0.5, kurtosis: 5.0 };
/// assert!((probabilistic_sharpe(&a, 0.0).unwrap() - 0.9373205744).abs() < 1e-10);
/// let b = SharpeSample { sharpe: 0.5, periods: 60, skewness: -1.0, kurtosis: 8.0 };
/// assert!((probabilistic_sharpe(&b, 0.2).unwrap() - 0.9510873678).abs() < 1e-10);
/// ```
#[must_use]
pub fn probabilistic_sharpe(sample: &SharpeSample, benchmark: f64) -> Option<f64> {
    if sample.periods < 2 {
        return None;
    }
    let root = sqrt((sample.periods - 1) as f64 / sample.variance()?);
    let z = finite((sample.sharpe - benchmark) * root)?;
    finite(normal_cdf(z))
}

/// Minimum track record length: the number of periods after which a Sharpe ratio
/// like this one exceeds `benchmark` with confidence `1 - alpha`,
/// `1 + (1 - g3 SR + (g4 - 1)/4 SR^2) (z_{1 - alpha} / (SR - SR*))^2`.
/// `None` when the Sharpe ratio is not above the benchmark: no length suffices.
///
/// ```
/// use tickstep_core::stats::{SharpeSample, min_track_record};
/// let a = SharpeSample { sharpe: 0.1, periods: 250, skewness: -0.5, kurtosis: 5.0 };
/// assert!((min_track_record(&a, 0.0, 0.05).unwrap() - 287.7876).abs() < 1e-4);
/// assert_eq!(min_track_record(&a, 0.1, 0.05), None);
/// ```
#[must_use]
pub fn min_track_record(sample: &SharpeSample, benchmark: f64, alpha: f64) -> Option<f64> {
    if sample.sharpe <= benchmark || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let z = normal_quantile(1.0 - alpha) / (sample.sharpe - benchmark);
    finite(1.0 + sample.variance()? * z * z)
}

/// The Sharpe ratio that the best of `trials` worthless strategies is expected to
/// show, `sd [(1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))]`, `g` Euler's
/// constant, `sharpe_std` the standard deviation of the trials' Sharpe ratios per
/// period, `trials` the *effective* number of independent ones (trials that move
/// together count once). Too high below about 10 trials; `None` at one or fewer.
///
/// ```
/// use tickstep_core::stats::expected_max_sharpe;
/// let bar = expected_max_sharpe(100.0, 0.01_f64.sqrt()).unwrap();
/// assert!((bar - 0.2530602893).abs() < 1e-10);
/// assert_eq!(expected_max_sharpe(1.0, 0.1), None);
/// ```
#[must_use]
pub fn expected_max_sharpe(trials: f64, sharpe_std: f64) -> Option<f64> {
    // Negated, so that a NaN is refused too.
    if !(trials > 1.0 && sharpe_std >= 0.0) {
        return None;
    }
    let first = normal_quantile(1.0 - 1.0 / trials);
    let second = normal_quantile(1.0 - 1.0 / (trials * core::f64::consts::E));
    finite(sharpe_std * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second))
}

/// Deflated Sharpe ratio: [`probabilistic_sharpe`] against the
/// [`expected_max_sharpe`] of the search that found the strategy. Report `trials`
/// and `sharpe_std` next to it.
///
/// ```
/// use tickstep_core::stats::{SharpeSample, deflated_sharpe};
/// let best = SharpeSample { sharpe: 0.35, periods: 500, skewness: -0.3, kurtosis: 6.0 };
/// let dsr = deflated_sharpe(&best, 100.0, 0.1).unwrap();
/// assert!((dsr - 0.9732331242).abs() < 1e-10);
/// ```
#[must_use]
pub fn deflated_sharpe(sample: &SharpeSample, trials: f64, sharpe_std: f64) -> Option<f64> {
    probabilistic_sharpe(sample, expected_max_sharpe(trials, sharpe_std)?)
}
