//! Gaps, segments and the part of the data that is traded.

use tickstep_backtest::run::{Period, RunError};
use tickstep_backtest::series::Series;
use tickstep_core::decision::Reason;
use tickstep_core::features::{Exact, ExactId, FeatureError, FeatureSpec, Timeframe};
use tickstep_core::strategy::{Entry, Moment, Proposal, Strategy, StrategyFactory};
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

/// Bars of one price at the minutes given.
fn at_minutes(bars: &[(i64, i64)]) -> Series {
    series(bars.iter().map(|(at, px)| flat(*at, *px)).collect())
}

#[test]
fn an_entry_survives_max_gap_and_lapses_beyond_it() {
    // missing = difference of open times / interval - 1: 3 between 1 and 5, 4 between 1 and 6.
    let fills = at_minutes(&[(0, 1000), (1, 1000), (5, 1010), (6, 1010)]);
    assert_eq!(outcome(&fills, &[buy(1)], |_| ()), ["long 1010@5 1010@7 end_of_data"]);
    let stale = at_minutes(&[(0, 1000), (1, 1000), (6, 1010), (7, 1010)]);
    let run = ran(&stale, &[buy(1), sell(6)], |_| ());
    assert_eq!(decisions(&run), ["2 OPEN_LONG stale", "7 OPEN_SHORT sent"]);
    assert_eq!(trades(&run), ["short 1010@7 1010@8 end_of_data"]);
    // The tolerance is the user's.
    let zero = |b: &mut tickstep_backtest::run::Backtest<'_>| b.max_gap = 0;
    assert_eq!(decisions(&ran(&fills, &[buy(1)], zero)), ["2 OPEN_LONG stale"]);
}

#[test]
fn position_bracket_and_decided_exit_meet_the_next_open_after_any_gap() {
    let over = at_minutes(&[(0, 1000), (1, 1000), (30, 990), (31, 990)]);
    assert_eq!(outcome(&over, &[long(0)], |_| ()), ["long 1000@1 990@30 stop"]);
    let exit = [buy(0), (1, Do::Exit)];
    assert_eq!(outcome(&over, &exit, |_| ()), ["long 1000@1 990@30 signal"]);
    // A reversal: the exit is filled, the entry behind it lapses.
    let run = ran(&over, &[buy(0), sell(1)], |_| ());
    assert_eq!(trades(&run), ["long 1000@1 990@30 opposite"]);
    assert_eq!(
        decisions(&run),
        ["1 OPEN_LONG sent", "2 CLOSE opposite sent", "2 OPEN_SHORT stale"]
    );
}

#[test]
fn a_hold_ends_at_the_first_open_at_or_after_its_time() {
    let script = [held(0, Side::Buy, 180)];
    // Entered at 1, due at 4. No bar closes at 4 in any of these.
    for (opens, exit) in [(&[4, 5][..], 4), (&[5, 6], 5), (&[9, 10], 9), (&[600, 601], 600)] {
        let mut bars = vec![(0, 1000), (1, 1000)];
        bars.extend(opens.iter().map(|at| (*at, 1010)));
        let run = ran(&at_minutes(&bars), &script, |_| ());
        assert_eq!(trades(&run), [format!("long 1000@1 1010@{exit} time")]);
        assert_eq!(decisions(&run)[1], "4 CLOSE time sent", "decided when it is due");
    }
    // The bar before the gap closes at the due time itself.
    let at_due = at_minutes(&[(0, 1000), (1, 1000), (2, 1000), (3, 1000), (8, 1010)]);
    assert_eq!(outcome(&at_due, &script, |_| ()), ["long 1000@1 1010@8 time"]);
}

/// Buys when the mean of 2 closes and the 2-bar volume baseline are both known.
struct Warm {
    sum: ExactId,
    before: ExactId,
}

impl Warm {
    fn new(spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
        let sum = spec.exact(Timeframe::Base, Exact::CloseSum { n: 2 })?;
        Ok(Self { sum, before: spec.exact(Timeframe::Base, Exact::VolumeSumBefore { n: 2 })? })
    }
}

impl Strategy for Warm {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let known = [self.sum, self.before].map(|id| now.features.exact(id).is_some());
        let known = known == [true, true];
        if known {
            let reason =
                Reason::of("before", now.features.bar_before().map_or(0.0, |b| b.close.0 as f64));
            out.enter = Some(Entry { reason, ..bare(Side::Buy) });
        }
    }
}

