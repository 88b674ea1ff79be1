//! One account: its positions, orders and money, and how they looked a moment ago.
//!
//! Invariant: the balance is what was paid in and the net of every closed row, always.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::holding::{CloseCause, ClosedPart, Holding, HoldingPart, Waiting};
use super::listing::Listing;

/// What becomes of two entries on one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// Each is a position of its own.
    Hedging,
    /// They add up, or cancel out, in one position; the later bracket holds for all of it.
    Netting,
}

/// Terms of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountTerms {
    /// Number of the account.
    pub id: String,
    /// Paid in at the start, in its currency.
    pub deposit: Decimal,
    /// Currency.
    pub currency: String,
    /// Decimals of the currency.
    pub precision: u32,
    /// Notional over margin, where the instrument does not fix it.
    pub leverage: Decimal,
    /// What becomes of two entries on one instrument.
    pub booking: Booking,
}

impl AccountTerms {
    /// A hedging account in US dollars with a leverage of 100.
    #[must_use]
    pub fn plain(id: &str, deposit: Decimal) -> Self {
        Self {
            id: id.to_owned(),
            deposit,
            currency: "USD".to_owned(),
            precision: 2,
            leverage: Decimal::new(100, 0),
            booking: Booking::Hedging,
        }
    }
}

/// An account at one moment; closed rows only grow, so their number is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Since when it looked like this.
    pub ts: Nanos,
    /// Paid in and realised.
    pub balance: Decimal,
    /// Positions, in the order they were opened.
    pub holdings: Vec<Holding>,
    /// Orders that wait, in the order they were created.
    pub waiting: Vec<Waiting>,
    /// How many rows had been closed.
    pub closed: usize,
}

/// How long the past of an account is kept for reads that lag.
pub(crate) const KEPT: Nanos = Nanos(120 * Nanos::SECOND.0);

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    /// Its terms.
    pub terms: AccountTerms,
    /// Whether it may trade.
    pub enabled: bool,
    /// Everything paid in and out so far.
    pub paid: Decimal,
    /// The present.
    pub page: Page,
    /// All rows that were ever closed.
    pub closed: Vec<ClosedPart>,
    past: VecDeque<Page>,
}

impl Books {
    /// An account that has done nothing yet.
    pub fn new(terms: AccountTerms) -> Self {
        let balance = terms.deposit;
        let (holdings, waiting) = (Vec::new(), Vec::new());
        let page = Page { ts: Nanos(i64::MIN), balance, holdings, waiting, closed: 0 };
        Self {
            paid: balance,
            terms,
            enabled: true,
            page,
            closed: Vec::new(),
            past: VecDeque::new(),
        }
    }

    /// Keeps the present before it changes at `now`.
    pub fn turn(&mut self, now: Nanos) {
        if self.page.ts < now {
            let next = self.page.clone();
            let before = std::mem::replace(&mut self.page, Page { ts: now, ..next });
            self.past.push_back(before);
        }
        // The last page that began before what is kept is still looked at.
        let floor = now.0.saturating_sub(KEPT.0);
        while self.past.get(1).is_some_and(|page| page.ts.0 <= floor) {
            self.past.pop_front();
        }
    }

    /// How it looked at `at`, where that is not longer ago than is kept.
    pub fn seen(&self, at: Nanos) -> &Page {
        if self.page.ts <= at {
            return &self.page;
        }
        let past = self.past.iter().rev().find(|page| page.ts <= at);
        past.or(self.past.front()).unwrap_or(&self.page)
    }

    /// Rounds money to the account's currency.
    pub fn cents(&self, amount: Decimal) -> Decimal {
        amount.round_dp(self.terms.precision)
    }

    /// Pays in, or out where it is below zero.
    pub fn pay(&mut self, now: Nanos, amount: Decimal) {
        self.turn(now);
        self.paid += amount;
        self.page.balance += amount;
    }

    /// Where a position stands in the list.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.page.holdings.iter().position(|h| h.id == id)
    }

    /// A further fill of a position that is there, at a price and with a commission.
    pub fn add(&mut self, at: usize, part: HoldingPart, commission: Decimal, margin: Decimal) {
        let held = &mut self.page.holdings[at];
        let whole = held.volume + part.volume;
        held.open_px = (held.open_px * held.volume + part.px * part.volume) / whole;
        held.volume = whole;
        held.commission += commission;
        held.margin += margin;
        held.parts.push(part);
    }

    /// Closes `volume` of the position at index `at` and books what it made.
    pub fn close(
        &mut self,
        now: Nanos,
        at: usize,
        (volume, px): (Decimal, Decimal),
        (order, cause): (String, CloseCause),
        listing: &Listing,
    ) {
        let precision = self.terms.precision;
        let held = &mut self.page.holdings[at];
        assert!(Decimal::ZERO < volume && volume <= held.volume, "no more than there is is closed");
        let whole = volume == held.volume;
        // The last part takes what rounding left, so that the parts sum to the whole.
        let part_of = |amount: Decimal| {
            if whole { amount } else { (amount * volume / held.volume).round_dp(precision) }
        };
        let (commission, swap) = (part_of(held.commission), part_of(held.swap));
        let margin = part_of(held.margin);
        let profit = listing.profit(held.side, volume, held.open_px, px).round_dp(precision);
        let row = ClosedPart {
            uid: format!("{}_close{}", held.id, self.closed.len() + 1),
            position: held.id.clone(),
            order,
            symbol: held.symbol.clone(),
            side: held.side,
            volume,
            open_px: held.open_px,
            close_px: px,
            opened: held.opened,
            closed: now,
            levels: held.levels,
            commission,
            swap,
            profit,
            cause,
            comment: held.comment.clone(),
        };
        held.commission -= commission;
        held.swap -= swap;
        held.margin -= margin;
        held.volume -= volume;
        take_from(&mut held.parts, volume);
        if whole {
            self.page.holdings.remove(at);
        }
        self.page.balance += row.net();
        self.closed.push(row);
        self.page.closed = self.closed.len();
    }
}

/// Takes volume out of fills, the oldest first.
fn take_from(parts: &mut Vec<HoldingPart>, mut volume: Decimal) {
    for part in parts.iter_mut() {
        let taken = part.volume.min(volume);
        part.volume -= taken;
        volume -= taken;
    }
    parts.retain(|part| !part.volume.is_zero());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_kept_for_as_long_as_reads_may_lag() {
        let mut books = Books::new(AccountTerms::plain("1", Decimal::new(100, 0)));
        let second = |s: i64| Nanos::SECOND.times(s);
        for s in [1, 2, 3, 300] {
            books.pay(second(s), Decimal::ONE);
        }
        let balance = |s: i64| books.seen(second(s)).balance;
        assert_eq!(balance(300), Decimal::new(104, 0));
        assert_eq!(balance(299), Decimal::new(103, 0));
        assert_eq!(books.past.len(), 1, "what is older was dropped");
        books.pay(second(301), Decimal::ONE);
        assert_eq!(books.seen(second(300)).balance, Decimal::new(104, 0));
    }
}
