//! A runner as it is saved, and taken up again: what a journal's files begin with, and how
//! a runner goes on with another configuration.
//!
//! A runner that takes up a snapshot and is then handed the same inputs does what the one
//! that was saved would have done. Another configuration may take it up too: accounts and
//! hosts are found again by their names, strategies and instruments by theirs.
//!
//! Refuses to do: leave anything behind that is open. An account, or a strategy on an
//! instrument, that is gone must hold nothing and wait for nothing.

use serde::{Deserialize, Serialize};
use tickstep_core::codec::{decode_state, encode_state};
use tickstep_core::event::Event;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::session::{AccountId, SessionState};
use tickstep_core::units::Nanos;

use super::caught::Caught;
use super::host::Host;
use super::input::Stop;
use super::known::RunnerTables;
use super::places::RunnerPlaces;
use super::saved::{SavedRow, SnapshotError};
use super::{Row, Runner};

/// Everything that is saved, but for what the configuration says.
#[derive(Serialize, Deserialize)]
struct Saved {
    now: Nanos,
    /// What the engines know, in the core's own layout.
    engines: Vec<u8>,
    rows: Vec<SavedRow>,
    symbols: Vec<String>,
    hosts: Vec<Host>,
    known: RunnerTables,
}

impl Runner {
    /// The runner as bytes; `None` while bars wait for the rest of their instant.
    #[must_use]
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        let mut engines = Vec::new();
        encode_state(&self.session.state()?, &mut engines);
        let symbols = self.symbols();
        let saved = Saved {
            now: self.now,
            engines,
            rows: self.rows.iter().map(|row| row.saved(&symbols)).collect(),
            symbols,
            hosts: self.hosts.clone(),
            known: self.known.clone(),
        };
        Some(rmp_serde::to_vec(&saved).expect("plain data becomes bytes"))
    }

    fn symbols(&self) -> Vec<String> {
        let markets = self.session.accounts()[0].engine().ledger().markets();
        markets.iter().map(|m| m.instrument.symbol().to_owned()).collect()
    }

    /// Takes up what was saved, in place of what this runner knows. After an error it is of
    /// no use.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let unreadable = |why: String| SnapshotError::Unreadable(why);
        let saved: Saved = rmp_serde::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
        let engines = decode_state(&saved.engines).map_err(|e| unreadable(e.to_string()))?;
        let hosts = self.hosts.iter().map(|host| host.name.as_str());
        let old_hosts = saved.hosts.iter().map(|host| host.name.as_str());
        let symbols = self.symbols();
        let places = RunnerPlaces::of(
            (&saved.rows, &self.rows),
            (&saved.symbols, &symbols),
            (old_hosts, hosts),
        )?;
        let known = saved.known.moved(&places, symbols.len());
        self.warm_up(&known);
        self.take_engines(engines, &saved.rows, &places)?;
        // What a new account is told is told at the time that was saved.
        self.now = saved.now;
        self.take_rows(saved.rows, known.stopped, &places);
        for (from, old) in saved.hosts.into_iter().enumerate() {
            if let Some(to) = places.hosts[from] {
                let host = &mut self.hosts[to];
                (host.silent, host.answers) = (old.silent, old.answers);
            }
        }
        self.known = known;
        self.recall_limits();
        self.tell_clocks();
        Ok(())
    }

    /// Shows features the bars and books that were kept, in the order of time.
    fn warm_up(&mut self, known: &RunnerTables) {
        let each = known.history.iter().zip(&known.books).enumerate();
        let mut events: Vec<(usize, &Event)> = each
            .flat_map(|(at, (bars, book))| bars.iter().chain(book).map(move |event| (at, event)))
            .collect();
        events.sort_by_key(|(at, event)| (event.ts_recv, *at));
        for (_, event) in events {
            // What was fed once is not refused now; the order of time is kept.
            let _ = self.session.feed(event.clone(), &mut self.caught);
        }
        self.session.flush(&mut self.caught);
        self.caught = Caught::default();
    }

    /// Gives the saved engines to this runner's accounts; a new one begins afresh.
    fn take_engines(
        &mut self,
        mut engines: SessionState,
        rows: &[SavedRow],
        places: &RunnerPlaces,
    ) -> Result<(), SnapshotError> {
        let mut old = core::mem::take(&mut engines.accounts);
        engines.accounts = self.rows.iter().map(|_| None).collect();
        for (from, to) in places.accounts.iter().enumerate() {
            let known = old.get_mut(from).and_then(Option::take);
            match (to, known) {
                (Some(to), known) => engines.accounts[to.index()] = known,
                (None, Some(known)) if known.holds() => {
                    let account = rows[from].name.clone();
                    let what = "a position or an order is open".to_owned();
                    return Err(SnapshotError::AccountOpen { account, what });
                }
                (None, _) => {}
            }
        }
        let restored = self.session.restore(&engines)?;
        for (row, restored) in self.rows.iter().zip(restored) {
            if let Some(lost) = restored.lost.into_iter().next() {
                let (account, strategy, symbol) = (row.name.clone(), lost.strategy, lost.symbol);
                return Err(SnapshotError::SlotOpen { account, strategy, symbol });
            }
        }
        Ok(())
    }

    /// What is known of accounts; one that is new is stopped where all were.
    fn take_rows(&mut self, saved: Vec<SavedRow>, stopped: Option<Stop>, places: &RunnerPlaces) {
        let mut fresh = vec![true; self.rows.len()];
        for (from, old) in saved.into_iter().enumerate() {
            let Some(id) = places.account(AccountId(from as u16)) else { continue };
            fresh[id.index()] = false;
            let row = &mut self.rows[id.index()];
            (row.alarm, row.touched, row.stopped) = (old.alarm, old.touched, old.stopped);
            row.agreed = old.agreed;
            if let (Some((_, live)), Some(mut known)) = (&mut row.broker, old.live) {
                known.moved(id, &places.slots[from], &places.instruments);
                known.link.keep_terms(&live.link);
                live.budget.take_up(&known.budget);
                known.budget = live.budget.clone();
                *live = known;
            }
        }
        for index in (0..self.rows.len()).filter(|index| fresh[*index]) {
            if let Some((_, live)) = &mut self.rows[index].broker {
                live.budget.bucket.joined();
            }
            if stopped.is_some() {
                self.stand_one(AccountId(index as u16), stopped);
            }
        }
    }
}

impl Row {
    fn saved(&self, symbols: &[String]) -> SavedRow {
        let slot = |(strategy, instrument): &(String, InstrumentId)| {
            (strategy.clone(), symbols[instrument.index()].clone())
        };
        SavedRow {
            name: self.name.clone(),
            identity: self.broker.as_ref().map(|(at, _)| at.identity.clone()),
            slots: self.slots.iter().map(slot).collect(),
            stopped: self.stopped,
            agreed: self.agreed,
            alarm: self.alarm,
            touched: self.touched,
            live: self.broker.as_ref().map(|(_, live)| live.clone()),
        }
    }
}
