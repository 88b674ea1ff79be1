//! A runner of many accounts, and brokers in this process that do what they are asked.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tickstep_journal::Storage;
use tickstep_live::broker::{
    Balance, Call, ClosedRow, LoggedIn, Quote, Read, Reply, VenueInstrument, VenuePosition, Write,
};
use tickstep_live::driver::Kept;
use tickstep_live::intent::Outcome;
use tickstep_live::runner::{Effects, Input, Runner, Send};

use crate::disk::Counted;
use crate::plan::{Plan, account_number, symbol};

/// A runner, alone or with its journal.
pub trait Steps {
    fn step(&mut self, now: Nanos, input: Input) -> &mut Effects;
    fn runner(&self) -> &Runner;
    /// How long the disk took at each sync since the last time that this was asked.
    fn syncs(&mut self) -> Vec<Duration> {
        Vec::new()
    }
    /// A simulated day is over.
    fn day(&mut self, now: Nanos);
}

/// A runner without a journal.
pub struct Bare {
    pub runner: Runner,
    pub effects: Effects,
}

impl Steps for Bare {
    fn step(&mut self, now: Nanos, input: Input) -> &mut Effects {
        self.effects.clear();
        self.runner.step(now, input, &mut self.effects);
        &mut self.effects
    }

    fn runner(&self) -> &Runner {
        &self.runner
    }

    fn day(&mut self, _: Nanos) {}
}

impl<S: Storage> Steps for Kept<Counted<S>> {
    fn step(&mut self, now: Nanos, input: Input) -> &mut Effects {
        Self::step(self, now, input).expect("the journal takes it")
    }

    fn runner(&self) -> &Runner {
        Self::runner(self)
    }

    fn syncs(&mut self) -> Vec<Duration> {
        self.journal().storage().syncs.take()
    }

    fn day(&mut self, now: Nanos) {
        while !self.rotate(now).expect("the journal takes it") {
            Self::step(self, now, Input::Wake).expect("the journal takes it");
        }
        self.remove_all_but(1, None).expect("old files may go");
    }
}

/// An account at its broker.
#[derive(Default)]
struct Book {
    positions: Vec<VenuePosition>,
    closed: Vec<ClosedRow>,
    profit: Decimal,
}

/// A runner with its brokers around it, at the market of some bars that every symbol has.
pub struct Desk<'b, S> {
    pub steps: S,
    pub now: Nanos,
    /// Positions that were opened.
    pub opened: u64,
    /// Real time of the last moment to decide, and how many requests it gave.
    pub decided: (Duration, usize),
    /// How long the disk took at each sync of it.
    pub syncs_at_decision: Vec<Duration>,
    plan: Plan,
    bars: &'b [Bar],
    next: usize,
    books: Vec<Book>,
    waiting: VecDeque<Send>,
    px: Decimal,
}

impl<'b, S: Steps> Desk<'b, S> {
    /// Logged in and read back, before the first bar has closed.
    pub fn open(plan: Plan, bars: &'b [Bar], steps: S) -> Self {
        let now = steps.runner().now();
        let mut desk = Self {
            steps,
            now,
            opened: 0,
            decided: (Duration::ZERO, 0),
            syncs_at_decision: Vec::new(),
            plan,
            bars,
            next: 0,
            books: (0..plan.accounts).map(|_| Book::default()).collect(),
            waiting: VecDeque::new(),
            px: bars[0].open_price(),
        };
        desk.give(Input::Wake);
        desk
    }

    /// Lets the next bar pass, with quotes each so many seconds.
    pub fn minute(&mut self, quotes_every: i64) {
        let bar = self.bars[self.next % self.bars.len()];
        let ts_open = self.bars[0].ts_open + Nanos::MINUTE.times(self.next as i64);
        let bar = Bar { ts_open, ..bar };
        self.next += 1;
        let close = ts_open + Nanos::MINUTE;
        let mut quote = ts_open + Nanos::SECOND.times(quotes_every);
        while quote < close {
            self.wait_until(quote);
            self.quote();
            quote = quote + Nanos::SECOND.times(quotes_every);
        }
        self.wait_until(close);
        self.px = bar.close_price();
        for n in 0..self.plan.symbols {
            let instrument = InstrumentId(n);
            let body = Body::Bar { instrument, interval: Nanos::MINUTE, bar };
            self.give(Input::Market { ts_exch: close, body });
        }
        drop(self.steps.syncs());
        let begun = Instant::now();
        self.step(Input::Market { ts_exch: close, body: Body::Decide });
        self.decided = (begun.elapsed(), self.waiting.len());
        self.syncs_at_decision = self.steps.syncs();
        self.answer_all();
        if self.next.is_multiple_of(1_440) {
            self.steps.day(self.now);
        }
    }

    fn wait_until(&mut self, at: Nanos) {
        while let Some(wake) = self.steps.runner().next_wake().filter(|wake| *wake <= at) {
            self.now = self.now.max(wake);
            self.give(Input::Wake);
        }
        self.now = self.now.max(at);
    }

