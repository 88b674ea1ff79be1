//! A recorder as a machine without I/O: what came goes in, what is to be done comes out.
//!
//! Bars and trades that the stream missed are asked for and written in their places. Changes
//! of a book cannot be asked for: the next file, or the next line, begins with a whole book.

use std::collections::{BTreeMap, VecDeque};

use tickstep_core::units::Nanos;

use super::book_line::{BookLine, ChangeStep};
use super::segment_name::RecordedStream;
use super::sequence::{NumberedRow, Sequence};
use super::wire::{RecordedMessage, in_one_line, recorded_message};
use crate::feed::binance::{
    BinanceMarket, LinkAct, LinkTerms, LinkWord, RestGate, StreamAddress, StreamsWanted,
    address_of, addresses,
};

/// How late a row of the stream may be before it is asked for.
const PATIENCE: Nanos = Nanos::SECOND;

/// Where a market is, and how it is recorded.
#[derive(Clone, Debug)]
pub struct RecordTerms {
    /// The market.
    pub market: BinanceMarket,
    /// Where streams of klines and trades are.
    pub market_url: String,
    /// Where streams of books are.
    pub depth_url: String,
    /// How long nothing may come of an instrument before that is said.
    pub quiet: Nanos,
    /// Weight of questions in a minute.
    pub weight_per_minute: u32,
    /// How connections are kept.
    pub link: LinkTerms,
    /// How long trades may have been missed to be asked for.
    pub oldest_trades: Nanos,
}

/// An instrument, and what was written of it.
#[derive(Clone, Debug)]
pub struct RecordLine {
    /// What people call it.
    pub name: String,
    /// How the exchange calls it.
    pub symbol: String,
    /// How the exchange calls the length of its bars.
    pub interval: &'static str,
    /// That length.
    pub length: Nanos,
    /// Streams that are written, with the number and time of the last row.
    pub streams: Vec<(RecordedStream, Option<(i64, Nanos)>)>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordAct {
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
        /// Path and query.
        call: String,
    },
    /// Write a row.
    Write {
        /// Place of the instrument.
        line: usize,
        /// The stream.
        stream: RecordedStream,
        /// The row.
        row: String,
        /// Why something is missing before it, where something is.
        why: &'static str,
    },
    /// Tell people.
    Say(String),
}

pub(super) struct Recorded {
    pub name: String,
    pub symbol: String,
    pub interval: &'static str,
    pub length: Nanos,
    pub bars: Sequence,
    pub trades: Option<Sequence>,
    pub book: Option<BookLine>,
    heard: Nanos,
    is_still: bool,
}

#[derive(Clone, Copy)]
pub(super) enum RecordQuestion {
    Bars,
    Trades,
    Book,
}

/// The recorder.
pub struct RecordMachine {
    pub(super) terms: RecordTerms,
    addresses: Vec<StreamAddress>,
    pub(super) lines: Vec<Recorded>,
    pub(super) gate: RestGate,
    pub(super) asked: BTreeMap<u64, (usize, RecordQuestion)>,
    pub(super) last_question: u64,
    pub(super) acts: VecDeque<RecordAct>,
}

const LOST_BARS: &str = "the exchange has no bars of that time";
const LOST_TRADES: &str = "the exchange has them no more or they are older than is asked for";
const LOST_CHANGES: &str = "changes of a book that were missed cannot be asked for";

impl Recorded {
    fn new(line: RecordLine, terms: &RecordTerms, now: Nanos) -> Self {
        let RecordLine { name, symbol, interval, length, streams } = line;
        let of = |wanted: RecordedStream| streams.iter().find(|(s, _)| *s == wanted);
        let bars = of(RecordedStream::Bars(length)).and_then(|(_, last)| *last);
        let trades = of(RecordedStream::Trades);
        let book = of(RecordedStream::Depth);
        Self {
            bars: Sequence::new(bars, PATIENCE, Nanos(i64::MAX)),
            trades: trades.map(|(_, last)| Sequence::new(*last, PATIENCE, terms.oldest_trades)),
            book: book.map(|(_, last)| BookLine::new(last.map(|(number, _)| number))),
            name,
            symbol,
            interval,
            length,
            heard: now,
            is_still: false,
        }
    }
}

