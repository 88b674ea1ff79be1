//! Strategies that Python brings: classes of its own, and schedules of signals.

mod now;
mod params;
mod propose;
mod python;
mod raised;

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tickstep_backtest::config::{ConfigError, OwnStrategies, ParamTable};
use tickstep_backtest::series::Series;
use tickstep_core::strategy::StrategyFactory;
use toml::Value;

pub use now::{Now, Position};
pub use params::{check_strategy, hint, param_names, strategy_defaults};
pub use propose::{Entry, Exit, MoveStop};
use python::{Grids, PythonStrategy};
use raised::Raised;

use crate::failure::Failure;
use crate::released::{Watch, attached, released};
use crate::signals::Signals;

/// The only parameter of signals, which their configuration tells columns apart by.
const COLUMNS: &str = "columns";

/// What a call brings along, and what of it Python raised.
#[derive(Default)]
pub struct Own {
    strategies: OwnStrategies,
    raised: Arc<Raised>,
    /// Whether any is asked in Python at every bar.
    asks_python: bool,
}

impl Own {
    /// The strategies of the kinds named: signals, or what makes a Python strategy of its
    /// parameters. `series` are the bars of the call.
    pub fn of(given: Vec<(String, Bound<'_, PyAny>)>, series: &[Series]) -> Result<Self, Failure> {
        Self::new(given, series, true)
    }

    /// The same for a search: parameters that a strategy refuses are words about a set, not
    /// an exception of the call.
    pub fn of_search(
        given: Vec<(String, Bound<'_, PyAny>)>,
        series: &[Series],
    ) -> Result<Self, Failure> {
        Self::new(given, series, false)
    }

    fn new(
        given: Vec<(String, Bound<'_, PyAny>)>,
        series: &[Series],
        refusals_are_raised: bool,
    ) -> Result<Self, Failure> {
        let grids: Grids = series.iter().map(|s| (s.symbol().to_owned(), s.grid())).collect();
        let grids = Arc::new(grids);
        let mut own = Self::default();
        for (kind, maker) in given {
            if let Ok(signals) = maker.cast::<Signals>() {
                let factory = StrategyFactory::from(signals.get().schedule(series)?);
                let columns = Value::String(signals.get().fingerprint());
                let make = move |params: ParamTable| {
                    only_columns(&params, &columns)?;
                    Ok(factory.clone())
                };
                own.strategies = own.strategies.with(kind, make);
                continue;
            }
            own.asks_python = true;
            let (maker, grids) = (maker.unbind(), Arc::clone(&grids));
            let raised = Arc::clone(&own.raised);
            let make = move |params: ParamTable| {
                made(&maker, &params, &grids, &raised, refusals_are_raised)
            };
            own.strategies = own.strategies.with(kind, make);
        }
        Ok(own)
    }

    /// The strategies as a configuration is read with.
    pub const fn strategies(&self) -> &OwnStrategies {
        &self.strategies
    }

    /// Forgets what a strategy raised while its parameters were looked at.
    pub fn forget(&self) {
        drop(self.raised.take());
    }

    /// What a strategy raised, in place of what it made fail.
    pub fn raised(&self, failure: Failure) -> Failure {
        self.raised.take().map_or(failure, Failure::from)
    }

    /// Whether a strategy raised anything, so that it says nothing more.
    pub fn has_raised(&self) -> bool {
        self.raised.any()
    }

    /// Does `work` in another thread, or several, while this one lets go of Python. What a
    /// strategy raised is raised.
    pub fn released<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&Watch) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        let outcome = released(py, progress, work);
        self.raised.take().map_or(outcome, Err)
    }

    /// Does `work`; in this thread where it asks Python at every bar, so that it holds Python
    /// all the time, else in another. What a strategy raised is raised.
    pub fn call<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        work: impl FnOnce(&Watch) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        let outcome = if self.asks_python {
            attached(py, progress, work)
        } else {
            released(py, progress, work)
        };
        self.raised.take().map_or(outcome, Err)
    }
}

/// Refuses parameters of signals: all that they have is the fingerprint of their columns.
fn only_columns(params: &ParamTable, columns: &Value) -> Result<(), ConfigError> {
    let other = params.table().iter().find(|(key, of)| *key != COLUMNS || *of != columns);
    other.map_or(Ok(()), |(key, _)| {
        let words = "signals are columns that are finished; they have no parameters to change, so \
                     make ts.Signals(...) anew for each, or sweep a ts.Strategy";
        Err(ConfigError::at_key(key, words))
    })
}

fn made(
    maker: &Py<PyAny>,
    params: &ParamTable,
    grids: &Arc<Grids>,
    raised: &Arc<Raised>,
    refusals_are_raised: bool,
) -> Result<StrategyFactory, ConfigError> {
    let object = Python::attach(|py| maker.call1(py, (dict(py, params.table())?,)));
    let template = Arc::new(object.map_err(|error| {
        let words = error.to_string();
        if refusals_are_raised {
            raised.keep(error);
        }
        ConfigError::at_key(".", &words)
    })?);
    let (grids, raised) = (Arc::clone(grids), Arc::clone(raised));
    Ok(StrategyFactory::new(move |spec| PythonStrategy::build(&template, &grids, &raised, spec)))
}

fn dict<'py>(py: Python<'py>, table: &toml::Table) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in table {
        dict.set_item(key, value_of(py, value)?)?;
    }
    Ok(dict)
}

fn value_of<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::String(text) => text.into_bound_py_any(py),
        Value::Integer(n) => n.into_bound_py_any(py),
        Value::Float(x) => x.into_bound_py_any(py),
        Value::Boolean(flag) => flag.into_bound_py_any(py),
        Value::Datetime(time) => time.to_string().into_bound_py_any(py),
        Value::Array(items) => {
            let items = items.iter().map(|item| value_of(py, item));
            items.collect::<PyResult<Vec<_>>>()?.into_bound_py_any(py)
        }
        Value::Table(table) => Ok(dict(py, table)?.into_any()),
    }
}
