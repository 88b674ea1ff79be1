//! Which of stop and target a bar reached first.

use super::cost::Intrabar;
use crate::event::Bar;
use crate::order::ExitReason;
use crate::units::{Side, Ticks};

/// One of the two levels of a bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// The protective stop.
    Stop,
    /// The take-profit target.
    Target,
}

impl Leg {
    /// What an exit at it is called.
    #[inline]
    #[must_use]
    pub const fn reason(self) -> ExitReason {
        match self {
            Self::Stop => ExitReason::Stop,
            Self::Target => ExitReason::Target,
        }
    }
}

/// Which of stop and target came first, and whether that had to be assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The level that was reached first.
    pub first: Leg,
    /// `false` where finer bars show it.
    pub assumed: bool,
}

impl Verdict {
    const fn assumed(first: Leg) -> Self {
        Self { first, assumed: true }
    }

    const fn shown(first: Leg) -> Self {
        Self { first, assumed: false }
    }
}

/// Which of a `stop` and a `target` that are both inside `bar` was reached first,
/// as `order` has it. `finer` gives the finer bars of the same stretch, and is
/// asked only where the order looks at them.
#[inline]
pub fn first_reached<'b>(
    order: Intrabar,
    side: Side,
    stop: Ticks,
    target: Ticks,
    bar: &Bar,
    finer: impl FnOnce() -> &'b [Bar],
) -> Verdict {
    let shown = || shown_first(side, stop, target, bar, finer());
    match order {
        Intrabar::StopFirst => Verdict::assumed(Leg::Stop),
        Intrabar::TargetFirst => Verdict::assumed(Leg::Target),
        Intrabar::OhlcPath => Verdict::assumed(ohlc(side, bar)),
        Intrabar::FinerBars => shown().map_or(Verdict::assumed(Leg::Stop), Verdict::shown),
        Intrabar::FinerBarsTarget => shown().map_or(Verdict::assumed(Leg::Target), Verdict::shown),
    }
}

/// Open, then the nearer of high and low; at equal distance the stop's side first.
fn ohlc(side: Side, bar: &Bar) -> Leg {
    let up = bar.high - bar.open;
    let down = bar.open - bar.low;
    let (to_stop, to_target) = match side {
        Side::Buy => (down, up),
        Side::Sell => (up, down),
    };
    if to_stop <= to_target { Leg::Stop } else { Leg::Target }
}

/// The level that the finer bars reached first; `None` where they decide nothing. The
/// first that touches one level alone decides; one that touches both leaves the
/// question open. So does a series that does not reach both ends of `coarse`: the
/// stretch that is missing may have come first.
fn shown_first(side: Side, stop: Ticks, target: Ticks, coarse: &Bar, bars: &[Bar]) -> Option<Leg> {
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
                return Some(Leg::Stop);
            }
            (false, true, _) | (true, true, (false, true)) => {
                return Some(Leg::Target);
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
            (Side::Buy, bar(100, 102, 95, 100), Leg::Target),
            (Side::Buy, bar(100, 105, 98, 100), Leg::Stop),
            (Side::Buy, bar(100, 105, 95, 100), Leg::Stop),
            (Side::Sell, bar(100, 105, 95, 100), Leg::Stop),
            (Side::Sell, bar(100, 102, 95, 100), Leg::Stop),
            (Side::Sell, bar(100, 105, 98, 100), Leg::Target),
        ] {
            assert_eq!(ohlc(side, &bar), first, "{side} {bar:?}");
        }
    }

    #[test]
    fn each_order_has_its_first_level() {
        // The high is nearer to the open than the low; finer bars reach the stop first.
        let coarse = bar(100, 105, 90, 100);
        let finer = [bar(100, 104, 90, 100), bar(100, 105, 100, 104)];
        let (none, assumed, shown): (&[Bar], _, _) = (&[], true, false);
        for (order, side, bars, first, how) in [
            (Intrabar::StopFirst, Side::Buy, none, Leg::Stop, assumed),
            (Intrabar::TargetFirst, Side::Buy, none, Leg::Target, assumed),
            (Intrabar::OhlcPath, Side::Buy, none, Leg::Target, assumed),
            (Intrabar::FinerBars, Side::Buy, none, Leg::Stop, assumed),
            (Intrabar::FinerBarsTarget, Side::Buy, none, Leg::Target, assumed),
            (Intrabar::FinerBars, Side::Buy, &finer, Leg::Stop, shown),
            (Intrabar::FinerBarsTarget, Side::Buy, &finer, Leg::Stop, shown),
        ] {
            let levels = (Ticks(95), Ticks(105));
            let verdict = first_reached(order, side, levels.0, levels.1, &coarse, || bars);
            assert_eq!(verdict, Verdict { first, assumed: how }, "{order:?}");
        }
    }

    #[test]
    fn finer_bars_settle_what_they_can() {
        let stop = Ticks(95);
        let target = Ticks(105);
        for (bars, verdict) in [
            (vec![bar(100, 101, 99, 100), bar(100, 105, 95, 95)], None),
            (vec![bar(100, 105, 99, 104), bar(104, 104, 95, 95)], Some(Leg::Target)),
            (vec![bar(100, 105, 99, 104)], None),
            (vec![bar(100, 104, 95, 100), bar(100, 105, 100, 104)], Some(Leg::Stop)),
            (vec![bar(100, 105, 95, 100)], None),
            (vec![bar(106, 106, 95, 100)], Some(Leg::Target)),
            (vec![bar(94, 106, 94, 100)], Some(Leg::Stop)),
            (vec![], None),
            (vec![bar(100, 101, 99, 100)], None),
        ] {
            let coarse = bar(100, 105, 95, 100);
            assert_eq!(shown_first(Side::Buy, stop, target, &coarse, &bars), verdict, "{bars:?}");
        }
    }
}
