//! The account takes in nothing that its money could not be told exactly after.

use rust_decimal::Decimal;

use super::Engine;
use crate::event::Bar;
use crate::instrument::InstrumentId;
use crate::ledger::{PriceRange, Reach};
use crate::math::decimal_to_f64;
use crate::order::{Fill, FillKind};
use crate::strategy::Distance;
use crate::units::{Nanos, Ticks};

/// What an account was shown that its money has too few digits for. It has taken in
/// nothing since: its positions, cash and marks are as they were before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// When it was shown, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// The instrument whose price, fill or funding it was.
    pub instrument: InstrumentId,
    /// The price, in ticks; the last one known where it was funding.
    pub px: Ticks,
}

impl Engine {
    /// What stopped the account for good, if anything did. A driver has to look, and
    /// says so to whoever runs it.
    #[inline]
    #[must_use]
    pub const fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    /// Whether the account goes on after prices that it may be valued at; they are shown
    /// here before anything is.
    #[inline]
    pub fn admits<P>(&mut self, ts: Nanos, prices: P, reach: Reach) -> bool
    where
        P: Iterator<Item = PriceRange> + Clone,
    {
        self.overflow.is_none()
            && (prices.clone().all(|r| self.ledger.is_harmless(r.instrument, r.high))
                || self.holds(ts, &prices.collect::<alloc::vec::Vec<_>>(), reach))
    }

    #[cold]
    #[inline(never)]
    fn holds(&mut self, ts: Nanos, prices: &[PriceRange], reach: Reach) -> bool {
        let holds = self.ledger.holds(prices, reach);
        // The one that moved furthest is named; of a conversion it may be the rate.
        let moved = |r: &PriceRange| {
            let mark = self.ledger.market(r.instrument).mark.unwrap_or(r.low).0 as f64;
            (r.high.0 as f64 / mark).max(mark / r.low.0 as f64)
        };
        let most = prices.iter().max_by(|a, b| moved(a).total_cmp(&moved(b)));
        if let Some(PriceRange { instrument, high, .. }) = most.copied().filter(|_| !holds) {
            self.overflow = Some(Overflow { ts, instrument, px: high });
        }
        holds
    }

    /// Whether a fill can be booked; else the account stops before it.
    pub(super) fn admits_fill(&mut self, fill: &Fill) -> bool {
        let stop = match fill.kind {
            FillKind::Entry => self.slots[fill.slot.index()].waiting.and_then(|w| w.stop),
            FillKind::Exit(_) => None,
        };
        let admits = self.ledger.has_room_for(fill, Distance::reach(stop, fill.px));
        if !admits {
            let Fill { ts, instrument, px, .. } = *fill;
            self.overflow = Some(Overflow { ts, instrument, px });
        }
        admits
    }

    /// Charges funding, or stops the account before it.
    pub(super) fn charge(
        &mut self,
        ts: Nanos,
        instrument: InstrumentId,
        long_rate: Decimal,
        short_rate: Decimal,
    ) {
        let rate = decimal_to_f64(long_rate.abs().max(short_rate.abs()));
        if self.ledger.has_room_for_funding(instrument, rate) {
            self.ledger.charge_funding(instrument, long_rate, short_rate);
            self.seen = false;
        } else {
            let px = self.ledger.market(instrument).mark.unwrap_or(Ticks(0));
            self.overflow = Some(Overflow { ts, instrument, px });
        }
    }

    /// Takes the broker's balance, unless money would not be exact with it: a session refuses
    /// that beforehand.
    pub(super) fn on_balance(&mut self, cash: Decimal, paid: Option<Decimal>) {
        if self.ledger.has_room_for_balance(cash, paid) {
            let moved = self.ledger.set_balance(cash, paid);
            if paid.is_some() {
                self.risk.on_paid(moved);
            } else {
                self.risk.on_begun(moved);
            }
            self.seen = false;
        }
    }

    /// Takes the close of a bar.
    #[inline]
    pub(super) fn observe(&mut self, instrument: InstrumentId, ts: Nanos, bar: &Bar) {
        if self.mark(ts, instrument, bar.close) {
            self.risk.on_close(instrument, ts, bar.close);
        }
    }

    /// Takes a mark, or stops the account before it.
    #[inline]
    pub(super) fn mark(&mut self, ts: Nanos, id: InstrumentId, px: Ticks) -> bool {
        let admits = self.ledger.is_harmless(id, px)
            || self.holds(ts, &[PriceRange::at(id, px)], Reach::Whole);
        if admits {
            self.ledger.mark(id, px);
        }
        admits
    }
}
