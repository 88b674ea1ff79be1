//! The exchange: instruments with their tapes, accounts, and the time up to which all of
//! it has happened.
//!
//! Every method that asks or tells is given the time, and lets everything happen that was
//! due until then: prices, stops, targets, orders that waited, instructions that were
//! deferred, swaps. Time never goes back; an earlier one is taken for the latest.
//!
//! Limits: no stop-out, no margin call, no dividend; a night's swap is the same on every
//! day of the week; the rate of a quote currency is a constant.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::books::{AccountTerms, Books, KEPT};
use super::instruction::{Deferred, Instruction, Note, Objection, Receipt};
use super::listing::Listing;
use super::market::Market;
use super::tape::PriceTape;
use super::truth::{Truth, VenueExecution};

/// How the numbers of an order and of the position that it opens are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdStyle {
    /// They are the same.
    Same,
    /// They are two.
    Apart,
}

/// What the exchange does its own way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRules {
    /// How numbers of orders and positions are related.
    pub ids: IdStyle,
    /// How far reads of an account lag behind it; at most two minutes.
    pub lag: Nanos,
    /// Most bars that are served of one length.
    pub history_bars: usize,
    /// Second of the day, UTC, at which a night's swap is booked; never, where there is none.
    pub rollover_s: Option<u32>,
}

impl ExchangeRules {
    /// One number for order and position, reads that do not lag, 3,000 bars, no swap.
    #[must_use]
    pub const fn plain() -> Self {
        Self { ids: IdStyle::Same, lag: Nanos(0), history_bars: 3_000, rollover_s: None }
    }
}

/// Why an exchange cannot be set up, or something cannot be done to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// An instrument's terms.
    #[error("instrument {symbol}: {fault}")]
    Listing {
        /// The instrument.
        symbol: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Something is there twice.
    #[error("{0} is there already")]
    Twice(String),
    /// Something is not there.
    #[error("there is no {0}")]
    Missing(String),
    /// An account's leverage.
    #[error("account {0} needs a leverage above zero")]
    Leverage(String),
    /// The lag of reads.
    #[error("reads lag by 0 to {} ns, got {} ns", KEPT.0, .0.0)]
    Lag(Nanos),
    /// The rollover's time of the day.
    #[error("rollover_s must be from 0 to 86399, got {0}")]
    Rollover(u32),
}

/// The exchange. See the [module](super) for what it is for.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub(crate) rules: ExchangeRules,
    pub(crate) markets: BTreeMap<String, Market>,
    pub(crate) accounts: BTreeMap<String, Books>,
    pub(crate) truth: Truth,
    pub(crate) now: Nanos,
    /// Ticks that the order which is being carried out is filled worse by.
    pub(crate) worse: u32,
    deferred: Vec<Deferred>,
    keys: BTreeMap<(String, String), Receipt>,
    numbers: u64,
    rewound: bool,
    rollover: Option<Nanos>,
    /// Nothing is due before; looked at first, because most calls come between prices.
    quiet_until: Nanos,
}

impl Exchange {
    /// An exchange without instruments and accounts.
    pub fn new(rules: ExchangeRules) -> Result<Self, SetupError> {
        if rules.lag < Nanos(0) || rules.lag > KEPT {
            return Err(SetupError::Lag(rules.lag));
        }
        if let Some(second) = rules.rollover_s.filter(|s| *s >= 86_400) {
            return Err(SetupError::Rollover(second));
        }
        Ok(Self {
            rules,
            markets: BTreeMap::new(),
            accounts: BTreeMap::new(),
            truth: Truth::default(),
            now: Nanos(i64::MIN),
            worse: 0,
            deferred: Vec::new(),
            keys: BTreeMap::new(),
            numbers: 0,
            rewound: false,
            rollover: None,
            quiet_until: Nanos(i64::MIN),
        })
    }

    /// Lists an instrument that trades at the prices of a tape.
    pub fn list(&mut self, listing: Listing, tape: PriceTape) -> Result<(), SetupError> {
        let symbol = listing.symbol.clone();
        if let Some(fault) = listing.fault() {
            return Err(SetupError::Listing { symbol, fault });
        }
        if self.markets.contains_key(&symbol) {
            return Err(SetupError::Twice(format!("instrument {symbol}")));
        }
        self.markets.insert(symbol, Market::new(listing, tape));
        self.quiet_until = Nanos(i64::MIN);
        Ok(())
    }

    /// Opens an account.
    pub fn open_account(&mut self, terms: AccountTerms) -> Result<(), SetupError> {
        if self.accounts.contains_key(&terms.id) {
            return Err(SetupError::Twice(format!("account {}", terms.id)));
        }
        if terms.leverage <= Decimal::ZERO {
            return Err(SetupError::Leverage(terms.id));
        }
        self.accounts.insert(terms.id.clone(), Books::new(terms));
        Ok(())
    }

    /// Lets everything happen that is due until `now`.
    pub fn advance(&mut self, now: Nanos) {
        if now < self.quiet_until {
            self.now = self.now.max(now);
            return;
        }
        while let Some((ts, due)) = self.next_due().filter(|(ts, _)| *ts <= now) {
            self.now = self.now.max(ts);
            match due {
                Due::Price(symbol) => self.price(&symbol),
                Due::Instruction(at) => self.carry_out_late(at),
                Due::Rollover => self.book_swaps(ts),
            }
        }
        if self.rollover.is_none() {
            self.rollover = self.rules.rollover_s.map(|s| next_rollover(now, s));
        }
        self.now = self.now.max(now);
        self.quiet_until = self.next_due().map_or(Nanos(i64::MAX), |(ts, _)| ts);
    }

