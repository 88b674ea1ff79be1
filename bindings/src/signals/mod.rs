//! Signals as columns: a strategy that was decided beforehand, run wholly in Rust.

mod column;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tickstep_backtest::series::Series;
use tickstep_backtest::times::utc;
use tickstep_core::strategy::Distance;
use tickstep_core::strategy::scheduled::{ScheduleError, Scheduled, SignalColumns};
use tickstep_core::units::Nanos;
use xxhash_rust::xxh3::Xxh3Default;

pub use column::Column;

use crate::bars::Bars;
use crate::exits::{FRACTION, distance, fraction, hold, refused, ticks_apart};
use crate::failure::{Class, Failure, Place};

/// Signals as columns, one value for each bar of one instrument.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Signals {
    /// Symbol of the instrument; the only one of the account when absent.
    symbol: Option<String>,
    flags: Vec<Flags>,
    take_profit: Levels,
    stop_loss: Levels,
    hold: Option<Nanos>,
    /// What it was made of, from which a pickled one is made again.
    given: (Py<PyList>, Py<PyDict>),
}

/// A column of flags by the rows that are set.
struct Flags {
    name: &'static str,
    len: usize,
    set: Vec<usize>,
    /// The first row without a value.
    hole: Option<usize>,
}

/// Distances of a stop or target.
enum Levels {
    /// The same for every entry.
    Same(Option<Distance>),
    /// One for each bar, NaN where there is none; in ticks, or fractions.
    Each { values: Vec<f64>, ticks: bool },
}

const FLAGS: [&str; 4] = ["long", "short", "exit_long", "exit_short"];

