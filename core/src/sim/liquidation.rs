//! Which positions the margin no longer carries at a bar's worst prices.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::Sim;
use super::bracket::{Touch, worst};
use crate::event::Bar;
use crate::instrument::InstrumentId;
use crate::ledger::{Ledger, Position};
use crate::math::{decimal_to_f64, integer_to_f64};
use crate::order::SlotId;
use crate::units::Ticks;

impl Sim {
    pub(super) fn liquidations(
        &self,
        closing: &[(InstrumentId, Bar)],
        ledger: &Ledger,
    ) -> Vec<SlotId> {
        let mut gone: Vec<SlotId> = Vec::new();
        if self.held.is_empty() || !self.margin_may_fail(closing, ledger) {
            return gone;
        }
        loop {
            let stopped = |slot: SlotId| {
                self.held.iter().any(|h| {
                    h.slot == slot
                        && closing.iter().any(|(id, bar)| {
                            *id == h.instrument
                                && Touch::of(h.side, h.bracket, bar.high, bar.low).stop.is_some()
                        })
                })
            };
            let price = |slot, p: &Position| self.adverse_price(slot, p, closing, ledger);
            let equity = ledger.equity_with(price);
            let mut needed = Decimal::ZERO;
            let mut candidate: Option<(Decimal, SlotId)> = None;
            for (slot, p) in ledger.open_positions() {
                if stopped(slot) || gone.contains(&slot) {
                    continue;
                }
                let Some(px) = price(slot, p) else { continue };
                let market = ledger.market(p.instrument);
                let notional = market.instrument.notional(px, p.lots);
                needed += ledger.to_account(
                    p.instrument,
                    (notional * market.instrument.maintenance_margin()).round_dp(18),
                );
                let open = market.instrument.value(p.open_ticks_lots(px));
                let open = ledger.to_account(p.instrument, open);
                if closing.iter().any(|(id, _)| *id == p.instrument)
                    && candidate.is_none_or(|(worst, _)| open < worst)
                {
                    candidate = Some((open, slot));
                }
            }
            match candidate {
                Some((_, slot)) if equity < needed => gone.push(slot),
                Some(_) | None => return gone,
            }
        }
    }

    /// The stop where the ending bar reaches it, else the bar's worst price, else the mark.
    fn adverse_price(
        &self,
        slot: SlotId,
        p: &Position,
        closing: &[(InstrumentId, Bar)],
        ledger: &Ledger,
    ) -> Option<Ticks> {
        let Some((_, bar)) = closing.iter().find(|(id, _)| *id == p.instrument) else {
            return ledger.market(p.instrument).mark;
        };
        let stop = self
            .held
            .iter()
            .find(|h| h.slot == slot)
            .and_then(|h| Touch::of(h.side, h.bracket, bar.high, bar.low).stop);
        Some(stop.unwrap_or_else(|| worst(p.side, bar)))
    }

    /// A quick float test that never says no to a real margin failure: it
    /// leaves one part in a thousand to be decided exactly.
    fn margin_may_fail(&self, closing: &[(InstrumentId, Bar)], ledger: &Ledger) -> bool {
        let mut equity = decimal_to_f64(ledger.cash());
        let mut gross = 0.0;
        let mut needed = 0.0;
        for (_, p) in ledger.open_positions() {
            let market = ledger.market(p.instrument);
            if market.conversion.via().is_some() {
                return true;
            }
            let px = closing
                .iter()
                .find(|(id, _)| *id == p.instrument)
                .map_or(market.mark, |(_, bar)| Some(worst(p.side, bar)));
            let Some(px) = px else { continue };
            let unit = market.instrument.tick_lot_value_f64();
            let notional = px.0 as f64 * p.lots.get() as f64 * unit;
            equity += integer_to_f64(p.open_ticks_lots(px)) * unit;
            gross += notional;
            needed += notional * market.instrument.maintenance_f64();
        }
        equity < needed + 1e-3 * gross
    }
}
