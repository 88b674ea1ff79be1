//! What was found of a search as a page for people: every section that there are
//! figures for.
//!
//! Invariants: Sharpe ratios on the page are annual, as they are everywhere else that
//! people read; a rule that was not applied is shown with the reason.
//!
//! Known limits: the words of a verdict are English in every language.

use jiff::tz::TimeZone;
use tickstep_core::units::Nanos;

use super::{MonteCarlo, Stats, Validation};
use crate::report::Lang;
use crate::research::report::{self, Objectives, SearchReport, Searched, Spread, Top};
use crate::research::space::Sets;
use crate::research::surface::ParameterSurface;
use crate::research::sweep::metric::Metric;
use crate::research::validation::forward::{WalkForward, Walked};
use crate::research::validation::paths::{CPCV, Paths};
use crate::research::validation::pbo::{LOGIT_BIN, LOGIT_BINS, Pbo};
use crate::research::validation::verdict::{Level, Rule};
use crate::research::validation::{Band, MIN_DAYS, MIN_TRADES};
use tickstep_core::stats::DAYS_PER_YEAR;

/// What a page shows beside the figures of belief.
pub struct Shown<'a> {
    /// Language.
    pub lang: Lang,
    /// What the page is called.
    pub title: String,
    /// What was searched.
    pub searched: Searched,
    /// The best sets.
    pub top: Option<Top>,
    /// Figures of the best set.
    pub best: Option<&'a Stats>,
    /// The surface of the objective, in the unit of its label.
    pub landscape: Option<&'a ParameterSurface>,
    /// Whether the objective is the annual Sharpe ratio, which luck can be marked on.
    pub by_sharpe: bool,
    /// Every set of the search.
    pub sets: &'a Sets,
    /// What the walk forward chose by.
    pub walked_by: Metric,
    /// Zone of times.
    pub zone: &'a TimeZone,
}

impl Validation {
    /// The report of the search.
    #[must_use]
    pub fn page(&self, shown: Shown<'_>) -> SearchReport {
        let luck = self.shown_luck(shown.best, shown.searched.sets);
        let objectives = shown.landscape.map(|land| {
            let values = (0..land.len()).filter_map(|set| land.objective(set));
            let higher = land.higher_is_better();
            let luck = luck.as_ref().and_then(|l| l.expected_best).filter(|_| shown.by_sharpe);
            let best = land.winner().and_then(|set| land.objective(set));
            Objectives { spread: Spread::of(values, higher), best, luck }
        });
        SearchReport {
            verdict: Some(self.shown_verdict()),
            luck,
            landscape: shown.landscape.map(ParameterSurface::overview),
            objectives,
            logits: self.pbo.as_ref().map(logits),
            equity: self.walk_forward.as_ref().map(equity),
            lang: shown.lang,
            monte_carlo: self.monte_carlo.as_ref().map(|m| bands(m, shown.best)),
            walk_forward: self.walk_forward.as_ref().map(|walk| windows(walk, &shown)),
            paths: self.paths.as_ref().map(paths),
            title: shown.title,
            searched: shown.searched,
            top: shown.top,
        }
    }

    fn shown_luck(&self, best: Option<&Stats>, sets: u64) -> Option<report::Luck> {
        let luck = self.luck?;
        Some(report::Luck {
            trials: sets,
            trials_all: self.searches.map(|_| luck.sets as u64),
            effective: Some(luck.effective),
            figure: "Sharpe Ratio".to_owned(),
            expected_best: luck.bar.map(annual),
            best: best.and_then(|b| b.ratios.sharpe),
            dsr: luck.deflated,
            pbo: self.pbo.as_ref().map(|p| p.probability),
            min_track: luck.min_track_record.map(f64::ceil),
            track: best.map(|b| b.ratios.days as f64),
        })
    }

    fn shown_verdict(&self) -> report::Verdict {
        let judged = self.verdict.findings.iter().map(|f| report::Finding {
            rule: name(f.rule).to_owned(),
            holds: Some(f.holds),
            words: f.words.clone(),
        });
        let missing = self.verdict.missing.iter().map(|rule| report::Finding {
            rule: name(*rule).to_owned(),
            holds: None,
            words: format!("Not judged: {}.", self.why_not(*rule)),
        });
        let level = level(self.verdict.level).to_owned();
        report::Verdict { level, findings: judged.chain(missing).collect() }
    }

