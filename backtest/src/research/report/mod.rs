//! `report.html` of a search: one file that answers whether its best set can be
//! believed, before it shows how good that set is.
//!
//! # Invariants
//!
//! - The verdict stands first; a part whose data is `None` is left out.
//! - The size of a page does not grow with the search: surfaces come aggregated,
//!   histograms have at most [`BARS`] bars, tables at most [`ROWS`] rows.
//! - Nothing from a configuration reaches the page as markup; no clock, host or
//!   path gets in.
//!
//! # Known limits
//!
//! Names of figures are shown as given, except those that the report of a run has
//! Korean for. Axes go by the shortest ending of their keys that tells them apart; what
//! was searched names them in full. Verdict, findings and times come as words.

mod forward;
mod maps;
mod spread;
mod text;

use std::collections::BTreeSet;

use serde::Serialize;

pub use forward::{Paths, WalkForward, Window};
pub use spread::{BARS, Spread};

use crate::report::html;
use crate::report::reduce::ReducedLine;
use crate::report::text::{Lang, label};
use crate::research::space::endings;
use crate::research::surface::{Axis, Influence, Overview, Pick, Plateau, Sensitivity, Stable};
use maps::Map;
use text::Words;

/// Most rows of a table.
pub const ROWS: usize = 100;
/// Levels listed of an axis.
const LEVELS: usize = 60;

/// What a report of a search is made of.
#[derive(Clone, Debug, Default)]
pub struct SearchReport {
    /// Language.
    pub lang: Lang,
    /// What the page is called.
    pub title: String,
    /// What was searched.
    pub searched: Searched,
    /// Whether the best set is to be believed.
    pub verdict: Option<Verdict>,
    /// What luck alone would have found.
    pub luck: Option<Luck>,
    /// The best sets.
    pub top: Option<Top>,
    /// The surface of the objective.
    pub landscape: Option<Overview>,
    /// The objective of all sets.
    pub objectives: Option<Objectives>,
    /// Logits of the combinatorial cross-validation behind PBO.
    pub logits: Option<Spread>,
    /// Equity where parameters were chosen and where they were not.
    pub equity: Option<Equity>,
    /// Monte Carlo bands.
    pub monte_carlo: Option<Vec<Band>>,
    /// Windows of a walk-forward analysis.
    pub walk_forward: Option<WalkForward>,
    /// Whole histories out of sample.
    pub paths: Option<Paths>,
}

/// What was searched, in print.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Searched {
    /// Symbols.
    pub instruments: Vec<String>,
    /// Start and end, in the zone of the page.
    pub span: Option<(String, String)>,
    /// Name of the strategy.
    pub strategy: String,
    /// How sets were chosen: grid, random, Latin hypercube.
    pub method: String,
    /// What was searched for.
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
pub struct Verdict {
    /// In a word or a few.
    pub level: String,
    /// What it rests on.
    pub findings: Vec<Finding>,
}

/// One rule and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// Whether it holds; none where it could not be judged.
    pub holds: Option<bool>,
    /// Why, in a sentence.
    pub words: String,
}

/// What chance alone would have come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Luck {
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
    /// The best found.
    pub best: Option<f64>,
    /// Deflated Sharpe ratio, a probability.
    pub dsr: Option<f64>,
    /// Probability of backtest overfitting.
    pub pbo: Option<f64>,
    /// Minimum track record length, days.
    pub min_track: Option<f64>,
    /// Days there are.
    pub track: Option<f64>,
}

/// The best sets, at most [`ROWS`] of them shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Top {
    /// Names of the parameters.
    pub axes: Vec<String>,
    /// Names of the figures, units included.
    pub figures: Vec<String>,
    /// The sets, best first.
    pub rows: Vec<Row>,
    /// The stable set, among them or not.
    pub stable: Option<Row>,
}

/// One set in print.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// Its number.
    pub set: usize,
    /// Its value on every axis.
    pub values: Vec<String>,
    /// Its figures.
    pub figures: Vec<Option<f64>>,
}

