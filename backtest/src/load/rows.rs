//! Rows of one file, or of arrays in memory, becoming checked bars.
//!
//! Every row goes through [`Rows::push`], whatever it was stored as, so a CSV
//! line, a Parquet row and a float array meet the same rules in the same order.

use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::axis::{Axis, Measure, Misfit, shortest};
use super::check::{self, Origin, RowContext};
use super::columns::Column;
use super::error::LoadError;
use super::number::{Num, NumError};
use super::repair::Repaired;
use super::sink::{Cell, Sink, Stamp, shown};
use super::time::{self, TimeError, Unit};

impl Sink for Rows {
    #[inline]
    fn row(
        &mut self,
        number: u64,
        stamp: Stamp<'_>,
        cells: [Cell<'_>; 5],
        taker: Option<Cell<'_>>,
    ) -> Result<(), LoadError> {
        let ts = self.time(number, stamp)?;
        self.push(number, ts, cells, taker)
    }

    fn torn(&mut self, _: u64, error: LoadError) -> Result<(), LoadError> {
        Err(error)
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    fn expect(&mut self, rows: usize) {
        self.reserve(rows);
    }
}

/// A value that was read, but is not on the grid yet.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Num(Num),
    Float(f64),
}

/// The value that asked for the finest grid, for messages.
#[derive(Clone, Debug)]
struct Finest {
    number: u64,
    column: Column,
    value: String,
}

/// Bars of one origin, in order, on the grid of its own axes.
#[derive(Debug)]
pub(crate) struct Rows {
    pub origin: Origin,
    pub price: Axis,
    pub volume: Axis,
    pub bars: Vec<Bar>,
    /// Line or row of each bar.
    pub numbers: Vec<u64>,
    /// What was mended on the way, because the user named the repair.
    pub repaired: Repaired,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
    unit: Option<Unit>,
    finest: [Option<Finest>; 2],
}

impl Rows {
    pub(crate) fn new(origin: Origin, price: Axis, volume: Axis) -> Self {
        let (bars, numbers) = (Vec::new(), Vec::new());
        Self {
            origin,
            price,
            volume,
            bars,
            numbers,
            repaired: Repaired::default(),
            interval: None,
            unit: None,
            finest: [None, None],
        }
    }

    /// The same, of bars whose length the file states.
    pub(crate) fn over(self, interval: Option<Nanos>) -> Self {
        Self { interval, ..self }
    }

    /// Makes room for `more` rows.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.bars.reserve(more);
        self.numbers.reserve(more);
    }

