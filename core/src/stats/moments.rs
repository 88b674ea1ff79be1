//! Moments and quantiles of a series: what every ratio is made of.
//!
//! Conventions, because libraries differ in each: the standard deviation
//! divides by n - 1; skewness and kurtosis are population moments (scipy's
//! default); **kurtosis is raw**, 3 for a normal distribution, because the
//! formulas of Bailey and Lopez de Prado take it raw and three libraries got
//! them wrong by feeding the excess.

use alloc::vec::Vec;

use super::float::finite;
use crate::math::{floor, powf, sqrt};

/// Below this share of the largest value, a standard deviation is rounding noise.
const NOISE: f64 = 1e-12;

/// Arithmetic mean; `None` for an empty series.
///
/// ```
/// use tickstep_core::stats::mean;
/// assert_eq!(mean(&[2.0, -1.0, 3.0]), Some(4.0 / 3.0));
/// assert_eq!(mean(&[]), None);
/// ```
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    finite(values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation, `sqrt(sum((x - m)^2) / (n - 1))`; `None` below two
/// values. A spread below 1e-12 of the largest value is rounding noise and `0`.
///
/// ```
/// use tickstep_core::stats::std_dev;
/// assert_eq!(std_dev(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
/// assert_eq!(std_dev(&[0.1; 7]), Some(0.0));
/// assert_eq!(std_dev(&[1.0]), None);
/// ```
#[must_use]
pub fn std_dev(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let m = mean(values)?;
    let (mut squares, mut largest) = (0.0, 0.0_f64);
    for x in values {
        squares += (x - m) * (x - m);
        largest = largest.max(x.abs());
    }
    let s = finite(sqrt(squares / (values.len() - 1) as f64))?;
    Some(if s <= NOISE * largest { 0.0 } else { s })
}

/// Skewness, `mean((x - m)^3) / mean((x - m)^2)^1.5`; `None` without spread.
///
/// ```
/// use tickstep_core::stats::skewness;
/// let g3 = skewness(&[0.0, 0.0, 3.0]).unwrap();
/// assert!((g3 - 0.5_f64.sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn skewness(values: &[f64]) -> Option<f64> {
    let (m2, m3, _) = central(values)?;
    finite(m3 / powf(m2, 1.5))
}

/// Raw kurtosis, `mean((x - m)^4) / mean((x - m)^2)^2`, 3 for a normal
/// distribution; `None` without spread.
///
/// ```
/// use tickstep_core::stats::kurtosis;
/// assert_eq!(kurtosis(&[-1.0, 1.0]), Some(1.0)); // the smallest there is
/// ```
#[must_use]
pub fn kurtosis(values: &[f64]) -> Option<f64> {
    let (m2, _, m4) = central(values)?;
    finite(m4 / (m2 * m2))
}

fn central(values: &[f64]) -> Option<(f64, f64, f64)> {
    if std_dev(values)? == 0.0 {
        return None;
    }
    let (m, n) = (mean(values)?, values.len() as f64);
    let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
    for x in values {
        let d = x - m;
        m2 += d * d;
        m3 += d * d * d;
        m4 += d * d * d * d;
    }
    Some((m2 / n, m3 / n, m4 / n))
}

/// Autocorrelations at lags `1..=LAGS`:
/// `rho_k = sum((x_t - m)(x_{t-k} - m)) / sum((x_t - m)^2)`; `None` without
/// spread or with no more values than lags.
///
/// ```
/// use tickstep_core::stats::autocorrelations;
/// let rho: [f64; 1] = autocorrelations(&[1.0, -1.0, 1.0, -1.0]).unwrap();
/// assert_eq!(rho, [-0.75]);
/// ```
#[must_use]
pub fn autocorrelations<const LAGS: usize>(values: &[f64]) -> Option<[f64; LAGS]> {
    if values.len() <= LAGS || std_dev(values)? == 0.0 {
        return None;
    }
    let m = mean(values)?;
    let centred: Vec<f64> = values.iter().map(|x| x - m).collect();
    let squares: f64 = centred.iter().map(|d| d * d).sum();
    let mut sums = [0.0; LAGS];
    for t in 1..LAGS.min(centred.len()) {
        for lag in 1..=t {
            sums[lag - 1] += centred[t] * centred[t - lag];
        }
    }
    // From here on all lags exist, which lets the compiler take them side by side.
    for window in centred.windows(LAGS + 1) {
        for (lag, sum) in sums.iter_mut().enumerate() {
            *sum += window[LAGS] * window[LAGS - 1 - lag];
        }
    }
    for sum in &mut sums {
        *sum = finite(*sum / squares)?;
    }
    Some(sums)
}

/// The `q`-quantile (`q` in 0..=1) with linear interpolation between order
/// statistics, as numpy's default; `None` for an empty series.
///
/// ```
/// use tickstep_core::stats::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0], 0.5), Some(2.5));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
#[must_use]
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    quantile_of_sorted(&sorted(values), q)
}

pub(super) fn quantile_of_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let low = floor(at) as usize;
    let (a, b) = (sorted[low], sorted[(low + 1).min(last)]);
    finite(a + (b - a) * (at - floor(at)))
}

pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
