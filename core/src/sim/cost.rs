//! What is assumed of the path inside a bar, as plain data.

use serde::{Deserialize, Serialize};

/// Which of stop and target comes first when one bar touches both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intrabar {
    /// The stop: the worst case.
    StopFirst,
    /// The target: the best case.
    TargetFirst,
    /// Open, then the nearer of high and low, then the other; at equal
    /// distance the stop's side first.
    OhlcPath,
    /// A finer series of the same instrument decides; where it is missing or
    /// still ambiguous, the stop.
    FinerBars,
    /// As [`Intrabar::FinerBars`], but the target where they decide nothing: the best
    /// case that a finer series leaves open.
    FinerBarsTarget,
}
