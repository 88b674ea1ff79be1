//! Machines that are handed real captures: the books and bars that they tell.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use tickstep_core::calendar::BarTimes;
use tickstep_core::event::{Body, BookUpdate, Level};
use tickstep_core::instrument::{Instrument, InstrumentId, InstrumentSpec};
use tickstep_core::units::Nanos;
use tickstep_live::feed::FedMarket;
use tickstep_live::feed::binance::{
    BinanceAnswer, BinanceInstrument, BinanceMachine, BinanceMarket, BinanceQuestion, BinanceTerms,
    FeedAct, LinkTerms, depth_snapshot, kline_rows,
};
use tickstep_live::runner::Input;

use crate::capture::{Minute, SYMBOL, lines};
use crate::truth::{TrueBar, Truth};

pub const LEVELS: usize = 10;

pub fn terms(market: BinanceMarket) -> BinanceTerms {
    BinanceTerms {
        market,
        market_url: "ws://127.0.0.1:1".to_owned(),
        depth_url: "ws://127.0.0.1:1".to_owned(),
        levels: LEVELS,
        depth_every: Nanos(0),
        trades_every: Nanos(0),
        rounds: false,
        quiet: Nanos::MINUTE,
        warm_up: 300,
        weight_per_minute: 1_000_000,
        link: LinkTerms::of(Nanos::MINUTE),
    }
}

pub fn instrument(at: u16, symbol: &str, tick: Decimal, seconds: i64) -> BinanceInstrument {
    let interval = match seconds {
        1 => "1s",
        _ => "1m",
    };
    let spec = InstrumentSpec::plain(symbol, "USDT", tick, Decimal::new(1, 3));
    let times = BarTimes::every(Nanos::SECOND.times(seconds)).unwrap();
    let market = FedMarket { instrument: Instrument::new(spec).unwrap(), times };
    let (id, symbol) = (InstrumentId(at), symbol.to_owned());
    BinanceInstrument { id, market, symbol, interval, newest: None }
}

/// What a feed has told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub books: BTreeMap<u16, BookUpdate>,
    /// How often a book was lost.
    pub lost: usize,
    pub bars: Vec<(u16, tickstep_core::event::Bar)>,
    /// Bars that are decided on.
    pub live: usize,
    pub trades: usize,
    pub still: Vec<bool>,
}

impl Told {
    pub fn take(&mut self, input: Input) {
        match input {
            Input::Market { body, ts_exch } => {
                assert!(ts_exch > Nanos(0));
                match body {
                    Body::Book { instrument, update } => {
                        assert!(update.snapshot, "books are told whole");
                        self.lost += usize::from(update.bids.is_empty());
                        self.books.insert(instrument.0, update);
                    }
                    Body::Bar { instrument, bar, .. } => {
                        self.bars.push((instrument.0, bar));
                        self.live += 1;
                    }
                    Body::History { instrument, bar, .. } => self.bars.push((instrument.0, bar)),
                    Body::PublicTrade { .. } => self.trades += 1,
                    _ => {}
                }
            }
            Input::Feed { still_since, .. } => self.still.push(still_since.is_some()),
            other => panic!("{other:?}"),
        }
    }

    /// The book of an instrument as prices and quantities, best first.
    pub fn top(&self, at: u16, tick: Decimal) -> [Vec<(Decimal, Decimal)>; 2] {
        let pair = |level: &Level| {
            let price = (Decimal::from(level.px.0) * tick).normalize();
            (price, Decimal::new(level.lots.get(), 6).normalize())
        };
        let side = |levels: &Vec<Level>| levels.iter().map(pair).collect();
        let book = self.books.get(&at).map(|book| [side(&book.bids), side(&book.asks)]);
        book.unwrap_or_default()
    }
}

/// A machine and its surroundings, without I/O.
struct Bench {
    machine: BinanceMachine,
    now: Nanos,
    told: Told,
    /// The connection that is open.
    connection: Option<u64>,
    /// Whether connections that are asked for open.
    opens: bool,
    /// Questions that wait for an answer.
    asked: Vec<(u64, BinanceQuestion)>,
}

impl Bench {
    fn new(terms: BinanceTerms, instruments: Vec<BinanceInstrument>) -> Self {
        let machine = BinanceMachine::new(terms, instruments, Nanos(0));
        let (told, asked) = (Told::default(), Vec::new());
        let mut bench = Self { machine, now: Nanos(0), told, connection: None, opens: true, asked };
        bench.machine.tick(Nanos(0));
        bench.act();
        bench
    }

