//! What a bar costs in the feature pipeline: the three features the specified
//! scalper reads, and every feature there is on two timeframes.
//!
//! A regression in `scalper` is paid by every bar of every run; one in `wide`
//! alone lies in an indicator that few strategies ask for. A sweep computes
//! features once for all its runs, so `wide` matters less the longer the sweep.
#![allow(missing_docs)]

mod support;

use criterion::Throughput;
use support::BARS;
use tickstep_backtest::series::Series;
use tickstep_core::features::{
    Band, Exact, ExactId, FeatureError, FeatureSpec, MacdOutput, Pipeline, Real, RealId, Timeframe,
};
use tickstep_core::units::Fraction;

struct Asked {
    spec: FeatureSpec,
    exact: Vec<ExactId>,
    real: Vec<RealId>,
}

impl Asked {
    fn of(exact: &[(Timeframe, Exact)], real: &[(Timeframe, Real)]) -> Result<Self, FeatureError> {
        let mut spec = FeatureSpec::default();
        let exact = exact.iter().map(|(t, w)| spec.exact(*t, *w)).collect::<Result<_, _>>()?;
        let real = real.iter().map(|(t, w)| spec.real(*t, *w)).collect::<Result<_, _>>()?;
        Ok(Self { spec, exact, real })
    }

    fn scalper() -> Result<Self, FeatureError> {
        let base = Timeframe::Base;
        Self::of(
            &[(base, Exact::VolumeSumBefore { n: 20 }), (base, Exact::CloseSum { n: 5 })],
            &[(base, Real::Rsi { n: 14 })],
        )
    }

    fn wide() -> Result<Self, FeatureError> {
        let (left, right, keep) = (3, 3, 20);
        let (fast, slow, signal) = (12, 26, 9);
        let exact = [
            Exact::Open,
            Exact::High,
            Exact::Low,
            Exact::Close,
            Exact::Volume,
            Exact::CloseSum { n: 20 },
            Exact::VolumeSumBefore { n: 20 },
            Exact::HighestBefore { n: 20 },
            Exact::LowestBefore { n: 20 },
            Exact::Streak,
            Exact::Support { left, right, keep },
            Exact::Resistance { left, right, keep },
        ];
        let macd = |output| Real::Macd { fast, slow, signal, output };
        let bollinger = |band| Real::Bollinger { n: 20, k: Fraction::lit(2, 0), band };
        let real = [
            Real::Ema { n: 20 },
            Real::Rsi { n: 14 },
            Real::Atr { n: 14 },
            Real::Deviation { n: 20 },
            Real::Vwap { n: 60 },
            macd(MacdOutput::Line),
            macd(MacdOutput::Signal),
            macd(MacdOutput::Histogram),
            bollinger(Band::Upper),
            bollinger(Band::Middle),
            bollinger(Band::Lower),
        ];
        let frames = [Timeframe::Base, Timeframe::M5];
        let exact: Vec<_> = frames.iter().flat_map(|t| exact.map(|w| (*t, w))).collect();
        let real: Vec<_> = frames.iter().flat_map(|t| real.map(|w| (*t, w))).collect();
        Self::of(&exact, &real)
    }

    /// Pushes every bar; the sum of all that was defined after the last, and
    /// how many closes had the last-asked exact feature.
    fn run(&self, series: &Series) -> Result<(usize, usize), FeatureError> {
        let mut pipeline = Pipeline::new(&self.spec, series.times(), 3)?;
        let mut row = pipeline.row();
        let last = self.exact[self.exact.len() - 1];
        let mut defined = 0;
        for bar in series.bars() {
            pipeline.push(bar, &mut row);
            defined += usize::from(row.exact(last).is_some());
        }
        let exact = self.exact.iter().filter(|id| row.exact(**id).is_some()).count();
        let real = self.real.iter().filter(|id| row.real(**id).is_some()).count();
        Ok((exact + real, defined))
    }
}

fn main() -> anyhow::Result<()> {
    let series = support::year()?;
    let (scalper, wide) = (Asked::scalper()?, Asked::wide()?);
    // The mean of 5 closes lacks the first four bars only.
    assert_eq!(scalper.run(&series)?, (3, BARS - 4));
    let (known, _) = wide.run(&series)?;
    assert_eq!(known, wide.exact.len() + wide.real.len(), "everything is warm at the end");
    check_sums(&scalper, &series)?;

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("features");
    group.throughput(Throughput::Elements(BARS as u64));
    for (name, asked) in [("scalper", &scalper), ("wide", &wide)] {
        group.bench_function(name, |b| b.iter(|| asked.run(std::hint::black_box(&series))));
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// The running sums against sums added up afresh, every thousandth bar.
fn check_sums(asked: &Asked, series: &Series) -> anyhow::Result<()> {
    let mut pipeline = Pipeline::new(&asked.spec, series.times(), 3)?;
    let mut row = pipeline.row();
    for (t, bar) in series.bars().iter().enumerate() {
        pipeline.push(bar, &mut row);
        if t >= 1_000 && t.is_multiple_of(1_000) {
            let volumes: i64 = series.bars()[t - 20..t].iter().map(|b| b.volume.get()).sum();
            let closes: i64 = series.bars()[t - 4..=t].iter().map(|b| b.close.0).sum();
            assert_eq!(row.exact(asked.exact[0]), Some(volumes));
            assert_eq!(row.exact(asked.exact[1]), Some(closes));
        }
    }
    Ok(())
}
