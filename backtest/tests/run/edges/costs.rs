//! Fees, slippage, conversion and funding.

use rust_decimal::Decimal;
use tickstep_backtest::run::FundingPoint;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::sizing::Sizing;
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

#[test]
fn markets_and_stops_pay_taker_and_slip_targets_pay_maker_and_do_not() {
    let q = (1000, 1000, 1000, 1000);
    let fees = |bar| {
        let run = ran(&tape(&[q, q, bar, q]), &[long(0)], |b| {
            restate(b, |s| {
                s.maker_fee = dec("-0.0001");
                s.taker_fee = dec("0.0005");
            });
            b.strategies[0].sizing = Sizing::FixedQuantity { quantity: dec("10") };
        });
        let t = &run.trades[0];
        (t.gross, t.fees, t.net, t.slippage)
    };
    // Entry 1000 * 10 * 0.0005 = 5. Target 1004 * 10 * -0.0001 = -1.004, a rebate.
    let target = (dec("40"), dec("3.996"), dec("36.004"), Decimal::ZERO);
    assert_eq!(fees((1000, 1004, 1000, 1000)), target);
    // Stop 998 * 10 * 0.0005 = 4.99.
    assert_eq!(
        fees((1000, 1000, 998, 1000)),
        (dec("-20"), dec("9.99"), dec("-29.99"), Decimal::ZERO)
    );
}

#[test]
fn slippage_in_ticks_and_in_bps_is_against_the_trader() {
    let round_trip = |slippage, side| {
        let script = [(0, Do::Enter(bare(side))), (1, Do::Exit)];
        let run = ran(&closes(&[1001, 1001, 1001, 1001]), &script, |b| {
            b.instruments[0].slippage = slippage;
        });
        (shown(&run.trades[0]), run.trades[0].slippage)
    };
    let two = Slippage::Ticks(2);
    assert_eq!(round_trip(two, Side::Buy), ("long 1003@1 999@2 signal".into(), dec("4")));
    assert_eq!(round_trip(two, Side::Sell), ("short 999@1 1003@2 signal".into(), dec("4")));
    // 15 bps of 1001 are 1.5015: up to 1003, down to 999.
    let bps = Slippage::Bps(frac("15"));
    assert_eq!(round_trip(bps, Side::Buy), ("long 1003@1 999@2 signal".into(), dec("4")));
    // 0.01 bps still costs a tick off the grid's edge, and 0 none.
    let little = Slippage::Bps(frac("0.01"));
    assert_eq!(round_trip(little, Side::Sell), ("short 1000@1 1002@2 signal".into(), dec("2")));
    let none = Slippage::Bps(frac("0"));
    assert_eq!(round_trip(none, Side::Buy), ("long 1001@1 1001@2 signal".into(), dec("0")));
}

fn funding(ts: Nanos, long: &str, short: &str) -> FundingPoint {
    FundingPoint { ts, long_rate: dec(long), short_rate: dec(short) }
}

#[test]
fn longs_pay_funding_and_shorts_receive_it_at_the_mark() {
    let paid = |side| {
        let script = [(0, Do::Enter(bare(side))), (2, Do::Exit)];
        let run = ran(&closes(&[1000, 1000, 1010, 1010]), &script, |b| {
            b.instruments[0].funding = vec![funding(minute(3), "0.001", "-0.001")];
        });
        (run.trades[0].funding, run.trades[0].net, run.equity.last().unwrap().equity)
    };
    // Mark 1010 at minute 3: 1.01.
    assert_eq!(paid(Side::Buy), (dec("1.01"), dec("8.99"), dec("100008.99")));
    assert_eq!(paid(Side::Sell), (dec("-1.01"), dec("-8.99"), dec("99991.01")));
}

#[test]
fn a_swap_may_charge_both_sides() {
    for side in [Side::Buy, Side::Sell] {
        let run = ran(&closes(&[1000; 4]), &[(0, Do::Enter(bare(side)))], |b| {
            b.instruments[0].funding = vec![funding(minute(2), "0.001", "0.002")];
        });
        let expected = if side == Side::Buy { "1" } else { "2" };
        assert_eq!(run.trades[0].funding, dec(expected));
    }
}

