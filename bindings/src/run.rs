//! A run with the account and the bars it was of.

use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use tickstep_backtest::folder::columns::{
    decision_columns, decisions, equity_columns, trade_columns, trades,
};
use tickstep_backtest::report::terminal;
use tickstep_backtest::run;
use tickstep_backtest::setup::Prepared;
use tickstep_core::stats::Stats;

use crate::failure::{Class, Failure};
use crate::frame::{Exact, table};
use crate::released::Watch;

/// A run with the account and the bars it was of.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Run {
    prepared: Prepared,
    run: run::Run,
    stats: Stats,
}

impl Run {
    /// Runs what was prepared.
    pub fn of(prepared: Prepared, watch: &Watch) -> Result<Self, Failure> {
        let run =
            prepared.backtest()?.run_with(&mut |p| watch.at(p.done as u64, p.total as u64))?;
        let stats = prepared.stats(&run);
        Ok(Self { prepared, run, stats })
    }
}

#[pymethods]
impl Run {
    /// Closed trades, in the order they closed.
    #[pyo3(signature = (*, exact=false))]
    fn trades(&self, exact: bool) -> Result<PyTable, Failure> {
        let rows: Vec<_> = trades(&self.run, &self.prepared.instruments).collect();
        table(&trade_columns(), &rows, kind(exact))
    }

    /// Equity at every close.
    #[pyo3(signature = (*, exact=false))]
    fn equity(&self, exact: bool) -> Result<PyTable, Failure> {
        table(&equity_columns(), &self.run.equity, kind(exact))
    }

    /// Every signal and what became of it.
    #[pyo3(signature = (*, exact=false))]
    fn decisions(&self, exact: bool) -> Result<PyTable, Failure> {
        let rows: Vec<_> = decisions(&self.run, &self.prepared.instruments).collect();
        table(&decision_columns(), &rows, kind(exact))
    }

    /// The statistics as JSON, as `stats.json` has them.
    fn stats_json(&self) -> Result<String, Failure> {
        serde_json::to_string(&self.stats).map_err(|e| Failure::new(Class::Internal, e))
    }

    /// The table that the command prints.
    fn words(&self) -> String {
        let currency = &self.prepared.config.account.currency;
        terminal(&self.stats, currency, self.prepared.zone())
    }
}

const fn kind(exact: bool) -> Exact {
    if exact { Exact::Decimal } else { Exact::Float }
}
