//! What coincides with a fill, row by row of the table "What happens at one instant" in
//! `ARCHITECTURE.md`. Rows that another file shows already name the test there.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tickstep_backtest::run::{Backtest, FeatureCache, FundingPoint, Run, Stepping};
use tickstep_backtest::series::Series;
use tickstep_core::decision::{Outcome, Refusal};
use tickstep_core::event::Body;
use tickstep_core::instrument::Slippage;
use tickstep_core::order::FillKind;
use tickstep_core::session::Seen;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::scheduled::{Scheduled, Signal};
use tickstep_core::strategy::{Distance, Entry, Exits};
use tickstep_core::units::{Nanos, Side};

use crate::support::same::assert_summary;
use crate::support::tiny::*;

/// The smallest step of time.
const NEXT: Nanos = Nanos(1);

/// A bar of one price.
const Q: (i64, i64, i64, i64) = (1000, 1000, 1000, 1000);

/// Bars of one price at the minutes given.
fn at_minutes(bars: &[(i64, i64)]) -> Series {
    series(bars.iter().map(|(at, px)| flat(*at, *px)).collect())
}

/// What longs pay and shorts receive, a fraction of notional.
fn funding(ts: Nanos, rate: &str) -> FundingPoint {
    FundingPoint { ts, long_rate: dec(rate), short_rate: -dec(rate) }
}

/// A run of `lots` with funding of 0.001 at `ts`.
fn funded(bars: &Series, script: &[(i64, Do)], lots: &str, ts: Nanos) -> Run {
    ran(bars, script, |b| {
        b.strategies[0].sizing = quantity(lots);
        b.instruments[0].funding = vec![funding(ts, "0.001")];
    })
}

/// What each trade of a run paid of funding.
fn paid(run: &Run) -> Vec<String> {
    run.trades.iter().map(|t| t.funding.normalize().to_string()).collect()
}

/// A hundredth of the day's opening equity may be lost, a day begins at `day`, and 100
/// are traded.
fn limit(b: &mut Backtest<'_>, day: Nanos) {
    b.strategies[0].sizing = quantity("100");
    b.risk.daily_loss = Some(frac("0.01"));
    b.day_starts = vec![day];
}

/// The decisions after the first under that limit.
fn with_day(bars: &Series, script: &[(i64, Do)], taker_fee: &str, day: Nanos) -> Vec<String> {
    let run = ran(bars, script, |b| {
        restate(b, |s| s.taker_fee = dec(taker_fee));
        limit(b, day);
    });
    decisions(&run).split_off(1)
}

/// The decisions of an account of two instruments.
fn of_two(
    series: [&Series; 2],
    scripts: [&[(i64, Do)]; 2],
    change: impl FnOnce(&mut Backtest<'_>),
) -> Vec<String> {
    let slots = (0..).zip(scripts).map(|(at, script)| slot(at, Scripted(script.to_vec())));
    let mut b = account(&series, slots.collect());
    change(&mut b);
    decisions(&b.run().unwrap())
}

/// A short tape with gaps and a segment, given entries and exits, and funding and days that
/// begin at, just before and just after its opens and closes.
pub struct Coinciding {
    pub series: Series,
    pub signals: Vec<Signal>,
    funding: Vec<FundingPoint>,
    days: Vec<Nanos>,
    limited: bool,
}

impl Coinciding {
    pub fn new(rng: &mut Pcg64) -> Self {
        let (mut at, mut close) = (0, 1000);
        let (mut bars, mut signals) = (Vec::new(), Vec::new());
        for _ in 0..60 {
            let open = close + rng.random_range(-3..=3);
            close = open + rng.random_range(-4..=4);
            let high = open.max(close) + rng.random_range(0..3);
            let low = open.min(close) - rng.random_range(0..3);
            bars.push(bar(at, (open, high, low, close)));
            let hold = Some(Nanos::SECOND.times(rng.random_range(30..400)));
            let exits = Exits {
                stop: Some(Distance::Fraction(frac("0.0025"))),
                target: Some(Distance::Fraction(frac("0.004"))),
                hold: hold.filter(|_| rng.random_bool(0.5)),
            };
            let ts = minute(at + 1);
            match rng.random_range(0..8) {
                0 | 1 => signals.push(Signal::enter(ts, Side::Buy, exits)),
                2 | 3 => signals.push(Signal::enter(ts, Side::Sell, exits)),
                4 => signals.push(Signal::leave(ts)),
                _ => {}
            }
            at += if rng.random_bool(0.1) { rng.random_range(2..9) } else { 1 };
        }
        let mut instants = |count| {
            let mut all: Vec<Nanos> = (0..count)
                .map(|_| {
                    minute(rng.random_range(0..at + 3))
                        + Nanos([-1, 0, 0, 0, 1][rng.random_range(0..5)])
                })
                .collect();
            all.sort();
            all.dedup();
            all
        };
        let (paid, days) = (instants(12), instants(6));
        Self {
            series: series(bars).with_segment_starts(&[rng.random_range(1..60)]),
            signals,
            funding: paid.into_iter().map(|ts| funding(ts, "0.001")).collect(),
            days,
            limited: rng.random_bool(0.7),
        }
    }

    pub fn setup(&self) -> Backtest<'_> {
        let strategy = Scheduled::new(self.signals.clone()).unwrap();
        let mut b = account(&[&self.series], vec![slot(0, strategy)]);
        restate(&mut b, |s| s.taker_fee = dec("0.0005"));
        b.strategies[0].sizing = quantity("100");
        b.instruments[0].funding = self.funding.clone();
        b.day_starts = self.days.clone();
        b.risk.daily_loss = self.limited.then(|| frac("0.005"));
        b
    }
}

