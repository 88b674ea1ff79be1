//! The page of a search: what was searched, its best sets, and its validation, as
//! sections for people.

use tickstep_core::units::Nanos;

use super::error::SearchError;
use super::plan::SweepPlan;
use crate::report::Lang;
use crate::research::report::{BestSets, SearchReport, Searched, SetRow, Shown, time_in_print};
use crate::research::space::Method;
use crate::research::store::SetRecord;
use crate::research::surface::{ParameterSurface, Stable, surface};
use crate::research::sweep::table::Ranked;
use crate::research::sweep::{SetRecords, Sweep};
use crate::research::validation::ValidatedSweep;
use crate::setup::Prepared;

/// The page of a search that was validated.
pub fn page<M>(
    plan: &SweepPlan,
    prepared: &Prepared,
    sweep: &Sweep<'_, M>,
    records: &dyn SetRecords,
    ranked: &[Ranked],
    validated: &ValidatedSweep,
) -> Result<SearchReport, SearchError> {
    let ValidatedSweep { validation, surface: land, stats, failed } = validated;
    let goal = sweep.metrics.objectives()[0];
    let main = sweep.metrics.columns()[goal.column];
    // Judged as it is, shown in the unit of its label.
    let in_print = land.as_ref().filter(|_| main.shown(1.0) != 1.0).and_then(|land| {
        let shown = (0..land.len()).map(|set| land.objective(set).map(|v| main.shown(v)));
        surface(&sweep.space, &sweep.sets, shown.collect(), goal.direction).ok()
    });
    let stable = land.as_ref().and_then(ParameterSurface::stable);
    Ok(SearchReport::of(
        validation,
        Shown {
            lang: Lang::En,
            title: title(plan),
            searched: searched(plan, prepared, sweep, *failed),
            top: Some(top(sweep, records, ranked, stable.as_ref())?),
            best: stats.as_ref(),
            surface: in_print.as_ref().or(land.as_ref()),
            by_sharpe: main.name() == "sharpe",
            sets: &sweep.sets,
            walked_by: sweep.walked_by()?,
            zone: prepared.zone(),
        },
    ))
}

fn title(plan: &SweepPlan) -> String {
    let config = plan.base();
    let symbols: Vec<&str> = config.instrument.iter().map(|i| i.terms.symbol.as_str()).collect();
    format!("{} {}", symbols.join(" "), config.strategy_names().join(" "))
}

fn searched<M>(
    plan: &SweepPlan,
    prepared: &Prepared,
    sweep: &Sweep<'_, M>,
    failed: u64,
) -> Searched {
    let config = plan.base();
    let at = |ts: Nanos| time_in_print(ts, prepared.zone());
    let mut objectives = sweep
        .metrics
        .objectives()
        .into_iter()
        .map(|o| sweep.metrics.columns()[o.column].label().to_owned());
    Searched {
        instruments: config.instrument.iter().map(|i| i.terms.symbol.clone()).collect(),
        span: prepared.traded_span().map(|(first, last)| (at(first), at(last))),
        strategy: config.strategy_names().join(", "),
        method: match plan.space.method() {
            Method::Grid => "grid".to_owned(),
            Method::Random { seed, .. } => format!("random, seed {seed}"),
            Method::Latin { seed, .. } => format!("Latin hypercube, seed {seed}"),
            Method::Asked => "sets asked for one by one".to_owned(),
        },
        objective: objectives.next().unwrap_or_default(),
        further: objectives.collect(),
        sets: sweep.sets.len() as u64,
        excluded: sweep.sets.excluded(),
        failed,
    }
}

/// The best by the main objective, and the stable set, with their figures.
fn top<M>(
    sweep: &Sweep<'_, M>,
    records: &dyn SetRecords,
    ranked: &[Ranked],
    stable: Option<&Stable>,
) -> Result<BestSets, SearchError> {
    // What was searched for stands first.
    let columns = sweep.metrics.columns();
    let goals: Vec<usize> = sweep.metrics.objectives().iter().map(|o| o.column).collect();
    let rest = (0..columns.len()).filter(|at| !goals.contains(at));
    let order: Vec<usize> = goals.iter().copied().chain(rest).collect();
    let row = |set: usize| -> Result<Option<SetRow>, SearchError> {
        let Some(SetRecord::Done(figures)) = records.record(set as u64)? else { return Ok(None) };
        let values = sweep.sets.get(set).map(|set| set.values().to_vec()).unwrap_or_default();
        let values = values.iter().map(ToString::to_string).collect();
        let shown = |at: &usize| {
            let value = figures.values.get(*at).copied().flatten();
            value.map(|v| columns[*at].shown(v))
        };
        let figures = order.iter().map(shown).collect();
        Ok(Some(SetRow { set, values, figures }))
    };
    let mut rows = Vec::new();
    for ranked in ranked {
        rows.extend(row(usize::try_from(ranked.set).unwrap_or(usize::MAX))?);
    }
    Ok(BestSets {
        axes: sweep.axes(),
        figures: order.iter().map(|at| columns[*at].label().to_owned()).collect(),
        rows,
        stable: stable.map(|s| row(s.pick.set)).transpose()?.flatten(),
    })
}
