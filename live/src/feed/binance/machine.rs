//! The whole feed as a machine without I/O: what came goes in, what is to be done comes out.
//!
//! Time is handed in with everything. The exchange's own clock is told by its messages and
//! decides what is past and what is not, so that a machine whose clock is wrong trades all
//! the same.

use std::collections::{BTreeMap, VecDeque};

use tickstep_core::event::Body;
use tickstep_core::units::Nanos;

use super::address::{StreamAddress, StreamsWanted, address_of, addresses};
use super::depth::{DepthStep, SnapshotStep};
use super::gate::RestGate;
use super::klines::BarsTold;
use super::line::{BARS, BOOK, BinanceInstrument, MESSAGES, MarketLine};
use super::link::{LinkAct, LinkWord};
use super::question::{BinanceAnswer, BinanceQuestion, QuestionOf};
use super::terms::BinanceTerms;
use super::wire::{StreamMessage, stream_message};
use crate::feed::events::bar_events;
use crate::feed::tape::TapeMark;
use crate::runner::Input;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedAct {
    /// Tell the runner.
    Tell(Input),
    /// Open a connection.
    Connect {
        /// Its number.
        number: u64,
        /// Its address, streams and all.
        url: String,
    },
    /// Ask a connection whether it is there.
    Ping(u64),
    /// Close a connection.
    Close(u64),
    /// Ask by REST.
    Ask {
        /// The number by which the answer comes back.
        number: u64,
        /// The question.
        question: BinanceQuestion,
    },
}

/// The feed.
pub struct BinanceMachine {
    pub(super) terms: BinanceTerms,
    addresses: Vec<StreamAddress>,
    pub(super) lines: Vec<MarketLine>,
    /// Which instruments the exchange calls so.
    symbols: BTreeMap<String, Vec<usize>>,
    pub(super) gate: RestGate,
    pub(super) asked: BTreeMap<u64, QuestionOf>,
    pub(super) last_question: u64,
    /// How far the exchange's clock is ahead of this machine's, where it has told.
    ahead: Option<Nanos>,
    acts: VecDeque<FeedAct>,
}

