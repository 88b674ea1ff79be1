//! Divergence by hand, and what holds for every two lists.

use std::vec::Vec;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Divergence, GapParts, RejectedEntry};
use crate::instrument::InstrumentId;
use crate::ledger::Trade;
use crate::order::{ExitReason, OrderId, SlotId};
use crate::units::{Lots, Nanos, Side};

/// A trade of `lots` at prices in cents; fees and funding in cents too.
fn trade(side: Side, times: [i64; 2], prices: [i64; 2], lots: i64, costs: [i64; 2]) -> Trade {
    let [entry_price, exit_price, fees, funding] =
        [prices[0], prices[1], costs[0], costs[1]].map(|cents| Decimal::new(cents, 2));
    let quantity = Decimal::from(lots);
    let gross = (exit_price - entry_price) * quantity * Decimal::from(side.sign());
    Trade {
        slot: SlotId(0),
        instrument: InstrumentId(0),
        side,
        lots: Lots::new(lots).unwrap(),
        entry: OrderId(1),
        entry_ts: Nanos::SECOND.times(times[0]),
        exit_ts: Nanos::SECOND.times(times[1]),
        entry_price,
        exit_price,
        exit: ExitReason::Signal,
        gross,
        fees,
        funding,
        slippage: Decimal::ZERO,
        net: gross - fees - funding,
        entry_notional: entry_price * quantity,
        exit_notional: exit_price * quantity,
        initial_risk: None,
        mae: 0.0,
        mfe: 0.0,
        ambiguous: false,
    }
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

const TOLERANCE: Nanos = Nanos(5 * Nanos::SECOND.0);

#[test]
fn each_part_by_hand() {
    let r = trade(Side::Sell, [0, 100], [10_000, 9_900], 10, [100, 0]);
    let gap = |o: Trade| Divergence::between(core::slice::from_ref(&r), &[o], TOLERANCE).gap;
    // Sold ten cents lower at the same instant.
    let worse = gap(trade(Side::Sell, [0, 100], [9_990, 9_900], 10, [100, 0]));
    assert_eq!(worse, GapParts { price: cents(-100), ..GapParts::default() });
    // The same three seconds later.
    let late = gap(trade(Side::Sell, [3, 100], [9_990, 9_900], 10, [100, 0]));
    assert_eq!(late, GapParts { latency: cents(-100), ..GapParts::default() });
    // Bought back a minute later, lower by a unit.
    let other_exit = gap(trade(Side::Sell, [0, 160], [10_000, 9_800], 10, [100, 0]));
    assert_eq!(other_exit, GapParts { exits: cents(1_000), ..GapParts::default() });
    // Four lots only, with two fifths of the fees.
    let smaller = gap(trade(Side::Sell, [0, 100], [10_000, 9_900], 4, [40, 0]));
    assert_eq!(smaller, GapParts { size: cents(-600), fees: cents(60), ..GapParts::default() });
    let funded = gap(trade(Side::Sell, [0, 100], [10_000, 9_900], 10, [100, 7]));
    assert_eq!(funded, GapParts { funding: cents(-7), ..GapParts::default() });
    // A long is no match for a short.
    let turned = trade(Side::Buy, [0, 100], [10_000, 10_100], 1, [0, 0]);
    let found = Divergence::between(core::slice::from_ref(&r), &[turned], TOLERANCE);
    assert_eq!((found.missed, found.extra), (vec![0], vec![0]));
    assert_eq!((found.gap.missed, found.gap.extra), (cents(-900), cents(100)));
}

#[test]
fn known_prices_part_latency_from_fill_quality() {
    let r = trade(Side::Buy, [0, 100], [10_000, 10_100], 10, [0, 0]);
    let o = trade(Side::Buy, [2, 103], [10_030, 10_090], 10, [0, 0]);
    // The market rose by 0.20 until the late entry and by 0.05 until the late exit.
    let price = |_, ts: Nanos| {
        let moved = if ts.0 < 50 * Nanos::SECOND.0 {
            ts.0 * 10
        } else {
            (ts.0 - 100 * Nanos::SECOND.0) * 5 / 3
        };
        Some(Decimal::new(moved / Nanos::SECOND.0, 2))
    };
    let gap = Divergence::with_prices(&[r], &[o], TOLERANCE, price).gap;
    assert_eq!((gap.latency, gap.price), (cents(-150), cents(-250)));
}

#[test]
fn each_trade_matches_once_and_the_earliest_first() {
    let at = |s: i64| trade(Side::Buy, [s, s + 60], [100, 101], 1, [0, 0]);
    let reference: Vec<Trade> = [0, 10, 20, 30].map(at).into();
    let other: Vec<Trade> = [40, 31, 2, 12].map(at).into();
    let found = Divergence::between(&reference, &other, TOLERANCE);
    let pairs: Vec<_> = found.matched.iter().map(|m| (m.reference, m.other)).collect();
    assert_eq!(pairs, [(0, 2), (1, 3), (3, 1)]);
    assert_eq!((found.missed, found.extra), (vec![2], vec![0]));
}

#[test]
fn what_the_venue_rejected_is_told_apart_from_what_was_never_sent() {
    let lost = trade(Side::Buy, [60, 90], [10_000, 9_900], 10, [0, 0]);
    let won = trade(Side::Buy, [600, 690], [10_000, 10_100], 10, [0, 0]);
    let reference = [lost, won];
    let reject = |at: i64, side| RejectedEntry {
        slot: reference[0].slot,
        instrument: reference[0].instrument,
        side,
        ts: reference[0].entry_ts + Nanos::SECOND.times(at),
    };
    let tolerance = Nanos::SECOND.times(5);
    let whole = Divergence::between(&reference, &[], tolerance);
    let told = whole.clone().with_rejects(
        &reference,
        &[reject(2, Side::Sell), reject(9, Side::Buy), reject(2, Side::Buy)],
        tolerance,
    );
    assert_eq!((told.rejected.as_slice(), told.missed.as_slice()), (&[0][..], &[1][..]));
    assert_eq!(told.gap.rejected, -reference[0].net);
    assert_eq!(told.gap.missed, -reference[1].net);
    assert_eq!(told.gap.total(), whole.gap.total());
    let again = told.clone().with_rejects(&reference, &[], tolerance);
    assert_eq!(again, told);
}

fn trades() -> impl Strategy<Value = Vec<Trade>> {
    let one = (
        any::<bool>(),
        (0_i64..400, 0_i64..50),
        [5_000_i64..15_000, 5_000..15_000],
        1_i64..30,
        [0_i64..500, -200..200],
        (0_u16..2, 0_u16..2),
    );
    let one = one.prop_map(|(buy, (entry, held), prices, lots, costs, (slot, instrument))| Trade {
        slot: SlotId(slot),
        instrument: InstrumentId(instrument),
        ..trade(
            if buy { Side::Buy } else { Side::Sell },
            [entry, entry + held],
            prices,
            lots,
            costs,
        )
    });
    proptest::collection::vec(one, 0..40)
}

fn net(trades: &[Trade]) -> Decimal {
    trades.iter().map(|t| t.net).sum()
}

proptest! {
    #[test]
    fn parts_add_up_to_the_gap(a in trades(), b in trades(), tolerance in 0_i64..30) {
        let tolerance = Nanos::SECOND.times(tolerance);
        let price = |_, ts: Nanos| (ts.0 % 3 > 0).then(|| Decimal::new(ts.0 / Nanos::SECOND.0 % 97, 2));
        for found in [
            Divergence::between(&a, &b, tolerance),
            Divergence::with_prices(&a, &b, tolerance, price),
        ] {
            prop_assert_eq!(found.gap.total(), net(&b) - net(&a));
            prop_assert_eq!(found.matched.len() + found.missed.len(), a.len());
            prop_assert_eq!(found.matched.len() + found.extra.len(), b.len());
            for m in &found.matched {
                prop_assert_eq!(m.gap.total(), b[m.other].net - a[m.reference].net);
            }
        }
    }

    #[test]
    fn refusals_move_parts_and_never_the_sum(
        a in trades(),
        b in trades(),
        refused in proptest::collection::vec((0_usize..40, -9_i64..10), 0..20),
        tolerance in 0_i64..30,
    ) {
        let tolerance = Nanos::SECOND.times(tolerance);
        let refused: Vec<RejectedEntry> = refused
            .into_iter()
            .filter_map(|(at, late)| {
                let trade = a.get(at)?;
                let ts = trade.entry_ts + Nanos::SECOND.times(late);
                let (slot, instrument, side) = (trade.slot, trade.instrument, trade.side);
                Some(RejectedEntry { slot, instrument, side, ts })
            })
            .collect();
        let before = Divergence::between(&a, &b, tolerance);
        let found = before.clone().with_rejects(&a, &refused, tolerance);
        prop_assert_eq!(found.gap.total(), net(&b) - net(&a));
        prop_assert_eq!(found.missed.len() + found.rejected.len(), before.missed.len());
        prop_assert!(found.rejected.len() <= refused.len());
        let cost: Decimal = found.rejected.iter().map(|at| -a[*at].net).sum();
        prop_assert_eq!(found.gap.rejected, cost);
    }

    #[test]
    fn a_list_does_not_part_from_itself(a in trades(), tolerance in 0_i64..30) {
        let found = Divergence::between(&a, &a, Nanos::SECOND.times(tolerance));
        prop_assert_eq!(found.gap, GapParts::default());
        prop_assert!(found.missed.is_empty() && found.extra.is_empty());
        prop_assert!(found.matched.iter().all(|m| m.reference == m.other));
    }

    #[test]
    fn swapping_the_lists_turns_every_sign(a in trades(), b in trades(), tolerance in 0_i64..30) {
        let tolerance = Nanos::SECOND.times(tolerance);
        let there = Divergence::between(&a, &b, tolerance);
        let back = Divergence::between(&b, &a, tolerance);
        prop_assert_eq!(back.gap, -there.gap);
        prop_assert_eq!((back.missed, back.extra), (there.extra, there.missed));
    }
}
