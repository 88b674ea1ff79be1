//! The bars of one instrument, checked and cut into segments: what a run reads.
//!
//! Invariants of a [`Series`] made here: open times rise by whole intervals;
//! every bar is a candle (`low <= open, close <= high`, prices above zero,
//! taker-buy volume at most the volume); all bars have taker-buy volume or none
//! has; segments are not empty, do not overlap and cover all bars.
//!
//! A series does not fill gaps and does not know the instrument that is traded:
//! its grid is that of the data.

pub mod resample;

use std::ops::Range;

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::load::{
    Axis, Cell, LoadError, LoadOptions, Measure, Origin, Place, Repaired, RowContext, Rows,
    is_sound,
};

/// The steps that a series counts its prices and volumes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Price of one tick, quote currency.
    pub tick_size: Decimal,
    /// Quantity of one volume step, base units.
    pub volume_step: Decimal,
    /// Whether `tick_size` was inferred from the decimals of the data.
    pub tick_inferred: bool,
    /// Whether `volume_step` was inferred from the decimals of the data.
    pub volume_inferred: bool,
}

impl Grid {
    /// A grid the user states.
    #[must_use]
    pub const fn stated(tick_size: Decimal, volume_step: Decimal) -> Self {
        Self { tick_size, volume_step, tick_inferred: false, volume_inferred: false }
    }

    /// The float nearest to a price, quote currency.
    #[must_use]
    pub fn price_f64(&self, px: Ticks) -> f64 {
        nearest(px.0, self.tick_size)
    }

    /// The float nearest to a volume, base units.
    #[must_use]
    pub fn volume_f64(&self, volume: Lots) -> f64 {
        nearest(volume.get(), self.volume_step)
    }
}

/// `n * step`, rounded once: the product is exact up to 2^53 and so is the power
/// of ten up to 10^22, so that the float reads back as the decimal it stands for.
fn nearest(n: i64, step: Decimal) -> f64 {
    let step = step.normalize();
    let power = 10_f64.powi(step.scale().cast_signed());
    match i128::from(n).checked_mul(step.mantissa()) {
        Some(product) => product as f64 / power,
        // A step of more digits than a series can have.
        None => n as f64 * (step.mantissa() as f64 / power),
    }
}

/// Bars that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Open time of the bar before the gap.
    pub after: Nanos,
    /// How many bars are missing: difference of open times / interval - 1.
    pub missing: u64,
}

/// A file that a series was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as it was given.
    pub path: String,
    /// SHA-256 of the file's bytes as stored, in hex.
    pub sha256: String,
    /// Bars in the file, whether or not they lie in the period asked for.
    pub rows: usize,
    /// Lists in the file that hold no bar (windows of a JSON archive).
    pub empty: usize,
    /// Open time of its first bar.
    pub first: Nanos,
    /// Open time of its last bar.
    pub last: Nanos,
}

/// How many values were rounded to a grid the user named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounded {
    /// Prices.
    pub prices: u64,
    /// Volumes and taker-buy volumes.
    pub volumes: u64,
}

/// The bars of one instrument at one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Name of the instrument.
    pub symbol: String,
    /// Length of a bar.
    pub interval: Nanos,
    /// Steps of prices and volumes.
    pub grid: Grid,
    /// All bars, by open time.
    pub bars: Vec<Bar>,
    /// Stretches of `bars` between which everything starts afresh.
    pub segments: Vec<Range<usize>>,
    /// Every gap, those between segments included.
    pub gaps: Vec<Gap>,
    /// Whether every bar has taker-buy volume; if not, none has.
    pub has_taker: bool,
    /// What was rounded to the stated grid.
    pub rounded: Rounded,
    /// What the named repairs mended; roundings are in `rounded`.
    pub repaired: Repaired,
    /// Files, in order of their bars; empty for data from memory.
    pub sources: Vec<Source>,
}

/// One bar per index, as floats. Prices in quote currency, volumes in base units.
#[derive(Clone, Copy, Debug)]
pub struct FloatBars<'a> {
    /// Open times, nanoseconds UTC.
    pub ts_open: &'a [i64],
    /// First prices.
    pub open: &'a [f64],
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices.
    pub low: &'a [f64],
    /// Last prices.
    pub close: &'a [f64],
    /// Volumes.
    pub volume: &'a [f64],
    /// Volumes that aggressive buyers took, where the data has them.
    pub taker_buy: Option<&'a [f64]>,
}

impl Series {
    /// Everything that differs from the data as found: repairs and roundings.
    #[must_use]
    pub fn all_repaired(&self) -> Repaired {
        let mut all = self.repaired;
        all.prices_rounded += self.rounded.prices;
        all.volumes_rounded += self.rounded.volumes;
        all
    }