    /// What happens next: a price before an instruction, an instruction before a swap.
    fn next_due(&self) -> Option<(Nanos, Due)> {
        let mut next: Option<(Nanos, u8, Due)> = None;
        let mut offer = |ts: Nanos, rank: u8, due: &dyn Fn() -> Due| {
            if next.as_ref().is_none_or(|(t, r, _)| (ts, rank) < (*t, *r)) {
                next = Some((ts, rank, due()));
            }
        };
        for (symbol, market) in &self.markets {
            if let Some(ts) = market.next_ts() {
                offer(ts, 0, &|| Due::Price(symbol.clone()));
            }
        }
        for (at, deferred) in self.deferred.iter().enumerate() {
            offer(deferred.at, 1, &|| Due::Instruction(at));
        }
        if let Some(ts) = self.rollover {
            offer(ts, 2, &|| Due::Rollover);
        }
        next.map(|(ts, _, due)| (ts, due))
    }

    fn carry_out_late(&mut self, at: usize) {
        let Deferred { account, instruction, note, order, .. } = self.deferred.remove(at);
        // Nobody is told any more whether it could be done.
        if self.carry_out(&account, instruction, &note, Some(order)).is_err() {
            self.truth.refuse();
        }
    }

    fn book_swaps(&mut self, ts: Nanos) {
        for books in self.accounts.values_mut() {
            if books.page.holdings.is_empty() {
                continue;
            }
            books.turn(ts);
            let precision = books.terms.precision;
            for held in &mut books.page.holdings {
                if let Some(market) = self.markets.get(&held.symbol) {
                    held.swap += market.listing.swap(held.side, held.volume).round_dp(precision);
                }
            }
        }
        self.rollover = Some(ts + Nanos::DAY);
    }

    /// Tells the exchange to do something on an account. `Ok` is that it was done.
    pub fn submit(
        &mut self,
        now: Nanos,
        account: &str,
        instruction: Instruction,
        note: &Note,
    ) -> Result<Receipt, Objection> {
        self.advance(now);
        let key = note.key.clone().map(|key| (account.to_owned(), key));
        if let Some(receipt) = key.as_ref().and_then(|key| self.keys.get(key)) {
            return Ok(receipt.clone());
        }
        let done = self.carry_out(account, instruction, note, None);
        match (&done, key) {
            (Ok(receipt), Some(key)) => {
                self.keys.insert(key, receipt.clone());
            }
            (Ok(_), None) => {}
            (Err(_), _) => self.truth.refuse(),
        }
        done
    }

    /// Answers at once with the number of an order, and tries to carry the instruction out
    /// at `at` only. Whether it can be done shows then, to nobody but the truth.
    pub fn submit_late(
        &mut self,
        now: Nanos,
        at: Nanos,
        account: &str,
        instruction: Instruction,
        note: &Note,
    ) -> Receipt {
        self.advance(now);
        let order = self.fresh_id();
        let (account, note) = (account.to_owned(), note.clone());
        let at = at.max(self.now);
        self.quiet_until = self.quiet_until.min(at);
        self.deferred.push(Deferred { at, account, instruction, note, order: order.clone() });
        Receipt { order, position: None }
    }

    /// How many instructions wait to be carried out late.
    #[must_use]
    pub const fn deferred(&self) -> usize {
        self.deferred.len()
    }

    /// A number that no order and no position has.
    pub(crate) fn fresh_id(&mut self) -> String {
        loop {
            self.numbers += 1;
            let id = format!("W{}", 6_900_000_000_000_000 + self.numbers * 7_919);
            if !(self.rewound && self.in_use(&id)) {
                return id;
            }
        }
    }

    fn in_use(&self, id: &str) -> bool {
        self.deferred.iter().any(|d| d.order == id)
            || self.accounts.values().any(|books| {
                books.page.holdings.iter().any(|h| h.id == id)
                    || books.page.waiting.iter().any(|w| w.id == id)
            })
    }

    /// Counts numbers from the start again: what is opened from now on has numbers that
    /// something closed had before.
    pub const fn reuse_ids(&mut self) {
        self.numbers = 0;
        self.rewound = true;
    }

    /// What was carried out.
    #[must_use]
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Takes the list of what was carried out, so that it does not grow; counts stay.
    pub fn take_executions(&mut self) -> Vec<VenueExecution> {
        self.truth.take()
    }

    /// How it goes about its business.
    #[must_use]
    pub const fn rules(&self) -> &ExchangeRules {
        &self.rules
    }

    /// The time up to which everything has happened.
    #[must_use]
    pub const fn now(&self) -> Nanos {
        self.now
    }

    pub(crate) fn books_mut(&mut self, account: &str) -> Result<&mut Books, SetupError> {
        let missing = || SetupError::Missing(format!("account {account}"));
        self.accounts.get_mut(account).ok_or_else(missing)
    }

    pub(crate) fn market_mut(&mut self, symbol: &str) -> Result<&mut Market, SetupError> {
        let missing = || SetupError::Missing(format!("instrument {symbol}"));
        self.markets.get_mut(symbol).ok_or_else(missing)
    }
}

enum Due {
    Price(String),
    Instruction(usize),
    Rollover,
}

/// The first rollover after `now`.
fn next_rollover(now: Nanos, second: u32) -> Nanos {
    let day = now.0 - now.0.rem_euclid(Nanos::DAY.0);
    let today = Nanos(day + i64::from(second) * Nanos::SECOND.0);
    if today > now { today } else { today + Nanos::DAY }
}
