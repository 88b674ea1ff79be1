//! Sizes, margin, exposure, daily loss, drawdown and liquidation.

use tickstep_backtest::run::Run;
use tickstep_core::decision::{Refusal, SizeCut};
use tickstep_core::instrument::InstrumentSpec;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

fn risk(fraction: &str, margin: &str) -> Sizing {
    Sizing::Risk { risk_fraction: frac(fraction), max_margin_use: frac(margin) }
}

/// Lots of the decision at minute 1, or the rule that refused it.
fn sized(sizing: Sizing, change: impl Fn(&mut InstrumentSpec), entry: Entry) -> String {
    let bars = closes(&[1000; 3]);
    let mut b = scripted(&bars, &[(0, Do::Enter(entry))]);
    restate(&mut b, change);
    b.strategies[0].sizing = sizing;
    first_size(&b.run().unwrap())
}

fn first_size(run: &Run) -> String {
    run.decisions[0].lots.map_or_else(|| decisions(run)[0].clone(), |l| l.get().to_string())
}

#[test]
fn risk_sizing_is_equity_times_fraction_over_price_times_stop() {
    let e = || entry(Side::Buy);
    // 100000 * 0.01 / (1000 * 0.0025) = 400; margin 0.5 * 100000 * 10 / 1000 = 500.
    assert_eq!(sized(risk("0.01", "0.5"), |_| (), e()), "400");
    // 0.02 asks for 800; the margin caps it.
    assert_eq!(sized(risk("0.02", "0.5"), |_| (), e()), "500");
    assert_eq!(sized(risk("0.02", "0.5"), |s| s.leverage = dec("3"), e()), "150");
    // Contracts of 7: 57.14 of them; lots of 5 contracts: 11.
    assert_eq!(sized(risk("0.01", "0.5"), |s| s.contract_size = dec("7"), e()), "57");
    let packs = |s: &mut InstrumentSpec| {
        s.contract_size = dec("7");
        s.lot_step = dec("5");
    };
    assert_eq!(sized(risk("0.01", "0.5"), packs, e()), "11");
    // A stop in ticks: 100000 * 0.01 / 12; without any the cap is the size.
    let ticks = Entry { stop: Some(Distance::Ticks(12.5)), ..e() };
    assert_eq!(sized(risk("0.01", "0.5"), |_| (), ticks), "83");
    let none = Entry { stop: None, ..e() };
    assert_eq!(sized(risk("0.01", "0.5"), |_| (), none), "500");
}

#[test]
fn an_entry_says_which_limit_made_it_smaller() {
    let cut = |sizing: Sizing, limits: RiskParams, e: Entry| {
        let bars = closes(&[1000; 3]);
        let mut b = scripted(&bars, &[(0, Do::Enter(e))]);
        b.strategies[0].sizing = sizing;
        b.risk = limits;
        let run = b.run().unwrap();
        let decision = &run.decisions[0];
        (decision.lots.map(|l| l.get()), decision.cut.map(SizeCut::name))
    };
    let (off, e) = (RiskParams::default, || entry(Side::Buy));
    // 400 by risk, 500 by half of free margin, at leverage 10.
    assert_eq!(cut(risk("0.01", "0.5"), off(), e()), (Some(400), None));
    assert_eq!(cut(risk("0.02", "0.5"), off(), e()), (Some(500), Some("max_margin_use")));
    let none = Entry { stop: None, ..e() };
    assert_eq!(cut(risk("0.01", "0.5"), off(), none), (Some(500), Some("max_margin_use")));
    assert_eq!(cut(quantity("500"), off(), e()), (Some(500), None), "a fixed size has no cap");
    // 0.3 and 0.2 of 100000 * 10 are 300 and 200 units; the last that took of it is named.
    let symbol = |rest| RiskParams { symbol_exposure: Some(frac("0.3")), ..rest };
    assert_eq!(cut(risk("0.02", "0.5"), symbol(off()), e()), (Some(300), Some("symbol_exposure")));
    let both = symbol(RiskParams { correlated_exposure: Some(frac("0.2")), ..off() });
    assert_eq!(cut(risk("0.02", "0.5"), both, e()), (Some(200), Some("correlated_exposure")));
    let margin = RiskParams { margin: true, ..off() };
    assert_eq!(cut(quantity("5000"), margin.clone(), e()), (Some(1000), Some("margin")));
    assert_eq!(cut(quantity("1000"), margin, e()), (Some(1000), None), "just what is free");
}

