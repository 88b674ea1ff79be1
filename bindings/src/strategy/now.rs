//! What an `on_bar` is handed: the bar that just closed, features and the position, copied
//! in anew at every close.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};
use tickstep_backtest::series::Grid;
use tickstep_backtest::times::utc;
use tickstep_core::event::Bar;
use tickstep_core::instrument::Instrument;
use tickstep_core::ledger;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::strategy::{Moment, Phase};
use tickstep_core::units::{Nanos, Ticks};

use crate::failure::{Class, Failure, Place};

/// What stays the same through a run.
pub struct Setting {
    pub grid: Grid,
    pub instrument: Instrument,
    /// Where the feature of each name stands.
    pub names: HashMap<String, usize>,
}

/// A moment as Python sees it.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Now {
    setting: Arc<Setting>,
    values: Mutex<Values>,
}

struct Values {
    /// Whether the `on_bar` it was handed to has returned.
    over: bool,
    ts: Nanos,
    bar: Bar,
    position: Option<ledger::Position>,
    phase: Phase,
    others: usize,
    /// NaN where a feature is not known.
    features: Vec<f64>,
}

impl Now {
    pub fn new(setting: Arc<Setting>, now: &Moment<'_>) -> Self {
        let features = vec![f64::NAN; setting.names.len()];
        let values = Values {
            over: false,
            ts: now.ts,
            bar: *now.bar,
            position: None,
            phase: now.phase,
            others: now.others,
            features,
        };
        Self { setting, values: Mutex::new(values) }
    }

    /// The next close.
    #[inline]
    pub fn set(&self, now: &Moment<'_>, feature: impl Fn(usize) -> Option<f64>) {
        let mut values = self.lock();
        values.ts = now.ts;
        values.bar = *now.bar;
        values.position = now.position.cloned();
        values.phase = now.phase;
        values.others = now.others;
        for (at, value) in values.features.iter_mut().enumerate() {
            *value = feature(at).unwrap_or(f64::NAN);
        }
    }

    /// From here on it is refused to be read.
    pub fn end(&self) {
        self.lock().over = true;
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<MutexGuard<'_, Values>, Failure> {
        let values = self.lock();
        if values.over {
            let words = format!(
                "the moment of {} was read after its on_bar had returned; keep the values you \
                 need (self.last = now.close), not the moment",
                utc(values.ts)
            );
            let place = Place { timestamp: Some(values.ts.0), ..Place::default() };
            return Err(Failure::new(Class::Strategy, words).at(place));
        }
        Ok(values)
    }

    fn price(&self, of: fn(&Bar) -> Ticks) -> Result<f64, Failure> {
        Ok(self.setting.grid.price_f64(of(&self.read()?.bar)))
    }

    fn feature(&self, name: &str) -> Result<Option<Option<f64>>, Failure> {
        let values = self.read()?;
        let value = self.setting.names.get(name).map(|at| values.features[*at]);
        Ok(value.map(|value| (!value.is_nan()).then_some(value)))
    }

    /// The features there are, for a name that there is not.
    fn unknown(&self, name: &str) -> String {
        let mut known: Vec<&str> = self.setting.names.keys().map(String::as_str).collect();
        known.sort_unstable();
        let hint = tickstep_config::hint(name, known.iter().copied().chain(FIELDS));
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("{name} is no field of a moment and no feature that was declared ({known}){hint}")
    }
}

const FIELDS: [&str; 14] = [
    "time",
    "ts",
    "open_time",
    "symbol",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "taker_buy_volume",
    "position",
    "is_flat",
    "is_waiting",
    "others",
];

