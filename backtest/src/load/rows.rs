//! Rows of one file, or of arrays in memory, becoming checked bars.
//!
//! Every row goes through [`CheckedRows::push`], whatever it was stored as, so a CSV
//! line, a Parquet row and a float array meet the same rules in the same order.

use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::number::{Num, NumError};
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink};
use super::time::Unit;
use super::value_grid::{Misfit, ValueGrid, shortest};
use crate::series::SeriesMarket;
use crate::series::candle::{BarField, RowContext, RowOrigin, is_sound};
use crate::series::fault::{RowError, RowFault};
use crate::series::grid::Measure;
use crate::series::repairs::Repaired;

impl RowSink for CheckedRows {
    #[inline]
    fn row(
        &mut self,
        number: u64,
        stamp: RawTime<'_>,
        cells: [RawValue<'_>; 5],
        taker: Option<RawValue<'_>>,
    ) -> Result<(), RowError> {
        let ts = self.time(number, stamp)?;
        self.push(number, ts, cells, taker)
    }

    fn torn(&mut self, _: u64, error: RowError) -> Result<(), RowError> {
        Err(error)
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    fn restart(&mut self) {
        *self = Self::new(self.origin.clone(), self.price.anew(), self.volume.anew());
    }

    fn expect(&mut self, rows: usize) {
        self.reserve(rows);
    }
}

/// A value that was read, but is not on the grid yet.
#[derive(Clone, Copy)]
pub(super) enum ReadValue {
    Num(Num),
    Float(f64),
}

/// The value that asked for the finest grid, for messages.
#[derive(Clone, Debug)]
struct Finest {
    number: u64,
    column: BarField,
    value: String,
}

/// Bars of one origin, in order, on their own grid.
#[derive(Debug)]
pub(crate) struct CheckedRows {
    pub origin: Origin,
    pub price: ValueGrid,
    pub volume: ValueGrid,
    pub bars: Vec<Bar>,
    /// Line or row of each bar.
    pub numbers: Vec<u64>,
    /// What was mended on the way, because the user named the repair.
    pub repaired: Repaired,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
    /// When the market trades, where the file states it.
    pub market: Option<SeriesMarket>,
    pub(super) unit: Option<Unit>,
    finest: [Option<Finest>; 2],
}

impl CheckedRows {
    pub(crate) fn new(origin: Origin, price: ValueGrid, volume: ValueGrid) -> Self {
        Self {
            origin,
            price,
            volume,
            bars: Vec::new(),
            numbers: Vec::new(),
            repaired: Repaired::default(),
            interval: None,
            market: None,
            unit: None,
            finest: [None, None],
        }
    }

    /// The same, of bars whose length the file states.
    pub(crate) fn over(self, interval: Option<Nanos>, market: Option<SeriesMarket>) -> Self {
        Self { interval, market, ..self }
    }

    /// Makes room for `more` rows.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.bars.reserve(more);
        self.numbers.reserve(more);
    }

    /// How these rows are named in messages.
    pub(crate) fn context(&self) -> RowContext<'_> {
        RowContext { origin: &self.origin, tick: self.price.step(), step: self.volume.step() }
    }

