//! Where a run stands on the tape of one instrument.

use tickstep_core::event::Bar;
use tickstep_core::features::{Columns, FeatureError, FeatureSpec, Features, Pipeline};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;

use super::driver::NEVER;
use super::fast::FeatureCache;
use super::{FundingPoint, MarketData, RunError};

/// Where features come from, bar by bar: made on the spot, or read where they
/// were made once for all.
pub(super) enum Feed {
    Made(Box<Pipeline>),
    Read(Columns),
}

/// What a feed is made from.
pub(super) struct Source<'s, 'a> {
    pub(super) spec: &'s FeatureSpec,
    pub(super) max_gap: u32,
    pub(super) shared: Option<&'a FeatureCache<'a>>,
}

impl Source<'_, '_> {
    fn feed(&self, id: InstrumentId, interval: Nanos) -> Result<Feed, FeatureError> {
        match self.shared.filter(|_| !self.spec.wants_book()) {
            Some(shared) => Ok(Feed::Read(shared.columns(id, self.spec, self.max_gap)?)),
            None => {
                let pipeline = Pipeline::new(self.spec, interval, self.max_gap)?;
                Ok(Feed::Made(Box::new(pipeline)))
            }
        }
    }
}

impl Feed {
    pub(super) fn row(&self) -> Features {
        match self {
            Self::Made(pipeline) => pipeline.row(),
            Self::Read(columns) => columns.row(),
        }
    }

    pub(super) fn reset(&mut self, row: &mut Features) {
        match self {
            Self::Made(pipeline) => pipeline.reset(row),
            // The columns know where segments begin.
            Self::Read(_) => {}
        }
    }
}

/// Where an instrument's tape stands.
pub(super) struct Cursor<'a> {
    pub(super) id: InstrumentId,
    pub(super) interval: Nanos,
    pub(super) bars: &'a [Bar],
    /// Index after the last bar of each segment, ascending.
    pub(super) segment_ends: Vec<usize>,
    pub(super) finer: &'a [Bar],
    pub(super) funding: std::iter::Peekable<std::vec::IntoIter<FundingPoint>>,
    pub(super) next: usize,
    pub(super) in_progress: bool,
    /// The next time at which something happens to this tape.
    pub(super) next_instant: Nanos,
    pub(super) features: Feed,
}

impl<'a> Cursor<'a> {
    /// At the beginning of an instrument's tape, of which bars that open at or
    /// after `to` are no part.
    pub(super) fn new(
        index: usize,
        traded: MarketData<'a>,
        source: &Source<'_, 'a>,
        to: Option<Nanos>,
    ) -> Result<Self, RunError> {
        let id = InstrumentId(index as u16);
        let features = source.feed(id, traded.series.interval).map_err(|error| {
            RunError::Feature { symbol: traded.instrument.symbol().to_owned(), error }
        })?;
        let bars = &traded.series.bars;
        let end = to.map_or(bars.len(), |to| bars.partition_point(|b| b.ts_open < to));
        let bars = &bars[..end];
        Ok(Self {
            id,
            interval: traded.series.interval,
            bars,
            next_instant: bars.first().map_or(NEVER, |b| b.ts_open),
            segment_ends: traded.series.segments.iter().map(|s| s.end).collect(),
            finer: traded.finer.map_or(&[], |s| &s.bars),
            funding: traded.funding.into_iter().peekable(),
            next: 0,
            in_progress: false,
            features,
        })
    }

    /// The bar that closed last; there is one once a bar has closed.
    #[inline]
    pub(super) fn last_closed(&self) -> &'a Bar {
        &self.bars[self.next - 1]
    }

    /// The next bar begins.
    #[inline]
    pub(super) fn open(&mut self) {
        self.in_progress = true;
        self.next_instant = self.next_instant + self.interval;
    }

    /// The bar in progress ends; `row` then holds the features at its close.
    #[inline]
    pub(super) fn close(&mut self, row: &mut Features) -> &'a Bar {
        let bar = &self.bars[self.next];
        match &mut self.features {
            Feed::Made(pipeline) => pipeline.push(bar, row),
            Feed::Read(columns) => columns.read(self.next, self.bars, row),
        }
        self.in_progress = false;
        self.next += 1;
        self.next_instant = self.bars.get(self.next).map_or(NEVER, |b| b.ts_open);
        bar
    }

    /// The bar that opened at `ts`, while it is in progress.
    #[inline]
    pub(super) fn opened_at(&self, ts: Nanos) -> Option<&'a Bar> {
        self.bars.get(self.next).filter(|b| b.ts_open == ts)
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