    /// Why a rule that is asked for was not applied.
    pub(super) fn why_not(&self, rule: Rule) -> String {
        match rule {
            Rule::Trades | Rule::Days => {
                format!("no set has {MIN_TRADES} trades and {MIN_DAYS} days to be judged by")
            }
            Rule::TrackRecord => {
                "no length of record tells a Sharpe ratio at or below zero from zero".to_owned()
            }
            Rule::Deflated => "the sets have no Sharpe ratios that differ".to_owned(),
            Rule::Overfitting => "it takes two sets with sixteen daily returns or more".to_owned(),
            Rule::WalkForward => match &self.walk_forward {
                Some(_) => "no window of the walk-forward has a Sharpe ratio".to_owned(),
                None => "there was no walk-forward; add [walk_forward]".to_owned(),
            },
            Rule::RandomEntry => match &self.random_left_out {
                Some(why) => why.clone(),
                None => "entries at random were not drawn".to_owned(),
            },
            Rule::Bootstrap | Rule::Plateau | Rule::AmbiguousBars => "no figures".to_owned(),
        }
    }
}

/// A verdict in a few words.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Supported => "Supported: every rule that was stated beforehand holds",
        Level::NotSupported => "Not supported: the result does not stand up to its own search",
        Level::Unproven => "Unproven: there is too little to tell it from luck",
    }
}

const fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Trades => "Trades",
        Rule::Days => "Days",
        Rule::TrackRecord => "Track record",
        Rule::Deflated => "Deflated Sharpe ratio",
        Rule::Overfitting => "Overfitting",
        Rule::WalkForward => "Walk-forward",
        Rule::RandomEntry => "Random entries",
        Rule::Bootstrap => "Bootstrap",
        Rule::Plateau => "Plateau",
        Rule::AmbiguousBars => "Ambiguous bars",
    }
}

fn annual(daily: f64) -> f64 {
    daily * DAYS_PER_YEAR.sqrt()
}

/// Bins of logits; the first and the last hold what lies beyond as well.
fn logits(pbo: &Pbo) -> Spread {
    Spread {
        from: -LOGIT_BIN * (LOGIT_BINS / 2) as f64,
        width: LOGIT_BIN,
        counts: pbo.logits.iter().map(|n| u64::from(*n)).collect(),
        below: true,
        above: true,
    }
}

fn equity(walk: &WalkForward) -> report::Equity {
    let seconds = |ts: Nanos| ts.0.div_euclid(Nanos::SECOND.0);
    report::Equity {
        unit: String::new(),
        inside: walk.days.iter().filter_map(|d| Some((seconds(d.end), d.inside?))).collect(),
        outside: walk.days.iter().map(|d| (seconds(d.end), d.outside)).collect(),
    }
}

fn bands(monte_carlo: &MonteCarlo, best: Option<&Stats>) -> Vec<report::Band> {
    let mut bands = Vec::new();
    let mut add = |figure: &str, actual: Option<f64>, band: Band, by: f64| {
        let percentiles = [band.p5, band.p50, band.p95].map(|p| p.map(|v| v * by));
        bands.push(report::Band {
            figure: figure.to_owned(),
            actual: actual.map(|v| v * by),
            percentiles,
        });
    };
    if let Some(days) = monte_carlo.days {
        let of = |f: fn(&Stats) -> Option<f64>| best.and_then(f);
        add("Return [%]", of(|b| b.outcome.total_return), days.total, 100.0);
        add("Max. Drawdown [%]", of(|b| b.risk.max_drawdown), days.max_drawdown, 100.0);
        add("Sharpe Ratio", of(|b| b.ratios.sharpe_daily), days.sharpe, annual(1.0));
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

fn windows(walk: &WalkForward, shown: &Shown<'_>) -> report::WalkForward {
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
        report::Window {
            train: (at(w.train_start), at(w.train_end)),
            test: (at(w.test_start), at(w.test_end)),
            chosen: chosen.map(|c| pairs(c.set)).unwrap_or_default(),
            inside: figure(chosen.and_then(|c| c.inside.objective)),
            outside: figure(chosen.and_then(|c| c.outside?.objective)),
        }
    };
    report::WalkForward {
        figure: shown.walked_by.label().to_owned(),
        efficiency: walk.efficiency,
        windows: walk.windows.iter().map(window).collect(),
    }
}

fn paths(of: &Paths) -> report::Paths {
    report::Paths {
        sets: of.sets,
        groups: CPCV.0,
        tested: CPCV.1,
        splits: of.splits,
        paths: of.sharpes.len(),
        percentiles: [of.sharpe.p5, of.sharpe.p50, of.sharpe.p95],
        below_zero: of.below_zero,
    }
}
