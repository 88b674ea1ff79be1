//! Surfaces and pages of what a search found.

use pyo3::prelude::*;
use serde_json::json;
use tickstep_backtest::report::{Tiles, number};
use tickstep_backtest::research::report::{SearchReport, ValueHistogram};
use tickstep_backtest::research::search::page;
use tickstep_backtest::research::space::{Method, Set, Sets, Space, Value};
use tickstep_backtest::research::surface::{ParameterSurface, surface};
use tickstep_backtest::research::sweep::metric::Metric;
use tickstep_backtest::research::sweep::table::Ranking;
use tickstep_backtest::research::validation::{
    LOGIT_BIN, MAX_PBO, MAX_RANDOM_P, MIN_DEFLATED, MIN_PLATEAU, ValidatedSweep,
};

use super::failure::{of_search, of_space, of_sweep, of_validation};
use super::results::Results;
use super::search::Shared;
use crate::failure::{Class, Failure};

/// The surface of a figure over the sets that are ranked; of the main objective where none
/// is named.
fn land(found: &Results, metric: Option<&str>) -> Result<(Metric, ParameterSurface), Failure> {
    let goal = found.metrics.objectives()[0];
    let column = metric.map_or(Ok(goal.column), |metric| found.column(metric))?;
    let metric = found.metrics.columns()[column];
    let main = column == goal.column;
    let direction = if main { goal.direction } else { metric.direction() };
    let (space, sets) = (&found.shared.plan.space, &found.sets);
    let land = surface(space, sets, found.figure(column)?, direction);
    Ok((metric, land.map_err(|e| Failure::new(Class::Config, e))?))
}

pub fn overview(found: &Results, metric: Option<&str>) -> Result<String, Failure> {
    let (metric, land) = land(found, metric)?;
    text(&json!({ "metric": metric.name(), "label": metric.label(), "overview": land.overview() }))
}

pub fn heat(found: &Results, a: &str, b: &str, metric: Option<&str>) -> Result<String, Failure> {
    let (x, y) = (found.axis("a", a)?, found.axis("b", b)?);
    let (metric, land) = land(found, metric)?;
    let map = land.heat_map_of(x, y).ok_or_else(|| {
        Failure::argument(Class::Config, "b", format!("{b} is a as well; name another parameter"))
    })?;
    let higher = land.higher_is_better();
    let name = |axis: usize| found.shared.name(&found.shared.plan.space.axes()[axis]);
    text(&json!({
        "metric": metric.name(), "label": metric.label(), "higher_is_better": higher,
        "x": name(x), "y": name(y), "map": map,
    }))
}

/// The main objective over the one or two parameters that it depends on most, as an SVG
/// document; `None` where nothing was varied or no set is ranked.
pub fn picture(found: &Results) -> Result<Option<String>, Failure> {
    let (metric, land) = land(found, None)?;
    let name = |axis: usize| found.shared.name(&found.shared.plan.space.axes()[axis]);
    let several = |axis: &usize| land.axes()[*axis].labels.len() > 1;
    let mut axes: Vec<usize> = land.influence().iter().map(|of| of.axis).filter(several).collect();
    axes.truncate(2);
    axes.sort_unstable();
    let shown = |value: Option<f64>| value.map(|value| metric.shown(value));
    let (columns, rows, values, winner, y) = match axes[..] {
        [x, y] => {
            let Some(map) = land.heat_map_of(x, y) else { return Ok(None) };
            let values: Vec<_> = map.cells.iter().map(|cell| shown(cell.median)).collect();
            (map.columns, map.rows, values, map.winner, name(y))
        }
        [x] => {
            let sensitivity = land.sensitivity();
            let Some(of) = sensitivity.iter().find(|of| of.axis == x) else { return Ok(None) };
            let columns = of.steps.iter().map(|step| step.label.clone()).collect();
            let values = of.steps.iter().map(|step| shown(step.median)).collect();
            (columns, vec![String::new()], values, Some((of.winner, 0)), "")
        }
        _ => return Ok(None),
    };
    let title = format!("{}: median of each tile's sets, the best set framed", metric.label());
    let tiles = Tiles {
        title: &title,
        x: axes.first().map_or("", |x| name(*x)),
        y,
        columns: &columns,
        rows: &rows,
        values: &values,
        higher_is_better: land.higher_is_better(),
        winner,
        print: &|value| number(value, 2),
    };
    Ok(Some(tiles.svg()))
}