#[test]
fn every_way_of_stepping_meets_the_same_instants() {
    let mut rng = Pcg64::seed_from_u64(20_261_127);
    let (mut paid, mut refused) = (0, 0);
    for n in 0..400 {
        let all = Coinciding::new(&mut rng);
        let whole = all.setup().run().unwrap();
        let cache = FeatureCache::new([&all.series], 1 << 20);
        assert!(whole == all.setup().run_with_cache(&cache).unwrap(), "{n}");
        for how in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
            let summary = all.setup().summary(Some(&cache), how).unwrap();
            assert_summary(&whole, &summary, &format!("{n} {how:?}"));
        }
        paid += whole.trades.iter().filter(|t| !t.funding.is_zero()).count();
        let lost = Outcome::Refused(Refusal::DailyLoss);
        refused += whole.decisions.iter().filter(|d| d.outcome == lost).count();
    }
    assert!(paid > 400 && refused > 100, "{paid} paid, {refused} refused");
}

#[test]
fn funding_at_the_open_of_an_entry() {
    // 10 are bought at 1010, the open of minute 1, after a close of 1000.
    let bars = closes(&[1000, 1010, 1010]);
    let at = |ts| paid(&funded(&bars, &[buy(0)], "10", ts));
    assert_eq!(at(minute(1)), ["0"]);
    assert_eq!(at(minute(1) + NEXT), ["10"], "the mark is the last close, 1000");
    assert_eq!(at(minute(2)), ["10.1"], "and from the close of the bar on 1010");
}

#[test]
fn funding_at_the_open_of_a_decided_exit() {
    let bars = closes(&[1000, 1000, 1010, 1050]);
    let at = |ts| {
        let run = funded(&bars, &[buy(0), (2, Do::Exit)], "10", ts);
        assert_eq!(trades(&run), ["long 1000@1 1050@3 signal"]);
        paid(&run)
    };
    assert_eq!(at(minute(3)), ["10.1"], "at the close of 1010, not at the open");
    assert_eq!(at(minute(3) + NEXT), ["0"]);
}

#[test]
fn funding_at_the_open_of_a_reversal() {
    let bars = closes(&[1000, 1000, 1010, 1050, 1050]);
    let at = |ts| paid(&funded(&bars, &[buy(0), sell(2)], "10", ts));
    assert_eq!(at(minute(3)), ["10.1", "0"], "the long pays, the short is not there yet");
    assert_eq!(at(minute(3) + NEXT), ["0", "-10.1"]);
}

#[test]
fn funding_at_the_close_of_a_bar_with_an_exit_inside() {
    let cases = [
        (long(0), "10", (1000, 1000, 990, 1000), "long 1000@1 998@3 stop", "10"),
        (long(0), "10", (1000, 1010, 1000, 1000), "long 1000@1 1004@3 target", "10"),
        (buy(0), "1000", (1000, 1000, 947, 960), "long 1000@1 947@3 liquidation", "1000"),
    ];
    for (entry, lots, bar, trade, before) in cases {
        let bars = tape(&[Q, Q, bar, Q]);
        let script = [entry];
        let at = |ts| {
            let run = funded(&bars, &script, lots, ts);
            assert_eq!(trades(&run), [trade]);
            paid(&run)
        };
        assert_eq!(at(minute(3)), ["0"], "{trade}");
        assert_eq!(at(minute(3) - NEXT), [before], "{trade}");
    }
}

