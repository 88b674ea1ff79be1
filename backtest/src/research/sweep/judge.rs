//! A finished sweep before the judge: what of its files and of its best set
//! [`crate::research::validation`] asks for, the walk forward and the random strategies with it.
//!
//! Invariants: what is judged is read from the records, so a sweep that was resumed or
//! merged from shards is judged alike.
//!
//! Known limits: a walk forward chooses by the main objective where that is told from a
//! few figures ([`super::metric::Metric::is_quick`]), else by the Sharpe ratio. The
//! surface and the histogram leave out sets below the least number of trades.

use rayon::ThreadPoolBuilder;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::error::SweepError;
use super::finish::{Finish, WholeRun};
use super::metric::{Basis, Metric};
use super::run::{self as searched, Sweep};
use super::table::Ranked;
use crate::report::Lang;
use crate::research::report::{Row, SearchReport, Searched, Top};
use crate::research::space::{Method, Set};
use crate::research::store::{SetRecord, Store};
use crate::research::surface::surface;
use crate::research::surface::{ParameterSurface, Stable};
use crate::research::trials::Tried;
use crate::research::validation::{
    self, Best, BlockRows, Forward, Found, Pbo, RandomRuns, Shown, Validation, WalkForward,
    random_runs,
};
use crate::run::{Backtest, FeatureCache, Period, Summary};

/// Where the resamples of a judgement begin.
const SEED: u64 = 1;

/// What a judgement needs beside the sweep.
pub struct Judging<'j> {
    /// What was tried on the data in all searches; `None` where nobody counts.
    pub tried: Option<&'j Tried>,
    /// Threads, as many as there are cores when `None`.
    pub threads: Option<usize>,
    /// Asked before each set of each window is run; false stops the walk forward.
    pub go_on: &'j (dyn Fn() -> bool + Sync),
}

impl Default for Judging<'_> {
    fn default() -> Self {
        Self { tried: None, threads: None, go_on: &|| true }
    }
}

/// The judgement and its page.
pub(super) struct Judged {
    pub(super) belief: Validation,
    pub(super) page: SearchReport,
}

/// What the records tell of all sets.
struct Told {
    /// The main objective of those that are ranked.
    objective: Vec<Option<f64>>,
    blocks: BlockRows,
    sample: Vec<Vec<f64>>,
    failed: u64,
}

