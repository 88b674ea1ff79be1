//! Series from arrays in memory, as NumPy or a frame holds them: one value per bar in
//! each, all of one length.

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::error::LoadError;
use super::options::LoadOptions;
use super::origin::Origin;
use super::row_sink::RawValue;
use crate::series::candle::{BarField, InMemory, RowOrigin};
use crate::series::fault::RowFault;
use crate::series::{Grid, Series};

/// Bars as floats, one value per bar in each slice.
#[derive(Clone, Copy, Debug)]
pub struct FloatBars<'a> {
    /// Open times, nanoseconds since 1970, UTC.
    pub ts_open: &'a [i64],
    /// First prices, quote currency.
    pub open: &'a [f64],
    /// Highest prices, quote currency.
    pub high: &'a [f64],
    /// Lowest prices, quote currency.
    pub low: &'a [f64],
    /// Last prices, in quote currency.
    pub close: &'a [f64],
    /// Volumes, in base units.
    pub volume: &'a [f64],
    /// Volumes that aggressive buyers took, base units, where the data has them.
    pub taker_buy: Option<&'a [f64]>,
}

/// Bars as integers of a grid, one value per bar in each slice.
#[derive(Clone, Copy, Debug)]
pub struct IntegerBars<'a> {
    /// Open times, nanoseconds since 1970, UTC.
    pub ts_open: &'a [i64],
    /// First prices, in ticks.
    pub open: &'a [i64],
    /// Highest prices, in ticks.
    pub high: &'a [i64],
    /// Lowest prices, in ticks.
    pub low: &'a [i64],
    /// Last prices, in ticks.
    pub close: &'a [i64],
    /// Volumes, in volume steps.
    pub volume: &'a [i64],
    /// Volumes that aggressive buyers took, volume steps, where the data has them.
    pub taker_buy: Option<&'a [i64]>,
}

/// Checks arrays of floats. A value is on a stated grid within 1e-6 of a step,
/// or when its shortest decimal text is; a grid that is not stated is inferred
/// from those texts.
///
/// ```
/// use tickstep_backtest::load::{FloatBars, LoadOptions, from_f64};
///
/// let bars = FloatBars {
///     ts_open: &[1_690_848_000_000_000_000, 1_690_848_060_000_000_000],
///     open: &[4.255, 4.251],
///     high: &[4.256, 4.253],
///     low: &[4.252, 4.251],
///     close: &[4.252, 4.253],
///     volume: &[25259.1, 2476.0],
///     taker_buy: None,
/// };
/// let series = from_f64("FILUSDT", &bars, &LoadOptions::default())?;
/// assert_eq!(series.grid().tick_size.to_string(), "0.001");
/// assert_eq!(series.bars()[1].close.0, 4253); // 4.253 in ticks of 0.001
/// # Ok::<(), tickstep_backtest::load::LoadError>(())
/// ```
pub fn from_f64(
    symbol: impl Into<String>,
    arrays: &FloatBars<'_>,
    opts: &LoadOptions,
) -> Result<Series, LoadError> {
    let symbol = symbol.into();
    let FloatBars { ts_open, open, high, low, close, volume, taker_buy } = *arrays;
    let lengths = [open, high, low, close, volume].map(<[f64]>::len);
    one_length(ts_open.len(), lengths, taker_buy.map(<[f64]>::len))?;
    let mut rows = opts.rows(Origin::in_memory(taker_buy.is_some()), &symbol)?;
    let taker = taker_buy.filter(|_| rows.origin.columns.taker.is_some());
    for (i, ts) in ts_open.iter().enumerate() {
        let values = [open, high, low, close, volume].map(|array| RawValue::Float(array[i]));
        let taker = taker.map(|array| RawValue::Float(array[i]));
        rows.push(i as u64 + 1, Nanos(*ts), values, taker)?;
    }
    opts.series(symbol, rows)
}

/// Checks arrays of integers, which are steps of `grid`; a gap above `segment_gap`
/// starts a new segment.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_backtest::load::{IntegerBars, from_i64};
/// use tickstep_backtest::series::Grid;
/// use tickstep_core::units::Nanos;
///
/// let bars = IntegerBars {
///     ts_open: &[1_690_848_000_000_000_000, 1_690_848_060_000_000_000],
///     open: &[4255, 4251],
///     high: &[4256, 4253],
///     low: &[4252, 4251],
///     close: &[4252, 4253],
///     volume: &[252_591, 24_760],
///     taker_buy: None,
/// };
/// let grid = Grid::stated(Decimal::new(1, 3), Decimal::new(1, 1));
/// let series = from_i64("FILUSDT", Nanos::MINUTE, grid, &bars, Nanos::DAY)?;
/// assert_eq!(series.grid().price_f64(series.bars()[1].close), 4.253);
/// # Ok::<(), tickstep_backtest::load::LoadError>(())
/// ```
pub fn from_i64(
    symbol: impl Into<String>,
    interval: Nanos,
    grid: Grid,
    arrays: &IntegerBars<'_>,
    segment_gap: Nanos,
) -> Result<Series, LoadError> {
    let IntegerBars { ts_open, open, high, low, close, volume, taker_buy } = *arrays;
    let lengths = [open, high, low, close, volume].map(<[i64]>::len);
    one_length(ts_open.len(), lengths, taker_buy.map(<[i64]>::len))?;
    let lots = |i: usize, field: BarField, steps: i64| {
        Lots::new(steps).ok_or_else(|| {
            let value = grid.volume_step.checked_mul(Decimal::from(steps));
            let value = value.map_or_else(|| steps.to_string(), |v| v.normalize().to_string());
            let fault = RowFault::NegativeVolume { column: InMemory.name(field), value };
            fault.at(InMemory.place(i as u64 + 1))
        })
    };
    let mut bars = Vec::with_capacity(ts_open.len());
    for (i, ts) in ts_open.iter().enumerate() {
        bars.push(Bar {
            ts_open: Nanos(*ts),
            open: Ticks(open[i]),
            high: Ticks(high[i]),
            low: Ticks(low[i]),
            close: Ticks(close[i]),
            volume: lots(i, BarField::Volume, volume[i])?,
            taker_buy: taker_buy.map(|array| lots(i, BarField::Taker, array[i])).transpose()?,
        });
    }
    Ok(Series::from_bars(symbol, interval, grid, bars, segment_gap)?)
}

/// Every array has a value for every bar.
fn one_length(
    expected: usize,
    lengths: [usize; 5],
    taker_buy: Option<usize>,
) -> Result<(), LoadError> {
    let names = ["open", "high", "low", "close", "volume"];
    let all = names.into_iter().zip(lengths).chain(taker_buy.map(|n| ("taker_buy", n)));
    match all.into_iter().find(|(_, found)| *found != expected) {
        Some((column, found)) => Err(LoadError::Length { column, expected, found }),
        None => Ok(()),
    }
}
