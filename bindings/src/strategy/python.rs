//! A strategy written in Python, as the engine asks it.
//!
//! The thread that runs it holds Python already, so that asking at each bar costs a call and
//! no more. Each run and each segment begins with a copy of the object it was given.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tickstep_backtest::features::Figure;
use tickstep_backtest::series::Grid;
use tickstep_core::features::{FeatureError, FeatureSpec};
use tickstep_core::ledger::Trade;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::params::ParamError;
use tickstep_core::strategy::{DataColumn, Moment, Need, Proposal, Strategy};

use super::now::{Now, Setting, datetime};
use super::propose::take;
use super::raised::Raised;
use crate::features::Feature;

/// The grids of the bars of a call, by symbol.
pub type Grids = HashMap<String, Grid>;

/// A strategy written in Python.
pub struct PythonStrategy {
    /// What each run and segment begins with a copy of.
    template: Arc<Py<PyAny>>,
    features: Vec<(String, Figure)>,
    needs_taker: bool,
    grids: Arc<Grids>,
    raised: Arc<Raised>,
    /// The copy of this segment, once it has begun.
    live: Option<Live>,
}

/// A copy that is asked.
struct Live {
    on_bar: Py<PyAny>,
    on_trade_closed: Option<Py<PyAny>>,
    setting: Arc<Setting>,
    now: Py<Now>,
    /// The arguments of `on_bar`: that moment.
    args: Py<PyTuple>,
}

impl PythonStrategy {
    /// A strategy at its beginning; an exception is kept in `raised`.
    pub fn build(
        template: &Arc<Py<PyAny>>,
        grids: &Arc<Grids>,
        raised: &Arc<Raised>,
        spec: &mut FeatureSpec,
    ) -> Result<Self, FeatureError> {
        let declared = Python::attach(|py| declared(template.bind(py)));
        let declared = declared.map_err(|error| {
            raised.keep(error);
            ParamError::Conflict("its features could not be asked for")
        })?;
        let mut features = Vec::with_capacity(declared.len());
        let mut needs_taker = false;
        for (name, feature) in declared {
            let feature = feature.get();
            needs_taker |= feature.formula.needs_taker();
            features.push((name, feature.formula.declare(feature.timeframe, spec)?));
        }
        Ok(Self {
            template: Arc::clone(template),
            features,
            needs_taker,
            grids: Arc::clone(grids),
            raised: Arc::clone(raised),
            live: None,
        })
    }

    /// A copy of the object, told that it starts.
    fn start(&self, py: Python<'_>, now: &Moment<'_>) -> PyResult<Live> {
        let object = self.template.bind(py).call_method0("_copied")?;
        object.call_method0("start")?;
        let spec = now.instrument.spec();
        let grid = self.grids.get(now.instrument.symbol()).copied();
        let names = self.features.iter().zip(0..).map(|((name, _), at)| (name.clone(), at));
        let setting = Arc::new(Setting {
            grid: grid.unwrap_or_else(|| Grid::stated(spec.tick_size, spec.lot_step)),
            instrument: now.instrument.clone(),
            names: names.collect(),
        });
        let told = object.getattr("on_trade_closed")?;
        let (moment, args) = moment(py, &setting, now)?;
        Ok(Live {
            on_bar: object.getattr("on_bar")?.unbind(),
            on_trade_closed: (!told.is_none()).then(|| told.unbind()),
            setting,
            now: moment,
            args,
        })
    }

    fn ask(&mut self, py: Python<'_>, now: &Moment<'_>, out: &mut Proposal) -> PyResult<()> {
        if self.live.is_none() {
            self.live = Some(self.start(py, now)?);
        }
        let Some(live) = &mut self.live else { return Ok(()) };
        let grid = &live.setting.grid;
        live.now.get().set(now, |at| self.features[at].1.now(now.features, grid));
        let returned = live.on_bar.bind(py).call1(live.args.bind(py))?;
        take(&returned, now, out)?;
        live.end_of_bar(py, now)
    }
}

impl Live {
    /// A moment that the strategy kept is closed, and the next bar gets another.
    #[inline]
    fn end_of_bar(&mut self, py: Python<'_>, now: &Moment<'_>) -> PyResult<()> {
        if is_kept(&self.now, py) {
            self.now.get().end();
            (self.now, self.args) = moment(py, &self.setting, now)?;
        }
        Ok(())
    }
}

/// Whether anyone but this strategy and its tuple of arguments holds the moment.
#[expect(deprecated, reason = "its replacement is unsafe")]
#[inline]
fn is_kept(now: &Py<Now>, py: Python<'_>) -> bool {
    now.get_refcnt(py) > 2
}

fn moment(
    py: Python<'_>,
    setting: &Arc<Setting>,
    now: &Moment<'_>,
) -> PyResult<(Py<Now>, Py<PyTuple>)> {
    let moment = Py::new(py, Now::new(Arc::clone(setting), now))?;
    let args = PyTuple::new(py, [&moment])?.unbind();
    Ok((moment, args))
}

fn declared(template: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Py<Feature>)>> {
    template.call_method0("_declared")?.extract()
}

impl Strategy for PythonStrategy {
    fn needs(&self) -> Vec<Need> {
        let rule = "a feature of taker-buy volume";
        let need = Need { rule, column: DataColumn::TakerBuy };
        if self.needs_taker { vec![need] } else { Vec::new() }
    }

    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if self.raised.any() {
            return;
        }
        let raised = Arc::clone(&self.raised);
        Python::attach(|py| {
            if let Err(error) = self.ask(py, now, out) {
                *out = Proposal::default();
                raised.keep_at(py, error, now.ts);
            }
        });
    }

    fn on_trade_closed(&mut self, trade: &Trade) {
        if self.raised.any() {
            return;
        }
        let Some(told) = self.live.as_ref().and_then(|live| live.on_trade_closed.as_ref()) else {
            return;
        };
        Python::attach(|py| {
            let told = closed(py, trade).and_then(|trade| told.call1(py, (trade,)).map(drop));
            if let Err(error) = told {
                self.raised.keep_at(py, error, trade.exit_ts);
            }
        });
    }

    fn reset(&mut self) {
        self.live = None;
    }
}

/// A closed trade as the columns of `run.trades` name its parts.
fn closed<'py>(py: Python<'py>, trade: &Trade) -> PyResult<Bound<'py, PyAny>> {
    let parts = PyDict::new(py);
    parts.set_item("side", trade.side.position_word())?;
    parts.set_item("entry_time", datetime(py, trade.entry_ts)?)?;
    parts.set_item("exit_time", datetime(py, trade.exit_ts)?)?;
    for (name, value) in [
        ("entry_price", trade.entry_price),
        ("exit_price", trade.exit_price),
        ("gross_pnl", trade.gross),
        ("fees", trade.fees),
        ("funding", trade.funding),
        ("net_pnl", trade.net),
    ] {
        parts.set_item(name, decimal_to_f64(value))?;
    }
    parts.set_item("exit_reason", trade.exit.name())?;
    py.import("tickstep._strategy")?.getattr("ClosedTrade")?.call((), Some(&parts))
}
