//! A recorded order book, for whoever replays it: its oracle's test and the bench.

use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_core::event::{BookUpdate, Level};
use tickstep_core::instrument::{Instrument, InstrumentSpec};
use tickstep_core::units::Nanos;

const RECORDING: &str = include_str!("../data/xrpusdt_bybit_20241201.jsonl");

/// What `data/make_depth_oracle.py` computed of it with exact fractions.
pub const ORACLE: &str = include_str!("../data/depth_oracle.csv");

#[derive(Deserialize)]
struct Message {
    ts: i64,
    r#type: String,
    b: Vec<(Decimal, Decimal)>,
    a: Vec<(Decimal, Decimal)>,
}

/// Ticks of 0.0001, lots of one coin.
fn xrp() -> Instrument {
    Instrument::new(InstrumentSpec {
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("XRPUSDT", "USDT", Decimal::new(1, 4), Decimal::ONE)
    })
    .unwrap()
}

/// A snapshot and the changes after it, each with its instant.
pub fn recording() -> Vec<(Nanos, BookUpdate)> {
    let xrp = xrp();
    let level =
        |(px, qty)| Level { px: xrp.price_exact(px).unwrap(), lots: xrp.qty_exact(qty).unwrap() };
    let parse = |line: &str| {
        let message: Message = serde_json::from_str(line).unwrap();
        let update = BookUpdate {
            snapshot: message.r#type == "snapshot",
            bids: message.b.into_iter().map(level).collect(),
            asks: message.a.into_iter().map(level).collect(),
        };
        (Nanos::from_millis(message.ts).unwrap(), update)
    };
    RECORDING.lines().map(parse).collect()
}
