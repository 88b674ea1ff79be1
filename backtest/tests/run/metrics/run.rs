//! `Stats::compute` on small runs worked out by hand, its labels and its report.

use super::support::{coverage, d, daily, input, trade, trades};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_backtest::report::{figures, terminal};
use tickstep_core::order::ExitReason;
use tickstep_core::stats::*;
use tickstep_core::units::{Nanos, Side};

fn close(ours: Option<f64>, expected: f64) {
    let ours = ours.expect("has a value");
    assert!((ours - expected).abs() < 1e-9, "ours {ours}, expected {expected}");
}

#[test]
fn edge_costs_and_net_add_up() {
    let mut a = trade(Side::Buy, d("2"), d("1"), ExitReason::Target);
    a.slippage = d("0.5");
    let mut b = trade(Side::Sell, d("-1"), d("0.8"), ExitReason::Stop);
    b.funding = d("0.2");
    b.net = d("-2");
    let edge = Edge::new(&[a, b]);
    close(edge.gross_bps, 1.5 / 2000.0 * 1e4); // 2 + 0.5 - 1 before costs
    close(edge.cost_bps, 2.5 / 2000.0 * 1e4); // 1 + 0.5 + 0.8 + 0.2
    close(edge.net_bps, -1.0 / 2000.0 * 1e4);
    // Out at 1002 and, short, at 1001.
    close(edge.break_even_side_bps, 1.5 / 4003.0 * 1e4);
    close(edge.cost_side_bps, 2.5 / 4003.0 * 1e4);
    assert_eq!(Edge::new(&[]), Edge::default());
}

#[test]
fn breaking_even_costs_leave_nothing() {
    let trades = trades(&[3, -1, 2]);
    let bps = Edge::new(&trades).break_even_side_bps.unwrap();
    let paid: f64 = trades
        .iter()
        .map(|t| f64::try_from(t.entry_notional + t.exit_notional).unwrap() * bps / 1e4)
        .sum();
    assert!((paid - 4.0).abs() < 1e-12);
}

#[test]
fn sides_exits_and_streaks() {
    let t = |side, net: i64, exit| trade(side, Decimal::from(net), Decimal::ZERO, exit);
    let stats = TradeStats::new(&[
        t(Side::Buy, 2, ExitReason::Target),
        t(Side::Buy, 3, ExitReason::Time),
        t(Side::Sell, -1, ExitReason::Stop),
        t(Side::Sell, 0, ExitReason::Time),
        t(Side::Sell, -2, ExitReason::Stop),
        t(Side::Buy, -4, ExitReason::Stop),
    ]);
    assert_eq!(stats.long, TradeTotals { trades: 3, wins: 2, net: Decimal::ONE });
    assert_eq!(stats.short, TradeTotals { trades: 3, wins: 0, net: d("-3") });
    let exits: Vec<_> =
        stats.exits.iter().map(|e| (e.reason, e.share.trades, e.share.net)).collect();
    assert_eq!(
        exits,
        [
            (ExitReason::Stop, 3, d("-7")),
            (ExitReason::Target, 1, d("2")),
            (ExitReason::Time, 2, d("3")),
        ]
    );
    // The break-even between the losses ends their streak.
    assert_eq!((stats.max_consecutive_wins, stats.max_consecutive_losses), (2, 2));
    assert_eq!((stats.wins, stats.losses, stats.break_evens), (2, 3, 1));
    close(stats.best, 0.003);
    close(stats.worst, -0.004);
    close(stats.average, -2.0 / 6000.0);
    close(stats.average_win, 0.0025);
    close(stats.average_loss, -7.0 / 3000.0);
    assert_eq!(stats.average_duration, Some(Nanos::MINUTE.times(5)));
}

#[test]
fn expectancy_in_r_counts_trades_with_a_stop() {
    let mut list = trades(&[4, -2, 100]);
    list[0].initial_risk = Some(d("2"));
    list[1].initial_risk = Some(d("2"));
    close(TradeStats::new(&list).expectancy_r, 0.5);
}

#[test]
fn headline_ratios_are_on_days_with_data() {
    let at = |hours: i64, equity: i64| EquityPoint {
        ts: Nanos::HOUR.times(hours),
        equity: Decimal::from(equity),
    };
    // Day 1 closes at 110 at midnight, day 2 at 99, day 3 has no bar, day 4 is not over.
    let curve = [at(1, 100), at(23, 90), at(24, 110), at(30, 120), at(48, 99), at(80, 132)];
    let coverage = coverage(&curve, Nanos::HOUR);
    let stats = Stats::compute(&StatsInput {
        interval: Nanos::HOUR,
        coverage: &coverage,
        ..input(&curve, &trades(&[1]))
    });
    let days = [0.1, -0.1, 132.0 / 99.0 - 1.0];
    assert_eq!(stats.ratios.days, 3);
    close(stats.ratios.sharpe, sharpe(&days, 0.0, 365.0).unwrap());
    close(stats.ratios.sortino, sortino(&days, 0.0, 365.0).unwrap());
    close(stats.risk.var_95, value_at_risk(&days, 0.05).unwrap());
    // The depth of every bar close: 120 to 99, not 110 to 99.
    close(stats.risk.max_drawdown, 99.0 / 120.0 - 1.0);
    assert_eq!(stats.ratios.sample, SampleSize::Insufficient);
    assert_eq!(stats.period.start, Some(Nanos(0)));
    assert_eq!(stats.period.duration, Nanos::HOUR.times(80));
    assert_eq!(stats.period.covered, Nanos::HOUR.times(49), "48, and the last one");
    assert_eq!(stats.period.days_per_year, 365);
    let spans = stats.risk.drawdown_spans.unwrap();
    assert_eq!((spans.longest, spans.longest_is_open), (Nanos::HOUR.times(50), false));
}

