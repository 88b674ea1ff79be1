//! Money that would leave what a decimal holds to the last digit.
//!
//! A fee of 1e-12 gives money 12 decimals, so that it is held up to 7.92e16. Of what is
//! left of that beside cash, a quarter may be held: with cash of 1e12, and 1e12 lots, up
//! to a price of (7.92e16 - 1e12) / 4e12 = 19799.75.

use rust_decimal::Decimal;
use tickstep_backtest::run::{Backtest, FeatureCache, FundingPoint, Run, RunError, Stepping};
use tickstep_backtest::series::Series;
use tickstep_core::instrument::{Conversion, InstrumentId};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::units::{Nanos, Side};

use crate::support::tiny::*;

/// The largest price at which 1e12 lots are held beside cash of 1e12.
const MOST: i64 = 19_799;

fn rich<'a>(series: &[&'a Series], script: &[(i64, Do)]) -> Backtest<'a> {
    let slots = (0..series.len() as u16).map(|i| slot(i, Scripted(script.to_vec()))).collect();
    let mut b = account(series, slots);
    b.cash = dec("1000000000000");
    for slot in &mut b.strategies {
        slot.sizing = Sizing::FixedQuantity { quantity: dec("1000000000000") };
    }
    restate(&mut b, |s| {
        s.taker_fee = dec("0.000000000001");
        s.maintenance_margin = Some(Decimal::ZERO);
    });
    b
}

/// Price and minute at which the run stopped, or its trades.
fn ended(run: Result<Run, RunError>) -> Vec<String> {
    match run {
        Ok(run) => trades(&run),
        Err(RunError::Overflow { at: ts, price, decimals: 12, .. }) => {
            vec![format!("{price} at {}", at(ts))]
        }
        Err(error) => panic!("{error}"),
    }
}

fn told(prices: &[i64], script: &[(i64, Do)]) -> Vec<String> {
    let bars = closes(prices);
    let cache = FeatureCache::new([&bars], 1 << 20);
    let told = ended(rich(&[&bars], script).run());
    for how in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
        let summary = rich(&[&bars], script).summary(Some(&cache), how);
        let stopped = matches!(summary, Err(RunError::Overflow { .. }));
        assert_eq!(stopped, told[0].contains(" at "), "{how:?}");
    }
    let cached = ended(rich(&[&bars], script).run_with_cache(&cache));
    assert_eq!(cached, told);
    told
}

#[test]
fn a_run_stops_at_the_first_price_at_which_money_is_not_exact() {
    assert_eq!(told(&[1, 1, MOST, 1], &[buy(0)]), ["long 1@1 1@4 end_of_data"]);
    assert_eq!(told(&[1, 1, MOST + 1, 1], &[buy(0)]), ["19800 at 3"]);
    assert_eq!(told(&[1, 1, 1_000_000_000_000, 1], &[buy(0)]), ["1000000000000 at 3"]);
    // A short position is liquidated at a price like that.
    assert_eq!(told(&[1, 1, MOST, 1], &[sell(0)]), ["short 1@1 19799@3 liquidation"]);
    assert_eq!(told(&[1, 1, MOST + 1, 1], &[sell(0)]), ["19800 at 3"]);
    // What nobody holds may cost anything.
    let far = 1_000_000_000_000;
    assert_eq!(told(&[far, 1, 1, 1, far], &[buy(1), (2, Do::Exit)]), ["long 1@2 1@3 signal"]);
}

#[test]
fn the_price_at_which_an_entry_fills_counts_as_well() {
    assert_eq!(told(&[1, MOST, MOST], &[buy(0)]), ["long 19799@1 19799@3 end_of_data"]);
    assert_eq!(told(&[1, MOST + 1, 1], &[buy(0)]), ["19800 at 1"]);
    assert_eq!(told(&[1, MOST + 1, 1], &[sell(0)]), ["19800 at 1"]);
}

#[test]
fn a_price_that_a_position_does_not_live_to_see_does_not_count() {
    let far = 1_000_000_000_000;
    let target = Entry { target: Some(Distance::Ticks(9.0)), ..bare(Side::Buy) };
    let script = [(0, Do::Enter(target))];
    let inside = tape(&[(1, 1, 1, 1), (1, 1, 1, 1), (1, far, 1, far), (1, 1, 1, 1)]);
    assert_eq!(ended(rich(&[&inside], &script).run()), ["long 1@1 10@3 target"]);
    // An open beyond it is where it fills.
    assert_eq!(told(&[1, 1, MOST, 1], &script), ["long 1@1 19799@2 target"]);
    assert_eq!(told(&[1, 1, far, 1], &script), ["1000000000000 at 2"]);
    let stop = Entry { stop: Some(Distance::Ticks(9.0)), ..bare(Side::Sell) };
    let script = [(0, Do::Enter(stop))];
    assert_eq!(ended(rich(&[&inside], &script).run()), ["short 1@1 10@3 stop"]);
}

#[test]
fn prices_that_fall_are_told_to_the_last_tick() {
    let bars = closes(&[1_000, 1_000, 1, 1]);
    let mut b = rich(&[&bars], &[sell(0)]);
    b.cash = dec("1000000000000000");
    let run = b.run().unwrap();
    assert_eq!(trades(&run), ["short 1000@1 1@4 end_of_data"]);
    // Fees of 1000 and of 1.
    assert_eq!(run.equity.last().unwrap().equity, dec("1998999999998999"));
}

