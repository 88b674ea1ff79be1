//! A run with the account and the bars it was of.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use tickstep_backtest::folder::columns::{
    DecisionView, decision_columns, decisions, equity_columns, trade_columns, trades,
};
use tickstep_backtest::folder::{OutputError, RunResults, terms};
use tickstep_backtest::report::{
    FigureGroup, Lang, ReportInput, ReportPrices, RunOpening, grouped_figures, opening, terminal,
};
use tickstep_backtest::research::search::register_run;
use tickstep_backtest::research::trials::Registry;
use tickstep_backtest::run;
use tickstep_backtest::run::bounds::{Bounds, order_words};
use tickstep_backtest::series::Series;
use tickstep_backtest::setup::Prepared;
use tickstep_core::stats::{CATALOGUE, Direction, Stats};
use tickstep_core::trade_hash::{self, TradeHash};

use crate::bars::Bars;
use crate::failure::{Class, Failure};
use crate::frame::{Exact, table};
use crate::released::{Watch, guarded};
use crate::strategy::Own;

/// A run with the account and the bars it was of.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Run {
    pub prepared: Prepared,
    pub run: run::Run,
    /// Computed when they are first asked for.
    stats: OnceLock<Stats>,
    /// Folder that the data's paths start from.
    base: PathBuf,
    /// Strategies that Python brought.
    own: Own,
}

/// Where a run that stays in memory is counted from, as one that `tickstep run` writes is.
const NOWHERE: &str = "runs/run";

/// A metric: key, label, unit, decimals, whether more is better, its formula; value as in `stats.json`,
/// in the unit, and why there is none.
type MetricRow = (
    &'static str,
    &'static str,
    Option<&'static str>,
    usize,
    bool,
    &'static str,
    Option<f64>,
    Option<f64>,
    Option<String>,
);

/// Claims, each with whether it is bad; labels and values of what was assumed.
type Labelled = (Vec<(bool, String)>, Vec<(String, String)>);

/// Bars, and finer bars, of each instrument.
type Given = (Vec<Bars>, Vec<Option<Bars>>);

impl Run {
    /// Runs what was prepared.
    pub fn of(prepared: Prepared, watch: &Watch) -> Result<Self, Failure> {
        Self::from_files(prepared, Path::new(""), watch)
    }

    /// Runs what was loaded from files, whose paths start from `base`.
    pub fn from_files(prepared: Prepared, base: &Path, watch: &Watch) -> Result<Self, Failure> {
        let run =
            prepared.backtest()?.run_with(&mut |p| watch.at(p.done as u64, p.total as u64))?;
        let (stats, base) = (OnceLock::new(), base.to_path_buf());
        Ok(Self { prepared, run, stats, base, own: Own::default() })
    }

    /// With the strategies that Python brought for it.
    pub fn with(self, own: Own) -> Self {
        Self { own, ..self }
    }

    /// The statistics; a fault in them is one of ours.
    fn stats(&self) -> Result<&Stats, Failure> {
        if let Some(known) = self.stats.get() {
            return Ok(known);
        }
        let stats = guarded(|| Ok(self.prepared.stats(&self.run)))?;
        Ok(self.stats.get_or_init(|| stats))
    }

    fn currency(&self) -> &str {
        &self.prepared.config.account.currency
    }
}

impl Run {
    /// Every decision, as the table of decisions has it.
    pub fn decision_views(&self) -> Vec<DecisionView<'_>> {
        decisions(&self.run, &self.prepared.instruments).collect()
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

    /// How often each rule kept a signal from becoming an order.
    fn refusals(&self) -> Result<String, Failure> {
        json(serde_json::to_string(&self.run.refusals()))
    }

    /// The metrics in the order of `stats.json`.
    fn metrics(&self) -> Result<Vec<MetricRow>, Failure> {
        let stats = self.stats()?;
        let row = |m: &tickstep_core::stats::Metric| {
            let value = m.value(stats);
            let why = value.is_none().then(|| m.why(stats).to_string());
            let more = m.direction == Direction::Highest;
            let shown = value.map(|value| m.shown(value));
            (m.key, m.label, m.unit.symbol(), m.decimals, more, m.source, value, shown, why)
        };
        Ok(CATALOGUE.iter().map(row).collect())
    }

    /// The statistics as JSON, as `stats.json` has them.
    fn stats_json(&self) -> Result<String, Failure> {
        json(serde_json::to_string(self.stats()?))
    }

    /// The figures in print, in groups.
    fn figures(&self) -> Result<Vec<FigureGroup>, Failure> {
        Ok(grouped_figures(self.stats()?, self.currency(), self.prepared.zone()))
    }

    /// What the run claims and what it was made under, as the command prints it.
    fn opening(&self) -> Result<String, Failure> {
        let prepared = &self.prepared;
        let terms = terms(&prepared.config, &prepared.instruments, &prepared.series);
        Ok(opening(self.stats()?, &terms, self.currency()))
    }

    /// The same in parts: claims, each with whether it is bad; labels and values.
    fn opening_parts(&self) -> Result<Labelled, Failure> {
        let prepared = &self.prepared;
        let terms = terms(&prepared.config, &prepared.instruments, &prepared.series);
        let RunOpening { claims, terms } = RunOpening::of(self.stats()?, &terms, self.currency());
        Ok((claims, terms))
    }

    /// The table that the command prints.
    fn words(&self) -> Result<String, Failure> {
        Ok(terminal(self.stats()?, self.currency(), self.prepared.zone()))
    }

