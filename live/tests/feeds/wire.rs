//! The whole feed at a local exchange, over sockets.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;
use tickstep_live::clock::{Clock, Tempo, wall};
use tickstep_live::driver::production::Fed;
use tickstep_live::feed::binance::{
    BinanceFeed, BinanceInstrument, BinanceMarket, BinanceTerms, LinkTerms,
};
use tokio::sync::mpsc;

use crate::capture::{Minute, SYMBOL, Scripted, lines};
use crate::captures::{FUTURES, LEVELS, SPOT, Told, instrument, terms};
use crate::exchange::{Exchange, patiently};
use crate::truth::{TrueBar, Truth};

const TICK: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Nothing here is given up for its age, however slow the machine is, unless that is the test.
const AGES: LinkTerms = LinkTerms { timeout: Nanos::DAY, ..LinkTerms::of(Nanos::DAY) };

struct Listener {
    fed: mpsc::Receiver<Fed>,
    told: Told,
    exchange: Exchange,
    /// Bars that are finished when all was played.
    bars: Vec<TrueBar>,
    /// The feed, and what lets its time go on.
    tasks: [tokio::task::JoinHandle<()>; 2],
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// Time that goes on by what was slept: while a program is held up, it stands still.
async fn slept(tempo: &'static Tempo) {
    let nap = Duration::from_millis(10);
    loop {
        tokio::time::sleep(nap).await;
        tempo.set(tempo.now() + Nanos(nap.as_nanos() as i64));
    }
}

async fn listening(change: impl FnOnce(&mut BinanceTerms)) -> Listener {
    let minute = Minute::read(0);
    let exchange = Exchange::open(&minute).await;
    let mut terms = BinanceTerms {
        market_url: exchange.streams.clone(),
        depth_url: exchange.streams.clone(),
        link: AGES,
        ..terms(BinanceMarket::Spot)
    };
    change(&mut terms);
    let one = instrument(0, SYMBOL, TICK, 1);
    Listener::to(exchange, terms, vec![one], minute.bars).await
}

impl Listener {
    async fn to(
        exchange: Exchange,
        terms: BinanceTerms,
        instruments: Vec<BinanceInstrument>,
        bars: Vec<TrueBar>,
    ) -> Self {
        let connections = 1 + usize::from(terms.market_url != terms.depth_url);
        let timeout = Duration::from_secs(3_600);
        let feed = BinanceFeed::new(terms, &exchange.rest, instruments, timeout).unwrap();
        // A test that waits for something else keeps the feed waiting for nothing.
        let (tell, fed) = mpsc::channel(16_384);
        let tempo = Tempo::by_hand(wall());
        let feed = tokio::spawn(feed.run(Clock::paced(tempo), tell));
        let tasks = [feed, tokio::spawn(slept(tempo))];
        exchange.clients(connections).await;
        Self { fed, told: Told::default(), exchange, bars, tasks }
    }

