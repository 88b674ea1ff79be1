//! What a chart of a run is drawn from, for programs that draw their own: lines, candles
//! with their volume, and months, each short enough to draw and none computed twice.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::bars::{BarBuilder, open_of};
use tickstep_core::event::Bar;
use tickstep_core::features::afresh;
use tickstep_core::instrument::Instrument;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::EquityPoint;
use tickstep_core::units::{Fraction, Nanos};
use tickstep_core::volume::{VolumeAnalyser, VolumeParams};

use super::bins;
use super::reduce::outline;
use crate::folder::columns::trades;
use crate::folder::{EquityRow, TradeRow};
use crate::run::{Period, Run};
use crate::series::Series;

/// Lengths that candles are made longer to, seconds.
const LENGTHS: [i64; 17] = [
    1, 5, 15, 30, 60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 259_200,
    604_800,
];

impl Period {
    /// Whether a time lies in it.
    #[must_use]
    pub fn holds(&self, ts: Nanos) -> bool {
        self.from.is_none_or(|from| ts >= from) && self.to.is_none_or(|to| ts < to)
    }
}

/// A value at a time.
pub type ChartPoint = (Nanos, f64);

/// Equity at the closes inside `period`, account currency: the outline of the curve in at
/// most `most` points, its extremes among them.
#[must_use]
pub fn equity_line(run: &Run, period: Period, most: usize) -> Vec<ChartPoint> {
    let points = run.equity.iter().map(|p| (p.ts, decimal_to_f64(p.equity)));
    drawn(points, period, most)
}

/// Equity over its highest so far, less 1, as a fraction at or below 0; the same way.
#[must_use]
pub fn drawdown_line(run: &Run, period: Period, most: usize) -> Vec<ChartPoint> {
    let mut peak = decimal_to_f64(run.cash);
    let points = run.equity.iter().map(|p| {
        let equity = decimal_to_f64(p.equity);
        peak = peak.max(equity);
        (p.ts, if peak > 0.0 { equity / peak - 1.0 } else { 0.0 })
    });
    drawn(points, period, most)
}

/// Closing prices, quote currency; the same way, times are closes.
#[must_use]
pub fn price_line(series: &Series, period: Period, most: usize) -> Vec<ChartPoint> {
    let grid = series.grid();
    let close = |bar: &Bar| (series.times().close_of(bar.ts_open), grid.price_f64(bar.close));
    drawn(series.bars().iter().map(close), period, most)
}

fn drawn(points: impl Iterator<Item = ChartPoint>, period: Period, most: usize) -> Vec<ChartPoint> {
    let inside: Vec<ChartPoint> = points.filter(|(ts, _)| period.holds(*ts)).collect();
    outline(&inside, most.max(4), |p| p.1)
}

/// Candles of one length, and where volume stood out.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartCandles {
    /// Length of a candle.
    pub interval: Nanos,
    /// The candles, in ticks and volume steps of the series.
    pub candles: Vec<Bar>,
    /// For each candle the highest volume ratio of its bars that is a spike, and when the
    /// bar that has it opened.
    pub spikes: Vec<Option<(f64, Nanos)>>,
}

/// The bars inside `period`, made longer until there are at most `most`. A spike is a
/// volume of at least `multiple` times the mean of the `baseline` bars (2 to 1000) before.
#[must_use]
pub fn candles(
    series: &Series,
    period: Period,
    most: usize,
    multiple: Fraction,
    baseline: usize,
) -> ChartCandles {
    let bars = series.bars();
    let from = period.from.map_or(0, |from| bars.partition_point(|b| b.ts_open < from));
    let to = period.to.map_or(bars.len(), |to| bars.partition_point(|b| b.ts_open < to));
    let base = series.interval().nominal();
    let ratios = spikes(series, to, multiple, baseline);
    let longer = LENGTHS.iter().map(|seconds| Nanos::SECOND.times(*seconds));
    let lengths: Vec<Nanos> =
        longer.filter(|length| *length > base && length.0 % base.0 == 0).collect();
    let traded = from..to.max(from);
    let mut made = None;
    if traded.len() > most {
        for length in lengths {
            let candles = longer_bars(&bars[traded.clone()], length);
            let enough = candles.len() <= most;
            made = Some((length, candles));
            if enough {
                break;
            }
        }
    }
    let (interval, candles) = made.unwrap_or_else(|| (base, bars[traded.clone()].to_vec()));
    let mut spikes = vec![None; candles.len()];
    for (bar, ratio) in bars[traded.clone()].iter().zip(&ratios[traded]) {
        let Some(ratio) = *ratio else { continue };
        let at = candles.partition_point(|c| c.ts_open <= bar.ts_open).saturating_sub(1);
        if spikes[at].is_none_or(|(highest, _)| ratio > highest) {
            spikes[at] = Some((ratio, bar.ts_open));
        }
    }
    ChartCandles { interval, candles, spikes }
}

fn longer_bars(bars: &[Bar], length: Nanos) -> Vec<Bar> {
    let mut out: Vec<BarBuilder> = Vec::new();
    for bar in bars {
        let ts_open = open_of(bar.ts_open, length);
        match out.last_mut() {
            Some(last) if last.bar().ts_open == ts_open => last.add(bar),
            _ => out.push(BarBuilder::new(ts_open, bar)),
        }
    }
    out.iter().map(BarBuilder::bar).collect()
}

