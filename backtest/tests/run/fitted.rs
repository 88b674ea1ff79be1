//! Costs that were measured: what one value of each list does, by hand; the same trades by
//! every way through the bars, on paper and again.

use std::sync::Arc;

use tickstep_backtest::config::Config;
use tickstep_backtest::run::{FeatureCache, Stepping};
use tickstep_backtest::setup::Prepared;
use tickstep_core::decision::Outcome;
use tickstep_core::order::Unfilled;
use tickstep_core::sim::{FittedCosts, FittedSlippage};
use tickstep_core::units::{Nanos, Side};

use super::paper::{assert_same as assert_same_story, backtested, on_paper_with};
use super::passing::assert_same;
use crate::support::files::examples;
use crate::support::same::assert_summary;
use crate::support::tiny::*;

fn costs(latency_s: i64, orders: i64, stops: i64, reject_rate: &str) -> FittedCosts {
    FittedCosts {
        seed: 1,
        latency: vec![Nanos::SECOND.times(latency_s)],
        reject_rate: frac(reject_rate),
        slippage: vec![FittedSlippage { orders: vec![orders], stops: vec![stops] }],
    }
}

fn traded(script: &[(i64, Do)], prices: &[i64], costs: FittedCosts) -> Vec<String> {
    trades(&ran(&closes(prices), script, |b| b.fitted = Some(Arc::new(costs))))
}

#[test]
fn orders_slip_for_and_against_and_stops_from_their_level() {
    let script = [(0, Do::Enter(bare(Side::Buy))), (1, Do::Exit)];
    let prices = [1001, 1001, 1001, 1001];
    assert_eq!(traded(&script, &prices, costs(0, 2, 9, "0")), ["long 1003@1 999@2 signal"]);
    assert_eq!(traded(&script, &prices, costs(0, -2, 9, "0")), ["long 999@1 1003@2 signal"]);
    // The stop of `entry` is 2 below the fill; it slips by 1, and the target does not slip.
    let q = (1000, 1000, 1000, 1000);
    let ended = |bar| {
        let fitted = Arc::new(costs(0, 0, 1, "0"));
        let run = ran(&tape(&[q, q, bar, q]), &[long(0)], |b| b.fitted = Some(fitted));
        shown(&run.trades[0])
    };
    let plain = ran(&tape(&[q, q, (1000, 1000, 990, 990), q]), &[long(0)], |_| {});
    let stopped = plain.trades[0].exit_price;
    let slipped = ended((1000, 1000, 990, 990));
    assert!(slipped.contains(&format!(" {}@", stopped - dec("1"))), "{slipped} {stopped}");
    let plain = ran(&tape(&[q, q, (1000, 1010, 1000, 1000), q]), &[long(0)], |_| {});
    assert_eq!(ended((1000, 1010, 1000, 1000)), shown(&plain.trades[0]));
}

#[test]
fn an_order_fills_at_the_first_open_whose_bar_has_not_ended_when_it_arrives() {
    let script = [(0, Do::Enter(bare(Side::Buy))), (4, Do::Exit)];
    let prices = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009];
    let at = |latency_s| traded(&script, &prices, costs(latency_s, 0, 0, "0")).remove(0);
    let opens =
        |of: &str| -> Vec<i64> { of.split(['@', ' ']).filter_map(|w| w.parse().ok()).collect() };
    let now = opens(&at(0));
    assert_eq!(opens(&at(59)), now);
    let later = |by: i64| {
        let mut moved = now.clone();
        moved.iter_mut().for_each(|n| *n += by);
        moved
    };
    assert_eq!(opens(&at(60)), later(1));
    assert_eq!(opens(&at(119)), later(1));
    assert_eq!(opens(&at(180)), later(3));
}

