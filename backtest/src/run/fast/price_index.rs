//! The prices of a series in a form that is quick to look through.
//!
//! Low, high and close as 32-bit steps above the lowest price, and their extremes
//! over every [`CHUNK`] bars, so that most bars need not be read at all. The range of
//! a bar reaches to the open of the next one, at which the venue acts too. A series
//! that spans more ticks than 32 bits has no index, and its bars are looked at one by one.

use std::ops::Range;

use tickstep_core::event::Bar;
use tickstep_core::units::Ticks;

/// Bars whose extremes are kept.
const CHUNK: usize = 16;

/// Low and high of every bar and the open after it, and its close.
#[derive(Debug)]
pub(super) struct PriceIndex {
    base: i64,
    top: i64,
    bars: Vec<Extremes>,
    chunks: Vec<Extremes>,
}

/// Extremes of one bar or of several, in steps.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    low: i32,
    high: i32,
    close_low: i32,
    close_high: i32,
}

/// Extremes at which looking through stops.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct ScanBounds {
    /// A low, or an open after the bar, at or below.
    pub low: Ticks,
    /// A high, or an open after the bar, at or above.
    pub high: Ticks,
    /// A close at or below the first or at or above the second.
    pub close: (Ticks, Ticks),
}

impl ScanBounds {
    /// Closes that are never reached.
    pub(in crate::run) const ANY_CLOSE: (Ticks, Ticks) = (Ticks(i64::MIN), Ticks(i64::MAX));
}

/// Where looking through stopped, and the prices seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) struct Scan {
    /// The first bar that reaches a bound, or the end.
    pub at: usize,
    /// Lowest low of the bars before it.
    pub low: Ticks,
    /// Highest high of the bars before it.
    pub high: Ticks,
    /// Lowest and highest close of the bars before it.
    pub closes: (Ticks, Ticks),
}

impl Scan {
    /// Nothing, as bar `at` is the first.
    pub(in crate::run) const fn none(at: usize) -> Self {
        let (least, most) = (Ticks(i64::MIN), Ticks(i64::MAX));
        Self { at, low: most, high: least, closes: (most, least) }
    }
}

impl Extremes {
    const NONE: Self =
        Self { low: i32::MAX, high: i32::MIN, close_low: i32::MAX, close_high: i32::MIN };

    #[inline]
    fn and(self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            close_low: self.close_low.min(other.close_low),
            close_high: self.close_high.max(other.close_high),
        }
    }

    /// Whether any of these prices is at or beyond a bound.
    #[inline]
    fn reach(&self, b: &Self) -> bool {
        (self.low <= b.low)
            | (self.high >= b.high)
            | (self.close_low <= b.close_low)
            | (self.close_high >= b.close_high)
    }
}

impl PriceIndex {
    pub(super) fn new(bars: &[Bar]) -> Option<Self> {
        let base = bars.iter().map(|b| b.low.0).min()?;
        let top = bars.iter().map(|b| b.high.0).max()?;
        // The largest value is kept for "no bound".
        if top.checked_sub(base)? >= i64::from(i32::MAX) {
            return None;
        }
        let step = |px: Ticks| i32::try_from(px.0 - base).ok();
        let mut prices = Vec::with_capacity(bars.len());
        for (at, bar) in bars.iter().enumerate() {
            let open = bars.get(at + 1).map_or(bar.close, |next| next.open);
            let close = step(bar.close)?;
            prices.push(Extremes {
                low: step(bar.low.min(open))?,
                high: step(bar.high.max(open))?,
                close_low: close,
                close_high: close,
            });
        }
        let joined = |chunk: &[Extremes]| chunk.iter().fold(Extremes::NONE, Extremes::and);
        let chunks = prices.chunks(CHUNK).map(joined).collect();
        Some(Self { base, top, bars: prices, chunks })
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.bars.as_slice()) + size_of_val(self.chunks.as_slice())
    }

    /// The highest price of all bars, in ticks.
    pub(super) const fn top(&self) -> Ticks {
        Ticks(self.top)
    }

    /// A price as a step; those out of reach stay out of reach.
    fn step(&self, px: Ticks) -> i32 {
        let steps = px.0.saturating_sub(self.base);
        i32::try_from(steps).unwrap_or(if steps < 0 { i32::MIN } else { i32::MAX })
    }

    /// Looks through a range of `bars`, whose index this is, until one reaches a bound.
    #[inline]
    pub(super) fn scan(&self, bars: &[Bar], range: Range<usize>, bounds: &ScanBounds) -> Scan {
        let b = Extremes {
            low: self.step(bounds.low),
            high: self.step(bounds.high),
            close_low: self.step(bounds.close.0),
            close_high: self.step(bounds.close.1),
        };
        let Range { start, end } = range;
        let (at, seen, before_last) = self.quiet(start, end, &b);
        let Some(last) = bars[start..at].last() else { return Scan::none(start) };
        let ticks = |step: i32| Ticks(self.base + i64::from(step));
        Scan {
            at,
            // The open after the last bar was not seen.
            low: ticks(before_last.low).min(last.low),
            high: ticks(before_last.high).max(last.high),
            closes: (ticks(seen.close_low), ticks(seen.close_high)),
        }
    }

    /// The first bar that reaches a bound, the prices before it, and the same
    /// without the last of them.
    fn quiet(&self, start: usize, end: usize, b: &Extremes) -> (usize, Extremes, Extremes) {
        let (mut seen, mut before) = (Extremes::NONE, Extremes::NONE);
        let mut at = start;
        while at < end {
            if at.is_multiple_of(CHUNK) {
                // All chunks but the one that holds the last bar.
                while at + CHUNK < end && !self.chunks[at / CHUNK].reach(b) {
                    seen = seen.and(&self.chunks[at / CHUNK]);
                    at += CHUNK;
                }
                before = seen;
                if at > start && at < end && self.bars[at].reach(b) {
                    before = self.without_last(start, at);
                }
            }
            if at >= end || self.bars[at].reach(b) {
                break;
            }
            before = seen;
            seen = seen.and(&self.bars[at]);
            at += 1;
        }
        (at, seen, before)
    }

    /// Extremes of the bars from `start` on, without the one before `at`.
    fn without_last(&self, start: usize, at: usize) -> Extremes {
        let mut prices = Extremes::NONE;
        let mut from = start;
        while from + 1 < at {
            if from.is_multiple_of(CHUNK) && from + CHUNK < at {
                prices = prices.and(&self.chunks[from / CHUNK]);
                from += CHUNK;
            } else {
                prices = prices.and(&self.bars[from]);
                from += 1;
            }
        }
        prices
    }
}

