//! The whole feed at a local exchange, over sockets.

use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;
use tickstep_live::clock::Clock;
use tickstep_live::driver::production::Fed;
use tickstep_live::feed::binance::{BinanceFeed, BinanceMarket, BinanceTerms, LinkTerms};
use tokio::sync::mpsc;

use crate::capture::{Minute, SYMBOL};
use crate::captures::{LEVELS, Told, instrument, terms};
use crate::exchange::{Exchange, patiently};

const TICK: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Nothing here is given up for its age, however slow the machine is, unless that is the test.
const AGES: LinkTerms = LinkTerms { timeout: Nanos::DAY, ..LinkTerms::of(Nanos::DAY) };

struct Listener {
    fed: mpsc::Receiver<Fed>,
    told: Told,
    exchange: Exchange,
    minute: Minute,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
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
    let timeout = Duration::from_secs(3_600);
    let feed = BinanceFeed::new(terms, &exchange.rest, vec![one], timeout).unwrap();
    let (tell, fed) = mpsc::channel(64);
    let task = tokio::spawn(feed.run(Clock::after(None), tell));
    exchange.clients(1).await;
    Listener { fed, told: Told::default(), exchange, minute, task }
}

impl Listener {
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
            s.told.top(0, TICK) == s.exchange.look().truth.top(LEVELS)
        })
        .await;
    }

    fn asked(&self, path: &str) -> usize {
        self.exchange.look().asked.iter().filter(|(p, ..)| p == path).count()
    }

    /// Bars are told once, in order, without a hole, up to the last one.
    async fn all_bars(&mut self) {
        let last = self.minute.bars.last().unwrap().opens_ms * 1_000_000;
        self.until("the last bar", |s| {
            s.told.bars.last().is_some_and(|(_, b)| b.ts_open.0 == last)
        })
        .await;
        let opens: Vec<i64> = self.told.bars.iter().map(|(_, b)| b.ts_open.0).collect();
        assert!(opens.windows(2).all(|w| w[1] - w[0] == Nanos::SECOND.0), "{opens:?}");
        for truth in &self.minute.bars {
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
    let old = listener.minute.begins.clone();
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