#[test]
fn funding_and_the_margin_of_a_bar() {
    // 1000 long on 100000. At 948 equity is 48000 and 47400 must be there; 1000 less is too little.
    let bars = tape(&[Q, Q, (1000, 1000, 948, 960), Q]);
    let at = |ts| {
        let run = funded(&bars, &[buy(0)], "1000", ts);
        (trades(&run).remove(0), paid(&run).remove(0))
    };
    let liquidated = ("long 1000@1 948@3 liquidation".to_owned(), "1000".to_owned());
    assert_eq!(at(minute(2)), liquidated);
    assert_eq!(at(minute(3) - NEXT), liquidated);
    // At its close the bar has been looked at; 960 is its mark.
    assert_eq!(at(minute(3)), ("long 1000@1 1000@4 end_of_data".to_owned(), "960".to_owned()));
}

#[test]
fn funding_at_the_instant_a_hold_is_due() {
    // Due at minute 2, where a bar opens: the exit fills there.
    let bars = closes(&[1000, 1000, 1010, 1010]);
    let run = funded(&bars, &[held(0, Side::Buy, 60)], "10", minute(2));
    assert_eq!(
        (trades(&run), paid(&run)),
        (vec!["long 1000@1 1010@2 time".to_owned()], vec!["10".to_owned()])
    );
    // Due at minute 4, inside a gap: the exit is decided then and fills at minute 9.
    let bars = at_minutes(&[(0, 1000), (1, 1000), (9, 1010), (10, 1010)]);
    let at = |ts| {
        let run = funded(&bars, &[held(0, Side::Buy, 180)], "10", ts);
        assert_eq!(trades(&run), ["long 1000@1 1010@9 time"]);
        assert_eq!(decisions(&run)[1], "4 CLOSE time sent");
        paid(&run)
    };
    assert_eq!(at(minute(4)), ["10"]);
    assert_eq!(at(minute(9)), ["10"]);
    assert_eq!(at(minute(9) + NEXT), ["0"]);
}

#[test]
fn funding_in_a_gap() {
    let bars = at_minutes(&[(0, 1000), (1, 1000), (5, 1010), (6, 1010)]);
    let at = |script: &[(i64, Do)], ts| {
        let run = funded(&bars, script, "10", ts);
        (trades(&run).remove(0), paid(&run).remove(0))
    };
    let is = |trade: &str, money: &str| (trade.to_owned(), money.to_owned());
    // What is held pays at the last close.
    let script = [buy(0)];
    assert_eq!(at(&script, minute(3)), is("long 1000@1 1010@7 end_of_data", "10"));
    // An exit that waits has not filled, an entry that waits has not either.
    let script = [buy(0), (1, Do::Exit)];
    assert_eq!(at(&script, minute(3)), is("long 1000@1 1010@5 signal", "10"));
    assert_eq!(at(&script, minute(5)), is("long 1000@1 1010@5 signal", "10"));
    let script = [buy(1)];
    assert_eq!(at(&script, minute(3)), is("long 1010@5 1010@7 end_of_data", "0"));
    assert_eq!(at(&script, minute(5)), is("long 1010@5 1010@7 end_of_data", "0"));
}

#[test]
fn funding_at_and_after_the_end_of_a_segment() {
    let joined = closes(&[1000, 1000, 1007, 2000, 2000]).with_segment_starts(&[3]);
    let apart = at_minutes(&[(0, 1000), (1, 1000), (2, 1007), (1_445, 2000), (1_446, 2000)]);
    assert_eq!(apart.segments(), joined.segments());
    for bars in [joined, apart] {
        let at = |ts| {
            let run = funded(&bars, &[buy(0)], "10", ts);
            assert_eq!(trades(&run), ["long 1000@1 1007@3 segment_end"]);
            paid(&run)
        };
        assert_eq!(at(minute(3)), ["10.07"], "held over the funding of the last close");
        assert_eq!(at(minute(3) + NEXT), ["0"]);
        assert_eq!(at(minute(4)), ["0"]);
    }
}

#[test]
fn funding_at_and_after_the_last_close() {
    let bars = closes(&[1000, 1000, 1010]);
    let at = |ts| {
        let run = funded(&bars, &[buy(0)], "10", ts);
        assert_eq!(trades(&run), ["long 1000@1 1010@3 end_of_data"]);
        run.equity.last().unwrap().equity
    };
    assert_eq!(at(minute(3)), dec("100089.9"), "100 - 10 * 1010 * 0.001");
    assert_eq!(at(minute(3) + NEXT), dec("100100"));
}