    fn act(&mut self) {
        while let Some(act) = self.machine.act() {
            match act {
                FeedAct::Tell(input) => self.told.take(input),
                FeedAct::Connect { number, .. } if self.opens => {
                    self.connection = Some(number);
                    self.machine.up(number, self.now);
                }
                FeedAct::Connect { number, .. } => self.machine.down(number, "shut", self.now),
                FeedAct::Close(number) => {
                    self.connection = self.connection.filter(|known| *known != number);
                }
                FeedAct::Ping(number) => self.machine.sign(number, self.now),
                FeedAct::Ask { number, question } => self.asked.push((number, question)),
            }
        }
    }

    fn wait(&mut self, span: Nanos) {
        self.now = self.now + span;
        self.machine.tick(self.now);
        self.act();
    }

    fn message(&mut self, json: &str) {
        if let Some(connection) = self.connection {
            self.machine.message(connection, json.as_bytes(), self.now);
            self.act();
        }
    }

    fn answer(&mut self, number: u64, answer: BinanceAnswer) {
        self.answer_at(number, answer, None);
    }

    fn answer_at(&mut self, number: u64, answer: BinanceAnswer, date: Option<Nanos>) {
        self.machine.answer(number, answer, date, self.now);
        self.act();
    }

    /// Has bars asked for answered with one that ended before the market that is played.
    fn one_bar(&mut self, minute: &Minute) {
        let first = &minute.bars[0];
        let before = TrueBar::flat(first.opens_ms - 1_000, first.ohlc[0]).row();
        let rows = Value::Array(vec![before]).to_string();
        let bars = kline_rows(rows.as_bytes()).unwrap();
        let is_bars = |(_, q): &(u64, BinanceQuestion)| matches!(q, BinanceQuestion::Klines { .. });
        let at = self.asked.iter().position(is_bars).unwrap();
        let (number, _) = self.asked.remove(at);
        self.answer(number, BinanceAnswer::Klines { bars, used: None });
    }

    fn book_asked(&mut self, symbol: &str) -> Option<u64> {
        let of = |(_, q): &(u64, BinanceQuestion)| matches!(q, BinanceQuestion::Depth { symbol: s, .. } if s == symbol);
        let at = self.asked.iter().position(of)?;
        Some(self.asked.remove(at).0)
    }
}

fn snapshot(json: &str) -> BinanceAnswer {
    let snapshot = depth_snapshot(json.as_bytes()).unwrap();
    BinanceAnswer::Depth { snapshot, used: None }
}

/// Plays a capture of several symbols; snapshots come when they came on the day.
fn day(name: &str, market: BinanceMarket, symbols: &[(&str, u32)]) {
    let instruments = symbols.iter().enumerate();
    let instruments =
        instruments.map(|(at, (s, n))| instrument(at as u16, s, Decimal::new(1, *n), 60));
    let mut bench = Bench::new(terms(market), instruments.collect());
    let mut truths: BTreeMap<String, Truth> = BTreeMap::new();
    let mut held: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut trades = 0;
    for line in lines(name) {
        bench.now = Nanos(line.at);
        if let Some(symbol) = line.symbol {
            let number = bench.book_asked(&symbol).unwrap();
            bench.answer(number, snapshot(&line.json));
            let mut truth = Truth::of(&serde_json::from_str(&line.json).unwrap());
            held.remove(&symbol).unwrap_or_default().iter().for_each(|diff| truth.apply(diff));
            truths.insert(symbol, truth);
            continue;
        }
        let value: Value = serde_json::from_str(&line.json).unwrap();
        let (data, symbol) = (&value["data"], value["data"]["s"].as_str().unwrap().to_owned());
        trades += usize::from(data["e"] == "aggTrade");
        if data["e"] == "depthUpdate" {
            match truths.get_mut(&symbol) {
                Some(truth) => truth.apply(data),
                None => held.entry(symbol).or_default().push(data.clone()),
            }
        }
        bench.message(&line.json);
    }
    assert_eq!((bench.told.trades, bench.told.lost), (trades, 0));
    let mut followed = 0;
    for (at, (symbol, n)) in symbols.iter().enumerate() {
        let Some(truth) = truths.get(*symbol) else { continue };
        let found = bench.told.top(at as u16, Decimal::new(1, *n));
        if found == <[Vec<(Decimal, Decimal)>; 2]>::default() {
            continue;
        }
        assert_eq!(found, truth.top(LEVELS), "{symbol}");
        followed += 1;
    }
    assert!(followed >= 3, "{followed} books");
}

/// The instruments of the captures of 2021, with the decimals of their ticks.
pub const SPOT: [(&str, u32); 4] = [("NKNUSDT", 4), ("BLZETH", 8), ("LRCBTC", 8), ("RUNEEUR", 3)];
pub const FUTURES: [(&str, u32); 4] =
    [("SUSHIUSDT", 4), ("AKROUSDT", 5), ("KEEPUSDT", 4), ("CTKUSDT", 5)];

