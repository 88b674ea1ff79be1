//! A search over bars: its configuration, its sets and its data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;
use tickstep_backtest::config::{Config, ConfigError, Document, OwnStrategies};
use tickstep_backtest::folder::{Identity, InstrumentData};
use tickstep_backtest::research::SearchConfig;
use tickstep_backtest::research::search::SweepPlan;
use tickstep_backtest::research::space::{Axis, Set, Sets, SpaceError, SweepConfig, endings};
use tickstep_backtest::research::sweep::Sweep;
use tickstep_backtest::run::Backtest;
use tickstep_backtest::series::Series;
use tickstep_backtest::setup::{Prepared, SetupError};

use super::failure::{Names, of_search, of_space, of_table};
use crate::bars::Bars;
use crate::failure::{Class, Failure, of_arguments};
use crate::released::{Watch, released};
use crate::strategy::Own;
use crate::value::{changes, table};

/// A search as it is pickled: configuration as JSON, data, names, base folder.
type State = (String, Option<Data>, Names, PathBuf);

/// Bars, and finer bars, of each instrument.
type Data = (Vec<Bars>, Vec<Option<Bars>>);

/// What makes strategies of Python, by kind.
type Makers<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// Fingerprints of what strategies of Python are made of, by kind.
type Code = Vec<(String, String)>;

/// The same as Python gives it.
type Given<'py> = (Vec<PyRef<'py, Bars>>, Vec<Option<PyRef<'py, Bars>>>);

/// What all parts of a search share.
pub struct Shared {
    pub plan: SweepPlan,
    /// What Python brings along.
    pub own: Own,
    pub prepared: Prepared,
    /// Folder that data paths start from.
    pub base: PathBuf,
    pub data: Vec<InstrumentData>,
    /// Keys of the axes, and what the caller called each.
    pub names: Names,
    /// Whether the data was read from the files of the configuration.
    pub from_files: bool,
}

impl Shared {
    fn new(
        config: SearchConfig,
        (own, code): (Own, Code),
        names: Names,
        prepare: impl FnOnce(Config) -> Result<(Prepared, PathBuf), Failure>,
        from_files: bool,
    ) -> Result<Self, Failure> {
        let plan = SweepPlan::with(config, own.strategies()).map_err(|e| of_search(e, &names))?;
        let plan = plan.made_of(code);
        // Each value was looked at alone; what refuses it so may take it beside others.
        own.forget();
        let (prepared, base) = prepare(plan.base().clone())?;
        let data = prepared.data(&base);
        Ok(Self { plan, own, prepared, base, data, names, from_files })
    }

    /// The sweep; of `sets`, where they are not those of the plan's space.
    pub fn sweep<'a>(
        &'a self,
        sets: Option<&Sets>,
    ) -> Result<
        Sweep<'a, impl Fn(&Set) -> Result<Backtest<'a>, SetupError> + Sync + use<'a>>,
        Failure,
    > {
        let mut sweep = self.plan.over(&self.prepared).map_err(|e| of_search(e, &self.names))?;
        self.own.forget();
        if let Some(sets) = sets {
            sweep.sets = sets.clone();
        }
        Ok(sweep)
    }

    pub fn identity(&self) -> Identity {
        self.plan.identity(&self.data)
    }

    /// What the caller called an axis.
    pub fn name<'n>(&'n self, axis: &'n Axis) -> &'n str {
        let known = self.names.iter().find(|(key, _)| key == axis.key());
        known.map_or(axis.key(), |(_, name)| name)
    }
}

/// A search over bars, ready to run.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Search {
    pub shared: Arc<Shared>,
}