/// The volume ratio of each of the first `count` bars that is a spike.
fn spikes(series: &Series, count: usize, multiple: Fraction, baseline: usize) -> Vec<Option<f64>> {
    let bars = &series.bars()[..count];
    let starts: Vec<usize> = series.segments().iter().map(|s| s.start).collect();
    let afresh = afresh(bars, series.times(), 0, &starts);
    let params = VolumeParams { baseline_period: baseline, ..VolumeParams::defaults() };
    let mut next = afresh.iter().copied().peekable();
    let mut analyser = None;
    let ratio = |(at, bar): (usize, &Bar)| {
        while next.next_if(|start| *start <= at).is_some() {
            analyser = None;
        }
        if analyser.is_none() {
            analyser = VolumeAnalyser::new(params).ok();
        }
        let ratio = analyser.as_mut()?.analyse(bar).ratio?;
        ratio.at_least(multiple).then(|| ratio.to_f64())
    };
    bars.iter().enumerate().map(ratio).collect()
}

/// A calendar month of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartMonth {
    /// The month, such as `2023-08`.
    pub month: String,
    /// Trades that closed in it.
    pub trades: usize,
    /// Of those, trades with net P&L above 0.
    pub wins: usize,
    /// Their P&L before fees, slippage and funding, account currency.
    pub before: Decimal,
    /// Their fees, slippage and funding, account currency.
    pub costs: Decimal,
    /// Their P&L after all, account currency.
    pub net: Decimal,
    /// Equity at the month's end over equity at its start, less 1; `None` where that was
    /// not above 0.
    pub change: Option<f64>,
}

/// Every month of `zone` from the first close to the last, as on the page.
#[must_use]
pub fn months(run: &Run, instruments: &[Instrument], zone: &TimeZone) -> Vec<ChartMonth> {
    let rows: Vec<TradeRow> = trades(run, instruments).map(|view| TradeRow::of(&view)).collect();
    let stamp = |ts: Nanos| Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or_default();
    let point = |p: &EquityPoint| EquityRow { time: stamp(p.ts), equity: p.equity };
    let equity: Vec<EquityRow> = run.equity.iter().map(point).collect();
    let month = |m: bins::Month| ChartMonth {
        month: m.month,
        trades: m.sum.trades,
        wins: m.sum.wins,
        before: m.sum.before,
        costs: m.sum.costs,
        net: m.sum.net,
        change: m.change,
    };
    bins::months(&rows, &equity, run.cash, zone).into_iter().map(month).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Grid, Series};
    use tickstep_core::units::{Lots, Ticks};

    fn series(count: i64) -> Series {
        let bar = |n: i64| Bar {
            ts_open: Nanos::MINUTE.times(n),
            open: Ticks(100 + n % 7),
            high: Ticks(110 + n % 7),
            low: Ticks(90),
            close: Ticks(101 + n % 5),
            volume: Lots::new(if n % 500 == 499 { 90 } else { 10 }).unwrap(),
            taker_buy: None,
        };
        let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
        let bars = (0..count).map(bar).collect();
        Series::from_bars("T", Nanos::MINUTE, grid, bars, Nanos::DAY).unwrap()
    }

    #[test]
    fn candles_keep_extremes_volume_and_spikes() {
        let series = series(10_000);
        let whole = candles(&series, Period::default(), 1_500, Fraction::lit(3, 0), 20);
        assert_eq!(whole.interval, Nanos::MINUTE.times(15));
        assert_eq!(whole.candles.len(), 667);
        let volume = |bars: &[Bar]| bars.iter().map(|b| b.volume.get()).sum::<i64>();
        assert_eq!(volume(&whole.candles), volume(series.bars()));
        assert_eq!(whole.candles.iter().map(|b| b.high).max(), Some(Ticks(116)));
        let found: Vec<_> = whole.spikes.iter().flatten().collect();
        assert_eq!(found.len(), 20);
        assert_eq!(*found[0], (9.0, Nanos::MINUTE.times(499)));

        let hour = Period { from: Some(Nanos::HOUR), to: Some(Nanos::HOUR.times(2)) };
        let part = candles(&series, hour, 1_500, Fraction::lit(3, 0), 20);
        assert_eq!(
            (part.interval, part.candles.as_slice()),
            (Nanos::MINUTE, &series.bars()[60..120])
        );
        let none = Period { from: Some(Nanos::DAY.times(99)), to: None };
        assert!(candles(&series, none, 10, Fraction::lit(3, 0), 20).candles.is_empty());
    }

    #[test]
    fn a_drawdown_is_from_the_highest_so_far_wherever_it_is_looked_at() {
        let equity = |(n, amount): (i64, i64)| EquityPoint {
            ts: Nanos::MINUTE.times(n),
            equity: Decimal::from(amount),
        };
        let run = Run {
            cash: Decimal::from(100),
            equity: [(1, 90), (2, 200), (3, 150), (4, 200)].map(equity).to_vec(),
            ..Run::default()
        };
        let late = Period { from: Some(Nanos::MINUTE.times(3)), to: None };
        let values = |line: Vec<ChartPoint>| line.into_iter().map(|p| p.1).collect::<Vec<_>>();
        let start = 90.0 / 100.0 - 1.0;
        assert_eq!(values(drawdown_line(&run, Period::default(), 9)), [start, 0.0, -0.25, 0.0]);
        assert_eq!(values(drawdown_line(&run, late, 9)), [-0.25, 0.0]);
        assert_eq!(values(equity_line(&run, late, 9)), [150.0, 200.0]);
    }
}