#[pymethods]
impl Now {
    #[getter]
    fn ts(&self) -> Result<i64, Failure> {
        Ok(self.read()?.ts.0)
    }

    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ts = self.read()?.ts;
        datetime(py, ts)
    }

    #[getter]
    fn open_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let ts = self.read()?.bar.ts_open;
        datetime(py, ts)
    }

    #[getter]
    fn symbol(&self) -> &str {
        self.setting.instrument.symbol()
    }

    #[getter]
    fn open(&self) -> Result<f64, Failure> {
        self.price(|bar| bar.open)
    }

    #[getter]
    fn high(&self) -> Result<f64, Failure> {
        self.price(|bar| bar.high)
    }

    #[getter]
    fn low(&self) -> Result<f64, Failure> {
        self.price(|bar| bar.low)
    }

    #[getter]
    fn close(&self) -> Result<f64, Failure> {
        self.price(|bar| bar.close)
    }

    #[getter]
    fn volume(&self) -> Result<f64, Failure> {
        Ok(self.setting.grid.volume_f64(self.read()?.bar.volume))
    }

    #[getter]
    fn taker_buy_volume(&self) -> Result<Option<f64>, Failure> {
        Ok(self.read()?.bar.taker_buy.map(|lots| self.setting.grid.volume_f64(lots)))
    }

    #[getter]
    fn position(&self) -> Result<Option<Position>, Failure> {
        let values = self.read()?;
        Ok(values.position.as_ref().map(|held| Position::of(held, values.bar.close, &self.setting)))
    }

    #[getter]
    fn is_flat(&self) -> Result<bool, Failure> {
        Ok(self.read()?.position.is_none())
    }

    #[getter]
    fn is_waiting(&self) -> Result<bool, Failure> {
        Ok(match self.read()?.phase {
            Phase::Flat | Phase::Open => false,
            Phase::Entering | Phase::Exiting { .. } => true,
        })
    }

    #[getter]
    fn others(&self) -> Result<usize, Failure> {
        Ok(self.read()?.others)
    }

    fn __getattr__(&self, name: &str) -> PyResult<Option<f64>> {
        self.feature(name)?.ok_or_else(|| PyAttributeError::new_err(self.unknown(name)))
    }

    fn __getitem__(&self, name: &str) -> PyResult<Option<f64>> {
        self.feature(name)?.ok_or_else(|| PyKeyError::new_err(self.unknown(name)))
    }

    fn __dir__(&self) -> Vec<String> {
        let fields = FIELDS.iter().map(|name| (*name).to_owned());
        fields.chain(self.setting.names.keys().cloned()).collect()
    }

    fn __repr__(&self) -> Result<String, Failure> {
        let values = self.read()?;
        let close = self.setting.grid.price_f64(values.bar.close);
        Ok(format!("<{} at {}: close {close}>", self.setting.instrument.symbol(), utc(values.ts)))
    }
}

/// The open position as it stands at a close.
#[pyclass(frozen, get_all, module = "tickstep._native")]
pub struct Position {
    side: &'static str,
    quantity: f64,
    entry_price: f64,
    entry_ts: i64,
    stop: Option<f64>,
    target: Option<f64>,
    best: f64,
    worst: f64,
    unrealised: f64,
}

impl Position {
    fn of(held: &ledger::Position, close: Ticks, setting: &Setting) -> Self {
        let Setting { grid, instrument, .. } = setting;
        Self {
            side: held.side.position_word(),
            quantity: decimal_to_f64(instrument.qty(held.lots)),
            entry_price: grid.price_f64(held.entry_px()),
            entry_ts: held.entry_ts.0,
            stop: held.bracket.stop.map(|px| grid.price_f64(px)),
            target: held.bracket.target.map(|px| grid.price_f64(px)),
            best: grid.price_f64(held.best),
            worst: grid.price_f64(held.worst),
            unrealised: decimal_to_f64(instrument.value(held.open_ticks_lots(close))),
        }
    }
}

#[pymethods]
impl Position {
    #[getter]
    fn entry_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        datetime(py, Nanos(self.entry_ts))
    }

    fn __repr__(&self) -> String {
        let Self { side, quantity, entry_price, unrealised, .. } = self;
        format!("<{side} {quantity} from {entry_price}, unrealised {unrealised}>")
    }
}

/// A time as a datetime of UTC, to the microsecond below.
pub fn datetime(py: Python<'_>, ts: Nanos) -> PyResult<Bound<'_, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    })?;
    let (days, rest) = (ts.0.div_euclid(Nanos::DAY.0), ts.0.rem_euclid(Nanos::DAY.0));
    let (seconds, ns) = (rest / Nanos::SECOND.0, rest % Nanos::SECOND.0);
    // A day has 86,400 seconds and a second a million microseconds, so all of them fit.
    let since = PyDelta::new(py, days as i32, seconds as i32, (ns / 1000) as i32, true)?;
    epoch.bind(py).add(since)
}
