//! A run in a few figures against the whole run that it stands for, and a series
//! without where it was read from.

use std::ops::Range;

use rust_decimal::Decimal;
use tickstep_backtest::run::{Run, Summary};
use tickstep_backtest::series::{Gap, Grid, Repaired, Rounded, Series};
use tickstep_core::event::Bar;
use tickstep_core::ledger::Trade;
use tickstep_core::math::decimal_to_f64;
use tickstep_core::order::ExitReason;
use tickstep_core::stats::{DailyCloses, EquityPoint, max_drawdown};
use tickstep_core::trade_hash::TradeHash;
use tickstep_core::units::Nanos;

/// Stops where any figure of `summary` is not that of `whole`.
pub fn assert_summary(whole: &Run, summary: &Summary, at: &str) {
    let nets: Vec<Decimal> = whole.trades.iter().map(|t| t.net).collect();
    assert_eq!(summary.nets, nets, "{at}");
    assert_eq!(summary.trade_hash(), TradeHash::of(&whole.trades), "{at}");
    assert_eq!(summary.cash, whole.cash, "{at}");
    assert_eq!(Some(&summary.equity), whole.equity.last().map(|p| &p.equity), "{at}");
    let paid = [&summary.fees, &summary.slippage, &summary.funding];
    let each = |of: fn(&Trade) -> Decimal| whole.trades.iter().map(of).sum::<Decimal>();
    assert_eq!(paid, [&each(|t| t.fees), &each(|t| t.slippage), &each(|t| t.funding)], "{at}");
    let holds = whole.trades.iter().map(|t| t.exit_ts - t.entry_ts);
    assert_eq!(summary.longest_hold, holds.max().unwrap_or(Nanos(0)), "{at}");
    let cut = whole.trades.iter().filter(|t| t.exit == ExitReason::EndOfData).count();
    assert_eq!(summary.cut, cut, "{at}");
    let span = whole.equity.first().zip(whole.equity.last()).map(|(a, b)| (a.ts, b.ts));
    assert_eq!(summary.span, span, "{at}");
    assert_eq!(summary.ambiguous, whole.touched_both - whole.resolved, "{at}");
    assert_eq!(summary.bars, whole.bars, "{at}");
    assert_eq!(summary.bars_in_position, whole.bars_in_position, "{at}");
    let equity = |p: &EquityPoint| (p.ts, decimal_to_f64(p.equity));
    let mut daily = DailyCloses::new(decimal_to_f64(whole.cash), whole.coverage.clone());
    whole.equity.iter().map(equity).for_each(|(ts, equity)| daily.push(ts, equity));
    assert_eq!(summary.daily.closes(), daily.closes(), "{at}");
    assert_eq!(summary.daily.coverage(), &whole.coverage, "{at}");
    assert_eq!(daily.closes().len(), whole.coverage.days().len(), "{at}");
    let curve: Vec<f64> = whole.equity.iter().map(|p| equity(p).1).collect();
    let depth = max_drawdown(decimal_to_f64(whole.cash), &curve);
    assert_eq!(summary.deepest.depth(), depth, "{at}");
    assert_eq!(summary.deepest.ruined(), curve.iter().any(|e| *e <= 0.0), "{at}");
}

/// Everything that a series is, but its name and the files it was read from.
pub type Contents<'a> =
    (Nanos, Grid, &'a [Bar], &'a [Range<usize>], &'a [Gap], bool, Rounded, Repaired);

/// The contents of a series, to be compared with those of another.
pub fn contents(series: &Series) -> Contents<'_> {
    (
        series.interval().nominal(),
        series.grid(),
        series.bars(),
        series.segments(),
        series.gaps(),
        series.has_taker(),
        series.rounded(),
        series.repaired(),
    )
}

/// Stops where two series differ in more than the files they were read from.
#[track_caller]
pub fn assert_same_series(found: &Series, expect: &Series) {
    assert_eq!(found.symbol(), expect.symbol());
    assert_eq!(contents(found), contents(expect));
}
