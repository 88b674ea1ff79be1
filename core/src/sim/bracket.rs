//! What prices do to a bracket: the levels that a range reaches, an open at or
//! beyond a level, and which of the two ends a position inside a bar.
//!
//! Pure functions of levels and prices in whole ticks. [`super::Sim`] calls them for
//! what it holds, and a driver that follows one trade at a time for its own
//! position, so that a level means the same wherever it is looked at. They decide
//! where a position ends; [`super::Execution`] says at what price that fills.

use super::intrabar::{Leg, Verdict};
use crate::event::Bar;
use crate::order::{Bracket, ExitReason};
use crate::units::{Side, Ticks};

/// The levels of a bracket that a range of prices reaches: a level is reached by
/// a price at or beyond it.
///
/// ```
/// use tickstep_core::order::Bracket;
/// use tickstep_core::sim::Touch;
/// use tickstep_core::units::{Side, Ticks};
///
/// let bracket = Bracket { stop: Some(Ticks(95)), target: Some(Ticks(105)) };
/// let touch = Touch::of(Side::Buy, bracket, Ticks(105), Ticks(96));
/// assert_eq!((touch.stop, touch.target), (None, Some(Ticks(105))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Price of the stop in ticks, where it is reached.
    pub stop: Option<Ticks>,
    /// Price of the target in ticks, where it is reached.
    pub target: Option<Ticks>,
}

impl Touch {
    /// What prices from `low` to `high` reach of the bracket of a position on `side`.
    #[inline]
    #[must_use]
    pub fn of(side: Side, bracket: Bracket, high: Ticks, low: Ticks) -> Self {
        let Bracket { stop, target } = bracket;
        match side {
            Side::Buy => {
                Self { stop: stop.filter(|s| low <= *s), target: target.filter(|t| high >= *t) }
            }
            Side::Sell => {
                Self { stop: stop.filter(|s| high >= *s), target: target.filter(|t| low <= *t) }
            }
        }
    }

    /// Without a level that is exactly `px`.
    #[inline]
    fn other_than(self, px: Ticks) -> Self {
        Self { stop: self.stop.filter(|s| *s != px), target: self.target.filter(|t| *t != px) }
    }
}

/// The level that an open is at or beyond, the stop before the target; such an exit
/// fills at the open.
///
/// `entered` is the price of an entry that filled at this very open. Levels measured
/// from it are not gapped over by it; only a level that was fixed before may
/// lie on the wrong side of it, and then no price of the bar need be as good.
#[inline]
#[must_use]
pub fn gapped(side: Side, bracket: Bracket, open: Ticks, entered: Option<Ticks>) -> Option<Leg> {
    let touch = match entered {
        None => Touch::of(side, bracket, open, open),
        Some(entry) => Touch::of(side, bracket, entry, entry).other_than(entry),
    };
    match touch {
        Touch { stop: Some(_), .. } => Some(Leg::Stop),
        Touch { stop: None, target: Some(_) } => Some(Leg::Target),
        Touch { stop: None, target: None } => None,
    }
}

/// The worst price of a bar for a position.
#[inline]
#[must_use]
pub const fn worst(side: Side, bar: &Bar) -> Ticks {
    match side {
        Side::Buy => bar.low,
        Side::Sell => bar.high,
    }
}

/// How a bar ends a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarExit {
    /// The price that was reached, before slippage.
    pub px: Ticks,
    /// Stop, target or liquidation.
    pub reason: ExitReason,
    /// Which of two prices came first, where both were reached.
    pub verdict: Option<Verdict>,
}

