//! What goes to a broker that counts otherwise, and what comes back.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use proptest::prelude::*;
use tickstep_core::units::{Nanos, Side};

use super::*;
use crate::broker::{
    Candle, CandleInterval, ClosedRow, PendingKind, PendingOrder, Quote, Read, VenueInstrument,
    VenuePosition,
};
use crate::intent::{Intent, IntentId, Outcome, RequestId};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn scale(contract: &str, multiplier: &str, offset: &str) -> SymbolScale {
    SymbolScale { contract_size: d(contract), multiplier: d(multiplier), offset: d(offset) }
}

/// A broker that notes what it is asked and answers what it is told to.
struct NotingBroker {
    seen: Mutex<Vec<Call>>,
    answer: Reply,
}

impl Broker for NotingBroker {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        self.seen.lock().unwrap().push(call);
        let answer = self.answer.clone();
        Box::pin(async move { (answer, Some(Nanos(7))) })
    }
}

fn answers(answer: Reply) -> (Arc<NotingBroker>, Arc<dyn Broker>) {
    let desk = Arc::new(NotingBroker { seen: Mutex::default(), answer });
    let scales = BTreeMap::from([("THERE".to_owned(), scale("100", "10", "0.5"))]);
    let way = ScaledBroker::on(Arc::clone(&desk) as Arc<dyn Broker>, scales);
    (desk, way)
}

async fn read(answer: Reply, read: Read) -> Reply {
    answers(answer).1.call(Call::Read(read)).await.0
}

async fn written(write: Write) -> Write {
    let accepted = Reply::Write(Outcome::Accepted { id: None });
    let (desk, way) = answers(accepted.clone());
    let mut intent = Intent::new(IntentId(4));
    let ticket = intent.send(RequestId(1), Nanos(0)).unwrap();
    assert_eq!(way.call(Call::Write(ticket, write)).await, (accepted, Some(Nanos(7))));
    match desk.seen.lock().unwrap().pop() {
        Some(Call::Write(ticket, write)) => {
            assert_eq!(ticket.intent(), IntentId(4));
            write
        }
        other => panic!("{other:?}"),
    }
}

fn bracket(stop: &str, target: &str) -> BracketPrices {
    BracketPrices { stop: Some(d(stop)), target: Some(d(target)) }
}

#[tokio::test]
async fn writes_are_counted_as_the_broker_counts() {
    let (symbol, side, position) = (symbol(), Side::Buy, "W1".to_owned());
    let order = position.clone();
    let here = (d("250"), d("3"), bracket("2.5", "4"));
    let there = (d("2.5"), d("30.5"), bracket("25.5", "40.5"));
    let made = |(volume, price, bracket): (Decimal, Decimal, BracketPrices)| {
        let (symbol, position, order) = (symbol.clone(), position.clone(), order.clone());
        let kind = PendingKind::Limit;
        vec![
            Write::Open { symbol: symbol.clone(), side, volume, bracket },
            Write::EditPosition {
                position: position.clone(),
                symbol: symbol.clone(),
                side,
                volume,
                bracket,
            },
            Write::Close { position, symbol: symbol.clone(), side, volume, whole: false },
            Write::CreateOrder { symbol: symbol.clone(), side, volume, kind, price, bracket },
            Write::EditOrder {
                order: order.clone(),
                symbol: symbol.clone(),
                side,
                volume,
                kind,
                price,
                bracket,
            },
            Write::CancelOrder { order, symbol, side, kind },
        ]
    };
    for (given, wanted) in made(here).into_iter().zip(made(there)) {
        assert_eq!(written(given).await, wanted);
    }
    let other = Write::Open {
        symbol: "OTHER".to_owned(),
        side,
        volume: d("250"),
        bracket: bracket("2.5", "4"),
    };
    assert_eq!(written(other.clone()).await, other, "what is not in the map stays");
}

fn symbol() -> String {
    "THERE".to_owned()
}

fn quote(bid: &str, ask: &str) -> Quote {
    Quote { symbol: symbol(), bid: d(bid), ask: d(ask), ts: None }
}

fn position(volume: &str, price: &str, stop: &str, target: &str) -> VenuePosition {
    VenuePosition {
        id: "W1".to_owned(),
        symbol: symbol(),
        side: Side::Buy,
        volume: d(volume),
        open_price: d(price),
        open_time: Nanos(0),
        bracket: bracket(stop, target),
        commission: d("-1"),
        swap: d("-2"),
        profit: Some(d("3")),
        comment: None,
    }
}

fn order(volume: &str, price: &str, stop: &str, target: &str) -> PendingOrder {
    PendingOrder {
        id: "7".to_owned(),
        symbol: symbol(),
        side: Side::Buy,
        kind: PendingKind::Stop,
        volume: d(volume),
        price: d(price),
        created: None,
        bracket: bracket(stop, target),
        comment: None,
    }
}

