//! Features as figures: by a formula, in the units of the data, as people and notebooks
//! read them.
//!
//! A strategy decides on whole ticks and lots ([`Exact`]) and on floats in ticks
//! ([`Real`]); a figure is the float that such a value is in prices and volumes. Exact
//! values and quotients of them are rounded once. Undefined is `None`.

use tickstep_core::calendar::BarTimes;
use tickstep_core::features::{
    Column, Columns, Exact, ExactId, FeatureError, FeatureSpec, Features, Real, RealId, Timeframe,
    afresh,
};
use tickstep_core::math::{power_of_ten, ratio_to_f64, ten_to};
use tickstep_core::volume::VolumeSplit;

use crate::series::{Grid, Series};

/// What a figure is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formula {
    /// An exact feature.
    Exact(Exact),
    /// A feature of recursive or irrational arithmetic.
    Real(Real),
    /// Mean of the last closes.
    Sma {
        /// Number of closes, the last one included.
        n: usize,
    },
    /// Volume of the last closed bar over the mean of those before it; undefined where
    /// those traded nothing.
    VolumeRatio {
        /// Number of bars before the last closed one.
        n: usize,
    },
    /// Taker-buy volume over volume, of the last closed bar; undefined where it traded nothing.
    BuyShare,
    /// Where the close lies between low and high, 0 to 1; undefined where those are equal or
    /// nothing was traded.
    CloseLocation,
}

impl Formula {
    /// The share of a bar's volume that aggressive buyers took, as `split` has it.
    #[must_use]
    pub const fn of_split(split: VolumeSplit) -> Self {
        match split {
            VolumeSplit::Taker | VolumeSplit::TickRule => Self::BuyShare,
            VolumeSplit::CloseLocation => Self::CloseLocation,
        }
    }

    /// Whether it reads taker-buy volume.
    #[must_use]
    pub const fn needs_taker(self) -> bool {
        matches!(self, Self::BuyShare | Self::Exact(Exact::TakerBuy))
    }

    /// Asks for what the figure is computed from; bars of `timeframe`.
    pub fn declare(
        self,
        timeframe: Timeframe,
        spec: &mut FeatureSpec,
    ) -> Result<Figure, FeatureError> {
        let mut exact = |what| spec.exact(timeframe, what);
        let parts = match self {
            Self::Exact(what) => Parts::Exact(exact(what)?),
            Self::Real(what) => Parts::Real(spec.real(timeframe, what)?),
            Self::Sma { n } => Parts::Exact(exact(Exact::CloseSum { n })?),
            Self::VolumeRatio { n } => {
                Parts::Two(exact(Exact::Volume)?, exact(Exact::VolumeSumBefore { n })?)
            }
            Self::BuyShare => Parts::Two(exact(Exact::TakerBuy)?, exact(Exact::Volume)?),
            Self::CloseLocation => Parts::Candle {
                close: exact(Exact::Close)?,
                low: exact(Exact::Low)?,
                high: exact(Exact::High)?,
                volume: exact(Exact::Volume)?,
            },
        };
        Ok(Figure { formula: self, parts })
    }
}

/// Where the parts of a figure stand in a row.
#[derive(Clone, Copy, Debug)]
enum Parts {
    Exact(ExactId),
    Real(RealId),
    Two(ExactId, ExactId),
    Candle { close: ExactId, low: ExactId, high: ExactId, volume: ExactId },
}

/// A figure that was asked for, to be read from rows of that specification.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    formula: Formula,
    parts: Parts,
}

impl Figure {
    /// Its value at this close.
    #[must_use]
    pub fn now(&self, row: &Features, grid: &Grid) -> Option<f64> {
        self.value(grid, |id| row.exact(id), |id| row.real(id))
    }

    /// Its value at the close before; `None` also when that bar is unknown.
    #[must_use]
    pub fn before(&self, row: &Features, grid: &Grid) -> Option<f64> {
        self.value(grid, |id| row.exact_before(id), |id| row.real_before(id))
    }

