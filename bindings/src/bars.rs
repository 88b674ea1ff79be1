//! Bars: from files, from tables of Arrow, and out again.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, UInt64Array};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use pyo3_arrow::PyTable;
use pyo3_arrow::input::AnyRecordBatch;
use tickstep_backtest::load::{LoadOptions, from_table, load, symbols_in};
use tickstep_backtest::series::resample::{Edges, resample};
use tickstep_backtest::series::{Repair, Series};
use tickstep_backtest::times::length;
use tickstep_core::calendar::Interval;
use tickstep_core::event::Bar;
use tickstep_core::units::Ticks;

use crate::columns_in;
use crate::data_failure::refused;
use crate::data_options::{column_names, instant, options};
use crate::failure::{Class, Failure};
use crate::frame::{of_arrays, times};
use crate::released::{Watch, released};
use crate::span;

/// The bars of one instrument, checked.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Bars {
    pub series: Series,
}

/// Where time, open, high, low, close, volume and taker-buy volume are among columns.
#[pyfunction]
#[pyo3(signature = (found, columns=None))]
pub fn column_places(
    found: Vec<String>,
    columns: Option<&Bound<'_, PyDict>>,
) -> Result<[Option<usize>; 7], Failure> {
    Ok(column_names(columns)?.places(&found))
}

/// Whether a column of this name tells instruments apart.
#[pyfunction]
pub fn is_symbol_column(name: &str) -> bool {
    tickstep_backtest::load::is_symbol_column(name)
}

/// The symbol that the names of files tell.
#[pyfunction]
pub fn symbol_of_files(files: Vec<PathBuf>) -> Result<String, Failure> {
    let named = tickstep_backtest::load::name_of(&files, &LoadOptions::default());
    named.map_err(|error| refused(error, false, |_| None, |_| None))
}

/// Checks the bars of a table of Arrow.
#[pyfunction]
#[pyo3(signature = (table, symbol, stated, *, columns=None, progress=None))]
pub fn bars_of_table(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    symbol: String,
    stated: &Bound<'_, PyDict>,
    columns: Option<&Bound<'_, PyDict>>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Bars> {
    let (opts, names) = (options(stated)?, column_names(columns)?);
    let crossed = table.extract::<AnyRecordBatch>().and_then(|table| Ok(table.into_table()?));
    let (batches, schema) = crossed
        .map_err(|error| {
            let words = format!("the table does not cross by Arrow: {}", error.value(py));
            Failure::new(Class::Data, words)
        })?
        .into_inner();
    let series = released(py, progress, |_| {
        let table = columns_in::table(&batches, &schema);
        let of = |opts: &LoadOptions| from_table(&symbol, &table, &names, opts);
        of(&opts).map_err(|error| {
            let time_of = |row| table.time_of(row, &names, &opts);
            refused(error, true, time_of, |more| of(&with(&opts, more)).err())
        })
    })?;
    Ok(Bars { series })
}