    /// How these rows are named in messages.
    pub(crate) fn scene(&self) -> RowContext<'_> {
        RowContext { origin: &self.origin, tick: self.price.step(), step: self.volume.step() }
    }

    /// Reads an open time; all of them have to be in one unit.
    pub(crate) fn time(&mut self, number: u64, stamp: Stamp<'_>) -> Result<Nanos, LoadError> {
        let read = match stamp {
            Stamp::Text(text) => time::parse(text),
            #[cfg(feature = "polars")]
            Stamp::Num(num) => time::from_num(num),
            Stamp::Nanos(ns) => time::from_nanos(ns),
            Stamp::Fault(_, why) => Err(why),
        };
        match read {
            Ok((ts, unit)) if *self.unit.get_or_insert(unit) == unit => Ok(ts),
            other => Err(self.time_error(number, stamp, other.map(|(_, unit)| unit))),
        }
    }

    #[cold]
    fn time_error(
        &self,
        number: u64,
        stamp: Stamp<'_>,
        unit: Result<Unit, TimeError>,
    ) -> LoadError {
        let place = self.origin.place(number);
        let column = self.origin.columns.name(Column::Time);
        let value = match stamp {
            Stamp::Text(text) => shown(text),
            #[cfg(feature = "polars")]
            Stamp::Num(num) => Cell::Exact(num).shown(),
            Stamp::Nanos(ns) => format!("{ns} ns"),
            Stamp::Fault(text, _) => shown(text),
        };
        match (unit, self.unit) {
            (Ok(unit), Some(before)) => {
                let (unit, before) = (unit.name(), before.name());
                LoadError::UnitChange { place, column, value, unit, before }
            }
            (Err(TimeError::Absurd), _) => LoadError::AbsurdTime { place, column, value },
            (Err(TimeError::ClockChange), _) => LoadError::ClockChange { place, column, value },
            (Ok(_), None) | (Err(TimeError::NotATime), _) => {
                LoadError::BadTime { place, column, value }
            }
        }
    }

    /// Adds a row: open, high, low, close, volume and, where there is one, taker-buy volume.
    pub(crate) fn push(
        &mut self,
        number: u64,
        ts_open: Nanos,
        cells: [Cell<'_>; 5],
        taker: Option<Cell<'_>>,
    ) -> Result<(), LoadError> {
        const PRICES: [Column; 4] = [Column::Open, Column::High, Column::Low, Column::Close];
        let [open, high, low, close, volume] = cells;
        let prices = [open, high, low, close];
        let mut px = [0_i64; 4];
        let mut read = [Value::Float(0.0); 4];
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
        if !check::is_sound(&bar) {
            self.scene().bar(number, &bar)?;
        }
        if self.bars.last().is_some_and(|last| ts_open <= last.ts_open) {
            return Err(self.scene().out_of_order(number, &bar, &self.bars, &self.numbers));
        }
        self.bars.push(bar);
        self.numbers.push(number);
        Ok(())
    }

    fn lots(
        &mut self,
        number: u64,
        volume: Cell<'_>,
        taker: Option<Cell<'_>>,
    ) -> Result<(Lots, Option<Lots>), LoadError> {
        let read = self.read(number, Column::Volume, volume)?;
        self.refine(number, Column::Volume, volume, read)?;
        let taker = match taker {
            None => None,
            Some(cell) => {
                if matches!(cell, Cell::Text(text) if text.trim_ascii().is_empty()) {
                    let place = self.origin.place(number);
                    let column = self.origin.columns.name(Column::Taker);
                    return Err(LoadError::EmptyTaker { place, column });
                }
                let read = self.read(number, Column::Taker, cell)?;
                self.refine(number, Column::Taker, cell, read)?;
                Some((cell, read))
            }
        };
        let volume = self.fit_lots(number, Column::Volume, volume, read)?;
        let taker = match taker {
            None => None,
            Some((cell, read)) => Some(self.fit_lots(number, Column::Taker, cell, read)?),
        };
        Ok((volume, taker))
    }

    fn fit_lots(
        &mut self,
        number: u64,
        column: Column,
        cell: Cell<'_>,
        value: Value,
    ) -> Result<Lots, LoadError> {
        let fit = place_on(&mut self.volume, value);
        let steps = fit.map_err(|e| self.misfit(number, column, cell, e))?;
        Lots::new(steps).ok_or_else(|| LoadError::NegativeVolume {
            place: self.origin.place(number),
            column: self.origin.columns.name(column),
            value: cell.shown(),
        })
    }

    #[inline]
    pub(super) fn read(
        &self,
        number: u64,
        column: Column,
        cell: Cell<'_>,
    ) -> Result<Value, LoadError> {
        let error = match cell {
            Cell::Text(text) => match Num::parse(text) {
                Ok(num) => return Ok(Value::Num(num)),
                Err(e) => e,
            },
            Cell::Exact(num) => return Ok(Value::Num(num)),
            Cell::Float(value) => {
                let axis = self.axis(column);
                if !value.is_finite() {
                    NumError::NotANumber
                } else if !axis.inferred {
                    return Ok(Value::Float(value));
                } else if let Some(num) = shortest(value) {
                    return Ok(Value::Num(num));
                } else {
                    NumError::TooLong
                }
            }
        };
        let place = self.origin.place(number);
        let (column, value) = (self.origin.columns.name(column), cell.shown());
        Err(match error {
            NumError::NotANumber => LoadError::BadNumber { place, column, value },
            NumError::TooLong => LoadError::TooLong { place, column, value },
        })
    }

    const fn axis(&self, column: Column) -> &Axis {
        match column {
            Column::Volume | Column::Taker => &self.volume,
            Column::Time | Column::Open | Column::High | Column::Low | Column::Close => &self.price,
        }
    }

    /// Makes the inferred grid fine enough for `value`.
    #[inline]
    fn refine(
        &mut self,
        number: u64,
        column: Column,
        cell: Cell<'_>,
        value: Value,
    ) -> Result<(), LoadError> {
        let Value::Num(num) = value else { return Ok(()) };
        let axis = match column {
            Column::Volume | Column::Taker => &mut self.volume,
            Column::Time | Column::Open | Column::High | Column::Low | Column::Close => {
                &mut self.price
            }
        };
        let Some(factor) = axis.refine(num.scale) else { return Ok(()) };
        let measure = axis.measure;
        self.finest[measure as usize] = Some(Finest { number, column, value: cell.shown() });
        self.multiply(measure, factor)
    }

    /// Brings an inferred grid to `scale` decimals, which other files of the series have.
    pub(crate) fn refine_to(&mut self, measure: Measure, scale: u32) -> Option<()> {
        let axis = match measure {
            Measure::Price => &mut self.price,
            Measure::Volume => &mut self.volume,
        };
        let Some(factor) = axis.refine(scale) else { return Some(()) };
        self.multiply(measure, factor).ok()
    }

    fn multiply(&mut self, measure: Measure, factor: i128) -> Result<(), LoadError> {
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
    pub(crate) fn too_fine(&self, measure: Measure) -> LoadError {
        let finest = self.finest[measure as usize].as_ref();
        let (number, column, value) = finest.map_or_else(
            || (self.numbers.first().copied().unwrap_or(1), Column::Open, "0".to_owned()),
            |finest| (finest.number, finest.column, finest.value.clone()),
        );
        LoadError::GridTooFine {
            place: self.origin.place(number),
            column: self.origin.columns.name(column),
            value: value.into(),
            option: measure.option(),
            step: self.axis(column).step(),
            max: measure.max(),
        }
    }

    #[cold]
    fn misfit(&self, number: u64, column: Column, cell: Cell<'_>, misfit: Misfit) -> LoadError {
        let axis = self.axis(column);
        let place = self.origin.place(number);
        let (column, value) = (self.origin.columns.name(column), cell.shown());
        let (option, step) = (axis.measure.option(), axis.step());
        match misfit {
            Misfit::NotANumber => LoadError::BadNumber { place, column, value },
            Misfit::OffGrid => LoadError::OffGrid { place, column, value, option, step },
            Misfit::TooLarge => {
                let (value, max) = (value.into(), axis.measure.max());
                LoadError::TooLarge { place, column, value, option, step, max }
            }
        }
    }
}

#[inline]
fn place_on(axis: &mut Axis, value: Value) -> Result<i64, Misfit> {
    match value {
        Value::Num(num) => axis.fit(num),
        Value::Float(value) => axis.fit_f64(value),
    }
}
