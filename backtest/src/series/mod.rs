//! The bars of one instrument, checked and cut into segments: what a run reads.
//!
//! Invariants of a [`Series`] made here: open times rise by whole intervals;
//! every bar is a candle (`low <= open, close <= high`, prices above zero,
//! taker-buy volume at most the volume); all bars have taker-buy volume or none
//! has; segments are not empty, do not overlap and cover all bars.
//!
//! A series does not fill gaps and does not know the instrument that is traded:
//! its grid is that of the data. It is made from bars here ([`Series::from_bars`]), and
//! from files, arrays and frames in [`load`](crate::load).

pub(crate) mod candle;
pub(crate) mod error;
pub(crate) mod fault;
mod gaps;
pub(crate) mod grid;
pub(crate) mod place;
pub(crate) mod repairs;
pub mod resample;

use std::ops::Range;

use tickstep_core::calendar::{BarTimes, Calendar, Interval};
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use candle::{InMemory, RowContext, RowOrigin, is_sound};
pub use error::{BadOption, SeriesError, SeriesFault};
pub use fault::{RowError, RowFault};
pub use gaps::Gap;
use gaps::{gaps, segments, starts};
pub use grid::Grid;
use grid::Measure;
pub use place::RowPlace;
pub use repairs::{Repair, Repaired};

/// A file that a series was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as it was given.
    pub path: String,
    /// SHA-256 of the file's bytes as stored, in hex.
    pub sha256: String,
    /// Bars in the file, whether or not they lie in the period asked for.
    pub rows: usize,
    /// Lists in the file that hold no bar (windows of a JSON archive).
    pub empty: usize,
    /// Open time of its first bar.
    pub first: Nanos,
    /// Open time of its last bar.
    pub last: Nanos,
}

/// How many values were rounded to a grid the user named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounded {
    /// Number of prices that were rounded.
    pub prices: u64,
    /// Number of volumes and taker-buy volumes that were rounded.
    pub volumes: u64,
}

/// The bars of one instrument at one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    symbol: String,
    times: BarTimes,
    calendar: Calendar,
    grid: Grid,
    bars: Vec<Bar>,
    segments: Vec<Range<usize>>,
    gaps: Vec<Gap>,
    has_taker: bool,
    rounded: Rounded,
    repaired: Repaired,
    sources: Vec<SourceFile>,
}

impl Series {
    /// Name of the instrument.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// How long a bar is.
    #[must_use]
    #[inline]
    pub const fn interval(&self) -> Interval {
        self.times.interval()
    }

    /// Where the bars lie in time.
    #[must_use]
    #[inline]
    pub const fn times(&self) -> &BarTimes {
        &self.times
    }

    /// When the market trades.
    #[must_use]
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// When the bar at an index ends.
    ///
    /// Panics where there is no such bar.
    #[must_use]
    #[inline]
    pub fn close_of(&self, at: usize) -> Nanos {
        self.times.close_of(self.bars[at].ts_open)
    }

    /// Steps of prices and volumes.
    #[must_use]
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// All bars, by open time; prices in ticks, volumes in volume steps of the grid.
    #[must_use]
    #[inline]
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// Stretches of [`Series::bars`] between which everything starts afresh.
    #[must_use]
    #[inline]
    pub fn segments(&self) -> &[Range<usize>] {
        &self.segments
    }

    /// Every gap, those between segments included.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Whether every bar has taker-buy volume; if not, none has.
    #[must_use]
    pub const fn has_taker(&self) -> bool {
        self.has_taker
    }

    /// What was rounded to the stated grid.
    #[must_use]
    pub const fn rounded(&self) -> Rounded {
        self.rounded
    }

    /// What the named repairs mended; roundings are in [`Series::rounded`].
    #[must_use]
    pub const fn repaired(&self) -> Repaired {
        self.repaired
    }

    /// Files, in order of their bars; empty for data from memory.
    #[must_use]
    pub fn sources(&self) -> &[SourceFile] {
        &self.sources
    }

    /// Everything that differs from the data as found: repairs and roundings.
    #[must_use]
    pub fn all_repaired(&self) -> Repaired {
        let mut all = self.repaired;
        all.prices_rounded += self.rounded.prices;
        all.volumes_rounded += self.rounded.volumes;
        all
    }