/// Reads files of bars; each inner list is a segment.
#[pyfunction]
#[pyo3(signature = (segments, symbol, stated, *, progress=None))]
pub fn read_bars(
    py: Python<'_>,
    segments: Vec<Vec<PathBuf>>,
    symbol: Option<String>,
    stated: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Bars> {
    let opts = options(stated)?;
    let series = released(py, progress, |watch: &Watch| {
        let of = |opts: &LoadOptions| {
            load(symbol.as_deref(), &segments, opts, &mut |p| watch.at(p.bytes, p.total))
        };
        of(&opts)
            .map_err(|error| refused(error, false, |_| None, |more| of(&with(&opts, more)).err()))
    })?;
    Ok(Bars { series })
}

/// The symbols that files hold, told apart by a column.
#[pyfunction]
pub fn file_symbols(
    py: Python<'_>,
    files: Vec<PathBuf>,
    stated: &Bound<'_, PyDict>,
) -> PyResult<Vec<String>> {
    let opts = options(stated)?;
    released(py, None, |watch| {
        let symbols = symbols_in(&files, &opts, &mut || watch.go_on());
        symbols.map_err(|error| refused(error, false, |_| None, |_| None))
    })
}

fn with(opts: &LoadOptions, more: &[Repair]) -> LoadOptions {
    let repairs = opts.repairs.iter().chain(more).copied().collect();
    LoadOptions { repairs, ..opts.clone() }
}

#[pymethods]
impl Bars {
    /// Name of the instrument.
    #[getter]
    fn symbol(&self) -> &str {
        self.series.symbol()
    }

    /// Length of a bar in nanoseconds; `None` where it is a day, week or month of the market.
    #[getter]
    fn interval_ns(&self) -> Option<i64> {
        self.series.interval().length().map(|length| length.0)
    }

    /// Length of a bar in words.
    #[getter]
    fn interval_words(&self) -> String {
        match self.series.interval() {
            Interval::Day => "day".to_owned(),
            Interval::Week => "week".to_owned(),
            Interval::Month => "month".to_owned(),
            time @ Interval::Time(_) => length(time),
        }
    }

    /// Price step, as text.
    #[getter]
    fn tick_size(&self) -> String {
        self.series.grid().tick_size.normalize().to_string()
    }

    /// Volume step, as text.
    #[getter]
    fn volume_step(&self) -> String {
        self.series.grid().volume_step.normalize().to_string()
    }

    /// Whether the price step and the volume step were told by the decimals.
    #[getter]
    fn inferred(&self) -> (bool, bool) {
        let grid = self.series.grid();
        (grid.tick_inferred, grid.volume_inferred)
    }

    /// Open of the first bar and end of the last, nanoseconds since 1970, UTC.
    #[getter]
    fn span_ns(&self) -> (i64, i64) {
        let bars = self.series.bars();
        (bars[0].ts_open.0, self.series.close_of(bars.len() - 1).0)
    }

    /// Whether every bar has taker-buy volume.
    #[getter]
    fn has_taker(&self) -> bool {
        self.series.has_taker()
    }

    /// First bar of each segment and the one after its last.
    #[getter]
    fn segments(&self) -> Vec<(usize, usize)> {
        self.series.segments().iter().map(|segment| (segment.start, segment.end)).collect()
    }

    /// Name of the calendar, and whether it was told by the open times.
    #[getter]
    fn calendar(&self) -> (&str, bool) {
        (self.series.calendar().name(), self.series.is_calendar_inferred())
    }

    /// Path, SHA-256 and number of bars of each file.
    #[getter]
    fn sources(&self) -> Vec<(String, String, usize)> {
        let sources = self.series.sources().iter();
        sources.map(|file| (file.path.clone(), file.sha256.clone(), file.rows)).collect()
    }

    /// What was mended and rounded, by its count.
    #[getter]
    fn repaired(&self) -> Vec<(&'static str, u64)> {
        let counts = self.series.all_repaired().counts();
        counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| (what, n)).collect()
    }

    fn __len__(&self) -> usize {
        self.series.bars().len()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.series == other.series
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let bars = self.series.bars();
        let mut hasher = DefaultHasher::new();
        self.series.symbol().hash(&mut hasher);
        for bar in [bars.first(), bars.last()].into_iter().flatten() {
            (bar.ts_open, bar.open, bar.close, bars.len()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Where bars are missing.
    fn gaps(&self) -> Result<PyTable, Failure> {
        let gaps = self.series.gaps();
        let missing = gaps.iter().map(|gap| gap.missing);
        of_arrays(vec![
            ("after", times(gaps.iter().map(|gap| gap.after.0))),
            ("missing", Arc::new(UInt64Array::from_iter_values(missing))),
        ])
    }

    /// Index of the first bar that opens at or after an instant.
    fn index_of(&self, time: &Bound<'_, PyAny>) -> Result<usize, Failure> {
        let ts = instant(time, "time")?;
        Ok(self.series.bars().partition_point(|bar| bar.ts_open < ts))
    }

    /// The bars of a range of indexes.
    fn part(&self, start: usize, end: usize) -> Result<Self, Failure> {
        let part = self.series.part(start..end).map(|series| Self { series });
        part.ok_or_else(|| Failure::new(Class::Data, "there is no bar in that stretch"))
    }

    /// Longer bars; those that the ends of segments cut off are left out, or kept.
    fn resample(
        &self,
        py: Python<'_>,
        interval: &Bound<'_, PyAny>,
        keep: bool,
    ) -> PyResult<(Self, u64)> {
        let length = span::interval(interval, "interval")?;
        let edges = if keep { Edges::Keep } else { Edges::Drop };
        released(py, None, |_| {
            let longer = resample(&self.series, length, edges)
                .map_err(|error| Failure::argument(Class::Config, "interval", error))?;
            Ok((Self { series: longer.series }, longer.dropped as u64))
        })
    }

    /// All of it as bytes, for pickles.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.series.to_state())
    }

    /// The bars that [`Bars::state`] made bytes of.
    #[staticmethod]
    fn of_state(state: &[u8]) -> Result<Self, Failure> {
        let series = Series::from_state(state).map(|series| Self { series });
        let words = "these bytes are no bars of this version of tickstep";
        series.ok_or_else(|| Failure::new(Class::Data, words))
    }

    /// The bars as a table of Arrow.
    fn table(&self, py: Python<'_>) -> PyResult<PyTable> {
        released(py, None, |_| self.columns())
    }
}

impl Bars {
    fn columns(&self) -> Result<PyTable, Failure> {
        let (bars, grid) = (self.series.bars(), self.series.grid());
        let price = |px: fn(&Bar) -> Ticks| -> ArrayRef {
            let prices = bars.iter().map(|bar| grid.price_f64(px(bar)));
            Arc::new(Float64Array::from_iter_values(prices))
        };
        let volume = bars.iter().map(|bar| grid.volume_f64(bar.volume));
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("open_time", times(bars.iter().map(|bar| bar.ts_open.0))),
            ("open", price(|bar| bar.open)),
            ("high", price(|bar| bar.high)),
            ("low", price(|bar| bar.low)),
            ("close", price(|bar| bar.close)),
            ("volume", Arc::new(Float64Array::from_iter_values(volume))),
        ];
        if self.series.has_taker() {
            let taker = bars.iter().filter_map(|bar| Some(grid.volume_f64(bar.taker_buy?)));
            let taker = Arc::new(Float64Array::from_iter_values(taker));
            columns.push(("taker_buy_volume", taker));
        }
        of_arrays(columns)
    }
}
