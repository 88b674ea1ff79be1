//! A runner and brokers that do what a test wants of them.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::ledger::Market;
use tickstep_core::order::BracketAnchor;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::AccountId;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::units::{Fraction, Nanos, Side};
use tickstep_live::broker::{
    Abilities, Balance, BracketPrices, BracketStyle, Call, ClosedRow, Fault, LoggedIn,
    PositionStyle, Quote, Read, Reply, VenueInstrument, Write,
};
use tickstep_live::intent::Outcome;
use tickstep_live::runner::{
    AccountSetup, Act, ActLine, Effects, Fate, Happening, HostSetup, Input, Intervals, OrderRules,
    OutsideSignal, Runner, RunnerError, Send, SessionTerms, Settings, SignalKind, VenueSetup,
};

pub use crate::book::{Book, Habit};

pub const GOLD: &str = "XAUUSD";
pub const START: Nanos = Nanos(1_700_000_000_000_000_000);

pub fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// How accounts are set up.
#[derive(Clone)]
pub struct Plan {
    pub accounts: u16,
    pub settings: Settings,
    pub rules: OrderRules,
    /// How far the broker's price may be from the feed's.
    pub most_apart: Option<Fraction>,
    pub abilities: Abilities,
    pub symbol: Option<&'static str>,
    /// Strategies that trade gold by signals from outside.
    pub strategies: &'static [&'static str],
    pub risk: RiskParams,
    /// Hosts, over which accounts are spread one after the other.
    pub hosts: &'static [&'static str],
    /// Whether accounts and hosts are listed last first.
    pub turned: bool,
    /// Requests a minute of each host.
    pub limit: u32,
    pub intervals: Intervals,
}

impl Plan {
    pub fn of(accounts: u16) -> Self {
        Self {
            accounts,
            settings: Settings::default(),
            rules: OrderRules::default(),
            most_apart: None,
            abilities: Abilities {
                bracket: BracketStyle::Attached,
                positions: PositionStyle::Hedging,
                idempotent: false,
                names_intents: false,
            },
            symbol: Some(GOLD),
            strategies: &["signals"],
            risk: RiskParams::default(),
            hosts: &["desk"],
            turned: false,
            limit: 5_000,
            intervals: Intervals::default(),
        }
    }

    pub fn runner(&self) -> Result<Runner, RunnerError> {
        let instrument = || {
            let spec = InstrumentSpec {
                leverage: Decimal::ONE_HUNDRED,
                ..InstrumentSpec::plain(GOLD, "USD", d("0.01"), d("0.1"))
            };
            Instrument::new(spec).unwrap()
        };
        let times = || BarTimes::every(Nanos::MINUTE).unwrap();
        let slot = |name: &&str| SlotConfig {
            name: (*name).to_owned(),
            instrument: InstrumentId(0),
            strategy: Outside::factory(),
            sizing: Sizing::FixedQuantity { quantity: d("10") },
            anchor: BracketAnchor::Decision,
        };
        let mut names = self.hosts.to_vec();
        if self.turned {
            names.reverse();
        }
        let host_of = |n: u16| {
            let name = self.hosts[usize::from(n) % self.hosts.len()];
            names.iter().position(|host| *host == name).unwrap()
        };
        let setup = |n: u16| AccountSetup {
            name: format!("account {n}"),
            engine: EngineConfig {
                cash: d("100000"),
                markets: vec![(Market::new(instrument(), Conversion::Same), times())],
                slots: self.strategies.iter().map(slot).collect(),
                risk: self.risk.clone(),
            },
            rules: self.rules,
            venue: VenueSetup::Broker {
                identity: format!("number {n}"),
                host: host_of(n),
                abilities: self.abilities,
                currency: "USD".to_owned(),
                symbols: vec![self.symbol.map(str::to_owned)],
                most_apart: vec![self.most_apart],
                log_in: true,
            },
        };
        let host = |name: &&str| HostSetup {
            name: (*name).to_owned(),
            server: "desk".to_owned(),
            per_minute: self.limit,
            feed: 0,
            per_day: None,
            sessions: SessionTerms::default(),
            intervals: self.intervals,
        };
        let mut accounts: Vec<AccountSetup> = (0..self.accounts).map(setup).collect();
        if self.turned {
            accounts.reverse();
        }
        let hosts: Vec<HostSetup> = names.iter().map(host).collect();
        Runner::new(START, self.settings.clone(), &hosts, accounts)
    }
}

