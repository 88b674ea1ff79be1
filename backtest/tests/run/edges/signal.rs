//! The scalper's rules, each at its border.

use rust_decimal::Decimal;
use tickstep_backtest::run::{Backtest, Run, RunError};
use tickstep_backtest::series::Series;
use tickstep_core::event::Bar;
use tickstep_core::strategy::scalper::{AtrExits, Pressure, Scalper, ScalperParams};
use tickstep_core::units::Nanos;
use tickstep_core::volume::VolumeSplit;

use crate::support::tiny::*;

/// Baseline and mean of 2 bars, no RSI: a bar decides from minute 2 on.
fn short_windows() -> ScalperParams {
    ScalperParams {
        baseline_period: 2,
        ma_period: 2,
        rsi_rule: false,
        pressure_rule: Pressure::BuyShare,
        ..ScalperParams::spec()
    }
}

fn scalping<'a>(bars: &'a Series, params: ScalperParams) -> Backtest<'a> {
    account(&[bars], vec![slot(0, Scalper::factory(params).unwrap())])
}

fn scalped(bars: &Series, params: ScalperParams) -> Run {
    scalping(bars, params).run().unwrap()
}

fn actions(bars: Vec<Bar>, params: ScalperParams) -> Vec<String> {
    decisions(&scalped(&series(bars), params))
}

/// Two quiet bars, the bar in question at minute 2, and one more.
fn spike(px: i64, volume: i64, bought: i64) -> Vec<Bar> {
    vec![
        traded(0, 1000, 10, 5),
        traded(1, 1000, 10, 5),
        traded(2, px, volume, bought),
        traded(3, px, 10, 5),
    ]
}

const LONG: [&str; 1] = ["3 OPEN_LONG sent"];
const SHORT: [&str; 1] = ["3 OPEN_SHORT sent"];
const NONE: [&str; 0] = [];

#[test]
fn a_volume_of_exactly_the_multiple_is_a_spike() {
    assert_eq!(actions(spike(1001, 30, 30), short_windows()), LONG);
    assert_eq!(actions(spike(1001, 29, 29), short_windows()), NONE);
    // A baseline of 20 / 3 bars: 20 is exactly 3 times, though 20 / 3 is no finite float.
    let mut bars = vec![traded(0, 1000, 7, 3), traded(1, 1000, 7, 3), traded(2, 1000, 6, 3)];
    bars.extend([traded(3, 1001, 20, 20), traded(4, 1001, 1, 1)]);
    let params = ScalperParams { baseline_period: 3, ..short_windows() };
    assert_eq!(actions(bars, params), ["4 OPEN_LONG sent"]);
}

#[test]
fn the_spike_does_not_dilute_its_own_baseline() {
    // With itself in the mean, (10 + 30) / 2 = 20 and the ratio 1.5.
    assert_eq!(actions(spike(1001, 30, 30), short_windows()), LONG);
}

#[test]
fn a_baseline_of_zero_is_no_signal() {
    let mut bars = spike(1001, 30, 30);
    bars[0] = traded(0, 1000, 0, 0);
    bars[1] = traded(1, 1000, 0, 0);
    assert_eq!(actions(bars, short_windows()), NONE);
}

#[test]
fn a_buy_share_of_exactly_the_threshold_counts_on_both_sides() {
    assert_eq!(actions(spike(1001, 30, 18), short_windows()), LONG, "0.60");
    assert_eq!(actions(spike(1001, 30, 17), short_windows()), NONE);
    assert_eq!(actions(spike(999, 30, 12), short_windows()), SHORT, "0.40");
    assert_eq!(actions(spike(999, 30, 13), short_windows()), NONE);
    // 1 - 0.7 in floats is above 0.3; exactly it is 0.3.
    let seventy = || ScalperParams { min_buy_share: frac("0.7"), ..short_windows() };
    assert_eq!(actions(spike(999, 30, 9), seventy()), SHORT);
    assert_eq!(actions(spike(999, 30, 10), seventy()), NONE);
}

