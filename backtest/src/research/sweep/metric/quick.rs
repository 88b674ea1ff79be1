//! What the quick figures are computed from, taken once a run.

use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::{
    DAYS_PER_YEAR, SharpeSample, WinLossTally, annual, kurtosis, sharpe, simple_returns, skewness,
};
use tickstep_core::units::Nanos;

use crate::run::Summary;

/// A run in a few figures, prepared for [`super::Metric::quick`].
pub struct Basis<'a> {
    pub(super) summary: &'a Summary,
    pub(super) tally: WinLossTally,
    /// Returns of UTC days, a fraction; empty at ruin.
    pub(super) daily: Vec<f64>,
    ruined: bool,
    elapsed: Nanos,
}

impl<'a> Basis<'a> {
    /// Of a run over bars of which the shortest are `interval` long.
    #[must_use]
    pub fn new(summary: &'a Summary, interval: Nanos) -> Self {
        let ruined = summary.deepest.ruined();
        let returns = || simple_returns(decimal_to_f64(summary.cash), summary.daily.closes());
        let elapsed = |(first, last): (Nanos, Nanos)| last - (first - interval);
        Self {
            summary,
            tally: WinLossTally::new(&summary.nets),
            daily: if ruined { Vec::new() } else { returns().unwrap_or_default() },
            ruined,
            elapsed: summary.span.map_or(Nanos(0), elapsed),
        }
    }

    /// Returns of UTC days, a fraction each; none where equity was ever at or below zero.
    #[must_use]
    pub fn into_returns(self) -> Option<Vec<f64>> {
        (!self.daily.is_empty()).then_some(self.daily)
    }

    /// Returns of UTC days, a fraction each; empty where equity was ever at or below
    /// zero.
    #[must_use]
    pub fn returns(&self) -> &[f64] {
        &self.daily
    }

    pub(super) fn days(&self) -> usize {
        self.summary.daily.closes().len()
    }

    pub(super) fn annual_sharpe(&self) -> Option<f64> {
        sharpe(&self.daily, 0.0, DAYS_PER_YEAR)
    }

    pub(super) fn cagr(&self) -> Option<f64> {
        let (start, end) = (decimal_to_f64(self.summary.cash), decimal_to_f64(self.summary.equity));
        annual(start, end, self.elapsed, self.ruined)
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