#[test]
fn below_the_smallest_order_nothing_is_sent_and_the_reason_recorded() {
    let e = || entry(Side::Sell);
    let min_qty = |n: &'static str| move |s: &mut InstrumentSpec| s.min_qty = Some(dec(n));
    assert_eq!(sized(risk("0.01", "0.5"), min_qty("400"), e()), "400");
    assert_eq!(sized(risk("0.01", "0.5"), min_qty("401"), e()), "1 HOLD min_qty");
    let least = |n: &'static str| move |s: &mut InstrumentSpec| s.min_notional = dec(n);
    assert_eq!(sized(quantity("3"), least("3000"), e()), "3");
    assert_eq!(sized(quantity("3"), least("3000.01"), e()), "1 HOLD min_notional");
    assert_eq!(sized(quantity("0.9"), |_| (), e()), "1 HOLD min_qty");
}

#[test]
fn fixed_sizes_are_not_capped_but_margin_may_refuse_them() {
    let e = || bare(Side::Buy);
    // 100000 * 10 / 1000 = 1000 units use all of it.
    assert_eq!(sized(quantity("1000"), |_| (), e()), "1000");
    assert_eq!(sized(quantity("1001"), |_| (), e()), "1 HOLD margin");
    let notional = |n| Sizing::FixedNotional { notional: dec(n) };
    assert_eq!(sized(notional("1000999"), |_| (), e()), "1000");
    assert_eq!(sized(notional("1001000"), |_| (), e()), "1 HOLD margin");
    // An account that names margin among its limits shrinks instead.
    let bars = closes(&[1000; 3]);
    let mut b = scripted(&bars, &[buy(0)]);
    b.strategies[0].sizing = quantity("5000");
    b.risk.margin = true;
    assert_eq!(first_size(&b.run().unwrap()), "1000");
}

#[test]
fn a_run_that_margin_kept_from_trading_says_how_often() {
    // At leverage 1, cash of 100000 carries 100 units at 1000.
    let bars = closes(&[1000, 1000, 1000, 1000, 1000]);
    let at = |n: &str| {
        let mut b = scripted(&bars, &[buy(0), sell(1), buy(2)]);
        restate(&mut b, |s| s.leverage = dec("1"));
        b.strategies[0].sizing = quantity(n);
        b.run().unwrap()
    };
    assert_eq!(at("100").refusals().total(), 0);
    let stopped = at("101");
    assert!(stopped.trades.is_empty());
    assert_eq!(stopped.refusals().most(), Some((Refusal::Margin, 3)));
    assert_eq!(stopped.refusals().total(), 3);
}

#[test]
fn entries_that_wait_use_margin_and_count_as_positions() {
    let bars = closes(&[1000; 3]);
    let two = |limits: RiskParams, first: &str| {
        let mut b = account(
            &[&bars, &bars],
            vec![slot(0, Scripted(vec![buy(0)])), slot(1, Scripted(vec![buy(0)]))],
        );
        b.risk = limits;
        b.strategies[0].sizing = quantity(first);
        b.strategies[1].sizing = quantity("400");
        decisions(&b.run().unwrap()).pop().unwrap()
    };
    // 600 units wait and hold 60000 of margin; 400 more need the rest.
    assert_eq!(two(RiskParams::default(), "600"), "1 OPEN_LONG sent");
    assert_eq!(two(RiskParams::default(), "601"), "1 HOLD margin");
    let most = |n| RiskParams { max_positions: Some(n), ..RiskParams::default() };
    assert_eq!(two(most(2), "1"), "1 OPEN_LONG sent");
    assert_eq!(two(most(1), "1"), "1 HOLD position_count");
}

