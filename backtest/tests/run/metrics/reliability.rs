//! How little a result knows, on values worked out by hand.

use super::support::{d, daily, input, trade, trades};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_backtest::report::figures;
use tickstep_core::order::ExitReason;
use tickstep_core::stats::*;
use tickstep_core::units::{Nanos, Side};

fn close(ours: Option<f64>, expected: f64) {
    let ours = ours.expect("has a value");
    assert!((ours - expected).abs() < 1e-6, "ours {ours}, expected {expected}");
}

#[test]
fn the_edge_has_the_interval_of_a_mean_by_students_t() {
    // 10, 20 and 60 bps of 1000: a deviation of sqrt(700), over sqrt(3), times 4.302652730.
    let equal = Edge::new(&trades(&[1, 2, 6]));
    close(equal.gross_bps, 30.0);
    close(equal.gross_ci95_bps, 700.0_f64.sqrt() / 3.0_f64.sqrt() * 4.302_652_730);
    // 1 of 1000 and 0 of 3000: 2.5 bps; off by 0.75 each way; sqrt(2 * 1.125) / 4000.
    let mut unequal = trades(&[1, 0]);
    unequal[1].entry_notional = Decimal::from(3_000);
    let unequal = Edge::new(&unequal);
    close(unequal.gross_bps, 2.5);
    close(unequal.gross_ci95_bps, 3.75 * 12.706_204_736);
    assert_eq!(Edge::new(&trades(&[1])).gross_ci95_bps, None, "one trade has no deviation");
    close(Edge::new(&trades(&[1, 1, 1])).gross_ci95_bps, 0.0);
}

#[test]
fn sizes_are_of_the_equity_before_the_entry() {
    let curve = daily(&[1_200, 1_100]);
    let mut list = trades(&[1, 1]);
    list[0].entry_notional = Decimal::from(500); // In the first minute, of 1000.
    list[1].entry_notional = Decimal::from(300); // At the close of the first day, of 1200.
    list[1].entry_ts = Nanos::DAY;
    let cash = Decimal::from(1_000);
    let stats = Stats::compute(&StatsInput { starting_cash: cash, ..input(&curve, &list) });
    close(stats.sizes.median_notional, 400.0);
    close(stats.sizes.median_share, 0.375);
    close(stats.sizes.largest_share, 0.5);
    let none = Stats::compute(&input(&curve, &[]));
    assert_eq!(none.sizes, SizeStats::default());
}

#[test]
fn ruin_liquidation_and_too_few_of_anything_are_told() {
    let days = |n: i64| daily(&(0..n).map(|i| 100 + i % 2).collect::<Vec<_>>());
    let of = |n: i64, count: usize| {
        let (curve, list) = (days(n), trades(&vec![1; count]));
        Stats::compute(&input(&curve, &list)).reliability
    };
    let enough = |yes| if yes { SampleSize::Sufficient } else { SampleSize::Insufficient };
    for (n, count, annual, quarter, many) in [
        (29, 29, false, false, false),
        (30, 30, true, false, true),
        (89, 30, true, false, true),
        (90, 8, true, true, false),
    ] {
        let told = of(n, count);
        assert_eq!(
            (told.annual, told.days, told.trades),
            (enough(annual), enough(quarter), enough(many)),
            "{n} days, {count} trades"
        );
        assert!(!told.ruin && told.liquidations == 0);
    }
    let curve = daily(&[50, -1]);
    let liquidated = [trade(Side::Buy, d("-101"), d("0"), ExitReason::Liquidation)];
    let told = Stats::compute(&input(&curve, &liquidated)).reliability;
    assert!(told.ruin);
    assert_eq!((told.liquidations, told.edge), (1, EdgeEvidence::Nothing));
}

#[test]
fn figures_of_a_year_are_marked_below_30_days() {
    let value = |n: i64, label: &str| {
        let curve = daily(&(0..n).map(|i| 100 + i % 3).collect::<Vec<_>>());
        let stats = Stats::compute(&input(&curve, &[]));
        let all = figures(&stats, "USDT", &TimeZone::UTC);
        all.into_iter().find(|(l, _)| l == label).unwrap().1
    };
    for label in ["CAGR [%]", "Volatility (Ann.) [%]", "Sharpe Ratio", "Sortino Ratio"] {
        assert!(value(29, label).ends_with(" (insufficient)"), "{label}");
        assert!(!value(30, label).contains('('), "{label}");
    }
}
