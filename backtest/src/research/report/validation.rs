//! What was found of a search as a page for people: every section that there are
//! figures for.
//!
//! Invariants: Sharpe ratios on the page are annual, as they are everywhere else that
//! people read; a rule that was not applied is shown with the reason.
//!
//! Known limits: the words of a verdict are English in every language.

use jiff::tz::TimeZone;
use tickstep_core::math::sqrt;
use tickstep_core::units::Nanos;

use super::forward::{PathsSection, WalkForwardSection, WindowRow};
use super::page::SearchReport;
use super::sections::{
    BandRow, BestSets, EquityCurves, FindingRow, LuckSection, ObjectiveSpread, Searched,
    VerdictSection,
};
use super::spread::ValueHistogram;
use crate::report::Lang;
use crate::research::space::Sets;
use crate::research::surface::ParameterSurface;
use crate::research::sweep::metric::Metric;
use crate::research::validation::{
    Band, CPCV, LOGIT_BIN, LOGIT_BINS, MonteCarlo, Paths, Pbo, Validation, WalkForward, Walked,
};
use tickstep_core::stats::Stats;

/// What a page shows beside the figures of its validation.
pub struct Shown<'a> {
    /// Language of the page.
    pub lang: Lang,
    /// Title of the page.
    pub title: String,
    /// What was searched: instruments, span, objective and number of sets.
    pub searched: Searched,
    /// The best sets, with their values and figures.
    pub top: Option<BestSets>,
    /// Figures of the best set, run whole.
    pub best: Option<&'a Stats>,
    /// The surface of the objective, in the unit of its label.
    pub surface: Option<&'a ParameterSurface>,
    /// Whether the objective is the annual Sharpe ratio, which luck can be marked on.
    pub by_sharpe: bool,
    /// Every set of the search.
    pub sets: &'a Sets,
    /// The figure that the walk forward chose by.
    pub walked_by: Metric,
    /// Zone of the times shown.
    pub zone: &'a TimeZone,
}

impl SearchReport {
    /// The report of what was found of a search.
    #[must_use]
    pub fn of(validation: &Validation, shown: Shown<'_>) -> Self {
        let luck = luck(validation, shown.best, shown.searched.sets);
        let objectives = shown.surface.map(|land| {
            let values = (0..land.len()).filter_map(|set| land.objective(set));
            let higher = land.higher_is_better();
            let luck = luck.as_ref().and_then(|l| l.expected_best).filter(|_| shown.by_sharpe);
            let best = land.winner().and_then(|set| land.objective(set));
            ObjectiveSpread { spread: ValueHistogram::of(values, higher), best, luck }
        });
        Self {
            verdict: Some(verdict(validation)),
            luck,
            surface: shown.surface.map(ParameterSurface::overview),
            objectives,
            logits: validation.pbo.as_ref().map(logits),
            equity: validation.walk_forward.as_ref().map(equity),
            lang: shown.lang,
            monte_carlo: validation.monte_carlo.as_ref().map(|m| bands(m, shown.best)),
            walk_forward: validation.walk_forward.as_ref().map(|walk| windows(walk, &shown)),
            paths: validation.paths.as_ref().map(paths),
            title: shown.title,
            searched: shown.searched,
            top: shown.top,
        }
    }
}

fn luck(of: &Validation, best: Option<&Stats>, sets: u64) -> Option<LuckSection> {
    let luck = of.luck?;
    Some(LuckSection {
        trials: sets,
        trials_all: of.searches.map(|_| luck.sets as u64),
        effective: Some(luck.effective),
        figure: "Sharpe Ratio".to_owned(),
        expected_best: luck.bar.map(|daily| daily * root_of_year(best)),
        best: best.and_then(|b| b.ratios.sharpe),
        dsr: luck.deflated,
        pbo: of.pbo.as_ref().map(|p| p.probability),
        min_track: luck.min_track_record.map(f64::ceil),
        track: best.map(|b| b.ratios.days as f64),
    })
}

fn verdict(of: &Validation) -> VerdictSection {
    let judged = of.verdict.findings.iter().map(|f| FindingRow {
        rule: f.rule.name().to_owned(),
        holds: Some(f.holds),
        words: f.words.clone(),
    });
    let missing = of.verdict.missing.iter().map(|rule| FindingRow {
        rule: rule.name().to_owned(),
        holds: None,
        words: format!("Not judged: {}.", of.why_not(*rule)),
    });
    let level = of.verdict.level.words().to_owned();
    VerdictSection { level, findings: judged.chain(missing).collect() }
}

