//! What a runner knows beside its accounts, as it is saved: one table, so that nothing of it
//! can be left out of a snapshot.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use tickstep_core::event::Event;
use tickstep_core::order::OrderId;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Ticks};

use super::Asked;
use super::act_answer::Acts;
use super::fan_out::FanOuts;
use super::input::{Room, Stop};
use super::paper::PaperOrder;
use super::places::RunnerPlaces;
use crate::broker::Quote;
use crate::intent::RequestId;

/// The last price of an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastPrice {
    pub px: Option<Ticks>,
    /// When it came.
    pub at: Nanos,
    /// When it was the market's, by our clock.
    pub of: Nanos,
    /// Whether nothing new comes any more.
    pub still: bool,
}

/// What a runner knows beside its accounts.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RunnerTables {
    /// By instrument.
    pub prices: Vec<LastPrice>,
    /// The last bars of each instrument, oldest first, on which features warm up again.
    pub history: Vec<VecDeque<Event>>,
    /// The book that was told last of each instrument.
    pub books: Vec<Option<Event>>,
    /// Best bid and ask of a server's symbols, and when they came.
    pub quotes: BTreeMap<(String, String), (Quote, Nanos)>,
    /// Requests without an answer.
    pub requests: BTreeMap<RequestId, Asked>,
    pub fan_outs: FanOuts,
    /// Whether the journal's disk has room.
    pub room: Room,
    /// Whether ledger and broker have agreed on every account since the program was started.
    pub validated: bool,
    /// Whether the program is about to end.
    pub stopping: bool,
    /// Whether an operator stopped all accounts, those that join later too.
    pub stopped: Option<Stop>,
    /// Keys of signals from outside that were taken, and when.
    pub taken: BTreeMap<(String, String), Nanos>,
    /// Acts of operators that were taken.
    pub acts: Acts,
    /// Orders on paper that are not over.
    pub on_paper: BTreeMap<(AccountId, OrderId), PaperOrder>,
    /// When accounts were last valued.
    pub valued: Nanos,
    /// The last day of the accounts that was told.
    pub day: Option<Nanos>,
    pub last_request: u64,
    pub last_intent: u64,
}

impl RunnerTables {
    /// Nothing yet, of so many instruments.
    pub(super) fn of(instruments: usize) -> Self {
        Self {
            prices: vec![LastPrice::default(); instruments],
            history: vec![VecDeque::new(); instruments],
            books: vec![None; instruments],
            quotes: BTreeMap::new(),
            requests: BTreeMap::new(),
            fan_outs: FanOuts::default(),
            room: Room::Plenty,
            validated: false,
            stopping: false,
            stopped: None,
            taken: BTreeMap::new(),
            acts: Acts::default(),
            on_paper: BTreeMap::new(),
            valued: Nanos(0),
            day: None,
            last_request: 0,
            last_intent: 0,
        }
    }

    /// The same where accounts and instruments are now.
    pub(super) fn moved(self, places: &RunnerPlaces, instruments: usize) -> Self {
        let fresh = Self::of(instruments);
        let (mut prices, mut history, mut books) = (fresh.prices, fresh.history, fresh.books);
        let old = self.prices.into_iter().zip(self.history).zip(self.books);
        for (to, ((price, bars), book)) in places.instruments.iter().zip(old) {
            let Some(to) = *to else { continue };
            prices[to.index()] = price;
            history[to.index()] = bars;
            books[to.index()] = book;
            for event in history[to.index()].iter_mut().chain(&mut books[to.index()]) {
                if let Some(instrument) = event.body.instrument_mut() {
                    *instrument = to;
                }
            }
        }
        let requests = self.requests.into_iter();
        let requests = requests.filter_map(|(id, asked)| {
            Some((id, Asked { account: places.account(asked.account)?, ..asked }))
        });
        Self {
            prices,
            history,
            books,
            requests: requests.collect(),
            fan_outs: self.fan_outs.moved(|account| places.account(account)),
            acts: self.acts.moved(|account| places.account(account)),
            on_paper: places.orders(self.on_paper),
            ..self
        }
    }
}
