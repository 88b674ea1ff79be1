//! How much an entry may be, given everything else that is open or waiting.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::Engine;
use super::slot::State;
use crate::decision::Refusal;
use crate::instrument::{Conversion, InstrumentId};
use crate::order::{Bracket, SlotId};
use crate::risk::{EntryRequest, Exposure, Fit};
use crate::sizing::{NoEdge, SizingInput, lot_risk};
use crate::strategy::{Distance, Entry};
use crate::units::{Lots, Ticks};

/// Most that a lot may be worth, account currency, for its multiples to be decimals.
const LARGEST_LOT: i64 = 1_000_000_000_000_000_000;

/// How far the price of an entry may rise until it fills, as a factor, for its money to
/// be exact still.
const SPARE: f64 = 2.0;

fn lot_value(money: Option<Decimal>) -> Result<Decimal, Refusal> {
    money.filter(|m| *m <= LARGEST_LOT.into()).ok_or(Refusal::TooLarge)
}

impl Engine {
    /// Everything open or waiting except this slot's own, at marks and decision prices.
    fn others(&self, own: SlotId) -> Vec<(Exposure, Decimal)> {
        // A position that is being reversed counts as closed, its new entry as open.
        let stays = |slot: SlotId| {
            !matches!(self.slots[slot.index()].state, State::Exiting { next: Some(_), .. })
        };
        let held = self.ledger.open_positions().filter(|(slot, _)| *slot != own && stays(*slot));
        let open = held.map(|(_, p)| {
            let leverage = self.ledger.market(p.instrument).instrument.leverage();
            (Exposure { instrument: p.instrument, notional: self.ledger.notional(p) }, leverage)
        });
        let waiting = self.slots.iter().enumerate().filter(|(i, _)| *i != own.index()).filter_map(
            |(_, slot)| {
                let waiting = slot.waiting.as_ref()?;
                let instrument = &self.ledger.market(slot.instrument).instrument;
                let notional = instrument.notional(waiting.px, waiting.lots);
                let notional = self.ledger.to_account(slot.instrument, notional);
                Some((Exposure { instrument: slot.instrument, notional }, instrument.leverage()))
            },
        );
        open.chain(waiting).collect()
    }

    /// Most lots whose money is kept exactly beside what is open and waiting, where each
    /// comes to `ticks`.
    fn kept(&self, id: InstrumentId, ticks: Ticks) -> Lots {
        let worth = |id, ticks_lots| self.ledger.worth(id, ticks_lots, &[]);
        let waiting = self.slots.iter().filter_map(|slot| {
            let waiting = slot.waiting.as_ref()?;
            let ticks = Distance::reach(waiting.stop, waiting.px);
            Some(worth(slot.instrument, ticks.0 as f64 * waiting.lots.get() as f64))
        });
        let room = self.ledger.room() - waiting.sum::<f64>();
        let lots = room / (SPARE * worth(id, ticks.0 as f64));
        // `as` saturates.
        Lots::new(lots as i64).unwrap_or(Lots::ZERO)
    }

    /// The size of an entry decided at `px`, or the rule that refuses it.
    pub(super) fn size(
        &self,
        id: SlotId,
        entry: &Entry,
        px: Ticks,
        bracket: Bracket,
    ) -> Result<Fit, Refusal> {
        if let Some(rule) = entry.withheld {
            return Err(rule);
        }
        if matches!(self.slots[id.index()].state, State::Reducing { .. }) {
            return Err(Refusal::PartialClose);
        }
        let others = self.others(id);
        let admitted = self.risk.gate(others.len())?;
        let slot = &self.slots[id.index()];
        let instrument = &self.ledger.market(slot.instrument).instrument;
        let rate =
            self.ledger.rate(slot.instrument).filter(|r| !r.is_zero()).ok_or(Refusal::NoRate)?;
        let conversion = self.ledger.market(slot.instrument).conversion;
        let account = |money| match conversion {
            Conversion::Same => lot_value(Some(money)),
            Conversion::Multiply(_) | Conversion::Divide(_) => {
                lot_value(conversion.unrounded(money, rate))
            }
        };
        let kept = self.kept(slot.instrument, Distance::reach(entry.stop, px));
        if kept.is_zero() {
            return Err(Refusal::TooLarge);
        }
        let lot_price = instrument.value(i128::from(px.0));
        let equity = self.ledger.equity();
        let used: Decimal = others.iter().map(|(e, leverage)| e.notional / leverage).sum();
        if equity - used <= Decimal::ZERO {
            return Err(Refusal::Margin);
        }
        let lot_risk = lot_risk(instrument, entry.stop, px, bracket);
        let input = SizingInput {
            balance: self.ledger.cash(),
            equity,
            free_margin: equity - used,
            lot_notional: account(lot_price)?,
            lot_risk: lot_risk.map(account).transpose()?,
            lot_price,
        };
        let asked = slot.sizing.size(instrument, &input, &slot.closed);
        let asked = asked.map_err(|NoEdge| Refusal::NoEdge)?;
        let exposures: Vec<Exposure> = others.iter().map(|(e, _)| *e).collect();
        let lot_notional = input.lot_notional;
        if lot_notional <= Decimal::ZERO {
            return Err(Refusal::MinNotional);
        }
        self.risk.fit(
            admitted,
            &EntryRequest {
                instrument: slot.instrument,
                terms: instrument,
                px,
                asked,
                lot_notional,
                equity,
                free_margin: input.free_margin,
                kept,
                others: &exposures,
            },
        )
    }
}
