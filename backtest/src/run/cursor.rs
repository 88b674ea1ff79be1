//! Where a run stands in the series of one instrument.

use tickstep_core::book::{Applied, BookError};
use tickstep_core::calendar::BarTimes;
use tickstep_core::event::{Bar, BookUpdate};
use tickstep_core::features::{
    Columns, FeatureError, FeatureSource, FeatureSpec, Features, Pipeline,
};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Nanos, Ticks};

use super::backtest::{FundingPoint, MarketData};
use super::fast::FeatureCache;

/// After every time there is.
pub(super) const NEVER: Nanos = Nanos(i64::MAX);

/// Where features come from, bar by bar: made on the spot, or read where they
/// were made once for all.
pub(super) enum FeatureReader<'a> {
    Made(Box<Pipeline>),
    Read {
        columns: Columns,
        bars: &'a [Bar],
        /// The bar that closes next.
        next: usize,
    },
}

impl<'a> FeatureReader<'a> {
    /// Reads `spec` from `shared` where there are any; they hold nothing of the book.
    pub(super) fn new(
        spec: &FeatureSpec,
        max_gap: u32,
        cache: Option<&'a FeatureCache<'a>>,
        id: InstrumentId,
        times: &BarTimes,
        bars: &'a [Bar],
    ) -> Result<Self, FeatureError> {
        match cache.filter(|_| !spec.wants_book()) {
            Some(cache) => {
                Ok(Self::Read { columns: cache.columns(id, spec, max_gap)?, bars, next: 0 })
            }
            None => Ok(Self::Made(Box::new(Pipeline::new(spec, times, max_gap)?))),
        }
    }

    /// The bars before `at` were stepped over; a pipeline would have had to see them.
    pub(super) fn skip_to(&mut self, at: usize) {
        match self {
            Self::Made(_) => {}
            Self::Read { next, .. } => *next = at,
        }
    }
}

impl FeatureSource for FeatureReader<'_> {
    fn row(&self) -> Features {
        match self {
            Self::Made(pipeline) => pipeline.row(),
            Self::Read { columns, .. } => columns.row(),
        }
    }

    #[inline]
    fn push(&mut self, bar: &Bar, row: &mut Features) {
        match self {
            Self::Made(pipeline) => pipeline.push(bar, row),
            Self::Read { columns, bars, next } => {
                columns.read(*next, bars, row);
                *next += 1;
            }
        }
    }

    fn reset(&mut self, row: &mut Features) {
        match self {
            Self::Made(pipeline) => pipeline.reset(row),
            // The columns know where segments begin.
            Self::Read { .. } => {}
        }
    }

    fn push_book(&mut self, ts: Nanos, update: &BookUpdate) -> Result<Option<Applied>, BookError> {
        match self {
            Self::Made(pipeline) => pipeline.push_book(ts, update),
            // Columns hold nothing of the book.
            Self::Read { .. } => Ok(None),
        }
    }

    fn look_at_book(&self, now: Nanos, row: &mut Features) {
        match self {
            Self::Made(pipeline) => pipeline.look_at_book(now, row),
            Self::Read { .. } => {}
        }
    }
}

/// Where a run stands in an instrument's bars, finer bars and funding.
pub(super) struct Cursor<'a> {
    pub(super) id: InstrumentId,
    pub(super) times: &'a BarTimes,
    pub(super) bars: &'a [Bar],
    /// Index after the last bar of each segment, ascending.
    pub(super) segment_ends: Vec<usize>,
    pub(super) finer: &'a [Bar],
    pub(super) funding: std::iter::Peekable<std::vec::IntoIter<FundingPoint>>,
    pub(super) next: usize,
    pub(super) in_progress: bool,
    /// The next time at which something happens to this instrument.
    pub(super) next_instant: Nanos,
}

impl<'a> Cursor<'a> {
    /// At the beginning of an instrument's series, of which bars that open at or after
    /// `to` are no part.
    pub(super) fn new(index: usize, traded: MarketData<'a>, to: Option<Nanos>) -> Self {
        let bars = traded.series.bars();
        let end = to.map_or(bars.len(), |to| bars.partition_point(|b| b.ts_open < to));
        let bars = &bars[..end];
        Self {
            id: InstrumentId(index as u16),
            times: traded.series.times(),
            bars,
            next_instant: bars.first().map_or(NEVER, |b| b.ts_open),
            segment_ends: traded.series.segments().iter().map(|s| s.end).collect(),
            finer: traded.finer.map_or(&[], |s| s.bars()),
            funding: traded.funding.into_iter().peekable(),
            next: 0,
            in_progress: false,
        }
    }

    /// The next bar begins, at a price.
    #[inline]
    pub(super) fn open(&mut self) -> Ticks {
        let bar = &self.bars[self.next];
        self.in_progress = true;
        self.next_instant = self.times.close_of(bar.ts_open);
        bar.open
    }

    /// The bar in progress ends.
    #[inline]
    pub(super) fn close(&mut self) -> &'a Bar {
        let bar = &self.bars[self.next];
        self.in_progress = false;
        self.next += 1;
        self.next_instant = self.bars.get(self.next).map_or(NEVER, |b| b.ts_open);
        bar
    }

    pub(super) fn finer_between(&self, from: Nanos, to: Nanos) -> &'a [Bar] {
        let start = self.finer.partition_point(|b| b.ts_open < from);
        let end = self.finer.partition_point(|b| b.ts_open < to);
        &self.finer[start..end]
    }

    /// The first bar that opens at `from` or later.
    pub(super) fn first_from(&self, from: Nanos) -> usize {
        self.bars.partition_point(|b| b.ts_open < from)
    }

    /// First open and last close of the bars that open at `from` or later.
    pub(super) fn first_last(&self, from: Option<Nanos>) -> Option<(i64, i64)> {
        let start = from.map_or(0, |from| self.first_from(from));
        Some((self.bars.get(start)?.open.0, self.bars.last()?.close.0))
    }
}
