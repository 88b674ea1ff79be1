//! What a bar consists of, and what it and a row of bars have to satisfy.

use std::ops::Range;

use rust_decimal::Decimal;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::fault::{RowError, RowFault};
use super::grid::Measure;
use super::place::RowPlace;

/// What a bar consists of; the order is that of [`BarField::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BarField {
    Time,
    Open,
    High,
    Low,
    Close,
    Volume,
    Taker,
}

impl BarField {
    pub(crate) const ALL: [Self; 7] =
        [Self::Time, Self::Open, Self::High, Self::Low, Self::Close, Self::Volume, Self::Taker];

    /// The name in the futures archive, used where there is no other.
    pub(crate) const fn usual(self) -> &'static str {
        match self {
            Self::Time => "open_time",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::Taker => "taker_buy_volume",
        }
    }
}

/// The years that data can be of, 1800 to 2199, in seconds since 1970: prices are older
/// than exchanges, and nanoseconds reach from 1677 to 2262.
const YEARS: Range<i64> = -5_364_662_400..7_258_118_400;

/// Whether `ts` lies in the years that data can be of.
pub(crate) fn is_plausible(ts: Nanos) -> bool {
    YEARS.contains(&ts.0.div_euclid(Nanos::SECOND.0))
}

/// Where rows come from: how each is named in a message, and what their fields are called.
pub(crate) trait RowOrigin {
    /// The place of a row by its number, counted from 1.
    fn place(&self, number: u64) -> RowPlace;
    /// What the source calls a field.
    fn name(&self, field: BarField) -> String;
}

/// Bars that never had a file.
pub(crate) struct InMemory;

impl RowOrigin for InMemory {
    fn place(&self, number: u64) -> RowPlace {
        RowPlace::Row(number)
    }

    fn name(&self, field: BarField) -> String {
        field.usual().to_owned()
    }
}

/// Whether open, high, low and close are those of a candle: above zero, and open and
/// close between low and high. `above` says whether its first number is the larger.
#[inline]
pub(crate) fn is_candle<N: Copy>(
    [open, high, low, close]: [N; 4],
    positive: impl Fn(N) -> bool,
    above: impl Fn(N, N) -> bool,
) -> bool {
    positive(low)
        && !above(low, open)
        && !above(open, high)
        && !above(low, close)
        && !above(close, high)
}

/// Whether everything that [`RowContext::candle`] asks for holds.
#[inline]
pub(crate) fn is_sound(bar: &Bar) -> bool {
    is_candle([bar.open, bar.high, bar.low, bar.close], |px| px.0 > 0, |a, b| a > b)
        && bar.high.0 <= Measure::Price.max()
        && bar.volume.get() <= Measure::Volume.max()
        && bar.taker_buy.is_none_or(|taker| taker <= bar.volume)
        && is_plausible(bar.ts_open)
}

/// Everything needed to name a row and its values in a message.
#[derive(Clone, Copy)]
pub(crate) struct RowContext<'a> {
    pub origin: &'a dyn RowOrigin,
    pub tick: Decimal,
    pub step: Decimal,
}

impl RowContext<'_> {
    /// Refuses a bar that is not a candle, or of an absurd time or size.
    pub(crate) fn candle(&self, number: u64, bar: &Bar) -> Result<(), RowError> {
        let fault = self.time_or_price(bar).or_else(|| self.outside(bar));
        match fault.or_else(|| self.volume(bar)) {
            Some(fault) => Err(fault.at(self.origin.place(number))),
            None => Ok(()),
        }
    }

    fn time_or_price(&self, bar: &Bar) -> Option<RowFault> {
        let name = |field| self.origin.name(field);
        if !is_plausible(bar.ts_open) {
            let (column, value) = (name(BarField::Time), bar.ts_open.0.to_string());
            return Some(RowFault::AbsurdTime { column, value });
        }
        let prices = [
            (BarField::Open, bar.open),
            (BarField::High, bar.high),
            (BarField::Low, bar.low),
            (BarField::Close, bar.close),
        ];
        for (field, px) in prices {
            if px.0 <= 0 {
                let (column, value) = (name(field), self.price(px));
                return Some(RowFault::NotPositive { column, value });
            }
            if px.0 > Measure::Price.max() {
                return Some(self.too_large(field, self.price(px), Measure::Price));
            }
        }
        None
    }

    fn outside(&self, bar: &Bar) -> Option<RowFault> {
        let name = |field| self.origin.name(field);
        if bar.high < bar.low {
            return Some(RowFault::HighBelowLow {
                high_column: name(BarField::High),
                high: self.price(bar.high),
                low_column: name(BarField::Low),
                low: self.price(bar.low),
            });
        }
        let ends = [(BarField::Open, bar.open), (BarField::Close, bar.close)];
        let (field, px) = ends.into_iter().find(|(_, px)| *px < bar.low || *px > bar.high)?;
        Some(RowFault::OutsideRange {
            column: name(field),
            value: self.price(px),
            low: self.price(bar.low),
            high: self.price(bar.high),
        })
    }

    fn volume(&self, bar: &Bar) -> Option<RowFault> {
        if bar.volume.get() > Measure::Volume.max() {
            let volume = self.quantity(bar.volume);
            return Some(self.too_large(BarField::Volume, volume, Measure::Volume));
        }
        let taker = bar.taker_buy.filter(|taker| *taker > bar.volume)?;
        Some(RowFault::TakerAboveVolume {
            column: self.origin.name(BarField::Taker),
            taker: self.quantity(taker),
            volume: self.quantity(bar.volume),
        })
    }

    fn too_large(&self, field: BarField, value: Decimal, what: Measure) -> RowFault {
        RowFault::TooLarge {
            column: self.origin.name(field),
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
    ) -> RowError {
        let number_of = |i: usize| numbers.get(i).copied().unwrap_or(i as u64 + 1);
        if let Ok(i) = bars.binary_search_by_key(&bar.ts_open, |b| b.ts_open) {
            return self.twice(number, bar, self.origin.place(number_of(i)), &bars[i]);
        }
        let last = bars.len().saturating_sub(1);
        let earlier = self.origin.place(number_of(last));
        let before = bars.last().map_or(Nanos(0), |b| b.ts_open);
        let fault = RowFault::Disorder { ts: bar.ts_open, earlier, before };
        fault.at(self.origin.place(number))
    }

    /// Two bars at one time, on one grid.
    pub(crate) fn twice(&self, number: u64, bar: &Bar, earlier: RowPlace, other: &Bar) -> RowError {
        let (place, ts) = (self.origin.place(number), bar.ts_open);
        let prices = [
            (BarField::Open, bar.open, other.open),
            (BarField::High, bar.high, other.high),
            (BarField::Low, bar.low, other.low),
            (BarField::Close, bar.close, other.close),
        ];
        let prices = prices.map(|(c, a, b)| (c, self.price(a), self.price(b)));
        let quantity = |lots: Option<Lots>| self.quantity(lots.unwrap_or(Lots::ZERO));
        let volumes = [
            (BarField::Volume, self.quantity(bar.volume), self.quantity(other.volume)),
            (BarField::Taker, quantity(bar.taker_buy), quantity(other.taker_buy)),
        ];
        let fault = match prices.into_iter().chain(volumes).find(|(_, a, b)| a != b) {
            None => RowFault::Duplicate { ts, earlier },
            Some((field, value, other)) => {
                let column = self.origin.name(field);
                RowFault::Conflict { ts, earlier: Box::new(earlier), column, value, other }
            }
        };
        fault.at(place)
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