impl RecordMachine {
    /// A recorder of these instruments, of which there is one at least.
    #[must_use]
    pub fn new(terms: RecordTerms, lines: Vec<RecordLine>, now: Nanos) -> Self {
        let has = |wanted| lines.iter().any(|l| l.streams.iter().any(|(s, _)| *s == wanted));
        let wanted = StreamsWanted {
            trades: has(RecordedStream::Trades),
            books: has(RecordedStream::Depth),
        };
        let names = lines.iter().map(|l| (l.symbol.to_lowercase(), l.interval)).collect();
        let urls = (terms.market_url.as_str(), terms.depth_url.as_str());
        let addresses = addresses(urls, terms.link, wanted, names);
        let lines = lines.into_iter().map(|line| Recorded::new(line, &terms, now)).collect();
        let gate = RestGate::new(terms.weight_per_minute);
        let (asked, acts) = (BTreeMap::new(), VecDeque::new());
        Self { terms, addresses, lines, gate, asked, last_question: 0, acts }
    }

    /// What is to be done next; `None` while there is nothing.
    pub fn act(&mut self) -> Option<RecordAct> {
        self.acts.pop_front()
    }

    /// A connection is open.
    pub fn up(&mut self, connection: u64, now: Nanos) {
        address_of(&mut self.addresses, connection).link.up(connection, now);
        self.tick(now);
    }

    /// A connection ended, or could not be opened.
    pub fn down(&mut self, connection: u64, why: &str, now: Nanos) {
        address_of(&mut self.addresses, connection).link.down(connection, now);
        self.say(format!("connection {connection} ended: {why}"));
        self.tick(now);
    }

    /// A connection brought a word that is no message.
    pub fn sign(&mut self, connection: u64, now: Nanos) {
        address_of(&mut self.addresses, connection).link.heard(connection, now);
        self.tick(now);
    }

    /// A connection brought a message.
    pub fn message(&mut self, connection: u64, bytes: &[u8], now: Nanos) {
        let link = &mut address_of(&mut self.addresses, connection).link;
        if link.heard(connection, now) == LinkWord::GivenUp {
            return;
        }
        match recorded_message(bytes) {
            Ok(RecordedMessage::Other) => {}
            Ok(message) => {
                if let Some(act) = link.brought(connection) {
                    self.link_act(act);
                }
                self.news(&message, bytes, now);
            }
            // What cannot be read is missing, and seen as such by what follows it.
            Err(why) => self.say(format!("a message is left out: {why}")),
        }
        self.tick(now);
    }

    pub(super) fn say(&mut self, words: String) {
        self.acts.push_back(RecordAct::Say(words));
    }

    fn news(&mut self, message: &RecordedMessage, bytes: &[u8], now: Nanos) {
        let of = match message {
            RecordedMessage::Bar { symbol, .. }
            | RecordedMessage::Trade { symbol, .. }
            | RecordedMessage::Depth { symbol, .. } => symbol,
            RecordedMessage::Other => return,
        };
        for at in 0..self.lines.len() {
            if self.lines[at].symbol != *of {
                continue;
            }
            self.heard(at, now);
            let line = &mut self.lines[at];
            match message {
                RecordedMessage::Bar { interval, opens, row, .. } if interval == line.interval => {
                    let number = opens.0 / line.length.0;
                    let rows = match row {
                        Some(text) => {
                            let text = text.clone();
                            line.bars.stream(NumberedRow { number, at: *opens, text }, now)
                        }
                        None => {
                            line.bars.heard(number, now);
                            Vec::new()
                        }
                    };
                    self.write_rows(at, RecordQuestion::Bars, rows);
                }
                RecordedMessage::Trade { row, .. } => {
                    let Some(trades) = &mut line.trades else { continue };
                    let mut rows = trades.stream(row.clone(), now);
                    rows.extend(trades.give_up_old(now).unwrap_or_default());
                    self.write_rows(at, RecordQuestion::Trades, rows);
                }
                RecordedMessage::Depth { before, last, .. } => {
                    let Some(book) = &mut line.book else { continue };
                    if book.change(*before, *last) == ChangeStep::New {
                        self.write_raw(at, bytes, now);
                    }
                }
                RecordedMessage::Bar { .. } | RecordedMessage::Other => {}
            }
        }
    }

