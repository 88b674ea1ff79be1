//! What came of choosing sets on one part of the history and trading them on another.

use serde::Serialize;

/// Parameters chosen again and again, and what they did next.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WalkForwardSection {
    /// What sets were chosen by, unit included.
    pub figure: String,
    /// Result out of sample over result in sample, all windows.
    pub efficiency: Option<f64>,
    /// The windows, the last [`super::ROWS`] of them shown.
    pub windows: Vec<WindowRow>,
}

/// One window; times in print.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WindowRow {
    /// Start and end of what was searched.
    pub train: (String, String),
    /// Start and end of what came next.
    pub test: (String, String),
    /// Keys and values of the set that was chosen; empty where none was.
    pub chosen: Vec<(String, String)>,
    /// Its figure in the training, where it was chosen.
    pub inside: Option<f64>,
    /// Its figure in the test afterwards.
    pub outside: Option<f64>,
}

/// Combinatorial purged cross-validation: whole histories that no choice has seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PathsSection {
    /// Number of sets chosen from.
    pub sets: usize,
    /// Number of groups that the history is cut into.
    pub groups: usize,
    /// How many of them are a test at once.
    pub tested: usize,
    /// Splits in which a set could be chosen.
    pub splits: usize,
    /// Histories that the tests make up.
    pub paths: usize,
    /// 5th, 50th and 95th percentile of their **annual** Sharpe ratios.
    pub percentiles: [Option<f64>; 3],
    /// Share of them with a Sharpe ratio below 0.
    pub below_zero: Option<f64>,
}
