//! From a configuration as a dictionary and bars in memory to a run.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tickstep_backtest::config::{Config, Document, OwnStrategies};
use tickstep_backtest::research::SearchConfig;
use tickstep_backtest::series::Series;
use tickstep_backtest::setup::{Prepared, split};

use crate::bars::Bars;
use crate::failure::{Failure, of_arguments};
use crate::released::released;
use crate::run::Run;
use crate::strategy::Own;
use crate::value::{changes, table};

/// Runs a configuration over bars that are in memory, one for each instrument; paths of
/// funding series start from `base`.
#[pyfunction]
#[pyo3(signature = (config, bars, *, finer=None, own=None, base=None, progress=None))]
pub fn backtest(
    py: Python<'_>,
    config: &Bound<'_, PyDict>,
    bars: Vec<PyRef<'_, Bars>>,
    finer: Option<Vec<Option<PyRef<'_, Bars>>>>,
    own: Option<Vec<(String, Bound<'_, PyAny>)>>,
    base: Option<PathBuf>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Run> {
    let config = table(config).map_err(Failure::of_value)?;
    let series: Vec<Series> = bars.iter().map(|bars| bars.series.clone()).collect();
    let own = Own::of(own.unwrap_or_default(), &series)?;
    let base = base.unwrap_or_default();
    let finer = finer.unwrap_or_default();
    let finer = finer.iter().map(|bars| Some(bars.as_ref()?.series.clone())).collect();
    let run = own.call(py, progress, |watch| {
        let made = || {
            let config = Config::from_table_with(config, own.strategies())?;
            Prepared::over_from(config, series, finer, &base)
        };
        Run::from_files(made().map_err(of_arguments)?, &base, watch)
    })?;
    Ok(run.with(own))
}

/// Runs a configuration file, as the command does.
#[pyfunction]
#[pyo3(signature = (path, sets, *, base=None, progress=None))]
pub fn run_file(
    py: Python<'_>,
    path: PathBuf,
    sets: &Bound<'_, PyDict>,
    base: Option<PathBuf>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Run> {
    let base = base.or_else(|| path.parent().map(Path::to_path_buf)).unwrap_or_default();
    let sets = changes(sets)?;
    released(py, progress, |watch| {
        let document = Document::read(&path, &sets)?;
        // What a sweep varies is nothing to a single run.
        let config = SearchConfig::of(&document, &OwnStrategies::default())?.run;
        let config = split(config, &base, &mut || watch.go_on())?;
        let prepared = Prepared::load_with(config, &base, &mut |p| watch.at(p.bytes, p.total))?;
        Run::from_files(prepared, &base, watch)
    })
}