#[test]
fn in_a_reversal_the_closing_position_counts_as_closed_at_the_decision_price() {
    let bars = closes(&[1000, 1000, 1100, 1100, 1100]);
    let mut b = scripted(&bars, &[buy(0), sell(2)]);
    restate(&mut b, |s| s.taker_fee = dec("0.01"));
    b.instruments[0].slippage = tickstep_core::instrument::Slippage::Ticks(50);
    b.strategies[0].sizing = quantity("900");
    let run = b.run().unwrap();
    assert_eq!(first_size(&run), "900");
    // Entry fee 900 * 1050 * 0.01 = 9450; equity 100000 - 9450 + 900 * 50 = 135550, of which a
    // short of 900 at 1100 needs 99000: with the long's margin still in use it would not fit.
    assert_eq!(decisions(&run)[1..], ["3 CLOSE opposite sent", "3 OPEN_SHORT sent"]);
    let mut b = scripted(&bars, &[buy(0), (2, Do::Enter(entry(Side::Sell)))]);
    restate(&mut b, |s| s.taker_fee = dec("0.01"));
    b.instruments[0].slippage = tickstep_core::instrument::Slippage::Ticks(50);
    b.strategies[0].sizing = quantity("100");
    let own = b.run().unwrap();
    assert_eq!(own.equity[2].equity, dec("103950"), "100000 - 1050 + 100 * 50");
}

#[test]
fn a_limit_on_one_symbol_shrinks_and_then_refuses() {
    let bars = closes(&[1000; 4]);
    let second = |first: &str, least: &str| {
        let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(0, Scripted(vec![sell(1)]))];
        let mut b = account(&[&bars], slots);
        // 0.40 * 100000 * 10 = 400000, 400 units in all, whatever the side.
        b.risk.symbol_exposure = Some(frac("0.4"));
        restate(&mut b, |s| s.min_qty = Some(dec(least)));
        b.strategies[0].sizing = quantity(first);
        b.strategies[1].sizing = quantity("300");
        let run = b.run().unwrap();
        run.decisions[1].lots.map_or_else(|| decisions(&run)[1].clone(), |l| l.get().to_string())
    };
    assert_eq!(second("100", "1"), "300");
    assert_eq!(second("101", "1"), "299");
    assert_eq!(second("390", "10"), "10");
    assert_eq!(second("390", "11"), "2 HOLD symbol_exposure");
    assert_eq!(second("900", "1"), "2 HOLD symbol_exposure", "400 of the 900 are open");
}

#[test]
fn a_limit_on_what_moves_together_counts_unknown_correlation_as_one() {
    let bars = closes(&[1000; 4]);
    let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(1, Scripted(vec![sell(1)]))];
    let mut b = account(&[&bars, &bars], slots);
    b.risk.correlated_exposure = Some(frac("0.6"));
    b.strategies[0].sizing = quantity("450");
    b.strategies[1].sizing = quantity("400");
    let run = b.run().unwrap();
    assert_eq!(run.decisions[1].lots.unwrap().get(), 150, "0.6 * 1000000 - 450000");
}

#[test]
fn what_moves_apart_may_be_held_in_full() {
    // Hourly closes for 100 hours: one alternates each hour, the other every two.
    let wave = |period: i64| {
        series((0..100).map(|h| flat(h * 60 + 59, 1000 + 10 * (h / period % 2))).collect())
    };
    let (one, other) = (wave(1), wave(2));
    let last = 98 * 60 + 59;
    let slots = vec![slot(0, Scripted(vec![buy(last)])), slot(1, Scripted(vec![buy(last)]))];
    let mut b = account(&[&one, &other], slots);
    b.max_gap = 100;
    b.risk.correlated_exposure = Some(frac("0.6"));
    b.strategies[0].sizing = quantity("450");
    b.strategies[1].sizing = quantity("400");
    let run = b.run().unwrap();
    assert!(run.decisions[1].lots.unwrap().get() > 390, "{:?}", run.decisions[1].lots);
}