#[test]
fn a_close_on_its_mean_has_not_crossed_and_a_cross_may_start_on_it() {
    // The mean of 2 equal closes is the close: minute 1 is a tie, minute 2 crosses from it.
    assert_eq!(actions(spike(1001, 30, 30), short_windows()), LONG);
    // Minute 2 is a tie too: no cross, either way.
    assert_eq!(actions(spike(1000, 30, 30), short_windows()), NONE);
    assert_eq!(actions(spike(1000, 30, 0), short_windows()), NONE);
    // Above its mean at minute 1 already: minute 2 goes on up, no cross.
    let mut bars = spike(1002, 30, 30);
    bars[1] = traded(1, 1001, 10, 5);
    assert_eq!(actions(bars, short_windows()), NONE);
    // Three closes of 1000, 1000, 1001 have the mean 1000.33: 3 * 1000 < 3001 < 3 * 1001.
    let mut bars = vec![traded(0, 1000, 10, 5), traded(1, 1001, 10, 5), traded(2, 1000, 10, 5)];
    bars.extend([traded(3, 1001, 30, 30), traded(4, 1001, 10, 5)]);
    let params = ScalperParams { ma_period: 3, ..short_windows() };
    assert_eq!(actions(bars, params), ["4 OPEN_LONG sent"]);
}

#[test]
fn the_cross_needs_the_mean_of_the_bar_before() {
    // The mean of 3 is first known at minute 2, so the cross at minute 3 at the earliest.
    let params = ScalperParams { ma_period: 3, ..short_windows() };
    assert_eq!(actions(spike(1001, 30, 30), params), NONE);
}

#[test]
fn an_rsi_that_is_undefined_or_at_its_bound_is_no_signal() {
    let rsi = || ScalperParams { rsi_rule: true, rsi_period: 2, ..short_windows() };
    // Changes 0, +1: RSI 100.
    assert_eq!(actions(spike(1001, 30, 30), rsi()), NONE, "overbought");
    // First value at index n: changes -7, 3 at minute 2 are RSI 100 * 3 / 10 = 30, SHORT needs more,
    // and -3, 7 are RSI 70, LONG needs less.
    let bars = |a: i64, b: i64, bought| {
        vec![
            traded(0, 1000, 10, 5),
            traded(1, 1000 + a, 10, 5),
            traded(2, 1000 + a + b, 30, bought),
            traded(3, 1000, 1, 1),
        ]
    };
    assert_eq!(actions(bars(-3, 7, 30), rsi()), NONE);
    assert_eq!(actions(bars(-4, 7, 30), rsi()), LONG);
    assert_eq!(actions(bars(3, -7, 0), rsi()), NONE);
    assert_eq!(actions(bars(4, -7, 0), rsi()), SHORT);
    let uncrossed = ScalperParams { cross_rule: false, ..rsi() };
    assert_eq!(actions(spike(1000, 30, 30), uncrossed), NONE, "no change at all: undefined");
}

#[test]
fn both_sides_at_once_are_no_signal() {
    // A share of one half is at least 0.5 and at most 1 - 0.5.
    let params =
        || ScalperParams { cross_rule: false, min_buy_share: frac("0.5"), ..short_windows() };
    assert_eq!(actions(spike(1001, 30, 15), params()), NONE);
    assert_eq!(actions(spike(1001, 30, 16), params()), LONG);
}

#[test]
fn each_rule_has_a_switch() {
    let without = |change: fn(&mut ScalperParams)| {
        let mut params = short_windows();
        change(&mut params);
        params
    };
    assert_eq!(actions(spike(1001, 1, 1), without(|p| p.volume_rule = false)), LONG);
    assert_eq!(actions(spike(1001, 30, 0), without(|p| p.pressure_rule = Pressure::Off)), LONG);
    assert_eq!(actions(spike(999, 30, 30), without(|p| p.cross_rule = false)), LONG);
    let mut none = short_windows();
    none.cross_rule = false;
    none.pressure_rule = Pressure::Off;
    assert!(Scalper::factory(none).is_err(), "one of rules 2 and 3 is on");
}

#[test]
fn a_rule_without_its_data_is_an_error_that_names_both() {
    let lacks = |params, bars: Vec<Bar>| {
        let bars = series(bars);
        let error = scalping(&bars, params).run().unwrap_err();
        assert!(matches!(error, RunError::Lacks { .. }));
        error.to_string()
    };
    let said = lacks(
        ScalperParams { pressure_rule: Pressure::Imbalance, ..short_windows() },
        spike(1001, 30, 30),
    );
    assert!(said.contains("pressure_rule = imbalance needs order book"), "{said}");
    let bare: Vec<Bar> =
        spike(1001, 30, 30).into_iter().map(|b| Bar { taker_buy: None, ..b }).collect();
    let said = lacks(short_windows(), bare.clone());
    assert!(said.contains("pressure_rule = buy_share needs taker_buy_volume"), "{said}");
    // A file's taker column is not what the tick rule would have said.
    let ruled = ScalperParams { volume_split: VolumeSplit::TickRule, ..short_windows() };
    for bars in [bare.clone(), spike(1001, 30, 30)] {
        let said = lacks(ruled.clone(), bars);
        assert!(said.contains("volume_split = tick_rule needs trades"), "{said}");
    }
    let idle: Vec<Bar> = (0..4).map(|m| Bar { taker_buy: None, ..traded(m, 1000, 0, 0) }).collect();
    let said =
        lacks(ScalperParams { pressure_rule: Pressure::Off, ..short_windows() }, idle.clone());
    assert!(said.contains("volume_rule needs volume"), "{said}");
    let by_close = ScalperParams {
        volume_rule: false,
        volume_split: VolumeSplit::CloseLocation,
        ..short_windows()
    };
    let said = lacks(by_close.clone(), idle);
    assert!(said.contains("pressure_rule = buy_share needs volume"), "{said}");
    // What is off, or chosen otherwise by name, needs nothing.
    assert!(scalping(&series(bare), by_close).run().is_ok());
}