#[test]
fn refused_entries_leave_nothing_and_exits_are_not_refused() {
    let script = [(0, Do::Enter(bare(Side::Buy))), (3, Do::Exit)];
    let fitted = Arc::new(costs(0, 0, 0, "1"));
    let run = ran(&closes(&[1000; 8]), &script, |b| b.fitted = Some(fitted));
    assert!(run.trades.is_empty());
    let refused = |o: &Outcome| matches!(o, Outcome::Unfilled(_, Unfilled::Rejected));
    assert!(run.decisions.iter().any(|d| refused(&d.outcome)), "{:?}", run.decisions);
}

#[test]
fn a_reversal_enters_once_its_exit_is_filled() {
    let script = [(0, Do::Enter(bare(Side::Buy))), (8, Do::Enter(bare(Side::Sell)))];
    let both = Nanos::SECOND;
    for seed in 0..40 {
        let fitted = FittedCosts {
            seed,
            latency: vec![both, both.times(90), both.times(200)],
            ..costs(0, 0, 0, "0")
        };
        let run = ran(&closes(&[1000; 20]), &script, |b| b.fitted = Some(Arc::new(fitted)));
        let [first, second] = run.trades.as_slice() else { panic!("{:?}", trades(&run)) };
        assert_eq!((first.side, second.side), (Side::Buy, Side::Sell));
        assert!(second.entry_ts >= first.exit_ts, "seed {seed}: {:?}", trades(&run));
    }
}

const LISTS: [&str; 3] = [
    "costs.fitted.latency_ms=[5, 300, 2000, 61000, 130000]",
    "costs.fitted.reject_rate=0.07",
    "costs.fitted.seed=11",
];

fn prepared(name: &str, symbols: &[&str], sets: &[&str]) -> Prepared {
    let folder = examples();
    let mut all: Vec<String> = sets.iter().chain(&LISTS).map(ToString::to_string).collect();
    for symbol in symbols {
        all.push(format!(
            "costs.fitted.slippage_ticks.{symbol}={{ orders = [-1, 0, 0, 2, 5], stops = [0, 1, 3] }}"
        ));
    }
    let config = Config::read(&folder.join(name), &all).unwrap();
    Prepared::load(config, &folder).unwrap()
}

#[test]
fn every_way_through_the_bars_makes_the_same_trades() {
    for name in ["fil.toml", "cross.toml"] {
        let prepared = prepared(name, &["FILUSDT"], &["period.to=2023-09-01"]);
        let cache = FeatureCache::new(&prepared.series, 1 << 26);
        let whole = prepared.backtest().unwrap().run().unwrap();
        assert!(whole.trades.len() > 50, "{name}: {}", whole.trades.len());
        let passed = prepared.backtest().unwrap().run_with_cache(&cache).unwrap();
        assert_same(&whole, &passed, name);
        for how in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
            let summary = prepared.backtest().unwrap().summary(Some(&cache), how).unwrap();
            assert_summary(&whole, &summary, &format!("{name} {how:?}"));
        }
        let again = prepared.backtest().unwrap().run().unwrap();
        assert_same(&whole, &again, name);
        let mut config = prepared.config.clone();
        config.costs.fitted.as_mut().unwrap().seed = 12;
        let other = prepared.backtest_of(&config).unwrap().run().unwrap();
        assert_ne!(whole.trades, other.trades, "{name}: another seed is another day");
        let refused = whole
            .decisions
            .iter()
            .filter(|d| matches!(d.outcome, Outcome::Unfilled(_, Unfilled::Rejected)));
        assert!(refused.count() > 2, "{name}");
    }
}

#[test]
fn paper_and_backtest_keep_the_same_journal_with_measured_costs() {
    let prepared = prepared(
        "fil_near.toml",
        &["FILUSDT", "NEARUSDT"],
        &["period.to=2023-08-15", "strategy.params.spike_multiple=2"],
    );
    let told = backtested(prepared.backtest().unwrap());
    assert!(told.trades.len() > 50, "{}", told.trades.len());
    let paper = on_paper_with(vec![prepared.backtest().unwrap()], &[]);
    assert_same_story("measured", &told, &paper[0]);
}
