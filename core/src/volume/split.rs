//! Which part of a bar's volume aggressive buyers took.

use serde::{Deserialize, Serialize};

use crate::event::Bar;
use crate::units::Fraction;

/// Where the buyers' part of a bar's volume comes from. Never guessed: data
/// without taker-buy volume needs one of the other two, chosen by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeSplit {
    /// The venue's own taker-buy volume.
    Taker,
    /// `(close - low) / (high - low)`: a stand-in that reads the price only.
    CloseLocation,
    /// Trades classified by [`super::TickRule`] when the bar was built from them.
    TickRule,
}

/// A part of a whole, kept as the two integers so that thresholds compare exactly.
///
/// ```
/// use tickstep_core::units::Fraction;
/// use tickstep_core::volume::Share;
/// let share = Share::new(3, 5).unwrap();
/// let p = Fraction::lit(60, 2);
/// assert!(share.at_least(p) && share.at_most(p) && !share.above(p)); // a tie is a tie
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: i64,
    whole: i64,
}

impl Share {
    /// `part` of `whole`. `None` unless `whole` is positive and `part` within it.
    #[inline]
    #[must_use]
    pub const fn new(part: i64, whole: i64) -> Option<Self> {
        if whole > 0 && 0 <= part && part <= whole { Some(Self { part, whole }) } else { None }
    }

    /// The part, in the unit of the whole.
    #[must_use]
    pub const fn part(self) -> i64 {
        self.part
    }

    /// The whole, above 0.
    #[must_use]
    pub const fn whole(self) -> i64 {
        self.whole
    }

    /// `share >= p`, exactly.
    #[inline]
    #[must_use]
    pub fn at_least(self, p: Fraction) -> bool {
        p.le_ratio(self.part, self.whole)
    }

    /// `share > p`, exactly.
    #[inline]
    #[must_use]
    pub fn above(self, p: Fraction) -> bool {
        p.lt_ratio(self.part, self.whole)
    }

    /// `share <= p`, exactly.
    #[inline]
    #[must_use]
    pub fn at_most(self, p: Fraction) -> bool {
        !self.above(p)
    }

    /// `share < p`, exactly.
    #[inline]
    #[must_use]
    pub fn below(self, p: Fraction) -> bool {
        !self.at_least(p)
    }

    /// 0 to 1, to show it.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.part as f64 / self.whole as f64
    }
}

/// The share of `bar`'s volume that aggressive buyers took, as `split` has it.
///
/// `Taker` and `TickRule` both read [`Bar::taker_buy`]: a bar built from trades
/// already holds what the tick rule made of them, and only the report says which
/// it was. `None` when the volume is 0, when the bar lacks what the split reads,
/// when high equals low under `CloseLocation`, and for a part beyond its whole,
/// which no valid bar has.
#[inline]
#[must_use]
pub fn buy_share(bar: &Bar, split: VolumeSplit) -> Option<Share> {
    if bar.volume.is_zero() {
        return None;
    }
    match split {
        VolumeSplit::Taker | VolumeSplit::TickRule => {
            Share::new(bar.taker_buy?.get(), bar.volume.get())
        }
        VolumeSplit::CloseLocation => Share::new((bar.close - bar.low).0, (bar.high - bar.low).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Lots, Nanos, Ticks};

    fn bar(low: i64, close: i64, high: i64, volume: i64, buy: Option<i64>) -> Bar {
        Bar {
            ts_open: Nanos(0),
            open: Ticks(close),
            high: Ticks(high),
            low: Ticks(low),
            close: Ticks(close),
            volume: Lots::new(volume).unwrap(),
            taker_buy: buy.map(|n| Lots::new(n).unwrap()),
        }
    }

    #[test]
    fn where_the_share_comes_from() {
        use VolumeSplit::{CloseLocation, Taker, TickRule};
        let cases = [
            (bar(10, 13, 15, 8, Some(2)), Taker, Some((2, 8))),
            (bar(10, 13, 15, 8, Some(2)), TickRule, Some((2, 8))),
            (bar(10, 13, 15, 8, Some(2)), CloseLocation, Some((3, 5))),
            (bar(10, 13, 15, 8, None), Taker, None),
            (bar(10, 13, 15, 8, None), CloseLocation, Some((3, 5))),
            (bar(10, 10, 10, 8, Some(8)), Taker, Some((8, 8))),
            (bar(10, 10, 10, 8, Some(8)), CloseLocation, None),
            (bar(10, 13, 15, 0, Some(0)), Taker, None),
            (bar(10, 13, 15, 0, Some(0)), CloseLocation, None),
            (bar(10, 13, 15, 8, Some(9)), Taker, None),
        ];
        for (bar, split, want) in cases {
            let got = buy_share(&bar, split).map(|share| (share.part(), share.whole()));
            assert_eq!(got, want, "{split:?} of {bar:?}");
        }
    }

    #[test]
    fn a_tie_holds_inclusively_and_nothing_else() {
        let cases = [
            (59, [false, false, true, true]),
            (60, [true, false, true, false]),
            (61, [true, true, false, false]),
        ];
        let p = Fraction::lit(6, 1);
        for (part, want) in cases {
            let share = Share::new(part * 1_000_000_007, 100 * 1_000_000_007).unwrap();
            let got = [share.at_least(p), share.above(p), share.at_most(p), share.below(p)];
            assert_eq!(got, want, "{part} of 100");
        }
    }

    #[test]
    fn names_are_snake_case() {
        assert_eq!(
            serde_json::to_string(&VolumeSplit::CloseLocation).unwrap(),
            "\"close_location\""
        );
    }
}
