//! What a runner believes, held against what the exchange carried out.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::ExitReason;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::faults::FaultRates;
use super::market;
use super::recorded::recorded_writes;
use super::setup::replayed;
use super::translate::order;
use super::venue::Venue;
use super::verdict::Violation;
use super::world::World;
use crate::broker::{BracketPrices, PendingOrder};
use crate::exchange::{Deed, Holding, VenueExecution};
use crate::runner::{Happening, OrderReport, Runner};

impl Venue {
    /// What the runner believes against what is so.
    pub(super) fn judge(&mut self, runner: &Runner, accounts: u16) -> Vec<Violation> {
        let mut found: Vec<Violation> = self
            .exchange
            .truth()
            .duplicates()
            .into_iter()
            .map(|twice| Violation::Duplicate(twice.intent))
            .collect();
        let now = self.exchange.now();
        for account in (0..accounts).map(AccountId) {
            let name = market::account_number(account);
            let Some(view) = self.exchange.view_true(now, &name) else { continue };
            let holdings: Vec<Holding> =
                view.holdings.iter().filter(|h| h.intent.is_some()).cloned().collect();
            let balance = view.funds.balance;
            let flat = view.holdings.is_empty();
            let waiting: Vec<PendingOrder> =
                view.waiting.iter().filter(|w| w.intent.is_some()).map(order).collect();
            found.extend(judge_account(runner, account, &holdings, flat.then_some(balance)));
            found.extend(judge_orders(runner, account, &waiting));
            let paid = self.exchange.paid(&name).unwrap_or_default();
            let taken = runner.accounts()[account.index()].engine().ledger().deposits();
            // Whole units are paid; what positions are charged may be cents of it.
            if (taken - paid).abs() >= Decimal::ONE {
                found.push(Violation::Paid(account.0, format!("{taken} and {paid}")));
            }
        }
        found
    }

    /// A position that is over was entered when the broker opened it, and, where nothing
    /// goes wrong, was not held longer than it may be.
    pub(super) fn entered(&self, happening: &Happening, rates: FaultRates) -> Option<Violation> {
        let Happening::Traded { account, trade, .. } = happening else { return None };
        let name = market::account_number(*account);
        let entered = |e: &VenueExecution| {
            let opens = matches!(e.deed, Deed::Opened | Deed::Filled);
            opens && e.account == name && e.ts == trade.entry_ts
        };
        if !self.exchange.truth().executions().iter().rev().any(entered) {
            return Some(Violation::EntryTime(account.0, trade.entry_ts));
        }
        let held = trade.exit_ts - trade.entry_ts;
        // Our clock is up to a second and a half beside the broker's.
        let slack = 2 * Nanos::SECOND.0;
        let late = (held.0 + slack) % Nanos::MINUTE.0 > 2 * slack;
        let overdue = rates == FaultRates::NONE && trade.exit == ExitReason::Time && late;
        overdue.then_some(Violation::HeldTooLong(account.0, held))
    }

    /// Intents that were carried out without a durable record of them.
    pub(super) fn journalled(&self, recorded: &BTreeSet<u64>) -> Vec<Violation> {
        let done = self.exchange.truth().executions().iter().filter(|e| e.deed.is_requested());
        let intents: BTreeSet<u64> = done.filter_map(|e| e.intent).collect();
        intents.difference(recorded).map(|intent| Violation::NotDurable(*intent)).collect()
    }
}

impl World {
    /// Holds what the runner believes against the truth, at the quiet end.
    pub(super) fn judge(&mut self) {
        self.venue.settle(self.now);
        let Some(kept) = &self.kept else {
            self.report.violations.insert(Violation::Stuck("it is not running".to_owned()));
            return;
        };
        let found = self.venue.judge(kept.runner(), self.options.accounts);
        self.report.violations.extend(found);
        for account in (0..self.options.accounts).map(AccountId) {
            if self.watch.is_killed(account) && self.venue.holds_ours(self.now, account) {
                self.report.violations.insert(Violation::NotFlat(account.0));
            }
        }
        self.report.opened = self.venue.opened();
        let replayed = replayed(self.disk.copy(), self.options);
        if let Err(error) = replayed {
            self.report.violations.insert(Violation::Replay(error.to_string()));
        }
        if let (Some(mut witness), Some(kept)) = (self.witness.take(), &mut self.kept) {
            if kept.sync().is_ok() {
                witness.durable(kept.journal().next_number().saturating_sub(1));
            }
            witness.ended(self.venue.day(self.disk.copy(), self.options.accounts));
        }
        self.recorded.extend(recorded_writes(&self.disk));
        let journalled = self.venue.journalled(&self.recorded);
        self.report.violations.extend(journalled);
    }
}

fn judge_account(
    runner: &Runner,
    account: AccountId,
    holdings: &[Holding],
    flat: Option<Decimal>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let unsettled = runner.unsettled(account);
    if !unsettled.is_empty() {
        found.push(Violation::NotSettled(account.0, unsettled.join("; ")));
    }
    let holds = runner.holds(account);
    let ledger = runner.accounts()[account.index()].engine().ledger();
    let instrument = &ledger.market(InstrumentId(0)).instrument;
    for held in holdings {
        let Some(ours) = holds.iter().find(|h| h.position == held.id) else {
            found.push(Violation::Forgotten(account.0, held.id.clone()));
            continue;
        };
        let levels = BracketPrices { stop: held.levels.stop, target: held.levels.target };
        if ours.bracket != levels || levels.stop.is_none() {
            found.push(Violation::Unbracketed(account.0, held.id.clone()));
        }
        if instrument.qty(ours.lots) != held.volume || ours.side != held.side {
            found.push(Violation::Size(account.0, held.id.clone()));
        }
    }
    for ours in &holds {
        if !holdings.iter().any(|h| h.id == ours.position) {
            found.push(Violation::Imagined(account.0, ours.position.clone()));
        }
        let lots = ledger.position(ours.slot).map(|p| p.lots);
        let all = holds.iter().filter(|h| h.slot == ours.slot).map(|h| h.lots.get()).sum::<i64>();
        if lots.map(tickstep_core::units::Lots::get) != Some(all) {
            found.push(Violation::Size(account.0, ours.position.clone()));
        }
    }
    if holds.is_empty() && !ledger.is_flat() {
        found.push(Violation::Imagined(account.0, "a position of the engine alone".to_owned()));
    }
    if let Some(balance) = flat
        && ledger.cash() != balance
    {
        found.push(Violation::Money(account.0, format!("{} and {balance}", ledger.cash())));
    }
    found
}

/// Orders that wait: those that the runner knows are there, as it wants them, and no others.
fn judge_orders(runner: &Runner, account: AccountId, waiting: &[PendingOrder]) -> Vec<Violation> {
    let ours = runner.resting_orders(account);
    let same = |o: &OrderReport, w: &PendingOrder| {
        (&o.number, o.price, o.bracket, o.volume) == (&w.id, w.price, w.bracket, w.volume)
    };
    let forgotten = waiting.iter().filter(|w| !ours.iter().any(|o| same(o, w)));
    let imagined = ours.iter().filter(|o| !waiting.iter().any(|w| same(o, w)));
    let forgotten = forgotten.map(|w| Violation::Forgotten(account.0, w.id.clone()));
    forgotten.chain(imagined.map(|o| Violation::Imagined(account.0, o.number.clone()))).collect()
}