    /// Takes what is told until something holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let work = async {
            while !holds(self) {
                let fed = self.fed.recv().await.unwrap();
                self.told.take(fed.input);
            }
        };
        patiently(what, work).await;
    }

    /// Takes what is told until the book is the exchange's.
    async fn until_same_book(&mut self) {
        self.until("the exchange's book", |s| {
            s.told.top(0, TICK) == s.exchange.look().truth(SYMBOL).top(LEVELS)
        })
        .await;
    }

    fn asked(&self, path: &str) -> usize {
        self.exchange.look().asked.iter().filter(|(p, ..)| p == path).count()
    }

    /// Bars are told once, in order, without a hole, up to the last one.
    async fn all_bars(&mut self) {
        let last = self.bars.last().unwrap().opens_ms * 1_000_000;
        self.until("the last bar", |s| {
            s.told.bars.last().is_some_and(|(_, b)| b.ts_open.0 == last)
        })
        .await;
        let opens: Vec<i64> = self.told.bars.iter().map(|(_, b)| b.ts_open.0).collect();
        assert!(opens.windows(2).all(|w| w[1] - w[0] == Nanos::SECOND.0), "{opens:?}");
        for truth in &self.bars {
            let at = truth.opens_ms * 1_000_000;
            let (_, bar) = self.told.bars.iter().find(|(_, b)| b.ts_open.0 == at).unwrap();
            let close = (Decimal::from(bar.close.0) * TICK).normalize();
            assert_eq!(close, truth.ohlc[3]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_in_the_changes_is_seen_and_the_book_built_anew() {
    let mut listener = listening(|_| ()).await;
    listener.exchange.play(400);
    listener.until_same_book().await;
    assert_eq!((listener.told.lost, listener.asked("depth")), (0, 1));
    listener.exchange.look().trouble.lose = 30;
    listener.exchange.play(500);
    listener.until("the loss of the book", |s| s.told.lost == 1).await;
    listener.until_same_book().await;
    while listener.exchange.play(50) {}
    listener.until_same_book().await;
    assert_eq!((listener.told.lost, listener.asked("depth")), (1, 2));
    listener.all_bars().await;
    assert!(listener.told.trades > 100 && listener.told.live > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_twenty_four_hours_the_connection_ends_and_what_was_missed_is_asked_for() {
    let mut listener = listening(|_| ()).await;
    listener.exchange.play(400);
    listener.until_same_book().await;
    listener.until("the bars before", |s| !s.told.bars.is_empty()).await;
    listener.exchange.look().trouble.shut = true;
    listener.exchange.end_connections();
    listener.until("the loss of the book", |s| s.told.lost == 1).await;
    // Some seconds of the market pass without anybody listening.
    listener.exchange.play(600);
    let bars = listener.asked("klines");
    listener.exchange.look().trouble.shut = false;
    listener.exchange.clients(1).await;
    listener.exchange.play(100);
    listener.until_same_book().await;
    while listener.exchange.play(50) {}
    listener.until_same_book().await;
    // The bars between, which no connection brought, are among them.
    listener.all_bars().await;
    assert!(listener.asked("klines") > bars, "the bars between were asked for");
    assert_eq!(listener.told.lost, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_answers_no_ping_is_given_up() {
    let quiet = Nanos::SECOND.times(4);
    let mut listener = listening(|t| t.link = LinkTerms { quiet, ..AGES }).await;
    listener.exchange.play(400);
    listener.until_same_book().await;
    // A quiet market alone is no reason: the server answers.
    let exchange = listener.exchange.clone();
    let pinged = async {
        while exchange.look().pings < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    patiently("pings", pinged).await;
    assert_eq!(exchange.look().opened, 1);
    exchange.freeze();
    exchange.clients(1).await;
    exchange.play(400);
    listener.until_same_book().await;
    assert!(exchange.look().opened >= 2 && listener.told.lost >= 1);
    while exchange.play(50) {}
    listener.all_bars().await;
    listener.until_same_book().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_is_too_old_is_asked_for_again() {
    let mut listener = listening(|_| ()).await;
    let old = Minute::read(0).begins;
    listener.exchange.look().trouble.lose = 50;
    listener.exchange.look().trouble.stale = Some((3, old));
    listener.exchange.play(400);
    listener.until_same_book().await;
    assert_eq!((listener.asked("depth"), listener.told.lost), (4, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_has_had_enough_is_left_alone_as_long_as_it_says() {
    let mut listener = listening(|_| ()).await;
    listener.exchange.look().trouble.too_many = (2, 429);
    listener.exchange.play(400);
    listener.until_same_book().await;
    {
        let inner = listener.exchange.look();
        let refused: Vec<usize> =
            (0..inner.asked.len()).filter(|n| inner.asked[*n].1 == 429).collect();
        assert_eq!(refused.len(), 2);
        for at in refused {
            let soon = inner.asked[at + 1..].iter().filter(|(_, _, then)| {
                then.duration_since(inner.asked[at].2) < Duration::from_millis(990)
            });
            // The other question may have been on its way already.
            assert!(soon.count() <= 1);
        }
    }
    while listener.exchange.play(50) {}
    listener.all_bars().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_replaced_before_its_day_is_over_and_nothing_is_missed() {
    let renew = Nanos::SECOND;
    let mut listener = listening(|t| t.link = LinkTerms { renew, ..AGES }).await;
    let mut more = true;
    let mut played = 0;
    while more || listener.exchange.look().opened < 3 {
        more = listener.exchange.play(40);
        played += 1;
        tokio::time::sleep(Duration::from_millis(60)).await;
        while let Ok(fed) = listener.fed.try_recv() {
            listener.told.take(fed.input);
        }
        assert!(more || played < 2_000, "connections are not replaced");
    }
    listener.until_same_book().await;
    listener.all_bars().await;
    assert_eq!((listener.told.lost, listener.asked("depth")), (0, 1), "the book was never lost");
}

/// The messages of a capture, and each instrument's book that was snapped then, up to which
/// changes are in it already.
fn captured(name: &str) -> (Vec<Scripted>, BTreeMap<String, Truth>) {
    let (mut script, mut truths) = (Vec::new(), BTreeMap::new());
    for line in lines(name) {
        let value: serde_json::Value = serde_json::from_str(&line.json).unwrap();
        if value["lastUpdateId"].is_u64() {
            let symbol = line.symbol.unwrap_or_else(|| SYMBOL.to_owned());
            truths.insert(symbol, Truth::of(&value));
            continue;
        }
        let data = value["data"].clone();
        let stream = value["stream"].as_str().unwrap().replace("@depth@0ms", "@depth@100ms");
        let at_ms = data["E"].as_i64().unwrap();
        script.push(Scripted { at_ms, stream, data });
    }
    // Before its snapshot nothing is known of an instrument's book.
    let comes = |sent: &Scripted| {
        let truth: &Truth = &truths[sent.data["s"].as_str().unwrap()];
        sent.data["u"].as_u64().is_none_or(|last| last > truth.last)
    };
    script.retain(comes);
    (script, truths)
}

/// Plays a capture over sockets, with messages that are lost and connections that end in the
/// middle of it; the books are those of the exchange in the end.
async fn replayed(name: &str, market: BinanceMarket, symbols: &[(&str, u32)]) {
    let (script, truths) = captured(name);
    let third = script.len() / 3;
    // Books of those that change once more are built anew, and so can be compared.
    let changes = |symbol: &str| {
        let mut late = script[2 * third + 20..].iter();
        late.any(|sent| sent.data["e"] == "depthUpdate" && sent.data["s"] == symbol)
    };
    let moving: Vec<(u16, &str, Decimal)> = (0..)
        .zip(symbols)
        .filter(|(_, (symbol, _))| changes(symbol))
        .map(|(at, (symbol, decimals))| (at, *symbol, Decimal::new(1, *decimals)))
        .collect();
    assert!(!moving.is_empty());
    // Those that change at the beginning have a book before anything goes wrong.
    let begins = |symbol: &str| {
        let mut early = script[..third].iter();
        early.any(|sent| sent.data["e"] == "depthUpdate" && sent.data["s"] == symbol)
    };
    let early: Vec<(u16, Decimal)> =
        moving.iter().filter(|(_, s, _)| begins(s)).map(|(at, _, tick)| (*at, *tick)).collect();
    assert!(!early.is_empty());
    let exchange = Exchange::of(script, truths, BTreeMap::new()).await;
    let streams = &exchange.streams;
    let (market_url, depth_url) = match market {
        BinanceMarket::UsdM => (format!("{streams}/market"), format!("{streams}/public")),
        BinanceMarket::Spot => (streams.clone(), streams.clone()),
    };
    let connections = 1 + usize::from(market_url != depth_url);
    let terms = BinanceTerms { market_url, depth_url, link: AGES, ..terms(market) };
    let known = (0..).zip(symbols).map(|(at, (s, n))| instrument(at, s, Decimal::new(1, *n), 60));
    let mut listener = Listener::to(exchange, terms, known.collect(), Vec::new()).await;
    let same = |s: &Listener| {
        let inner = s.exchange.look();
        let mut all = moving.iter();
        all.all(|(at, symbol, tick)| s.told.top(*at, *tick) == inner.truth(symbol).top(LEVELS))
    };
    listener.exchange.play(third);
    let has_books = |s: &Listener| {
        early.iter().all(|(at, tick)| s.told.top(*at, *tick).iter().any(|side| !side.is_empty()))
    };
    listener.until("books before anything goes wrong", has_books).await;
    listener.exchange.look().trouble.lose = 10;
    listener.exchange.play(third);
    listener.exchange.end_connections();
    listener.exchange.clients(connections).await;
    while listener.exchange.play(20) {}
    listener.until("the exchange's books", same).await;
    assert!(listener.exchange.look().opened >= 2 * connections);
    assert!(listener.asked("depth") > moving.len(), "books were built anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_futures_of_2021_over_two_connections() {
    replayed("usdm_20210722.txt.gz", BinanceMarket::UsdM, &FUTURES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_pairs_of_2021() {
    replayed("spot_20211012.txt.gz", BinanceMarket::Spot, &SPOT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bitcoin_futures_of_2024_over_two_connections() {
    replayed("usdm_btcusdt_20240808.txt.gz", BinanceMarket::UsdM, &[(SYMBOL, 1)]).await;
}