#[test]
fn a_day_on_spot_is_told_as_it_was() {
    day("spot_20211012.txt.gz", BinanceMarket::Spot, &SPOT);
}

#[test]
fn a_day_on_futures_is_told_as_it_was() {
    day("usdm_20210722.txt.gz", BinanceMarket::UsdM, &FUTURES);
}

#[test]
fn ten_seconds_of_bitcoin_futures_are_told_as_they_were() {
    let one = instrument(0, SYMBOL, Decimal::new(1, 1), 60);
    let mut bench = Bench::new(terms(BinanceMarket::UsdM), vec![one]);
    let (mut truth, mut held): (Option<Truth>, Vec<Value>) = (None, Vec::new());
    let mut compared = 0;
    for line in lines("usdm_btcusdt_20240808.txt.gz") {
        bench.now = Nanos(line.at);
        let value: Value = serde_json::from_str(&line.json).unwrap();
        if value["lastUpdateId"].is_u64() {
            let number = bench.book_asked(SYMBOL).unwrap();
            bench.answer(number, snapshot(&line.json));
            let mut begins = Truth::of(&value);
            held.iter().for_each(|diff| begins.apply(diff));
            truth = Some(begins);
            continue;
        }
        if value["data"]["e"] == "depthUpdate" {
            match &mut truth {
                Some(truth) => truth.apply(&value["data"]),
                None => held.push(value["data"].clone()),
            }
            bench.message(&line.json);
            if let Some(truth) = truth.as_ref().filter(|_| !bench.told.books.is_empty()) {
                assert_eq!(bench.told.top(0, Decimal::new(1, 1)), truth.top(LEVELS));
                compared += 1;
            }
        }
    }
    assert!(compared > 100 && bench.told.lost == 0, "{compared} books");
}

/// What breaks, and when.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// So many messages are lost.
    Gap(usize),
    /// The connection ends, and another opens after so many messages.
    End(usize),
    /// The next snapshot is of so many messages ago.
    Stale(usize),
    /// The next snapshot does not come.
    NoAnswer,
    /// The exchange has had enough.
    TooMany(u16),
}

fn breaks() -> impl Strategy<Value = Vec<(usize, Break)>> {
    let one = prop_oneof![
        (1_usize..20).prop_map(Break::Gap),
        (0_usize..60).prop_map(Break::End),
        (1_usize..400).prop_map(Break::Stale),
        Just(Break::NoAnswer),
        prop_oneof![Just(429), Just(418)].prop_map(Break::TooMany),
    ];
    prop::collection::vec((0_usize..1_500, one), 0..8)
}

fn interrupted(minute: &Minute, breaks: &[(usize, Break)]) -> Told {
    let tick = Decimal::new(1, 2);
    let one = instrument(0, SYMBOL, tick, 1);
    // Seconds of many trades take minutes here.
    let terms = BinanceTerms { quiet: Nanos::HOUR, ..terms(BinanceMarket::Spot) };
    let mut bench = Bench::new(terms, vec![one]);
    let (mut truth, mut changes) = (minute.begins.clone(), Vec::new());
    let (mut lose, mut shut) = (0, None);
    let (mut next, mut rows) = (None, BTreeMap::new());
    for (at, message) in minute.script.iter().enumerate() {
        for (_, what) in breaks.iter().filter(|(when, _)| *when == at) {
            match what {
                Break::Gap(n) => lose = *n,
                Break::End(n) => {
                    bench.opens = false;
                    if let Some(number) = bench.connection.take() {
                        bench.machine.down(number, "24 hours", bench.now);
                        bench.act();
                    }
                    shut = Some(at + n);
                }
                other => next = Some(*other),
            }
        }
        bench.opens = bench.opens || shut.is_some_and(|until| until <= at);
        if message.data["e"] == "depthUpdate" {
            changes.push(&message.data);
            truth.apply(&message.data);
        }
        if message.data["e"] == "kline" {
            rows.insert(message.data["k"]["t"].as_i64().unwrap(), message.data["k"].clone());
        }
        // Ten times slower than it was, so that waits that were asked for pass.
        bench.wait(Nanos(600_000_000));
        if lose > 0 {
            lose -= 1;
        } else {
            bench.message(&message.data.to_string());
        }
        for (number, question) in std::mem::take(&mut bench.asked) {
            // Bars that are not answered three times are left alone; books are asked for again.
            let book = matches!(question, BinanceQuestion::Depth { .. });
            let answer =
                match (next.take_if(|next| book || matches!(next, Break::TooMany(_))), question) {
                    (Some(Break::NoAnswer), _) => BinanceAnswer::Failed("broken".to_owned()),
                    (Some(Break::TooMany(status)), _) => {
                        let retry_after = Some(Nanos::SECOND.times(2));
                        BinanceAnswer::TooMany { status, retry_after }
                    }
                    (stale, BinanceQuestion::Depth { .. }) => {
                        let ago = if let Some(Break::Stale(n)) = stale { n } else { 0 };
                        let mut seen = minute.begins.clone();
                        let known = changes.len().saturating_sub(ago);
                        changes[..known].iter().for_each(|change| seen.apply(change));
                        snapshot(&seen.snapshot().to_string())
                    }
                    (_, BinanceQuestion::Klines { from, to, .. }) => klines(&rows, from, to),
                };
            // The exchange says when it answers, to the second.
            let date = Nanos::SECOND.times(message.at_ms / 1_000);
            bench.answer_at(number, answer, Some(date));
        }
    }
    assert_eq!(truth.top(LEVELS), minute.end().top(LEVELS));
    bench.told
}