    /// Everything that moves money: key, value, whether it is a default, whether the data
    /// showed it.
    fn terms(&self) -> Vec<(String, String, bool, bool)> {
        let prepared = &self.prepared;
        let terms = terms(&prepared.config, &prepared.instruments, &prepared.series);
        terms.into_iter().map(|t| (t.key, t.value, t.default, t.inferred)).collect()
    }

    /// The configuration as JSON, every change applied.
    fn config_json(&self) -> Result<String, Failure> {
        json(serde_json::to_string(&self.prepared.config))
    }

    /// Currency of the account.
    #[getter(currency)]
    fn account_currency(&self) -> &str {
        self.currency()
    }

    /// Symbols of the instruments, in the account's order.
    fn symbols(&self) -> Vec<&str> {
        self.prepared.series.iter().map(Series::symbol).collect()
    }

    /// A number that equal trades share, as text.
    fn trade_hash(&self) -> String {
        trade_hash::text(TradeHash::of(&self.run.trades))
    }

    /// Results under each order inside a bar, as JSON, and as the command says them.
    fn bounds(&self, py: Python<'_>) -> PyResult<(String, String)> {
        let bounds: Bounds = self.own.call(py, None, |_| Ok(self.prepared.bounds(&self.run)?))?;
        let order = order_words(self.prepared.config.simulation.intrabar);
        Ok((json(serde_json::to_string(&bounds))?, bounds.words(order, self.run.resolved)))
    }

    /// Warnings about the data, and what was repaired in it.
    fn findings(&self, py: Python<'_>) -> PyResult<(Vec<String>, Vec<String>)> {
        let found = self.own.call(py, None, |_| Ok(self.prepared.findings(&self.run)?))?;
        Ok((found.warnings, found.repairs))
    }

    /// Writes the run folder `dir`, its page in `lang` and `zone`; names of the files.
    fn save(
        &self,
        py: Python<'_>,
        dir: PathBuf,
        lang: &str,
        zone: Option<&str>,
    ) -> PyResult<String> {
        let lang = language(lang)?;
        let mut account = self.prepared.config.account.clone();
        if let Some(name) = zone {
            name.clone_into(&mut account.time_zone);
        }
        let zone = account.zone().map_err(|_| {
            let name = &account.time_zone;
            let words = format!("\"{name}\" is not an IANA time zone, such as UTC or Asia/Seoul");
            Failure::argument(Class::Config, "time_zone", words)
        })?;
        self.own.call(py, None, |_| {
            let prepared = &self.prepared;
            let results = RunResults {
                run: &self.run,
                stats: self.stats()?,
                instruments: &prepared.instruments,
                series: &prepared.series,
                config: &prepared.config,
                search: None,
                base: &self.base,
                data: prepared.data(&self.base),
                findings: prepared.findings(&self.run)?,
            };
            let prices = ReportPrices::Loaded(&prepared.series);
            let page = |run: &_| ReportInput { run, prices, lang, zone }.html();
            let written = results.write(&dir, page);
            let fail = |error: OutputError| {
                let words = error.to_string().replace("name another with --out", "name another");
                Failure::new(Class::Output, words)
            };
            Ok(written.map_err(fail)?.names())
        })
    }

    /// Counts the run as a trial, in `trials` or the file that the command takes: the file,
    /// and why it could not be written, where it could not.
    fn count(&self, py: Python<'_>, trials: Option<PathBuf>) -> (PathBuf, Option<String>) {
        py.detach(|| {
            let registry =
                trials.map_or_else(|| Registry::of_result(NOWHERE.as_ref()), Registry::at);
            let prepared = &self.prepared;
            let data = prepared.fingerprint(&self.base);
            let told = register_run(&registry, &prepared.config, prepared, &data, false);
            (registry.path().to_path_buf(), told.err().map(|fault| fault.to_string()))
        })
    }

    /// The bars of each instrument, and finer ones of those that have any.
    fn bars(&self) -> Given {
        let bars = |series: &Series| Bars { series: series.clone() };
        let finer = self.prepared.finer().iter().map(|finer| finer.as_ref().map(bars));
        (self.prepared.series.iter().map(bars).collect(), finer.collect())
    }

    /// What it is made again from: configuration, bars, folder of its paths, its trades' hash.
    fn state(&self) -> Result<(String, Given, PathBuf, String), Failure> {
        let base = std::path::absolute(&self.base).unwrap_or_else(|_| self.base.clone());
        Ok((self.config_json()?, self.bars(), base, self.trade_hash()))
    }

    /// Whether another run has the same configuration, bars and results.
    fn same(&self, other: &Self) -> bool {
        let bars = |of: &Self| of.prepared.series.iter().map(|s| s.bars().to_vec()).collect();
        let (ours, theirs): (Vec<Vec<_>>, Vec<Vec<_>>) = (bars(self), bars(other));
        self.run == other.run && self.prepared.config == other.prepared.config && ours == theirs
    }
}

/// A language of reports by its tag.
fn language(tag: &str) -> Result<Lang, Failure> {
    let known = [Lang::En, Lang::Ko];
    known.into_iter().find(|lang| lang.tag() == tag).ok_or_else(|| {
        let tags = known.map(Lang::tag).join(", ");
        Failure::argument(Class::Config, "lang", format!("\"{tag}\" is none of {tags}"))
    })
}

fn json(text: serde_json::Result<String>) -> Result<String, Failure> {
    text.map_err(|e| Failure::new(Class::Internal, e))
}

const fn kind(exact: bool) -> Exact {
    if exact { Exact::Decimal } else { Exact::Float }
}
