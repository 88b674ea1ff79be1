//! What the account's money may still become while a decimal holds it to the last digit.
//!
//! A decimal has 96 bits, 28 digits with those after the point: money of 12 decimals is
//! held up to 7.9e16. Prices and fills come from outside and know no such bound, so they
//! are looked at before anything is valued at them. What is booked and shown afterwards is
//! at most what was booked before, and four times the value of what is held: its P&L, the
//! fee, the slippage and the funding, none of which is above that value.
//!
//! It is asked in floats. A thousandth is kept free for what they round, so that it is
//! refused a little too early, never too late.

use super::Ledger;
use super::position::Position;
use crate::instrument::{Conversion, InstrumentId};
use crate::math::{decimal_to_f64, integer_to_f64, ten_to};
use crate::order::{Fill, FillKind, SlotId};
use crate::units::{Side, Ticks};

/// Digits of a decimal, less a thousandth.
const DIGITS: f64 = 7.92e28;

/// Most that is held however few decimals there are, so that money times leverage, the
/// widest factor there is, is a decimal as well.
const MOST: f64 = 1e21;

/// How often the value of a position may be added to what was booked.
pub(super) const TIMES: f64 = 4.0;

/// No price is known to be harmless.
const ASK: Ticks = Ticks(i64::MIN);

/// Prices of an instrument that money is about to be valued at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceRange {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The highest of them, in ticks.
    pub high: Ticks,
    /// The lowest of them, in ticks.
    pub low: Ticks,
}

impl PriceRange {
    /// The range of one price.
    #[must_use]
    pub const fn at(instrument: InstrumentId, px: Ticks) -> Self {
        Self { instrument, high: px, low: px }
    }
}

/// Which prices of a range a position is valued at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Whole,
    /// Those up to the level of its bracket, which ends it there.
    Bracket,
}

/// Most that is held exactly with so many decimals.
fn most(decimals: u32) -> f64 {
    (DIGITS / ten_to(decimals)).min(MOST)
}

impl Ledger {
    /// Whether `px` leaves money exact whatever else was seen; most prices do.
    #[inline]
    #[must_use]
    pub fn is_harmless(&self, id: InstrumentId, px: Ticks) -> bool {
        px <= self.harmless[id.index()]
    }

    /// The highest price of an instrument that is harmless.
    #[must_use]
    pub fn harmless(&self, id: InstrumentId) -> Ticks {
        self.harmless[id.index()]
    }

    /// Whether money stays exact at any of these prices, one range for an instrument.
    pub fn holds(&mut self, prices: &[PriceRange], reach: Reach) -> bool {
        let worth: f64 = self
            .open_positions()
            .map(|(_, p)| {
                let px = match prices.iter().find(|r| r.instrument == p.instrument) {
                    Some(range) => reach.most(p, range.high),
                    None => self.market(p.instrument).mark.unwrap_or(Ticks(0)),
                };
                self.worth(p.instrument, p.most_ticks_lots(px), prices)
            })
            .sum();
        let holds = TIMES * worth <= self.left(self.decimals);
        // These prices may be marks now, and each position has no share of its own.
        self.harmless.fill(ASK);
        holds
    }

    /// Whether money stays exact when `fill` is booked; `reach` is the distance from its
    /// price to a stop that is fixed in ticks.
    #[must_use]
    pub fn has_room_for(&self, fill: &Fill, reach: Ticks) -> bool {
        let id = fill.instrument;
        let fee = decimal_to_f64(fill.fee.abs());
        let fee = fee / self.market(id).instrument.tick_lot_value_f64();
        // From its fill on it is valued at the mark, too.
        let ticks = self.market(id).mark.unwrap_or(fill.px).max(fill.px).max(reach);
        let entered = ticks.0 as f64 * fill.lots.get() as f64;
        let (left, filled) = match fill.kind {
            FillKind::Entry => (None, entered),
            FillKind::Exit(_) => {
                let held = self.position(fill.slot);
                (Some(fill.slot), held.map_or(entered, |p| p.most_ticks_lots(fill.px)))
            }
        };
        let worth = self.worth_but(left) + self.worth(id, filled.max(fee), &[]);
        let decimals = self.decimals.max(fill.fee.normalize().scale());
        TIMES * worth <= self.left(decimals)
    }

