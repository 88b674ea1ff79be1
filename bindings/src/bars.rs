//! Bars: from files, from frames and arrays, and out again.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::Float64Array;
use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use tickstep_backtest::load::{LoadOptions, load};
use tickstep_backtest::series::Series;

use crate::failure::{Class, Failure};
use crate::frame::{of_arrays, times};
use crate::released::released;

/// The bars of one instrument, checked.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Bars {
    pub series: Series,
}

/// Reads files of bars.
#[pyfunction]
#[pyo3(signature = (files, *, symbol=None, tick_size=None, lot_step=None, progress=None))]
pub fn read_bars(
    py: Python<'_>,
    files: Vec<PathBuf>,
    symbol: Option<String>,
    tick_size: Option<String>,
    lot_step: Option<String>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Bars> {
    let decimal = |name, text: Option<String>| {
        text.map(|text| text.parse().map_err(|e| Failure::argument(Class::Config, name, e)))
            .transpose()
    };
    let opts = LoadOptions {
        tick_size: decimal("tick_size", tick_size)?,
        volume_step: decimal("lot_step", lot_step)?,
        ..LoadOptions::default()
    };
    let series = released(py, progress, |watch| {
        let mut at = |p: tickstep_backtest::load::LoadProgress<'_>| watch.at(p.bytes, p.total);
        Ok(load(symbol.as_deref(), &[files], &opts, &mut at)?)
    })?;
    Ok(Bars { series })
}

#[pymethods]
impl Bars {
    /// Name of the instrument.
    #[getter]
    fn symbol(&self) -> &str {
        self.series.symbol()
    }

    fn __len__(&self) -> usize {
        self.series.bars().len()
    }

    /// The bars as a table of Arrow.
    fn table(&self) -> Result<PyTable, Failure> {
        let (bars, grid) = (self.series.bars(), self.series.grid());
        let price = |px: fn(&tickstep_core::event::Bar) -> tickstep_core::units::Ticks| {
            let prices = bars.iter().map(|bar| grid.price_f64(px(bar)));
            Arc::new(Float64Array::from_iter_values(prices)) as _
        };
        let volume = bars.iter().map(|bar| grid.volume_f64(bar.volume));
        let mut columns = vec![
            ("open_time", times(bars.iter().map(|bar| bar.ts_open.0))),
            ("open", price(|bar| bar.open)),
            ("high", price(|bar| bar.high)),
            ("low", price(|bar| bar.low)),
            ("close", price(|bar| bar.close)),
            ("volume", Arc::new(Float64Array::from_iter_values(volume)) as _),
        ];
        if self.series.has_taker() {
            let taker = bars.iter().filter_map(|bar| Some(grid.volume_f64(bar.taker_buy?)));
            let taker = Arc::new(Float64Array::from_iter_values(taker));
            columns.push(("taker_buy_volume", taker as _));
        }
        of_arrays(columns)
    }
}
