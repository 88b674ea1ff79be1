//! Ratios of a series of period returns.
//!
//! Each function takes plain slices and says `None` where its formula has no
//! value: nothing here returns NaN, an infinity, or a zero that stands for
//! "unknown". The worked figures are those of the equity curve
//! 100, 110, 99, 105, 121, 90, 95, 130 unless the text says otherwise, checked
//! against empyrical.

use alloc::vec::Vec;

use super::float::finite;
use super::moments::{autocorrelations, mean, quantile_of_sorted, sorted, std_dev};
use crate::math::{above_zero, powf, sqrt};

/// Simple returns of an equity curve, `E_t / E_{t-1} - 1`, the first one relative
/// to `start`. `None` when any equity before the last is zero or negative: there
/// is no return on nothing.
///
/// ```
/// use tickstep_core::stats::simple_returns;
/// assert_eq!(simple_returns(100.0, &[150.0, 75.0]), Some(vec![0.5, -0.5]));
/// assert_eq!(simple_returns(100.0, &[0.0, 75.0]), None);
/// ```
#[must_use]
pub fn simple_returns(start: f64, equity: &[f64]) -> Option<Vec<f64>> {
    let mut before = start;
    let mut returns = Vec::with_capacity(equity.len());
    for &now in equity {
        let r = now / before - 1.0;
        if before <= 0.0 || !r.is_finite() {
            return None;
        }
        returns.push(r);
        before = now;
    }
    Some(returns)
}

/// Sharpe ratio, `(m - rf) / s * sqrt(A)`: `m` mean and `s` sample deviation of
/// the returns, `rf` per period, `A` periods a year. Sharpe (1994). `None` below
/// two returns or without spread.
///
/// ```
/// use tickstep_core::stats::sharpe;
/// // mean 0.01, sample deviation 0.02, 365 days: 0.5 * sqrt(365)
/// let sr = sharpe(&[-0.01, 0.01, 0.03], 0.0, 365.0).unwrap();
/// assert!((sr - 9.5524865873).abs() < 1e-9);
/// assert_eq!(sharpe(&[0.01; 30], 0.0, 365.0), None);
/// ```
#[must_use]
pub fn sharpe(returns: &[f64], risk_free: f64, periods_per_year: f64) -> Option<f64> {
    let s = std_dev(returns)?;
    if s == 0.0 {
        return None;
    }
    finite((mean(returns)? - risk_free) / s * sqrt(periods_per_year))
}

/// Sortino ratio, `(m - MAR) * sqrt(A) / sqrt(mean(min(r - MAR, 0)^2))`, the mean
/// over **all** periods, `mar` per period. Sortino and Price (1994). `None` below
/// two returns or with none below `mar`.
///
/// ```
/// use tickstep_core::stats::sortino;
/// // mean 0.01, downside sqrt(0.0001 / 3)
/// let ratio = sortino(&[-0.01, 0.01, 0.03], 0.0, 365.0).unwrap();
/// assert!((ratio - 33.0907842155).abs() < 1e-9);
/// assert_eq!(sortino(&[0.01, 0.02], 0.0, 365.0), None);
/// ```
#[must_use]
pub fn sortino(returns: &[f64], mar: f64, periods_per_year: f64) -> Option<f64> {
    if returns.len() < 2 {
        return None;
    }
    let squares: f64 = returns.iter().map(|r| above_zero(mar - r)).map(|below| below * below).sum();
    let downside = sqrt(squares / returns.len() as f64);
    finite((mean(returns)? - mar) * sqrt(periods_per_year) / downside)
}

/// Annual volatility, `s * sqrt(A)`, a fraction; `None` below two returns.
///
/// ```
/// use tickstep_core::stats::volatility;
/// let v = volatility(&[-0.01, 0.01, 0.03], 365.0).unwrap();
/// assert!((v - 0.02 * 365.0_f64.sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn volatility(returns: &[f64], periods_per_year: f64) -> Option<f64> {
    finite(std_dev(returns)? * sqrt(periods_per_year))
}

/// Compound annual growth rate, `(end / start)^(1 / years) - 1`, a fraction; the
/// years are those of [`super::Coverage::years`]. `None` at ruin (an equity at or
/// below zero) and without elapsed time.
///
/// ```
/// use tickstep_core::stats::cagr;
/// assert!((cagr(100.0, 121.0, 2.0).unwrap() - 0.1).abs() < 1e-12);
/// assert_eq!(cagr(100.0, 0.0, 2.0), None);
/// ```
#[must_use]
pub fn cagr(start: f64, end: f64, years: f64) -> Option<f64> {
    if start <= 0.0 || end <= 0.0 || years <= 0.0 {
        return None;
    }
    finite(powf(end / start, 1.0 / years) - 1.0)
}

/// Calmar ratio over the whole run, `CAGR / |MDD|`. Young (1991) took 36 months.
/// `None` without a drawdown.
///
/// ```
/// use tickstep_core::stats::calmar;
/// assert_eq!(calmar(0.3, -0.15), Some(2.0));
/// assert_eq!(calmar(0.3, 0.0), None);
/// ```
#[must_use]
pub fn calmar(cagr: f64, max_drawdown: f64) -> Option<f64> {
    finite(cagr / max_drawdown.abs())
}

