//! Which of stop and target a bar reached first.

use crate::event::Bar;
use crate::units::{Side, Ticks};

/// Which of the two levels of a bracket was reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The stop was reached first.
    Stop,
    /// The target was reached first.
    Target,
}

/// The answer, and whether it had to be assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub first: First,
    pub assumed: bool,
}

impl Verdict {
    pub(super) const fn assumed(first: First) -> Self {
        Self { first, assumed: true }
    }
}

/// Open, then the nearer of high and low; at equal distance the stop's side first.
#[must_use]
pub fn ohlc(side: Side, bar: &Bar) -> First {
    let up = bar.high - bar.open;
    let down = bar.open - bar.low;
    let (to_stop, to_target) = match side {
        Side::Buy => (down, up),
        Side::Sell => (up, down),
    };
    if to_stop <= to_target { First::Stop } else { First::Target }
}

/// The level that the finer bars reached first; `None` where they decide nothing. The
/// first that touches one level alone decides; one that touches both leaves the
/// question open. So does a series that does not reach both ends of `coarse`: the
/// stretch that is missing may have come first.
pub(super) fn settled(
    side: Side,
    stop: Ticks,
    target: Ticks,
    coarse: &Bar,
    bars: &[Bar],
) -> Option<First> {
    let reached =
        bars.iter().any(|b| b.high >= coarse.high) && bars.iter().any(|b| b.low <= coarse.low);
    if !reached {
        return None;
    }
    for bar in bars {
        let (at_stop, at_target) = match side {
            Side::Buy => (bar.low <= stop, bar.high >= target),
            Side::Sell => (bar.high >= stop, bar.low <= target),
        };
        // A finer bar that opens at or beyond a level reached it first.
        let opens = match side {
            Side::Buy => (bar.open <= stop, bar.open >= target),
            Side::Sell => (bar.open >= stop, bar.open <= target),
        };
        match (at_stop, at_target, opens) {
            (false, false, _) => {}
            (true, false, _) | (true, true, (true, _)) => {
                return Some(First::Stop);
            }
            (false, true, _) | (true, true, (false, true)) => {
                return Some(First::Target);
            }
            (true, true, (false, false)) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Lots, Nanos};

    fn bar(open: i64, high: i64, low: i64, close: i64) -> Bar {
        Bar {
            ts_open: Nanos(0),
            open: Ticks(open),
            high: Ticks(high),
            low: Ticks(low),
            close: Ticks(close),
            volume: Lots::ZERO,
            taker_buy: None,
        }
    }

    #[test]
    fn ohlc_takes_the_nearer_extreme_and_the_stop_at_a_tie() {
        for (side, bar, first) in [
            (Side::Buy, bar(100, 102, 95, 100), First::Target),
            (Side::Buy, bar(100, 105, 98, 100), First::Stop),
            (Side::Buy, bar(100, 105, 95, 100), First::Stop),
            (Side::Sell, bar(100, 105, 95, 100), First::Stop),
            (Side::Sell, bar(100, 102, 95, 100), First::Stop),
            (Side::Sell, bar(100, 105, 98, 100), First::Target),
        ] {
            assert_eq!(ohlc(side, &bar), first, "{side} {bar:?}");
        }
    }

    #[test]
    fn finer_bars_settle_what_they_can() {
        let stop = Ticks(95);
        let target = Ticks(105);
        for (bars, verdict) in [
            (vec![bar(100, 101, 99, 100), bar(100, 105, 95, 95)], None),
            (vec![bar(100, 105, 99, 104), bar(104, 104, 95, 95)], Some(First::Target)),
            (vec![bar(100, 105, 99, 104)], None),
            (vec![bar(100, 104, 95, 100), bar(100, 105, 100, 104)], Some(First::Stop)),
            (vec![bar(100, 105, 95, 100)], None),
            (vec![bar(106, 106, 95, 100)], Some(First::Target)),
            (vec![bar(94, 106, 94, 100)], Some(First::Stop)),
            (vec![], None),
            (vec![bar(100, 101, 99, 100)], None),
        ] {
            let coarse = bar(100, 105, 95, 100);
            assert_eq!(settled(Side::Buy, stop, target, &coarse, &bars), verdict, "{bars:?}");
        }
    }
}
