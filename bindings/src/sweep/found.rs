//! What a search found.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyByteArray;
use pyo3_arrow::PyTable;
use tickstep_backtest::research::search::Finish;
use tickstep_backtest::research::store::Shard;
use tickstep_backtest::research::sweep::table::PrintedSets;
use tickstep_backtest::research::sweep::{SweepFiles, cube};
use tickstep_backtest::research::validation::Validation;

use super::failure::{of_search, of_sweep};
use super::frame::why;
use super::judged;
use super::options::{least, with_options};
use super::results::{Kept, Results, Told};
use super::search::{Search, Shared};
use crate::failure::{Class, Failure};
use crate::frame::of_arrays;
use crate::released::released;
use crate::run::Run;

/// What a search found.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Found {
    pub results: Results,
}

#[pymethods]
impl Found {
    /// Number of sets that were run.
    fn __len__(&self) -> usize {
        self.results.records().all().count()
    }

    /// The search.
    fn search(&self) -> Search {
        Search { shared: Arc::clone(&self.results.shared) }
    }

    /// The folder that it is in; `None` in memory.
    #[getter]
    fn folder(&self) -> Option<&Path> {
        match &self.results.kept {
            Kept::Memory(_) => None,
            Kept::Files { dir, .. } => Some(dir),
        }
    }

    /// The part of the search, as in `3/16`.
    #[getter]
    fn shard(&self) -> String {
        self.results.shard.to_string()
    }

    /// The file that trials are counted in.
    #[getter]
    fn counted_in(&self) -> &Path {
        &self.results.told.counted_in
    }

