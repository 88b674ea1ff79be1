//! Money as a whole number of the account's smallest amount.

use rust_decimal::Decimal;

use super::position::Market;
use super::{CONVERTED_DECIMALS, Ledger};
use crate::instrument::{Conversion, InstrumentId};
use crate::math::{power_of_ten, product};

impl Ledger {
    /// Decimals of the smallest amount that trading on these markets can produce.
    pub(super) fn least_decimals(markets: &[Market]) -> u32 {
        let converts = markets.iter().any(|m| m.conversion != Conversion::Same);
        let least = if converts { CONVERTED_DECIMALS } else { 0 };
        markets.iter().map(|m| m.instrument.decimals()).max().unwrap_or(0).max(least)
    }

    /// Decimals in which money is counted, and what a tick on a lot of an
    /// instrument is in them; `None` where its money is converted.
    #[must_use]
    pub fn unit(&self, id: InstrumentId) -> Option<(u32, i128)> {
        Some((self.decimals, self.units[id.index()]?))
    }

    pub(super) fn find_units(&mut self) {
        let decimals = self.decimals;
        let unit =
            |m: &Market| (m.conversion == Conversion::Same).then(|| m.instrument.unit(decimals));
        self.units = self.markets.iter().map(unit).collect();
    }

    /// As the whole number it is counted in. Money of more decimals than any
    /// before makes everything be counted in more.
    pub(super) fn amount(&mut self, money: Decimal) -> i128 {
        let money = if money.scale() > self.decimals { money.normalize() } else { money };
        if money.scale() > self.decimals {
            self.count_in(money.scale());
        }
        product(money.mantissa(), power_of_ten(self.decimals - money.scale()))
    }

    fn count_in(&mut self, decimals: u32) {
        let by = power_of_ten(decimals - self.decimals);
        self.decimals = decimals;
        let own = [
            &mut self.cash,
            &mut self.deposits,
            &mut self.realised,
            &mut self.fees,
            &mut self.funding,
            &mut self.slippage,
            &mut self.corrected,
        ];
        let held = self.positions.iter_mut().flatten().flat_map(|p| p.so_far.amounts());
        for amount in own.into_iter().chain(held) {
            *amount = product(*amount, by);
        }
        self.find_units();
    }
}