    fn heard(&mut self, at: usize, now: Nanos) {
        let line = &mut self.lines[at];
        line.heard = now;
        if std::mem::replace(&mut line.is_still, false) {
            let words = format!("{}: news come again", line.name);
            self.say(words);
        }
    }

    pub(super) fn write_rows(&mut self, line: usize, what: RecordQuestion, rows: Vec<NumberedRow>) {
        let length = self.lines[line].length;
        let (stream, why) = match what {
            RecordQuestion::Bars => (RecordedStream::Bars(length), LOST_BARS),
            RecordQuestion::Trades => (RecordedStream::Trades, LOST_TRADES),
            RecordQuestion::Book => (RecordedStream::Depth, LOST_CHANGES),
        };
        let write = |row: NumberedRow| RecordAct::Write { line, stream, row: row.text, why };
        self.acts.extend(rows.into_iter().map(write));
    }

    pub(super) fn write_raw(&mut self, line: usize, bytes: &[u8], now: Nanos) {
        let (row, stream) = (format!("{} {}", now.0, in_one_line(bytes)), RecordedStream::Depth);
        self.acts.push_back(RecordAct::Write { line, stream, row, why: LOST_CHANGES });
    }

    /// A file of a book was begun: a whole book is to be in it.
    pub fn begun(&mut self, line: usize, stream: RecordedStream) {
        if let Some(book) =
            self.lines[line].book.as_mut().filter(|_| stream == RecordedStream::Depth)
        {
            book.want_in_file();
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Nanos) {
        for at in 0..self.addresses.len() {
            let address = &mut self.addresses[at];
            let acts = address.link.look(now);
            if address.link.take_lost() && address.has_books {
                let books = self.lines.iter_mut().filter_map(|line| line.book.as_mut());
                books.for_each(BookLine::want);
            }
            acts.into_iter().for_each(|act| self.link_act(act));
        }
        for at in 0..self.lines.len() {
            self.ask(at, now);
            let line = &mut self.lines[at];
            if !line.is_still && now - line.heard >= self.terms.quiet {
                line.is_still = true;
                let seconds = (now - line.heard).0 / Nanos::SECOND.0;
                let words = format!("{}: nothing has come for {seconds} s", line.name);
                self.say(words);
            }
        }
    }

    fn link_act(&mut self, act: LinkAct) {
        let act = match act {
            LinkAct::Connect(number) => {
                let url = address_of(&mut self.addresses, number).url.clone();
                RecordAct::Connect { number, url }
            }
            LinkAct::Ping(number) => RecordAct::Ping(number),
            LinkAct::Close(number, why) => {
                self.say(format!("connection {number} is closed: {why}"));
                RecordAct::Close(number)
            }
        };
        self.acts.push_back(act);
    }

    /// When [`tick`](Self::tick) has to be called at the latest.
    #[must_use]
    pub fn next(&self, now: Nanos) -> Nanos {
        let links = self.addresses.iter().map(|address| address.link.next());
        let quiet = self.lines.iter().filter(|line| !line.is_still);
        let quiet = quiet.map(|line| line.heard + self.terms.quiet);
        let asks = (0..self.lines.len()).flat_map(|at| self.questions(at));
        let asks =
            asks.filter_map(|(_, due, call)| Some(due?.max(self.gate.free_at(call.weight, now))));
        links.chain(quiet).chain(asks).min().unwrap_or(now + Nanos::SECOND)
    }
}