#[test]
fn close_location_splits_by_price() {
    // (close - low) / (high - low) = 6 / 10.
    let split = || ScalperParams { volume_split: VolumeSplit::CloseLocation, ..short_windows() };
    let with = |close| {
        let mut bars: Vec<Bar> =
            spike(1001, 30, 0).into_iter().map(|b| Bar { taker_buy: None, ..b }).collect();
        let spiked = bar(2, (1000, 1010, 1000, close));
        bars[2] = Bar { volume: bars[2].volume, taker_buy: None, ..spiked };
        actions(bars, split())
    };
    assert_eq!(with(1006), LONG);
    assert_eq!(with(1005), NONE);
    let still: Vec<Bar> =
        spike(1001, 30, 0).into_iter().map(|b| Bar { taker_buy: None, ..b }).collect();
    assert_eq!(actions(still, split()), NONE, "undefined while high equals low");
}

#[test]
fn a_decision_names_its_conditions_and_its_confidence() {
    let run = scalped(&series(spike(1001, 30, 24)), short_windows());
    let d = &run.decisions[0];
    assert_eq!(d.reason.to_string(), "volume_ratio=3, buy_share=0.8, close=1001, mean=1000.5");
    // 0.5 * 3 / 5 + 0.5 * |2 * 0.8 - 1|
    assert!((d.confidence.unwrap() - 0.6).abs() < 1e-12);
    assert_eq!((d.bracket.stop.unwrap().0, d.bracket.target.unwrap().0), (999, 1006));
}

/// Rising and falling in turns from minute 2 on; each bar signals its direction.
fn zigzag(prices: &[i64]) -> Vec<Bar> {
    let mut bars = vec![traded(0, 1000, 1, 1), traded(1, 1000, 1, 1)];
    let mut last = 1000;
    for (px, m) in prices.iter().zip(2..) {
        bars.push(traded(m, *px, 10, if *px > last { 10 } else { 0 }));
        last = *px;
    }
    bars
}

fn zigzag_params() -> ScalperParams {
    ScalperParams { volume_rule: false, ..short_windows() }
}

#[test]
fn cool_down_withholds_entries_after_a_loss_only() {
    // Entered at 1010 at minute 3 for one bar.
    let prices = [1010, 1010, 998, 1010, 998, 1010, 1010];
    let run = scalped(
        &series(zigzag(&prices)),
        ScalperParams { cool_down_s: Some(120), max_hold_s: 60, ..zigzag_params() },
    );
    // Out at 998 at minute 4, so what is decided before minute 6 is withheld; the gain
    // at minute 7 and the break-even trade after it withhold nothing.
    let expected = [
        "3 OPEN_LONG sent",
        "4 CLOSE time sent",
        "5 HOLD cool_down",
        "6 OPEN_LONG sent",
        "7 CLOSE time sent",
        "7 OPEN_SHORT sent",
        "8 CLOSE time sent",
        "8 OPEN_LONG sent",
        "9 CLOSE time end_of_data",
    ];
    assert_eq!(decisions(&run), expected);
}

#[test]
fn hours_and_weekdays_are_those_of_the_decision() {
    // Tuesday 2023-08-01; the decision is at 00:03.
    let with = |hours: &[u8], days: &[u8]| {
        let params = ScalperParams {
            allowed_hours: hours.to_vec(),
            allowed_weekdays: days.to_vec(),
            ..short_windows()
        };
        actions(spike(1001, 30, 30), params)
    };
    assert_eq!(with(&[0], &[2]), LONG);
    assert_eq!(with(&[23, 1], &[]), ["3 HOLD schedule"]);
    assert_eq!(with(&[], &[1, 3, 4, 5, 6, 7]), ["3 HOLD schedule"]);
    // A bar that opens at 00:59 is decided on at 01:00.
    let late: Vec<Bar> = spike(1001, 30, 30)
        .into_iter()
        .map(|b| Bar { ts_open: b.ts_open + Nanos::MINUTE.times(57), ..b })
        .collect();
    let params = |hour| ScalperParams { allowed_hours: vec![hour], ..short_windows() };
    assert_eq!(actions(late.clone(), params(0)), ["60 HOLD schedule"]);
    assert_eq!(actions(late, params(1)), ["60 OPEN_LONG sent"]);
}

