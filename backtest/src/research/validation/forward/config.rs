//! The `[walk_forward]` table of a configuration: how long is learnt from, how long
//! what was learnt is held to, and what lies between.
//!
//! Invariants: lengths are whole days with data; tests do not overlap, so that no day counts
//! twice in the stitched curve.
//!
//! Known limits: windows begin with the first bar that is traded, not at a round date.

use serde::{Deserialize, Serialize};
use tickstep_core::params::{OutOfRange, ParamError, in_range};
use tickstep_core::stats::Coverage;
use tickstep_core::units::Nanos;

use super::error::WalkError;
use crate::research::validation::split::{Walk, WalkWindow, walk_forward};

/// How a history is walked through.
///
/// ```
/// use tickstep_backtest::research::validation::WalkConfig;
/// use tickstep_core::stats::Coverage;
/// use tickstep_core::units::Nanos;
/// let how: WalkConfig = toml::from_str("train_days = 60\ntest_days = 20")?;
/// let days = |n| Nanos::DAY.times(n);
/// let mut coverage = Coverage::of_bars((0..100).map(|n| (days(n), days(n + 1))));
/// // A year without data makes no window longer.
/// coverage.add_segment((465..485).map(|n| (days(n), days(n + 1))));
/// let windows = how.windows(&coverage);
/// assert_eq!(windows.len(), 3);
/// assert_eq!((windows[2].train_start, windows[2].train_end), (days(40), days(465)));
/// assert_eq!(windows[2].test_end, days(485));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkConfig {
    /// Days with data of a training, 1 to 3650; of the first one when anchored.
    pub train_days: u32,
    /// Days with data of a test, 1 to 3650.
    pub test_days: u32,
    /// Days with data from one window to the next, `test_days` or more; as many when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_days: Option<u32>,
    /// Whether every training begins with the data, instead of rolling.
    #[serde(default)]
    pub anchored: bool,
    /// Seconds between training and test beside the longest holding time, 0 to 31536000.
    #[serde(default)]
    pub embargo_s: u32,
}

impl WalkConfig {
    /// What is out of range, if anything.
    pub fn validate(&self) -> Result<(), ParamError> {
        in_range("train_days", self.train_days, 1, 3_650, "1 to 3650 days")?;
        in_range("test_days", self.test_days, 1, 3_650, "1 to 3650 days")?;
        in_range("embargo_s", self.embargo_s, 0, 31_536_000, "0 to 31536000 seconds")?;
        match self.step_days {
            Some(step) if step < self.test_days || step > 3_650 => {
                let range = "test_days to 3650: tests that overlap would count days twice";
                Err(OutOfRange::new("step_days", step, range).into())
            }
            _ => Ok(()),
        }
    }

    /// The windows that fit whole into the days of `coverage`, before any embargo:
    /// `test_start` is `train_end`. None for lengths out of range.
    #[must_use]
    pub fn windows(&self, coverage: &Coverage) -> Vec<WalkWindow> {
        let (Some((start, end)), [first, .., last] | [first @ last]) =
            (coverage.span(), coverage.days())
        else {
            return Vec::new();
        };
        if self.validate().is_err() {
            return Vec::new();
        }
        // Windows are laid over the days with data as if no other were between them, and
        // each of their ends is then taken to the day that it falls on.
        let midnight = |day: &i32| Nanos::DAY.times(i64::from(*day));
        let into_day = start - midnight(first);
        let all = coverage.days();
        let length = if coverage.is_continuous() {
            Nanos::DAY.times(all.len() as i64 - 1) + (end - midnight(last)) - into_day
        } else {
            Nanos::DAY.times(all.len() as i64)
        };
        let real = |at: Nanos| {
            let number = usize::try_from((at - start).0 / Nanos::DAY.0).unwrap_or(0);
            all.get(number).map_or(end, |day| midnight(day) + into_day)
        };
        let days = |n: u32| Nanos::DAY.times(i64::from(n));
        let walk = Walk {
            train: days(self.train_days),
            test: days(self.test_days),
            step: days(self.step_days.unwrap_or(self.test_days)),
            gap: Nanos(0),
            anchored: self.anchored,
        };
        let laid = walk_forward(start, start + length, &walk).unwrap_or_default();
        let placed = |w: WalkWindow| WalkWindow {
            train_start: real(w.train_start),
            train_end: real(w.train_end),
            test_start: real(w.test_start),
            test_end: real(w.test_end),
        };
        laid.into_iter().map(placed).collect()
    }

    /// The same, or an error where there is none.
    pub fn plan(&self, coverage: &Coverage) -> Result<Vec<WalkWindow>, WalkError> {
        let windows = self.windows(coverage);
        if windows.is_empty() {
            let days = coverage.days().len();
            let (train, test) = (self.train_days, self.test_days);
            return Err(WalkError::NoWindow { days, train, test });
        }
        Ok(windows)
    }

    pub(super) fn embargo(&self) -> Nanos {
        Nanos::SECOND.times(i64::from(self.embargo_s))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_overlap_are_refused() {
        let how: WalkConfig =
            toml::from_str("train_days = 9\ntest_days = 3\nstep_days = 2").unwrap();
        let said = how.validate().unwrap_err().to_string();
        assert!(said.contains("step_days = 2") && said.contains("twice"), "{said}");
        assert!(how.windows(&Coverage::of_bars([(Nanos(0), Nanos::DAY.times(99))])).is_empty());
        assert!(toml::from_str::<WalkConfig>("train_days = 9\ntests = 3").is_err());
    }
}
