//! The prices that an exchange trades at: bars that the caller fills, walked point by point.
//!
//! A bar is four points in time: its open at once, the nearer of high and low after a
//! quarter, the farther one after a half, its close after three quarters. From one point to
//! the next of a bar the price passes through all prices in between; to the open of the
//! next bar it jumps. Bids are the bars' prices, asks are higher by the bar's spread.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// A bar of real prices. All prices are bids, in the quote currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TapeBar {
    /// Open of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts_open: Nanos,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// What the feed counted in it.
    pub volume: Decimal,
    /// Ask less bid, throughout the bar.
    pub spread: Decimal,
}

/// One price of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricePoint {
    /// When it came.
    pub ts: Nanos,
    /// Best bid.
    pub bid: Decimal,
    /// Best ask.
    pub ask: Decimal,
    /// Whether there was no price between the one before and this one.
    pub jump: bool,
}

/// Why bars are no tape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TapeError {
    /// The length of a bar.
    #[error("a bar of a tape must be at least 4 ns long, got {} ns", .0.0)]
    Length(Nanos),
    /// A bar's prices.
    #[error("bar {0} of the tape needs low <= open, close <= high, all above zero, spread >= 0")]
    Prices(usize),
    /// A bar's time.
    #[error("bar {0} of the tape opens before the one before it has ended")]
    Order(usize),
}

/// The bars of one instrument, and how far they were walked.
#[derive(Clone, Debug)]
pub struct PriceTape {
    bars: Vec<TapeBar>,
    length: Nanos,
    /// Points already given out.
    given: usize,
}

impl PriceTape {
    /// A tape of bars that last `length` each, in time's order; gaps are allowed.
    pub fn new(length: Nanos, bars: Vec<TapeBar>) -> Result<Self, TapeError> {
        if length.0 < 4 {
            return Err(TapeError::Length(length));
        }
        for (at, bar) in bars.iter().enumerate() {
            let inside = |px: Decimal| bar.low <= px && px <= bar.high;
            let sound = inside(bar.open) && inside(bar.close) && bar.low > Decimal::ZERO;
            if !sound || bar.spread < Decimal::ZERO {
                return Err(TapeError::Prices(at));
            }
            if at > 0 && bar.ts_open < bars[at - 1].ts_open + length {
                return Err(TapeError::Order(at));
            }
        }
        Ok(Self { bars, length, given: 0 })
    }

    /// Length of its bars.
    #[must_use]
    pub const fn length(&self) -> Nanos {
        self.length
    }

    /// All its bars, also those that are still to come.
    #[must_use]
    pub fn bars(&self) -> &[TapeBar] {
        &self.bars
    }

    /// When the next point comes; `None` at the end of the tape.
    #[must_use]
    pub fn next_ts(&self) -> Option<Nanos> {
        self.point(self.given).map(|p| p.ts)
    }

    /// The next point, which is given out once.
    pub fn take(&mut self) -> Option<PricePoint> {
        let point = self.point(self.given)?;
        self.given += 1;
        Some(point)
    }

    fn point(&self, number: usize) -> Option<PricePoint> {
        let bar = self.bars.get(number / 4)?;
        let quarter = number % 4;
        let bid = path(bar)[quarter];
        let ts = Nanos(bar.ts_open.0 + self.length.0 / 4 * quarter as i64);
        Some(PricePoint { ts, bid, ask: bid + bar.spread, jump: quarter == 0 })
    }

    /// The bar that is in the making at `now`, from the points it has shown so far, or its
    /// whole where it has ended.
    pub(crate) fn shown(&self, at: usize, now: Nanos) -> Option<TapeBar> {
        let bar = self.bars.get(at)?;
        if bar.ts_open > now {
            return None;
        }
        let quarter = self.length.0 / 4;
        let seen = ((now.0 - bar.ts_open.0) / quarter).min(3) as usize + 1;
        if seen == 4 {
            return Some(bar.clone());
        }
        let path = &path(bar)[..seen];
        let (mut high, mut low) = (bar.open, bar.open);
        for px in path {
            high = high.max(*px);
            low = low.min(*px);
        }
        let volume = (bar.volume * Decimal::new(seen as i64, 0) / Decimal::new(4, 0)).floor();
        Some(TapeBar { high, low, close: path[seen - 1], volume, ..bar.clone() })
    }
}

/// The four prices of a bar in their order.
fn path(bar: &TapeBar) -> [Decimal; 4] {
    if bar.high - bar.open <= bar.open - bar.low {
        [bar.open, bar.high, bar.low, bar.close]
    } else {
        [bar.open, bar.low, bar.high, bar.close]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(minute: i64, prices: [i64; 4], spread: i64) -> TapeBar {
        let [open, high, low, close] = prices.map(|p| Decimal::new(p, 0));
        let ts_open = Nanos::MINUTE.times(minute);
        let volume = Decimal::new(8, 0);
        TapeBar { ts_open, open, high, low, close, volume, spread: Decimal::new(spread, 0) }
    }

    #[test]
    fn a_bar_goes_to_its_nearer_end_first() {
        let bars = vec![bar(0, [100, 110, 95, 105], 1), bar(2, [100, 101, 90, 95], 2)];
        let mut tape = PriceTape::new(Nanos::MINUTE, bars).unwrap();
        let mut seen = Vec::new();
        while let Some(p) = tape.take() {
            seen.push((p.ts.0 / Nanos::SECOND.0, p.bid, p.ask - p.bid, p.jump));
        }
        let wanted = [
            (0, 100, 1, true),
            (15, 95, 1, false),
            (30, 110, 1, false),
            (45, 105, 1, false),
            (120, 100, 2, true),
            (135, 101, 2, false),
            (150, 90, 2, false),
            (165, 95, 2, false),
        ]
        .map(|(s, bid, spread, jump)| (s, Decimal::new(bid, 0), Decimal::new(spread, 0), jump));
        assert_eq!(seen, wanted);
        assert_eq!(tape.next_ts(), None);
    }

    #[test]
    fn a_bar_in_the_making_shows_what_has_been() {
        let bars = vec![bar(1, [100, 110, 95, 105], 1)];
        let tape = PriceTape::new(Nanos::MINUTE, bars).unwrap();
        let at = |s: i64| tape.shown(0, Nanos::SECOND.times(s));
        assert_eq!(at(59), None);
        let half = at(80).unwrap();
        let of = |x: i64| Decimal::new(x, 0);
        assert_eq!([half.open, half.high, half.low, half.close], [100, 100, 95, 95].map(of));
        assert_eq!(half.volume, of(4));
        assert_eq!(at(105).unwrap(), tape.bars()[0]);
    }

    #[test]
    fn what_is_no_tape_is_named() {
        let new = |bars| PriceTape::new(Nanos::MINUTE, bars).unwrap_err();
        assert_eq!(new(vec![bar(0, [100, 99, 95, 96], 0)]), TapeError::Prices(0));
        let two = vec![bar(1, [100, 101, 95, 96], 0), bar(1, [100, 101, 95, 96], 0)];
        assert_eq!(new(two), TapeError::Order(1));
        assert!(PriceTape::new(Nanos(3), Vec::new()).is_err());
    }
}