#[test]
fn funding_counts_in_the_decisions_of_its_instant() {
    // 100 long pay 1000 of 100000 at minute 3. One percent of equity on a stop of 2.5.
    let bars = closes(&[1000; 5]);
    let at = |ts| {
        let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(0, Scripted(vec![long(2)]))];
        let mut b = account(&[&bars], slots);
        b.strategies[0].sizing = quantity("100");
        let (risk_fraction, max_margin_use) = (frac("0.01"), frac("0.5"));
        b.strategies[1].sizing = Sizing::Risk { risk_fraction, max_margin_use };
        b.instruments[0].funding = vec![funding(ts, "0.01")];
        let run = b.run().unwrap();
        assert_eq!(run.decisions[1].ts, minute(3));
        run.decisions[1].lots.unwrap().get()
    };
    assert_eq!(at(minute(3)), 396, "99000 * 0.01 / 2.5");
    assert_eq!(at(minute(3) + NEXT), 400);
}

#[test]
fn a_day_at_the_open_of_an_entry() {
    // The entry's fee, 100 * 1000 * 0.01, is the limit of a day that opened before it.
    let bars = closes(&[1000; 4]);
    let at = |day| with_day(&bars, &[buy(0), sell(1)], "0.01", day);
    assert_eq!(at(minute(1)), ["2 CLOSE opposite sent", "2 HOLD daily_loss"]);
    assert_eq!(at(minute(1) + NEXT), ["2 CLOSE opposite sent", "2 OPEN_SHORT sent"]);
}

#[test]
fn a_day_at_the_open_of_a_decided_exit() {
    // From the close of 1000 to the exit at 990 100 long lose 1000.
    let bars = closes(&[1000, 1000, 990, 990]);
    let at = |day| with_day(&bars, &[buy(0), (1, Do::Exit), buy(2)], "0", day);
    assert_eq!(at(minute(2)), ["2 CLOSE signal sent", "3 HOLD daily_loss"]);
    assert_eq!(at(minute(2) + NEXT), ["2 CLOSE signal sent", "3 OPEN_LONG sent"]);
}

#[test]
fn a_day_at_the_close_of_a_bar_with_a_bracket_exit() {
    // Stopped at 990 inside minute 2: 1000 are lost.
    let bars = tape(&[Q, Q, (1000, 1000, 990, 1000), Q, Q]);
    let stop = Some(Distance::Fraction(frac("0.01")));
    let script = [(0, Do::Enter(Entry { stop, ..bare(Side::Buy) })), buy(2)];
    let at = |day| with_day(&bars, &script, "0", day);
    assert_eq!(at(minute(3)), ["3 OPEN_LONG sent"], "lost in the day before");
    assert_eq!(at(minute(3) - NEXT), ["3 HOLD daily_loss"]);
}

#[test]
fn a_loss_reached_at_the_close_at_which_the_day_ends() {
    // 100 long from 1000 are 99000 at the close of 990 at minute 3; of that a hundredth is 990.
    let at = |px, day| {
        let bars = closes(&[1000, 1000, 990, px, px]);
        let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(0, Scripted(vec![buy(2), sell(3)]))];
        let mut b = account(&[&bars], slots);
        limit(&mut b, day);
        decisions(&b.run().unwrap()).split_off(1)
    };
    let sent = ["3 OPEN_LONG sent", "4 CLOSE opposite sent", "4 OPEN_SHORT sent"];
    assert_eq!(at(981, minute(3)), sent, "98100 of 99000");
    let lost = ["3 OPEN_LONG sent", "4 CLOSE opposite sent", "4 HOLD daily_loss"];
    assert_eq!(at(980, minute(3)), lost, "98000, and 98010 is the limit");
    assert_eq!(at(981, minute(3) + NEXT), ["3 HOLD daily_loss", "4 OPEN_SHORT sent"]);
}

