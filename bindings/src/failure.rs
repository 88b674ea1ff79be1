//! Failures of the library as exceptions of the module `tickstep.errors`: which class, and
//! the place as attributes.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tickstep_backtest::config::ConfigError;
use tickstep_backtest::load::LoadError;
use tickstep_backtest::run::RunError;
use tickstep_backtest::series::{RowError, RowPlace, SeriesError};
use tickstep_backtest::setup::{FindingsError, SetupError};
use tickstep_config::CostsNotStated;
use tickstep_core::instrument::InstrumentError;

/// A class of `tickstep.errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Data,
    Config,
    Param,
    Strategy,
    Output,
    Interrupted,
    Internal,
}

impl Class {
    const fn name(self) -> &'static str {
        match self {
            Self::Data => "DataError",
            Self::Config => "ConfigError",
            Self::Param => "ParamError",
            Self::Strategy => "StrategyError",
            Self::Output => "OutputError",
            Self::Interrupted => "InterruptedError",
            Self::Internal => "InternalError",
        }
    }
}

/// What went wrong and where, before Python is asked for the exception.
#[derive(Debug)]
pub struct Failure {
    class: Class,
    message: String,
    place: Place,
    /// An exception that Python raised itself, to be handed on as it is.
    raised: Option<PyErr>,
}

/// Where it went wrong, as far as that is known.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub file: Option<String>,
    pub line: Option<u64>,
    pub column: Option<String>,
    pub row: Option<u64>,
    /// Nanoseconds since the Unix epoch, UTC.
    pub timestamp: Option<i64>,
    /// Name of the argument, as the caller wrote it.
    pub argument: Option<String>,
}

impl Failure {
    pub fn new(class: Class, message: impl ToString) -> Self {
        Self { class, message: message.to_string(), place: Place::default(), raised: None }
    }

    /// Of an argument of the call.
    pub fn argument(class: Class, argument: &str, message: impl ToString) -> Self {
        let place = Place { argument: Some(argument.to_owned()), ..Place::default() };
        let message = format!("{argument}: {}", message.to_string());
        Self { class, message, place, raised: None }
    }

    pub const fn place(&self) -> &Place {
        &self.place
    }

    pub const fn class(&self) -> Class {
        self.class
    }

    /// The same with its argument called as `name` calls it, where it does.
    pub fn called(self, name: impl Fn(&str) -> Option<String>) -> Self {
        let Some(argument) = &self.place.argument else { return self };
        let Some(written) = name(argument) else { return self };
        let words = self.message.strip_prefix(&format!("{argument}: ")).unwrap_or(&self.message);
        let message = format!("{written}: {words}");
        Self { message, place: Place { argument: Some(written), ..self.place.clone() }, ..self }
    }

    /// Of a value in a configuration that was made of arguments.
    pub fn of_value(self) -> Self {
        let of_params = self.place.argument.as_ref().is_some_and(|key| key.contains(".params."));
        let class = if of_params { Class::Param } else { self.class };
        Self { class, ..self.called(|key| Some(argument(key))) }
    }

    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self { raised: Some(error), ..Self::new(Class::Internal, "") }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        if let Some(raised) = failure.raised {
            return raised;
        }
        Python::attach(|py| exception(py, &failure).unwrap_or_else(|error| error))
    }
}

fn exception(py: Python<'_>, failure: &Failure) -> PyResult<PyErr> {
    let class = py.import("tickstep.errors")?.getattr(failure.class.name())?;
    let place = PyDict::new(py);
    let Place { file, line, column, row, timestamp, argument } = &failure.place;
    place.set_item("file", file)?;
    place.set_item("line", line)?;
    place.set_item("column", column)?;
    place.set_item("row", row)?;
    place.set_item("timestamp", timestamp)?;
    place.set_item("argument", argument)?;
    let value = class.call((&failure.message,), Some(&place))?;
    Ok(PyErr::from_value(value))
}

fn row_place(place: &RowPlace) -> Place {
    match place {
        RowPlace::Line { path, line } => {
            Place { file: Some(path.to_string()), line: Some(*line), ..Place::default() }
        }
        RowPlace::FileRow { path, row } => {
            Place { file: Some(path.to_string()), row: Some(*row), ..Place::default() }
        }
        RowPlace::Row(row) => Place { row: Some(*row), ..Place::default() },
    }
}

impl From<RowError> for Failure {
    fn from(error: RowError) -> Self {
        Self::new(Class::Data, &error).at(row_place(&error.place))
    }
}