#[test]
fn an_open_drawdown_lasts_to_the_end() {
    let curve = daily(&[90, 100, 95, 96, 97]);
    let spans = Stats::compute(&input(&curve, &[])).risk.drawdown_spans.unwrap();
    assert_eq!((spans.longest, spans.longest_is_open), (Nanos::DAY.times(3), true));
    assert_eq!((spans.mean, spans.count), (Nanos(Nanos::DAY.0 * 5 / 2), 2));
    assert_eq!(spans.deepest_peak_to_trough, Nanos::DAY);
}

#[test]
fn a_year_of_days_is_a_year() {
    let curve: Vec<_> = (1..=365).map(|day| 10_000 + 10 * day).collect();
    let curve = daily(&curve);
    let won = trades(&[3650]);
    let stats = Stats::compute(&StatsInput {
        starting_cash: d("10000"),
        first_price: Some(d("4")),
        last_price: Some(d("5")),
        bars_in_position: 73,
        mean_exposure: 0.1,
        search: Some(TrialSharpes { trials: 100.0, sharpe_std: 0.1 }),
        ..input(&curve, &won)
    });
    let o = &stats.outcome;
    close(o.cagr, 0.365);
    close(o.total_return, 0.365);
    close(o.buy_hold_return, 0.25);
    close(o.exposure_time, 0.2);
    close(o.turnover, 5650.0 / 11830.0);
    assert_eq!((o.final_equity, o.peak_equity), (d("13650"), d("13650")));
    assert_eq!(stats.ratios.sample, SampleSize::Sufficient);
    let sample = stats.ratios.sharpe_sample().unwrap();
    assert_eq!(stats.ratios.deflated_sharpe, deflated_sharpe(&sample, 100.0, 0.1));
    // Bars are days here, so the plain bar figure is the headline one.
    close(stats.ratios.sharpe_bars, stats.ratios.sharpe.unwrap());
    assert!(stats.ratios.sharpe_bars_lo < stats.ratios.sharpe_bars);
}

#[test]
#[should_panic(expected = "equity points are in time order")]
fn disorder_stops() {
    let mut curve = daily(&[100, 101]);
    curve.swap(0, 1);
    let _ = Stats::compute(&input(&curve, &[]));
}

/// The names that users know from other tools.
const KNOWN: [&str; 49] = [
    "Start",
    "End",
    "Duration",
    "Exposure Time [%]",
    "Equity Final",
    "Equity Peak",
    "Fees Paid",
    "Return [%]",
    "Buy & Hold Return [%]",
    "CAGR [%]",
    "Volatility (Ann.) [%]",
    "Sharpe Ratio",
    "Sortino Ratio",
    "Calmar Ratio",
    "Omega Ratio",
    "Max. Drawdown [%]",
    "Avg. Drawdown [%]",
    "Max. Drawdown Duration",
    "Avg. Drawdown Duration",
    "Ulcer Index",
    "Tail Ratio",
    "VaR 95 [%]",
    "CVaR 95 [%]",
    "# Trades",
    "Win Rate [%]",
    "Best Trade [%]",
    "Worst Trade [%]",
    "Avg. Trade [%]",
    "Avg. Winning Trade [%]",
    "Avg. Losing Trade [%]",
    "Max. Trade Duration",
    "Avg. Trade Duration",
    "Profit Factor",
    "Expectancy",
    "Expectancy [R]",
    "SQN",
    "Kelly Criterion",
    "Payoff Ratio",
    "Max consecutive wins",
    "Max consecutive losses",
    "MAE (avg) [%]",
    "MAE (largest) [%]",
    "MFE (avg) [%]",
    "MFE (largest) [%]",
    "Turnover",
    "Probabilistic Sharpe Ratio",
    "Deflated Sharpe Ratio",
    "Min. Track Record Length",
    "Break-even Cost [bps a side]",
];

#[test]
fn known_labels_are_there_once() {
    let table = figures(&Stats::compute(&input(&[], &[])), "USDT", &TimeZone::UTC);
    for known in KNOWN {
        assert_eq!(table.iter().filter(|(label, _)| label == known).count(), 1, "{known}");
    }
}

#[test]
fn the_report_holds_every_row_in_about_100_columns() {
    let curve: Vec<i64> = (0..200).map(|i| 10_000 + 7 * i - 90 * (i % 9)).collect();
    let curve = daily(&curve);
    let (mut list, t) = (Vec::new(), trade);
    for (i, exit) in (0..400).zip(ExitReason::ALL.into_iter().cycle()) {
        let side = if i % 3 == 0 { Side::Sell } else { Side::Buy };
        list.push(t(side, Decimal::new(i * 37 % 91 - 40, 1), d("0.8"), exit));
    }
    let stats = Stats::compute(&StatsInput {
        starting_cash: d("10000"),
        bars_in_position: 50,
        mean_exposure: 0.031,
        ..input(&curve, &list)
    });
    let report = terminal(&stats, "USDT", &TimeZone::UTC);
    println!("{report}");
    for line in report.lines() {
        assert_eq!(line.chars().count(), 101, "{line}");
    }
    for (label, value) in figures(&stats, "USDT", &TimeZone::UTC) {
        assert!(report.contains(&label) && report.contains(&value), "{label}: {value}");
    }
}
