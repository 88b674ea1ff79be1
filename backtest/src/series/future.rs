//! The same series with less, or something else, after one of its bars: what a look-ahead
//! check runs a strategy on. Whatever was known at the close of that bar is left as it was.
//!
//! Invariants: the same bars in give the same bars out; other bars lie at the same times
//! and on the same grid, and are candles.

use std::sync::Arc;

use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Ticks};

use super::Series;
use super::grid::Measure;

/// How much larger the moves and volumes of the other future are, so that it is told
/// from the one that happened by anything that looks at it.
const WILDER: i64 = 3;

impl Series {
    /// The first `count` bars; all where there are fewer. At least one is kept.
    #[must_use]
    pub fn until(&self, count: usize) -> Self {
        let count = count.clamp(1, self.bars.len().max(1)).min(self.bars.len());
        let mut cut = self.clone();
        cut.bars = Arc::new(self.bars[..count].to_vec());
        cut.segments.retain(|segment| segment.start < count);
        if let Some(last) = cut.segments.last_mut() {
            last.end = last.end.min(count);
        }
        let end = cut.bars.last().map(|bar| bar.ts_open);
        cut.gaps.retain(|gap| Some(gap.after) < end);
        cut
    }

    /// The first `count` bars, and after them others than there were: candles and volumes
    /// of this series drawn at random by `seed`, larger, one after the other.
    #[must_use]
    pub fn with_other_future(&self, count: usize, seed: u64) -> Self {
        let mut bars = self.bars.to_vec();
        let count = count.min(bars.len());
        let mut px = count.checked_sub(1).map_or(Ticks(1), |last| bars[last].close).0;
        // The highest price that was known sets how far the others go.
        let top = bars[..count].iter().map(|bar| bar.high.0).max().unwrap_or(px);
        let ceiling = top.saturating_mul(8).min(Measure::Price.max());
        let mut draw = Draw(seed ^ 0x7469_636b_7374_6570);
        for bar in &mut bars[count..] {
            let model = &self.bars[draw.below(self.bars.len())];
            let up = draw.below(2) == 0;
            *bar = candle(model, bar, px, ceiling, up);
            px = bar.close.0;
        }
        Self { bars: Arc::new(bars), ..self.clone() }
    }
}

/// A candle at the time of `place`, shaped as `model`, that opens at `px`.
fn candle(model: &Bar, place: &Bar, px: i64, ceiling: i64, up: bool) -> Bar {
    let sign = if up { WILDER } else { -WILDER };
    // A tick more, so that even a candle without a move has one.
    let moved = |of: Ticks| (px + sign * (of.0 - model.open.0)).clamp(1, ceiling);
    let step = if up { 1 } else { -1 };
    let close = (moved(model.close) + step).clamp(1, ceiling);
    let (a, b) = (moved(model.high), moved(model.low));
    let high = a.max(b).max(px).max(close);
    let low = a.min(b).min(px).min(close);
    let times = |lots: Lots| {
        let more = lots.get().saturating_mul(WILDER).saturating_add(1);
        Lots::new(more.min(Measure::Volume.max())).unwrap_or(lots)
    };
    let volume = times(model.volume);
    // The takers change sides, so that the share is another too.
    let taker = model.taker_buy.and_then(|taker| Lots::new(model.volume.get() - taker.get()));
    Bar {
        ts_open: place.ts_open,
        open: Ticks(px),
        high: Ticks(high),
        low: Ticks(low),
        close: Ticks(close),
        volume,
        taker_buy: taker.map(times).map(|taker| taker.min(volume)),
    }
}

/// The numbers of SplitMix64: the same on every platform.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rust_decimal::Decimal;
    use tickstep_core::units::Nanos;

    use super::*;
    use crate::series::Grid;
    use crate::series::candle::is_sound;

    fn series(taker: bool) -> Series {
        let bar = |n: i64| Bar {
            // Two bars are missing in the middle, and a day before the last ten.
            ts_open: Nanos::MINUTE
                .times(n + if n >= 30 { 2 } else { 0 } + if n >= 50 { 3000 } else { 0 }),
            open: Ticks(100 + n % 7),
            high: Ticks(109 + n % 3),
            low: Ticks(95 - n % 4),
            close: Ticks(101 + n % 5),
            volume: Lots::new(n * 13 % 40).unwrap(),
            taker_buy: taker.then(|| Lots::new(n * 13 % 40 / 3).unwrap()),
        };
        let grid = Grid::stated(Decimal::ONE, Decimal::ONE);
        let bars = (0..60).map(bar).collect();
        Series::from_bars("T", Nanos::MINUTE, grid, bars, Nanos::DAY).unwrap()
    }

    #[test]
    fn a_cut_series_is_that_of_its_bars() {
        let whole = series(true);
        for count in 1..=60 {
            let cut = whole.until(count);
            let bars = whole.bars()[..count].to_vec();
            let alone =
                Series::from_bars("T", Nanos::MINUTE, whole.grid(), bars, Nanos::DAY).unwrap();
            assert_eq!(cut.bars(), alone.bars());
            assert_eq!(cut.segments(), alone.segments(), "{count}");
            assert_eq!(cut.gaps(), alone.gaps(), "{count}");
        }
        assert_eq!(whole.until(0).bars().len(), 1);
        assert_eq!(whole.until(99), whole);
    }

    #[test]
    fn another_future_leaves_the_past_and_consists_of_candles() {
        for taker in [false, true] {
            let whole = series(taker);
            for count in [1, 20, 59, 60] {
                let other = whole.with_other_future(count, 7);
                assert_eq!(other, whole.with_other_future(count, 7), "the same seed");
                assert_eq!(other.bars()[..count], whole.bars()[..count]);
                assert_eq!((other.segments(), other.gaps()), (whole.segments(), whole.gaps()));
                for (a, b) in other.bars()[count..].iter().zip(&whole.bars()[count..]) {
                    assert_eq!(a.ts_open, b.ts_open);
                    assert!(is_sound(a), "{a:?}");
                    assert_eq!(a.taker_buy.is_some(), taker);
                    assert_ne!((a.close, a.volume), (b.close, b.volume));
                }
            }
        }
    }

    #[test]
    fn prices_stay_on_the_grid_for_a_long_time() {
        let whole = series(false);
        let bars: Vec<Bar> = (0..20_000_i64)
            .map(|n| Bar { ts_open: Nanos::MINUTE.times(n), ..whole.bars()[(n % 60) as usize] })
            .collect();
        let long = Series::from_bars("T", Nanos::MINUTE, whole.grid(), bars, Nanos::DAY).unwrap();
        assert!(long.with_other_future(1, 1).bars().iter().all(is_sound));
    }
}