/// The objective of all sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Objectives {
    /// How it is spread.
    pub spread: Spread,
    /// The best found.
    pub best: Option<f64>,
    /// The best expected by luck, in the same unit.
    pub luck: Option<f64>,
}

/// Equity in sample and out of sample: seconds since the epoch and value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Equity {
    /// The currency of values; empty for multiples of the start.
    pub unit: String,
    /// Where parameters were chosen.
    pub inside: Vec<(i64, f64)>,
    /// Where they were not.
    pub outside: Vec<(i64, f64)>,
}

/// One figure over resampled histories.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Band {
    /// The figure, unit included.
    pub figure: String,
    /// As it was.
    pub actual: Option<f64>,
    /// Its 5th, 50th and 95th percentile.
    pub percentiles: [Option<f64>; 3],
}

/// The whole page.
#[derive(Serialize)]
struct Page<'a> {
    version: &'static str,
    text: &'static Words,
    dark: &'static str,
    light: &'static str,
    contents: &'static str,
    footer: &'static str,
    title: &'a str,
    searched: Searched,
    verdict: Option<&'a Verdict>,
    luck: Option<Luck>,
    top: Option<Top>,
    surface: Option<Surface<'a>>,
    objectives: Option<&'a Objectives>,
    logits: Option<&'a Spread>,
    equity: Option<(&'a str, ReducedLine, ReducedLine)>,
    monte_carlo: Option<Vec<Band>>,
    walk_forward: Option<WalkForward>,
    paths: Option<&'a Paths>,
}

/// A landscape as it is drawn.
#[derive(Serialize)]
struct Surface<'a> {
    axes: Vec<AxisFacts<'a>>,
    sets: usize,
    defined: usize,
    higher_is_better: bool,
    drawn: bool,
    median: Option<f64>,
    winner: Option<&'a Pick>,
    plateau: Option<&'a Plateau>,
    stable: Option<&'a Stable>,
    influence: &'a [Influence],
    sensitivity: &'a [Sensitivity],
    maps: Vec<Map<'a>>,
    /// Levels of the winner and the stable set, and the stable box, by name.
    winner_at: Vec<&'a str>,
    stable_at: Vec<&'a str>,
    region_at: Vec<(&'a str, &'a str)>,
}

/// An axis, however many levels it has.
#[derive(Serialize)]
struct AxisFacts<'a> {
    name: String,
    /// The whole key.
    key: &'a str,
    count: usize,
    ordered: bool,
    /// The first of its levels.
    labels: &'a [String],
    last: Option<&'a String>,
}

impl SearchReport {
    /// The page.
    ///
    /// ```
    /// use tickstep_backtest::research::report::{SearchReport, Searched, Verdict};
    /// let verdict = Verdict { level: "not robust".into(), findings: Vec::new() };
    /// let html = SearchReport {
    ///     title: "stops <and> targets".into(),
    ///     searched: Searched { sets: 400, ..Searched::default() },
    ///     verdict: Some(verdict),
    ///     ..SearchReport::default()
    /// }
    /// .html();
    /// assert!(html.contains("<title>stops &lt;and&gt; targets"));
    /// assert!(html.contains("not robust") && !html.contains("\"luck\":{"));
    /// ```
    #[must_use]
    pub fn html(&self) -> String {
        let words = text::words(self.lang);
        let title = words.title.replace("{0}", &self.title);
        html::fill(self.lang, &title, &self.page(), &html::SEARCH)
    }

