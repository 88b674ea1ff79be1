//! A recorded book replayed through `Book` and `DepthAnalyser`, against numbers
//! that `data/make_depth_oracle.py` computed with exact fractions.

#![allow(clippy::unwrap_used, reason = "the whole file is a test, its helpers too")]

mod recording;

use recording::{ORACLE, recording};
use tickstep_core::book::{Applied, Book};
use tickstep_core::depth::{DepthAnalyser, DepthAnalysis, DepthParams};
use tickstep_core::units::{Fraction, Nanos};

fn params(set: &str) -> DepthParams {
    let lit = Fraction::lit;
    let ms = |n| Nanos::from_millis(n).unwrap();
    match set {
        "spec" => DepthParams::spec(),
        "deep" => DepthParams {
            depth: 50,
            large_multiple: lit(25, 1),
            cluster_bps: lit(6, 1),
            band_bps: lit(10, 0),
            liquidity_span: 20,
            shift_window: ms(500),
            ..DepthParams::spec()
        },
        "edge" => DepthParams {
            depth: 40,
            large_multiple: lit(3, 0),
            cluster_bps: lit(5119, 4),
            band_bps: lit(5, 0),
            liquidity_span: 10,
            ..DepthParams::spec()
        },
        "touch" => DepthParams {
            depth: 1,
            large_multiple: lit(15, 1),
            cluster_bps: Fraction::ZERO,
            band_bps: lit(3, 1),
            liquidity_span: 2,
            shift_window: ms(100),
            ..DepthParams::spec()
        },
        other => panic!("no parameters for {other}"),
    }
}

/// What the oracle wrote, in its columns' order: whole numbers and words as they
/// are, the others within 1e-12.
fn assert_row(row: &[&str], a: &DepthAnalysis) {
    let whole = |at: usize, found: i64| assert_eq!(found.to_string(), row[at], "{at} of {row:?}");
    let close = |at: usize, found: Option<f64>| match found {
        None => assert_eq!(row[at], "", "{at} of {row:?}"),
        Some(x) => {
            let expected: f64 = row[at].parse().unwrap();
            let error = (x - expected).abs();
            assert!(error <= 1e-12 * expected.abs().max(1.0), "{x} at {at} of {row:?}");
        }
    };
    whole(1, a.ts.millis());
    whole(2, a.imbalance.bid_lots().get());
    whole(3, a.imbalance.total_lots().get());
    close(4, Some(a.spread_bps));
    close(5, Some(a.mid));
    close(6, Some(a.microprice));
    whole(7, a.large_bid.lots.get());
    close(8, Some(a.large_bid.share()));
    whole(9, a.large_ask.lots.get());
    close(10, Some(a.large_ask.share()));
    close(11, Some(a.support.price()));
    whole(12, a.support.lots.get());
    close(13, Some(a.resistance.price()));
    whole(14, a.resistance.lots.get());
    close(15, a.liquidity_score);
    close(16, a.shift.map(|s| s.imbalance_change()));
    close(17, a.shift.map(|s| s.depth_change()));
    assert_eq!(a.shift.map_or(String::new(), |s| s.rapid_change().to_string()), row[18]);
}

#[test]
fn every_update_agrees_with_the_oracle() {
    let recording = recording();
    assert_eq!(recording.len(), 50);
    let rows: Vec<Vec<&str>> = ORACLE.lines().skip(1).map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.len(), 4 * recording.len());
    for rows in rows.chunks(recording.len()) {
        let mut book = Book::new();
        let mut analyser = DepthAnalyser::new(params(rows[0][0])).unwrap();
        for (row, (ts, update)) in rows.iter().zip(&recording) {
            assert_eq!(book.apply(update), Ok(Applied::default()), "nothing was stale");
            analyser.update(*ts, &book);
            assert_row(row, &analyser.analysis(*ts).unwrap());
        }
    }
}

#[test]
fn a_late_removal_is_only_counted() {
    // The recording again, with every removal withheld: whatever the touch moves
    // through is stale, and the touch itself is the same as ever.
    let (mut book, mut bare, mut stale) = (Book::new(), Book::new(), 0);
    for (_, update) in recording() {
        book.apply(&update).unwrap();
        let mut late = update.clone();
        late.bids.retain(|l| !l.lots.is_zero());
        late.asks.retain(|l| !l.lots.is_zero());
        let applied = bare.apply(&late).unwrap();
        stale += applied.stale_bids + applied.stale_asks;
        let (bid, ask) = (bare.best_bid().unwrap(), bare.best_ask().unwrap());
        assert!(bid.px < ask.px);
        assert!(bid.px >= book.best_bid().unwrap().px && ask.px <= book.best_ask().unwrap().px);
    }
    assert!(stale > 0);
}
