//! The prices of a series in a form that is quick to look through.
//!
//! Low, high and close as 32-bit steps above the lowest price, so that a
//! processor compares several bars at once. The range of a bar reaches to the open
//! of the next one, at which the venue acts too. A series that spans more ticks than
//! that has no path, and its bars are then looked at one by one.

use std::ops::Range;

use tickstep_core::event::Bar;
use tickstep_core::units::Ticks;

/// Bars looked at together.
const CHUNK: usize = 16;

/// Low and high of every bar and the open after it, and its close.
#[derive(Debug)]
pub(super) struct Path {
    base: i64,
    low: Vec<i32>,
    high: Vec<i32>,
    close: Vec<i32>,
}

/// Prices at which looking through stops.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// A low, or an open after the bar, at or below.
    pub low: Ticks,
    /// A high, or an open after the bar, at or above.
    pub high: Ticks,
    /// A close at or below the first or at or above the second.
    pub close: (Ticks, Ticks),
}

/// Where looking through stopped, and the prices seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The first bar that reaches a bound, or the end.
    pub at: usize,
    /// Lowest low of the bars before it.
    pub low: Ticks,
    /// Highest high of the bars before it.
    pub high: Ticks,
    /// Lowest and highest close of the bars before it.
    pub closes: (Ticks, Ticks),
}

impl Seen {
    /// Nothing, as bar `at` is the first.
    pub(super) const fn none(at: usize) -> Self {
        let (least, most) = (Ticks(i64::MIN), Ticks(i64::MAX));
        Self { at, low: most, high: least, closes: (most, least) }
    }
}

impl Path {
    pub(super) fn new(bars: &[Bar]) -> Option<Self> {
        let base = bars.iter().map(|b| b.low.0).min()?;
        let top = bars.iter().map(|b| b.high.0).max()?;
        // The largest value is kept for "no bound".
        if top.checked_sub(base)? >= i64::from(i32::MAX) {
            return None;
        }
        let steps = |of: fn(&Bar) -> Ticks| {
            let step = |bar| i32::try_from(of(bar).0 - base);
            bars.iter().map(step).collect::<Result<Vec<i32>, _>>().ok()
        };
        Some(Self {
            base,
            low: reaching(steps(|b| b.low)?, &steps(|b| b.open)?, i32::min),
            high: reaching(steps(|b| b.high)?, &steps(|b| b.open)?, i32::max),
            close: steps(|b| b.close)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        3 * size_of_val(self.low.as_slice())
    }

    /// A price as a step; those out of reach stay out of reach.
    fn step(&self, px: Ticks) -> i32 {
        let steps = px.0.saturating_sub(self.base);
        i32::try_from(steps).unwrap_or(if steps < 0 { i32::MIN } else { i32::MAX })
    }

    /// Looks through a range of `bars`, whose path this is, until one reaches a bound.
    pub(super) fn look(&self, bars: &[Bar], range: Range<usize>, bounds: &Bounds) -> Seen {
        let b = Steps {
            low: self.step(bounds.low),
            high: self.step(bounds.high),
            close_low: self.step(bounds.close.0),
            close_high: self.step(bounds.close.1),
        };
        let from = range.start;
        let (low, high, close) =
            (&self.low[range.clone()], &self.high[range.clone()], &self.close[range]);
        let mut seen = Extremes::NONE;
        // Of all chunks but the last, as its last bar may turn out to be the last of all.
        let mut before = Extremes::NONE;
        let mut closes = Extremes::NONE;
        let mut at = 0;
        while at + CHUNK <= low.len() {
            let part = at..at + CHUNK;
            let chunk = quiet(&low[part.clone()], &high[part.clone()], &close[part], b);
            let Some((range, of_closes)) = chunk else { break };
            before = seen;
            seen = seen.and(range);
            closes = closes.and(of_closes);
            at += CHUNK;
        }
        let whole = at;
        while at < low.len() && !b.reached(low[at], high[at], close[at]) {
            closes = closes.and(Extremes { low: close[at], high: close[at] });
            at += 1;
        }
        let Some(last) = bars[from..from + at].last() else { return Seen::none(from) };
        // The open after the last bar was not seen.
        let (mut seen, since) = if at > whole { (seen, whole) } else { (before, whole - CHUNK) };
        for i in since..at - 1 {
            seen = seen.and(Extremes { low: low[i], high: high[i] });
        }
        let ticks = |step: i32| Ticks(self.base + i64::from(step));
        Seen {
            at: from + at,
            low: ticks(seen.low).min(last.low),
            high: ticks(seen.high).max(last.high),
            closes: (ticks(closes.low), ticks(closes.high)),
        }
    }
}

/// Each bar's value with the open of the next one.
fn reaching(mut values: Vec<i32>, opens: &[i32], with: fn(i32, i32) -> i32) -> Vec<i32> {
    for (value, next) in values.iter_mut().zip(opens.iter().skip(1)) {
        *value = with(*value, *next);
    }
    values
}

#[derive(Clone, Copy)]
struct Extremes {
    low: i32,
    high: i32,
}

impl Extremes {
    const NONE: Self = Self { low: i32::MAX, high: i32::MIN };

    #[inline]
    fn and(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

#[derive(Clone, Copy)]
struct Steps {
    low: i32,
    high: i32,
    close_low: i32,
    close_high: i32,
}

impl Steps {
    #[inline]
    fn reached(self, low: i32, high: i32, close: i32) -> bool {
        low <= self.low || high >= self.high || close <= self.close_low || close >= self.close_high
    }
}

/// Lowest and highest price, and close, of a chunk in which no bound is reached.
#[inline]
fn quiet(low: &[i32], high: &[i32], close: &[i32], b: Steps) -> Option<(Extremes, Extremes)> {
    let (mut range, mut closes) = (Extremes::NONE, Extremes::NONE);
    for ((l, h), c) in low.iter().zip(high).zip(close) {
        range = range.and(Extremes { low: *l, high: *h });
        closes = closes.and(Extremes { low: *c, high: *c });
    }
    let reached = range.low <= b.low
        || range.high >= b.high
        || closes.low <= b.close_low
        || closes.high >= b.close_high;
    (!reached).then_some((range, closes))
}
