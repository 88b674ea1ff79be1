//! The captures beside this file.

use std::io::Read as _;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::truth::{TrueBar, Truth};

/// A line of a capture: a message, or a snapshot of a symbol.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: i64,
    pub symbol: Option<String>,
    pub json: String,
}

/// The lines of a capture.
pub fn lines(name: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds/data").join(name);
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    let line = |line: &str| {
        let (at, rest) = line.split_once(' ').unwrap();
        let symbol = (!rest.starts_with('{')).then(|| rest.split_once(' ').unwrap());
        let json = symbol.map_or(rest, |(_, json)| json).to_owned();
        Line { at: at.parse().unwrap(), symbol: symbol.map(|(s, _)| s.to_owned()), json }
    };
    text.lines().map(line).collect()
}

/// A message that the exchange sends, at its own time in milliseconds.
#[derive(Clone, Debug)]
pub struct Scripted {
    pub at_ms: i64,
    pub stream: String,
    pub data: Value,
}

/// A minute of the market of BTCUSDT on spot: the book at its beginning, and what follows.
/// Trades, which were recorded one by one, are sent as aggregates of one each, and as the bars
/// of a second that they make.
pub struct Minute {
    pub begins: Truth,
    pub script: Vec<Scripted>,
    /// All bars that were finished.
    pub bars: Vec<TrueBar>,
}

pub const SYMBOL: &str = "BTCUSDT";

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse::<Decimal>().unwrap().normalize()
}

/// Bars of a second, as trades make them.
#[derive(Default)]
struct Seconds {
    bar: Option<TrueBar>,
    done: Vec<TrueBar>,
}

impl Seconds {
    fn stream() -> String {
        "btcusdt@kline_1s".to_owned()
    }

    /// Finishes the bars that are over at `ms`; without a trade they stay where they were.
    fn pass_to(&mut self, ms: i64, script: &mut Vec<Scripted>) {
        while let Some(bar) = self.bar.take_if(|bar| bar.opens_ms + 1_000 <= ms) {
            let at_ms = bar.opens_ms + 1_000;
            let data = bar.message(SYMBOL, at_ms, true);
            script.push(Scripted { at_ms, stream: Self::stream(), data });
            self.bar = Some(TrueBar::flat(at_ms, bar.ohlc[3]));
            self.done.push(bar);
        }
    }

    fn trade(&mut self, ms: i64, trade: &Value, script: &mut Vec<Scripted>) {
        let price = decimal(&trade["p"]);
        let bar = self.bar.get_or_insert_with(|| TrueBar::flat(ms / 1_000 * 1_000, price));
        bar.trade(price, decimal(&trade["q"]), trade["m"] == false);
        let data = bar.message(SYMBOL, ms, false);
        script.push(Scripted { at_ms: ms, stream: Self::stream(), data });
    }
}

impl Minute {
    /// `later` is added to every time, in milliseconds.
    pub fn read(later: i64) -> Self {
        let (mut begins, mut script) = (None, Vec::new());
        let mut seconds = Seconds::default();
        for line in lines("spot_btcusdt_20240808.txt.gz") {
            let value: Value = serde_json::from_str(&line.json).unwrap();
            if value["lastUpdateId"].is_u64() {
                begins = Some(Truth::of(&value));
                continue;
            }
            let mut data = value["data"].clone();
            let ms = data["E"].as_i64().unwrap() + later;
            data["E"] = json!(ms);
            seconds.pass_to(ms, &mut script);
            if data["e"] == "trade" {
                let ts = data["T"].as_i64().unwrap() + later;
                let one = &data["t"];
                let aggregate = json!({ "e": "aggTrade", "E": ms, "s": SYMBOL, "a": one,
                    "p": data["p"], "q": data["q"], "f": one, "l": one, "T": ts, "m": data["m"] });
                let stream = "btcusdt@aggTrade".to_owned();
                script.push(Scripted { at_ms: ms, stream, data: aggregate });
                seconds.trade(ms, &data, &mut script);
            } else {
                let stream = "btcusdt@depth@100ms".to_owned();
                script.push(Scripted { at_ms: ms, stream, data });
            }
        }
        let begins = begins.unwrap();
        // What the snapshot has already is not sent again.
        script.retain(|s| s.data["u"].as_u64().is_none_or(|last| last > begins.last));
        Self { begins, script, bars: seconds.done }
    }

    /// The book when all has been sent.
    pub fn end(&self) -> Truth {
        let mut book = self.begins.clone();
        self.script.iter().filter(|s| s.data["u"].is_u64()).for_each(|s| book.apply(&s.data));
        book
    }
}