    /// Whether money stays exact when funding of at most `rate` of notional is charged.
    #[must_use]
    pub fn has_room_for_funding(&self, id: InstrumentId, rate: f64) -> bool {
        let charged: f64 = self
            .open_positions()
            .filter(|(_, p)| p.instrument == id)
            .map(|(_, p)| {
                let mark = self.market(id).mark.unwrap_or(Ticks(0));
                self.worth(id, mark.0 as f64 * p.lots.get() as f64 * rate.max(1.0), &[])
            })
            .sum();
        let decimals = self.decimals.max(super::CONVERTED_DECIMALS);
        TIMES * (self.worth_but(None) + charged) <= self.left(decimals)
    }

    /// Value, in the account's currency, that another position may have.
    #[must_use]
    pub fn room(&self) -> f64 {
        self.left(self.decimals) / TIMES - self.worth_but(None)
    }

    /// Ticks times lots in the account's currency, at the worst of `prices` for a
    /// conversion; infinite where its own money would not be exact.
    #[must_use]
    pub fn worth(&self, id: InstrumentId, ticks_lots: f64, prices: &[PriceRange]) -> f64 {
        let market = self.market(id);
        let quote = ticks_lots * market.instrument.tick_lot_value_f64();
        let Some(via) = market.conversion.via() else { return quote };
        if TIMES * quote > most(market.instrument.decimals()) {
            return f64::INFINITY;
        }
        let via_market = self.market(via);
        let seen = prices.iter().find(|r| r.instrument == via);
        let seen = seen.map(|r| (r.low, r.high));
        let marks = via_market.mark.map(|px| (px, px)).into_iter().chain(seen);
        let (low, high) =
            marks.fold((Ticks(i64::MAX), Ticks(0)), |all, px| (all.0.min(px.0), all.1.max(px.1)));
        let price =
            |px: Ticks| px.0 as f64 * decimal_to_f64(via_market.instrument.spec().tick_size);
        match market.conversion {
            Conversion::Same => quote,
            Conversion::Multiply(_) => quote * price(high),
            Conversion::Divide(_) => quote / price(low),
        }
    }

    /// Finds up to which price of each instrument nothing has to be asked, after
    /// positions or what was booked changed: each position gets an equal share.
    pub(super) fn find_harmless(&mut self) {
        self.harmless.fill(Ticks(i64::MAX));
        if self.open.is_empty() {
            return;
        }
        let share = self.left(self.decimals) / (TIMES * self.open.len() as f64);
        for at in 0..self.open.len() {
            let Some(p) = self.position(self.open[at]) else { continue };
            let market = self.market(p.instrument);
            let tick = p.lots.get() as f64 * market.instrument.tick_lot_value_f64();
            let most = share / tick;
            let least = p.most_ticks_lots(market.mark.unwrap_or(Ticks(0))) / p.lots.get() as f64;
            if market.conversion != Conversion::Same || least > most {
                self.harmless.fill(ASK);
                return;
            }
            let id = p.instrument.index();
            self.harmless[id] = self.harmless[id].min(Ticks(most as i64));
        }
    }

    /// Value of all positions but the one of a slot.
    pub(super) fn worth_but(&self, but: Option<SlotId>) -> f64 {
        let worth = |p: &Position| {
            let mark = self.market(p.instrument).mark.unwrap_or(Ticks(0));
            self.worth(p.instrument, p.most_ticks_lots(mark), &[])
        };
        self.open_positions().filter(|(slot, _)| Some(*slot) != but).map(|(_, p)| worth(p)).sum()
    }

    /// What may be added to what was booked, with so many decimals.
    pub(super) fn left(&self, decimals: u32) -> f64 {
        let sums =
            [self.cash, self.deposits, self.realised, self.fees, self.funding, self.slippage];
        let sums = sums.iter().map(|amount| amount.unsigned_abs()).max().unwrap_or(0);
        let parts: f64 = self.open_positions().map(|(_, p)| p.so_far.size()).sum();
        most(decimals) - (sums as f64 + parts) / ten_to(self.decimals)
    }
}

impl Reach {
    fn most(self, p: &Position, high: Ticks) -> Ticks {
        let level = match (self, p.side) {
            (Self::Whole, _) => None,
            (Self::Bracket, Side::Buy) => p.bracket.target,
            (Self::Bracket, Side::Sell) => p.bracket.stop,
        };
        level.map_or(high, |level| high.min(level))
    }
}

impl Position {
    /// The most that any of its money can be at `px`, in ticks times lots: its value
    /// there, its cost, what it loses at the stop that it began with.
    fn most_ticks_lots(&self, px: Ticks) -> f64 {
        let at = |px: Ticks| px.0 as f64 * self.lots.get() as f64;
        let cost = integer_to_f64(self.cost);
        let risk = self.initial.stop.map_or(0.0, |stop| (cost - at(stop)).abs());
        at(px).max(cost).max(risk)
    }
}
