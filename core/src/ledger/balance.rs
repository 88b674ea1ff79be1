//! What a broker says of an account's cash, and the money paid in or out that it shows.

use rust_decimal::Decimal;

use super::Ledger;
use super::room::TIMES;
use crate::math::decimal_to_f64;

impl Ledger {
    /// What a broker's balance showed that no booking explains and nobody paid in or out, in
    /// the account's currency: its rounding, and what somebody else traded.
    #[must_use]
    pub fn corrected(&self) -> Decimal {
        self.money(self.corrected)
    }

    /// Makes cash what the broker says it is, of which `paid` was paid in, or taken out where
    /// it is below zero; the rest of the difference is [corrected](Self::corrected). With
    /// `None` the account begins with this cash. Returns what was paid, in its currency.
    pub fn set_balance(&mut self, cash: Decimal, paid: Option<Decimal>) -> Decimal {
        // One with more decimals than any before makes everything be counted in more.
        let _ = paid.map(|paid| self.amount(paid));
        let cash = self.amount(cash);
        let difference = cash - self.cash;
        let paid = paid.map_or(difference, |paid| self.amount(paid));
        self.deposits += paid;
        self.corrected += difference - paid;
        self.cash = cash;
        self.find_harmless();
        self.money(paid)
    }

    /// Whether money stays exact with this much cash, so much of it paid in.
    #[must_use]
    pub fn has_room_for_balance(&self, cash: Decimal, paid: Option<Decimal>) -> bool {
        let scale = paid.map_or(0, |paid| paid.normalize().scale());
        let decimals = self.decimals.max(cash.normalize().scale()).max(scale);
        let (old, new) = (decimal_to_f64(self.cash()), decimal_to_f64(cash));
        let paid = paid.map_or(new - old, decimal_to_f64);
        let deposits = decimal_to_f64(self.deposits()) + paid;
        let corrected = decimal_to_f64(self.corrected()) + new - old - paid;
        let moved = (new - old).abs().max(new.abs()).max(deposits.abs()).max(corrected.abs());
        moved + TIMES * self.worth_but(None) <= self.left(decimals)
    }
}
