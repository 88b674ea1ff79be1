//! What holds for every run: scales, bounds, identities, and no NaN.

use super::support::{d, trade};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::report::{figures, why_undefined};
use tickstep_core::ledger::Trade;
use tickstep_core::order::ExitReason;
use tickstep_core::stats::*;
use tickstep_core::units::{Nanos, Side};

/// Money with two decimals, zero not rare.
fn pnl() -> impl Strategy<Value = Vec<Decimal>> {
    let amount = prop_oneof![1 => Just(0_i64), 9 => -100_000_i64..100_000];
    proptest::collection::vec(amount.prop_map(|cents| Decimal::new(cents, 2)), 0..60)
}

fn equity() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(1.0_f64..1e6, 1..80)
}

fn run(steps: &[(i64, i64)]) -> Vec<EquityPoint> {
    let point = |ts: &mut i64, (minutes, cents): &(i64, i64)| {
        *ts += minutes;
        Some(EquityPoint { ts: Nanos::MINUTE.times(*ts), equity: Decimal::new(*cents, 2) })
    };
    steps.iter().scan(0, point).collect()
}

fn list(pnl: &[Decimal]) -> Vec<Trade> {
    let one = |p: &Decimal| trade(Side::Sell, *p, d("0.75"), ExitReason::Stop);
    pnl.iter().map(one).collect()
}

fn has_no_nan(values: &[Option<f64>]) -> bool {
    values.iter().flatten().all(|x| x.is_finite())
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0),
        (a, b) => a == b,
    }
}

