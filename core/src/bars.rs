//! The one bar builder: a longer bar from the shorter ones inside it.
//!
//! A bar of a timeframe opens at a whole multiple of it since the Unix epoch, so
//! days are UTC days. Open is that of the first bar inside, close that of the last,
//! high and low are the extremes, volume and taker-buy volume the sums. Exact: all
//! of it is integers.
//!
//! [`BarBuilder`] is the arithmetic of one bar. [`TimeBars`] is what a feature or a
//! live feed needs on top of it: which bars are known at the close of a shorter one.
//! Resampling a whole series, which sees what comes after, uses the builder alone.

use crate::event::Bar;
use crate::units::Nanos;

/// Open time of the bar of `timeframe` that `ts` lies in.
#[inline]
#[must_use]
pub const fn open_of(ts: Nanos, timeframe: Nanos) -> Nanos {
    Nanos(ts.0 - ts.0.rem_euclid(timeframe.0))
}

/// A longer bar, as far as it is known.
///
/// ```
/// use tickstep_core::bars::{BarBuilder, open_of};
/// use tickstep_core::event::Bar;
/// use tickstep_core::units::{Lots, Nanos, Ticks};
///
/// let minute = |n: i64, close: i64| Bar {
///     ts_open: Nanos::MINUTE.times(n),
///     open: Ticks(100),
///     high: Ticks(110),
///     low: Ticks(close.min(100)),
///     close: Ticks(close),
///     volume: Lots::new(10).unwrap_or_default(),
///     taker_buy: Lots::new(4),
/// };
/// let five = Nanos::MINUTE.times(5);
/// let mut bar = BarBuilder::new(open_of(minute(6, 105).ts_open, five), &minute(6, 105));
/// bar.add(&minute(7, 90));
/// let bar = bar.bar();
/// assert_eq!((bar.ts_open, bar.low, bar.close), (five, Ticks(90), Ticks(90)));
/// assert_eq!((bar.volume.get(), bar.taker_buy.map(Lots::get)), (20, Some(8)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarBuilder(Bar);

impl BarBuilder {
    /// A bar that opens at `ts_open` and of which `first` is the first part.
    #[inline]
    #[must_use]
    pub const fn new(ts_open: Nanos, first: &Bar) -> Self {
        Self(Bar { ts_open, ..*first })
    }

    /// Adds the next part. Taker-buy volume is only known where every part has it.
    #[inline]
    pub fn add(&mut self, part: &Bar) {
        let bar = &mut self.0;
        bar.high = bar.high.max(part.high);
        bar.low = bar.low.min(part.low);
        bar.close = part.close;
        bar.volume += part.volume;
        bar.taker_buy = match (bar.taker_buy, part.taker_buy) {
            (Some(a), Some(b)) => Some(a + b),
            _ => None,
        };
    }

    /// The bar as it is so far.
    #[inline]
    #[must_use]
    pub const fn bar(&self) -> Bar {
        self.0
    }
}

/// Builds the bars of one timeframe while shorter ones close. A longer bar closes
/// with the shorter bar that ends on its boundary, or, when that one is missing, is
/// known when the next shorter bar closes. A longer bar whose beginning was not seen
/// is dropped.
#[derive(Clone, Debug)]
pub struct TimeBars {
    timeframe: Nanos,
    open: Option<OpenBar>,
}

#[derive(Clone, Debug)]
struct OpenBar {
    builder: BarBuilder,
    end: Nanos,
    /// Whether its beginning was seen and it was not handed out yet.
    whole: bool,
}

impl TimeBars {
    /// `None` when `timeframe` is no whole multiple of `interval`, the length of the
    /// shorter bars.
    #[must_use]
    pub const fn new(timeframe: Nanos, interval: Nanos) -> Option<Self> {
        if timeframe.0 < interval.0 || timeframe.0 % interval.0 != 0 {
            return None;
        }
        Some(Self { timeframe, open: None })
    }

    /// Forgets the bar that is being built: what comes next is not its continuation.
    pub fn reset(&mut self) {
        self.open = None;
    }

    /// The longer bars that are known once `bar` has closed at `close`, oldest first.
    pub fn push(&mut self, bar: &Bar, close: Nanos) -> [Option<Bar>; 2] {
        let seen_before = self.open.is_some();
        let late = self.open.take_if(|open| bar.ts_open >= open.end).and_then(OpenBar::known);
        let open = match &mut self.open {
            Some(open) => {
                open.builder.add(bar);
                open
            }
            None => {
                let start = open_of(bar.ts_open, self.timeframe);
                self.open.insert(OpenBar {
                    builder: BarBuilder::new(start, bar),
                    end: start + self.timeframe,
                    whole: seen_before || bar.ts_open == start,
                })
            }
        };
        let closed = if close >= open.end {
            core::mem::take(&mut open.whole).then_some(open.builder.bar())
        } else {
            None
        };
        [late, closed]
    }
}

impl OpenBar {
    fn known(self) -> Option<Bar> {
        self.whole.then_some(self.builder.bar())
    }
}
