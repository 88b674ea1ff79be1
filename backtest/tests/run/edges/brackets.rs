//! Stop and target: rounding, touching, gapping, and both in one bar.

use tickstep_backtest::series::Series;
use tickstep_core::event::Bar;
use tickstep_core::instrument::Slippage;
use tickstep_core::order::BracketAnchor;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

/// Decided at the close of minute 0, entered at 1000 at minute 1, then these bars.
fn after(entry_bar: (i64, i64, i64, i64), rest: &[(i64, i64, i64, i64)]) -> Series {
    let mut bars = vec![(1000, 1000, 1000, 1000), entry_bar];
    bars.extend_from_slice(rest);
    tape(&bars)
}

const QUIET: (i64, i64, i64, i64) = (1000, 1000, 1000, 1000);

#[test]
fn a_touch_of_the_level_triggers_it_and_one_tick_short_does_not() {
    // Long from 1000: stop 997.5 -> 998, target 1004. Short: 1002.5 -> 1002, 996.
    for (script, bar, expected) in [
        (long(0), (1000, 1003, 998, 1000), "long 1000@1 998@3 stop"),
        (long(0), (1000, 1003, 999, 1000), "long 1000@1 1000@3 end_of_data"),
        (long(0), (1000, 1004, 999, 1000), "long 1000@1 1004@3 target"),
        (short(0), (1000, 1002, 997, 1000), "short 1000@1 1002@3 stop"),
        (short(0), (1000, 1001, 997, 1000), "short 1000@1 1000@3 end_of_data"),
        (short(0), (1000, 1001, 996, 1000), "short 1000@1 996@3 target"),
    ] {
        assert_eq!(outcome(&after(QUIET, &[bar]), &[script], |_| ()), [expected], "{bar:?}");
    }
}

#[test]
fn levels_go_to_the_earlier_trigger_and_the_first_price_beyond() {
    // From 1001: long 1001 * 0.9975 = 998.4975 -> 999, 1001 * 1.004 = 1005.004 -> 1006;
    // short 1001 * 1.0025 = 1003.5025 -> 1003, 1001 * 0.996 = 996.996 -> 996.
    for (script, bar, expected) in [
        (long(0), (1001, 1005, 999, 1001), "long 1001@1 999@2 stop"),
        (long(0), (1001, 1005, 1000, 1001), "long 1001@1 1001@2 end_of_data"),
        (long(0), (1001, 1006, 1000, 1001), "long 1001@1 1006@2 target"),
        (short(0), (1001, 1003, 997, 1001), "short 1001@1 1003@2 stop"),
        (short(0), (1001, 1002, 997, 1001), "short 1001@1 1001@2 end_of_data"),
        (short(0), (1001, 1002, 996, 1001), "short 1001@1 996@2 target"),
    ] {
        assert_eq!(outcome(&after(bar, &[]), &[script], |_| ()), [expected], "{bar:?}");
    }
    // On the grid already: 2000 * 0.9975 = 1995 and 2000 * 1.004 = 2008, exactly.
    let exact =
        tape(&[(2000, 2000, 2000, 2000), (2000, 2007, 1996, 2000), (2000, 2008, 1996, 2000)]);
    assert_eq!(outcome(&exact, &[long(0)], |_| ()), ["long 2000@1 2008@3 target"]);
}

#[test]
fn the_entry_bars_own_range_counts_and_is_stamped_with_its_close() {
    let stopped = after((1000, 1001, 990, 1000), &[QUIET]);
    assert_eq!(outcome(&stopped, &[long(0)], |_| ()), ["long 1000@1 998@2 stop"]);
    let reached = after((1000, 1010, 999, 1000), &[QUIET]);
    assert_eq!(outcome(&reached, &[long(0)], |_| ()), ["long 1000@1 1004@2 target"]);
}