    fn quote(&mut self) {
        let (bid, ask, ts) = (self.px, self.px + Decimal::new(2, 3), Some(self.now));
        let quote = |n| Quote { symbol: symbol(n), bid, ask, ts };
        let quotes = (0..self.plan.symbols).map(quote).collect();
        self.give(Input::Quotes { server: "bench".to_owned(), quotes });
    }

    fn give(&mut self, input: Input) {
        self.step(input);
        self.answer_all();
    }

    fn answer_all(&mut self) {
        while let Some(send) = self.waiting.pop_front() {
            let reply = self.answer(&send);
            let venue_time = Some(self.now);
            self.step(Input::Reply { request: send.request, reply, venue_time });
        }
    }

    fn step(&mut self, input: Input) {
        let effects = self.steps.step(self.now, input);
        self.waiting.extend(effects.sends.drain(..));
    }

    fn answer(&mut self, send: &Send) -> Reply {
        let now = self.now;
        let book = &mut self.books[send.account.index()];
        match &send.call {
            Call::LogIn | Call::Refresh => {
                let account = account_number(send.account.0);
                let expires = Some(now + Nanos::MINUTE.times(15));
                Reply::LoggedIn(LoggedIn { account, expires, leverage: None })
            }
            Call::LogOut => Reply::LoggedOut,
            Call::Read(Read::Balance) => Reply::Balance(Balance {
                balance: Decimal::from(1_000_000) + book.profit,
                equity: None,
                margin: None,
                free_margin: Some(Decimal::from(900_000)),
                currency: Some("USD".to_owned()),
            }),
            Call::Read(Read::Instruments) => {
                Reply::Instruments((0..self.plan.symbols).map(terms).collect())
            }
            Call::Read(Read::Positions) => Reply::Positions(book.positions.clone()),
            Call::Read(Read::Closed { from, to }) => {
                book.closed.retain(|row| row.close_time >= now - Nanos::HOUR);
                let inside =
                    book.closed.iter().filter(|r| *from <= r.close_time && r.close_time < *to);
                Reply::Closed(inside.cloned().collect())
            }
            Call::Read(_) => Reply::Orders(Vec::new()),
            Call::Write(_, write) => {
                let number = self.opened;
                let id = book.carry_out(now, self.px, number, write);
                self.opened += u64::from(matches!(write, Write::Open { .. }));
                Reply::Write(Outcome::Accepted { id })
            }
        }
    }
}

fn terms(number: u16) -> VenueInstrument {
    VenueInstrument {
        symbol: symbol(number),
        session_open: Some(true),
        volume_min: Some(Decimal::new(1, 1)),
        volume_max: Some(Decimal::from(1_000_000)),
        volume_step: Some(Decimal::new(1, 1)),
        contract_size: Some(Decimal::ONE),
        tick_size: Some(Decimal::new(1, 3)),
        stops_level: Some(0),
        leverage: Some(Decimal::ONE_HUNDRED),
        quote_currency: Some("USD".to_owned()),
    }
}

impl Book {
    fn carry_out(&mut self, now: Nanos, px: Decimal, number: u64, write: &Write) -> Option<String> {
        match write {
            Write::Open { symbol, side, volume, bracket } => {
                let id = format!("W{}", 6_900_000_000_000 + number);
                self.positions.push(VenuePosition {
                    id: id.clone(),
                    symbol: symbol.clone(),
                    side: *side,
                    volume: *volume,
                    open_price: px,
                    open_time: now,
                    bracket: *bracket,
                    commission: Decimal::ZERO,
                    swap: Decimal::ZERO,
                    profit: Some(Decimal::ZERO),
                    comment: None,
                });
                Some(id)
            }
            Write::EditPosition { position, bracket, .. } => {
                let held = self.positions.iter_mut().find(|p| p.id == *position)?;
                held.bracket = *bracket;
                Some(position.clone())
            }
            Write::Close { position, .. } => {
                let at = self.positions.iter().position(|p| p.id == *position)?;
                let held = self.positions.remove(at);
                let sign = Decimal::from(held.side.sign());
                let profit = (px - held.open_price) * held.volume * sign;
                self.profit += profit;
                self.closed.push(ClosedRow {
                    uid: format!("{position}_1"),
                    position: held.id,
                    symbol: held.symbol,
                    side: held.side,
                    volume: held.volume,
                    open_price: held.open_price,
                    close_price: px,
                    open_time: held.open_time,
                    close_time: now,
                    commission: Decimal::ZERO,
                    swap: Decimal::ZERO,
                    profit: Some(profit),
                    reason: None,
                    comment: None,
                });
                Some(position.clone())
            }
            Write::CreateOrder { .. } | Write::EditOrder { .. } | Write::CancelOrder { .. } => None,
        }
    }
}

trait Prices {
    fn open_price(&self) -> Decimal;
    fn close_price(&self) -> Decimal;
}

impl Prices for Bar {
    fn open_price(&self) -> Decimal {
        Decimal::new(self.open.0, 3)
    }

    fn close_price(&self) -> Decimal {
        Decimal::new(self.close.0, 3)
    }
}
