//! Books by the numbers of their changes.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use tickstep_core::event::Level;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::*;

fn level(px: i64, lots: i64) -> Level {
    Level { px: Ticks(px), lots: Lots::new(lots).unwrap() }
}

fn diff(before: Option<u64>, first: u64, last: u64, bid: (i64, i64)) -> DepthDiff {
    let bids = vec![level(bid.0, bid.1)];
    let symbol = "X".to_owned();
    DepthDiff { symbol, ts: Nanos(0), first, last, before, bids, asks: Vec::new() }
}

fn snapshot(last: u64) -> DepthSnapshot {
    DepthSnapshot { last, bids: vec![level(100, 1)], asks: vec![level(200, 1)] }
}

fn bids(sync: &DepthSync) -> Option<Vec<(i64, i64)>> {
    sync.book().map(|b| b.whole().bids().map(|l| (l.px.0, l.lots.get())).collect())
}

#[test]
fn futures_changes_name_the_one_before() {
    let mut sync = DepthSync::new(BinanceMarket::UsdM);
    assert!(!sync.wants_snapshot(), "without changes it could only be too old");
    assert_eq!(sync.diff(diff(Some(3), 5, 9, (101, 1))), DepthStep::Kept);
    assert!(sync.wants_snapshot());
    assert_eq!(sync.diff(diff(Some(9), 12, 15, (102, 2))), DepthStep::Kept);
    assert_eq!(sync.diff(diff(Some(15), 18, 20, (103, 3))), DepthStep::Kept);
    // Number 13 is inside the second: the first is in the snapshot already.
    assert_eq!(sync.snapshot(snapshot(13)), SnapshotStep::Taken);
    assert_eq!(bids(&sync), Some(vec![(103, 3), (102, 2), (100, 1)]));
    assert_eq!(sync.diff(diff(Some(15), 18, 20, (103, 3))), DepthStep::Known);
    assert_eq!(sync.diff(diff(Some(20), 30, 31, (103, 0))), DepthStep::Applied);
    assert_eq!(bids(&sync), Some(vec![(102, 2), (100, 1)]));
    let lost = DepthLoss::Gap { after: 31, first: 40 };
    assert_eq!(sync.diff(diff(Some(35), 40, 41, (104, 4))), DepthStep::Lost(lost));
    assert_eq!(bids(&sync), None);
    assert!(sync.wants_snapshot(), "the change that did not follow is kept");
    assert_eq!(sync.snapshot(snapshot(41)), SnapshotStep::Taken);
    assert_eq!(bids(&sync), Some(vec![(104, 4), (100, 1)]));
}

#[test]
fn a_snapshot_older_than_the_changes_is_asked_for_again() {
    for market in [BinanceMarket::UsdM, BinanceMarket::Spot] {
        let mut sync = DepthSync::new(market);
        sync.diff(diff(Some(7), 9, 12, (101, 1)));
        assert_eq!(sync.snapshot(snapshot(6)), SnapshotStep::TooOld);
        assert_eq!((bids(&sync), sync.wants_snapshot()), (None, true));
        assert_eq!(sync.snapshot(snapshot(9)), SnapshotStep::Taken);
        assert_eq!(bids(&sync), Some(vec![(101, 1), (100, 1)]));
        assert_eq!(sync.snapshot(snapshot(9)), SnapshotStep::Unasked);
    }
    // Nothing changed between 7 and 9, so a snapshot of 7 has everything before.
    let mut sync = DepthSync::new(BinanceMarket::UsdM);
    sync.diff(diff(Some(7), 9, 12, (101, 1)));
    assert_eq!(sync.snapshot(snapshot(7)), SnapshotStep::Taken);
}

#[test]
fn spot_changes_begin_where_the_one_before_ended() {
    let mut sync = DepthSync::new(BinanceMarket::Spot);
    sync.diff(diff(None, 5, 9, (101, 1)));
    sync.diff(diff(None, 10, 12, (102, 2)));
    assert_eq!(sync.snapshot(snapshot(9)), SnapshotStep::Taken);
    assert_eq!(bids(&sync), Some(vec![(102, 2), (100, 1)]));
    assert_eq!(sync.diff(diff(None, 11, 13, (103, 3))), DepthStep::Applied, "they may overlap");
    let lost = DepthLoss::Gap { after: 13, first: 15 };
    assert_eq!(sync.diff(diff(None, 15, 16, (104, 4))), DepthStep::Lost(lost));
}

#[test]
fn a_snapshot_without_a_change_behind_it_is_no_book_yet() {
    let mut sync = DepthSync::new(BinanceMarket::Spot);
    sync.diff(diff(None, 5, 9, (101, 1)));
    assert_eq!(sync.snapshot(snapshot(20)), SnapshotStep::Taken);
    assert_eq!(bids(&sync), None);
    assert_eq!(sync.diff(diff(None, 10, 19, (102, 2))), DepthStep::Known);
    assert_eq!(bids(&sync), None);
    assert_eq!(sync.diff(diff(None, 21, 22, (103, 3))), DepthStep::Applied);
    assert_eq!(bids(&sync), Some(vec![(103, 3), (100, 1)]));
    // One that ends where the snapshot does is in it, and the book is one from there on.
    let mut sync = DepthSync::new(BinanceMarket::Spot);
    sync.diff(diff(None, 5, 9, (101, 1)));
    assert_eq!(sync.snapshot(snapshot(20)), SnapshotStep::Taken);
    assert_eq!(sync.diff(diff(None, 10, 20, (102, 2))), DepthStep::Applied);
    assert_eq!(bids(&sync), Some(vec![(100, 1)]));
    assert_eq!(sync.diff(diff(None, 10, 20, (102, 2))), DepthStep::Known);
    // One that ends with a change that has come is one at once, also where nothing follows.
    for market in [BinanceMarket::Spot, BinanceMarket::UsdM] {
        let mut sync = DepthSync::new(market);
        sync.diff(diff(Some(4), 5, 9, (100, 1)));
        assert_eq!(sync.snapshot(snapshot(9)), SnapshotStep::Taken);
        assert_eq!(bids(&sync), Some(vec![(100, 1)]));
    }
}