proptest! {
    #[test]
    fn ratios_do_not_depend_on_the_unit_of_money(curve in equity(), shift in -8_i32..8) {
        // A power of two, so that rounding is the same.
        let k = 2.0_f64.powi(shift);
        let scaled: Vec<f64> = curve.iter().map(|e| e * k).collect();
        let (r, s) = (simple_returns(1e4, &curve).unwrap(), simple_returns(1e4 * k, &scaled).unwrap());
        prop_assert_eq!(&r, &s);
        prop_assert_eq!(max_drawdown(1e4, &curve), max_drawdown(1e4 * k, &scaled));
        prop_assert_eq!(ulcer_index(1e4, &curve), ulcer_index(1e4 * k, &scaled));
    }

    #[test]
    fn sharpe_and_shape_do_not_depend_on_leverage(r in proptest::collection::vec(-0.2_f64..0.2, 3..60), k in 0.1_f64..10.0) {
        let levered: Vec<f64> = r.iter().map(|r| r * k).collect();
        prop_assert!(near(sharpe(&r, 0.0, 365.0), sharpe(&levered, 0.0, 365.0)));
        prop_assert!(near(sortino(&r, 0.0, 365.0), sortino(&levered, 0.0, 365.0)));
        prop_assert!(near(omega(&r, 0.0), omega(&levered, 0.0)));
        prop_assert!(near(kurtosis(&r), kurtosis(&levered)));
        let vol = |r: &[f64]| volatility(r, 365.0);
        prop_assert!(near(vol(&r).map(|v| v * k), vol(&levered)));
    }

    #[test]
    fn drawdown_of_positive_equity_is_a_share_of_it(curve in equity()) {
        let mdd = max_drawdown(1e3, &curve).unwrap();
        prop_assert!((-1.0..=0.0).contains(&mdd));
        let ulcer = ulcer_index(1e3, &curve).unwrap();
        prop_assert!(ulcer <= -mdd);
        let points = curve.iter().zip(1..).map(|(e, day)| (Nanos::DAY.times(day), *e));
        let all = drawdowns(Nanos(0), 1e3, points);
        prop_assert!(all.mean.is_none_or(|mean| (mdd..=0.0).contains(&mean)));
        prop_assert_eq!(all.spans.is_some(), mdd < 0.0);
        if let Some(spans) = all.spans {
            prop_assert!(spans.mean <= spans.longest);
        }
    }

    #[test]
    fn tails_are_ordered(r in proptest::collection::vec(-0.2_f64..0.2, 1..60)) {
        let (var, cvar) = (value_at_risk(&r, 0.05).unwrap(), conditional_value_at_risk(&r, 0.05).unwrap());
        let worst = r.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assert!(worst <= cvar + 1e-15 && cvar <= var + 1e-15);
    }

    #[test]
    fn expectancy_and_profit_factor_are_one_account(pnl in pnl()) {
        let n = pnl.len() as f64;
        let tally = WinLossTally::new(&pnl);
        prop_assert_eq!(tally.trades(), pnl.len());
        prop_assert_eq!(tally.net(), pnl.iter().sum::<Decimal>());
        let (w, l) = (tally.wins as f64 / n, tally.losses as f64 / n);
        let win = average_win(&pnl).unwrap_or(0.0);
        let loss = average_loss(&pnl).unwrap_or(0.0).abs();
        if let Some(mean) = expectancy(&pnl) {
            prop_assert!((mean - (w * win - l * loss)).abs() < 1e-9 * (1.0 + win + loss));
        }
        if let (Some(factor), Some(payoff)) = (profit_factor(&pnl), payoff_ratio(&pnl)) {
            prop_assert!((factor - payoff * w / l).abs() < 1e-9 * (1.0 + factor));
            prop_assert_eq!(factor > 1.0, expectancy(&pnl).unwrap() > 0.0);
        }
    }

    #[test]
    fn sums_do_not_depend_on_order(pnl in pnl()) {
        let mut reversed = pnl.clone();
        reversed.reverse();
        prop_assert_eq!(WinLossTally::new(&pnl), WinLossTally::new(&reversed));
        prop_assert_eq!(expectancy(&pnl), expectancy(&reversed));
        prop_assert_eq!(profit_factor(&pnl), profit_factor(&reversed));
        prop_assert_eq!(kelly(&pnl), kelly(&reversed));
        prop_assert_eq!(Edge::new(&list(&pnl)), Edge::new(&list(&reversed)));
        prop_assert!(near(sqn(&pnl), sqn(&reversed)));
        prop_assert_eq!(longest_streaks(&pnl), longest_streaks(&reversed));
    }

    #[test]
    fn costs_are_what_the_edge_loses(pnl in pnl()) {
        let edge = Edge::new(&list(&pnl));
        if let (Some(gross), Some(cost), Some(net)) = (edge.gross_bps, edge.cost_bps, edge.net_bps) {
            prop_assert!((gross - cost - net).abs() < 1e-9 * (1.0 + gross.abs()));
        }
    }

    #[test]
    fn probabilities_grow_with_the_record(sr in -1.0_f64..1.0, g3 in -1.0_f64..1.0, g4 in 3.0_f64..9.0, n in 2_usize..500) {
        let sample = SharpeSample { sharpe: sr, periods: n, skewness: g3, kurtosis: g4 };
        let longer = SharpeSample { periods: 2 * n, ..sample };
        if let (Some(p), Some(q)) = (probabilistic_sharpe(&sample, 0.0), probabilistic_sharpe(&longer, 0.0)) {
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((sr > 0.0 && q >= p) || (sr <= 0.0 && q <= p));
        }
        let bar = expected_max_sharpe(50.0, 0.1).unwrap();
        prop_assert!(bar < expected_max_sharpe(51.0, 0.1).unwrap());
        prop_assert_eq!(deflated_sharpe(&sample, 50.0, 0.1), probabilistic_sharpe(&sample, bar));
    }

    #[test]
    fn never_nan(values in proptest::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 0..20), a in any::<f64>()) {
        let r = &values;
        prop_assert!(has_no_nan(&[
            mean(r), std_dev(r), skewness(r), kurtosis(r), quantile(r, 0.3),
            sharpe(r, 0.0, 365.0), sharpe(r, a, 365.0), sortino(r, a, 365.0), volatility(r, 365.0),
            omega(r, a), tail_ratio(r), value_at_risk(r, 0.05), conditional_value_at_risk(r, 0.05),
            sharpe_lo(r, 365.0), lo_scale(r, 12.0), cagr(1.0, a, 0.5), cagr(a, 1.0, a), calmar(a, a),
            max_drawdown(1.0, r), ulcer_index(1.0, r), expected_max_sharpe(a, 1.0),
        ]));
        prop_assert!(simple_returns(1.0, r).is_none_or(|r| r.iter().all(|x| x.is_finite())));
        let points = r.iter().map(|e| (Nanos(0), *e));
        let dd = drawdowns(Nanos(0), a, points);
        prop_assert!(has_no_nan(&[dd.max, dd.mean, dd.ulcer]));
        let sample = SharpeSample { sharpe: a, periods: 9, skewness: a, kurtosis: a };
        prop_assert!(has_no_nan(&[
            probabilistic_sharpe(&sample, a), min_track_record(&sample, 0.0, 0.05), deflated_sharpe(&sample, a, a),
        ]));
    }

    #[test]
    fn a_run_is_written_and_read_back(
        steps in proptest::collection::vec((1_i64..4000, -50_000_i64..5_000_000), 0..60),
        pnl in pnl(),
        cash in prop_oneof![Just(0_i64), Just(-5), 1_i64..1_000_000],
    ) {
        let (curve, trades) = (run(&steps), list(&pnl));
        let coverage = super::support::coverage(&curve, Nanos::MINUTE);
        let input = StatsInput {
            coverage: &coverage,
            starting_cash: Decimal::new(cash, 2), interval: Nanos::MINUTE, ..super::support::input(&curve, &trades)
        };
        let stats = Stats::compute(&input);
        let json = serde_json::to_string(&stats).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Stats>(&json).unwrap(), &stats);
        for (label, value) in figures(&stats, "USDT", &TimeZone::UTC) {
            let lower = value.to_lowercase();
            prop_assert!(!lower.contains("nan") && lower != "inf" && lower != "-inf", "{}: {}", label, value);
            prop_assert!(why_undefined(&stats, &label) != Some(Undefined::OutOfRange), "{}: no reason", label);
        }
    }
}
