//! Longer bars built from finer ones.

use serde::{Deserialize, Serialize};

use super::error::FeatureError;
use crate::event::Bar;
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
    /// Five minutes.
    pub const M5: Self = Self::Every(Nanos(5 * Nanos::MINUTE.0));
    /// Fifteen minutes.
    pub const M15: Self = Self::Every(Nanos(15 * Nanos::MINUTE.0));

    pub(super) fn longer_than(self, interval: Nanos) -> Option<Nanos> {
        match self {
            Self::Every(t) if t != interval => Some(t),
            Self::Every(_) | Self::Base => None,
        }
    }
}

/// Builds bars of one timeframe. A longer bar closes with the finer bar that
/// ends on its boundary, or, when that one is missing, is known when the next
/// finer bar closes. A longer bar whose beginning was not seen is dropped.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    timeframe: Nanos,
    open: Option<Building>,
}

#[derive(Clone, Debug)]
struct Building {
    bar: Bar,
    end: Nanos,
    whole: bool,
}

impl Resampler {
    pub(super) fn new(timeframe: Nanos, interval: Nanos) -> Result<Self, FeatureError> {
        if timeframe < interval || timeframe.0 % interval.0 != 0 {
            return Err(FeatureError::Timeframe {
                timeframe: timeframe.0 / Nanos::SECOND.0,
                interval: interval.0 / Nanos::SECOND.0,
            });
        }
        Ok(Self { timeframe, open: None })
    }

    pub(super) fn reset(&mut self) {
        self.open = None;
    }

    /// The longer bars that are known once `bar` has closed, oldest first.
    pub(super) fn push(&mut self, bar: &Bar, interval: Nanos) -> [Option<Bar>; 2] {
        let seen_before = self.open.is_some();
        let late = self.open.take_if(|b| bar.ts_open >= b.end).and_then(Building::known);
        let building = match &mut self.open {
            Some(building) => {
                building.add(bar);
                building
            }
            None => {
                let start = bar.ts_open.0 - bar.ts_open.0.rem_euclid(self.timeframe.0);
                self.open.insert(Building {
                    bar: Bar { ts_open: Nanos(start), ..*bar },
                    end: Nanos(start) + self.timeframe,
                    whole: seen_before || bar.ts_open.0 == start,
                })
            }
        };
        let closed = if bar.ts_open + interval >= building.end {
            core::mem::take(&mut building.whole).then_some(building.bar)
        } else {
            None
        };
        [late, closed]
    }
}

impl Building {
    fn add(&mut self, bar: &Bar) {
        self.bar.high = self.bar.high.max(bar.high);
        self.bar.low = self.bar.low.min(bar.low);
        self.bar.close = bar.close;
        self.bar.volume += bar.volume;
        self.bar.taker_buy = match (self.bar.taker_buy, bar.taker_buy) {
            (Some(a), Some(b)) => Some(a + b),
            _ => None,
        };
    }

    fn known(self) -> Option<Bar> {
        self.whole.then_some(self.bar)
    }
}