/// The root of the days that the best run has a year: from a day's Sharpe ratio to an
/// annual one.
fn root_of_year(best: Option<&Stats>) -> f64 {
    sqrt(best.map_or(365.0, |b| f64::from(b.period.days_per_year)))
}

/// Bins of logits; the first and the last hold what lies beyond as well.
fn logits(pbo: &Pbo) -> ValueHistogram {
    ValueHistogram {
        from: -LOGIT_BIN * (LOGIT_BINS / 2) as f64,
        width: LOGIT_BIN,
        counts: pbo.logits.iter().map(|n| u64::from(*n)).collect(),
        below: true,
        above: true,
    }
}

fn equity(walk: &WalkForward) -> EquityCurves {
    let seconds = |ts: Nanos| ts.0.div_euclid(Nanos::SECOND.0);
    EquityCurves {
        unit: String::new(),
        inside: walk.days.iter().filter_map(|d| Some((seconds(d.end), d.inside?))).collect(),
        outside: walk.days.iter().map(|d| (seconds(d.end), d.outside)).collect(),
    }
}

fn bands(monte_carlo: &MonteCarlo, best: Option<&Stats>) -> Vec<BandRow> {
    let mut bands = Vec::new();
    let mut add = |figure: &str, actual: Option<f64>, band: Band, by: f64| {
        let percentiles = [band.p5, band.p50, band.p95].map(|p| p.map(|v| v * by));
        bands.push(BandRow {
            figure: figure.to_owned(),
            actual: actual.map(|v| v * by),
            percentiles,
        });
    };
    if let Some(days) = monte_carlo.days {
        let of = |f: fn(&Stats) -> Option<f64>| best.and_then(f);
        add("Return [%]", of(|b| b.outcome.total_return), days.total, 100.0);
        add("Max. Drawdown [%]", of(|b| b.risk.max_drawdown), days.max_drawdown, 100.0);
        add("Sharpe Ratio", of(|b| b.ratios.sharpe_daily), days.sharpe, root_of_year(best));
    }
    if let Some(trades) = monte_carlo.trades {
        add("Profit Factor", monte_carlo.profit_factor, trades.profit_factor, 1.0);
    }
    if let Some(shuffled) = monte_carlo.shuffled {
        let figure = "Max. Drawdown [%], trades shuffled";
        add(figure, Some(shuffled.observed), shuffled.max_drawdown, 100.0);
    }
    bands
}

/// A time as a page shows it, such as `2023-08-01 09:30`, or `2023-08-01` at midnight.
pub(crate) fn time_in_print(ts: Nanos, zone: &TimeZone) -> String {
    let text = crate::times::local(ts, zone, "%Y-%m-%d %H:%M");
    text.strip_suffix(" 00:00").map_or_else(|| text.clone(), str::to_owned)
}

fn windows(walk: &WalkForward, shown: &Shown<'_>) -> WalkForwardSection {
    let at = |ts| time_in_print(ts, shown.zone);
    let figure = |value: Option<f64>| value.map(|v| shown.walked_by.shown(v));
    let pairs = |set: usize| {
        let set = shown.sets.get(set);
        let pairs = set.iter().flat_map(|set| set.pairs());
        pairs.map(|(key, value)| (key.to_owned(), value.to_string())).collect()
    };
    let window = |walked: &Walked| {
        let Walked { window: w, chosen } = walked;
        let chosen = chosen.as_ref();
        WindowRow {
            train: (at(w.train_start), at(w.train_end)),
            test: (at(w.test_start), at(w.test_end)),
            chosen: chosen.map(|c| pairs(c.set)).unwrap_or_default(),
            inside: figure(chosen.and_then(|c| c.inside.objective)),
            outside: figure(chosen.and_then(|c| c.outside?.objective)),
        }
    };
    WalkForwardSection {
        figure: shown.walked_by.label().to_owned(),
        efficiency: walk.efficiency,
        windows: walk.windows.iter().map(window).collect(),
    }
}

fn paths(of: &Paths) -> PathsSection {
    PathsSection {
        sets: of.sets,
        groups: CPCV.0,
        tested: CPCV.1,
        splits: of.splits,
        paths: of.sharpes.len(),
        percentiles: [of.sharpe.p5, of.sharpe.p50, of.sharpe.p95],
        below_zero: of.below_zero,
    }
}
