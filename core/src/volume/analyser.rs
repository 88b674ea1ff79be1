//! The volume analysis of a stream of bars, a row per bar.

use super::{
    Share, SpikeLevel, VolumeMeasures, VolumeParams, VolumeRatio, VolumeSignal, buy_share, strength,
};
use crate::chart::{Breakout, Streak, breakout};
use crate::event::Bar;
use crate::indicator::{Before, Highest, Indicator, Lowest, Sum};
use crate::params::{OutOfRange, ParamError};
use crate::units::{Lots, Nanos, Ticks};

/// Baselines that are reported whichever decides, in bars.
pub const REPORTED_BASELINES: [usize; 3] = [20, 50, 100];

/// What the volume of one bar says. Ratios and baselines are lots over lots;
/// [`VolumeRatio::baseline`] has the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeAnalysis {
    /// Start of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts_open: Nanos,
    /// Volume of the bar, in lots.
    pub volume: Lots,
    /// Against each of [`REPORTED_BASELINES`]. `None` until that many bars came
    /// before, and while they traded nothing.
    pub reported: [Option<VolumeRatio>; 3],
    /// Against `baseline_period` bars: the one that decides.
    pub ratio: Option<VolumeRatio>,
    /// How unusual `ratio` is.
    pub spike: Option<SpikeLevel>,
    /// Part of the volume that buyers took.
    pub buy_share: Option<Share>,
    /// Whether the close left the range of the `lookback` bars before; `None` until there
    /// are so many.
    pub breakout: Option<Breakout>,
    /// Bars in a row on one side of their open, this one included; negative when below it.
    pub streak: i64,
    /// What follows from it.
    pub signal: VolumeSignal,
    /// 0 to 1, and 0 when neutral. `None` for a signal without a ratio, which
    /// only the ratio rule being off allows. An undefined share counts as one half.
    pub strength: Option<f64>,
}

/// Yields a [`VolumeAnalysis`] for each bar.
///
/// Gaps and segments are the caller's: [`Indicator::reset`] where features warm
/// up again. So is the check that data has the taker-buy volume its split reads.
///
/// ```
/// use tickstep_core::event::Bar;
/// use tickstep_core::units::{Lots, Nanos, Ticks};
/// use tickstep_core::volume::{VolumeAnalyser, VolumeParams, VolumeSignal};
/// let bar = |open: i64, close: i64, volume: i64, buy: i64| Bar {
///     ts_open: Nanos(0), open: Ticks(open), high: Ticks(close), low: Ticks(open),
///     close: Ticks(close), volume: Lots::new(volume).unwrap(), taker_buy: Lots::new(buy),
/// };
/// let mut analyser = VolumeAnalyser::new(VolumeParams::defaults())?;
/// for i in 0..20 {
///     assert_eq!(analyser.analyse(&bar(i, i + 1, 10, 5)).ratio, None);
/// }
/// let row = analyser.analyse(&bar(20, 22, 40, 32));
/// assert_eq!(row.ratio.unwrap().to_f64(), 4.0); // 40 lots after a mean of 10
/// assert_eq!((row.signal, row.streak), (VolumeSignal::Long, 21));
/// assert!((row.strength.unwrap() - 0.7).abs() < 1e-12); // 0.5 * 4/5 + 0.5 * |2 * 0.8 - 1|
/// # Ok::<(), tickstep_core::params::ParamError>(())
/// ```
#[derive(Clone, Debug)]
pub struct VolumeAnalyser {
    params: VolumeParams,
    reported: [Baseline; 3],
    deciding: Baseline,
    highest: Before<Highest>,
    lowest: Before<Lowest>,
    streak: Streak,
}

impl VolumeAnalyser {
    /// An analyser without bars; refuses parameters out of their range.
    pub fn new(params: VolumeParams) -> Result<Self, ParamError> {
        params.validate()?;
        let [short, middle, long] = REPORTED_BASELINES;
        Ok(Self {
            params,
            reported: [Baseline::new(short)?, Baseline::new(middle)?, Baseline::new(long)?],
            deciding: Baseline::new(params.baseline_period)?,
            highest: Before::new(Highest::new(params.lookback)?),
            lowest: Before::new(Lowest::new(params.lookback)?),
            streak: Streak::new(),
        })
    }