    /// The same bars with a segment that begins at each of `starts` too, which are
    /// indexes into [`Series::bars`]; what is no index of a bar is passed over.
    #[must_use]
    pub fn with_segment_starts(mut self, starts: &[usize]) -> Self {
        let inside = starts.iter().copied().filter(|i| *i < self.bars.len());
        let mut all: Vec<usize> = self.segments.iter().map(|s| s.start).chain(inside).collect();
        all.sort_unstable();
        all.dedup();
        self.segments = segments(&all, self.bars.len());
        self
    }

    /// Checks bars that are in memory. Their integers are steps of `grid`.
    ///
    /// ```
    /// use rust_decimal::Decimal;
    /// use tickstep_backtest::series::{Grid, Series, SeriesError};
    /// use tickstep_core::event::Bar;
    /// use tickstep_core::units::{Lots, Nanos, Ticks};
    ///
    /// let bar = |minute| Bar {
    ///     ts_open: Nanos(1_690_848_000_000_000_000 + minute * Nanos::MINUTE.0),
    ///     open: Ticks(4255),
    ///     high: Ticks(4256),
    ///     low: Ticks(4252),
    ///     close: Ticks(4252),
    ///     volume: Lots::ZERO,
    ///     taker_buy: None,
    /// };
    /// let grid = Grid::stated(Decimal::new(1, 3), Decimal::new(1, 1));
    /// let bars = vec![bar(0), bar(1), bar(5)];
    /// let series = Series::from_bars("FILUSDT", Nanos::MINUTE, grid, bars, Nanos::DAY)?;
    /// assert_eq!(series.gaps()[0].missing, 3); // 4 minutes / 1 minute - 1
    /// assert_eq!(series.segments(), [0..3]);
    /// # Ok::<(), SeriesError>(())
    /// ```
    pub fn from_bars(
        symbol: impl Into<String>,
        interval: Nanos,
        grid: Grid,
        bars: Vec<Bar>,
        segment_gap: Nanos,
    ) -> Result<Self, SeriesError> {
        Self::checked(symbol.into(), Some(interval), None, grid, bars, segment_gap)
    }

    /// The same of bars that lie at `times`, in a market that trades by `calendar`.
    pub fn on_calendar(
        symbol: impl Into<String>,
        times: BarTimes,
        calendar: Calendar,
        grid: Grid,
        bars: Vec<Bar>,
        segment_gap: Nanos,
    ) -> Result<Self, SeriesError> {
        let market = MarketTimes { times, calendar };
        Self::checked(symbol.into(), None, Some(market), grid, bars, segment_gap)
    }

    fn checked(
        symbol: String,
        interval: Option<Nanos>,
        market: Option<MarketTimes>,
        grid: Grid,
        bars: Vec<Bar>,
        segment_gap: Nanos,
    ) -> Result<Self, SeriesError> {
        Measure::Price.checked(grid.tick_size)?;
        Measure::Volume.checked(grid.volume_step)?;
        let taker = bars.first().is_some_and(|bar| bar.taker_buy.is_some());
        let context =
            RowContext { origin: &InMemory, tick: grid.tick_size, step: grid.volume_step };
        let mut last = None;
        for (i, bar) in bars.iter().enumerate() {
            let number = i as u64 + 1;
            if !is_sound(bar) {
                context.candle(number, bar)?;
            }
            if bar.taker_buy.is_some() != taker {
                let (here, first) = (InMemory.place(number), InMemory.place(1));
                let (with, without) = if taker { (first, here) } else { (here, first) };
                return Err(SeriesFault::MixedTaker { with, without }.into());
            }
            if last.is_some_and(|last| bar.ts_open <= last) {
                return Err(context.out_of_order(number, bar, &bars[..i], &[]).into());
            }
            last = Some(bar.ts_open);
        }
        let parts = SeriesParts {
            symbol,
            interval,
            market,
            grid,
            bars,
            breaks: Vec::new(),
            segment_gap,
            period: None,
            rounded: Rounded::default(),
            repaired: Repaired::default(),
            sources: Vec::new(),
        };
        parts.assemble(&|index| InMemory.place(index as u64 + 1))
    }
}

/// Where bars lie in time, and when their market trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarketTimes {
    pub times: BarTimes,
    pub calendar: Calendar,
}