fn text(json: &serde_json::Value) -> Result<String, Failure> {
    serde_json::to_string(json).map_err(|e| Failure::new(Class::Internal, e))
}

/// How a figure is spread over the sets that are ranked, as JSON: its histogram, its best and
/// median, and the best that luck alone would have found where that is known.
pub fn spread(found: &Results, metric: Option<&str>) -> Result<String, Failure> {
    let (metric, land) = land(found, metric)?;
    let higher = land.higher_is_better();
    let main = metric == found.metrics.columns()[found.metrics.objectives()[0].column];
    let luck = match (main && metric.name() == "sharpe", &found.validation) {
        (true, Some(_)) => report_of(found)?.objectives.and_then(|of| of.luck),
        _ => None,
    };
    let values = (0..land.len()).filter_map(|set| land.objective(set));
    text(&json!({
        "metric": metric.name(), "label": metric.label(), "higher_is_better": higher,
        "histogram": ValueHistogram::of(values, higher), "median": land.median(),
        "best": land.winner().and_then(|set| land.objective(set)), "luck": luck,
    }))
}

/// What the figures of a validation are asked to be, from 0 to 1: name, bound, whether at
/// least or at most; and the width of a bin of logits.
#[pyfunction]
pub fn judged_by() -> (Vec<(&'static str, f64, bool)>, f64) {
    let asked = vec![
        ("deflated", MIN_DEFLATED, true),
        ("pbo", MAX_PBO, false),
        ("random_p", MAX_RANDOM_P, false),
        ("plateau", MIN_PLATEAU, true),
    ];
    (asked, LOGIT_BIN)
}

/// The page of the search, its best set run whole for it.
pub fn page_of(found: &Results) -> Result<String, Failure> {
    Ok(report_of(found)?.html())
}

fn report_of(found: &Results) -> Result<SearchReport, Failure> {
    let shared = &*found.shared;
    let names = &shared.names;
    let validation = found.validation.clone().ok_or_else(|| {
        Failure::new(Class::Config, "a shard has no report; join all shards, which are judged then")
    })?;
    let sweep = shared.sweep(Some(&found.sets))?;
    let records = found.records();
    let goals = found.metrics.objectives();
    let mut ranking = Ranking::new(goals, sweep.top, sweep.eligible());
    let mut failed = 0;
    for record in records.all() {
        let (set, record) = record.map_err(|e| of_sweep(e.into(), names))?;
        failed += u64::from(record == tickstep_backtest::research::store::SetRecord::Failed);
        ranking.offer(set, &record);
    }
    let top = ranking.top(0);
    let best = top.first().map(|best| sweep.run_whole(best.set)).transpose();
    let best = best.map_err(|e| of_validation(e, names))?;
    let stats = best.map(|best| best.run.stats(&best.instruments, sweep.interval()));
    let surface = land(found, None).ok().map(|(_, land)| land);
    let validated = ValidatedSweep { validation, surface, stats, failed };
    let page = page(&shared.plan, &shared.prepared, &sweep, records, &top, &validated);
    page.map_err(|e| of_search(e, names))
}

/// Sets that were asked for, by their values; `None` where the space has its own.
pub fn asked(shared: &Shared, asked: Vec<Vec<Value>>) -> Result<Option<Sets>, Failure> {
    let space: &Space = &shared.plan.space;
    if space.method() != Method::Asked {
        return Ok(None);
    }
    let set = |(number, values): (usize, Vec<Value>)| {
        let keys = space.axes().iter().map(|axis| axis.key().to_owned());
        space.set(number, &keys.zip(values).collect())
    };
    let sets: Result<Vec<Set>, _> = asked.into_iter().enumerate().map(set).collect();
    let sets = sets.and_then(|sets| space.sets_asked(&sets));
    sets.map(Some).map_err(|e| of_space(e, &shared.names))
}
