//! What an entry brings with it when it asks to be let through.

use rust_decimal::Decimal;

use super::Exposure;
use super::size::EntryMoney;
use crate::instrument::{Instrument, InstrumentId, floor_ratio};
use crate::sizing::Size;
use crate::units::{Fraction, Lots, Ticks};

/// An entry that asks to be let through.
#[derive(Clone, Copy, Debug)]
pub struct EntryRequest<'a> {
    /// The instrument to be entered.
    pub instrument: InstrumentId,
    /// Its smallest order, leverage and least notional.
    pub terms: &'a Instrument,
    /// The decision price, in ticks.
    pub px: Ticks,
    /// The size that the sizing method asks for.
    pub asked: Size,
    /// Notional of one lot, above 0, in the account's currency.
    pub lot_notional: Decimal,
    /// Equity at the decision prices, in the account's currency.
    pub equity: Decimal,
    /// Equity less the margin of what is open and waiting, in the account's currency.
    pub free_margin: Decimal,
    /// Most lots with which all money of the account is kept exactly.
    pub kept: Lots,
    /// Everything else open or waiting.
    pub others: &'a [Exposure],
}

impl EntryMoney for EntryRequest<'_> {
    fn carries(&self, lots: Lots) -> bool {
        lots <= self.carried()
    }

    fn is_kept(&self, lots: Lots) -> bool {
        lots <= self.kept
    }

    fn is_enough(&self, lots: Lots) -> bool {
        self.terms.notional(self.px, lots) >= self.terms.spec().min_notional
    }
}

impl EntryRequest<'_> {
    /// Most lots whose required margin is free.
    pub(super) fn carried(&self) -> Lots {
        floor_ratio(self.free_margin * self.terms.leverage(), self.lot_notional)
    }

    /// Lots that a limit on notional, less what it holds already, leaves.
    pub(super) fn within(&self, limit: Fraction, held: Decimal) -> Lots {
        let most = limit.decimal() * self.equity * self.terms.leverage();
        floor_ratio(most - held, self.lot_notional)
    }
}
