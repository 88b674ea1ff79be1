//! A session as it is saved, and taken up again by a fresh one whose features were warmed
//! up on the bars of before ([`crate::event::Body::History`]).

use alloc::vec::Vec;

use super::account::Account;
use super::instant::Session;
use crate::engine::{EngineState, Restored};
use crate::features::FeatureSource;
use crate::order::Order;
use crate::restore::RestoreError;
use crate::sim::{Held, SimState};
use crate::units::Nanos;

/// One account as it is saved, with its simulated exchange where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountState {
    pub(crate) engine: EngineState,
    pub(crate) sim: Option<SimState>,
    pub(crate) seq: u64,
    pub(crate) held: bool,
}

/// A session as it is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionState {
    /// Its accounts, in their order; `None` for one that is to begin afresh. Whoever adds,
    /// removes or moves accounts does so here.
    pub accounts: Vec<Option<AccountState>>,
    pub(crate) ts: Option<Nanos>,
    pub(crate) closed: bool,
    pub(crate) news: bool,
    pub(crate) in_progress: u64,
}

impl Account {
    pub(super) fn state(&self) -> AccountState {
        AccountState {
            engine: self.engine().state(),
            sim: self.sim().map(crate::sim::Sim::state),
            seq: self.seq,
            held: self.held,
        }
    }

    pub(super) fn restore(&mut self, state: &AccountState) -> Result<Restored, RestoreError> {
        if self.sim.is_some() != state.sim.is_some() {
            return Err(RestoreError::Venue);
        }
        state.check()?;
        let places = self.engine.places(&state.engine)?;
        let restored = self.engine.restore_in(&state.engine, &places)?;
        if let (Some(sim), Some(saved)) = (&mut self.sim, &state.sim) {
            sim.restore_in(saved, &places);
        }
        (self.seq, self.held) = (state.seq, state.held);
        Ok(restored)
    }
}

impl AccountState {
    /// Whether a position or an order is open.
    #[must_use]
    pub fn holds(&self) -> bool {
        let engine = &self.engine;
        engine.ledger.positions.iter().any(Option::is_some) || !engine.orders.is_empty()
    }

    /// Checks that the exchange holds what the account does.
    fn check(&self) -> Result<(), RestoreError> {
        let Some(sim) = &self.sim else { return Ok(()) };
        let ledger = &self.engine.ledger;
        let held = |held: &Held| {
            let position = ledger.positions.get(held.slot.index()).and_then(Option::as_ref);
            position.is_some_and(|p| {
                (p.instrument, p.side, p.lots) == (held.instrument, held.side, held.lots)
            })
        };
        let known = |order: &Order| self.engine.orders.iter().any(|(o, _)| o == order);
        if sim.held.iter().all(held) && sim.waiting.iter().all(|w| known(&w.order)) {
            Ok(())
        } else {
            Err(RestoreError::Contradiction("the exchange holds what the account does not"))
        }
    }
}

impl<A, F> Session<A, F>
where
    A: AsRef<[Account]> + AsMut<[Account]>,
    F: FeatureSource,
{
    /// What has to be known to go on from here; `None` while bars that were fed wait for
    /// the rest of their instant ([`Session::flush`]). Features are no part of it.
    #[must_use]
    pub fn state(&self) -> Option<SessionState> {
        let waits = !self.batch.closing.is_empty() || !self.batch.opens.is_empty();
        (!waits).then(|| SessionState {
            accounts: self.accounts().iter().map(|account| Some(account.state())).collect(),
            ts: self.batch.ts,
            closed: self.closed,
            news: self.news,
            in_progress: self.in_progress as u64,
        })
    }

    /// Takes up what was saved, in place of what the accounts know; for each account what
    /// found no place. After an error some accounts may have taken theirs: the session is
    /// of no use then.
    pub fn restore(&mut self, state: &SessionState) -> Result<Vec<Restored>, RestoreError> {
        let (expected, found) = (self.accounts().len(), state.accounts.len());
        if expected != found {
            return Err(RestoreError::Accounts { expected, found });
        }
        let mut all = Vec::with_capacity(expected);
        let (accounts, _) = self.accounts_mut();
        for (account, saved) in accounts.iter_mut().zip(&state.accounts) {
            all.push(match saved {
                Some(saved) => account.restore(saved)?,
                None => Restored::default(),
            });
        }
        self.batch.ts = self.batch.ts.max(state.ts);
        (self.closed, self.news) = (state.closed, state.news);
        self.in_progress = (state.in_progress as usize).min(self.instruments());
        Ok(all)
    }
}