    /// Checks bars that are in memory. Their integers are steps of `grid`.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_backtest::series::{Grid, Series};
    /// use tickstep_core::event::Bar;
    /// use tickstep_core::units::{Lots, Nanos, Ticks};
    ///
    /// let bar = |minute| Bar {
    ///     ts_open: Nanos(1_690_848_000_000_000_000 + minute * Nanos::MINUTE.0),
    ///     open: Ticks(4255),
    ///     high: Ticks(4256),
    ///     low: Ticks(4252),
    ///     close: Ticks(4252),
    ///     volume: Lots::ZERO,
    ///     taker_buy: None,
    /// };
    /// let grid = Grid::stated(Decimal::new(1, 3), Decimal::new(1, 1));
    /// let bars = vec![bar(0), bar(1), bar(5)];
    /// let series = Series::from_bars("FILUSDT", Nanos::MINUTE, grid, bars, Nanos::DAY)?;
    /// assert_eq!(series.gaps[0].missing, 3); // 4 minutes / 1 minute - 1
    /// assert_eq!(series.segments, [0..3]);
    /// # Ok::<(), tickstep_backtest::load::LoadError>(())
    /// ```
    pub fn from_bars(
        symbol: impl Into<String>,
        interval: Nanos,
        grid: Grid,
        bars: Vec<Bar>,
        segment_gap: Nanos,
    ) -> Result<Self, LoadError> {
        Axis::new(Measure::Price, Some(grid.tick_size), false)?;
        Axis::new(Measure::Volume, Some(grid.volume_step), false)?;
        let taker = bars.first().is_some_and(|bar| bar.taker_buy.is_some());
        let origin = Origin::in_memory(taker);
        let scene = RowContext { origin: &origin, tick: grid.tick_size, step: grid.volume_step };
        let mut last = None;
        for (i, bar) in bars.iter().enumerate() {
            let number = i as u64 + 1;
            if !is_sound(bar) {
                scene.bar(number, bar)?;
            }
            if bar.taker_buy.is_some() != taker {
                let (here, first) = (Place::Row(number), Place::Row(1));
                let (with, without) = if taker { (first, here) } else { (here, first) };
                return Err(LoadError::MixedTaker { with, without });
            }
            if last.is_some_and(|last| bar.ts_open <= last) {
                return Err(scene.out_of_order(number, bar, &bars[..i], &[]));
            }
            last = Some(bar.ts_open);
        }
        let raw = Raw {
            symbol: symbol.into(),
            interval: Some(interval),
            grid,
            bars,
            breaks: Vec::new(),
            segment_gap,
            period: None,
            rounded: Rounded::default(),
            repaired: Repaired::default(),
            sources: Vec::new(),
        };
        raw.assemble(&|index| origin.place(index as u64 + 1))
    }

    /// Checks arrays of floats. A value is on a stated grid within 1e-6 of a step,
    /// or when its shortest decimal text is; a grid that is not stated is inferred
    /// from those texts.
    pub fn from_f64(
        symbol: impl Into<String>,
        arrays: &FloatBars<'_>,
        opts: &LoadOptions,
    ) -> Result<Self, LoadError> {
        let symbol = symbol.into();
        arrays.check_lengths()?;
        let mut rows = opts.rows(Origin::in_memory(arrays.taker_buy.is_some()), &symbol)?;
        let taker = arrays.taker_buy.filter(|_| rows.origin.columns.taker.is_some());
        for (i, ts) in arrays.ts_open.iter().enumerate() {
            let cells =
                [arrays.open, arrays.high, arrays.low, arrays.close, arrays.volume].map(|a| a[i]);
            let taker = taker.map(|a| Cell::Float(a[i]));
            rows.push(i as u64 + 1, Nanos(*ts), cells.map(Cell::Float), taker)?;
        }
        Self::from_rows(symbol, rows, opts)
    }

    /// A series of rows that came from one place, without files.
    pub(crate) fn from_rows(
        symbol: String,
        rows: Rows,
        opts: &LoadOptions,
    ) -> Result<Self, LoadError> {
        let grid = Grid {
            tick_size: rows.price.step(),
            volume_step: rows.volume.step(),
            tick_inferred: rows.price.inferred,
            volume_inferred: rows.volume.inferred,
        };
        let raw = Raw {
            symbol,
            interval: opts.interval,
            grid,
            bars: rows.bars,
            breaks: Vec::new(),
            segment_gap: opts.segment_gap,
            period: opts.period,
            rounded: Rounded { prices: rows.price.rounded, volumes: rows.volume.rounded },
            repaired: rows.repaired,
            sources: Vec::new(),
        };
        raw.assemble(&|index| rows.origin.place(index as u64 + 1))
    }
}