/// Looks through a range of `bars` as [`PriceIndex::scan`] does, without an index: for a
/// single run, which is over before one is made, and for prices that have none.
pub(super) fn scan_bars(bars: &[Bar], range: Range<usize>, bounds: &ScanBounds) -> Scan {
    let mut seen = Scan::none(range.start);
    for at in range {
        let bar = &bars[at];
        let open = bars.get(at + 1).map_or(bar.close, |next| next.open);
        let reached = (bar.low.min(open) <= bounds.low)
            | (bar.high.max(open) >= bounds.high)
            | (bar.close <= bounds.close.0)
            | (bar.close >= bounds.close.1);
        if reached {
            break;
        }
        seen = Scan {
            at: at + 1,
            low: seen.low.min(bar.low),
            high: seen.high.max(bar.high),
            closes: (seen.closes.0.min(bar.close), seen.closes.1.max(bar.close)),
        };
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tickstep_core::units::{Lots, Nanos};

    fn bars(walk: &[(i64, i64, i64)]) -> Vec<Bar> {
        let mut px = 1_000;
        let bar = |(at, &(open, move_by, reach)): (usize, &(i64, i64, i64))| {
            let open = px + open;
            px = open + move_by;
            Bar {
                ts_open: Nanos::MINUTE.times(at as i64),
                open: Ticks(open),
                high: Ticks(open.max(px) + reach),
                low: Ticks(open.min(px) - reach),
                close: Ticks(px),
                volume: Lots::ZERO,
                taker_buy: None,
            }
        };
        walk.iter().enumerate().map(bar).collect()
    }

    proptest! {
        #[test]
        fn chunks_see_what_single_bars_show(
            walk in proptest::collection::vec((-2_i64..3, -4_i64..5, 0_i64..4), 1..150),
            cut in (0.0..1.0_f64, 0.0..1.0_f64),
            reach in (1_i64..60, 1_i64..60, 1_i64..60, 1_i64..60),
        ) {
            let bars = bars(&walk);
            let index = PriceIndex::new(&bars).unwrap();
            let at = |f: f64| (f * bars.len() as f64) as usize;
            let (start, end) = (at(cut.0.min(cut.1)), at(cut.0.max(cut.1)));
            let px = bars[start].open.0;
            let bounds = ScanBounds {
                low: Ticks(px - reach.0),
                high: Ticks(px + reach.1),
                close: (Ticks(px - reach.2), Ticks(px + reach.3)),
            };
            let reached = |i: &usize| {
                let (bar, next) = (&bars[*i], bars.get(i + 1).map_or(bars[*i].close, |n| n.open));
                bar.low.min(next) <= bounds.low
                    || bar.high.max(next) >= bounds.high
                    || bar.close <= bounds.close.0
                    || bar.close >= bounds.close.1
            };
            let seen = index.scan(&bars, start..end, &bounds);
            prop_assert_eq!(scan_bars(&bars, start..end, &bounds), seen);
            let stop = (start..end).find(reached).unwrap_or(end);
            prop_assert_eq!(seen.at, stop);
            let passed = &bars[start..stop];
            if let Some(low) = passed.iter().map(|b| b.low).min() {
                prop_assert_eq!(seen.low, low);
                prop_assert_eq!(Some(seen.high), passed.iter().map(|b| b.high).max());
                let closes = passed.iter().map(|b| b.close);
                prop_assert_eq!(Some(seen.closes), closes.clone().min().zip(closes.max()));
            } else {
                prop_assert_eq!(seen, Scan::none(start));
            }
        }
    }
}
