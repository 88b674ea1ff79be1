//! Trades and curves for the tests of statistics.

use rust_decimal::Decimal;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{ExitReason, OrderId, SlotId};
use tickstep_core::stats::{Coverage, EquityPoint, StatsInput};
use tickstep_core::units::{Lots, Nanos, Side};

pub fn d(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

/// A trade of 1000 that won or lost `gross` at its fills, for a fee of `fee`.
pub fn trade(side: Side, gross: Decimal, fee: Decimal, exit: ExitReason) -> Trade {
    let moved = gross * Decimal::from(side.sign());
    Trade {
        slot: SlotId(0),
        instrument: InstrumentId(0),
        side,
        lots: Lots::new(10).unwrap(),
        entry: OrderId(1),
        entry_ts: Nanos::MINUTE,
        exit_ts: Nanos::MINUTE.times(6),
        entry_price: Decimal::ONE_HUNDRED,
        exit_price: (Decimal::ONE_THOUSAND + moved) / Decimal::TEN,
        exit,
        gross,
        fees: fee,
        funding: Decimal::ZERO,
        slippage: Decimal::ZERO,
        net: gross - fee,
        entry_notional: Decimal::ONE_THOUSAND,
        exit_notional: Decimal::ONE_THOUSAND + moved,
        initial_risk: None,
        mae: 0.001,
        mfe: 0.002,
        ambiguous: false,
    }
}

/// Trades that net `pnl`, without fees.
pub fn trades(pnl: &[i64]) -> Vec<Trade> {
    let free = |p: &i64| trade(Side::Buy, Decimal::from(*p), Decimal::ZERO, ExitReason::Target);
    pnl.iter().map(free).collect()
}

/// One point at the end of each UTC day.
pub fn daily(equity: &[i64]) -> Vec<EquityPoint> {
    let point = |(e, day): (&i64, i64)| EquityPoint {
        ts: Nanos::DAY.times(day),
        equity: Decimal::from(*e),
    };
    equity.iter().zip(1..).map(point).collect()
}

/// Of bars of that length, which close at the points; more than a day from one to the
/// next is the end of a segment.
pub fn coverage(points: &[EquityPoint], length: Nanos) -> Coverage {
    let mut coverage = Coverage::default();
    for segment in points.chunk_by(|a, b| b.ts - a.ts <= length + Nanos::DAY) {
        coverage.add_segment(segment.iter().map(|p| (p.ts - length, p.ts)));
    }
    coverage
}

/// A run on days that started with 100.
pub fn input<'a>(equity: &'a [EquityPoint], trades: &'a [Trade]) -> StatsInput<'a> {
    StatsInput {
        equity,
        // Lent for as long as the test runs.
        coverage: Box::leak(Box::new(coverage(equity, Nanos::DAY))),
        starting_cash: Decimal::ONE_HUNDRED,
        trades,
        decisions: &[],
        bars: equity.len() as u64,
        bars_in_position: 0,
        mean_exposure: 0.0,
        first_price: None,
        last_price: None,
        interval: Nanos::DAY,
        search: None,
    }
}
