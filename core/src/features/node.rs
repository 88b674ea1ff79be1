//! One requested feature and the indicator that computes it.

use super::error::FeatureError;
use super::request::{Band, Exact, MacdOutput, Real};
use crate::chart::{Pivots, Streak, SupportResistance};
use crate::event::Bar;
use crate::indicator::{
    Atr, Before, Bollinger, Deviation, Ema, HighLowClose, Highest, Indicator, Lowest, Macd, Rsi,
    Sum, Vwap,
};
use crate::units::Lots;

#[derive(Clone, Debug)]
pub(super) enum ExactNode {
    Open,
    High,
    Low,
    Close,
    Volume,
    TakerBuy,
    CloseSum(Sum),
    VolumeSumBefore(Before<Sum>),
    HighestBefore(Before<Highest>),
    LowestBefore(Before<Lowest>),
    Streak(Streak),
    Support(SupportResistance),
    Resistance(SupportResistance),
}

impl ExactNode {
    pub(super) fn new(what: Exact) -> Result<Self, FeatureError> {
        Ok(match what {
            Exact::Open => Self::Open,
            Exact::High => Self::High,
            Exact::Low => Self::Low,
            Exact::Close => Self::Close,
            Exact::Volume => Self::Volume,
            Exact::TakerBuy => Self::TakerBuy,
            Exact::CloseSum { n } => Self::CloseSum(Sum::new(n)?),
            Exact::VolumeSumBefore { n } => Self::VolumeSumBefore(Before::new(Sum::new(n)?)),
            Exact::HighestBefore { n } => Self::HighestBefore(Before::new(Highest::new(n)?)),
            Exact::LowestBefore { n } => Self::LowestBefore(Before::new(Lowest::new(n)?)),
            Exact::Streak => Self::Streak(Streak::new()),
            Exact::Support { left, right, keep } => {
                Self::Support(SupportResistance::new(Pivots::new(left, right)?, keep)?)
            }
            Exact::Resistance { left, right, keep } => {
                Self::Resistance(SupportResistance::new(Pivots::new(left, right)?, keep)?)
            }
        })
    }

    #[inline]
    pub(super) fn next(&mut self, bar: &Bar) -> Option<i64> {
        match self {
            Self::Open => Some(bar.open.0),
            Self::High => Some(bar.high.0),
            Self::Low => Some(bar.low.0),
            Self::Close => Some(bar.close.0),
            Self::Volume => Some(bar.volume.get()),
            Self::TakerBuy => bar.taker_buy.map(Lots::get),
            Self::CloseSum(sum) => sum.next(bar.close.0),
            Self::VolumeSumBefore(sum) => sum.next(bar.volume.get()),
            Self::HighestBefore(highest) => highest.next(bar.high.0),
            Self::LowestBefore(lowest) => lowest.next(bar.low.0),
            Self::Streak(streak) => streak.next(*bar),
            Self::Support(levels) => levels.next(*bar)?.support.map(|px| px.0),
            Self::Resistance(levels) => levels.next(*bar)?.resistance.map(|px| px.0),
        }
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Open | Self::High | Self::Low | Self::Close | Self::Volume | Self::TakerBuy => {}
            Self::CloseSum(sum) => sum.reset(),
            Self::VolumeSumBefore(sum) => sum.reset(),
            Self::HighestBefore(highest) => highest.reset(),
            Self::LowestBefore(lowest) => lowest.reset(),
            Self::Streak(streak) => streak.reset(),
            Self::Support(levels) | Self::Resistance(levels) => levels.reset(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum RealNode {
    Ema(Ema),
    Rsi(Rsi),
    Atr(Atr),
    Deviation(Deviation),
    Vwap(Vwap),
    Macd(Macd, MacdOutput),
    Bollinger(Bollinger, Band),
}

impl RealNode {
    pub(super) fn new(what: Real) -> Result<Self, FeatureError> {
        Ok(match what {
            Real::Ema { n } => Self::Ema(Ema::new(n)?),
            Real::Rsi { n } => Self::Rsi(Rsi::new(n)?),
            Real::Atr { n } => Self::Atr(Atr::new(n)?),
            Real::Deviation { n } => Self::Deviation(Deviation::new(n)?),
            Real::Vwap { n } => Self::Vwap(Vwap::new(n)?),
            Real::Macd { fast, slow, signal, output } => {
                Self::Macd(Macd::new(fast, slow, signal)?, output)
            }
            Real::Bollinger { n, k, band } => Self::Bollinger(Bollinger::new(n, k)?, band),
        })
    }

    #[inline]
    pub(super) fn next(&mut self, bar: &Bar) -> Option<f64> {
        let close = bar.close.0 as f64;
        match self {
            Self::Ema(ema) => ema.next(close),
            Self::Rsi(rsi) => rsi.next(close),
            Self::Atr(atr) => {
                atr.next(HighLowClose { high: bar.high.0 as f64, low: bar.low.0 as f64, close })
            }
            Self::Deviation(deviation) => deviation.next(bar.close.0),
            Self::Vwap(vwap) => vwap.next(*bar),
            Self::Macd(macd, output) => macd.next(close).map(|m| match output {
                MacdOutput::Line => m.line,
                MacdOutput::Signal => m.signal,
                MacdOutput::Histogram => m.histogram,
            }),
            Self::Bollinger(bollinger, band) => bollinger.next(bar.close.0).map(|b| match band {
                Band::Upper => b.upper,
                Band::Middle => b.middle,
                Band::Lower => b.lower,
            }),
        }
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Ema(ema) => ema.reset(),
            Self::Rsi(rsi) => rsi.reset(),
            Self::Atr(atr) => atr.reset(),
            Self::Deviation(deviation) => deviation.reset(),
            Self::Vwap(vwap) => vwap.reset(),
            Self::Macd(macd, _) => macd.reset(),
            Self::Bollinger(bollinger, _) => bollinger.reset(),
        }
    }
}
