//! What a broker says of an account's cash, and the money paid in or out that it shows.

use rust_decimal::Decimal;

use super::Ledger;
use super::room::TIMES;
use crate::math::decimal_to_f64;

impl Ledger {
    /// Makes cash what the broker says it is. What no booking explains was paid in, or taken
    /// out where it is below zero: it is returned, in the account's currency.
    pub fn set_balance(&mut self, cash: Decimal) -> Decimal {
        let cash = self.amount(cash);
        let paid = cash - self.cash;
        self.deposits += paid;
        self.cash = cash;
        self.find_harmless();
        self.money(paid)
    }

    /// Whether money stays exact with this much cash.
    #[must_use]
    pub fn has_room_for_balance(&self, cash: Decimal) -> bool {
        let decimals = self.decimals.max(cash.normalize().scale());
        let (old, new) = (decimal_to_f64(self.cash()), decimal_to_f64(cash));
        let deposits = decimal_to_f64(self.deposits()) + new - old;
        let moved = (new - old).abs().max(new.abs()).max(deposits.abs());
        moved + TIMES * self.worth_but(None) <= self.left(decimals)
    }
}
