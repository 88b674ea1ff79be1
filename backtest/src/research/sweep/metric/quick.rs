//! What the quick figures are computed from, taken once a run.

use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::{
    SharpeSample, WinLossTally, annual, kurtosis, sharpe, simple_returns, skewness,
};

use crate::run::Summary;

/// A run in a few figures, prepared for [`super::Metric::quick`].
pub struct Basis<'a> {
    pub(super) summary: &'a Summary,
    pub(super) tally: WinLossTally,
    /// Returns of days with data, a fraction; empty at ruin.
    pub(super) daily: Vec<f64>,
    ruined: bool,
}

impl<'a> Basis<'a> {
    /// Of a run.
    #[must_use]
    pub fn new(summary: &'a Summary) -> Self {
        let ruined = summary.deepest.ruined();
        let returns = || simple_returns(decimal_to_f64(summary.cash), summary.daily.closes());
        Self {
            summary,
            tally: WinLossTally::new(&summary.nets),
            daily: if ruined { Vec::new() } else { returns().unwrap_or_default() },
            ruined,
        }
    }

    /// Returns of days with data, a fraction each; none where equity was ever at or below zero.
    #[must_use]
    pub fn into_returns(self) -> Option<Vec<f64>> {
        (!self.daily.is_empty()).then_some(self.daily)
    }

    /// Returns of days with data, a fraction each; empty where equity was ever at or below
    /// zero.
    #[must_use]
    pub fn returns(&self) -> &[f64] {
        &self.daily
    }

    pub(super) fn days(&self) -> usize {
        self.summary.daily.closes().len()
    }

    /// Days in a year, 365 or 252 trading days.
    pub(super) fn days_per_year(&self) -> f64 {
        f64::from(self.summary.daily.coverage().days_per_year())
    }

    pub(super) fn annual_sharpe(&self) -> Option<f64> {
        sharpe(&self.daily, 0.0, self.days_per_year())
    }

    pub(super) fn cagr(&self) -> Option<f64> {
        let (start, end) = (decimal_to_f64(self.summary.cash), decimal_to_f64(self.summary.equity));
        annual(start, end, self.summary.daily.coverage(), self.ruined)
    }

    pub(super) fn sharpe_sample(&self) -> Option<SharpeSample> {
        Some(SharpeSample {
            sharpe: sharpe(&self.daily, 0.0, 1.0)?,
            periods: self.days(),
            skewness: skewness(&self.daily)?,
            kurtosis: kurtosis(&self.daily)?,
        })
    }
}
