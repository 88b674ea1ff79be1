//! What a runner says of an instrument's order book.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::event::{Body, Event, Level};
use tickstep_core::instrument::Instrument;
use tickstep_core::units::{Lots, Nanos};

use super::input::VOLUME_DECIMALS;

/// Decimals of a ratio that people read.
const RATIO_DECIMALS: u32 = 4;

/// The order book of an instrument, as it was told last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BookReport {
    /// When it came.
    pub at: Nanos,
    /// What it says; nothing while it is being built anew, or where a side of it is empty.
    pub sides: Option<BookSides>,
}

/// Both sides of a book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BookSides {
    /// Highest bid.
    pub bid: Decimal,
    /// Lowest ask.
    pub ask: Decimal,
    /// From bid to ask, in hundredths of a per cent of the price between them.
    pub spread_bps: Decimal,
    /// Levels of the longer side that were told, which are those that count below.
    pub levels: usize,
    /// Quantity that is bid for.
    pub bids: Decimal,
    /// Quantity that is asked for.
    pub asks: Decimal,
    /// Quantity of the bids over that of both sides, 0 to 1: above 0.5 buyers lead.
    pub imbalance: Decimal,
}

impl BookReport {
    /// Of the event with which a book of `instrument` was told whole; `None` for another.
    pub(super) fn of(event: &Event, instrument: &Instrument) -> Option<Self> {
        let Body::Book { update, .. } = &event.body else { return None };
        let sides = BookSides::of(&update.bids, &update.asks, instrument);
        Some(Self { at: event.ts_recv, sides })
    }
}

impl BookSides {
    fn of(bids: &[Level], asks: &[Level], instrument: &Instrument) -> Option<Self> {
        let (bid, ask) = (bids.first()?.px, asks.first()?.px);
        let (bid, ask) = (instrument.price(bid), instrument.price(ask));
        let middle = (bid + ask) / Decimal::TWO;
        let spread = (ask - bid) * Decimal::from(10_000);
        let sum = |levels: &[Level]| {
            let lots = levels.iter().map(|level| level.lots).fold(Lots::ZERO, |all, one| all + one);
            Decimal::new(lots.get(), VOLUME_DECIMALS).normalize()
        };
        let (in_bids, in_asks) = (sum(bids), sum(asks));
        let imbalance = in_bids.checked_div(in_bids + in_asks)?;
        Some(Self {
            bid,
            ask,
            spread_bps: spread.checked_div(middle)?.round_dp(RATIO_DECIMALS).normalize(),
            levels: bids.len().max(asks.len()),
            bids: in_bids,
            asks: in_asks,
            imbalance: imbalance.round_dp(RATIO_DECIMALS).normalize(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tickstep_core::event::BookUpdate;
    use tickstep_core::instrument::{InstrumentId, InstrumentSpec};
    use tickstep_core::units::Ticks;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn told(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> BookReport {
        let spec = InstrumentSpec::plain("BTC", "USDT", d("0.1"), d("0.001"));
        let level = |(px, lots): &(i64, i64)| Level {
            px: Ticks(*px),
            lots: Lots::new(lots * 1_000_000).unwrap(),
        };
        let update = BookUpdate {
            snapshot: true,
            bids: bids.iter().map(level).collect(),
            asks: asks.iter().map(level).collect(),
        };
        let body = Body::Book { instrument: InstrumentId(0), update };
        BookReport::of(&Event::at(Nanos(7), 0, body), &Instrument::new(spec).unwrap()).unwrap()
    }

    #[test]
    fn a_book_in_figures_that_are_checked_by_hand() {
        // Bids of 3 at 100.0 and 1 at 99.5, an ask of 2 at 100.2.
        let report = told(&[(1000, 3), (995, 1)], &[(1002, 2)]);
        let sides = BookSides {
            bid: d("100.0"),
            ask: d("100.2"),
            spread_bps: d("19.98"), // 0.2 / 100.1 * 10,000 = 19.98002
            levels: 2,
            bids: d("4"),
            asks: d("2"),
            imbalance: d("0.6667"), // 4 / 6
        };
        assert_eq!(report, BookReport { at: Nanos(7), sides: Some(sides) });
    }

    #[test]
    fn a_book_without_a_side_says_nothing() {
        for (bids, asks) in [(vec![], vec![(1002, 2)]), (vec![(1000, 3)], vec![]), (vec![], vec![])]
        {
            assert_eq!(told(&bids, &asks).sides, None);
        }
    }
}