/// Omega ratio, `sum(max(r - L, 0)) / sum(max(L - r, 0))`, `threshold` L per
/// period (an annual one is `(1 + L_a)^(1 / A) - 1`). Keating and Shadwick (2002).
/// `None` below two returns or when none is below L.
///
/// ```
/// use tickstep_core::stats::{omega, simple_returns};
/// let r = simple_returns(100.0, &[110.0, 99.0, 105.0, 121.0, 90.0, 95.0, 130.0]).unwrap();
/// assert!((omega(&r, 0.0).unwrap() - 2.0689697949).abs() < 1e-9);
/// assert_eq!(omega(&[0.01, 0.02], 0.0), None);
/// ```
#[must_use]
pub fn omega(returns: &[f64], threshold: f64) -> Option<f64> {
    if returns.len() < 2 {
        return None;
    }
    let (mut gain, mut loss) = (0.0, 0.0);
    for r in returns {
        gain += above_zero(r - threshold);
        loss += above_zero(threshold - r);
    }
    finite(gain / loss)
}

/// Tail ratio, `|P95| / |P5|` of the returns; `None` when P5 is zero.
///
/// ```
/// use tickstep_core::stats::{simple_returns, tail_ratio};
/// let r = simple_returns(100.0, &[110.0, 99.0, 105.0, 121.0, 90.0, 95.0, 130.0]).unwrap();
/// assert!((tail_ratio(&r).unwrap() - 1.4503234003).abs() < 1e-9);
/// ```
#[must_use]
pub fn tail_ratio(returns: &[f64]) -> Option<f64> {
    let sorted = sorted(returns);
    let (p5, p95) = (quantile_of_sorted(&sorted, 0.05)?, quantile_of_sorted(&sorted, 0.95)?);
    finite(p95.abs() / p5.abs())
}

/// Historical value at risk: the `alpha`-quantile of the returns with linear
/// interpolation, a fraction, negative for a loss. Not the Gaussian one.
///
/// ```
/// use tickstep_core::stats::{simple_returns, value_at_risk};
/// let r = simple_returns(100.0, &[110.0, 99.0, 105.0, 121.0, 90.0, 95.0, 130.0]).unwrap();
/// assert!((value_at_risk(&r, 0.05).unwrap() + 0.2093388430).abs() < 1e-9);
/// ```
#[must_use]
pub fn value_at_risk(returns: &[f64], alpha: f64) -> Option<f64> {
    quantile_of_sorted(&sorted(returns), alpha)
}

/// Historical conditional value at risk: the mean of the worst
/// `floor((T - 1) * alpha) + 1` returns, a fraction.
///
/// ```
/// use tickstep_core::stats::{conditional_value_at_risk, simple_returns};
/// let r = simple_returns(100.0, &[110.0, 99.0, 105.0, 121.0, 90.0, 95.0, 130.0]).unwrap();
/// assert!((conditional_value_at_risk(&r, 0.05).unwrap() + 0.2561983471).abs() < 1e-9);
/// ```
#[must_use]
pub fn conditional_value_at_risk(returns: &[f64], alpha: f64) -> Option<f64> {
    let last = returns.len().checked_sub(1)?;
    let worst = (last as f64 * alpha.clamp(0.0, 1.0)) as usize + 1;
    mean(&sorted(returns)[..worst])
}

/// Lo's scale from one period to `q`, `q / sqrt(q + 2 sum_k (q - k) rho_k)`, given
/// the autocorrelations at lags 1, 2, ... (those left out count as zero). It is
/// `sqrt(q)` without autocorrelation. Lo (2002), "The Statistics of Sharpe
/// Ratios". `None` when the sum under the root is not positive.
///
/// ```
/// use tickstep_core::stats::lo_scale;
/// assert!((lo_scale(&[], 12.0).unwrap() - 12.0_f64.sqrt()).abs() < 1e-12);
/// assert!((lo_scale(&[0.5], 2.0).unwrap() - 2.0 / 3.0_f64.sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn lo_scale(autocorrelations: &[f64], q: f64) -> Option<f64> {
    let mut sum = q;
    for (i, rho) in autocorrelations.iter().enumerate() {
        sum += 2.0 * above_zero(q - (i + 1) as f64) * rho;
    }
    if sum <= 0.0 { None } else { finite(q / sqrt(sum)) }
}

/// How many lags [`sharpe_lo`] corrects for. Autocorrelation of bar returns dies
/// within a few bars; more lags would add noise and time, not information.
pub const LO_LAGS: usize = 10;

/// Sharpe ratio of bar returns, annualised by [`lo_scale`] with the first
/// [`LO_LAGS`] autocorrelations instead of `sqrt(A)`. A diagnostic: the headline
/// figure is on daily returns.
///
/// ```
/// use tickstep_core::stats::{sharpe, sharpe_lo};
/// // a gain is followed by a loss: sqrt(A) understates the annual figure
/// let r: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 0.03 } else { -0.02 } + 1e-4 * f64::from(i % 7)).collect();
/// assert!(sharpe_lo(&r, 365.0).unwrap() > sharpe(&r, 0.0, 365.0).unwrap());
/// ```
#[must_use]
pub fn sharpe_lo(returns: &[f64], periods_per_year: f64) -> Option<f64> {
    let rho = autocorrelations::<LO_LAGS>(returns)?;
    finite(sharpe(returns, 0.0, 1.0)? * lo_scale(&rho, periods_per_year)?)
}
