//! What the exchange has, by the plainest of means: a map of prices for each side, and the
//! bars that its trades make.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    pub last: u64,
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
}

fn number(value: &Value) -> Decimal {
    value.as_str().unwrap().parse::<Decimal>().unwrap().normalize()
}

fn set(side: &mut BTreeMap<Decimal, Decimal>, levels: &Value) {
    for level in levels.as_array().unwrap() {
        let (price, quantity) = (number(&level[0]), number(&level[1]));
        if quantity.is_zero() {
            side.remove(&price);
        } else {
            side.insert(price, quantity);
        }
    }
}

impl Truth {
    pub fn of(snapshot: &Value) -> Self {
        let mut book = Self { last: snapshot["lastUpdateId"].as_u64().unwrap(), ..Self::default() };
        set(&mut book.bids, &snapshot["bids"]);
        set(&mut book.asks, &snapshot["asks"]);
        book
    }

    /// Takes a change, where it is behind what is known.
    pub fn apply(&mut self, diff: &Value) {
        let last = diff["u"].as_u64().unwrap();
        if last > self.last {
            set(&mut self.bids, &diff["b"]);
            set(&mut self.asks, &diff["a"]);
            self.last = last;
        }
    }

    /// The best levels, best first: bids, and asks.
    pub fn top(&self, n: usize) -> [Vec<(Decimal, Decimal)>; 2] {
        let pair = |(price, quantity): (&Decimal, &Decimal)| (*price, *quantity);
        [
            self.bids.iter().rev().take(n).map(pair).collect(),
            self.asks.iter().take(n).map(pair).collect(),
        ]
    }

    pub fn snapshot(&self) -> Value {
        let [bids, asks] = self.top(1_000).map(|side| {
            side.into_iter().map(|(p, q)| json!([p.to_string(), q.to_string()])).collect::<Value>()
        });
        json!({ "lastUpdateId": self.last, "bids": bids, "asks": asks })
    }
}

/// A bar of one second, as trades make it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueBar {
    pub opens_ms: i64,
    pub ohlc: [Decimal; 4],
    pub volume: Decimal,
    pub taker: Decimal,
}

impl TrueBar {
    pub fn flat(opens_ms: i64, price: Decimal) -> Self {
        Self { opens_ms, ohlc: [price; 4], volume: Decimal::ZERO, taker: Decimal::ZERO }
    }

    pub fn trade(&mut self, price: Decimal, quantity: Decimal, taker_buys: bool) {
        if self.volume.is_zero() {
            self.ohlc = [price; 4];
        }
        self.ohlc[1] = self.ohlc[1].max(price);
        self.ohlc[2] = self.ohlc[2].min(price);
        self.ohlc[3] = price;
        self.volume += quantity;
        if taker_buys {
            self.taker += quantity;
        }
    }

    /// The row that a question is answered with.
    pub fn row(&self) -> Value {
        let [open, high, low, close] = self.ohlc.map(|price| price.to_string());
        let (volume, taker) = (self.volume.to_string(), self.taker.to_string());
        json!([
            self.opens_ms,
            open,
            high,
            low,
            close,
            volume,
            self.opens_ms + 999,
            "0",
            1,
            taker,
            "0",
            "0"
        ])
    }

    /// The message of the stream.
    pub fn message(&self, symbol: &str, ts: i64, closed: bool) -> Value {
        let [o, h, l, c] = self.ohlc.map(|price| price.to_string());
        json!({ "e": "kline", "E": ts, "s": symbol, "k": {
            "t": self.opens_ms, "T": self.opens_ms + 999, "s": symbol, "i": "1s", "f": 1, "L": 2,
            "o": o, "c": c, "h": h, "l": l, "v": self.volume.to_string(), "n": 1, "x": closed,
            "q": "0", "V": self.taker.to_string(), "Q": "0", "B": "0" } })
    }
}