    /// What the caller is to be told.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.results.told.warnings.clone()
    }

    /// Names of the axes, as the caller called them, and of the objectives.
    fn names(&self) -> (Vec<String>, Vec<String>) {
        let axes = self.results.shared.plan.space.axes().iter();
        let axes = axes.map(|axis| self.results.shared.name(axis).to_owned()).collect();
        (axes, self.results.metrics.objective_names().map(str::to_owned).collect())
    }

    /// Sets asked for or combinations, excluded by conditions, draws that were repeated.
    fn counts(&self) -> (u64, u64, u64) {
        (self.results.sets.asked(), self.results.sets.excluded(), self.results.sets.repeated())
    }

    /// A row for each set.
    fn frame(&self) -> Result<PyTable, Failure> {
        let all = self.results.records().all().collect::<Result<Vec<_>, _>>();
        self.results.table(&all.map_err(|e| of_sweep(e.into(), &self.results.shared.names))?)
    }

    /// Rows of the best sets by an objective, best first.
    fn best(&self, count: usize, by: Option<&str>) -> Result<PyTable, Failure> {
        self.results.rows_of(self.best_sets(count, by)?.into_iter())
    }

    /// Numbers of the best sets by an objective, best first.
    fn best_sets(&self, count: usize, by: Option<&str>) -> Result<Vec<u64>, Failure> {
        let mut names = self.results.metrics.objective_names();
        let place = by.map_or(Some(0), |by| names.position(|name| name == by));
        let place = place.ok_or_else(|| {
            let known: Vec<&str> = self.results.metrics.objective_names().collect();
            let words = format!(
                "{} is no objective of the sweep; it must be one of {}",
                by.unwrap_or_default(),
                known.join(", ")
            );
            Failure::argument(Class::Config, "by", words)
        })?;
        let count = count.min(self.results.sets.len());
        Ok(self.results.ranking(count)?.top(place).iter().map(|ranked| ranked.set).collect())
    }

    /// Rows of the sets that no other beats in all objectives.
    fn front(&self) -> Result<PyTable, Failure> {
        let front = self.results.ranking(0)?.front();
        self.results.rows_of(front.sets.iter().map(|ranked| ranked.set))
    }

    /// Sets that failed, and why.
    fn failures(&self) -> Result<PyTable, Failure> {
        of_arrays(why(&self.results.failed()?))
    }

    /// Why the first set failed, where all did.
    fn all_failed(&self) -> Result<Option<String>, Failure> {
        let failed = self.results.failed()?;
        let all = failed.len() == self.results.records().all().count();
        Ok(failed.into_iter().next().filter(|_| all).map(|first| first.why))
    }

    /// A figure of the sets of a grid: float64 little endian, the shape.
    fn cube<'py>(
        &self,
        py: Python<'py>,
        metric: &str,
    ) -> PyResult<(Bound<'py, PyByteArray>, Vec<usize>)> {
        let column = self.results.column(metric)?;
        let space = &self.results.shared.plan.space;
        let cube = cube(space, &self.results.sets, self.results.records(), column);
        let cube = cube.map_err(|e| of_sweep(e.into(), &self.results.shared.names))?.ok_or_else(|| {
            let words = "a cube is of a grid of at most 134217728 cells; drawn sets have .frame \
                         and .surface()";
            Failure::new(Class::Config, words)
        })?;
        let bytes: Vec<u8> = cube.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok((PyByteArray::new(py, &bytes), cube.shape().to_vec()))
    }

    /// The values of every axis, as JSON: a list of lists.
    fn levels(&self) -> Result<String, Failure> {
        let axes = self.results.shared.plan.space.axes().iter();
        let values: Vec<Vec<_>> = axes
            .map(|a| if a.continuous_spacing().is_some() { vec![] } else { a.values().collect() })
            .collect();
        serde_json::to_string(&values).map_err(|e| Failure::new(Class::Internal, e))
    }

    /// Everything a report shows of the surface of a figure, as JSON.
    fn overview(&self, py: Python<'_>, metric: Option<&str>) -> PyResult<String> {
        released(py, None, |_| judged::overview(&self.results, metric))
    }

    /// The heat map of two axes and the axes themselves, as JSON.
    fn surface(&self, py: Python<'_>, a: &str, b: &str, metric: Option<&str>) -> PyResult<String> {
        released(py, None, |_| judged::heat(&self.results, a, b, metric))
    }

    /// How a figure is spread over the ranked sets, as JSON.
    fn spread(&self, py: Python<'_>, metric: Option<&str>) -> PyResult<String> {
        released(py, None, |_| judged::spread(&self.results, metric))
    }

    /// The main objective over the parameters it depends on most, as an SVG document.
    fn svg(&self, py: Python<'_>) -> PyResult<Option<String>> {
        released(py, None, |_| judged::picture(&self.results))
    }

    /// The best sets by the main objective as the command prints them: names of the columns,
    /// and rows.
    fn printed(&self, count: usize) -> Result<(Vec<String>, Vec<Vec<String>>), Failure> {
        let best = self.results.records_of(self.best_sets(count, None)?.into_iter())?;
        let Results { sets, metrics, .. } = &self.results;
        let PrintedSets { head, rows } = PrintedSets::of(sets, metrics, self.names().0, &best);
        Ok((head, rows))
    }

    /// The validation as JSON, as `validation.json` has it; `None` of a shard.
    fn validation_json(&self) -> Result<Option<String>, Failure> {
        let json = self.results.validation.as_ref().map(serde_json::to_string).transpose();
        json.map_err(|e| Failure::new(Class::Internal, e))
    }

    /// What the command prints of the validation, a line each.
    fn lines(&self) -> Vec<String> {
        self.results.validation.as_ref().map_or_else(Vec::new, Validation::lines)
    }

    /// A set run whole, as it would be alone.
    #[pyo3(signature = (set, *, progress=None))]
    fn run(
        &self,
        py: Python<'_>,
        set: usize,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Run> {
        let set = self.results.set(set)?;
        let shared = &self.results.shared;
        shared.own.call(py, progress, |watch| {
            let config = shared.plan.of_set(&set)?;
            Run::from_files(shared.prepared.changed(config)?, &shared.base, watch)
        })
    }

    /// Values of a set by the axes' names, as JSON.
    fn params(&self, set: usize) -> Result<String, Failure> {
        let set = self.results.set(set)?;
        let axes = self.results.shared.plan.space.axes();
        let pairs: Vec<_> =
            axes.iter().map(|axis| self.results.shared.name(axis)).zip(set.values()).collect();
        serde_json::to_string(&pairs).map_err(|e| Failure::new(Class::Internal, e))
    }

    /// The page of the search.
    fn report(&self, py: Python<'_>) -> PyResult<String> {
        self.results.shared.own.released(py, None, |_| judged::page_of(&self.results))
    }

    /// Writes the folder that the command writes.
    #[pyo3(signature = (dir, *, threads, progress))]
    fn save(
        &self,
        py: Python<'_>,
        dir: PathBuf,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let threads = least(threads)?;
        self.results.shared.own.released(py, progress, |watch| {
            let shared = &self.results.shared;
            let files = self.results.stored(&dir)?;
            let sweep = shared.sweep(Some(&self.results.sets))?;
            let Shared { plan, prepared, base, .. } = &**shared;
            let finish = Finish { plan, prepared, base, dir: &dir, shard: Shard::WHOLE };
            with_options(shared, &self.results.told.tried, threads, watch, |options| {
                finish.write(&sweep, &files, options).map_err(|e| of_search(e, &shared.names))
            })?;
            Ok(())
        })
    }

    /// Writes the records alone; what else there is, as JSON: what was tried, where it is
    /// counted, and the validation.
    fn state(&self, py: Python<'_>, dir: PathBuf) -> PyResult<String> {
        released(py, None, |_| {
            self.results.stored(&dir)?;
            let asked: Vec<_> =
                if self.results.shared.plan.space.sets().is_ok_and(|own| own.is_empty()) {
                    let values =
                        |set: tickstep_backtest::research::space::Set| set.values().to_vec();
                    self.results.sets.iter().map(values).collect()
                } else {
                    Vec::new()
                };
            let Told { tried, counted_in, .. } = &self.results.told;
            let state = (tried, counted_in, &self.results.validation, asked);
            serde_json::to_string(&state).map_err(|e| Failure::new(Class::Internal, e))
        })
    }

    /// What [`Found::state`] tells of, kept in memory.
    #[staticmethod]
    fn restored(py: Python<'_>, search: &Search, dir: PathBuf, state: &str) -> PyResult<Self> {
        released(py, None, |_| {
            let shared = &search.shared;
            let (tried, counted_in, validation, asked) =
                serde_json::from_str(state).map_err(|e| Failure::new(Class::Internal, e))?;
            let sets = judged::asked(shared, asked)?;
            let sweep = shared.sweep(sets.as_ref())?;
            let fail = |e| of_sweep(e, &shared.names);
            let files = SweepFiles::open(&dir).map_err(fail)?;
            let kept = Kept::Memory(Box::new(sweep.loaded(&files).map_err(fail)?));
            let told = Told { tried, counted_in, warnings: Vec::new() };
            let results = Results::new(shared, kept, &sweep, Shard::WHOLE, validation, told);
            Ok(Self { results })
        })
    }
}
