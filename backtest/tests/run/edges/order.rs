//! What comes first: exits before entries, time before opposite, brackets
//! before signals, and holds counted in bars.

use tickstep_backtest::run::Period;
use tickstep_core::strategy::Entry;
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

#[test]
fn a_decision_at_a_close_fills_at_the_next_open() {
    let bars = tape(&[(1000, 1005, 995, 1001), (1002, 1003, 1001, 1002), (1004, 1004, 1004, 1004)]);
    let run = ran(&bars, &[buy(0), (1, Do::Exit)], |_| ());
    assert_eq!(trades(&run), ["long 1002@1 1004@2 signal"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 CLOSE signal sent"]);
    assert_eq!(run.decisions[0].px.0, 1001, "the price known then is the close");
}

#[test]
fn an_opposite_signal_closes_and_opens_at_one_open() {
    let run = ran(&closes(&[1000, 1001, 1002, 1003]), &[buy(0), sell(1)], |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1002@2 opposite", "short 1002@2 1003@4 end_of_data"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 CLOSE opposite sent", "2 OPEN_SHORT sent"]);
}

#[test]
fn a_signal_of_the_same_side_is_ignored() {
    let run = ran(&closes(&[1000, 1001, 1002, 1003]), &[buy(0), buy(1)], |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1003@4 end_of_data"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 HOLD there"]);
}

#[test]
fn a_signal_of_the_same_side_is_ignored_on_the_bar_of_a_time_exit_too() {
    let script = [held(0, Side::Buy, 60), buy(1)];
    let run = ran(&closes(&[1000, 1001, 1002, 1003]), &script, |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1002@2 time"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 CLOSE time sent", "2 HOLD there"]);
}

#[test]
fn time_and_opposite_at_one_close_is_time_and_the_opposite_entry_follows() {
    let script = [held(0, Side::Buy, 60), sell(1)];
    let run = ran(&closes(&[1000, 1001, 1002, 1003]), &script, |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1002@2 time", "short 1002@2 1003@4 end_of_data"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 CLOSE time sent", "2 OPEN_SHORT sent"]);
}

#[test]
fn a_signal_on_the_bar_of_a_bracket_exit_counts() {
    let bars = tape(&[
        (1000, 1000, 1000, 1000),
        (1000, 1000, 990, 1000),
        (1000, 1000, 1000, 1000),
        (1000, 1000, 1000, 1000),
    ]);
    // Stopped inside minute 1, and the same side signals at its close.
    let run = ran(&bars, &[long(0), buy(1)], |_| ());
    assert_eq!(trades(&run), ["long 1000@1 998@2 stop", "long 1000@2 1000@4 end_of_data"]);
}

#[test]
fn a_decided_exit_fills_before_a_bracket_at_that_open() {
    // The open of minute 2 is beyond the stop, but the exit was decided at the close before.
    let bars = closes(&[1000, 1000, 990, 990]);
    assert_eq!(outcome(&bars, &[long(0), (1, Do::Exit)], |_| ()), ["long 1000@1 990@2 signal"]);
}

#[test]
fn a_hold_is_rounded_up_to_bars_and_at_least_one() {
    for (seconds, exit) in [(1, 2), (60, 2), (61, 3), (120, 3), (121, 4)] {
        let got = outcome(&closes(&[1000; 7]), &[held(0, Side::Buy, seconds)], |_| ());
        assert_eq!(got, [format!("long 1000@1 1000@{exit} time")], "{seconds} s");
    }
}

#[test]
fn brackets_are_tested_on_every_bar_of_the_hold_and_not_after() {
    let timed = Entry { hold: Some(Nanos::SECOND.times(120)), ..entry(Side::Buy) };
    let q = (1000, 1000, 1000, 1000);
    // e = 1, H = 2: bars 1 and 2 are tested, at the open of 3 it closes.
    let last = tape(&[q, q, (1000, 1000, 998, 1000), q, q]);
    let script = [(0, Do::Enter(timed))];
    assert_eq!(outcome(&last, &script, |_| ()), ["long 1000@1 998@3 stop"]);
    let late = tape(&[q, q, q, (1001, 1001, 990, 1000), q]);
    assert_eq!(outcome(&late, &script, |_| ()), ["long 1000@1 1001@3 time"]);
}