#[test]
fn an_entry_is_refused_where_its_money_would_not_be_exact() {
    let first = |px: i64, stop: Option<f64>| {
        let bars = closes(&[px; 3]);
        let entry = Entry { stop: stop.map(Distance::Ticks), ..bare(Side::Buy) };
        let mut b = rich(&[&bars], &[(0, Do::Enter(entry))]);
        b.cash = dec("1000000000000000");
        decisions(&b.run().unwrap())[0].clone()
    };
    // 1e15 of notional is the most whatever else there is.
    assert_eq!(first(1_000, None), "1 OPEN_LONG sent");
    assert_eq!(first(1_001, None), "1 HOLD too_large");
    // A stop 9,774 ticks below a price of 1 loses 9,774 times as much; an eighth of
    // 7.92e16 - 1e15 is 9.775e15.
    assert_eq!(first(1, Some(9_774.0)), "1 OPEN_LONG sent");
    assert_eq!(first(1, Some(9_776.0)), "1 HOLD too_large");
}

#[test]
fn slots_share_what_there_is() {
    let bars = closes(&[900; 4]);
    let of = |count: usize| {
        let mut b = rich(&vec![&bars; count], &[buy(0)]);
        b.cash = dec("1000000000000000");
        restate(&mut b, |s| s.leverage = dec("100"));
        decisions(&b.run().unwrap()).iter().map(|d| d[2..].to_owned()).collect::<Vec<_>>()
    };
    // A quarter of 7.92e16 - 1e15, 1.955e16, holds nineteen of 9e14 and one more twice over.
    assert_eq!(of(20), ["OPEN_LONG sent"; 20]);
    assert_eq!(of(22)[..20], ["OPEN_LONG sent"; 20]);
    assert_eq!(of(22)[20..], ["HOLD too_large"; 2]);
    let raised = |px: i64| {
        let (one, two) = (closes(&[1, 1, px, 1]), closes(&[1, 1, px, 1]));
        ended(rich(&[&one, &two], &[buy(0)]).run())
    };
    let both = ["long 1@1 1@4 end_of_data"; 2];
    assert_eq!(raised(MOST / 2), both);
    assert_eq!(raised(MOST / 2 + 1), ["9900 at 3"]);
}

#[test]
fn money_of_another_currency_is_held_at_the_rate_it_has() {
    let flat = closes(&[1; 5]);
    let run = |rates: &[i64], conversion| {
        let via = closes(rates);
        let mut b = rich(&[&flat, &via], &[buy(0)]);
        b.strategies.truncate(1);
        b.instruments[0].conversion = conversion;
        ended(b.run())
    };
    let (times, over) =
        (Conversion::Multiply(InstrumentId(1)), Conversion::Divide(InstrumentId(1)));
    let held = ["long 1@1 1@5 end_of_data"];
    assert_eq!(run(&[1, 1, 1, MOST, 1], times), held);
    assert_eq!(run(&[1, 1, 1, MOST + 1, 1], times), ["19800 at 4"]);
    let far = 1_000_000_000_000;
    assert_eq!(run(&[1, 1, 1, far, 1], over), held);
    assert_eq!(run(&[1, 1, far, far, far], over), held);
}

#[test]
fn funding_counts_before_it_is_charged() {
    let bars = closes(&[1; 5]);
    let run = |rate: &str| {
        let mut b = rich(&[&bars], &[buy(0)]);
        let (ts, long_rate) = (minute(2) + Nanos(1), dec(rate));
        b.instruments[0].funding = vec![FundingPoint { ts, long_rate, short_rate: Decimal::ZERO }];
        ended(b.run())
    };
    // Beside the position itself, MOST less one times its notional.
    assert_eq!(run("-19798"), ["long 1@1 1@5 end_of_data"]);
    assert_eq!(run("-19799"), ["1 at 2"]);
    assert_eq!(run("79228162514264337593543950335"), ["1 at 2"]);
}

#[test]
fn an_account_that_grew_too_large_trades_on_until_its_entries_are_refused() {
    // Each round buys 1e12 at 600 and sells at 900; the eighth of what is left beside cash of
    // 1e15 and n gains of 3e14 is below the notional of 6e14 from n = 245 on.
    let rounds = 250;
    let prices: Vec<i64> = (0..rounds).flat_map(|_| [600, 600, 900, 900]).collect();
    let script: Vec<_> = (0..rounds).flat_map(|n| [buy(4 * n), (4 * n + 2, Do::Exit)]).collect();
    let bars = closes(&prices);
    let mut b = rich(&[&bars], &script);
    b.cash = dec("1000000000000000");
    let run = b.run().unwrap();
    assert_eq!(run.trades.len(), 245);
    assert_eq!(decisions(&run).last().unwrap(), "997 HOLD too_large");
    // 245 gains of 3e14, with fees of 600 and 900 a round.
    assert_eq!(run.equity.last().unwrap().equity, dec("74499999999632500"));
}
