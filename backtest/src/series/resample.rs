//! Bars of a longer interval from bars of a shorter one, exact on the integers.
//!
//! A bar of the longer interval opens at a whole multiple of it since the Unix
//! epoch, or in a market with trading hours as many intervals after it opened. Days are
//! trading days, UTC days where the market never closes; weeks begin on Monday. Open is that of the first bar inside, close that
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

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use tickstep_core::bars::BarBuilder;
use tickstep_core::calendar::{Anchor, BarTimes, BarTimesError, Interval, Period};
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::assemble::{MarketTimes, SeriesParts};
use super::candle::{InMemory, RowOrigin};
use super::grid::Measure;
use super::{Series, StampKind};
use crate::times::{span, timestamp, utc};

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
    /// The longer bars do not lie where bars of their length do.
    #[error("{symbol}: the longer bars do not make a series: {reason}; name another interval")]
    NotLaidOut {
        /// Name of the instrument.
        symbol: String,
        /// What does not fit.
        reason: String,
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

/// The bars of which shorter ones are parts.
enum LongerPeriods {
    /// Of one length, within the trading hours.
    Times(BarTimes),
    /// Days, weeks or months, by their beginnings.
    Days(BTreeMap<Nanos, Nanos>),
}

impl LongerPeriods {
    fn of(series: &Series, interval: Interval) -> Result<Self, ResampleError> {
        let own = series.interval().nominal();
        let symbol = || series.symbol.clone();
        let wanted = interval.nominal();
        let no_multiple = || ResampleError::NotAMultiple { symbol: symbol(), wanted, own };
        if wanted.0 <= 0 || (interval.length().is_some() && wanted.0 % own.0 != 0) || wanted < own {
            return Err(no_multiple());
        }
        let across =
            |bar: &Bar| ResampleError::Unaligned { symbol: symbol(), ts: bar.ts_open, own };
        let Interval::Time(length) = interval else {
            let days = Self::Days(days(series, interval));
            let lost = series.bars.iter().find(|bar| days.find(bar.ts_open).is_none());
            return lost.map_or(Ok(days), |bar| Err(across(bar)));
        };
        let anchors = [Anchor::Open, Anchor::Clock];
        let times = anchors.map(|anchor| BarTimes::within(length, anchor, &series.calendar));
        let mut lost = None;
        for times in times {
            let times = Self::Times(times.map_err(|_| no_multiple())?);
            let inside = |at: &usize| {
                let open = series.bars[*at].ts_open;
                times.find(open).is_some_and(|period| {
                    let aligned = (open - period.open).0 % own.0 == 0;
                    aligned && series.close_of(*at) <= period.close
                })
            };
            match (0..series.bars.len()).find(|at| !inside(at)) {
                None => return Ok(times),
                Some(at) => lost = lost.or(Some(at)),
            }
        }
        Err(lost.map_or_else(no_multiple, |at| across(&series.bars[at])))
    }

    /// Where all of them lie.
    fn times(&self, interval: Interval) -> Result<BarTimes, BarTimesError> {
        match self {
            Self::Times(times) => Ok(times.clone()),
            Self::Days(days) => {
                let period =
                    |(open, close): (&Nanos, &Nanos)| Period { open: *open, close: *close };
                BarTimes::periods(interval, &days.iter().map(period).collect::<Vec<_>>())
            }
        }
    }

    /// The longer bar in which a time lies.
    fn find(&self, ts: Nanos) -> Option<Period> {
        match self {
            Self::Times(times) => times.number_at(ts).map(|number| times.period_of(number)),
            Self::Days(days) => {
                let (open, close) = days.range(..=ts).next_back()?;
                (ts < *close).then_some(Period { open: *open, close: *close })
            }
        }
    }

    /// The longer bar of which a bar is a part, as was found for every one.
    fn of_bar(&self, series: &Series, bar: &Bar) -> Period {
        let alone = || Period { open: bar.ts_open, close: series.times.close_of(bar.ts_open) };
        self.find(bar.ts_open).unwrap_or_else(alone)
    }
}

/// Trading days, joined to weeks from Monday on and to months: when each begins and ends.
fn days(series: &Series, interval: Interval) -> BTreeMap<Nanos, Nanos> {
    let label = |day: i32| match interval {
        // 1970-01-01 was a Thursday.
        Interval::Week => (day + 3).div_euclid(7),
        Interval::Month => {
            let midnight = Nanos(i64::from(day).saturating_mul(Nanos::DAY.0));
            let date = TimeZone::UTC.to_datetime(timestamp(midnight)).date();
            i32::from(date.year()) * 12 + i32::from(date.month())
        }
        Interval::Day | Interval::Time(_) => day,
    };
    let mut all: BTreeMap<i32, Period> = BTreeMap::new();
    let mut add = |day: i32, open: Nanos, close: Nanos| {
        let period = all.entry(label(day)).or_insert(Period { open, close });
        *period = Period { open: period.open.min(open), close: period.close.max(close) };
    };
    if series.calendar.is_continuous() {
        let ends = series.bars.first().zip(series.bars.last());
        let day = |bar: &Bar| bar.ts_open.0.div_euclid(Nanos::DAY.0);
        if let Some((first, last)) = ends {
            // Weeks and months are whole where the data ends inside them.
            for day in day(first) - 31..=day(last) + 31 {
                let open = Nanos(day.saturating_mul(Nanos::DAY.0));
                add(day as i32, open, Nanos(open.0.saturating_add(Nanos::DAY.0)));
            }
        }
    }
    series.calendar.hours().iter().for_each(|h| add(h.day, h.open, h.close));
    all.into_values().map(|period| (period.open, period.close)).collect()
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
    interval: impl Into<Interval>,
    edges: Edges,
) -> Result<Resampled, ResampleError> {
    let interval = interval.into();
    let periods = LongerPeriods::of(series, interval)?;
    let start = |bar: &Bar| periods.of_bar(series, bar);
    let mut bars: Vec<Bar> = Vec::new();
    let mut breaks: Vec<usize> = Vec::new();
    let (mut partial, mut dropped) = (0, 0);
    let ends = |i: usize| {
        let segment = series.segments.get(i)?;
        Some((start(&series.bars[segment.start]), start(&series.bars[segment.end - 1])))
    };
    for (i, segment) in series.segments.iter().enumerate() {
        let before = i.checked_sub(1).and_then(ends).map(|(_, last)| last);
        let after = ends(i + 1).map(|(first, _)| first);
        let from = bars.len();
        let parts = &series.bars[segment.clone()];
        let (first, last) = (parts[0].ts_open, series.close_of(segment.end - 1));
        for group in parts.chunk_by(|a, b| start(a) == start(b)) {
            let Period { open, close } = start(&group[0]);
            // Only the first can open before the data does, only the last close after it.
            let cut = open < first || close > last;
            let shared = [before, after].contains(&Some(start(&group[0])));
            if shared || (cut && edges == Edges::Drop) {
                dropped += group.len() as u64;
                continue;
            }
            let whole = series.times.bars_until(open, close) + 1;
            partial += u64::from(group.len() != whole);
            let bar = sum(group, open).ok_or_else(|| ResampleError::TooLarge {
                symbol: series.symbol.clone(),
                ts: open,
            })?;
            bars.push(bar);
        }
        if from > 0 && bars.len() > from {
            breaks.push(from);
        }
    }
    if bars.is_empty() {
        let wanted = interval.nominal();
        return Err(ResampleError::Nothing { symbol: series.symbol.clone(), wanted });
    }
    let series = laid_out(series, interval, &periods, bars, breaks)?;
    Ok(Resampled { series, partial, dropped })
}

/// The longer bars of a series, where a tape that is read again finds them too.
fn laid_out(
    from: &Series,
    interval: Interval,
    periods: &LongerPeriods,
    bars: Vec<Bar>,
    breaks: Vec<usize>,
) -> Result<Series, ResampleError> {
    let refused = |reason| ResampleError::NotLaidOut { symbol: from.symbol.clone(), reason };
    let times = || periods.times(interval).map_err(|error| refused(error.to_string()));
    let given = match from.market {
        Some(_) => None,
        None => Some(MarketTimes { times: times()?, calendar: from.calendar.clone() }),
    };
    let parts = SeriesParts {
        symbol: from.symbol.clone(),
        interval: Some(interval.nominal()),
        given,
        market: from.market.clone(),
        repairs: Vec::new(),
        can_snap: false,
        grid: from.grid,
        bars,
        breaks,
        // Segments are those of the shorter bars.
        segment_gap: Nanos(i64::MAX),
        period: None,
        rounded: from.rounded,
        repaired: from.repaired,
        sources: from.sources.clone(),
        stamps: StampKind::Absolute,
        dates: false,
    };
    let placed = parts.assemble(&|at| InMemory.place(at as u64 + 1));
    placed.map_err(|error| refused(error.to_string()))
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
