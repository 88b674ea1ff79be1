//! Where the accounts, slots, instruments and hosts of a snapshot are in the runner that
//! takes it up. They are found again by their names.

use std::collections::BTreeMap;

use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{OrderId, SlotId};
use tickstep_core::session::AccountId;

use super::Row;
use super::paper::PaperOrder;
use super::saved::{SavedRow, SnapshotError};
use super::tables::{CloseAgain, LiveAccount, Purpose};

/// Where what was saved is now, by where it was; `None` for what is gone.
pub(super) struct RunnerPlaces {
    pub accounts: Vec<Option<AccountId>>,
    /// Of each account, by where that was.
    pub slots: Vec<Vec<Option<SlotId>>>,
    pub instruments: Vec<Option<InstrumentId>>,
    pub hosts: Vec<Option<usize>>,
}

impl RunnerPlaces {
    /// Finds everything again: rows, symbols and hosts, each of the snapshot and of the
    /// runner. What is gone must be done with.
    pub(super) fn of<'n>(
        (saved, rows): (&[SavedRow], &[Row]),
        (old_symbols, symbols): (&[String], &[String]),
        (old_hosts, hosts): (impl Iterator<Item = &'n str>, impl Iterator<Item = &'n str> + Clone),
    ) -> Result<Self, SnapshotError> {
        let instrument = |symbol: &String| {
            symbols.iter().position(|own| own == symbol).map(|at| InstrumentId(at as u16))
        };
        let mut places = Self {
            accounts: Vec::with_capacity(saved.len()),
            slots: Vec::with_capacity(saved.len()),
            instruments: old_symbols.iter().map(instrument).collect(),
            hosts: old_hosts.map(|old| hosts.clone().position(|own| own == old)).collect(),
        };
        for old in saved {
            let at = rows.iter().position(|row| row.name == old.name);
            places.accounts.push(at.map(|at| AccountId(at as u16)));
            let Some(row) = at.map(|at| &rows[at]) else {
                if let Some(what) = old.live.as_ref().and_then(LiveAccount::open) {
                    let account = old.name.clone();
                    return Err(SnapshotError::AccountOpen { account, what });
                }
                places.slots.push(vec![None; old.slots.len()]);
                continue;
            };
            same_account(old, row)?;
            let slots = slots(old, row, symbols);
            if let Some(live) = &old.live
                && let Some(gone) = (0..slots.len())
                    .find(|at| slots[*at].is_none() && live.uses(SlotId(*at as u16)))
            {
                let (strategy, symbol) = old.slots[gone].clone();
                return Err(SnapshotError::SlotOpen {
                    account: old.name.clone(),
                    strategy,
                    symbol,
                });
            }
            places.slots.push(slots);
        }
        Ok(places)
    }

    /// Where an account is now.
    pub(super) fn account(&self, old: AccountId) -> Option<AccountId> {
        self.accounts.get(old.index()).copied().flatten()
    }

    /// Orders on paper by where their accounts are now.
    pub(super) fn orders(
        &self,
        orders: BTreeMap<(AccountId, OrderId), PaperOrder>,
    ) -> BTreeMap<(AccountId, OrderId), PaperOrder> {
        let moved = orders.into_iter().filter_map(|((account, id), mut order)| {
            let account = self.account(account)?;
            order.news.account = account;
            Some(((account, id), order))
        });
        moved.collect()
    }
}

fn same_account(old: &SavedRow, row: &Row) -> Result<(), SnapshotError> {
    let now = row.broker.as_ref().map(|(at, _)| &at.identity);
    if old.identity.as_ref() == now {
        return Ok(());
    }
    let words = |of: Option<&String>| of.map_or_else(|| "on paper".to_owned(), Clone::clone);
    let (was, now) = (words(old.identity.as_ref()), words(now));
    Err(SnapshotError::Moved { account: old.name.clone(), was, now })
}

/// Where an account's slots are; of several alike, in their order.
fn slots(old: &SavedRow, row: &Row, symbols: &[String]) -> Vec<Option<SlotId>> {
    let mut taken = vec![false; row.slots.len()];
    let place = |(strategy, symbol): &(String, String)| {
        let at = (0..row.slots.len()).find(|at| {
            let (name, on) = &row.slots[*at];
            !taken[*at] && name == strategy && symbols[on.index()] == *symbol
        })?;
        taken[at] = true;
        Some(SlotId(at as u16))
    };
    old.slots.iter().map(place).collect()
}

impl LiveAccount {
    /// What keeps it from going, in words; nothing where it may.
    fn open(&self) -> Option<String> {
        if let Some(held) = self.held.first() {
            return Some(format!("position {} of {} is open", held.id, held.symbol));
        }
        let under = self.writes.first()?;
        Some(format!("an order for {} is not done with", under.write.symbol()))
    }

    /// Whether anything of a slot is open or under way.
    fn uses(&self, slot: SlotId) -> bool {
        let own = |purpose: &Purpose| match purpose {
            Purpose::Entry(entry) => entry.slot == slot,
            Purpose::Exit { slot: of, .. } => *of == slot,
            Purpose::Edit { .. }
            | Purpose::Orphan { .. }
            | Purpose::Cancel { .. }
            | Purpose::Reprice { .. } => false,
        };
        self.held.iter().any(|held| held.slot == slot)
            || self.writes.iter().any(|under| own(&under.purpose))
    }

    /// The same where its slots and instruments are now; those that are gone hold nothing.
    pub(super) fn moved(
        &mut self,
        id: AccountId,
        slots: &[Option<SlotId>],
        instruments: &[Option<InstrumentId>],
    ) {
        let slot = |old: SlotId| slots.get(old.index()).copied().flatten();
        let on = |old: InstrumentId| instruments.get(old.index()).copied().flatten();
        self.id = id;
        for held in &mut self.held {
            held.slot = slot(held.slot).unwrap_or(held.slot);
            held.instrument = on(held.instrument).unwrap_or(held.instrument);
        }
        for under in &mut self.writes {
            match &mut under.purpose {
                Purpose::Entry(entry) => {
                    entry.slot = slot(entry.slot).unwrap_or(entry.slot);
                    entry.instrument = on(entry.instrument).unwrap_or(entry.instrument);
                }
                Purpose::Exit { slot: of, .. } => *of = slot(*of).unwrap_or(*of),
                Purpose::Edit { .. }
                | Purpose::Orphan { .. }
                | Purpose::Cancel { .. }
                | Purpose::Reprice { .. } => {}
            }
        }
        let again = self.close_again.drain(..);
        let moved = |again: CloseAgain| Some(CloseAgain { slot: slot(again.slot)?, ..again });
        self.close_again = again.filter_map(moved).collect();
        let failures = core::mem::take(&mut self.close_failures).into_iter();
        self.close_failures = failures.filter_map(|(of, n)| Some((slot(of)?, n))).collect();
    }
}