impl BinanceMachine {
    /// A feed of these instruments that begins at `now`.
    #[must_use]
    pub fn new(terms: BinanceTerms, instruments: Vec<BinanceInstrument>, now: Nanos) -> Self {
        let lines: Vec<MarketLine> =
            instruments.into_iter().map(|one| MarketLine::new(one, &terms, now)).collect();
        let mut symbols: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            symbols.entry(line.symbol.clone()).or_default().push(at);
        }
        let names = lines.iter().map(|line| (line.symbol.to_lowercase(), line.interval)).collect();
        let wanted = StreamsWanted { trades: true, books: terms.levels > 0 };
        let addresses = addresses((&terms.market_url, &terms.depth_url), terms.link, wanted, names);
        let gate = RestGate::new(terms.weight_per_minute);
        let (asked, acts) = (BTreeMap::new(), VecDeque::new());
        let ahead = None;
        Self { terms, addresses, lines, symbols, gate, asked, last_question: 0, ahead, acts }
    }

    /// What is to be done next; `None` while there is nothing.
    pub fn act(&mut self) -> Option<FeedAct> {
        self.acts.pop_front()
    }

    pub(super) fn ask(&mut self, number: u64, question: BinanceQuestion) {
        self.acts.push_back(FeedAct::Ask { number, question });
    }

    /// The exchange's time, where it has told.
    pub(super) fn known_there(&self, now: Nanos) -> Option<Nanos> {
        self.ahead.map(|ahead| now + ahead)
    }

    /// The exchange's time, or this machine's.
    pub(super) fn there(&self, now: Nanos) -> Nanos {
        self.known_there(now).unwrap_or(now)
    }

    fn of(&mut self, connection: u64) -> &mut StreamAddress {
        address_of(&mut self.addresses, connection)
    }

    /// A connection is open.
    pub fn up(&mut self, connection: u64, now: Nanos) {
        self.of(connection).link.up(connection, now);
        self.tick(now);
    }

    /// A connection ended, or could not be opened.
    pub fn down(&mut self, connection: u64, why: &str, now: Nanos) {
        let address = self.of(connection);
        tracing::info!(connection, why, url = address.url, "a connection to Binance ended");
        address.link.down(connection, now);
        self.tick(now);
    }

    /// A connection brought a word that is no message, such as an answer to a ping.
    pub fn sign(&mut self, connection: u64, now: Nanos) {
        self.of(connection).link.heard(connection, now);
        self.tick(now);
    }

    /// A connection brought a message.
    pub fn message(&mut self, connection: u64, bytes: &[u8], now: Nanos) {
        if self.of(connection).link.heard(connection, now) == LinkWord::GivenUp {
            return;
        }
        match stream_message(bytes) {
            Ok(StreamMessage::Other) => {}
            Ok(message) => {
                if let Some(act) = self.of(connection).link.brought(connection) {
                    self.link_act(act);
                }
                self.news(message, now);
            }
            // What cannot be read is missing, and seen as such by what follows it.
            Err(fault) => tracing::warn!(%fault, "a message is left out"),
        }
        self.tick(now);
    }

    fn news(&mut self, message: StreamMessage, now: Nanos) {
        let (symbol, ts) = match &message {
            StreamMessage::Kline(kline) => (&kline.symbol, kline.ts),
            StreamMessage::Trade(trade) => (&trade.symbol, trade.ts),
            StreamMessage::Depth(diff) => (&diff.symbol, diff.ts),
            StreamMessage::Other => return,
        };
        self.ahead = Some(ts - now);
        let Some(lines) = self.symbols.get(symbol).cloned() else { return };
        for at in lines {
            let line = &mut self.lines[at];
            match &message {
                StreamMessage::Kline(kline) if kline.interval == line.interval => {
                    line.liveness.heard(MESSAGES, now);
                    let told = line.klines.stream(kline, now);
                    self.bars(at, told, ts, now);
                }
                StreamMessage::Trade(trade) => {
                    line.liveness.heard(MESSAGES, now);
                    let missing = line.trade(trade.clone());
                    if missing > 0 {
                        let symbol = &line.symbol;
                        tracing::warn!(missing, symbol, "trades did not come; bars count them");
                    }
                }
                StreamMessage::Depth(diff) => {
                    line.liveness.heard(MESSAGES, now);
                    let Some(depth) = &mut line.depth else { continue };
                    match depth.sync.diff(diff.clone()) {
                        DepthStep::Applied => depth.top.note(),
                        DepthStep::Kept | DepthStep::Known => {}
                        DepthStep::Lost(loss) => {
                            tracing::warn!(%loss, symbol = line.symbol, "the book is built anew");
                            self.book_gone(at, now);
                        }
                    }
                }
                StreamMessage::Kline(_) | StreamMessage::Other => {}
            }
        }
    }

    /// Tells bars, the book before them, so that what is decided on them sees it.
    pub(super) fn bars(&mut self, at: usize, (told, faults): BarsTold, there: Nanos, now: Nanos) {
        let line = &mut self.lines[at];
        for fault in faults {
            // It comes again with each message until it is finished.
            if line.odd.0.replace(fault.ts_open) != Some(fault.ts_open) {
                tracing::error!(%fault, "a bar is left out");
            }
        }
        if told.is_empty() {
            return;
        }
        line.liveness.heard(BARS, now);
        self.tell_book(at, now);
        let line = &self.lines[at];
        let (id, interval) = (line.id, line.klines.track().interval());
        let news = told.into_iter().map(|bar| (id, interval, bar)).collect();
        for (TapeMark(ts_exch, ..), body) in bar_events(news, there) {
            self.tell(ts_exch, body);
        }
    }

    fn tell(&mut self, ts_exch: Nanos, body: Body) {
        self.acts.push_back(FeedAct::Tell(Input::Market { ts_exch, body }));
    }

    fn tell_book(&mut self, at: usize, now: Nanos) {
        let there = self.there(now);
        let line = &mut self.lines[at];
        let Some(depth) = &mut line.depth else { return };
        let Some(book) = depth.sync.book() else { return };
        let instrument = line.id;
        match depth.top.take(book, now) {
            Some(Ok(update)) => {
                line.liveness.heard(BOOK, now);
                line.odd.1 = false;
                self.tell(there, Body::Book { instrument, update });
            }
            Some(Err(error)) => {
                if !std::mem::replace(&mut line.odd.1, true) {
                    let symbol = &line.symbol;
                    tracing::error!(%error, symbol, "the book does not fit tick_size; state the \
                        exchange's, or round_to_grid = true");
                }
                self.book_gone(at, now);
            }
            None => {}
        }
    }

    /// The runner has no book of an instrument any more.
    fn book_gone(&mut self, at: usize, now: Nanos) {
        let there = self.there(now);
        let line = &mut self.lines[at];
        let Some(depth) = &mut line.depth else { return };
        let instrument = line.id;
        if let Some(update) = depth.top.gone() {
            self.tell(there, Body::Book { instrument, update });
        }
    }

    /// An answer came, given at `date` by the exchange's clock where that is known.
    pub fn answer(
        &mut self,
        question: u64,
        answer: BinanceAnswer,
        date: Option<Nanos>,
        now: Nanos,
    ) {
        self.answered(question, answer, date, now);
        self.tick(now);
    }

    /// A snapshot of a book came.
    pub(super) fn book_came(&mut self, at: usize, step: &SnapshotStep, now: Nanos) {
        let line = &mut self.lines[at];
        let Some(depth) = &mut line.depth else { return };
        match step {
            SnapshotStep::Taken => {
                depth.failures = 0;
                depth.top.note();
            }
            SnapshotStep::Unasked => {}
            SnapshotStep::TooOld => depth.wait(now),
            SnapshotStep::Lost(loss) => {
                tracing::warn!(%loss, symbol = line.symbol, "the book is built anew");
                depth.wait(now);
            }
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Nanos) {
        for at in 0..self.addresses.len() {
            let address = &mut self.addresses[at];
            let acts = address.link.look(now);
            let broke = address.link.take_lost() && address.has_books;
            for act in acts {
                self.link_act(act);
            }
            for line in (0..self.lines.len()).filter(|_| broke) {
                if let Some(depth) = &mut self.lines[line].depth {
                    depth.sync.give_up();
                }
                self.book_gone(line, now);
            }
        }
        for at in 0..self.lines.len() {
            let line = &mut self.lines[at];
            if line.trade_due().is_some_and(|due| due <= now) {
                self.tell_trade(at, now);
            }
            let line = &self.lines[at];
            let due = line.depth.as_ref().and_then(|depth| depth.top.due());
            if due.is_some_and(|due| due <= now) {
                self.tell_book(at, now);
            }
            let line = &mut self.lines[at];
            if let Some(still_since) = line.liveness.look(now) {
                let instrument = line.id;
                self.acts.push_back(FeedAct::Tell(Input::Feed { instrument, still_since }));
            }
        }
        self.ask_what_is_missing(now);
    }

    fn tell_trade(&mut self, at: usize, now: Nanos) {
        let line = &mut self.lines[at];
        match line.take_trade(now) {
            Some(Ok((ts, body))) => {
                self.tell(ts, body);
                self.tell(ts, Body::Decide);
            }
            Some(Err(why)) => tracing::warn!(why, symbol = line.symbol, "a trade is left out"),
            None => {}
        }
    }

    fn link_act(&mut self, act: LinkAct) {
        let act = match act {
            LinkAct::Connect(number) => {
                FeedAct::Connect { number, url: self.of(number).url.clone() }
            }
            LinkAct::Ping(number) => FeedAct::Ping(number),
            LinkAct::Close(number, why) => {
                tracing::info!(connection = number, why, "a connection to Binance is closed");
                FeedAct::Close(number)
            }
        };
        self.acts.push_back(act);
    }

    /// When [`tick`](Self::tick) has to be called at the latest.
    #[must_use]
    pub fn next(&self, now: Nanos) -> Nanos {
        let links = self.addresses.iter().map(|a| a.link.next());
        let lines = self.lines.iter().map(|line| line.next(now));
        links.chain(lines).min().unwrap_or(now + Nanos::SECOND).min(self.next_question(now))
    }
}