impl Finish<'_> {
    pub(super) fn judge<M: Sync>(
        &self,
        sweep: &Sweep<'_, M>,
        found: &searched::Found,
        (ranked, best): (&[Ranked], Option<&WholeRun>),
        judging: &Judging<'_>,
    ) -> Result<Judged, SweepError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(judging.threads.unwrap_or(0))
            .build()
            .map_err(|e| SweepError::Threads(e.to_string()))?;
        pool.install(|| self.judged(sweep, found, (ranked, best), judging))
    }

    fn judged<M: Sync>(
        &self,
        sweep: &Sweep<'_, M>,
        found: &searched::Found,
        (ranked, best): (&[Ranked], Option<&WholeRun>),
        judging: &Judging<'_>,
    ) -> Result<Judged, SweepError> {
        let told = told(sweep, found)?;
        let goal = sweep.metrics.objectives()[0];
        let (space, objective) = (&self.configured.space, told.objective);
        // Before the surface: a million sets take a quarter of a gigabyte in either.
        let (pbo, sharpes) = match told.blocks.table() {
            Some(table) => (Pbo::of(&table), table.sharpes()),
            None => (None, Vec::new()),
        };
        let main = sweep.metrics.columns()[goal.column];
        // Judged as it is, shown in the unit of its label.
        let in_print = (main.shown(1.0) != 1.0)
            .then(|| objective.iter().map(|value| value.map(|v| main.shown(v))).collect())
            .and_then(|shown| surface(space, &sweep.sets, shown, goal.direction).ok());
        // Two sets alike, or more points than can be counted, have no surface.
        let land = surface(space, &sweep.sets, objective, goal.direction).ok();
        let winner = land.as_ref().and_then(ParameterSurface::winner);
        let stats = best.map(|b| b.run.stats(&b.instruments, self.prepared.interval()));
        let pair = best.zip(stats.as_ref());
        let belief = Validation::of(Found {
            sets: sweep.sets.len(),
            pbo,
            sharpes,
            sample: &told.sample,
            tried: judging.tried,
            best: pair.map(|(b, stats)| Best { run: &b.run, stats, worst: Some(worst(b)) }),
            landscape: land.as_ref(),
            walk_forward: self.walk(sweep, winner, judging)?,
            random: best
                .filter(|_| self.configured.sweep.random_entries > 0)
                .map(|best| self.random(best)),
            seed: SEED,
        });
        let stable = land.as_ref().and_then(ParameterSurface::stable);
        let page = belief.page(Shown {
            lang: Lang::En,
            title: self.title(),
            searched: self.searched(sweep, told.failed),
            top: Some(top(sweep, &found.store, ranked, stable.as_ref())?),
            best: stats.as_ref(),
            landscape: in_print.as_ref().or(land.as_ref()),
            by_sharpe: main.name() == "sharpe",
            sets: &sweep.sets,
            walked_by: walked_by(sweep)?,
            zone: self.prepared.zone(),
        });
        Ok(Judged { belief, page })
    }

    fn account(&self, set: &Set, period: Period) -> Result<Backtest<'_>, String> {
        let config = self.configured.of_set(set).map_err(|e| e.to_string())?;
        let account = self.prepared.backtest_of(&config).map_err(|e| e.to_string())?;
        Ok(Backtest { period, ..account })
    }

    fn walk<M>(
        &self,
        sweep: &Sweep<'_, M>,
        best: Option<usize>,
        judging: &Judging<'_>,
    ) -> Result<Option<WalkForward>, SweepError> {
        let Some(how) = &self.configured.config.walk_forward else { return Ok(None) };
        let Some(span) = self.prepared.traded_span() else { return Ok(None) };
        let main = sweep.metrics.objectives()[0];
        let metric = walked_by(sweep)?;
        let is_main = metric == sweep.metrics.columns()[main.column];
        let direction = if is_main { main.direction } else { metric.direction() };
        let interval = self.prepared.interval();
        let score = |summary: &Summary| {
            let basis = Basis::new(summary, interval);
            metric.quick(&basis)
        };
        let shared = self.shared();
        let forward = Forward {
            sets: &sweep.sets,
            make: &|set, period| self.account(set, period),
            shared: &shared,
            score: &score,
            direction,
            min_trades: u32::try_from(sweep.min_trades).unwrap_or(u32::MAX),
            best,
            go_on: judging.go_on,
        };
        Ok(Some(forward.walk(span, how)?))
    }

    fn shared(&self) -> FeatureCache<'_> {
        FeatureCache::new(&self.prepared.series, super::run::BUDGET)
    }

    fn random(&self, best: &WholeRun) -> Result<RandomRuns, String> {
        let draws = self.configured.sweep.random_entries as usize;
        let make = || self.prepared.backtest_of(&best.config).map_err(|e| e.to_string());
        random_runs(&make, &self.shared(), &best.run.trades, draws, SEED).map_err(|e| e.to_string())
    }

    fn title(&self) -> String {
        let config = &self.configured.config.run;
        let symbols: Vec<&str> = config.instrument.iter().map(|i| i.symbol.as_str()).collect();
        format!("{} {}", symbols.join(" "), config.strategy_names().join(" "))
    }

    fn searched<M>(&self, sweep: &Sweep<'_, M>, failed: u64) -> Searched {
        let config = &self.configured.config.run;
        let at = |ts: Nanos| validation::time_in_print(ts, self.prepared.zone());
        let mut objectives = sweep
            .metrics
            .objectives()
            .into_iter()
            .map(|o| sweep.metrics.columns()[o.column].label().to_owned());
        Searched {
            instruments: config.instrument.iter().map(|i| i.symbol.clone()).collect(),
            span: self.prepared.traded_span().map(|(first, last)| (at(first), at(last))),
            strategy: config.strategy_names().join(", "),
            method: match self.configured.space.method() {
                Method::Grid => "grid".to_owned(),
                Method::Random { seed, .. } => format!("random, seed {seed}"),
                Method::Latin { seed, .. } => format!("Latin hypercube, seed {seed}"),
            },
            objective: objectives.next().unwrap_or_default(),
            further: objectives.collect(),
            sets: sweep.sets.len() as u64,
            excluded: sweep.sets.excluded(),
            failed,
        }
    }
}

