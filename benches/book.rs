//! A recorded order book, snapshot and changes, applied and analysed.
//!
//! A live account pays this on every book message, a backtest on books once a
//! message for all its strategies. `apply` growing alone points at the ladder,
//! `apply_and_analyse` alone at the depth features.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use criterion::Throughput;
use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_core::book::{Applied, Book};
use tickstep_core::depth::{DepthAnalyser, DepthParams};
use tickstep_core::event::{BookUpdate, Level};
use tickstep_core::units::{Lots, Nanos, Ticks};

const RECORDING: &str = include_str!("../core/tests/data/xrpusdt_bybit_20241201.jsonl");
const ORACLE: &str = include_str!("../core/tests/data/depth_oracle.csv");

#[derive(Deserialize)]
struct Message {
    ts: i64,
    r#type: String,
    b: Vec<(Decimal, Decimal)>,
    a: Vec<(Decimal, Decimal)>,
}

/// Prices in ticks of 0.0001, quantities in whole coins.
fn recording() -> Vec<(Nanos, BookUpdate)> {
    let whole = |d: Decimal, scale| {
        let steps = (d * Decimal::new(10_i64.pow(scale), 0)).normalize();
        assert_eq!(steps.scale(), 0, "{d} is on the grid");
        i64::try_from(steps.mantissa()).unwrap()
    };
    let level =
        |(px, qty)| Level { px: Ticks(whole(px, 4)), lots: Lots::new(whole(qty, 0)).unwrap() };
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

fn apply(recording: &[(Nanos, BookUpdate)]) -> Book {
    let mut book = Book::new();
    for (_, update) in recording {
        assert_eq!(book.apply(update), Ok(Applied::default()));
    }
    book
}

/// Sum over all updates of the lots on both sides within the depth.
fn apply_and_analyse(recording: &[(Nanos, BookUpdate)]) -> i64 {
    let mut book = Book::new();
    let mut analyser = DepthAnalyser::new(DepthParams::spec()).unwrap();
    let mut total = 0;
    for (ts, update) in recording {
        book.apply(update).unwrap();
        analyser.update(*ts, &book);
        total += analyser.analysis(*ts).unwrap().imbalance.total_lots().get();
    }
    total
}

fn main() {
    let recording = recording();
    let spec = ORACLE.lines().filter(|l| l.starts_with("spec,"));
    let expected: i64 = spec.map(|l| l.split(',').nth(3).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(apply_and_analyse(&recording), expected, "the oracle's depth at every update");
    let book = apply(&recording);
    assert!(book.best_bid().unwrap().px < book.best_ask().unwrap().px);

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("book");
    group.throughput(Throughput::Elements(recording.len() as u64));
    group.bench_function("apply", |b| b.iter(|| apply(std::hint::black_box(&recording))));
    group.bench_function("apply_and_analyse", |b| {
        b.iter(|| apply_and_analyse(std::hint::black_box(&recording)));
    });
    group.finish();
    criterion.final_summary();
}
