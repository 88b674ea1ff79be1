//! How much an entry may be, given everything else that is open or waiting.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::Engine;
use super::slot::State;
use crate::decision::Refusal;
use crate::order::{Bracket, SlotId};
use crate::risk::{EntryRequest, Exposure};
use crate::sizing::{NoSize, SizingInput};
use crate::strategy::{Distance, Entry};
use crate::units::{Lots, Ticks};

/// Most that a unit of quantity may be worth, account currency: a lot of up to
/// 1e9 units is then still a decimal.
const LARGEST_UNIT: i64 = 1_000_000_000_000_000_000;

fn unit_value(money: Option<Decimal>) -> Result<Decimal, Refusal> {
    money.filter(|m| *m <= LARGEST_UNIT.into()).ok_or(Refusal::TooLarge)
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

    pub(super) fn size(
        &self,
        id: SlotId,
        entry: &Entry,
        px: Ticks,
        bracket: Bracket,
    ) -> Result<Lots, Refusal> {
        if let Some(rule) = entry.withheld {
            return Err(rule);
        }
        let others = self.others(id);
        self.risk.gate(others.len())?;
        let slot = &self.slots[id.index()];
        let instrument = &self.ledger.market(slot.instrument).instrument;
        let rate =
            self.ledger.rate(slot.instrument).filter(|r| !r.is_zero()).ok_or(Refusal::NoRate)?;
        let conversion = self.ledger.market(slot.instrument).conversion;
        let account = |money| unit_value(conversion.unrounded(money, rate));
        let contract = instrument.spec().contract_size;
        let price = instrument.price(px);
        let equity = self.ledger.equity();
        let used: Decimal = others.iter().map(|(e, leverage)| e.notional / leverage).sum();
        if equity - used <= Decimal::ZERO {
            return Err(Refusal::Margin);
        }
        let unit_risk = match entry.stop {
            Some(Distance::Fraction(f)) => Some(price * f.decimal() * contract),
            Some(Distance::Ticks(_)) => {
                bracket.stop.map(|stop| instrument.price(Ticks((px.0 - stop.0).abs())) * contract)
            }
            None => None,
        };
        let input = SizingInput {
            equity,
            free_margin: equity - used,
            unit_notional: account(price * contract)?,
            unit_risk: unit_risk.map(account).transpose()?,
            unit_price: price * contract,
        };
        let lots = slot.sizing.lots(instrument, &input, &slot.closed).map_err(|e| match e {
            NoSize::NoStop => Refusal::NoStop,
            NoSize::NoEdge => Refusal::NoEdge,
        })?;
        let exposures: Vec<Exposure> = others.iter().map(|(e, _)| *e).collect();
        let lot_notional = input.unit_notional * instrument.spec().lot_step;
        if lot_notional <= Decimal::ZERO {
            return Err(Refusal::MinNotional);
        }
        let lots = self.risk.fit(&EntryRequest {
            instrument: slot.instrument,
            lots,
            min_lots: instrument.min_lots(),
            lot_notional,
            leverage: instrument.leverage(),
            equity,
            free_margin: input.free_margin,
            others: &exposures,
        })?;
        let notional = instrument.tick_lot_value_f64() * px.0 as f64 * lots.get() as f64;
        if notional > instrument.exact_below() {
            return Err(Refusal::TooLarge);
        }
        if instrument.notional(px, lots) < instrument.spec().min_notional {
            return Err(Refusal::MinNotional);
        }
        Ok(lots)
    }
}
