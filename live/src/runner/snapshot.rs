//! A runner as it is saved, and taken up again: what a journal's files begin with, and how
//! a runner goes on with another configuration.
//!
//! A runner that takes up a snapshot and is then handed the same inputs does what the one
//! that was saved would have done. Another configuration may take it up too: accounts and
//! hosts are found again by their names, strategies and instruments by theirs.
//!
//! Refuses to do: leave anything behind that is open. An account, or a strategy on an
//! instrument, that is gone must hold nothing and wait for nothing.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use tickstep_core::codec::{decode_state, encode_state};
use tickstep_core::event::Event;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::OrderId;
use tickstep_core::session::{AccountId, SessionState};
use tickstep_core::units::Nanos;

use super::act_answer::Acts;
use super::caught::Caught;
use super::fan_out::FanOuts;
use super::host::Host;
use super::input::{Room, Stop};
use super::paper::PaperOrder;
use super::places::RunnerPlaces;
use super::saved::{SavedRow, SnapshotError};
use super::{Asked, LastPrice, Row, Runner};
use crate::broker::Quote;
use crate::intent::RequestId;

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
    quotes: BTreeMap<(String, String), (Quote, Nanos)>,
    requests: BTreeMap<RequestId, Asked>,
    fan_outs: FanOuts,
    full: bool,
    validated: bool,
    stopping: bool,
    stopped: Option<Stop>,
    taken: BTreeMap<(String, String), Nanos>,
    acts: Acts,
    on_paper: BTreeMap<(AccountId, OrderId), PaperOrder>,
    valued: Nanos,
    day: Option<Nanos>,
    last_request: u64,
    last_intent: u64,
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
            prices: self.prices.clone(),
            history: self.history.clone(),
            quotes: self.quotes.clone(),
            requests: self.requests.clone(),
            fan_outs: self.fan_outs.clone(),
            full: self.room == Room::Reserve,
            validated: self.validated,
            stopping: self.stopping,
            stopped: self.stopped,
            taken: self.taken.clone(),
            acts: self.acts.clone(),
            on_paper: self.on_paper.clone(),
            valued: self.valued,
            day: self.day,
            last_request: self.last_request,
            last_intent: self.last_intent,
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
        let mut saved: Saved =
            rmp_serde::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
        let engines = decode_state(&saved.engines).map_err(|e| unreadable(e.to_string()))?;
        let hosts = self.hosts.iter().map(|host| host.name.as_str());
        let old_hosts = saved.hosts.iter().map(|host| host.name.as_str());
        let symbols = self.symbols();
        let places = RunnerPlaces::of(
            (&saved.rows, &self.rows),
            (&saved.symbols, &symbols),
            (old_hosts, hosts),
        )?;
        self.warm_up(&saved, &places);
        self.take_engines(engines, &saved, &places)?;
        // What a new account is told is told at the time that was saved.
        self.now = saved.now;
        self.take_rows(core::mem::take(&mut saved.rows), saved.stopped, &places);
        for (from, to) in places.instruments.iter().enumerate() {
            if let (Some(to), Some(price)) = (to, saved.prices.get(from)) {
                self.prices[to.index()] = price.clone();
            }
        }
        for (from, known) in saved.hosts.into_iter().enumerate() {
            if let Some(to) = places.hosts[from] {
                let host = &mut self.hosts[to];
                (host.silent, host.answers) = (known.silent, known.answers);
            }
        }
        self.quotes = saved.quotes;
        let requests = saved.requests.into_iter();
        self.requests = requests
            .filter_map(|(id, asked)| {
                Some((id, Asked { account: places.account(asked.account)?, ..asked }))
            })
            .collect();
        self.fan_outs = saved.fan_outs.moved(|account| places.account(account));
        self.on_paper = places.orders(saved.on_paper);
        (self.valued, self.day) = (saved.valued, saved.day);
        self.room = if saved.full { Room::Reserve } else { Room::Plenty };
        (self.stopping, self.stopped) = (saved.stopping, saved.stopped);
        self.validated = saved.validated;
        self.tell_clocks();
        self.taken = saved.taken;
        self.acts = saved.acts.moved(|account| places.account(account));
        (self.last_request, self.last_intent) = (saved.last_request, saved.last_intent);
        Ok(())
    }

    /// Shows features the bars that were kept, in the order of time.
    fn warm_up(&mut self, saved: &Saved, places: &RunnerPlaces) {
        let mut bars: Vec<(InstrumentId, Event)> = Vec::new();
        for (from, to) in places.instruments.iter().enumerate() {
            let (Some(to), Some(kept)) = (to, saved.history.get(from)) else { continue };
            bars.extend(kept.iter().map(|event| (*to, event.clone())));
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

    /// Gives the saved engines to this runner's accounts; a new one begins afresh.
    fn take_engines(
        &mut self,
        mut engines: SessionState,
        saved: &Saved,
        places: &RunnerPlaces,
    ) -> Result<(), SnapshotError> {
        let mut old = core::mem::take(&mut engines.accounts);
        engines.accounts = self.rows.iter().map(|_| None).collect();
        for (from, to) in places.accounts.iter().enumerate() {
            let known = old.get_mut(from).and_then(Option::take);
            match (to, known) {
                (Some(to), known) => engines.accounts[to.index()] = known,
                (None, Some(known)) if known.holds() => {
                    let account = saved.rows[from].name.clone();
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