fn limited(prices: &[i64], script: &[(i64, Do)], size: &str, limits: RiskParams) -> Run {
    ran(&closes(prices), script, |b| {
        b.strategies[0].sizing = quantity(size);
        b.risk = limits;
    })
}

#[test]
fn a_daily_loss_holds_until_the_day_begins_in_the_accounts_zone() {
    // 100 long: 970 is 3000 of 100000 lost, exactly the limit.
    let script = [buy(0), (1, Do::Exit), buy(3), buy(5), buy(6)];
    let run = |days: Vec<Nanos>| {
        decisions(&ran(&closes(&[1000, 1000, 970, 970, 970, 970, 970, 970, 970]), &script, |b| {
            b.strategies[0].sizing = quantity("100");
            b.risk.daily_loss = Some(frac("0.03"));
            b.day_starts = days;
        }))
    };
    let lost = ["1 OPEN_LONG sent", "2 CLOSE signal sent", "4 HOLD daily_loss"];
    assert_eq!(run(vec![])[..3], lost);
    assert_eq!(run(vec![])[3..], ["6 HOLD daily_loss", "7 HOLD daily_loss"]);
    // A day that begins at the instant of the decision has begun.
    assert_eq!(run(vec![minute(6)])[3..], ["6 OPEN_LONG sent", "7 HOLD there"]);
    assert_eq!(run(vec![minute(6) + Nanos(1)])[3..], ["6 HOLD daily_loss", "7 OPEN_LONG sent"]);
}

#[test]
fn a_day_that_begins_inside_a_bar_opens_at_the_equity_known_then() {
    // Long 100 at 1000; within minute 2 the day begins, at its close 970 is 3 % of that day.
    let run = ran(&closes(&[1000, 1000, 970, 970]), &[buy(0), buy(2), sell(2)], |b| {
        b.strategies[0].sizing = quantity("100");
        b.risk.daily_loss = Some(frac("0.03"));
        b.day_starts = vec![minute(2) + Nanos::SECOND.times(30)];
    });
    assert_eq!(decisions(&run)[1..], ["3 CLOSE opposite sent", "3 HOLD daily_loss"]);
}

fn tiers() -> RiskParams {
    let tiers = ["0.30", "0.35", "0.40", "0.50"].map(frac);
    RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() }
}

#[test]
fn drawdown_halves_then_quarters_then_stops_and_the_first_two_lift() {
    // 100 units from 1000: every 10 off the price is 1 % of the 100000 at the peak.
    let second = |prices: &[i64]| {
        let bars = closes(prices);
        let last = prices.len() as i64 - 2;
        let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(0, Scripted(vec![buy(last)]))];
        let mut b = account(&[&bars], slots);
        b.risk = tiers();
        b.strategies[0].sizing = quantity("100");
        b.strategies[1].sizing = quantity("9");
        let run = b.run().unwrap();
        run.decisions[1].lots.map_or_else(|| decisions(&run)[1].clone(), |l| l.get().to_string())
    };
    assert_eq!(second(&[1000, 1000, 701, 701]), "9");
    assert_eq!(second(&[1000, 1000, 700, 700]), "4", "9 / 2, rounded down");
    assert_eq!(second(&[1000, 1000, 650, 650]), "2");
    assert_eq!(second(&[1000, 1000, 650, 701, 701]), "9", "lifted");
    assert_eq!(second(&[1000, 1000, 600, 600]), "3 HOLD drawdown_tier");
    assert_eq!(second(&[1000, 1000, 600, 1000, 1000]), "4 HOLD drawdown_tier", "stays");
    // From the peak, not from the start: 1200 is 120000, 30 % under it 84000.
    assert_eq!(second(&[1000, 1000, 1200, 840, 840]), "4");
}

#[test]
fn the_last_tier_closes_everything_and_sets_the_kill_switch() {
    let script = [buy(0), buy(4)];
    let run = limited(&[1000, 1000, 500, 510, 1000, 1000], &script, "100", tiers());
    assert_eq!(trades(&run), ["long 1000@1 510@3 flatten"]);
    assert_eq!(decisions(&run), ["1 OPEN_LONG sent", "3 CLOSE flatten sent", "5 HOLD kill_switch"]);
}