/// The exit inside `bar` of a position that was open before its range was
/// traded. Where margin fails (`liquidated`), the bar's worst price stands in for
/// a stop that the bar does not reach. `first` is asked where stop or liquidation
/// and target are reached in the one bar; it is told the two prices.
#[inline]
pub fn bar_exit(
    side: Side,
    bracket: Bracket,
    bar: &Bar,
    liquidated: bool,
    first: impl FnOnce(Ticks, Ticks) -> Verdict,
) -> Option<BarExit> {
    let touch = Touch::of(side, bracket, bar.high, bar.low);
    let adverse = match touch.stop {
        Some(stop) => Some((stop, ExitReason::Stop)),
        None if liquidated => Some((worst(side, bar), ExitReason::Liquidation)),
        None => None,
    };
    let alone = |px, reason| Some(BarExit { px, reason, verdict: None });
    match (adverse, touch.target) {
        (None, None) => None,
        (Some((px, reason)), None) => alone(px, reason),
        (None, Some(px)) => alone(px, ExitReason::Target),
        (Some((stop, reason)), Some(target)) => {
            let verdict = first(stop, target);
            let (px, reason) = match verdict.first {
                Leg::Stop => (stop, reason),
                Leg::Target => (target, ExitReason::Target),
            };
            Some(BarExit { px, reason, verdict: Some(verdict) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Lots, Nanos};

    const LONG: Bracket = Bracket { stop: Some(Ticks(95)), target: Some(Ticks(105)) };
    const SHORT: Bracket = Bracket { stop: Some(Ticks(105)), target: Some(Ticks(95)) };

    fn bar(open: i64, high: i64, low: i64) -> Bar {
        Bar {
            ts_open: Nanos(0),
            open: Ticks(open),
            high: Ticks(high),
            low: Ticks(low),
            close: Ticks(open),
            volume: Lots::ZERO,
            taker_buy: None,
        }
    }

    #[test]
    fn a_level_is_reached_at_its_own_price_and_not_a_tick_before() {
        for (high, low, down, up) in [
            (104, 96, false, false),
            (104, 95, true, false),
            (105, 96, false, true),
            (105, 95, true, true),
            (200, 106, false, true),
            (94, 1, true, false),
        ] {
            let long = Touch::of(Side::Buy, LONG, Ticks(high), Ticks(low));
            assert_eq!((long.stop.is_some(), long.target.is_some()), (down, up), "{high} {low}");
            let short = Touch::of(Side::Sell, SHORT, Ticks(high), Ticks(low));
            assert_eq!((short.stop.is_some(), short.target.is_some()), (up, down), "{high} {low}");
        }
        let none = Touch::of(Side::Buy, Bracket::default(), Ticks(i64::MAX), Ticks(1));
        assert_eq!(none, Touch { stop: None, target: None });
    }

    #[test]
    fn an_open_ends_what_it_is_at_or_beyond() {
        let (stop, target) = (Some(Leg::Stop), Some(Leg::Target));
        for (open, long, short) in [
            (96, None, None),
            (104, None, None),
            (95, stop, target),
            (1, stop, target),
            (105, target, stop),
            (300, target, stop),
        ] {
            assert_eq!(gapped(Side::Buy, LONG, Ticks(open), None), long, "long, {open}");
            assert_eq!(gapped(Side::Sell, SHORT, Ticks(open), None), short, "short, {open}");
        }
        // Both at once can only be a bracket that is inside out: the stop, the worst case.
        let crossed = Bracket { stop: Some(Ticks(105)), target: Some(Ticks(95)) };
        assert_eq!(gapped(Side::Buy, crossed, Ticks(100), None), stop);
    }

    #[test]
    fn an_entry_at_the_open_gaps_over_no_level_that_is_its_own_price() {
        for (entry, leg) in
            [(100, None), (95, None), (105, None), (94, Some(Leg::Stop)), (106, Some(Leg::Target))]
        {
            // The open itself is far beyond a level, but the position is only there since.
            assert_eq!(gapped(Side::Buy, LONG, Ticks(90), Some(Ticks(entry))), leg, "{entry}");
        }
    }

    #[test]
    fn a_bar_ends_a_position_where_it_reaches_it() {
        let stop_first = |_, _| Verdict { first: Leg::Stop, assumed: true };
        let target_first = |_, _| Verdict { first: Leg::Target, assumed: false };
        let of = |exit: Option<BarExit>| exit.map(|e| (e.px.0, e.reason));
        for (bar, liquidated, stopped, targeted) in [
            (bar(100, 104, 96), false, None, None),
            (bar(100, 104, 95), false, Some((95, ExitReason::Stop)), Some((95, ExitReason::Stop))),
            (
                bar(100, 105, 95),
                false,
                Some((95, ExitReason::Stop)),
                Some((105, ExitReason::Target)),
            ),
            (
                bar(100, 104, 96),
                true,
                Some((96, ExitReason::Liquidation)),
                Some((96, ExitReason::Liquidation)),
            ),
            (
                bar(100, 106, 96),
                true,
                Some((96, ExitReason::Liquidation)),
                Some((105, ExitReason::Target)),
            ),
            // The stop is nearer than the price at which margin fails.
            (bar(100, 104, 50), true, Some((95, ExitReason::Stop)), Some((95, ExitReason::Stop))),
        ] {
            let exit = bar_exit(Side::Buy, LONG, &bar, liquidated, stop_first);
            assert_eq!(of(exit), stopped, "{bar:?}");
            let both = exit.and_then(|e| e.verdict);
            let exit = bar_exit(Side::Buy, LONG, &bar, liquidated, target_first);
            assert_eq!(of(exit), targeted, "{bar:?}");
            // Whether the path mattered is told apart from what came first.
            assert_eq!(both.is_some(), stopped != targeted, "{bar:?}");
        }
    }
}