/// A runner at its desk, with its brokers around it.
pub struct Desk {
    pub runner: Runner,
    pub now: Nanos,
    pub books: Vec<Book>,
    pub terms: VenueInstrument,
    pub free_margin: Option<Decimal>,
    /// What questions for terms are answered with instead of them.
    pub fault: Option<Fault>,
    pub bid: Decimal,
    pub writes: Vec<(AccountId, Write)>,
    pub happened: Vec<Happening>,
    pub steps: u64,
    /// Questions that the broker does not answer but with a fault of its server.
    pub fails: fn(&Read) -> bool,
    /// What was asked of brokers, and when.
    pub asked: Vec<(Nanos, Read)>,
    /// Whether positions are listed with a price of nothing.
    pub hides_price: bool,
    /// How far the brokers' clock is ahead.
    pub skew: Nanos,
    /// Longest time that a signal's position is held.
    pub hold: Option<Nanos>,
    pub currency: &'static str,
    /// The time that quotes have since which nothing new came.
    pub frozen: Option<Nanos>,
    /// When requests were sent, closes aside.
    pub sent: Vec<Nanos>,
    effects: Effects,
    waiting: VecDeque<Send>,
    keys: u32,
}

/// A desk whose first account holds a long position.
pub fn long(plan: &Plan) -> Desk {
    let mut desk = Desk::open(plan);
    desk.signal(Side::Buy);
    desk.run(5);
    assert_eq!(desk.runner.holds(AccountId(0)).len(), 1);
    desk
}

impl Desk {
    /// Logged in and read back, at a price of 100.
    pub fn open(plan: &Plan) -> Self {
        let mut desk = Self::around(plan.runner().unwrap(), plan.accounts);
        desk.run(5);
        desk
    }

    pub fn around(runner: Runner, accounts: u16) -> Self {
        let book = |_| Book {
            positions: Vec::new(),
            rows: Vec::new(),
            orders: Vec::new(),
            balance: d("100000"),
            habit: Habit::Executes,
            stranger: false,
            mute: false,
            commission: (Decimal::ZERO, false),
            states: (2, true),
            numbers: 0,
        };
        let terms = VenueInstrument {
            symbol: GOLD.to_owned(),
            session_open: Some(true),
            volume_min: Some(d("0.1")),
            volume_max: Some(d("1000")),
            volume_step: Some(d("0.1")),
            contract_size: Some(Decimal::ONE),
            tick_size: Some(d("0.01")),
            stops_level: Some(0),
            leverage: Some(Decimal::ONE_HUNDRED),
            quote_currency: Some("USD".to_owned()),
        };
        Self {
            runner,
            now: START,
            books: (0..accounts).map(book).collect(),
            terms,
            free_margin: Some(d("90000")),
            fault: None,
            bid: d("100"),
            writes: Vec::new(),
            happened: Vec::new(),
            steps: 0,
            fails: |_| false,
            asked: Vec::new(),
            hides_price: false,
            skew: Nanos(0),
            hold: None,
            currency: "USD",
            frozen: None,
            sent: Vec::new(),
            effects: Effects::default(),
            waiting: VecDeque::new(),
            keys: 0,
        }
    }

    /// Hands it an input and answers everything that it asks at once.
    pub fn give(&mut self, input: Input) {
        self.step(input);
        while let Some(send) = self.waiting.pop_front() {
            self.now = self.now + Nanos(1_000_000);
            if let Some(reply) = self.answer(&send) {
                let venue_time = Some(self.now + self.skew);
                self.step(Input::Reply { request: send.request, reply, venue_time });
            }
        }
    }

    fn step(&mut self, input: Input) {
        self.steps += 1;
        self.runner.step(self.now, input, &mut self.effects);
        for send in self.effects.sends.drain(..) {
            if !matches!(&send.call, Call::Write(_, Write::Close { .. })) {
                self.sent.push(self.now);
            }
            match &send.call {
                Call::Write(_, write) => self.writes.push((send.account, write.clone())),
                Call::Read(read) => self.asked.push((self.now, read.clone())),
                Call::LogIn | Call::Refresh | Call::LogOut => {}
            }
            self.waiting.push_back(send);
        }
        self.happened.append(&mut self.effects.happenings);
    }

    /// Lets so many seconds pass, with a price each.
    pub fn run(&mut self, seconds: i64) {
        for _ in 0..seconds {
            let end = self.now + Nanos::SECOND;
            self.quote();
            while let Some(wake) = self.runner.next_wake().filter(|at| *at <= end) {
                self.now = self.now.max(wake);
                self.give(Input::Wake);
            }
            self.now = self.now.max(end);
        }
    }

    pub fn quote(&mut self) {
        let (bid, ask) = (self.bid, self.bid + d("0.02"));
        let ts = Some(self.frozen.unwrap_or(self.now));
        let quote = Quote { symbol: GOLD.to_owned(), bid, ask, ts };
        self.give(Input::Quotes { server: "desk".to_owned(), quotes: vec![quote] });
    }

    /// Has a new act done; what came of it.
    pub fn operate(&mut self, act: Act) -> Vec<ActLine> {
        self.keys += 1;
        self.operate_as(&format!("act {}", self.keys), act)
    }

