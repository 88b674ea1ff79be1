//! At what price an order executes, who slips, who pays which fee, and when an
//! entry is too late to fill.

use rust_decimal::Decimal;

use crate::calendar::BarTimes;
use crate::instrument::{Instrument, Slippage};
use crate::order::{ExitReason, Liquidity};
use crate::units::{Lots, Nanos, Side, Ticks};

/// What the venue makes of a price at which an order is to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Price of the fill, in ticks.
    pub px: Ticks,
    /// How far that is from the price without slippage, against the trader, in ticks.
    pub slippage: Ticks,
    /// Whether the maker or the taker fee is paid.
    pub liquidity: Liquidity,
}

impl Execution {
    /// Of a market order: moved against the trader, with the taker fee.
    #[inline]
    #[must_use]
    pub fn market(instrument: &Instrument, slippage: Slippage, side: Side, px: Ticks) -> Self {
        let filled = instrument.slipped(side, px, slippage);
        let slippage = Ticks((filled.0 - px.0).abs());
        Self { px: filled, slippage, liquidity: Liquidity::Taker }
    }

    /// Of an order on `side` with the taker fee that slips so far, above zero against the
    /// trader; never below one tick.
    #[must_use]
    pub fn slipped(side: Side, px: Ticks, slips: Ticks) -> Self {
        let filled = Ticks((px.0 + side.sign() * slips.0).max(1));
        let slippage = Ticks(side.sign() * (filled.0 - px.0));
        Self { px: filled, slippage, liquidity: Liquidity::Taker }
    }

    /// Of an exit that the venue makes by itself, of a position on `side`: a stop is a
    /// market order, a target rests (no slippage, maker fee), and what is closed for
    /// lack of margin or of data pays the taker fee and does not slip.
    #[inline]
    #[must_use]
    pub fn exit(
        instrument: &Instrument,
        slippage: Slippage,
        side: Side,
        px: Ticks,
        reason: ExitReason,
    ) -> Self {
        match reason {
            ExitReason::Target => Self { px, slippage: Ticks(0), liquidity: Liquidity::Maker },
            ExitReason::Liquidation | ExitReason::SegmentEnd | ExitReason::EndOfData => {
                Self { px, slippage: Ticks(0), liquidity: Liquidity::Taker }
            }
            ExitReason::Stop
            | ExitReason::TrailingStop
            | ExitReason::BreakEven
            | ExitReason::Time
            | ExitReason::Opposite
            | ExitReason::Signal
            | ExitReason::Flatten => Self::market(instrument, slippage, side.opposite(), px),
        }
    }

    /// Its fee, quote currency.
    #[must_use]
    pub fn fee(&self, instrument: &Instrument, lots: Lots) -> Decimal {
        match self.liquidity {
            Liquidity::Maker => instrument.maker_fee(self.px, lots),
            Liquidity::Taker => instrument.taker_fee(self.px, lots),
        }
    }
}

/// Whether an entry lapses at `open` instead of filling there: more than `max_gap`
/// bars are missing between the instrument's open before, `last`, and this one.
///
/// ```
/// use tickstep_core::sim::lapses;
/// use tickstep_core::calendar::BarTimes;
/// use tickstep_core::units::Nanos;
/// let (times, minute) = (BarTimes::every(Nanos::MINUTE)?, |n| Nanos::MINUTE.times(n));
/// assert!(!lapses(&times, minute(10), minute(14), 3), "three are missing");
/// assert!(lapses(&times, minute(10), minute(15), 3), "four are");
/// # Ok::<(), tickstep_core::calendar::BarTimesError>(())
/// ```
#[inline]
#[must_use]
pub fn lapses(times: &BarTimes, last: Nanos, open: Nanos, max_gap: i64) -> bool {
    times.missing(last, open) > max_gap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::fil;

    #[test]
    fn stops_slip_targets_rest_and_the_rest_is_closed_where_it_stands() {
        let instrument = fil();
        let (px, two) = (Ticks(4_000), Slippage::Ticks(2));
        for (reason, long, short, liquidity) in [
            (ExitReason::Stop, 3_998, 4_002, Liquidity::Taker),
            (ExitReason::Target, 4_000, 4_000, Liquidity::Maker),
            (ExitReason::Liquidation, 4_000, 4_000, Liquidity::Taker),
            (ExitReason::SegmentEnd, 4_000, 4_000, Liquidity::Taker),
            (ExitReason::EndOfData, 4_000, 4_000, Liquidity::Taker),
        ] {
            for (side, filled) in [(Side::Buy, long), (Side::Sell, short)] {
                let done = Execution::exit(&instrument, two, side, px, reason);
                let slippage = Ticks((filled - px.0).abs());
                assert_eq!(
                    done,
                    Execution { px: Ticks(filled), slippage, liquidity },
                    "{reason:?}"
                );
            }
        }
        let bought = Execution::market(&instrument, two, Side::Buy, px);
        assert_eq!((bought.px, bought.slippage), (Ticks(4_002), Ticks(2)));
        let lots = Lots::new(10).unwrap();
        assert_eq!(bought.fee(&instrument, lots), instrument.taker_fee(Ticks(4_002), lots));
    }
}