    fn page(&self) -> Page<'_> {
        let common = self.lang.strings();
        let lang = |name: &String| label(self.lang, name);
        let names = Names::of_axes(self);
        let mut searched = self.searched.clone();
        searched.objective = lang(&searched.objective);
        searched.further = searched.further.iter().map(lang).collect();
        let mut luck = self.luck.clone();
        if let Some(luck) = &mut luck {
            luck.figure = lang(&luck.figure);
        }
        let mut top = self.top.clone();
        if let Some(top) = &mut top {
            top.rows.truncate(ROWS);
            top.axes = top.axes.iter().map(|axis| names.of(axis)).collect();
            top.figures = top.figures.iter().map(lang).collect();
        }
        let mut bands = self.monte_carlo.clone();
        if let Some(bands) = &mut bands {
            bands.truncate(ROWS);
            bands.iter_mut().for_each(|b| b.figure = lang(&b.figure));
        }
        let mut walk = self.walk_forward.clone();
        if let Some(walk) = &mut walk {
            walk.windows.drain(..walk.windows.len().saturating_sub(ROWS));
            walk.figure = lang(&walk.figure);
            let chosen = walk.windows.iter_mut().flat_map(|w| &mut w.chosen);
            chosen.for_each(|(key, _)| *key = names.of(key));
        }
        Page {
            version: env!("CARGO_PKG_VERSION"),
            text: text::words(self.lang),
            dark: common.dark,
            light: common.light,
            contents: common.contents,
            footer: common.footer,
            title: &self.title,
            searched,
            verdict: self.verdict.as_ref(),
            luck,
            top,
            surface: self.landscape.as_ref().map(|land| Surface::new(land, &names)),
            objectives: self.objectives.as_ref(),
            logits: self.logits.as_ref(),
            equity: self.equity.as_ref().map(|e| {
                (e.unit.as_str(), ReducedLine::of(&e.inside), ReducedLine::of(&e.outside))
            }),
            monte_carlo: bands,
            walk_forward: walk,
            paths: self.paths.as_ref(),
        }
    }
}

/// What the axes are called on the page.
struct Names(Vec<(String, String)>);

impl Names {
    fn of_axes(report: &SearchReport) -> Self {
        let land = report.landscape.iter().flat_map(|l| l.axes.iter().map(|a| a.name.as_str()));
        let top = report.top.iter().flat_map(|t| t.axes.iter().map(String::as_str));
        let walked = report.walk_forward.iter().flat_map(|w| &w.windows);
        let chosen = walked.flat_map(|w| w.chosen.iter().map(|(key, _)| key.as_str()));
        let keys: BTreeSet<&str> = land.chain(top).chain(chosen).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        Self(keys.iter().map(|key| (*key).to_owned()).zip(endings(&keys)).collect())
    }

    fn of(&self, key: &str) -> String {
        let found = self.0.iter().find(|(whole, _)| whole == key);
        found.map_or(key, |(_, ending)| ending).to_owned()
    }
}

impl<'a> Surface<'a> {
    fn new(of: &'a Overview, names: &Names) -> Self {
        let name = |axis: usize, level: u32| {
            let axis = of.axes.get(axis);
            axis.and_then(|a| a.labels.get(level as usize)).map_or("", String::as_str)
        };
        let levels = |pick: &Pick| -> Vec<&'a str> {
            pick.levels.iter().enumerate().map(|(a, l)| name(a, *l)).collect()
        };
        let region = of.stable.iter().flat_map(|s| s.region.levels.iter().enumerate());
        Self {
            axes: of.axes.iter().map(|axis| AxisFacts::new(axis, names)).collect(),
            sets: of.sets,
            defined: of.defined,
            higher_is_better: of.higher_is_better,
            drawn: of.drawn,
            median: of.median,
            winner: of.winner.as_ref(),
            plateau: of.plateau.as_ref(),
            stable: of.stable.as_ref(),
            influence: &of.influence,
            sensitivity: &of.sensitivity,
            maps: of.heat_maps.iter().map(Map::new).collect(),
            winner_at: of.winner.as_ref().map(levels).unwrap_or_default(),
            stable_at: of.stable.as_ref().map(|s| levels(&s.pick)).unwrap_or_default(),
            region_at: region.map(|(a, (low, high))| (name(a, *low), name(a, *high))).collect(),
        }
    }
}

impl<'a> AxisFacts<'a> {
    fn new(axis: &'a Axis, names: &Names) -> Self {
        Self {
            name: names.of(&axis.name),
            key: &axis.name,
            count: axis.labels.len(),
            ordered: axis.is_ordered(),
            labels: &axis.labels[..axis.labels.len().min(LEVELS)],
            last: axis.labels.last(),
        }
    }
}
