//! A runner as it is saved, and taken up again: what a journal's files begin with.
//!
//! A runner that takes up a snapshot and is then handed the same inputs does what the one
//! that was saved would have done. Another configuration may take it up too: an account is
//! found again by its name, a strategy and an instrument by theirs.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use tickstep_core::codec::{decode_state, encode_state};
use tickstep_core::event::Event;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::restore::RestoreError;
use tickstep_core::session::SessionState;
use tickstep_core::units::Nanos;

use super::caught::Caught;
use super::fan_out::FanOuts;
use super::input::Room;
use super::tables::LiveAccount;
use super::{Asked, Host, LastPrice, Runner};
use crate::broker::Quote;
use crate::intent::RequestId;

/// Why a snapshot cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Its bytes are none.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(String),
    /// The engines cannot take up what it says.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// It was made of other hosts.
    #[error("the snapshot has {found} hosts where the configuration has {wanted}")]
    Hosts {
        /// Hosts of the snapshot.
        found: usize,
        /// Hosts of the configuration.
        wanted: usize,
    },
}

/// An account, as it is saved.
#[derive(Serialize, Deserialize)]
struct SavedRow {
    name: String,
    alarm: Nanos,
    touched: bool,
    /// What is known of it where it is at a broker.
    live: Option<LiveAccount>,
}

/// Everything that is saved, but for what the configuration says.
#[derive(Serialize, Deserialize)]
struct Saved {
    now: Nanos,
    /// What the engines know, in the core's own layout.
    engines: Vec<u8>,
    rows: Vec<SavedRow>,
    symbols: Vec<String>,
    hosts: Vec<Host>,
    prices: Vec<LastPrice>,
    history: Vec<VecDeque<Event>>,
    quotes: BTreeMap<(usize, String), (Quote, Nanos)>,
    requests: BTreeMap<RequestId, Asked>,
    fan_outs: FanOuts,
    full: bool,
    taken: BTreeMap<(String, String), Nanos>,
    last_request: u64,
    last_intent: u64,
}

impl Runner {
    /// The runner as bytes; `None` while bars wait for the rest of their instant.
    #[must_use]
    pub fn snapshot(&self) -> Option<Vec<u8>> {
        let mut engines = Vec::new();
        encode_state(&self.session.state()?, &mut engines);
        let rows = self.rows.iter().map(|row| SavedRow {
            name: row.name.clone(),
            alarm: row.alarm,
            touched: row.touched,
            live: row.broker.as_ref().map(|(_, live)| live.clone()),
        });
        let saved = Saved {
            now: self.now,
            engines,
            rows: rows.collect(),
            symbols: self.symbols(),
            hosts: self.hosts.clone(),
            prices: self.prices.clone(),
            history: self.history.clone(),
            quotes: self.quotes.clone(),
            requests: self.requests.clone(),
            fan_outs: self.fan_outs.clone(),
            full: self.room == Room::Reserve,
            taken: self.taken.clone(),
            last_request: self.last_request,
            last_intent: self.last_intent,
        };
        Some(rmp_serde::to_vec(&saved).expect("plain data becomes bytes"))
    }

    fn symbols(&self) -> Vec<String> {
        let markets = self.session.accounts()[0].engine().ledger().markets();
        markets.iter().map(|m| m.instrument.symbol().to_owned()).collect()
    }

    /// Takes up what was saved, in place of what this runner knows.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let unreadable = |why: String| SnapshotError::Unreadable(why);
        let saved: Saved = rmp_serde::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
        let engines = decode_state(&saved.engines).map_err(|e| unreadable(e.to_string()))?;
        if saved.hosts.len() != self.hosts.len() {
            let (found, wanted) = (saved.hosts.len(), self.hosts.len());
            return Err(SnapshotError::Hosts { found, wanted });
        }
        let places = self.places(&saved.symbols);
        self.warm_up(&saved, &places);
        let engines = self.own_engines(engines, &saved);
        self.session.restore(&engines)?;
        self.take_rows(saved.rows);
        for (from, to) in places.iter().enumerate() {
            if let Some(to) = to {
                self.prices[to.index()] = saved.prices[from].clone();
            }
        }
        self.now = saved.now;
        self.hosts = saved.hosts;
        self.quotes = saved.quotes;
        self.requests = saved.requests;
        self.fan_outs = saved.fan_outs;
        self.room = if saved.full { Room::Reserve } else { Room::Plenty };
        self.taken = saved.taken;
        (self.last_request, self.last_intent) = (saved.last_request, saved.last_intent);
        Ok(())
    }

    /// Where the instruments of a snapshot are here.
    fn places(&self, symbols: &[String]) -> Vec<Option<InstrumentId>> {
        let own = self.symbols();
        let place = |s: &String| own.iter().position(|o| o == s).map(|at| InstrumentId(at as u16));
        symbols.iter().map(place).collect()
    }

    /// Shows features the bars that were kept, in the order of time.
    fn warm_up(&mut self, saved: &Saved, places: &[Option<InstrumentId>]) {
        let mut bars: Vec<(InstrumentId, Event)> = Vec::new();
        for (from, to) in places.iter().enumerate() {
            let Some(to) = to else { continue };
            bars.extend(saved.history[from].iter().map(|event| (*to, event.clone())));
        }
        bars.sort_by_key(|(to, event)| (event.ts_recv, *to));
        for (to, mut event) in bars {
            if let tickstep_core::event::Body::History { instrument, .. } = &mut event.body {
                *instrument = to;
            }
            self.history[to.index()].push_back(event.clone());
            // What was fed once is not refused now; the order of time is kept.
            let _ = self.session.feed(event, &mut self.caught);
        }
        self.session.flush(&mut self.caught);
        self.caught = Caught::default();
    }

    /// The saved engines in the order of this runner's accounts; a new one begins afresh.
    fn own_engines(&self, mut engines: SessionState, saved: &Saved) -> SessionState {
        let mut old = core::mem::take(&mut engines.accounts);
        let own = self.rows.iter().map(|row| {
            let at = saved.rows.iter().position(|old| old.name == row.name)?;
            old.get_mut(at)?.take()
        });
        engines.accounts = own.collect();
        engines
    }

    /// What is known of accounts; one that is new stays as it is.
    fn take_rows(&mut self, saved: Vec<SavedRow>) {
        let mut saved: BTreeMap<String, SavedRow> =
            saved.into_iter().map(|row| (row.name.clone(), row)).collect();
        for row in &mut self.rows {
            let Some(old) = saved.remove(&row.name) else { continue };
            (row.alarm, row.touched) = (old.alarm, old.touched);
            if let (Some((_, live)), Some(mut known)) = (&mut row.broker, old.live) {
                known.id = live.id;
                *live = known;
            }
        }
    }
}