#[pymethods]
impl Signals {
    #[new]
    #[pyo3(signature = (flags, *, symbol=None, take_profit=None, stop_loss=None, max_hold=None))]
    fn new(
        py: Python<'_>,
        flags: [Option<Bound<'_, PyAny>>; 4],
        symbol: Option<String>,
        take_profit: Option<&Bound<'_, PyAny>>,
        stop_loss: Option<&Bound<'_, PyAny>>,
        max_hold: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Failure> {
        let stated = PyDict::new(py);
        stated.set_item("symbol", &symbol)?;
        stated.set_item("take_profit", take_profit)?;
        stated.set_item("stop_loss", stop_loss)?;
        stated.set_item("max_hold", max_hold)?;
        let given = (PyList::new(py, &flags)?.unbind(), stated.unbind());
        let columns = FLAGS.into_iter().zip(flags).filter_map(|(name, of)| Some((name, of?)));
        let flags =
            columns.map(|(name, of)| Flags::of(&of, name)).collect::<Result<Vec<_>, _>>()?;
        if flags.is_empty() {
            let words = "none of long, short, exit_long and exit_short is given; give long= or \
                         short= at least";
            return Err(Failure::argument(Class::Config, "long", words));
        }
        Ok(Self {
            symbol,
            flags,
            take_profit: Levels::of(take_profit, "take_profit")?,
            stop_loss: Levels::of(stop_loss, "stop_loss")?,
            hold: max_hold.map_or(Ok(None), |of| hold(of, Class::Config, "max_hold"))?,
            given,
        })
    }

    fn __getnewargs_ex__(&self, py: Python<'_>) -> ((Py<PyList>,), Py<PyDict>) {
        ((self.given.0.clone_ref(py),), self.given.1.clone_ref(py))
    }

    /// What tells columns apart, whatever they were made of.
    #[getter]
    pub fn fingerprint(&self) -> String {
        let mut hash = Xxh3Default::new();
        for flags in &self.flags {
            hash.update(flags.name.as_bytes());
            hash.update(&flags.len.to_le_bytes());
            flags.set.iter().for_each(|row| hash.update(&row.to_le_bytes()));
        }
        for (name, levels) in self.levels() {
            hash.update(name.as_bytes());
            match levels {
                Levels::Same(distance) => hash.update(format!("{distance:?}").as_bytes()),
                Levels::Each { values, ticks } => {
                    hash.update(&[u8::from(*ticks)]);
                    values.iter().for_each(|value| hash.update(&value.to_le_bytes()));
                }
            }
        }
        hash.update(format!("{:?}", self.hold).as_bytes());
        format!("{:032x}", hash.digest128())
    }

    /// Refuses signals that do not fit the bars.
    fn check(&self, bars: &Bars) -> Result<(), Failure> {
        self.on(&bars.series).map(drop)
    }
}

/// The first of these times (64-bit integers, nanoseconds since 1970) that is not the open
/// of its bar; `None` also where they are the closes.
#[pyfunction]
pub fn other_time(bars: &Bars, times: &[u8]) -> Option<usize> {
    let series = &bars.series;
    let times = times.as_chunks::<8>().0.iter().map(|bytes| i64::from_ne_bytes(*bytes));
    let opens = series.bars().iter().map(|bar| bar.ts_open.0);
    let row = times.clone().zip(opens).position(|(found, open)| found != open)?;
    let mut closes = (0..series.bars().len()).map(|at| series.close_of(at).0);
    if times.eq(closes.by_ref()) { None } else { Some(row) }
}

impl Signals {
    /// The strategy on the bars it is of, among those of a call.
    pub fn schedule(&self, series: &[Series]) -> Result<Scheduled, Failure> {
        let of = match (&self.symbol, series) {
            (None, [one]) => one,
            (None, several) => {
                let symbols: Vec<&str> = several.iter().map(Series::symbol).collect();
                let words = format!(
                    "signals are of the bars of one instrument; name it: instruments=\"{}\"",
                    symbols.first().unwrap_or(&"BTCUSDT")
                );
                return Err(Failure::argument(Class::Config, "instruments", words));
            }
            (Some(symbol), several) => {
                several.iter().find(|one| one.symbol() == symbol).ok_or_else(|| {
                    let known: Vec<&str> = several.iter().map(Series::symbol).collect();
                    let words = format!("\"{symbol}\" is none of the bars' ({})", known.join(", "));
                    Failure::argument(Class::Config, "instruments", words)
                })?
            }
        };
        self.on(of)
    }

    fn on(&self, series: &Series) -> Result<Scheduled, Failure> {
        let bars = series.bars().len();
        for flags in &self.flags {
            same_length(flags.name, flags.len, series)?;
            if let Some(row) = flags.hole {
                let words =
                    "has no value there; fill it, as by .fill_null(False) or .fillna(False)";
                return Err(at_row(flags.name, words, row, series));
            }
        }
        for (name, levels) in self.levels() {
            if let Levels::Each { values, .. } = levels {
                same_length(name, values.len(), series)?;
            }
        }
        // Rows that say nothing are not carried along.
        let mut rows: Vec<usize> = self.flags.iter().flat_map(|f| f.set.iter().copied()).collect();
        rows.sort_unstable();
        rows.dedup();
        debug_assert!(rows.last().is_none_or(|last| *last < bars));
        let mask = |name| {
            let of = self.flags.iter().find(|flags| flags.name == name);
            of.map_or_else(Vec::new, |flags| flags.among(&rows))
        };
        let [long, short, exit_long, exit_short] = FLAGS.map(mask);
        let ts: Vec<Nanos> = rows.iter().map(|row| series.close_of(*row)).collect();
        let enters = |at: usize| long.get(at) == Some(&true) || short.get(at) == Some(&true);
        let levels = |name, of: &Levels| of.among(name, &rows, &enters, series);
        let (stop, target) =
            (levels("stop_loss", &self.stop_loss)?, levels("take_profit", &self.take_profit)?);
        let columns = SignalColumns {
            ts: &ts,
            enter_long: &long,
            enter_short: &short,
            leave_long: &exit_long,
            leave_short: &exit_short,
            stop: &stop,
            target: &target,
            hold: &vec![self.hold; rows.len()],
        };
        Scheduled::from_columns(&columns).map_err(|error| match error {
            ScheduleError::BothSides { index, .. } => {
                let words = "is True and so is short; an entry has one side";
                at_row("long", words, rows[index], series)
            }
            other => Failure::new(Class::Internal, other),
        })
    }

    const fn levels(&self) -> [(&'static str, &Levels); 2] {
        [("take_profit", &self.take_profit), ("stop_loss", &self.stop_loss)]
    }
}

impl Flags {
    fn of(of: &Bound<'_, PyAny>, name: &'static str) -> Result<Self, Failure> {
        let column = Column::of(of, name)?;
        let len = column.len();
        match column {
            Column::Flags(flags) => {
                let set = flags.iter().enumerate().filter(|(_, flag)| **flag == Some(true));
                let set = set.map(|(row, _)| row).collect();
                Ok(Self { name, len, set, hole: flags.iter().position(Option::is_none) })
            }
            Column::Numbers(numbers) if numbers.is_empty() => {
                Ok(Self { name, len, set: Vec::new(), hole: None })
            }
            Column::Numbers(_) => {
                let words = "a column of numbers is not allowed; it must be of booleans, such as \
                             df[\"rsi\"] < 30";
                Err(Failure::argument(Class::Data, name, words))
            }
        }
    }

    /// Whether each of the rows is set.
    fn among(&self, rows: &[usize]) -> Vec<bool> {
        let mut set = self.set.iter().peekable();
        rows.iter().map(|row| set.next_if_eq(&row).is_some()).collect()
    }
}

impl Levels {
    fn of(of: Option<&Bound<'_, PyAny>>, name: &'static str) -> Result<Self, Failure> {
        let Some(of) = of else { return Ok(Self::Same(None)) };
        let ticks = of.getattr("unit").is_ok_and(|unit| unit.eq("ticks").unwrap_or(false));
        let inner = if ticks { of.getattr("amount")? } else { of.clone() };
        // A text or a number is no column, whatever else it can do.
        let several = inner.hasattr("__len__")? && !inner.is_instance_of::<pyo3::types::PyString>();
        if !several {
            return distance(of, Class::Config, name).map(Self::Same);
        }
        match Column::of(&inner, name)? {
            Column::Numbers(values) => Ok(Self::Each { values, ticks }),
            Column::Flags(flags) if flags.iter().all(Option::is_none) => {
                Ok(Self::Each { values: vec![f64::NAN; flags.len()], ticks })
            }
            Column::Flags(_) => Err(refused(of, Class::Config, name, FRACTION)),
        }
    }

    /// The distances at rows that enter.
    fn among(
        &self,
        name: &str,
        rows: &[usize],
        enters: &dyn Fn(usize) -> bool,
        series: &Series,
    ) -> Result<Vec<Option<Distance>>, Failure> {
        let (values, ticks) = match self {
            Self::Same(one) => return Ok(vec![*one; rows.len()]),
            Self::Each { values, ticks } => (values, *ticks),
        };
        let mut out = vec![None; rows.len()];
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| enters(*at)) {
            let value = values[*row];
            let read = if ticks { ticks_apart(value) } else { fraction(value) };
            out[at] = read.map_err(|()| {
                let words = format!("{value} is not allowed; it must be {FRACTION}, or NaN");
                at_row(name, &words, *row, series)
            })?;
        }
        Ok(out)
    }
}

fn same_length(name: &str, found: usize, series: &Series) -> Result<(), Failure> {
    let bars = series.bars().len();
    if found == bars {
        return Ok(());
    }
    let symbol = series.symbol();
    let words =
        format!("it has {found} values and {symbol} has {bars} bars; give one for each bar");
    Err(Failure::argument(Class::Data, name, words))
}

/// What is wrong at a row, which is counted from 1 as in every message.
fn at_row(name: &str, words: &str, row: usize, series: &Series) -> Failure {
    let opens = series.bars()[row].ts_open;
    let place = Place {
        argument: Some(name.to_owned()),
        row: Some(row as u64 + 1),
        timestamp: Some(opens.0),
        ..Place::default()
    };
    let words = format!("{name}: row {}, the bar of {}: {words}", row + 1, utc(opens));
    Failure::new(Class::Data, words).at(place)
}
