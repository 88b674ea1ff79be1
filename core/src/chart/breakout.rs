//! A close beyond the range of the bars before it.

use crate::units::Ticks;

/// Which way a close left the range before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakout {
    /// Above the highest high.
    Up,
    /// Below the lowest low.
    Down,
    /// Within, or exactly at an edge.
    Neither,
}

/// `close` against the highest high and the lowest low of the bars **before**
/// its own, which must not include it. At the edge is not beyond it.
///
/// ```
/// use tickstep_core::chart::{Breakout, breakout};
/// use tickstep_core::units::Ticks;
/// assert_eq!(breakout(Ticks(101), Ticks(100), Ticks(90)), Breakout::Up);
/// assert_eq!(breakout(Ticks(100), Ticks(100), Ticks(90)), Breakout::Neither);
/// ```
#[inline]
#[must_use]
pub fn breakout(close: Ticks, highest_before: Ticks, lowest_before: Ticks) -> Breakout {
    if close > highest_before {
        Breakout::Up
    } else if close < lowest_before {
        Breakout::Down
    } else {
        Breakout::Neither
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_beyond_the_edge() {
        let cases = [
            (11, Breakout::Up),
            (10, Breakout::Neither),
            (5, Breakout::Neither),
            (4, Breakout::Down),
        ];
        for (close, want) in cases {
            assert_eq!(breakout(Ticks(close), Ticks(10), Ticks(5)), want, "{close}");
        }
    }
}