#[test]
fn a_close_all_withdraws_the_entry_of_a_reversal() {
    // At the close of minute 2 the last tier is reached and the other side signals.
    let run = limited(&[1000, 1000, 500, 500, 500], &[buy(0), sell(2)], "100", tiers());
    assert_eq!(trades(&run), ["long 1000@1 500@3 flatten"]);
    assert_eq!(decisions(&run)[1..], ["3 CLOSE flatten sent", "3 HOLD kill_switch"]);
}

#[test]
fn kelly_waits_for_its_window_then_wants_an_edge() {
    // Bought at the open of every odd minute and closed at the next open: +10, -5, +10, -5.
    let kelly =
        Sizing::Kelly { kelly_window: 2, risk_fraction: frac("0.01"), max_margin_use: frac("0.5") };
    let prices = [1000, 1000, 1010, 1010, 1005, 1005, 990, 990, 990, 990];
    let e = |at| (at, Do::Enter(Entry { hold: Some(Nanos::MINUTE), ..entry(Side::Buy) }));
    let run = ran(&closes(&prices), &[e(0), e(2), e(4), e(6)], |b| {
        b.strategies[0].sizing = kelly;
    });
    // 400 by risk; +10 a unit is 4000. Then 104000 * 0.01 / (1010 * 0.0025) = 411.
    let lots: Vec<_> = run
        .decisions
        .iter()
        .filter(|d| d.exit.is_none())
        .map(|d| d.lots.map(|l| l.get()))
        .collect();
    assert_eq!(lots[..2], [Some(400), Some(411)]);
    // Won 4000, lost 2055 (411 * 5): W 0.5, R 1.946, K 0.243, half 0.1216 of 101945 as margin,
    // 0.121562... * 101945 * 10 / 1005 = 123.3.
    assert_eq!(lots[2], Some(123));
    // Two losses: no edge.
    assert_eq!(lots[3], None);
    assert!(decisions(&run).contains(&"7 HOLD no_edge".to_owned()), "{:?}", decisions(&run));
}

#[test]
fn liquidation_closes_at_the_bars_worst_price_with_its_fee() {
    // 1000 long at 1000 on 100000: maintenance is 5 % of notional. At 948: 48000 >= 47400.
    // At 947: 47000 < 47350.
    let q = (1000, 1000, 1000, 1000);
    let down_to = |low| {
        let run = ran(&tape(&[q, q, (1000, 1000, low, 960), q]), &[buy(0)], |b| {
            b.strategies[0].sizing = quantity("1000");
        });
        trades(&run)
    };
    assert_eq!(down_to(948), ["long 1000@1 1000@4 end_of_data"]);
    assert_eq!(down_to(947), ["long 1000@1 947@3 liquidation"]);
}

#[test]
fn liquidation_neither_slips_nor_waits_but_pays_the_taker_fee() {
    let q = (1000, 1000, 1000, 1000);
    let run = ran(&tape(&[q, q, (1000, 1100, 1000, 1000), q]), &[sell(0)], |b| {
        restate(b, |s| s.taker_fee = dec("0.001"));
        b.strategies[0].sizing = quantity("900");
        b.instruments[0].slippage = tickstep_core::instrument::Slippage::Ticks(1);
    });
    // Short 900 at 999, equity 100000 - 899.1; at 1100: -90900, below 5 % of 990000.
    assert_eq!(trades(&run), ["short 999@1 1100@3 liquidation"]);
    assert_eq!(run.trades[0].fees, dec("1889.1"), "899.1 + 990");
}

#[test]
fn a_nearer_stop_comes_before_liquidation() {
    let q = (1000, 1000, 1000, 1000);
    let script =
        [(0, Do::Enter(Entry { stop: Some(Distance::Fraction(frac("0.01"))), ..bare(Side::Buy) }))];
    let run = ran(&tape(&[q, q, (1000, 1000, 900, 960), q]), &script, |b| {
        b.strategies[0].sizing = quantity("1000");
    });
    assert_eq!(trades(&run), ["long 1000@1 990@3 stop"]);
}