#[test]
fn a_day_and_funding_at_one_instant() {
    // 100 long pay a hundredth of 100000.
    let bars = closes(&[1000; 6]);
    let at = |day, ts| {
        let run = ran(&bars, &[buy(0), sell(2), buy(3)], |b| {
            limit(b, day);
            b.instruments[0].funding = vec![funding(ts, "0.01")];
        });
        assert_eq!(run.trades[0].funding, dec("1000"));
        decisions(&run).split_off(2)
    };
    let new = ["3 HOLD daily_loss", "4 HOLD daily_loss"];
    assert_eq!(at(minute(3), minute(3)), new, "the new day pays");
    let old = ["3 HOLD daily_loss", "4 OPEN_LONG sent"];
    assert_eq!(at(minute(3) + NEXT, minute(3)), old, "the old day did");
    assert_eq!(at(minute(3), minute(3) - NEXT)[0], "3 OPEN_SHORT sent");
}

#[test]
fn a_day_at_the_end_of_a_segment() {
    // Entry and close of the segment cost 1000 each. 99000 before the second, 98000 after.
    let bars = closes(&[1000; 6]).with_segment_starts(&[3]);
    let at = |day| with_day(&bars, &[buy(0), buy(3)], "0.01", day);
    assert_eq!(at(minute(3)), ["4 HOLD daily_loss"], "98010 is the limit of the new day");
    assert_eq!(at(minute(3) + NEXT), ["4 OPEN_LONG sent"]);
}

#[test]
fn a_close_at_midnight_is_of_the_old_day_in_the_daily_returns() {
    // The same at midnight, UTC: of the two days of the data the first ends with 98000.
    let bars = at_minutes(&[1437, 1438, 1439, 1440, 1441, 1442].map(|at| (at, 1000)));
    let run = ran(&bars.with_segment_starts(&[3]), &[buy(1437), buy(1440)], |b| {
        restate(b, |s| s.taker_fee = dec("0.01"));
        limit(b, minute(1440));
    });
    assert_eq!(trades(&run), ["long 1000@1438 1000@1440 segment_end"]);
    assert_eq!(
        decisions(&run)[1..],
        ["1441 HOLD daily_loss"],
        "the limit counts it in the new day"
    );
    let returns = run.daily_returns().unwrap();
    assert_eq!(returns.len(), 2);
    assert!((returns[0] + 0.02).abs() < 1e-12 && returns[1] == 0.0, "{returns:?}");
}

#[test]
fn a_daily_loss_at_the_close_of_a_signal() {
    let at = |px| {
        let bars = closes(&[1000, 1000, px, px]);
        with_day(&bars, &[buy(0), sell(2)], "0", minute(0))
    };
    assert_eq!(at(991), ["3 CLOSE opposite sent", "3 OPEN_SHORT sent"], "900 of 1000 lost");
    assert_eq!(at(990), ["3 CLOSE opposite sent", "3 HOLD daily_loss"], "the exit is not refused");
}

#[test]
fn time_and_a_signal_to_leave_at_one_close() {
    let run = ran(&closes(&[1000; 4]), &[held(0, Side::Buy, 60), (1, Do::Exit)], |_| ());
    assert_eq!(trades(&run), ["long 1000@1 1000@2 time"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "2 CLOSE time sent"]);
}

#[test]
fn a_signal_to_leave_and_the_opposite_at_one_close() {
    let script = [buy(0), (1, Do::Exit), sell(1)];
    let run = ran(&closes(&[1000, 1001, 1002, 1003]), &script, |_| ());
    assert_eq!(trades(&run), ["long 1001@1 1002@2 signal", "short 1002@2 1003@4 end_of_data"]);
    assert_eq!(decisions(&run)[1..], ["2 CLOSE signal sent", "2 OPEN_SHORT sent"]);
}

#[test]
fn a_decided_exit_at_an_open_beyond_the_target_pays_as_a_market_order() {
    // Bought at 1001 with a target of 1006 (1005.004); minute 2 opens at 1010.
    let left = |script: &[(i64, Do)]| {
        let run = ran(&closes(&[1000, 1000, 1010, 1010]), script, |b| {
            restate(b, |s| s.taker_fee = dec("0.001"));
            b.instruments[0].slippage = Slippage::Ticks(1);
        });
        (trades(&run).remove(0), run.trades[0].fees)
    };
    let signal = "long 1001@1 1009@2 signal".to_owned();
    assert_eq!(left(&[long(0), (1, Do::Exit)]), (signal, dec("2.010")), "1.001 + 1.009");
    let timed = Entry { hold: Some(Nanos::MINUTE), ..entry(Side::Buy) };
    let time = "long 1001@1 1009@2 time".to_owned();
    assert_eq!(left(&[(0, Do::Enter(timed))]), (time, dec("2.010")));
    let target = "long 1001@1 1010@2 target".to_owned();
    assert_eq!(left(&[long(0)]), (target, dec("1.001")), "a resting order, maker's fee 0");
}