    /// The row of `bar`, as known at its close.
    pub fn analyse(&mut self, bar: &Bar) -> VolumeAnalysis {
        let ratio = self.deciding.ratio(bar.volume);
        let range = self.highest.next(bar.high.0).zip(self.lowest.next(bar.low.0));
        let measures = VolumeMeasures {
            ratio,
            buy_share: buy_share(bar, self.params.volume_split),
            breakout: range.map(|(high, low)| breakout(bar.close, Ticks(high), Ticks(low))),
            streak: self.streak.count(bar),
        };
        let signal = self.params.signal(&measures);
        let strength = if signal == VolumeSignal::Neutral {
            Some(0.0)
        } else {
            let x = measures.buy_share.map_or(0.5, Share::to_f64);
            ratio.map(|ratio| strength(ratio.to_f64(), x))
        };
        VolumeAnalysis {
            ts_open: bar.ts_open,
            volume: bar.volume,
            reported: self.reported.each_mut().map(|baseline| baseline.ratio(bar.volume)),
            ratio,
            spike: ratio.map(SpikeLevel::of),
            buy_share: measures.buy_share,
            breakout: measures.breakout,
            streak: measures.streak,
            signal,
            strength,
        }
    }
}

impl Indicator for VolumeAnalyser {
    type Input = Bar;
    type Output = VolumeAnalysis;

    fn next(&mut self, bar: Bar) -> Option<VolumeAnalysis> {
        Some(self.analyse(&bar))
    }

    fn reset(&mut self) {
        for baseline in self.reported.iter_mut().chain([&mut self.deciding]) {
            baseline.sums.reset();
        }
        self.highest.reset();
        self.lowest.reset();
        self.streak.reset();
    }
}

/// Volume of the bars before.
#[derive(Clone, Debug)]
struct Baseline {
    sums: Before<Sum>,
    n: usize,
}

impl Baseline {
    fn new(n: usize) -> Result<Self, OutOfRange> {
        Ok(Self { sums: Before::new(Sum::new(n)?), n })
    }

    /// Of `volume`, which belongs to the baseline from the next bar on.
    #[inline]
    fn ratio(&mut self, volume: Lots) -> Option<VolumeRatio> {
        VolumeRatio::new(volume, self.sums.next(volume.get())?, self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::testing;
    use crate::units::Fraction;
    use crate::volume::{VolumeRules, VolumeSplit};
    use proptest::prelude::*;

    /// The row of `bars[t]`, each number from its definition.
    fn naive(bars: &[Bar], t: usize, params: &VolumeParams) -> VolumeAnalysis {
        let (bar, past) = (bars[t], &bars[..t]);
        let last = |n: usize| past.len().checked_sub(n).map(|from| &past[from..]);
        let ratio = |n: usize| {
            let sum = last(n)?.iter().map(|b| b.volume.get()).sum();
            VolumeRatio::new(bar.volume, sum, n)
        };
        let side = |b: &Bar| (b.close.0 - b.open.0).signum();
        let run = bars[..=t].iter().rev().take_while(|b| side(b) == side(&bar)).count();
        let measures = VolumeMeasures {
            ratio: ratio(params.baseline_period),
            buy_share: buy_share(&bar, params.volume_split),
            breakout: last(params.lookback).map(|range| {
                if range.iter().all(|b| bar.close > b.high) {
                    Breakout::Up
                } else if range.iter().all(|b| bar.close < b.low) {
                    Breakout::Down
                } else {
                    Breakout::Neither
                }
            }),
            streak: side(&bar) * i64::try_from(run).unwrap(),
        };
        let signal = params.signal(&measures);
        let share = measures.buy_share.map_or(0.5, Share::to_f64);
        VolumeAnalysis {
            ts_open: bar.ts_open,
            volume: bar.volume,
            reported: REPORTED_BASELINES.map(ratio),
            ratio: measures.ratio,
            spike: measures.ratio.map(SpikeLevel::of),
            buy_share: measures.buy_share,
            breakout: measures.breakout,
            streak: measures.streak,
            signal,
            strength: match signal {
                VolumeSignal::Neutral => Some(0.0),
                _ => measures.ratio.map(|ratio| strength(ratio.to_f64(), share)),
            },
        }
    }

    proptest! {
        #[test]
        fn equals_the_definitions(
            bars in testing::bars_up_to(130), baseline_period in 2_usize..30,
            lookback in 1_usize..5, switches in proptest::array::uniform4(any::<bool>()),
            close_location in any::<bool>(),
        ) {
            let [ratio, share, breakout, streak] = switches;
            let streak = streak || !(share || breakout);
            let params = VolumeParams {
                volume_split:
                    if close_location { VolumeSplit::CloseLocation } else { VolumeSplit::Taker },
                baseline_period,
                lookback,
                spike_multiple: Fraction::lit(12, 1),
                min_streak: 1,
                rules: VolumeRules { ratio, share, breakout, streak },
                ..VolumeParams::defaults()
            };
            let naive: Vec<_> = (0..bars.len()).map(|t| Some(naive(&bars, t, &params))).collect();
            let make = || VolumeAnalyser::new(params).unwrap();
            prop_assert_eq!(make().over(bars.iter().copied()), naive);
            testing::restarts_alike(make, &bars);
        }
    }
}