#[pymethods]
impl Search {
    /// A search over bars that are in memory, one for each instrument; `names` are what the
    /// caller called the keys of its axes, `code` fingerprints of its own strategies.
    #[new]
    #[pyo3(signature = (config, bars, finer, names, own, code))]
    fn new(
        py: Python<'_>,
        config: &Bound<'_, PyDict>,
        bars: Vec<PyRef<'_, Bars>>,
        finer: Vec<Option<PyRef<'_, Bars>>>,
        names: Names,
        own: Makers<'_>,
        code: Code,
    ) -> PyResult<Self> {
        let config = table(config).map_err(|e| of_table(e, &names))?;
        let (series, finer) = series_of(&bars, &finer);
        let own = Own::of_search(own, &series)?;
        let shared = released(py, None, |_| {
            check_space(&config, &names)?;
            let made = SearchConfig::from_table(&config, own.strategies());
            let config = made.map_err(|error| own.raised(of_config(error)))?;
            let over = |config| {
                let prepared = Prepared::over_with_finer(config, series, finer);
                Ok((prepared.map_err(of_arguments)?, PathBuf::new()))
            };
            Shared::new(config, (own, code), names, over, false)
        })?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The search of a configuration file, over the files that it names.
    #[staticmethod]
    #[pyo3(signature = (path, sets, *, base=None, progress=None))]
    fn of_file(
        py: Python<'_>,
        path: PathBuf,
        sets: &Bound<'_, PyDict>,
        base: Option<PathBuf>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let base = base.or_else(|| path.parent().map(Path::to_path_buf)).unwrap_or_default();
        let sets = changes(sets)?;
        released(py, progress, |watch| {
            let document = Document::read(&path, &sets)?;
            let config = SearchConfig::of(&document, &OwnStrategies::default())?;
            Self::over_files(config, &base, watch)
        })
    }

    /// The search that [`Search::state`] tells of.
    #[staticmethod]
    #[pyo3(signature = (config, data, names, base, own, code))]
    fn restored(
        py: Python<'_>,
        config: &str,
        data: Option<Given<'_>>,
        names: Names,
        base: PathBuf,
        own: Makers<'_>,
        code: Code,
    ) -> PyResult<Self> {
        let config: SearchConfig =
            serde_json::from_str(config).map_err(|e| Failure::new(Class::Internal, e))?;
        let data = data.map(|(bars, finer)| series_of(&bars, &finer));
        let own = Own::of_search(own, data.as_ref().map_or(&[], |(series, _)| series))?;
        released(py, None, |watch| match data {
            None => Self::over_files(config, &base, watch),
            Some((series, finer)) => {
                let over = |config| Ok((Prepared::over_with_finer(config, series, finer)?, base));
                let shared = Shared::new(config, (own, code), names, over, false)?;
                Ok(Self { shared: Arc::new(shared) })
            }
        })
    }

    /// What [`Search::restored`] takes; no data where files are read.
    fn state(&self) -> Result<State, Failure> {
        let shared = &self.shared;
        let config = serde_json::to_string(&shared.plan.config)
            .map_err(|e| Failure::new(Class::Internal, e))?;
        let bars = |series: &Series| Bars { series: series.clone() };
        let data = (!shared.from_files).then(|| {
            let finer = shared.prepared.finer().iter();
            let finer = finer.map(|series| series.as_ref().map(bars)).collect();
            (shared.prepared.series.iter().map(bars).collect(), finer)
        });
        let base = std::path::absolute(&shared.base).unwrap_or_else(|_| shared.base.clone());
        Ok((config, data, shared.names.clone(), base))
    }

    /// Fingerprint of the search: one identity, one result.
    fn identity(&self) -> String {
        self.shared.identity().to_string()
    }

    /// Number of sets; 0 where they are asked for.
    fn __len__(&self) -> Result<usize, Failure> {
        Ok(self.shared.sweep(None)?.sets.len())
    }

    /// What the caller called each axis.
    fn names(&self) -> Vec<String> {
        let axes = self.shared.plan.space.axes().iter();
        axes.map(|axis| self.shared.name(axis).to_owned()).collect()
    }
}

/// Bars and finer bars.
fn series_of(
    bars: &[PyRef<'_, Bars>],
    finer: &[Option<PyRef<'_, Bars>>],
) -> (Vec<Series>, Vec<Option<Series>>) {
    let finer = finer.iter().map(|bars| Some(bars.as_ref()?.series.clone()));
    (bars.iter().map(|bars| bars.series.clone()).collect(), finer.collect())
}

/// Refuses axes, conditions and options that cannot be, by the argument each was given as.
fn check_space(table: &toml::Table, names: &Names) -> Result<(), Failure> {
    let Some(sweep) = table.get("sweep") else { return Ok(()) };
    let axes = sweep.get("axis").and_then(toml::Value::as_array);
    for axis in axes.into_iter().flatten() {
        let key = axis.get("key").and_then(toml::Value::as_str).unwrap_or_default();
        if let Err(error) = Axis::deserialize(axis.clone()) {
            let words = error.message();
            let message = words.strip_prefix(&format!("axis {key}: ")).unwrap_or(words).to_owned();
            return Err(of_space(SpaceError::Axis { key: key.to_owned(), message }, names));
        }
    }
    match SweepConfig::deserialize(sweep.clone()) {
        Ok(sweep) => sweep.validate().map_err(|e| of_space(e, names)),
        // What is of another kind than it must be is told of with its place.
        Err(_) => Ok(()),
    }
}

/// A fault of a configuration that was made of arguments.
fn of_config(error: ConfigError) -> Failure {
    let ConfigError::AtKey { key, message } = error else { return error.into() };
    match key.strip_prefix("sweep.") {
        Some(option) => Failure::argument(Class::Config, option, message),
        None if key.starts_with("walk_forward") => Failure::argument(Class::Config, &key, message),
        None => of_arguments(ConfigError::AtKey { key, message }.into()),
    }
}

impl Search {
    fn over_files(config: SearchConfig, base: &Path, watch: &Watch) -> Result<Self, Failure> {
        let sweep = config.sweep.iter().flat_map(|sweep| &sweep.axis);
        let keys: Vec<&str> = sweep.map(Axis::key).collect();
        let names = keys.iter().map(|key| (*key).to_owned()).zip(endings(&keys)).collect();
        let load = |config| {
            let mut at = |p: tickstep_backtest::load::LoadProgress<'_>| watch.at(p.bytes, p.total);
            Ok((Prepared::load_with(config, base, &mut at)?, base.to_path_buf()))
        };
        Ok(Self { shared: Arc::new(Shared::new(config, Default::default(), names, load, true)?) })
    }
}
