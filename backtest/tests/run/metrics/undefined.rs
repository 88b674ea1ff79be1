//! The table of `stats`'s documentation, row by row: what each figure is, or which
//! words stand for it, where formulas have no value.

use super::support::{daily, input, trades};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_backtest::report::{figures, why_undefined};
use tickstep_core::stats::{Stats, StatsInput, Undefined};

const LABELS: [&str; 11] = [
    "Return [%]",
    "CAGR [%]",
    "Max. Drawdown [%]",
    "Avg. Drawdown [%]",
    "Sharpe Ratio",
    "Sortino Ratio",
    "Omega Ratio",
    "Calmar Ratio",
    "Profit Factor",
    "Win Rate [%]",
    "Expectancy",
];

/// `#` stands for any number.
fn check(case: &str, input: &StatsInput<'_>, expected: [&str; 11]) {
    let stats = Stats::compute(input);
    let table = figures(&stats, "USDT", &TimeZone::UTC);
    for (label, expected) in LABELS.iter().zip(expected) {
        let (_, printed) = table.iter().find(|(l, _)| l == label).unwrap();
        if expected == "#" {
            assert!(why_undefined(&stats, label).is_none(), "{case}, {label}: {printed}");
        } else {
            assert_eq!(printed, expected, "{case}, {label}");
        }
    }
    for (label, printed) in &table {
        let lower = printed.to_lowercase();
        assert!(!lower.contains("nan") && !lower.contains("inf "), "{case}, {label}: {printed}");
    }
    let json = serde_json::to_string(&stats).unwrap();
    assert_eq!(serde_json::from_str::<Stats>(&json).unwrap(), stats, "{case}");
}

const SHORT: &str = "too short";
const NONE: &str = "no trades";
const RUIN: &str = "ruin";

#[test]
fn no_bars() {
    check(
        "no bars",
        &input(&[], &[]),
        ["0.00", SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, NONE, NONE, NONE],
    );
}

#[test]
fn one_day() {
    let (curve, trades) = (daily(&[98]), trades(&[3, -5]));
    check(
        "one day",
        &input(&curve, &trades),
        ["-2.00", SHORT, "-2.00", "-2.00", SHORT, SHORT, SHORT, SHORT, "0.60", "50.00", "#"],
    );
    let curve = daily(&[101]);
    check(
        "one day up",
        &input(&curve, &trades),
        ["1.00", SHORT, "0.00", "no drawdown", SHORT, SHORT, SHORT, SHORT, "#", "#", "#"],
    );
}

#[test]
fn no_trades() {
    let curve = daily(&[100; 40]);
    check(
        "no trades",
        &input(&curve, &[]),
        ["0.00", "0.00", "0.00", "no drawdown", NONE, NONE, NONE, "no drawdown", NONE, NONE, NONE],
    );
}

#[test]
fn equal_returns() {
    // 1, 2, 4, ... is exact, so that no rounding is left to be taken for spread.
    let doubling: Vec<i64> = (1..=30).map(|day| 100 << day).collect();
    let (curve, trades) = (daily(&doubling), trades(&[1, -1]));
    check(
        "equal returns",
        &input(&curve, &trades),
        [
            "#",
            "#",
            "0.00",
            "no drawdown",
            "no variance",
            "no losing days",
            "no losing days",
            "no drawdown",
            "1.00",
            "50.00",
            "#",
        ],
    );
}

#[test]
fn no_losing_trade() {
    let curve = daily(&[101, 100, 102, 101, 103, 102, 104, 105]);
    let won = trades(&[2, 2, 0, 1]);
    let expected = ["5.00", "#", "-0.99", "#", "#", "#", "#", "#", "no losses", "75.00", "#"];
    check("no losing trade", &input(&curve, &won), expected);
    let stats = Stats::compute(&input(&curve, &won));
    assert_eq!((stats.trades.payoff_ratio, stats.trades.kelly), (None, None));
    assert_eq!(why_undefined(&stats, "Kelly Criterion"), Some(Undefined::NoLosses));
    assert_eq!(why_undefined(&stats, "Avg. Losing Trade [%]"), Some(Undefined::NoLosses));
    assert_eq!(why_undefined(&stats, "Expectancy [R]"), Some(Undefined::NoStops));
    assert_eq!((stats.trades.wins, stats.trades.losses, stats.trades.break_evens), (3, 0, 1));
}

#[test]
fn no_winning_trade() {
    let curve = daily(&[99, 100, 98, 97, 98, 97, 96, 95]);
    let lost = trades(&[-2, -3]);
    let expected = ["-5.00", "#", "-5.00", "#", "#", "#", "#", "#", "0.00", "0.00", "#"];
    check("no winning trade", &input(&curve, &lost), expected);
    let stats = Stats::compute(&input(&curve, &lost));
    assert_eq!(why_undefined(&stats, "Payoff Ratio"), Some(Undefined::NoWins));
    assert_eq!(why_undefined(&stats, "Avg. Winning Trade [%]"), Some(Undefined::NoWins));
    assert_eq!(
        why_undefined(&stats, "Min. Track Record Length"),
        Some(Undefined::SharpeNotPositive)
    );
}

#[test]
fn ruin() {
    let trades = trades(&[5, -130]);
    let curve = daily(&[105, 90, 50, 20, 5, 1, 0, -20]);
    check(
        "ruin at the end",
        &input(&curve, &trades),
        ["-120.00", RUIN, "-119.05", "-119.05", RUIN, RUIN, RUIN, RUIN, "0.04", "50.00", "#"],
    );
    let curve = daily(&[105, 90, 50, 0, 5, 50, 90, 110]);
    check(
        "ruin that came back",
        &input(&curve, &trades),
        ["10.00", RUIN, "-100.00", "-100.00", RUIN, RUIN, RUIN, RUIN, "0.04", "50.00", "#"],
    );
}

#[test]
fn no_starting_cash() {
    let (curve, trades) = (daily(&[1, 2, 3, 4, 5, 6, 7, 8]), trades(&[2, -1]));
    let input = StatsInput { starting_cash: Decimal::ZERO, ..input(&curve, &trades) };
    check(
        "no starting cash",
        &input,
        [RUIN, RUIN, RUIN, RUIN, RUIN, RUIN, RUIN, RUIN, "2.00", "50.00", "#"],
    );
}

#[test]
fn the_rest_of_the_words() {
    let curve = daily(&[101; 12]);
    let one = trades(&[1]);
    let stats = Stats::compute(&input(&curve, &one));
    let why = |label| why_undefined(&stats, label);
    assert_eq!(why("SQN"), Some(Undefined::TooShort));
    assert_eq!(why("Deflated Sharpe Ratio"), Some(Undefined::NeedsSearch));
    assert_eq!(why("Buy & Hold Return [%]"), Some(Undefined::NotGiven));
    assert_eq!(why("Tail Ratio"), Some(Undefined::NoLowerTail));
    assert_eq!(why("Max. Drawdown Duration"), Some(Undefined::NoDrawdown));
    assert_eq!(why("Return [%]"), None);
    assert_eq!(why("no such label"), None);
    let two = trades(&[1, 1]);
    assert_eq!(
        why_undefined(&Stats::compute(&input(&curve, &two)), "SQN"),
        Some(Undefined::NoVariance)
    );
    assert_eq!(Undefined::NeedsSearch.to_string(), "needs a search");
}
