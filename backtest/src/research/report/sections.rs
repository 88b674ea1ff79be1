//! What the sections of the page of a search show, in print.

use serde::Serialize;

use super::spread::ValueHistogram;

/// What was searched, in print.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Searched {
    /// Symbols of the instruments.
    pub instruments: Vec<String>,
    /// Start and end, in the zone of the page.
    pub span: Option<(String, String)>,
    /// Name of the strategy.
    pub strategy: String,
    /// How sets were chosen: grid, random, Latin hypercube.
    pub method: String,
    /// Name of the figure that was searched for.
    pub objective: String,
    /// Other figures that were looked at.
    pub further: Vec<String>,
    /// Sets that were run.
    pub sets: u64,
    /// Sets left out by a condition before they were run.
    pub excluded: u64,
    /// Sets that ended in an error.
    pub failed: u64,
}

/// A judgement, made elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VerdictSection {
    /// The level of the verdict, in a word or a few.
    pub level: String,
    /// The rules that it rests on.
    pub findings: Vec<FindingRow>,
}

/// One rule and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FindingRow {
    /// Name of the rule.
    pub rule: String,
    /// Whether it holds; none where it could not be judged.
    pub holds: Option<bool>,
    /// Why, in a sentence.
    pub words: String,
}

/// What chance alone would have come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LuckSection {
    /// Sets tried in this search.
    pub trials: u64,
    /// Sets tried in all searches on this data.
    pub trials_all: Option<u64>,
    /// Independent trials they amount to.
    pub effective: Option<f64>,
    /// The figure that the next two are of.
    pub figure: String,
    /// The best that as many trials without any edge are expected to show.
    pub expected_best: Option<f64>,
    /// The best value found, in the unit of `figure`.
    pub best: Option<f64>,
    /// Deflated Sharpe ratio, a probability.
    pub dsr: Option<f64>,
    /// Probability of backtest overfitting.
    pub pbo: Option<f64>,
    /// Minimum track record length, days.
    pub min_track: Option<f64>,
    /// Days that the track record has.
    pub track: Option<f64>,
}

/// The best sets, at most [`super::ROWS`] of them shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BestSets {
    /// Names of the parameters.
    pub axes: Vec<String>,
    /// Names of the figures, units included.
    pub figures: Vec<String>,
    /// The sets, best first.
    pub rows: Vec<SetRow>,
    /// The stable set, among them or not.
    pub stable: Option<SetRow>,
}

/// One set in print.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SetRow {
    /// Number of the set.
    pub set: usize,
    /// The set's value on every axis.
    pub values: Vec<String>,
    /// Its figures, in the order of the table's columns.
    pub figures: Vec<Option<f64>>,
}

/// The objective of all sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ObjectiveSpread {
    /// How the objectives of all sets are spread.
    pub spread: ValueHistogram,
    /// The best value found.
    pub best: Option<f64>,
    /// The best value expected by luck, in the same unit.
    pub luck: Option<f64>,
}

/// Equity curves in sample and out of sample: seconds since the epoch and value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EquityCurves {
    /// The currency of values; empty for multiples of the start.
    pub unit: String,
    /// The curve where parameters were chosen.
    pub inside: Vec<(i64, f64)>,
    /// The curve where they were not.
    pub outside: Vec<(i64, f64)>,
}

/// One figure over resampled histories.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BandRow {
    /// The figure, unit included.
    pub figure: String,
    /// The figure of the history as it was.
    pub actual: Option<f64>,
    /// The figure's 5th, 50th and 95th percentile over the resampled histories.
    pub percentiles: [Option<f64>; 3],
}
