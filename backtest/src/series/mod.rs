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

mod assemble;
pub(crate) mod candle;
mod daily;
pub(crate) mod error;
pub(crate) mod fault;
mod fingerprint;
mod future;
mod gaps;
pub(crate) mod grid;
pub(crate) mod layout;
mod periods;
pub(crate) mod place;
pub(crate) mod repairs;
pub mod resample;
mod source;
pub(crate) mod spacing;
pub(crate) mod stamps;
mod state;
mod words;

use std::ops::Range;
use std::sync::Arc;

use tickstep_config::MarketHours;
use tickstep_core::calendar::{BarTimes, Calendar, Interval};
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

pub(crate) use assemble::{MarketTimes, SeriesMarket, SeriesParts};
use candle::{InMemory, RowContext, RowOrigin, is_sound};
pub use error::{BadOption, SeriesError, SeriesFault};
pub use fault::{RowError, RowFault};
pub use gaps::Gap;
use gaps::segments;
pub use grid::Grid;
use grid::Measure;
pub use place::RowPlace;
pub use repairs::{Repair, Repaired};
pub use source::{Rounded, SourceFile};
pub use stamps::StampKind;

/// The bars of one instrument at one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    symbol: String,
    times: BarTimes,
    calendar: Calendar,
    /// What the calendar was made of, where it was not given as hours.
    market: Option<SeriesMarket>,
    grid: Grid,
    /// Shared by copies of the series, which may be many.
    bars: Arc<Vec<Bar>>,
    segments: Vec<Range<usize>>,
    gaps: Vec<Gap>,
    has_taker: bool,
    rounded: Rounded,
    repaired: Repaired,
    sources: Vec<SourceFile>,
    stamps: StampKind,
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

    /// What the calendar was made of, where it was not given as hours.
    pub(crate) const fn market(&self) -> Option<&SeriesMarket> {
        self.market.as_ref()
    }

    /// Whether the calendar was told by the open times, and not stated.
    #[must_use]
    pub fn is_calendar_inferred(&self) -> bool {
        self.market.as_ref().is_some_and(|market| market.inferred)
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

    /// What the open times said of themselves in the files; instants from memory.
    #[must_use]
    pub const fn stamps(&self) -> StampKind {
        self.stamps
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
            given: market,
            market: Some(SeriesMarket { hours: MarketHours::always(), inferred: false }),
            repairs: Vec::new(),
            can_snap: false,
            grid,
            bars,
            breaks: Vec::new(),
            segment_gap,
            period: None,
            rounded: Rounded::default(),
            repaired: Repaired::default(),
            sources: Vec::new(),
            stamps: StampKind::Absolute,
            dates: false,
        };
        parts.assemble(&|index| InMemory.place(index as u64 + 1))
    }
}