impl FloatBars<'_> {
    fn check_lengths(&self) -> Result<(), LoadError> {
        let expected = self.ts_open.len();
        let arrays = [
            ("open", Some(self.open)),
            ("high", Some(self.high)),
            ("low", Some(self.low)),
            ("close", Some(self.close)),
            ("volume", Some(self.volume)),
            ("taker_buy", self.taker_buy),
        ];
        for (column, array) in arrays {
            let found = array.map_or(expected, <[f64]>::len);
            if found != expected {
                return Err(LoadError::Length { column, expected, found });
            }
        }
        Ok(())
    }
}

/// Checked bars in order, on the way to a [`Series`].
pub(crate) struct Raw {
    pub symbol: String,
    pub interval: Option<Nanos>,
    pub grid: Grid,
    pub bars: Vec<Bar>,
    /// Where the user's segments begin, but the first.
    pub breaks: Vec<usize>,
    pub segment_gap: Nanos,
    pub period: Option<(Nanos, Nanos)>,
    pub rounded: Rounded,
    pub repaired: Repaired,
    pub sources: Vec<Source>,
}

impl Raw {
    /// Settles the interval, cuts out the period, and finds gaps and segments.
    /// `place` names a bar by its index.
    pub(crate) fn assemble(mut self, place: &dyn Fn(usize) -> Place) -> Result<Series, LoadError> {
        self.check_options()?;
        let interval = self.settle_interval(place)?;
        self.cut_period()?;
        let mut gaps = Vec::new();
        let mut starts = vec![0];
        for (i, pair) in self.bars.windows(2).enumerate() {
            let without = (pair[1].ts_open - pair[0].ts_open) - interval;
            if without.0 > 0 {
                let missing = (without.0 / interval.0).cast_unsigned();
                gaps.push(Gap { after: pair[0].ts_open, missing });
            }
            if without > self.segment_gap || self.breaks.binary_search(&(i + 1)).is_ok() {
                starts.push(i + 1);
            }
        }
        let ends = starts.iter().skip(1).copied().chain([self.bars.len()]);
        let segments = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
        Ok(Series {
            has_taker: self.bars.iter().all(|bar| bar.taker_buy.is_some()),
            symbol: self.symbol,
            interval,
            grid: self.grid,
            bars: self.bars,
            segments,
            gaps,
            rounded: self.rounded,
            repaired: self.repaired,
            sources: self.sources,
        })
    }

    fn check_options(&self) -> Result<(), LoadError> {
        let bad = |option, value, range| Err(LoadError::BadOption { option, value, range });
        if let Some(interval) = self.interval
            && interval.0 <= 0
        {
            return bad("interval", format!("{} ns", interval.0), "above zero");
        }
        if self.segment_gap.0 < 0 {
            return bad("segment_gap", format!("{} ns", self.segment_gap.0), "zero or more");
        }
        Ok(())
    }

    fn settle_interval(&self, place: &dyn Fn(usize) -> Place) -> Result<Nanos, LoadError> {
        if self.bars.is_empty() {
            return Err(LoadError::Nothing);
        }
        let between = |pair: &[Bar]| pair[1].ts_open - pair[0].ts_open;
        let smallest = || self.bars.windows(2).map(between).min();
        let interval = self
            .interval
            .or_else(smallest)
            .ok_or_else(|| LoadError::IntervalUnknown { place: place(0) })?;
        match self.bars.windows(2).position(|pair| between(pair).0 % interval.0 != 0) {
            None => Ok(interval),
            Some(i) => {
                let (ts, before) = (self.bars[i + 1].ts_open, self.bars[i].ts_open);
                Err(LoadError::OffInterval { place: place(i + 1), ts, before, interval })
            }
        }
    }

    fn cut_period(&mut self) -> Result<(), LoadError> {
        let Some((from, to)) = self.period else { return Ok(()) };
        let start = self.bars.partition_point(|bar| bar.ts_open < from);
        let end = self.bars.partition_point(|bar| bar.ts_open < to);
        if start >= end {
            let time = |bar: Option<&Bar>| bar.map_or(Nanos(0), |bar| bar.ts_open);
            let (first, last) = (time(self.bars.first()), time(self.bars.last()));
            return Err(LoadError::EmptyPeriod { from, to, first, last });
        }
        self.bars.truncate(end);
        self.bars.drain(..start);
        self.breaks.retain(|i| *i > start && *i < end);
        for i in &mut self.breaks {
            *i -= start;
        }
        Ok(())
    }
}