    /// Has an act done under this number; what came of it.
    pub fn operate_as(&mut self, id: &str, act: Act) -> Vec<ActLine> {
        let (id, who, why) = (id.to_owned(), "tester".to_owned(), "a test".to_owned());
        self.give(Input::Operator { id, who, why, act });
        let operated = self.happened.iter().rev().find_map(|h| match h {
            Happening::Operated { lines, .. } => Some(lines.clone()),
            _ => None,
        });
        operated.unwrap()
    }

    /// A signal with stop and target one away from the price.
    pub fn signal(&mut self, side: Side) {
        let signal = self.outside(SignalKind::Enter(side));
        self.give(Input::Signal(signal));
    }

    /// The signal that [`Self::signal`] would give, with a key of its own.
    pub fn wanted(&mut self, side: Side) -> OutsideSignal {
        self.outside(SignalKind::Enter(side))
    }

    /// A signal that was not given yet.
    pub fn outside(&mut self, kind: SignalKind) -> OutsideSignal {
        self.keys += 1;
        let bracket = match kind {
            SignalKind::Leave => BracketPrices::default(),
            SignalKind::Enter(side) => {
                let sign = Decimal::from(side.sign());
                BracketPrices { stop: Some(self.bid - sign), target: Some(self.bid + sign) }
            }
        };
        OutsideSignal {
            source: "test".to_owned(),
            key: format!("{} at {}", self.keys, self.now.0),
            strategy: "signals".to_owned(),
            symbol: GOLD.to_owned(),
            kind,
            price: None,
            bracket,
            hold: self.hold,
            waits: None,
            given: self.now,
        }
    }

    /// Ends the program and starts it again from what it saved, so much later.
    pub fn restart(&mut self, plan: &Plan, later: Nanos) {
        let saved = self.runner.snapshot().unwrap();
        self.runner = plan.runner().unwrap();
        self.runner.restore(&saved).unwrap();
        self.waiting.clear();
        self.now = self.now + later;
        self.give(Input::Restarted);
    }

    /// What became of the last signal whose result is whole, on each account.
    pub fn fates(&self) -> Vec<Fate> {
        let results = self.happened.iter().rev();
        let last =
            results.filter_map(|h| if let Happening::Result(r) = h { Some(r) } else { None });
        let accounts = last.take(1).flat_map(|r| r.accounts.iter());
        accounts.map(|a| a.fate.clone()).collect()
    }

    /// Alerts whose words have this in them.
    pub fn alerts(&self, words: &str) -> usize {
        let said = |h: &&Happening| matches!(h, Happening::Alert(a) if a.words.contains(words));
        self.happened.iter().filter(said).count()
    }

    fn answer(&mut self, send: &Send) -> Option<Reply> {
        let now = self.now + self.skew;
        let book = &mut self.books[send.account.index()];
        Some(match &send.call {
            Call::LogIn if book.stranger => Reply::Failed(Fault::BadCredentials),
            Call::Read(_) if book.mute => return None,
            Call::LogIn | Call::Refresh => {
                let account = send.account.0.to_string();
                Reply::LoggedIn(LoggedIn {
                    account,
                    expires: Some(now + Nanos::HOUR),
                    leverage: None,
                })
            }
            Call::LogOut => Reply::LoggedOut,
            Call::Read(read) if (self.fails)(read) => Reply::Failed(Fault::Server(502)),
            Call::Read(Read::Balance) => Reply::Balance(Balance {
                balance: book.balance,
                equity: None,
                margin: None,
                free_margin: self.free_margin,
                currency: Some(self.currency.to_owned()),
            }),
            Call::Read(Read::Instruments) => {
                let terms = || Reply::Instruments(vec![self.terms.clone()]);
                self.fault.clone().map_or_else(terms, Reply::Failed)
            }
            Call::Read(Read::Positions) => {
                let mut positions = book.positions.clone();
                if self.hides_price {
                    positions.iter_mut().for_each(|p| p.open_price = Decimal::ZERO);
                }
                Reply::Positions(positions)
            }
            Call::Read(Read::Closed { from, to }) => {
                let asked = |row: &&ClosedRow| (*from..=*to).contains(&row.close_time);
                Reply::Closed(book.rows.iter().filter(asked).cloned().collect())
            }
            Call::Read(_) => Reply::Orders(book.orders.clone()),
            Call::Write(_, write) => match book.habit {
                Habit::Rejects => refused("REJECTED", "off quotes"),
                Habit::RefusesForGood => refused("NOT_ENOUGH_MONEY", "not enough money"),
                Habit::ExecutesAndRefuses => {
                    book.carry_out(now, self.bid, write);
                    refused("REJECTED", "off quotes")
                }
                habit => {
                    let id = book.carry_out(now, self.bid, write);
                    if habit == Habit::ExecutesSilently {
                        return None;
                    }
                    Reply::Write(Outcome::Accepted { id })
                }
            },
        })
    }
}

fn refused(code: &str, message: &str) -> Reply {
    let (code, message) = (Some(code.to_owned()), message.to_owned());
    Reply::Write(Outcome::Rejected { code, message })
}
