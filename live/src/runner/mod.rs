//! The live runner: a synchronous machine that is handed everything that happens and says
//! what is to be done.
//!
//! [`Runner::step`] takes the time and one [`Input`] and fills [`Effects`]. Clock, network,
//! disk and randomness are outside; so a journal of inputs replays to the same effects,
//! byte for byte, and a day of faults can be simulated in a second.
//!
//! Accounts share one analysis of the market and have an engine each
//! ([`tickstep_core::session`]). A paper account trades on the simulated exchange inside;
//! for a broker's account the runner carries out what its engine asks for.
//!
//! What an engine is told of a broker comes from lists that the broker was asked for, or
//! from an answer that leaves no doubt. Levels of brackets and positions that should be
//! gone are looked after until the broker's lists show them as they should be.
//!
//! Invariants, which the simulation checks: a write is sent once; a missing reply is never
//! a rejection; an account of which anything is unknown takes no new risk while others go
//! on; closes are never held back; a slow account moves no other account's orders.
//!
//! Refuses to do: keep passwords or tokens, open files, or wait.

mod act_answer;
mod acts;
mod adopt;
mod again;
mod alarms;
mod alert;
mod answers;
mod audit;
mod book_report;
mod bracket_change;
mod budget;
mod by_order;
mod by_position;
mod caught;
mod dispatch;
mod effect;
mod fan_out;
mod fate;
mod happening;
mod host;
mod input;
mod intents;
mod intervals;
mod known;
mod limits;
mod link;
mod log_in_queue;
mod market;
mod matching;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod matching_tests;
mod money;
mod money_book;
mod news;
mod operate;
mod order_matching;
mod orders;
mod outcome;
mod outside;
mod paper;
mod places;
mod precheck;
mod quotes;
mod reached;
mod read_state;
mod readback;
mod replies;
mod report;
mod restarted;
mod retry_rules;
mod row_reason;
mod rows;
mod saved;
mod settings;
mod settle;
mod signal_id;
mod snapshot;
mod status;
mod tables;
mod terms;
mod told;
mod unseen;
mod unsent;
mod validate;
mod venue_clock;
mod venues;
mod window;
mod worth;

use serde::{Deserialize, Serialize};

use tickstep_core::features::Pipeline;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::risk::LimitsReached;
use tickstep_core::session::{Account, AccountId, Session};
use tickstep_core::units::{Fraction, Nanos};

use crate::broker::{Abilities, Call};
use crate::intent::{IntentId, RequestId};
use alert::alert;
pub use answers::AnswersReport;
pub use audit::Difference;
pub use book_report::{BookReport, BookSides};
pub use bracket_change::{BracketChange, LevelChange};
use budget::sharing;
use caught::Caught;
pub use effect::{Effects, Send};
pub use fate::{Fate, Skip};
pub use happening::{
    AccountResult, AccountWorth, ActLine, ActResult, Happening, SettingChange, SignalMade,
    SignalResult, StatedMoney, StrayClose,
};
pub use host::Daily;
use host::Host;
pub use input::{
    Act, Input, OutsideSignal, Reach, Room, SignalKind, Stop, VOLUME_DECIMALS, WaitsFor,
};
pub use intervals::{Intervals, ReadLoad, TooLate};
use known::{LastPrice, RunnerTables};
pub use limits::{Breaker, Bucket, TooFewRequests, Urgency, back_off};
pub use link::{Link, LinkCall, LinkState, Off, SessionTerms};
pub use news::{
    Alert, AlertKind, OrderAim, OrderNews, OrderStatus, PositionChange, PositionNews, Severity,
};
pub use report::{
    AccountReport, HostReport, InstrumentReport, LimitsReport, OrderReport, PositionReport,
    PositionWorth, QuoteReport, RunnerReport,
};
pub use retry_rules::RetryRules;
pub use saved::SnapshotError;
use settings::named_slots;
pub use settings::{AccountSetup, HostSetup, OrderRules, RunnerError, Settings, VenueSetup};
pub use signal_id::SignalId;
pub use status::Holds;
use tables::{LiveAccount, ReadKind};
pub use unsent::Unsent;
pub use venue_clock::VenueClock;

/// What stays the same of a broker's account.
struct AtBroker {
    identity: String,
    host: usize,
    intervals: Intervals,
    /// What the broker has to call the account's currency.
    currency: String,
    abilities: Abilities,
    symbols: Vec<Option<String>>,
    /// How far the broker's price of each instrument may be from the feed's.
    most_apart: Vec<Option<Fraction>>,
}

/// One account: what it is, and what is known of it where it is at a broker.
struct Row {
    name: String,
    /// Strategy and instrument of each slot, in the engine's order.
    slots: Vec<(String, InstrumentId)>,
    broker: Option<(AtBroker, LiveAccount)>,
    /// Whether an operator stopped it.
    stopped: Option<Stop>,
    /// Whether ledger and broker have agreed since the program was started.
    agreed: bool,
    /// When something is due of it.
    alarm: Nanos,
    /// Whether anything happened to it in this step.
    touched: bool,
    /// What its entries are checked for.
    rules: OrderRules,
    /// Limits that it was said to have reached.
    limits: LimitsReached,
}