#[test]
fn an_open_beyond_a_level_fills_at_that_open() {
    let quiet = (4000, 4000, 4000, 4000);
    let slipped = |script, bar| {
        outcome(&tape(&[quiet, quiet, bar]), &[script], |b| {
            b.instruments[0].slippage = Slippage::Ticks(2);
        })
    };
    // Slipped entry at 4002: stop 4002 * 0.9975 = 3991.995 -> 3992, target 4018.008 -> 4019.
    assert_eq!(slipped(long(0), (3990, 4050, 3900, 3990)), ["long 4002@1 3988@2 stop"]);
    assert_eq!(slipped(long(0), (4020, 4050, 3900, 4000)), ["long 4002@1 4020@2 target"]);
    // Slipped entry at 3998: stop 3998 * 1.0025 = 4007.995 -> 4007, target 3982.008 -> 3982.
    assert_eq!(slipped(short(0), (4020, 4050, 3900, 4000)), ["short 3998@1 4022@2 stop"]);
    assert_eq!(slipped(short(0), (3970, 4050, 3900, 3970)), ["short 3998@1 3970@2 target"]);
    // An open exactly on a level is a touch of it.
    assert_eq!(slipped(long(0), (3992, 4050, 3992, 3992)), ["long 4002@1 3990@2 stop"]);
    assert_eq!(slipped(long(0), (4019, 4050, 3900, 4000)), ["long 4002@1 4019@2 target"]);
}

#[test]
fn both_levels_in_one_bar_are_resolved_as_chosen() {
    let by = |intrabar, script, bar| {
        let run = ran(&after(QUIET, &[bar]), &[script], |b| b.intrabar = intrabar);
        assert_eq!((run.touched_both, run.resolved), (1, 0));
        assert!(run.trades[0].ambiguous);
        run.trades[0].exit.name()
    };
    let both = (1000, 1010, 990, 1000);
    assert_eq!(by(Intrabar::StopFirst, long(0), both), "stop");
    assert_eq!(by(Intrabar::TargetFirst, long(0), both), "target");
    // Open 1000, high 8 away, low 10 away: up first.
    let up = (1000, 1008, 990, 1000);
    assert_eq!(by(Intrabar::OhlcPath, long(0), up), "target");
    assert_eq!(by(Intrabar::OhlcPath, short(0), up), "stop");
    // Low 8 away, high 10 away: down first.
    let down = (1000, 1010, 992, 1000);
    assert_eq!(by(Intrabar::OhlcPath, long(0), down), "stop");
    assert_eq!(by(Intrabar::OhlcPath, short(0), down), "target");
    // Equal distance: the stop's side first, for both.
    assert_eq!(by(Intrabar::OhlcPath, long(0), both), "stop");
    assert_eq!(by(Intrabar::OhlcPath, short(0), both), "stop");
}

/// Which 20 s of minute 2, and its prices.
type Third = (i64, (i64, i64, i64, i64));

fn finer(bars: &[Third]) -> Series {
    let bars = bars
        .iter()
        .map(|(third, ohlc)| Bar {
            ts_open: minute(2) + Nanos::SECOND.times(20 * third),
            ..bar(0, *ohlc)
        })
        .collect();
    Series::from_bars("T", Nanos::SECOND.times(20), grid(), bars, Nanos::DAY).unwrap()
}

#[test]
fn finer_bars_settle_or_are_counted() {
    let coarse = after(QUIET, &[(1000, 1010, 990, 1000)]);
    let by = |bars: &[Third]| {
        let fine = finer(bars);
        let mut b = scripted(&coarse, &[long(0)]);
        b.intrabar = Intrabar::FinerBars;
        b.instruments[0].finer = Some(&fine);
        let run = b.run().unwrap();
        assert_eq!(run.touched_both, 1);
        let t = &run.trades[0];
        assert_eq!(at(t.exit_ts), "3", "stamped with the bar's close");
        assert_eq!(t.ambiguous, run.resolved == 0);
        (t.exit.name(), run.resolved)
    };
    let up_first = [(0, (1000, 1010, 999, 1005)), (1, (1005, 1005, 990, 1000))];
    assert_eq!(by(&up_first), ("target", 1));
    let down_first = [(0, (1000, 1003, 990, 1000)), (1, (1000, 1010, 1000, 1000))];
    assert_eq!(by(&down_first), ("stop", 1));
    let quiet_first =
        [(0, (1000, 1003, 999, 1000)), (1, (1000, 1010, 1000, 1000)), (2, (1000, 1000, 990, 1000))];
    assert_eq!(by(&quiet_first), ("target", 1));
    let still_both = [(0, (1000, 1010, 990, 1000)), (1, (1000, 1000, 1000, 1000))];
    assert_eq!(by(&still_both), ("stop", 0), "still ambiguous");
    // A finer bar that opens beyond a level was there first.
    let opens_beyond = [(0, (1000, 1003, 999, 1003)), (1, (1006, 1010, 990, 1000))];
    assert_eq!(by(&opens_beyond), ("target", 1));
    // The stretch that touched the stop is not there: it may have come first.
    let missing = [(1, (1000, 1010, 999, 1005)), (2, (1005, 1005, 1000, 1000))];
    assert_eq!(by(&missing), ("stop", 0), "missing in part");
    // No finer bar in that minute at all.
    let elsewhere = [(9, (1000, 1000, 1000, 1000))];
    assert_eq!(by(&elsewhere), ("stop", 0), "missing");
}