#[test]
fn two_strategies_may_hold_opposite_sides_of_one_instrument() {
    let bars = closes(&[1000, 1000, 1010, 1010]);
    let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(0, Scripted(vec![sell(0)]))];
    let run = account(&[&bars], slots).run().unwrap();
    assert_eq!(trades(&run), ["long 1000@1 1010@4 end_of_data", "short 1000@1 1010@4 end_of_data"]);
    assert_eq!(run.equity.last().unwrap().equity, dec("100000"));
}

#[test]
fn decisions_go_by_instrument_and_then_by_strategy() {
    let bars = closes(&[1000, 1000, 1000]);
    // Listed in another order than their instruments.
    let slots = vec![
        slot(1, Scripted(vec![buy(0)])),
        slot(0, Scripted(vec![sell(0)])),
        slot(1, Scripted(vec![sell(0)])),
        slot(0, Scripted(vec![buy(0)])),
    ];
    let run = account(&[&bars, &bars], slots).run().unwrap();
    let got: Vec<_> = run.decisions.iter().map(|d| (d.instrument.0, d.slot.0, d.side)).collect();
    let (b, s) = (Side::Buy, Side::Sell);
    assert_eq!(got, [(0, 0, s), (0, 1, b), (1, 2, b), (1, 3, s)]);
}

#[test]
fn no_position_outlives_the_last_close_and_an_entry_there_lapses() {
    let run = ran(&closes(&[1000, 1001, 1002]), &[buy(2)], |_| ());
    assert_eq!(trades(&run), [""; 0]);
    assert_eq!(decisions(&run), ["3 OPEN_LONG end_of_data"]);
    // A time exit decided at the last close has no open to fill at.
    let run = ran(&closes(&[1000, 1001, 1002]), &[held(0, Side::Buy, 120)], |b| {
        restate(b, |s| s.taker_fee = dec("0.001"));
        b.instruments[0].slippage = tickstep_core::instrument::Slippage::Ticks(5);
    });
    assert_eq!(trades(&run), ["long 1006@1 1002@3 end_of_data"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "3 CLOSE time end_of_data"]);
    // Entry fee 1.006, exit at the close without slippage but with its fee: 1.002.
    assert_eq!(run.trades[0].fees, dec("2.008"));
    assert_eq!(run.equity.last().unwrap().equity, dec("99993.992"), "-4 - 2.008, after the close");
}

#[test]
fn a_reversal_at_the_last_close_lapses_whole() {
    let run = ran(&closes(&[1000, 1001, 1002]), &[buy(0), sell(2)], |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1002@3 end_of_data"]);
    assert_eq!(
        decisions(&run),
        ["1 OPEN_LONG sent", "3 CLOSE opposite end_of_data", "3 OPEN_SHORT end_of_data"]
    );
}

#[test]
fn a_period_without_bars_names_its_open_ends() {
    let series = closes(&[1000, 1000]);
    let said = |period| {
        let mut backtest = scripted(&series, &[]);
        backtest.period = period;
        backtest.run().unwrap_err().to_string()
    };
    let late = said(Period { from: Some(minute(60)), to: None });
    assert!(late.contains("from 2023-08-01T01:00:00Z to the data's end"), "{late}");
    let early = said(Period { from: None, to: Some(minute(-60)) });
    assert!(early.contains("from the data's start to 2023-07-31T23:00:00Z"), "{early}");
}

#[test]
fn a_bar_counts_as_in_position_when_one_was_open_at_any_time_in_it() {
    let series = tape(&[
        (1000, 1000, 1000, 1000),
        (1000, 1001, 990, 999), // entered at its open, stopped at 998 inside
        (1000, 1000, 1000, 1000),
        (1000, 1001, 999, 1000),  // entered at its open, held over its close
        (1000, 1000, 1000, 1000), // left at its open
        (1000, 1000, 1000, 1000),
    ]);
    let run = ran(&series, &[long(0), buy(2), (3, Do::Exit)], |_| {});
    assert_eq!(trades(&run), ["long 1000@1 998@2 stop", "long 1000@3 1000@4 signal"]);
    // Minutes 1 and 3; it spent no time in minute 4, at whose open it left.
    assert_eq!((run.bars, run.bars_in_position), (6, 2));
}