/// What a request was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum AskedFor {
    Session(LinkCall),
    LogOut,
    Read(ReadKind),
    Write(IntentId),
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    account: AccountId,
    what: AskedFor,
    sent: Nanos,
}

const NEVER: Nanos = Nanos(i64::MAX);

/// The runner.
pub struct Runner {
    now: Nanos,
    settings: Settings,
    session: Session<Vec<Account>, Pipeline>,
    rows: Vec<Row>,
    hosts: Vec<Host>,
    known: RunnerTables,
    caught: Caught,
    /// The position that goes first while an act on it is done.
    first: Option<(AccountId, String)>,
}

impl Runner {
    /// A runner whose accounts hold nothing yet. Brokers' accounts log in at once.
    pub fn new(
        now: Nanos,
        settings: Settings,
        hosts: &[HostSetup],
        accounts: Vec<AccountSetup>,
    ) -> Result<Self, RunnerError> {
        let on_host = sharing(hosts.len(), &accounts);
        let mut rows = Vec::with_capacity(accounts.len());
        let mut engines = Vec::with_capacity(accounts.len());
        for (index, account) in accounts.into_iter().enumerate() {
            let AccountSetup { name, engine, rules, venue } = account;
            let slots = named_slots(&engine);
            let place = (AccountId(index as u16), name.as_str(), engine.markets.len());
            let (broker, sim) = Self::kept_venue(venue, place, (hosts, &on_host), now)?;
            let (stopped, agreed) = (None, false);
            let (alarm, touched, limits) = (now, true, LimitsReached::default());
            rows.push(Row { name, slots, broker, stopped, agreed, alarm, touched, rules, limits });
            engines.push((engine, sim));
        }
        let session = Session::of(engines, settings.max_gap)?;
        let hosts = hosts.iter().zip(on_host);
        Ok(Self {
            now,
            settings,
            known: RunnerTables::of(session.instruments()),
            session,
            rows,
            hosts: hosts.map(|(setup, accounts)| Host::new(setup, accounts)).collect(),
            caught: Caught::default(),
            first: None,
        })
    }

    /// The accounts' engines.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        self.session.accounts()
    }

    /// When the runner wants to be woken at the latest; `None` where nothing is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<Nanos> {
        let alarm = self.rows.iter().map(|r| r.alarm).min().unwrap_or(NEVER);
        let due = self.session.next_due().map_or(NEVER, |due| due.max(self.now));
        Some(alarm.min(due)).filter(|at| *at != NEVER)
    }

    /// Takes what happened at `now` and says what is to be done. Time does not run
    /// backwards: where the clock was set back, the last time holds.
    pub fn step(&mut self, now: Nanos, input: Input, out: &mut Effects) {
        self.now = self.now.max(now);
        // News of the market bring the moment to decide with them; before it, bars of the
        // same instant may be on their way.
        let amid = matches!(input, Input::Market { .. });
        match input {
            Input::Market { ts_exch, body } => self.market(ts_exch, body, out),
            Input::Reply { request, reply, venue_time } => {
                self.note_clock(request, venue_time);
                self.reply(request, reply, out);
            }
            Input::Operator { id, who, why, act } => self.operate((id, who, why), act, out),
            Input::Signal(signal) => self.outside(signal, out),
            Input::Room(room) => self.room(room, out),
            Input::Quotes { server, quotes } => self.quoted(&server, quotes),
            Input::Feed { instrument, still_since } => self.feed(instrument, still_since, out),
            Input::Stopping => self.stop(),
            Input::Restarted => self.restarted(out),
            // What opened at an instant that is over fills now, on paper.
            Input::Wake => self.session.pass_to(self.now, &mut self.caught),
        }
        self.run_alarms(amid, out);
        loop {
            self.take_caught(out);
            self.look_after(out);
            self.dispatch(out);
            if self.caught.is_empty() {
                break;
            }
        }
        out.happenings.extend(self.known.fan_outs.finished(self.now));
        self.validate(out);
        let acted = self.known.acts.note(self.now, &out.happenings);
        out.happenings.extend(acted.into_iter().map(Happening::Acted));
        self.value_accounts(out);
        self.note_limits(out);
        self.set_alarms();
    }

    fn next_request(&mut self) -> RequestId {
        self.known.last_request += 1;
        RequestId(self.known.last_request)
    }

    fn next_intent(&mut self) -> IntentId {
        self.known.last_intent += 1;
        IntentId(self.known.last_intent)
    }

    /// The broker's side of an account.
    fn at_broker(&self, id: AccountId) -> Option<&(AtBroker, LiveAccount)> {
        self.rows.get(id.index())?.broker.as_ref()
    }

    fn live_mut(&mut self, id: AccountId) -> Option<&mut LiveAccount> {
        let row = self.rows.get_mut(id.index())?;
        row.touched = true;
        row.broker.as_mut().map(|(_, live)| live)
    }

    /// Sends a request for an account, and remembers what it was for.
    fn ask(&mut self, account: AccountId, what: AskedFor, call: Call, out: &mut Effects) {
        let request = RequestId(self.known.last_request);
        self.known.requests.insert(request, Asked { account, what, sent: self.now });
        out.sends.push(Send { request, account, call });
    }
}