#[test]
fn who_holds_at_the_instant_of_funding_is_charged() {
    let charged = |ts| {
        // Held from the open of minute 1 to the open of minute 3.
        let run = ran(&closes(&[1000; 5]), &[buy(0), (2, Do::Exit)], |b| {
            b.instruments[0].funding = vec![funding(ts, "0.001", "-0.001")];
        });
        assert_eq!(trades(&run), ["long 1000@1 1000@3 signal"]);
        !run.trades[0].funding.is_zero()
    };
    assert!(!charged(minute(1)), "entries fill after the funding of that instant");
    assert!(charged(minute(1) + Nanos(1)));
    assert!(charged(minute(2)));
    assert!(charged(minute(3)), "exits fill after the funding of that instant");
    assert!(!charged(minute(3) + Nanos(1)));
}

#[test]
fn funding_inside_a_bar_meets_who_held_then_at_the_mark_of_then() {
    // Venues stamp funding some milliseconds late. It falls inside minute 2, in which
    // the position is stopped, and after which the close is 2000.
    let q = (1000, 1000, 1000, 1000);
    let bars = tape(&[q, q, (1000, 2000, 990, 2000), (2000, 2000, 2000, 2000)]);
    let run = ran(&bars, &[long(0)], |b| {
        b.strategies[0].sizing = Sizing::FixedQuantity { quantity: dec("10") };
        let ts = minute(2) + Nanos(4_000_000);
        b.instruments[0].funding = vec![funding(ts, "0.001", "-0.001")];
    });
    assert_eq!(trades(&run), ["long 1000@1 998@3 stop"]);
    assert_eq!(run.trades[0].funding, dec("10"), "10 * 1000 * 0.001, at the last close before");
}

#[test]
fn quote_money_is_multiplied_or_divided_and_rounded_to_twelve_decimals() {
    let rate = closes(&[3, 3, 7, 7]);
    let bars = closes(&[1000, 1000, 1010, 1010]);
    let run = |conversion| {
        let mut b = account(&[&bars, &rate], vec![slot(0, Scripted(vec![buy(0), (1, Do::Exit)]))]);
        b.instruments[0].conversion = conversion;
        restate(&mut b, |s| s.taker_fee = dec("0.001"));
        b.run().unwrap()
    };
    // Entered and left while the rate is 3: gross 10, fees 1 + 1.01.
    let divided = run(Conversion::Divide(InstrumentId(1)));
    let t = &divided.trades[0];
    assert_eq!(trades(&divided), ["long 1000@1 1010@2 signal"]);
    assert_eq!((t.gross, t.fees), (dec("3.333333333333"), dec("0.67")));
    // 1 / 3 and 1.01 / 3, each rounded when it moves: 0.333333333333 + 0.336666666667.
    assert_eq!(t.net, dec("2.663333333333"));
    assert_eq!(divided.equity.last().unwrap().equity, dec("100002.663333333333"));
    let multiplied = run(Conversion::Multiply(InstrumentId(1)));
    let t = &multiplied.trades[0];
    assert_eq!((t.gross, t.fees, t.net), (dec("30"), dec("6.03"), dec("23.97")));
}

#[test]
fn open_profit_is_converted_at_the_rate_of_the_moment() {
    let rate = closes(&[2, 2, 4]);
    let bars = closes(&[1000, 1000, 1010]);
    let mut b = account(&[&bars, &rate], vec![slot(0, Scripted(vec![buy(0)]))]);
    b.instruments[0].conversion = Conversion::Divide(InstrumentId(1));
    let equity: Vec<_> = b.run().unwrap().equity.iter().map(|p| p.equity).collect();
    assert_eq!(equity, [dec("100000"), dec("100000"), dec("100002.5")]);
}