impl From<SeriesError> for Failure {
    fn from(error: SeriesError) -> Self {
        Self::new(Class::Data, error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let words = error.to_string();
        match error {
            LoadError::Row(row) => row.into(),
            LoadError::Text { place, .. } => Self::new(Class::Data, words).at(row_place(&place)),
            LoadError::File { path, .. } => {
                Self::new(Class::Data, words).at(Place { file: Some(path), ..Place::default() })
            }
            LoadError::Cancelled => Self::new(Class::Interrupted, words),
            _ => Self::new(Class::Data, words),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let words = error.to_string();
        match error {
            ConfigError::InFile { file, line, column, .. } => {
                Self::new(Class::Config, words).at(Place {
                    file: Some(file),
                    line: Some(line as u64),
                    column: Some(column.to_string()),
                    ..Place::default()
                })
            }
            ConfigError::AtKey { key, message } => {
                let class = if key.contains(".params") { Class::Param } else { Class::Config };
                Self::argument(class, &key, message)
            }
            ConfigError::Unreadable { file, .. } => {
                Self::new(Class::Config, words).at(Place { file: Some(file), ..Place::default() })
            }
            ConfigError::Set { .. } => Self::new(Class::Config, words),
        }
    }
}

/// The same of a configuration that was made of arguments: keys are called as the
/// arguments are.
pub fn of_arguments(error: SetupError) -> Failure {
    match error {
        SetupError::Config(ConfigError::AtKey { key, message }) => {
            // What names no file here is given no bars.
            let message = message.replace("names no file", "is not given").replace(
                "simulation.intrabar = \"finer_bars\" needs one",
                "intrabar=\"finer_bars\" needs it",
            );
            let message = in_arguments(&message);
            let failure =
                Failure::from(ConfigError::AtKey { key: key.clone(), message: String::new() });
            Failure::argument(failure.class, &argument(&key), message)
        }
        SetupError::Instrument(error) => {
            let argument = match &error {
                InstrumentError::OutOfRange { field, .. } => Some((*field).to_owned()),
                InstrumentError::TooManyDecimals { .. } => None,
            };
            Failure::new(Class::Config, error).at(Place { argument, ..Place::default() })
        }
        error => error.into(),
    }
}

/// The words of a configuration file with what is written in Python.
fn in_arguments(words: &str) -> String {
    [
        ("simulation.intrabar = \"finer_bars\"", "intrabar=\"finer_bars\""),
        (
            "add convert = { via = \"SYMBOL\", method = \"multiply\" or \"divide\" }",
            "add ts.Terms(convert=ts.Convert(\"SYMBOL\", \"multiply\")) of it to instruments=",
        ),
        (
            "{ rate = 0.0001, every_s = 28800 } or { file = \"rates.csv\" }",
            "ts.Funding(rate=0.0001, every=\"8h\") or ts.Funding(file=\"rates.csv\")",
        ),
        ("{ ticks = 1 } or { bps = 0.5 }", "ts.ticks(1) or ts.bps(0.5)"),
        ("from must be before to", "start must be before end"),
        ("drawdown_tiers must rise", "they must rise"),
    ]
    .into_iter()
    .fold(words.to_owned(), |words, (from, to)| words.replace(from, to))
}

/// `account.cash` is `cash`, `strategy[0].params.atr.period` is `atr.period`,
/// `instrument[0].leverage` is `leverage`.
fn argument(key: &str) -> String {
    if let Some((_, param)) = key.split_once(".params.") {
        return param.to_owned();
    }
    match key {
        "period.from" => return "start".to_owned(),
        "period.to" | "period" => return "end".to_owned(),
        "risk.margin" => return "fit_margin".to_owned(),
        // Of several limits only these are compared with each other.
        "risk" => return "drawdown_tiers".to_owned(),
        _ if key.starts_with("instrument[") && key.ends_with(".symbol") => {
            return "bars".to_owned();
        }
        _ => {}
    }
    let tables = ["account", "costs", "simulation", "period", "risk", "strategy", "instrument"];
    let table = key.split(['.', '[']).next().unwrap_or_default();
    if key.ends_with(".finer") {
        return "finer".to_owned();
    }
    match key.split_once('.') {
        Some((_, rest)) if tables.contains(&table) => rest.to_owned(),
        _ => key.to_owned(),
    }
}

/// What a call says that was given a name it does not know.
#[pyfunction]
pub fn unknown_name(name: &str, known: Vec<String>) -> String {
    let near = tickstep_config::hint(name, known.iter().map(String::as_str));
    format!("{name}: there is no such argument{near}")
}

/// The exception for terms of an instrument that has no bars.
#[pyfunction]
pub fn unknown_instrument(symbol: &str, symbols: Vec<String>) -> PyErr {
    let words = format!("no bars are of {symbol}; there are {}", symbols.join(", "));
    Failure::argument(Class::Config, "instruments", words).into()
}

impl From<CostsNotStated> for Failure {
    fn from(error: CostsNotStated) -> Self {
        let CostsNotStated { symbol, missing, .. } = &error;
        let examples = missing.iter().map(|name| match *name {
            "maker_fee" => "maker_fee=0.0002",
            "taker_fee" => "taker_fee=0.0005",
            _ => "slippage=ts.ticks(1)",
        });
        let examples: Vec<&str> = examples.collect();
        let words = format!(
            "{symbol}: {} not stated, and costs have no default; give {}",
            missing.join(", "),
            examples.join(", ")
        );
        let argument = missing.first().map(|name| (*name).to_owned());
        Self::new(Class::Config, words).at(Place { argument, ..Place::default() })
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Config(error) => error.into(),
            SetupError::Load(error) => error.into(),
            SetupError::Costs(error) => error.into(),
            SetupError::NoFile { .. } => {
                Self::new(Class::Data, error.to_string().replace("--base", "base="))
            }
            SetupError::NoBook { strategy } => {
                let words = format!(
                    "strategy {strategy} looks at the order book, which bars do not have; \
                     \"buy_share\" looks at the takers instead, \"off\" at neither"
                );
                Self::argument(Class::Param, "pressure_rule", words)
            }
            _ => Self::new(Class::Config, error),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Slippage { error: ref out, .. } => {
                let argument = Some(out.field.to_owned());
                Self::new(Class::Config, &error).at(Place { argument, ..Place::default() })
            }
            RunError::Overflow { at, .. } => {
                let timestamp = Some(at.0);
                Self::new(Class::Data, &error).at(Place { timestamp, ..Place::default() })
            }
            RunError::Interrupted => Self::new(Class::Interrupted, error),
            RunError::Lacks { .. } | RunError::Empty(_) => Self::new(Class::Data, error),
            _ => Self::new(Class::Config, error),
        }
    }
}

impl From<FindingsError> for Failure {
    fn from(error: FindingsError) -> Self {
        match error {
            FindingsError::Setup(error) => error.into(),
            FindingsError::Run(error) => error.into(),
        }
    }
}
