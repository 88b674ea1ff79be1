//! Entries that were given: as worked out by hand, as a strategy of one's own has them,
//! and by every way a run can be made.

use tickstep_backtest::run::{Backtest, FeatureCache, Stepping};
use tickstep_backtest::series::Series;
use tickstep_core::strategy::scheduled::{Scheduled, Signal};
use tickstep_core::strategy::{Distance, Exits};
use tickstep_core::units::{Nanos, Side};

use crate::support::frac;
use crate::support::tiny::*;

/// Close of the bar of a minute.
fn close(at: i64) -> Nanos {
    minute(at + 1)
}

/// As [`entry`] has them.
fn exits() -> Exits {
    let part = |text| Some(Distance::Fraction(frac(text)));
    Exits { stop: part("0.0025"), target: part("0.004"), hold: None }
}

fn given<'a>(series: &'a Series, signals: &[Signal]) -> Backtest<'a> {
    account(&[series], vec![slot(0, Scheduled::new(signals.to_vec()).unwrap())])
}

/// A long that reaches its target, a short that is reversed into a long, which is left
/// by a signal; then a long by its hold.
fn signals() -> Vec<Signal> {
    let held = Exits { hold: Some(Nanos::MINUTE.times(2)), ..Exits::NONE };
    vec![
        Signal::enter(close(0), Side::Buy, exits()),
        Signal::enter(close(4), Side::Sell, Exits::NONE),
        // Nothing is short-sold twice, and a long is not there to be left.
        Signal { leave_long: true, ..Signal::enter(close(5), Side::Sell, Exits::NONE) },
        Signal::enter(close(6), Side::Buy, Exits::NONE),
        Signal { leave_long: false, ..Signal::leave(close(7)) },
        Signal::leave(close(8)),
        Signal::enter(close(10), Side::Buy, held),
        // No bar closes then.
        Signal::enter(close(10) + Nanos(1), Side::Sell, held),
    ]
}

const PRICES: [i64; 16] =
    [1000, 1000, 1002, 1004, 1003, 1001, 999, 1000, 1005, 1006, 1006, 1007, 1009, 1010, 1000, 999];

#[test]
fn given_entries_trade_as_worked_out_by_hand() {
    let series = closes(&PRICES);
    let run = given(&series, &signals()).run().unwrap();
    assert_eq!(
        trades(&run),
        [
            "long 1000@1 1004@3 target",
            "short 1001@5 1000@7 opposite",
            "long 1000@7 1006@9 signal",
            "long 1007@11 1010@13 time",
        ]
    );
}

#[test]
fn a_strategy_of_ones_own_that_does_the_same_has_the_same_run() {
    let series = closes(&PRICES);
    let leave = |at| (at, Do::Exit);
    let script = [long(0), sell(4), sell(5), buy(6), leave(8), held(10, Side::Buy, 120)];
    let own = scripted(&series, &script).run().unwrap();
    assert_eq!(given(&series, &signals()).run().unwrap(), own);
}

#[test]
fn given_entries_are_followed_trade_by_trade_and_come_to_the_same() {
    let series = closes(&PRICES);
    let cache = FeatureCache::new([&series], 1 << 20);
    let only = |signal: &&Signal| signal.enter.is_some();
    let entries: Vec<Signal> = signals().iter().filter(only).copied().collect();
    for signals in [signals(), entries] {
        let way = |how| given(&series, &signals).summary(Some(&cache), how).unwrap();
        let each = way(Stepping::EveryBar);
        assert!(each.nets.len() >= 3);
        for how in [Stepping::SkipIdle, Stepping::TradeByTrade] {
            let quick = way(how);
            assert_eq!(quick.trade_hash(), each.trade_hash(), "{how:?}");
            assert_eq!((quick.equity, &quick.nets), (each.equity, &each.nets), "{how:?}");
        }
    }
}
