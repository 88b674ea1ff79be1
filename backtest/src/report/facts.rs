//! What the data of an instrument was like, as the page tells it.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use crate::series::Series;

/// What the bars of an instrument are like.
#[derive(Serialize)]
pub(super) struct Facts {
    symbol: String,
    interval: i64,
    bars: usize,
    gaps: usize,
    missing: u64,
    longest_gap: u64,
    segments: usize,
    taker: bool,
    no_volume: usize,
    rounded: u64,
    tick: Decimal,
    tick_inferred: bool,
}

impl Facts {
    pub(super) fn of(series: &Series) -> Self {
        Self {
            symbol: series.symbol().to_owned(),
            interval: series.interval().nominal().0.div_euclid(Nanos::SECOND.0),
            bars: series.bars().len(),
            gaps: series.gaps().len(),
            missing: series.gaps().iter().map(|g| g.missing).sum(),
            longest_gap: series.gaps().iter().map(|g| g.missing).max().unwrap_or(0),
            segments: series.segments().len(),
            taker: series.has_taker(),
            no_volume: series.bars().iter().filter(|b| b.volume.is_zero()).count(),
            rounded: series.rounded().prices + series.rounded().volumes,
            tick: series.grid().tick_size,
            tick_inferred: series.grid().tick_inferred,
        }
    }
}