    /// Adds a row: open, high, low, close, volume and, where there is one, taker-buy volume.
    pub(crate) fn push(
        &mut self,
        number: u64,
        ts_open: Nanos,
        cells: [RawValue<'_>; 5],
        taker: Option<RawValue<'_>>,
    ) -> Result<(), RowError> {
        const PRICES: [BarField; 4] =
            [BarField::Open, BarField::High, BarField::Low, BarField::Close];
        let [open, high, low, close, volume] = cells;
        let prices = [open, high, low, close];
        let mut px = [0_i64; 4];
        let mut read = [ReadValue::Float(0.0); 4];
        for i in 0..4 {
            read[i] = self.read(number, PRICES[i], prices[i])?;
        }
        for i in 0..4 {
            self.refine(number, PRICES[i], prices[i], read[i])?;
        }
        for i in 0..4 {
            let fit = place_on(&mut self.price, read[i]);
            px[i] = fit.map_err(|e| self.misfit(number, PRICES[i], prices[i], e))?;
        }
        let lots = self.lots(number, volume, taker)?;
        let bar = Bar {
            ts_open,
            open: Ticks(px[0]),
            high: Ticks(px[1]),
            low: Ticks(px[2]),
            close: Ticks(px[3]),
            volume: lots.0,
            taker_buy: lots.1,
        };
        if !is_sound(&bar) {
            self.context().candle(number, &bar)?;
        }
        if self.bars.last().is_some_and(|last| ts_open <= last.ts_open) {
            return Err(self.context().out_of_order(number, &bar, &self.bars, &self.numbers));
        }
        self.bars.push(bar);
        self.numbers.push(number);
        Ok(())
    }

    fn lots(
        &mut self,
        number: u64,
        volume: RawValue<'_>,
        taker: Option<RawValue<'_>>,
    ) -> Result<(Lots, Option<Lots>), RowError> {
        let read = self.read(number, BarField::Volume, volume)?;
        self.refine(number, BarField::Volume, volume, read)?;
        let taker = match taker {
            None => None,
            Some(cell) => {
                if matches!(cell, RawValue::Text(text) if text.trim_ascii().is_empty()) {
                    let place = self.origin.place(number);
                    let column = self.origin.name(BarField::Taker);
                    return Err(RowFault::EmptyTaker { column }.at(place));
                }
                let read = self.read(number, BarField::Taker, cell)?;
                self.refine(number, BarField::Taker, cell, read)?;
                Some((cell, read))
            }
        };
        let volume = self.fit_lots(number, BarField::Volume, volume, read)?;
        let taker = match taker {
            None => None,
            Some((cell, read)) => Some(self.fit_lots(number, BarField::Taker, cell, read)?),
        };
        Ok((volume, taker))
    }

    fn fit_lots(
        &mut self,
        number: u64,
        column: BarField,
        cell: RawValue<'_>,
        value: ReadValue,
    ) -> Result<Lots, RowError> {
        let fit = place_on(&mut self.volume, value);
        let steps = fit.map_err(|e| self.misfit(number, column, cell, e))?;
        Lots::new(steps).ok_or_else(|| {
            let (column, value) = (self.origin.name(column), cell.shown());
            RowFault::NegativeVolume { column, value }.at(self.origin.place(number))
        })
    }

    #[inline]
    pub(super) fn read(
        &self,
        number: u64,
        column: BarField,
        cell: RawValue<'_>,
    ) -> Result<ReadValue, RowError> {
        let error = match cell {
            RawValue::Text(text) => match Num::parse(text) {
                Ok(num) => return Ok(ReadValue::Num(num)),
                Err(e) => e,
            },
            RawValue::Exact(num) => return Ok(ReadValue::Num(num)),
            RawValue::Float(value) => {
                let grid = self.grid(column);
                if !value.is_finite() {
                    NumError::NotANumber
                } else if !grid.inferred {
                    return Ok(ReadValue::Float(value));
                } else if let Some(num) = shortest(value) {
                    return Ok(ReadValue::Num(num));
                } else {
                    NumError::TooLong
                }
            }
        };
        let fault = error.fault(self.origin.name(column), cell.shown());
        Err(fault.at(self.origin.place(number)))
    }

    const fn grid(&self, column: BarField) -> &ValueGrid {
        match column {
            BarField::Volume | BarField::Taker => &self.volume,
            BarField::Time | BarField::Open | BarField::High | BarField::Low | BarField::Close => {
                &self.price
            }
        }
    }

    /// Makes the inferred grid fine enough for `value`.
    #[inline]
    fn refine(
        &mut self,
        number: u64,
        column: BarField,
        cell: RawValue<'_>,
        value: ReadValue,
    ) -> Result<(), RowError> {
        let ReadValue::Num(num) = value else { return Ok(()) };
        let grid = match column {
            BarField::Volume | BarField::Taker => &mut self.volume,
            BarField::Time | BarField::Open | BarField::High | BarField::Low | BarField::Close => {
                &mut self.price
            }
        };
        let Some(factor) = grid.refine(num.scale) else { return Ok(()) };
        let measure = grid.measure;
        self.finest[measure as usize] = Some(Finest { number, column, value: cell.shown() });
        self.multiply(measure, factor)
    }

    /// Brings an inferred grid to `scale` decimals, which other files of the series have.
    pub(crate) fn refine_to(&mut self, measure: Measure, scale: u32) -> Option<()> {
        let grid = match measure {
            Measure::Price => &mut self.price,
            Measure::Volume => &mut self.volume,
        };
        grid.refine(scale).map_or(Some(()), |factor| self.multiply(measure, factor).ok())
    }

    fn multiply(&mut self, measure: Measure, factor: i128) -> Result<(), RowError> {
        let times = |n: i64| {
            let product = i128::from(n).checked_mul(factor)?;
            i64::try_from(product).ok().filter(|n| n.abs() <= measure.max())
        };
        let scaled = |bar: &Bar| {
            let mut bar = *bar;
            match measure {
                Measure::Price => {
                    for px in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                        *px = Ticks(times(px.0)?);
                    }
                }
                Measure::Volume => {
                    bar.volume = Lots::new(times(bar.volume.get())?)?;
                    if let Some(taker) = bar.taker_buy {
                        bar.taker_buy = Some(Lots::new(times(taker.get())?)?);
                    }
                }
            }
            Some(bar)
        };
        for i in 0..self.bars.len() {
            match scaled(&self.bars[i]) {
                Some(bar) => self.bars[i] = bar,
                None => return Err(self.too_fine(measure)),
            }
        }
        Ok(())
    }

    /// The value of these rows that asks for more decimals than others can bear.
    pub(crate) fn too_fine(&self, measure: Measure) -> RowError {
        let finest = self.finest[measure as usize].as_ref();
        let (number, column, value) = finest.map_or_else(
            || (self.numbers.first().copied().unwrap_or(1), BarField::Open, "0".to_owned()),
            |finest| (finest.number, finest.column, finest.value.clone()),
        );
        let fault = RowFault::GridTooFine {
            column: self.origin.name(column),
            value: value.into(),
            option: measure.option(),
            step: self.grid(column).step(),
            max: measure.max(),
        };
        fault.at(self.origin.place(number))
    }

    #[cold]
    fn misfit(
        &self,
        number: u64,
        column: BarField,
        cell: RawValue<'_>,
        misfit: Misfit,
    ) -> RowError {
        let grid = self.grid(column);
        let place = self.origin.place(number);
        let (column, value) = (self.origin.name(column), cell.shown());
        let (option, step) = (grid.measure.option(), grid.step());
        let fault = match misfit {
            Misfit::NotANumber => RowFault::BadNumber { column, value },
            Misfit::OffGrid => RowFault::OffGrid { column, value, option, step },
            Misfit::TooLarge => {
                let (value, max) = (value.into(), grid.measure.max());
                RowFault::TooLarge { column, value, option, step, max }
            }
        };
        fault.at(place)
    }
}

#[inline]
fn place_on(grid: &mut ValueGrid, value: ReadValue) -> Result<i64, Misfit> {
    match value {
        ReadValue::Num(num) => grid.fit(num),
        ReadValue::Float(value) => grid.fit_f64(value),
    }
}
