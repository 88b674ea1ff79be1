//! The page of a search, from its sections to one file of HTML.

use std::collections::BTreeSet;

use serde::Serialize;

use super::forward::{PathsSection, WalkForwardSection};
use super::maps::Map;
use super::sections::{
    BandRow, BestSets, EquityCurves, LuckSection, ObjectiveSpread, Searched, VerdictSection,
};
use super::spread::ValueHistogram;
use super::text::{self, SearchWords};
use crate::report::html;
use crate::report::labels::label;
use crate::report::reduce::ReducedLine;
use crate::report::text::Lang;
use crate::research::space::endings;
use crate::research::surface::{
    Influence, Overview, Pick, Plateau, Sensitivity, Stable, SurfaceAxis,
};

/// Most rows of a table.
pub const ROWS: usize = 100;
/// Levels listed of an axis.
const LEVELS: usize = 60;

/// What a report of a search is made of.
#[derive(Clone, Debug, Default)]
pub struct SearchReport {
    /// Language of the page.
    pub lang: Lang,
    /// Title of the page.
    pub title: String,
    /// What was searched: instruments, span, objective and number of sets.
    pub searched: Searched,
    /// Whether the best set is to be believed.
    pub verdict: Option<VerdictSection>,
    /// What luck alone would have found in as many trials.
    pub luck: Option<LuckSection>,
    /// The best sets, with their values and figures.
    pub top: Option<BestSets>,
    /// The surface of the objective.
    pub surface: Option<Overview>,
    /// The objective of all sets.
    pub objectives: Option<ObjectiveSpread>,
    /// Logits of the combinatorial cross-validation behind PBO.
    pub logits: Option<ValueHistogram>,
    /// Equity curves where parameters were chosen and where they were not.
    pub equity: Option<EquityCurves>,
    /// Percentiles of figures over resampled histories, by Monte Carlo.
    pub monte_carlo: Option<Vec<BandRow>>,
    /// Windows of the walk-forward analysis.
    pub walk_forward: Option<WalkForwardSection>,
    /// Whole histories out of sample.
    pub paths: Option<PathsSection>,
}

/// All that the script of the page is given.
#[derive(Serialize)]
struct SearchPage<'a> {
    version: &'static str,
    text: &'static SearchWords,
    dark: &'static str,
    light: &'static str,
    contents: &'static str,
    footer: &'static str,
    title: &'a str,
    searched: Searched,
    verdict: Option<&'a VerdictSection>,
    luck: Option<LuckSection>,
    top: Option<BestSets>,
    surface: Option<SurfaceSection<'a>>,
    objectives: Option<&'a ObjectiveSpread>,
    logits: Option<&'a ValueHistogram>,
    equity: Option<(&'a str, ReducedLine, ReducedLine)>,
    monte_carlo: Option<Vec<BandRow>>,
    walk_forward: Option<WalkForwardSection>,
    paths: Option<&'a PathsSection>,
}

/// A surface as it is drawn.
#[derive(Serialize)]
struct SurfaceSection<'a> {
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
    /// The whole key of the axis, as in the configuration.
    key: &'a str,
    count: usize,
    ordered: bool,
    /// The first of its levels.
    labels: &'a [String],
    last: Option<&'a String>,
}

impl SearchReport {
    /// The report as one HTML page that needs no other file.
    ///
    /// ```
    /// use tickstep_backtest::research::report::{SearchReport, Searched, VerdictSection};
    /// let verdict = VerdictSection { level: "not robust".into(), findings: Vec::new() };
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

    fn page(&self) -> SearchPage<'_> {
        let common = self.lang.strings();
        let lang = |name: &String| label(self.lang, name);
        let names = AxisNames::of_axes(self);
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
        SearchPage {
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
            surface: self.surface.as_ref().map(|land| SurfaceSection::new(land, &names)),
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
struct AxisNames(Vec<(String, String)>);

impl AxisNames {
    fn of_axes(report: &SearchReport) -> Self {
        let land = report.surface.iter().flat_map(|l| l.axes.iter().map(|a| a.name.as_str()));
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

impl<'a> SurfaceSection<'a> {
    fn new(of: &'a Overview, names: &AxisNames) -> Self {
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
    fn new(axis: &'a SurfaceAxis, names: &AxisNames) -> Self {
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
