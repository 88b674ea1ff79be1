//! Where a run stands on the tape of one instrument.

use tickstep_core::event::Bar;
use tickstep_core::features::{FeatureSpec, Pipeline};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;

use super::driver::NEVER;
use super::{FundingPoint, RunError, Traded};

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
    pub(super) pipeline: Pipeline,
}

impl<'a> Cursor<'a> {
    /// At the beginning of an instrument's tape, of which bars that open at or
    /// after `to` are no part.
    pub(super) fn new(
        index: usize,
        traded: Traded<'a>,
        spec: &FeatureSpec,
        max_gap: u32,
        to: Option<Nanos>,
    ) -> Result<Self, RunError> {
        let pipeline = Pipeline::new(spec, traded.series.interval, max_gap).map_err(|error| {
            RunError::Feature { symbol: traded.instrument.symbol().to_owned(), error }
        })?;
        let bars = &traded.series.bars;
        let end = to.map_or(bars.len(), |to| bars.partition_point(|b| b.ts_open < to));
        Ok(Self {
            id: InstrumentId(index as u16),
            interval: traded.series.interval,
            bars: &bars[..end],
            segment_ends: traded.series.segments.iter().map(|s| s.end).collect(),
            finer: traded.finer.map_or(&[], |s| &s.bars),
            funding: traded.funding.into_iter().peekable(),
            next: 0,
            in_progress: false,
            pipeline,
        })
    }
}

impl Cursor<'_> {
    /// The next time at which something happens to this tape.
    #[inline]
    pub(super) fn next_instant(&self) -> Nanos {
        match self.bars.get(self.next) {
            Some(bar) if self.in_progress => bar.ts_open + self.interval,
            Some(bar) => bar.ts_open,
            None => NEVER,
        }
    }
}