    fn value(
        &self,
        grid: &Grid,
        exact: impl Fn(ExactId) -> Option<i64>,
        real: impl Fn(RealId) -> Option<f64>,
    ) -> Option<f64> {
        let ratio = |part: i128, whole: i128| (whole > 0).then(|| ratio_to_f64(part, whole));
        match (self.formula, self.parts) {
            (Formula::Exact(what), Parts::Exact(id)) => {
                Some(steps(exact(id)?, 1, unit_of_exact(what), grid))
            }
            (Formula::Real(what), Parts::Real(id)) => {
                let value = real(id)?;
                Some(if in_ticks(what) { price_of(value, grid) } else { value })
            }
            (Formula::Sma { n }, Parts::Exact(id)) => {
                Some(steps(exact(id)?, n, FeatureUnit::Price, grid))
            }
            (Formula::VolumeRatio { n }, Parts::Two(volume, sum)) => {
                ratio(i128::from(exact(volume)?) * n as i128, i128::from(exact(sum)?))
            }
            (_, Parts::Two(taker, volume)) => {
                ratio(i128::from(exact(taker)?), i128::from(exact(volume)?))
            }
            (_, Parts::Candle { close, low, high, volume }) if exact(volume)? > 0 => {
                let (close, low, high) = (exact(close)?, exact(low)?, exact(high)?);
                ratio(i128::from(close - low), i128::from(high - low))
            }
            _ => None,
        }
    }
}

/// Figures over the bars of a series, each as a column with its value at every close: what a
/// strategy sees there. After more than `max_gap` missing bars, and at segments, everything
/// warms up again.
pub fn over(
    series: &Series,
    asked: &[(Formula, Timeframe)],
    max_gap: u32,
) -> Result<Vec<Vec<Option<f64>>>, FeatureError> {
    let (bars, grid, times): (_, _, &BarTimes) = (series.bars(), series.grid(), series.times());
    let starts: Vec<usize> = series.segments().iter().map(|segment| segment.start).collect();
    let mut out = Vec::with_capacity(asked.len());
    for (formula, timeframe) in asked {
        let mut spec = FeatureSpec::default();
        let figure = formula.declare(*timeframe, &mut spec)?;
        let column = |request| Column::compute(request, times, max_gap, bars, &starts);
        let columns = spec.requests().into_iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let columns = Columns::new(&columns, afresh(bars, times, max_gap, &starts).into());
        let mut row = columns.row();
        let value = |at| {
            columns.read(at, bars, &mut row);
            figure.now(&row, &grid)
        };
        out.push((0..bars.len()).map(value).collect());
    }
    Ok(out)
}

#[derive(Clone, Copy)]
enum FeatureUnit {
    Price,
    Volume,
    Count,
}

const fn unit_of_exact(what: Exact) -> FeatureUnit {
    match what {
        Exact::Open
        | Exact::High
        | Exact::Low
        | Exact::Close
        | Exact::CloseSum { .. }
        | Exact::HighestBefore { .. }
        | Exact::LowestBefore { .. }
        | Exact::Support { .. }
        | Exact::Resistance { .. } => FeatureUnit::Price,
        Exact::Volume | Exact::TakerBuy | Exact::VolumeSumBefore { .. } => FeatureUnit::Volume,
        Exact::Streak => FeatureUnit::Count,
    }
}

/// Whether values of a feature are in ticks.
const fn in_ticks(what: Real) -> bool {
    match what {
        Real::Rsi { .. } => false,
        Real::Ema { .. }
        | Real::Atr { .. }
        | Real::Deviation { .. }
        | Real::Vwap { .. }
        | Real::Macd { .. }
        | Real::Bollinger { .. } => true,
    }
}

/// `count` steps of a unit over `n`, rounded once.
fn steps(count: i64, n: usize, unit: FeatureUnit, grid: &Grid) -> f64 {
    let step = match unit {
        FeatureUnit::Price => grid.tick_size,
        FeatureUnit::Volume => grid.volume_step,
        FeatureUnit::Count => return ratio_to_f64(i128::from(count), n as i128),
    }
    .normalize();
    // At most 63 and 60 bits, and 94 and 20: both fit.
    let part = i128::from(count) * step.mantissa();
    ratio_to_f64(part, power_of_ten(step.scale()) * n as i128)
}

/// Ticks that are no whole number, as a price.
fn price_of(ticks: f64, grid: &Grid) -> f64 {
    let step = grid.tick_size.normalize();
    ticks * step.mantissa() as f64 / ten_to(step.scale())
}
