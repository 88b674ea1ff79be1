//! Return per risk, and how far to believe it. On returns of the days with data, flat
//! ones included as 0, unless the name says bars.

use serde::{Deserialize, Serialize};

use super::float::finite;
use super::input::{EquityCurve, StatsInput};
use super::moments::{autocorrelations, kurtosis, skewness};
use super::returns::{LO_LAGS, calmar, lo_scale, omega, sharpe, simple_returns, sortino};
use super::sharpe::{SharpeSample, deflated_sharpe, min_track_record, probabilistic_sharpe};
use crate::math::sqrt;

/// Daily returns below which the ratios are printed as insufficient.
pub const MIN_DAILY_RETURNS: usize = 30;

/// Risk of being wrong that the minimum track record length accepts.
pub const ALPHA: f64 = 0.05;

/// Whether there are enough daily returns to speak of ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleSize {
    /// At least [`MIN_DAILY_RETURNS`] days.
    Sufficient,
    /// Fewer: figures are shown, and marked.
    Insufficient,
}

/// Ratios of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// Number of days with data, the first and the last counted even when unfinished.
    pub days: usize,
    /// Whether that many days are enough for the ratios.
    pub sample: SampleSize,
    /// Annual Sharpe ratio.
    pub sharpe: Option<f64>,
    /// Annual Sortino ratio, minimum acceptable return 0.
    pub sortino: Option<f64>,
    /// CAGR over the deepest drawdown of bar closes.
    pub calmar: Option<f64>,
    /// Omega ratio at a threshold of 0.
    pub omega: Option<f64>,
    /// Sharpe ratio of one day: what the trials of a search are compared by.
    pub sharpe_daily: Option<f64>,
    /// Skewness of daily returns.
    pub skewness: Option<f64>,
    /// Raw kurtosis of daily returns, 3 for a normal distribution.
    pub kurtosis: Option<f64>,
    /// Probability that the true Sharpe ratio is above 0.
    pub probabilistic_sharpe: Option<f64>,
    /// Probability that it is above what the best of the search would show by luck.
    pub deflated_sharpe: Option<f64>,
    /// Effective trials of the search; 1 for a single run.
    pub trials: f64,
    /// Standard deviation of the trials' daily Sharpe ratios.
    pub trials_sharpe_std: Option<f64>,
    /// Days needed to say with 95 % confidence that the Sharpe ratio is above 0.
    pub min_track_record_days: Option<f64>,
    /// Sharpe ratio of bar returns times the root of bars a year. A diagnostic.
    pub sharpe_bars: Option<f64>,
    /// Same, annualised with Lo's correction for autocorrelation.
    pub sharpe_bars_lo: Option<f64>,
}

impl Ratios {
    pub(super) fn new(
        input: &StatsInput<'_>,
        curve: &EquityCurve<'_>,
        cagr: Option<f64>,
        max_drawdown: Option<f64>,
    ) -> Self {
        let daily = &curve.daily;
        let bars = if curve.ruined { None } else { simple_returns(curve.start, &curve.equity) };
        let bars = bars.unwrap_or_default();
        let days_per_year = f64::from(input.coverage.days_per_year());
        let bars_per_year = input.coverage.bars_per_year(input.interval, input.bars);
        // Once for both figures: there can be half a million returns.
        let sharpe_bar = sharpe(&bars, 0.0, 1.0);
        let lo = autocorrelations::<LO_LAGS>(&bars).and_then(|rho| lo_scale(&rho, bars_per_year?));
        let mut ratios = Self {
            days: curve.days,
            sample: if curve.days < MIN_DAILY_RETURNS {
                SampleSize::Insufficient
            } else {
                SampleSize::Sufficient
            },
            sharpe: sharpe(daily, 0.0, days_per_year),
            sortino: sortino(daily, 0.0, days_per_year),
            calmar: cagr.zip(max_drawdown).and_then(|(cagr, mdd)| calmar(cagr, mdd)),
            omega: omega(daily, 0.0),
            sharpe_daily: sharpe(daily, 0.0, 1.0),
            skewness: skewness(daily),
            kurtosis: kurtosis(daily),
            probabilistic_sharpe: None,
            deflated_sharpe: None,
            trials: input.search.map_or(1.0, |search| search.trials),
            trials_sharpe_std: input.search.map(|search| search.sharpe_std),
            min_track_record_days: None,
            sharpe_bars: sharpe_bar
                .zip(bars_per_year)
                .and_then(|(sr, per_year)| finite(sr * sqrt(per_year))),
            sharpe_bars_lo: sharpe_bar.zip(lo).and_then(|(sr, scale)| finite(sr * scale)),
        };
        if let Some(sample) = ratios.sharpe_sample() {
            ratios.probabilistic_sharpe = probabilistic_sharpe(&sample, 0.0);
            ratios.min_track_record_days = min_track_record(&sample, 0.0, ALPHA);
            ratios.deflated_sharpe = ratios
                .trials_sharpe_std
                .and_then(|std| deflated_sharpe(&sample, ratios.trials, std));
        }
        ratios
    }

    /// What the functions of [`super::SharpeSample`] need; `None` without a Sharpe ratio.
    #[must_use]
    pub fn sharpe_sample(&self) -> Option<SharpeSample> {
        Some(SharpeSample {
            sharpe: self.sharpe_daily?,
            periods: self.days,
            skewness: self.skewness?,
            kurtosis: self.kurtosis?,
        })
    }
}
