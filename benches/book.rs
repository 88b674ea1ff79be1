//! A recorded order book, snapshot and changes, applied and analysed.
//!
//! A live account pays this on every book message, a backtest on books once a
//! message for all its strategies. `apply` growing alone points at the ladder,
//! `apply_and_analyse` alone at the depth features.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../core/tests/recording/mod.rs"]
mod recording;
mod support;

use criterion::Throughput;
use recording::{ORACLE, recording};
use tickstep_core::book::{Applied, Book};
use tickstep_core::depth::{DepthAnalyser, DepthParams};
use tickstep_core::event::BookUpdate;
use tickstep_core::units::Nanos;

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