/// What a walk forward chooses by: the main objective where it is quick to tell.
fn walked_by<M>(sweep: &Sweep<'_, M>) -> Result<Metric, SweepError> {
    let main = sweep.metrics.columns()[sweep.metrics.objectives()[0].column];
    if main.is_quick() { Ok(main) } else { Ok(Metric::named("sharpe")?) }
}

/// Reads the records of all sets.
fn told<M>(sweep: &Sweep<'_, M>, found: &searched::Found) -> Result<Told, SweepError> {
    let days = found.sample.header().columns().len();
    let goal = sweep.metrics.objectives()[0];
    let eligible = sweep.eligible();
    let mut told = Told {
        objective: vec![None; sweep.sets.len()],
        blocks: BlockRows::for_sets(sweep.sets.len()),
        sample: Vec::new(),
        failed: 0,
    };
    for record in found.store.records() {
        let (set, record) = record?;
        let SetRecord::Done(figures) = record else {
            told.failed += 1;
            continue;
        };
        if let Some(blocks) = figures.blocks {
            told.blocks.push(&blocks.over(days));
        }
        let place = usize::try_from(set).ok().and_then(|set| told.objective.get_mut(set));
        if let (Some(place), true) = (place, eligible.admits(&figures.values)) {
            *place = figures.values.get(goal.column).copied().flatten();
        }
    }
    for row in found.sample.rows() {
        told.sample.extend(row?.1);
    }
    Ok(told)
}

/// Net P&L with the worse order in every ambiguous bar; as it was where there is none.
fn worst(best: &WholeRun) -> Decimal {
    let net = || best.run.trades.iter().map(|t| t.net).sum();
    best.findings.bounds.as_ref().map_or_else(net, |bounds| bounds.worst)
}

/// The best by the main objective, and the stable set, with their figures.
fn top<M>(
    sweep: &Sweep<'_, M>,
    store: &Store,
    ranked: &[Ranked],
    stable: Option<&Stable>,
) -> Result<Top, SweepError> {
    // What was searched for stands first.
    let columns = sweep.metrics.columns();
    let goals: Vec<usize> = sweep.metrics.objectives().iter().map(|o| o.column).collect();
    let rest = (0..columns.len()).filter(|at| !goals.contains(at));
    let order: Vec<usize> = goals.iter().copied().chain(rest).collect();
    let row = |set: usize| -> Result<Option<Row>, SweepError> {
        let Some(SetRecord::Done(figures)) = store.get(set as u64)? else { return Ok(None) };
        let values = sweep.sets.get(set).map(|set| set.values().to_vec()).unwrap_or_default();
        let values = values.iter().map(ToString::to_string).collect();
        let shown = |at: &usize| {
            let value = figures.values.get(*at).copied().flatten();
            value.map(|v| columns[*at].shown(v))
        };
        let figures = order.iter().map(shown).collect();
        Ok(Some(Row { set, values, figures }))
    };
    let mut rows = Vec::new();
    for ranked in ranked {
        rows.extend(row(usize::try_from(ranked.set).unwrap_or(usize::MAX))?);
    }
    Ok(Top {
        axes: sweep.axes.clone(),
        figures: order.iter().map(|at| columns[*at].label().to_owned()).collect(),
        rows,
        stable: stable.map(|s| row(s.pick.set)).transpose()?.flatten(),
    })
}