/// Checked bars in order, on the way to a [`Series`].
pub(crate) struct SeriesParts {
    pub symbol: String,
    pub interval: Option<Nanos>,
    /// Where the bars lie, where that is not every `interval`.
    pub market: Option<MarketTimes>,
    pub grid: Grid,
    pub bars: Vec<Bar>,
    /// Where the user's segments begin, but the first.
    pub breaks: Vec<usize>,
    pub segment_gap: Nanos,
    pub period: Option<(Nanos, Nanos)>,
    pub rounded: Rounded,
    pub repaired: Repaired,
    pub sources: Vec<SourceFile>,
}

impl SeriesParts {
    /// Settles the interval, cuts out the period, and finds gaps and segments.
    /// `place` names a bar by its index.
    pub(crate) fn assemble(
        mut self,
        place: &dyn Fn(usize) -> RowPlace,
    ) -> Result<Series, SeriesError> {
        self.check_options()?;
        let MarketTimes { times, calendar } = match self.market.take() {
            Some(market) => market,
            None => self.every_interval(place)?,
        };
        self.cut_period()?;
        let starts = starts(&self.bars, &times, self.segment_gap, &self.breaks);
        let segments = segments(&starts, self.bars.len());
        Ok(Series {
            has_taker: self.bars.iter().all(|bar| bar.taker_buy.is_some()),
            symbol: self.symbol,
            grid: self.grid,
            gaps: gaps(&self.bars, &times),
            times,
            calendar,
            bars: self.bars,
            segments,
            rounded: self.rounded,
            repaired: self.repaired,
            sources: self.sources,
        })
    }

    fn check_options(&self) -> Result<(), SeriesError> {
        let bad = |option, value, range| Err(BadOption { option, value, range }.into());
        if let Some(interval) = self.interval
            && interval.0 <= 0
        {
            return bad("interval", format!("{} ns", interval.0), "above zero");
        }
        if self.segment_gap.0 < 0 {
            return bad("segment_gap", format!("{} ns", self.segment_gap.0), "zero or more");
        }
        Ok(())
    }

    fn every_interval(
        &self,
        place: &dyn Fn(usize) -> RowPlace,
    ) -> Result<MarketTimes, SeriesError> {
        let interval = self.settle_interval(place)?;
        let bad = |_| BadOption {
            option: "interval",
            value: format!("{} ns", interval.0),
            range: "above zero",
        };
        let times = BarTimes::every(interval).map_err(bad)?;
        Ok(MarketTimes { times, calendar: Calendar::always() })
    }

    fn settle_interval(&self, place: &dyn Fn(usize) -> RowPlace) -> Result<Nanos, SeriesError> {
        if self.bars.is_empty() {
            return Err(SeriesFault::Nothing.into());
        }
        let between = |pair: &[Bar]| pair[1].ts_open - pair[0].ts_open;
        let smallest = || self.bars.windows(2).map(between).min();
        let interval = self
            .interval
            .or_else(smallest)
            .ok_or_else(|| SeriesFault::IntervalUnknown { place: place(0) })?;
        match self.bars.windows(2).position(|pair| between(pair).0 % interval.0 != 0) {
            None => Ok(interval),
            Some(i) => {
                let (ts, before) = (self.bars[i + 1].ts_open, self.bars[i].ts_open);
                Err(RowFault::OffInterval { ts, before, interval }.at(place(i + 1)).into())
            }
        }
    }

    fn cut_period(&mut self) -> Result<(), SeriesError> {
        let Some((from, to)) = self.period else { return Ok(()) };
        let start = self.bars.partition_point(|bar| bar.ts_open < from);
        let end = self.bars.partition_point(|bar| bar.ts_open < to);
        if start >= end {
            let time = |bar: Option<&Bar>| bar.map_or(Nanos(0), |bar| bar.ts_open);
            let (first, last) = (time(self.bars.first()), time(self.bars.last()));
            return Err(SeriesFault::EmptyPeriod { from, to, first, last }.into());
        }
        self.bars.truncate(end);
        self.bars.drain(..start);
        self.breaks.retain(|i| *i > start && *i < end);
        for i in &mut self.breaks {
            *i -= start;
        }
        Ok(())
    }
}