#[test]
fn levels_are_measured_from_the_fill_or_from_the_decision() {
    let anchored = |anchor, rest: &[(i64, i64, i64, i64)]| {
        let mut bars = vec![(1000, 1000, 1000, 1000), (1000, 1000, 1000, 1000)];
        bars.extend_from_slice(rest);
        outcome(&tape(&bars), &[long(0)], |b| {
            b.instruments[0].slippage = Slippage::Ticks(3);
            b.strategies[0].anchor = anchor;
        })
    };
    // Decided at 1000, filled at 1003. From the fill: stop 1003 * 0.9975 = 1000.4925 -> 1001,
    // which the market at 1000 has passed; from the decision: 998 and 1004.
    let low = &[(1001, 1001, 998, 1001)];
    assert_eq!(anchored(BracketAnchor::Decision, low), ["long 1003@1 995@3 stop"]);
    let high = &[(1003, 1004, 1003, 1003)];
    assert_eq!(anchored(BracketAnchor::Decision, high), ["long 1003@1 1004@3 target"]);
    // Entered above the market's next prices with a wide stop, to see the target move.
    let wide = Entry {
        stop: Some(Distance::Fraction(frac("0.02"))),
        target: Some(Distance::Fraction(frac("0.004"))),
        ..bare(Side::Buy)
    };
    let bars = tape(&[QUIET, (1000, 1004, 1000, 1000), (1000, 1008, 1000, 1000)]);
    for (anchor, expected) in [
        // 1003 * 1.004 = 1007.012 -> 1008.
        (BracketAnchor::Fill, "long 1003@1 1008@3 target"),
        (BracketAnchor::Decision, "long 1003@1 1004@2 target"),
    ] {
        let got = outcome(&bars, &[(0, Do::Enter(wide.clone()))], |b| {
            b.instruments[0].slippage = Slippage::Ticks(3);
            b.strategies[0].anchor = anchor;
        });
        assert_eq!(got, [expected]);
    }
}

#[test]
fn a_level_from_the_decision_that_the_entry_opens_beyond_fills_at_that_open() {
    let opened = |script, bar| {
        outcome(&tape(&[QUIET, bar, QUIET]), &[script], |b| {
            b.strategies[0].anchor = BracketAnchor::Decision;
        })
    };
    // 998 and 1004 from the decision; no price of these bars is as good as the level.
    assert_eq!(opened(long(0), (990, 992, 985, 990)), ["long 990@1 990@1 stop"]);
    assert_eq!(opened(long(0), (1010, 1012, 1008, 1010)), ["long 1010@1 1010@1 target"]);
    assert_eq!(opened(short(0), (1010, 1012, 1008, 1010)), ["short 1010@1 1010@1 stop"]);
    assert_eq!(opened(short(0), (990, 992, 985, 990)), ["short 990@1 990@1 target"]);
}

#[test]
fn the_entry_bar_does_not_gap_over_a_level_from_its_fill() {
    // Filled at 1003, stop 1000.4925 -> 1001, above the open of 1000: the entry is what
    // the bar opens at, so the level is touched inside it, 1001 - 3.
    let got = outcome(&tape(&[QUIET, QUIET, QUIET]), &[long(0)], |b| {
        b.instruments[0].slippage = Slippage::Ticks(3);
    });
    assert_eq!(got, ["long 1003@1 998@2 stop"]);
}
