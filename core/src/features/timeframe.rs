//! The timeframe a feature is computed on.

use serde::{Deserialize, Serialize};

use super::error::FeatureError;
use crate::bars::TimeBars;
use crate::calendar::Interval;
use crate::units::Nanos;

/// The bars a feature is computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timeframe {
    /// The bars of the data.
    Base,
    /// Longer bars, built from those of the data; boundaries are whole
    /// multiples since the Unix epoch.
    Every(Nanos),
}

impl Timeframe {
    /// Bars of five minutes.
    pub const M5: Self = Self::Every(Nanos(5 * Nanos::MINUTE.0));
    /// Bars of fifteen minutes.
    pub const M15: Self = Self::Every(Nanos(15 * Nanos::MINUTE.0));

    pub(super) fn longer_than(self, interval: Interval) -> Option<Nanos> {
        match self {
            Self::Every(t) if interval != Interval::Time(t) => Some(t),
            Self::Every(_) | Self::Base => None,
        }
    }
}

/// The builder of the bars of `timeframe` from those of `interval`.
pub(super) fn time_bars(timeframe: Nanos, interval: Interval) -> Result<TimeBars, FeatureError> {
    let bars = interval.length().and_then(|length| TimeBars::new(timeframe, length));
    bars.ok_or(FeatureError::Timeframe { timeframe: timeframe.0 / Nanos::SECOND.0, interval })
}