#[test]
fn an_opposite_signal_closes_even_when_its_entry_is_withheld() {
    let bars = series(zigzag(&[1001, 1001, 1000, 1000]));
    let run = scalped(&bars, ScalperParams { max_positions: 1, ..zigzag_params() });
    assert_eq!(
        decisions(&run),
        ["3 OPEN_LONG sent", "5 CLOSE opposite sent", "5 OPEN_SHORT sent"],
        "its own position does not count"
    );
}

/// Signals long at minute 2, enters at minute 3 at 10010.
fn ride(rest: &[(i64, i64, i64, i64)]) -> Series {
    let mut bars =
        vec![traded(0, 10_000, 1, 1), traded(1, 10_000, 1, 1), traded(2, 10_010, 10, 10)];
    bars.extend(
        rest.iter().zip(3..).map(|(p, m)| Bar { taker_buy: bar(0, *p).taker_buy, ..bar(m, *p) }),
    );
    series(bars)
}

fn ridden(rest: &[(i64, i64, i64, i64)], change: impl FnOnce(&mut ScalperParams)) -> Vec<String> {
    trades(&rode(rest, change))
}

fn rode(rest: &[(i64, i64, i64, i64)], change: impl FnOnce(&mut ScalperParams)) -> Run {
    let mut params = zigzag_params();
    params.take_profit = frac("0.1");
    params.stop_loss = frac("0.01");
    change(&mut params);
    scalped(&ride(rest), params)
}

#[test]
fn a_trailing_stop_follows_the_best_price_at_each_close_and_never_back() {
    let trail = |p: &mut ScalperParams| p.trailing_stop = Some(frac("0.005"));
    // Best 10100 in minute 3: stop 10100 * 0.995 = 10049.5 -> 10050, live from minute 4 on.
    let first = (10_010, 10_100, 10_000, 10_100);
    let got =
        ridden(&[first, (10_090, 10_090, 10_051, 10_080), (10_080, 10_080, 10_050, 10_060)], trail);
    assert_eq!(got, ["long 10010@3 10050@6 trailing_stop"]);
    // The range of minute 3 itself is not held against it: 10000 is above the first stop.
    let got = ridden(&[first, (10_040, 10_040, 10_040, 10_040)], trail);
    assert_eq!(got, ["long 10010@3 10040@4 trailing_stop"], "a gap fills at the open");
    // Before it is tighter than the stop that came with the entry, that one is named.
    let wide = |p: &mut ScalperParams| p.trailing_stop = Some(frac("0.5"));
    // 10010 * 0.99 = 9909.9 -> 9910.
    let got = ridden(&[first, (10_000, 10_000, 9_900, 9_950)], wide);
    assert_eq!(got, ["long 10010@3 9910@5 stop"]);
}

#[test]
fn a_break_even_stop_moves_to_the_entry_price() {
    let even = |p: &mut ScalperParams| p.break_even = Some(frac("0.005"));
    // 10010 * 1.005 = 10060.05 -> 10061 must be reached.
    let reached = (10_010, 10_061, 10_010, 10_050);
    let back = (10_050, 10_050, 10_000, 10_005);
    assert_eq!(ridden(&[reached, back], even), ["long 10010@3 10010@5 break_even"]);
    let short_of = (10_010, 10_060, 10_010, 10_050);
    assert_eq!(ridden(&[short_of, back], even), ["long 10010@3 10005@5 end_of_data"]);
}

#[test]
fn a_close_at_a_trailed_level_or_through_it_leaves_at_the_next_open() {
    let trail = |p: &mut ScalperParams| p.trailing_stop = Some(frac("0.001"));
    let next = (10_055, 10_060, 10_050, 10_050);
    // Best 10100 in minute 3: level 10100 * 0.999 = 10089.9 -> 10090.
    let got = ridden(&[(10_010, 10_100, 10_010, 10_050), next], trail);
    assert_eq!(got, ["long 10010@3 10055@4 trailing_stop"], "through it");
    let got = ridden(&[(10_010, 10_100, 10_010, 10_090), next], trail);
    assert_eq!(got, ["long 10010@3 10055@4 trailing_stop"], "at it");
    // One tick ahead of it a stop can wait there: minute 4 stays above, minute 5 touches.
    let above = (10_091, 10_095, 10_091, 10_095);
    let touch = (10_095, 10_095, 10_080, 10_085);
    let got = ridden(&[(10_010, 10_100, 10_010, 10_091), above, touch], trail);
    assert_eq!(got, ["long 10010@3 10090@6 trailing_stop"]);
    // The decision is on record with its reason.
    let run = rode(&[(10_010, 10_100, 10_010, 10_050), next], trail);
    assert_eq!(decisions(&run)[1], "4 CLOSE trailing_stop sent");
    assert_eq!(run.decisions[1].reason.to_string(), "close=10050, stop=10090");
}