#[test]
fn an_exit_decided_frees_nothing_for_another_entry_of_that_instant() {
    let bars = closes(&[1000; 5]);
    let run = |change: fn(&mut Backtest<'_>)| {
        let scripts: [&[(i64, Do)]; 2] = [&[buy(0), (1, Do::Exit)], &[buy(1), buy(2)]];
        of_two([&bars, &bars], scripts, change)
    };
    let counted = run(|b| b.risk.max_positions = Some(1));
    let first = ["1 OPEN_LONG sent", "2 CLOSE signal sent"];
    assert_eq!(counted[..2], first);
    assert_eq!(counted[2..], ["2 HOLD position_count", "3 OPEN_LONG sent"]);
    // 600 hold 60000 of 100000 until they are sold.
    let carried = run(|b| b.strategies.iter_mut().for_each(|s| s.sizing = quantity("600")));
    assert_eq!(carried[..2], first);
    assert_eq!(carried[2..], ["2 HOLD margin", "3 OPEN_LONG sent"]);
}

#[test]
fn a_bracket_exit_frees_its_place_for_an_entry_at_that_close() {
    let stopped = tape(&[Q, Q, (1000, 1000, 990, 1000), Q, Q]);
    let other = closes(&[1000; 5]);
    let one = |b: &mut Backtest<'_>| b.risk.max_positions = Some(1);
    let both = ["1 OPEN_LONG sent", "3 OPEN_LONG sent"];
    assert_eq!(of_two([&stopped, &other], [&[long(0)], &[buy(2)]], one), both);
    assert_eq!(of_two([&other, &stopped], [&[buy(2)], &[long(0)]], one), both, "in any order");
}

#[test]
fn exits_of_all_instruments_fill_before_entries_of_all() {
    let bars = closes(&[1000; 4]);
    let script = || Scripted(vec![buy(0), sell(1)]);
    let setup = account(&[&bars, &bars], vec![slot(0, script()), slot(1, script())]);
    let mut fills = Vec::new();
    setup
        .run_watched(&mut |seen| {
            if let Seen::Event(event) = seen
                && let Body::Fill(fill) = &event.body
                && event.ts_recv == minute(2)
            {
                fills.push((fill.instrument.0, fill.kind == FillKind::Entry));
            }
        })
        .unwrap();
    assert_eq!(fills, [(0, false), (1, false), (0, true), (1, true)]);
}

#[test]
fn the_end_of_an_instrument_frees_nothing_for_an_entry_decided_there() {
    let long_tape = closes(&[1000; 6]);
    for short_tape in [closes(&[1000; 3]), closes(&[1000; 6]).with_segment_starts(&[3])] {
        let scripts: [&[(i64, Do)]; 2] = [&[buy(0)], &[buy(2), buy(3)]];
        let one = |b: &mut Backtest<'_>| b.risk.max_positions = Some(1);
        let said = of_two([&short_tape, &long_tape], scripts, one);
        assert_eq!(said, ["1 OPEN_LONG sent", "3 HOLD position_count", "4 OPEN_LONG sent"]);
    }
}

#[test]
fn every_row_of_the_table_names_its_tests() {
    let page = include_str!("../../../../ARCHITECTURE.md");
    let (_, section) = page.split_once("## What happens at one instant").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let own = include_str!("instants.rs");
    let sources = [
        own,
        include_str!("account.rs"),
        include_str!("brackets.rs"),
        include_str!("costs.rs"),
        include_str!("gaps.rs"),
        include_str!("guards.rs"),
        include_str!("limits.rs"),
        include_str!("operator.rs"),
        include_str!("order.rs"),
        include_str!("signal.rs"),
        include_str!("../outside.rs"),
        include_str!("../paper.rs"),
        include_str!("../portfolio.rs"),
    ]
    .concat();
    // The first line of the table is its head.
    let rows: Vec<&str> = section.lines().filter(|l| l.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 30, "{}", rows.len());
    for row in rows {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            assert!(sources.contains(&format!("fn {name}()")), "no such test: {name}");
        }
    }
    let tests = own.split("#[test]").skip(1).filter_map(|t| t.trim_start().strip_prefix("fn "));
    for name in tests.filter_map(|t| t.split('(').next()).filter(|n| !n.starts_with("every_row")) {
        assert!(section.contains(&format!("`{name}`")), "in no row: {name}");
    }
}