#[test]
fn nothing_is_entered_before_the_rate_is_known() {
    let rate = series(vec![flat(2, 2), flat(3, 2)]);
    let bars = closes(&[1000, 1000, 1000, 1000]);
    let mut b = account(&[&bars, &rate], vec![slot(0, Scripted(vec![buy(0), buy(2)]))]);
    b.instruments[0].conversion = Conversion::Multiply(InstrumentId(1));
    let run = b.run().unwrap();
    assert_eq!(decisions(&run), ["1 HOLD no_rate", "3 OPEN_LONG sent"]);
}

#[test]
fn a_fixed_notional_is_quote_money_and_a_tie_is_a_tie_at_any_rate() {
    let bars = closes(&[100, 100, 100]);
    for rate in [3, 7, 149, 1_337] {
        let rates = closes(&[rate; 3]);
        for conversion in
            [Conversion::Divide(InstrumentId(1)), Conversion::Multiply(InstrumentId(1))]
        {
            let mut b = account(&[&bars, &rates], vec![slot(0, Scripted(vec![buy(0)]))]);
            b.cash = dec("10000000");
            b.instruments[0].conversion = conversion;
            b.strategies[0].sizing = Sizing::FixedNotional { notional: dec("10000") };
            let run = b.run().unwrap();
            assert_eq!(run.trades[0].lots.get(), 100, "{rate} {conversion:?}");
        }
    }
}

#[test]
fn slippage_out_of_its_range_is_refused_before_the_run() {
    let series = closes(&[1000, 1000]);
    let said = |slippage| {
        let mut backtest = scripted(&series, &[buy(0)]);
        backtest.instruments[0].slippage = slippage;
        backtest.run().err().map(|e| e.to_string())
    };
    let bps = "is out of range; it must be at least 0 and below 5000 basis points";
    assert_eq!(said(Slippage::Bps(frac("-1"))), Some(format!("T: slippage.bps = -1 {bps}")));
    assert_eq!(said(Slippage::Bps(frac("5000"))), Some(format!("T: slippage.bps = 5000 {bps}")));
    assert_eq!(said(Slippage::Bps(frac("4999.9"))), None);
    let ticks = "T: slippage.ticks = 1000001 is out of range; it must be 0 to 1000000 ticks";
    assert_eq!(said(Slippage::Ticks(1_000_001)), Some(ticks.to_owned()));
    assert_eq!(said(Slippage::Ticks(1_000_000)), None);
}

#[test]
fn an_instrument_beyond_its_bounds_is_refused_with_field_value_and_range() {
    let said = |change: fn(&mut InstrumentSpec)| {
        let mut stated = spec();
        change(&mut stated);
        Instrument::new(stated).unwrap_err().to_string()
    };
    let cases: [(&str, &str); 8] = [
        (
            &said(|s| (s.leverage, s.maintenance_margin) = (dec("0.5"), None)),
            "T: leverage = 0.5 is out of range; it must be above 0.5 where maintenance_margin, then 1 / (2 * leverage), is not stated",
        ),
        (
            &said(|s| (s.leverage, s.maintenance_margin) = (dec("0.5"), Some(dec("1")))),
            "T: maintenance_margin = 1 is out of range; it must be at or above 0 and below 1",
        ),
        (
            &said(|s| s.leverage = dec("10001")),
            "T: leverage = 10001 is out of range; it must be above 0: 0.001 to 10000",
        ),
        (
            &said(|s| s.tick_size = Decimal::ZERO),
            "T: tick_size = 0 is out of range; it must be above 0: 1e-12 to 1e9",
        ),
        (
            &said(|s| s.lot_step = Decimal::MAX),
            "T: lot_step = 79228162514264337593543950335 is out of range; it must be above 0: 1e-12 to 1e9",
        ),
        (
            &said(|s| (s.tick_size, s.contract_size) = (dec("1000000"), dec("1000000"))),
            "T: tick_size * contract_size = 1000000000000 is out of range; it must be at most 1e9",
        ),
        (
            &said(|s| s.min_notional = Decimal::MAX),
            "T: min_notional = 79228162514264337593543950335 is out of range; it must be 0 to 1e12",
        ),
        (
            &said(|s| s.taker_fee = Decimal::new(1, 13)),
            "T: taker_fee = 0.0000000000001 is out of range; it must be a fraction of notional between -1 and 1 with at most 12 decimals",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}