fn warm_at(
    bars: &Series,
    change: impl FnOnce(&mut tickstep_backtest::run::Backtest<'_>),
) -> Vec<String> {
    let mut b = account(&[bars], vec![slot(0, StrategyFactory::new(Warm::new))]);
    change(&mut b);
    b.run().unwrap().decisions.iter().map(|d| at(d.ts)).collect()
}

#[test]
fn features_warm_up_again_after_more_than_max_gap_only() {
    let small = at_minutes(&[(0, 1000), (1, 1000), (2, 1000), (6, 1000), (7, 1000)]);
    assert_eq!(warm_at(&small, |_| ()), ["3", "7", "8"]);
    let wide = at_minutes(&[(0, 1000), (1, 1000), (2, 1000), (7, 1000), (8, 1000), (9, 1000)]);
    assert_eq!(warm_at(&wide, |_| ()), ["3", "10"]);
}

#[test]
fn a_segment_closes_at_its_last_close_and_everything_starts_afresh() {
    // Just more than a day without bars: 1 + 1440 minutes + 1.
    let far = 3 + 1_442;
    let bars = at_minutes(&[
        (0, 1000),
        (1, 1000),
        (2, 1007),
        (far, 2000),
        (far + 1, 2000),
        (far + 2, 2000),
    ]);
    assert_eq!(bars.segments().len(), 2);
    let run = ran(&bars, &[buy(0), sell(2), buy(far)], |b| {
        restate(b, |s| s.taker_fee = dec("0.001"));
        b.instruments[0].slippage = tickstep_core::instrument::Slippage::Ticks(3);
    });
    assert_eq!(
        trades(&run),
        [
            "long 1003@1 1007@3 segment_end".to_owned(),
            format!("long 2003@{} 2000@{} end_of_data", far + 1, far + 3),
        ],
        "no slippage at the last close"
    );
    assert_eq!(run.trades[0].fees, dec("2.01"), "1.003 + 1.007, the taker fee");
    assert_eq!(decisions(&run)[1..3], ["3 CLOSE opposite segment_end", "3 OPEN_SHORT segment_end"]);
    // The account goes on: 4 - 2.01, then -3 - 4.003.
    let equity: Vec<_> = run.equity.iter().map(|p| p.equity).collect();
    assert_eq!(equity[2], dec("100001.99"), "marked after the close of the segment");
    assert_eq!(equity[5], dec("99994.987"));
    assert_eq!(warm_at(&bars, |_| ()), ["3".to_owned(), (far + 3).to_string()]);
}

#[test]
fn a_gap_of_exactly_the_segment_gap_is_no_segment() {
    // 1440 minutes without bars between the close at 2 and the open at 1442.
    let bars = at_minutes(&[(0, 1000), (1, 1000), (1_442, 1010), (1_443, 1010)]);
    assert_eq!(bars.segments().len(), 1);
    assert_eq!(outcome(&bars, &[buy(0)], |_| ()), ["long 1000@1 1010@1444 end_of_data"]);
}

#[test]
fn segments_the_user_lists_part_bars_without_a_gap() {
    let bars = closes(&[1000, 1000, 1005, 1005, 1005, 1005]).with_segment_starts(&[3]);
    assert_eq!(bars.segments(), [0..3, 3..6]);
    let run = ran(&bars, &[buy(0), buy(2), buy(3)], |_| ());
    assert_eq!(trades(&run), ["long 1000@1 1005@3 segment_end", "long 1005@4 1005@6 end_of_data"]);
    assert_eq!(warm_at(&bars, |_| ()), ["3", "6"]);
}

#[test]
fn a_position_of_another_instrument_outlives_a_segment() {
    let one = closes(&[1000, 1000, 1000, 1000]).with_segment_starts(&[2]);
    assert_eq!(one.segments(), [0..2, 2..4]);
    let other = closes(&[500, 500, 500, 510]);
    let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(1, Scripted(vec![buy(0)]))];
    let run = account(&[&one, &other], slots).run().unwrap();
    assert_eq!(trades(&run), ["long 1000@1 1000@2 segment_end", "long 500@1 510@4 end_of_data"]);
}

#[test]
fn bars_before_the_period_warm_up_and_decide_nothing() {
    let bars = closes(&[1000; 8]);
    let period = |from: i64, to: i64| Period { from: Some(minute(from)), to: Some(minute(to)) };
    assert_eq!(warm_at(&bars, |b| b.period = period(4, 7)), ["5", "6", "7"], "warm at once");
    assert_eq!(warm_at(&bars, |b| b.period = period(1, 4)), ["3", "4"], "warm at minute 2");
    let run = ran(&bars, &[buy(1), buy(4)], |b| b.period = period(4, 7));
    assert_eq!(trades(&run), ["long 1000@5 1000@7 end_of_data"], "the period's end is the end");
    assert_eq!((run.bars, run.equity.len()), (3, 3));
    let mut b = scripted(&bars, &[]);
    b.period = Period { from: Some(minute(8)), to: None };
    assert!(matches!(b.run(), Err(RunError::Empty(_))));
}

#[test]
fn an_instrument_that_starts_later_or_ends_earlier_is_met_where_it_is() {
    let early = at_minutes(&[(0, 1000), (1, 1000), (2, 1000)]);
    let late = at_minutes(&[(2, 500), (3, 500), (4, 510)]);
    let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(1, Scripted(vec![buy(2)]))];
    let run = account(&[&early, &late], slots).run().unwrap();
    assert_eq!(trades(&run), ["long 1000@1 1000@3 end_of_data", "long 500@3 510@5 end_of_data"]);
    let times: Vec<_> = run.equity.iter().map(|p| (p.ts - T0).0 / Nanos::MINUTE.0).collect();
    assert_eq!(times, [1, 2, 3, 4, 5]);
}