#[test]
fn a_change_that_contradicts_itself_ends_the_book() {
    let mut sync = DepthSync::new(BinanceMarket::Spot);
    sync.diff(diff(None, 5, 9, (101, 1)));
    sync.snapshot(snapshot(9));
    sync.diff(diff(None, 10, 10, (101, 1)));
    let mut odd = diff(None, 11, 11, (101, 1));
    odd.asks = vec![level(90, 1)];
    assert!(matches!(sync.diff(odd), DepthStep::Lost(DepthLoss::Contradiction(_))));
    assert_eq!(bids(&sync), None);
}

/// A market: changes one by one, each a level's new quantity.
fn changes() -> impl Strategy<Value = Vec<(i64, i64, u64)>> {
    // Futures count the changes of all instruments, so numbers have holes.
    prop::collection::vec((1_i64..30, 0_i64..4, 1_u64..4), 4..120)
}

/// The truth after each number, and the changes cut into messages.
struct True {
    books: BTreeMap<u64, BTreeMap<i64, i64>>,
    messages: Vec<DepthDiff>,
}

fn truth(changes: &[(i64, i64, u64)], cut: usize, market: BinanceMarket) -> True {
    let (mut number, mut book) = (10_u64, BTreeMap::new());
    let mut made = True { books: BTreeMap::from([(number, book.clone())]), messages: Vec::new() };
    for part in changes.chunks(cut) {
        let before = number;
        let mut bids: BTreeMap<i64, i64> = BTreeMap::new();
        let mut first = None;
        for (px, lots, step) in part {
            number += if market == BinanceMarket::Spot { 1 } else { *step };
            first = first.or(Some(number));
            bids.insert(*px, *lots);
            match lots {
                0 => drop(book.remove(px)),
                lots => drop(book.insert(*px, *lots)),
            }
            made.books.insert(number, book.clone());
        }
        made.messages.push(DepthDiff {
            symbol: "X".to_owned(),
            ts: Nanos(0),
            first: first.unwrap(),
            last: number,
            before: (market == BinanceMarket::UsdM).then_some(before),
            bids: bids.into_iter().map(|(px, lots)| level(px, lots)).collect(),
            asks: Vec::new(),
        });
    }
    made
}

/// What happens to messages and snapshots on their way.
#[derive(Clone, Copy, Debug)]
enum MessageWay {
    Arrives,
    Lost,
    Twice,
    Breaks,
}

fn ways() -> impl Strategy<Value = Vec<(MessageWay, Option<usize>)>> {
    let way = prop_oneof![
        12 => Just(MessageWay::Arrives), 1 => Just(MessageWay::Lost), 2 => Just(MessageWay::Twice), 1 => Just(MessageWay::Breaks)
    ];
    // A snapshot that was taken up to so many changes ago may come after a message.
    prop::collection::vec((way, prop::option::weighted(0.4, 0_usize..12)), 120)
}

proptest! {
    #[test]
    fn a_book_that_is_there_is_the_true_one(
        changes in changes(), cut in 1_usize..6, ways in ways(), spot: bool,
    ) {
        let market = if spot { BinanceMarket::Spot } else { BinanceMarket::UsdM };
        let made = truth(&changes, cut, market);
        let mut sync = DepthSync::new(market);
        for (message, (way, snapshot)) in made.messages.iter().zip(ways) {
            let times = match way {
                MessageWay::Arrives => 1,
                MessageWay::Lost => 0,
                MessageWay::Twice => 2,
                MessageWay::Breaks => {
                    sync.give_up();
                    1
                }
            };
            for _ in 0..times {
                let _step = sync.diff(message.clone());
            }
            if let Some(ago) = snapshot {
                let known: Vec<u64> = made.books.range(..=message.last).map(|(n, _)| *n).collect();
                let last = known[known.len().saturating_sub(ago + 1)];
                let bids = made.books[&last].iter().map(|(px, n)| level(*px, *n)).collect();
                let _step = sync.snapshot(DepthSnapshot { last, bids, asks: Vec::new() });
            }
            if let Phase::Following { last } = sync.phase {
                let found = bids(&sync).unwrap();
                let truth: Vec<(i64, i64)> =
                    made.books[&last].iter().rev().map(|(p, n)| (*p, *n)).collect();
                prop_assert_eq!(found, truth);
            }
        }
        // Whatever happened, one fresh snapshot and an unbroken stream bring it back.
        if let Some(message) = made.messages.last() {
            sync.give_up();
            sync.diff(message.clone());
            let last = message.last;
            let bids = made.books[&last].iter().map(|(px, n)| level(*px, *n)).collect();
            prop_assert_eq!(
                sync.snapshot(DepthSnapshot { last, bids, asks: Vec::new() }), SnapshotStep::Taken
            );
        }
    }
}