#[test]
fn a_target_in_the_bar_of_a_liquidation_goes_by_the_same_choice() {
    let q = (1000, 1000, 1000, 1000);
    let script = [(
        0,
        Do::Enter(Entry { target: Some(Distance::Fraction(frac("0.01"))), ..bare(Side::Buy) }),
    )];
    let by = |intrabar, bar| {
        let run = ran(&tape(&[q, q, bar, q]), &script, |b| {
            b.strategies[0].sizing = quantity("1000");
            b.intrabar = intrabar;
        });
        run.trades[0].exit.name()
    };
    let near_up = (1000, 1010, 900, 960);
    assert_eq!(by(Intrabar::StopFirst, near_up), "liquidation");
    assert_eq!(by(Intrabar::TargetFirst, near_up), "target");
    assert_eq!(by(Intrabar::OhlcPath, near_up), "target");
    assert_eq!(by(Intrabar::OhlcPath, (1000, 1100, 940, 960)), "liquidation");
    assert_eq!(by(Intrabar::FinerBars, near_up), "liquidation", "no finer bars");
}

#[test]
fn the_larger_loss_is_liquidated_first_and_the_rest_only_if_it_must() {
    let q = (1000, 1000, 1000, 1000);
    let worse = tape(&[q, q, (1000, 1000, 900, 960), q]);
    let better = tape(&[q, q, (1000, 1000, 960, 960), q]);
    let run = |better_units: &str| {
        let slots = vec![slot(0, Scripted(vec![buy(0)])), slot(1, Scripted(vec![buy(0)]))];
        let mut b = account(&[&better, &worse], slots);
        b.strategies[0].sizing = quantity(better_units);
        b.strategies[1].sizing = quantity("600");
        trades(&b.run().unwrap())
    };
    // Losses 60000 and 400 * 40 = 16000: equity 24000, needed 27000 + 19200. Without the larger,
    // 24000 >= 19200.
    assert_eq!(run("400"), ["long 1000@1 900@3 liquidation", "long 1000@1 1000@4 end_of_data"]);
}

#[test]
fn the_day_a_clock_goes_back_has_twenty_five_hours_of_one_limit() {
    // New York, 2023-11-05: from 04:00 UTC to 05:00 UTC of the next day.
    let first = Nanos(1_699_142_400_000_000_000); // 00:00 UTC
    let hour = |n: i64| first + Nanos::HOUR.times(n);
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let begins = |day: i8| {
        let midnight = jiff::civil::date(2023, 11, day).to_zoned(zone.clone()).unwrap();
        Nanos(midnight.timestamp().as_nanosecond().try_into().unwrap())
    };
    let days = vec![begins(5), begins(6)];
    assert_eq!(days, [hour(4), hour(29)]);
    // Long 100 from 1000; 970 from the close at hour 10 on. Decided at the closes of 28 and 29.
    let price = |n| if n < 9 { 1000 } else { 970 };
    let bars = (0..32).map(|n| tickstep_core::event::Bar { ts_open: hour(n), ..flat(0, price(n)) });
    let tape = tickstep_backtest::series::Series::from_bars(
        "T",
        Nanos::HOUR,
        grid(),
        bars.collect(),
        Nanos::DAY,
    );
    let tape = tape.unwrap();
    let minutes = |n: i64| (hour(n) - T0).0 / Nanos::MINUTE.0;
    let script = [buy(minutes(0)), (minutes(11), Do::Exit), buy(minutes(27)), buy(minutes(28))];
    let run = ran(&tape, &script, |b| {
        b.strategies[0].sizing = quantity("100");
        b.risk.daily_loss = Some(frac("0.03"));
        b.day_starts = days;
    });
    let last: Vec<_> = run.decisions[2..].iter().map(|d| d.ts).collect();
    assert_eq!(last, [hour(28), hour(29)]);
    let said: Vec<_> =
        decisions(&run).iter().map(|d| d.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(said[2..], ["HOLD daily_loss", "OPEN_LONG sent"]);
}