fn row(volume: &str, open: &str, close: &str) -> ClosedRow {
    ClosedRow {
        uid: "u".to_owned(),
        position: "W1".to_owned(),
        symbol: symbol(),
        side: Side::Buy,
        volume: d(volume),
        open_price: d(open),
        close_price: d(close),
        open_time: Nanos(0),
        close_time: Nanos(0),
        commission: d("-1"),
        swap: d("0"),
        profit: Some(d("3")),
        reason: None,
        comment: None,
    }
}

fn terms([min, max, step]: [&str; 3], contract: &str, tick: &str) -> VenueInstrument {
    VenueInstrument {
        symbol: symbol(),
        session_open: Some(true),
        volume_min: Some(d(min)),
        volume_max: Some(d(max)),
        volume_step: Some(d(step)),
        contract_size: Some(d(contract)),
        tick_size: Some(d(tick)),
        stops_level: Some(5),
        leverage: Some(d("30")),
        quote_currency: None,
    }
}

fn candle([open, high, low, close]: [&str; 4]) -> Candle {
    Candle {
        ts_open: Nanos(0),
        open: d(open),
        high: d(high),
        low: d(low),
        close: d(close),
        volume: Some(d("9")),
        taker_buy: None,
    }
}

#[tokio::test]
async fn answers_are_counted_as_the_runner_counts() {
    let (from, to) = (Nanos(0), Nanos(0));
    let candles = Read::Candles { symbol: symbol(), interval: CandleInterval::M1, from, to };
    for (asked, there, here) in [
        (
            Read::Quotes(vec![symbol()]),
            Reply::Quotes(vec![quote("30.5", "31.5")]),
            Reply::Quotes(vec![quote("3", "3.1")]),
        ),
        (
            Read::Positions,
            Reply::Positions(vec![position("2.5", "30.5", "25.5", "40.5")]),
            Reply::Positions(vec![position("250", "3", "2.5", "4")]),
        ),
        (
            Read::Orders,
            Reply::Orders(vec![order("2.5", "30.5", "25.5", "40.5")]),
            Reply::Orders(vec![order("250", "3", "2.5", "4")]),
        ),
        (
            Read::Closed { from, to },
            Reply::Closed(vec![row("2.5", "30.5", "40.5")]),
            Reply::Closed(vec![row("250", "3", "4")]),
        ),
        (
            Read::Instruments,
            Reply::Instruments(vec![terms(["0.01", "50", "0.01"], "100", "0.1")]),
            Reply::Instruments(vec![terms(["1", "5000", "1"], "1", "0.01")]),
        ),
        (
            candles,
            Reply::Candles(vec![candle(["30.5", "40.5", "20.5", "31.5"])]),
            Reply::Candles(vec![candle(["3", "4", "2", "3.1"])]),
        ),
        (Read::Balance, Reply::LoggedOut, Reply::LoggedOut),
    ] {
        assert_eq!(read(there, asked).await, here);
    }
}

#[test]
fn a_map_that_changes_nothing_is_no_way_of_its_own() {
    let way: Arc<dyn Broker> =
        Arc::new(NotingBroker { seen: Mutex::default(), answer: Reply::LoggedOut });
    let scales = BTreeMap::from([("A".to_owned(), SymbolScale::default())]);
    assert!(Arc::ptr_eq(&ScaledBroker::on(Arc::clone(&way), scales), &way));
}

fn power_of_ten() -> impl Strategy<Value = Decimal> {
    (-4_i32..5).prop_map(|n| match u32::try_from(n) {
        Ok(n) => Decimal::from(10_u64.pow(n)),
        Err(_) => Decimal::new(1, n.unsigned_abs()),
    })
}

proptest! {
    #[test]
    fn there_and_back_is_the_same_to_the_last_digit(
        price in 1_i64..10_000_000_000, decimals in 0_u32..9, contract in power_of_ten(),
        multiplier in power_of_ten(), offset in -1_000_000_i64..1_000_000,
    ) {
        let scale = SymbolScale { contract_size: contract, multiplier, offset: Decimal::new(offset, 4) };
        let number = Decimal::new(price, decimals);
        prop_assert_eq!(scale.price_here(scale.price_there(number)), number);
        prop_assert_eq!(scale.volume_here(scale.volume_there(number)), number);
        // What is won and lost is the same: size and price are counted against each other.
        let same = scale.contract_size == scale.multiplier;
        if same {
            let moved = scale.price_there(number) - scale.price_there(Decimal::ONE);
            prop_assert_eq!(scale.volume_there(number) * moved, number * (number - Decimal::ONE));
        }
    }

    #[test]
    fn no_number_is_too_odd(mantissa: i64, decimals in 0_u32..20) {
        let number = Decimal::new(mantissa, decimals);
        for scale in [scale("0.0001", "1000000", "-9"), scale("10000", "0.00001", "99999999")] {
            for number in [number, Decimal::MAX, Decimal::MIN] {
                let _counted = (
                    scale.price_here(number), scale.price_there(number),
                    scale.volume_here(number), scale.volume_there(number),
                );
            }
        }
    }
}