#[test]
fn a_close_back_at_the_entry_price_leaves_at_the_next_open() {
    let even = |p: &mut ScalperParams| p.break_even = Some(frac("0.005"));
    let next = (10_005, 10_020, 10_000, 10_015);
    // 10061 is reached in minute 3, whose close is at the entry price, or through it.
    for close in [10_010, 10_002] {
        let got = ridden(&[(10_010, 10_061, 10_000, close), next], even);
        assert_eq!(got, ["long 10010@3 10005@4 break_even"]);
    }
    // A tick ahead: the stop waits at 10010, and the gap to 10005 fills at the open.
    let got = ridden(&[(10_010, 10_061, 10_000, 10_011), next], even);
    assert_eq!(got, ["long 10010@3 10005@4 break_even"]);
    let stays = (10_011, 10_020, 10_011, 10_015);
    let got = ridden(&[(10_010, 10_061, 10_000, 10_011), stays], even);
    assert_eq!(got, ["long 10010@3 10015@5 end_of_data"]);
}

#[test]
fn exits_in_multiples_of_atr_round_like_any_level() {
    // Ranges 10 and 10 (the bars are flat, from close to close): Wilder's mean of 2 is 10 at minute 2.
    let bars = |rest: (i64, i64, i64, i64)| {
        let mut bars = vec![traded(0, 1_000, 1, 1), traded(1, 990, 1, 1), traded(2, 1_000, 10, 10)];
        bars.extend([bar(3, rest), traded(4, 1_000, 1, 1)]);
        series(bars)
    };
    let params = || ScalperParams {
        atr: Some(AtrExits { period: 2, stop: frac("1.25"), target: frac("1.25") }),
        ..zigzag_params()
    };
    let run = |rest| trades(&scalped(&bars(rest), params()));
    // 12.5 ticks: the stop 12 away, the earlier trigger; the target 13 away.
    assert_eq!(run((1_000, 1_012, 988, 1_000)), ["long 1000@3 988@4 stop"]);
    assert_eq!(run((1_000, 1_013, 989, 1_000)), ["long 1000@3 1013@4 target"]);
    assert_eq!(run((1_000, 1_012, 989, 1_000))[0], "long 1000@3 1000@5 end_of_data");
    // Not before the range is known.
    let late = ScalperParams {
        atr: Some(AtrExits { period: 3, ..params().atr.unwrap() }),
        ..zigzag_params()
    };
    assert!(scalped(&bars((1_000, 1_000, 1_000, 1_000)), late).decisions.is_empty());
}

#[test]
fn max_positions_counts_entries_that_wait() {
    let one = series(spike(1001, 30, 30));
    let two = series(spike(1001, 30, 30));
    let scalper =
        |most| Scalper::factory(ScalperParams { max_positions: most, ..short_windows() }).unwrap();
    let run = |most| {
        let slots = vec![slot(0, scalper(most)), slot(1, scalper(most))];
        decisions(&account(&[&one, &two], slots).run().unwrap())
    };
    assert_eq!(run(2), ["3 OPEN_LONG sent", "3 OPEN_LONG sent"]);
    assert_eq!(run(1), ["3 OPEN_LONG sent", "3 HOLD max_positions"]);
}

#[test]
fn the_default_size_risks_one_percent_on_the_stop() {
    let mut b = account(&[], vec![]);
    let bars = series(spike(1001, 30, 30));
    b.instruments = vec![market(spec(), &bars)];
    b.strategies = vec![slot(0, Scalper::factory(short_windows()).unwrap())];
    b.strategies[0].sizing = tickstep_core::sizing::Sizing::spec();
    let run = b.run().unwrap();
    // 100000 * 0.01 / (1001 * 0.0025) = 399.6; margin 0.5 * 100000 * 10 / 1001 = 499.5.
    assert_eq!(run.trades[0].lots.get(), 399);
    assert_eq!(run.trades[0].initial_risk, Some(Decimal::from(2 * 399)), "1001 to 999");
}
