//! What a bar, and a row of bars, has to satisfy.

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::axis::Measure;
use super::columns::{Column, Columns};
use super::error::LoadError;
use super::place::Place;
use super::time;

/// Where rows come from and what their columns are called.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// File as the user named it; `None` for data in memory.
    pub path: Option<Box<str>>,
    /// Whether rows are lines of text.
    pub lines: bool,
    pub columns: Columns,
    /// Files inside an archive, each with the number of its first row.
    pub entries: Vec<(u64, Box<str>)>,
}

impl Origin {
    pub(crate) fn new(path: &str, lines: bool, columns: Columns) -> Self {
        Self { path: Some(path.into()), lines, columns, entries: Vec::new() }
    }

    pub(crate) fn in_memory(taker: bool) -> Self {
        Self { path: None, lines: false, columns: Columns::in_memory(taker), entries: Vec::new() }
    }

    pub(crate) fn place(&self, number: u64) -> Place {
        let entry = self.entries.partition_point(|(first, _)| *first <= number);
        if let (Some(path), Some((first, name))) =
            (&self.path, entry.checked_sub(1).and_then(|i| self.entries.get(i)))
        {
            let path = format!("{path}/{name}").into();
            return Place::FileRow { path, row: number - first + 1 };
        }
        match &self.path {
            Some(path) if self.lines => Place::Line { path: path.clone(), line: number },
            Some(path) => Place::FileRow { path: path.clone(), row: number },
            None => Place::Row(number),
        }
    }
}

/// Whether everything that [`RowContext::bar`] asks for holds.
#[inline]
pub(crate) fn is_sound(bar: &Bar) -> bool {
    bar.low.0 > 0
        && bar.low <= bar.open
        && bar.open <= bar.high
        && bar.low <= bar.close
        && bar.close <= bar.high
        && bar.high.0 <= Measure::Price.max()
        && bar.volume.get() <= Measure::Volume.max()
        && bar.taker_buy.is_none_or(|taker| taker <= bar.volume)
        && time::plausible(bar.ts_open)
}

/// Everything needed to name a row and its values in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowContext<'a> {
    pub origin: &'a Origin,
    pub tick: Decimal,
    pub step: Decimal,
}

impl RowContext<'_> {
    /// Refuses a bar that is not a candle.
    pub(crate) fn bar(&self, number: u64, bar: &Bar) -> Result<(), LoadError> {
        let place = || self.origin.place(number);
        let name = |column| self.origin.columns.name(column);
        if !time::plausible(bar.ts_open) {
            let (column, value) = (name(Column::Time), bar.ts_open.0.to_string());
            return Err(LoadError::AbsurdTime { place: place(), column, value });
        }
        let prices = [
            (Column::Open, bar.open),
            (Column::High, bar.high),
            (Column::Low, bar.low),
            (Column::Close, bar.close),
        ];
        for (column, px) in prices {
            if px.0 <= 0 {
                let (column, value) = (name(column), self.price(px));
                return Err(LoadError::NotPositive { place: place(), column, value });
            }
            if px.0 > Measure::Price.max() {
                return Err(self.too_large(number, column, self.price(px), Measure::Price));
            }
        }
        if bar.high < bar.low {
            return Err(LoadError::HighBelowLow {
                place: place(),
                high_column: name(Column::High),
                high: self.price(bar.high),
                low_column: name(Column::Low),
                low: self.price(bar.low),
            });
        }
        for (column, px) in [(Column::Open, bar.open), (Column::Close, bar.close)] {
            if px < bar.low || px > bar.high {
                return Err(LoadError::OutsideRange {
                    place: place(),
                    column: name(column),
                    value: self.price(px),
                    low: self.price(bar.low),
                    high: self.price(bar.high),
                });
            }
        }
        if bar.volume.get() > Measure::Volume.max() {
            let volume = self.quantity(bar.volume);
            return Err(self.too_large(number, Column::Volume, volume, Measure::Volume));
        }
        match bar.taker_buy {
            Some(taker) if taker > bar.volume => Err(LoadError::TakerAboveVolume {
                place: place(),
                column: name(Column::Taker),
                taker: self.quantity(taker),
                volume: self.quantity(bar.volume),
            }),
            _ => Ok(()),
        }
    }

    fn too_large(&self, number: u64, column: Column, value: Decimal, what: Measure) -> LoadError {
        LoadError::TooLarge {
            place: self.origin.place(number),
            column: self.origin.columns.name(column),
            value: value.to_string().into(),
            option: what.option(),
            step: match what {
                Measure::Price => self.tick,
                Measure::Volume => self.step,
            },
            max: what.max(),
        }
    }

    /// Why `bar` cannot follow `bars`, which are in order and open at or after it.
    #[cold]
    pub(crate) fn out_of_order(
        &self,
        number: u64,
        bar: &Bar,
        bars: &[Bar],
        numbers: &[u64],
    ) -> LoadError {
        let number_of = |i: usize| numbers.get(i).copied().unwrap_or(i as u64 + 1);
        if let Ok(i) = bars.binary_search_by_key(&bar.ts_open, |b| b.ts_open) {
            return self.twice(number, bar, (self.origin.place(number_of(i)), &bars[i]));
        }
        let last = bars.len().saturating_sub(1);
        LoadError::Disorder {
            place: self.origin.place(number),
            ts: bar.ts_open,
            earlier: self.origin.place(number_of(last)),
            before: bars.last().map_or(Nanos(0), |b| b.ts_open),
        }
    }

    /// Two bars at one time, on one grid.
    pub(crate) fn twice(
        &self,
        number: u64,
        bar: &Bar,
        (earlier, other): (Place, &Bar),
    ) -> LoadError {
        let (place, ts) = (self.origin.place(number), bar.ts_open);
        let prices = [
            (Column::Open, bar.open, other.open),
            (Column::High, bar.high, other.high),
            (Column::Low, bar.low, other.low),
            (Column::Close, bar.close, other.close),
        ];
        let prices = prices.map(|(c, a, b)| (c, self.price(a), self.price(b)));
        let quantity = |lots: Option<Lots>| self.quantity(lots.unwrap_or(Lots::ZERO));
        let volumes = [
            (Column::Volume, self.quantity(bar.volume), self.quantity(other.volume)),
            (Column::Taker, quantity(bar.taker_buy), quantity(other.taker_buy)),
        ];
        match prices.into_iter().chain(volumes).find(|(_, a, b)| a != b) {
            None => LoadError::Duplicate { place, ts, earlier },
            Some((column, value, other)) => {
                let column = self.origin.columns.name(column);
                let earlier = Box::new(earlier);
                LoadError::Conflict { place, ts, earlier, column, value, other }
            }
        }
    }

    fn price(&self, px: Ticks) -> Decimal {
        shown(self.tick, px.0)
    }

    fn quantity(&self, lots: Lots) -> Decimal {
        shown(self.step, lots.get())
    }
}

/// `step * n` for a message; bars from memory may hold what no decimal can.
fn shown(step: Decimal, n: i64) -> Decimal {
    step.checked_mul(Decimal::from(n)).map_or(Decimal::MAX, |d| d.normalize())
}
