//! Bars of a longer interval from bars of a shorter one, exact on the integers.
//!
//! A bar of the longer interval opens at a whole multiple of it since the Unix
//! epoch (so days are UTC days). Open is that of the first bar inside, close that
//! of the last, high and low the extremes, volume and taker-buy volume the sums.
//! Where no bar lies inside there is no bar: gaps stay gaps, and what is inside a
//! gap is not made up. A bar that lacks some of its parts because of a gap is
//! kept and counted.
//!
//! At the ends of a segment the first and the last bar may be cut off by where
//! the data begins and ends. [`Edges::Drop`] leaves out a first bar that the data
//! enters after its open, and a last bar that the data leaves before its close;
//! [`Edges::Keep`] keeps both. A bar that two segments share belongs to neither.
//!
//! Refuses an interval that is not a multiple of the one the series has, and bars
//! that do not open at whole multiples of their own interval.

use std::ops::Range;

use tickstep_core::bars::{BarBuilder, open_of};
use tickstep_core::calendar::BarTimes;
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::Series;
use super::gaps::gaps;
use super::grid::Measure;
use crate::times::{span, utc};

/// What becomes of bars that the ends of the data cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edges {
    /// Bars that are cut off are left out.
    #[default]
    Drop,
    /// Bars that are cut off are kept, and hold what there is.
    Keep,
}

/// Why a series cannot be resampled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// The interval is not a whole multiple.
    #[error(
        "{symbol}: an interval of {} is not a whole multiple of the {} of the data; name one that is",
        span(*wanted),
        span(*own)
    )]
    NotAMultiple {
        /// Name of the instrument.
        symbol: String,
        /// Interval asked for.
        wanted: Nanos,
        /// Interval of the series.
        own: Nanos,
    },
    /// Bars lie across the borders of the longer ones.
    #[error(
        "{symbol}: the bar at {} does not open at a whole multiple of {} since 1970, so it lies \
         across two bars; the data must be aligned",
        utc(*ts),
        span(*own)
    )]
    Unaligned {
        /// Name of the instrument.
        symbol: String,
        /// Open time of the bar.
        ts: Nanos,
        /// Interval of the series.
        own: Nanos,
    },
    /// A sum of volumes that a series cannot hold.
    #[error("{symbol}: the volume of the bar at {} is too large; state a coarser volume_step", utc(*ts))]
    TooLarge {
        /// Name of the instrument.
        symbol: String,
        /// Open time of the longer bar.
        ts: Nanos,
    },
    /// Every bar was cut off by the ends of the data.
    #[error("{symbol}: no whole bar of {} lies in the data; keep the cut ones (--edges keep)", span(*wanted))]
    Nothing {
        /// Name of the instrument.
        symbol: String,
        /// Interval asked for.
        wanted: Nanos,
    },
}

/// A resampled series, and what is not whole about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resampled {
    /// The series. Its sources are those of the finer one.
    pub series: Series,
    /// Bars that lack at least one of their parts, because of gaps or kept edges.
    pub partial: u64,
    /// Parts that were left out with cut-off bars.
    pub dropped: u64,
}