fn klines(rows: &BTreeMap<i64, Value>, from: Nanos, to: Nanos) -> BinanceAnswer {
    let row = |k: &Value| {
        let names = ["t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B"];
        names.map(|name| k[name].clone()).into_iter().collect::<Value>()
    };
    let span = from.0 / 1_000_000..=to.0 / 1_000_000;
    let all: Value = rows.range(span).map(|(_, k)| row(k)).collect();
    let bars = kline_rows(all.to_string().as_bytes()).unwrap();
    BinanceAnswer::Klines { bars, used: None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn after_any_interruption_book_and_bars_are_those_of_an_unbroken_day(breaks in breaks()) {
        let minute = Minute::read(0);
        let tick = Decimal::new(1, 2);
        let told = interrupted(&minute, &breaks);
        // The last break is long over.
        prop_assert_eq!(told.top(0, tick), minute.end().top(LEVELS));
        let opens: Vec<i64> = told.bars.iter().map(|(_, b)| b.ts_open.0 / 1_000_000_000).collect();
        prop_assert!(opens.windows(2).all(|w| w[1] == w[0] + 1), "{:?}", opens);
        for (_, bar) in &told.bars {
            let truth = minute.bars.iter().find(|b| b.opens_ms * 1_000_000 == bar.ts_open.0).unwrap();
            let px = [bar.open, bar.high, bar.low, bar.close];
            prop_assert_eq!(px.map(|px| (Decimal::from(px.0) * tick).normalize()), truth.ohlc);
            prop_assert_eq!(Decimal::new(bar.volume.get(), 6).normalize(), truth.volume.normalize());
            let taker = Decimal::new(bar.taker_buy.unwrap().get(), 6).normalize();
            prop_assert_eq!(taker, truth.taker.normalize());
        }
        prop_assert!(told.bars.len() + 3 > minute.bars.len(), "{} bars", told.bars.len());
    }
}

#[test]
fn an_unbroken_day_loses_nothing() {
    let told = interrupted(&Minute::read(0), &[]);
    assert_eq!((told.lost, told.still.len()), (0, 0));
    assert!(told.live > 50 && told.trades > 1_000, "{} {}", told.live, told.trades);
}

#[test]
fn a_feed_that_freezes_is_told_and_so_is_its_return() {
    let minute = Minute::read(0);
    let one = instrument(0, SYMBOL, Decimal::new(1, 2), 1);
    let mut bench = Bench::new(terms(BinanceMarket::Spot), vec![one]);
    let (first, rest) = minute.script.split_at(800);
    first.iter().for_each(|m| bench.message(&m.data.to_string()));
    let number = bench.book_asked(SYMBOL).unwrap();
    bench.answer(number, snapshot(&minute.begins.snapshot().to_string()));
    bench.one_bar(&minute);
    bench.wait(Nanos::SECOND.times(59));
    assert_eq!(bench.told.still, [] as [bool; 0]);
    bench.wait(Nanos::SECOND.times(2));
    assert_eq!(bench.told.still, [true]);
    rest[..600].iter().for_each(|m| bench.message(&m.data.to_string()));
    bench.wait(Nanos(1));
    assert_eq!(bench.told.still, [true, false]);
}

#[test]
fn a_book_that_does_not_come_is_a_feed_that_froze() {
    let minute = Minute::read(0);
    let one = instrument(0, SYMBOL, Decimal::new(1, 2), 1);
    let mut bench = Bench::new(terms(BinanceMarket::Spot), vec![one]);
    for message in minute.script.iter().filter(|m| m.data["e"] != "depthUpdate").take(400) {
        bench.message(&message.data.to_string());
        if bench.told.bars.is_empty() && !bench.asked.is_empty() {
            bench.one_bar(&minute);
        }
        bench.wait(Nanos(200_000_000));
    }
    assert!(bench.told.bars.len() > 3);
    assert_eq!(bench.told.still, [true], "trades and bars alone are not what was asked for");
}