/// Bars of `interval` from those of `series`.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_backtest::series::resample::{Edges, resample};
/// use tickstep_backtest::series::{Grid, Series};
/// use tickstep_core::event::Bar;
/// use tickstep_core::units::{Lots, Nanos, Ticks};
///
/// let bar = |minute: i64| Bar {
///     ts_open: Nanos(1_690_848_000_000_000_000 + minute * Nanos::MINUTE.0),
///     open: Ticks(100 + minute),
///     high: Ticks(110 + minute),
///     low: Ticks(90 + minute),
///     close: Ticks(101 + minute),
///     volume: Lots::new(10).unwrap_or_default(),
///     taker_buy: Lots::new(4),
/// };
/// let grid = Grid::stated(Decimal::new(1, 2), Decimal::ONE);
/// // Seven minutes from midnight: one whole five-minute bar, and a cut one.
/// let minutes = (0..7).map(bar).collect();
/// let series = Series::from_bars("X", Nanos::MINUTE, grid, minutes, Nanos::DAY)?;
/// let five = resample(&series, Nanos::MINUTE.times(5), Edges::Drop)?;
/// let only = five.series.bars()[0];
/// assert_eq!((only.open, only.high, only.low, only.close), (Ticks(100), Ticks(114), Ticks(90), Ticks(105)));
/// assert_eq!((only.volume.get(), only.taker_buy.map(Lots::get)), (50, Some(20)));
/// assert_eq!((five.series.bars().len(), five.dropped), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn resample(
    series: &Series,
    interval: Nanos,
    edges: Edges,
) -> Result<Resampled, ResampleError> {
    let own = series.interval().nominal();
    let symbol = || series.symbol.clone();
    let no_multiple = || ResampleError::NotAMultiple { symbol: symbol(), wanted: interval, own };
    let times = BarTimes::every(interval).map_err(|_| no_multiple())?;
    if interval.0 % own.0 != 0 {
        return Err(no_multiple());
    }
    if let Some(bar) = series.bars.iter().find(|bar| bar.ts_open.0.rem_euclid(own.0) != 0) {
        return Err(ResampleError::Unaligned { symbol: symbol(), ts: bar.ts_open, own });
    }
    let start = |bar: &Bar| open_of(bar.ts_open, interval);
    let mut bars: Vec<Bar> = Vec::new();
    let mut segments: Vec<Range<usize>> = Vec::new();
    let (mut partial, mut dropped) = (0, 0);
    let ends = |i: usize| {
        series
            .segments
            .get(i)
            .map(|s| (start(&series.bars[s.start]), start(&series.bars[s.end - 1])))
    };
    for (i, segment) in series.segments.iter().enumerate() {
        let before = i.checked_sub(1).and_then(ends).map(|(_, last)| last);
        let after = ends(i + 1).map(|(first, _)| first);
        let from = bars.len();
        let parts = &series.bars[segment.clone()];
        let (first, last) = (parts[0].ts_open, parts[parts.len() - 1].ts_open + own);
        for group in parts.chunk_by(|a, b| start(a) == start(b)) {
            let open = start(&group[0]);
            // Only the first can open before the data does, only the last close after it.
            let cut = open < first || open + interval > last;
            let shared = Some(open) == before || Some(open) == after;
            if shared || (cut && edges == Edges::Drop) {
                dropped += group.len() as u64;
                continue;
            }
            let whole = group.len() as i64 == interval.0 / own.0;
            partial += u64::from(!whole);
            let bar = sum(group, open)
                .ok_or_else(|| ResampleError::TooLarge { symbol: symbol(), ts: open })?;
            bars.push(bar);
        }
        if bars.len() > from {
            segments.push(from..bars.len());
        }
    }
    if bars.is_empty() {
        return Err(ResampleError::Nothing { symbol: symbol(), wanted: interval });
    }
    let series = Series {
        symbol: series.symbol.clone(),
        grid: series.grid,
        gaps: gaps(&bars, &times),
        times,
        calendar: series.calendar.clone(),
        market: series.market.clone(),
        bars,
        segments,
        has_taker: series.has_taker,
        rounded: series.rounded,
        repaired: series.repaired,
        sources: series.sources.clone(),
        stamps: series.stamps,
    };
    Ok(Resampled { series, partial, dropped })
}

/// One bar of all `parts`; `None` where its volume is more than a series can hold.
fn sum(parts: &[Bar], ts_open: Nanos) -> Option<Bar> {
    let (first, rest) = parts.split_first()?;
    let mut builder = BarBuilder::new(ts_open, first);
    for part in rest {
        builder.add(part);
        // Looked at each time: the sum of two volumes a series can hold never overflows.
        if builder.bar().volume.get() > Measure::Volume.max() {
            return None;
        }
    }
    Some(builder.bar())
}
