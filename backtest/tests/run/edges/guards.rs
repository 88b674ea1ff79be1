//! Limits as prop firms write them, each at its edge. 100 are held, so a tick is 100, and
//! cash is 100,000: 1 % is 10 ticks.

use tickstep_backtest::run::Backtest;
use tickstep_core::risk::DayBasis;
use tickstep_core::units::Nanos;

use crate::support::tiny::*;

fn guarded(
    prices: &[i64],
    script: &[(i64, Do)],
    limit: impl FnOnce(&mut Backtest<'_>),
) -> Vec<String> {
    let bars = closes(prices);
    let mut b = scripted(&bars, script);
    b.strategies[0].sizing = quantity("100");
    limit(&mut b);
    let run = b.run().unwrap();
    let reasons = run.decisions.iter().map(|d| d.reason.to_string());
    decisions(&run)
        .into_iter()
        .zip(reasons)
        .map(|(d, r)| format!("{d} {r}").trim_end().to_owned())
        .collect()
}

#[test]
fn a_days_loss_closes_everything_and_ends_the_day() {
    let script = [buy(0), buy(4), buy(5), buy(7)];
    let limit = |b: &mut Backtest<'_>| {
        b.risk.flatten_at = Some(frac("0.01"));
        b.day_starts = vec![minute(7)];
    };
    // Bought at 1000; 991 is 0.9 %, 990 exactly 1 %.
    let decided = guarded(&[1000, 1000, 991, 990, 1000, 1000, 1000, 1000, 1000], &script, limit);
    assert_eq!(
        decided,
        [
            "1 OPEN_LONG sent",
            "4 CLOSE flatten sent flatten_at=0.01, equity=99000",
            "5 HOLD flatten_at",
            "6 HOLD flatten_at",
            "8 OPEN_LONG sent",
        ]
    );
}

#[test]
fn a_day_that_opens_with_a_loss_is_measured_by_its_basis() {
    // Bought at 1000, at 990 when the day begins: equity is 99,000 and the balance 100,000.
    // 2 % of them are lost at 970.2 and 980.
    let decided = |basis| {
        guarded(&[1000, 1000, 990, 981, 980, 971, 970, 970], &[buy(0)], |b| {
            b.risk.flatten_at = Some(frac("0.02"));
            b.risk.daily_loss_basis = basis;
            b.day_starts = vec![minute(3)];
        })
    };
    let closed = |at: i64, equity: i64| {
        let close = format!("{at} CLOSE flatten sent flatten_at=0.02, equity={equity}");
        vec!["1 OPEN_LONG sent".to_owned(), close]
    };
    assert_eq!(decided(DayBasis::Equity), closed(7, 97_000));
    assert_eq!(decided(DayBasis::Balance), closed(5, 98_000));
    assert_eq!(decided(DayBasis::Higher), closed(5, 98_000));
}

#[test]
fn a_drawdown_from_the_start_or_from_the_peak_ends_trading() {
    // Up to 1100, which is 110,000: 5 % less are 104,500. From the start: 95,000.
    let prices = [1000, 1000, 1100, 1046, 1045, 1000, 951, 950, 1000, 1000];
    let script = [buy(0), buy(8)];
    let trailing = guarded(&prices, &script, |b| b.risk.trailing_drawdown = Some(frac("0.05")));
    assert_eq!(
        trailing,
        [
            "1 OPEN_LONG sent",
            "5 CLOSE flatten sent trailing_drawdown=0.05, equity=104500",
            "9 HOLD trailing_drawdown",
        ]
    );
    let fixed = guarded(&prices, &script, |b| {
        b.risk.max_drawdown = Some(frac("0.05"));
        // A new day does not lift it.
        b.day_starts = vec![minute(9)];
    });
    assert_eq!(
        fixed,
        [
            "1 OPEN_LONG sent",
            "8 CLOSE flatten sent max_drawdown=0.05, equity=95000",
            "9 HOLD max_drawdown",
        ]
    );
}

#[test]
fn a_goal_is_reached_with_its_profit_and_its_days() {
    let prices = [1000, 1000, 1009, 1010, 1020, 1020, 1020, 1020];
    let goal = |days| {
        move |b: &mut Backtest<'_>| {
            b.risk.profit_target = Some(frac("0.01"));
            b.risk.min_trading_days = days;
            b.day_starts = vec![minute(4) + Nanos(1)];
        }
    };
    let script = [buy(0), (4, Do::Exit), buy(5)];
    assert_eq!(
        guarded(&prices, &script, goal(None)),
        [
            "1 OPEN_LONG sent",
            "4 CLOSE flatten sent profit_target=0.01, equity=101000",
            "6 HOLD profit_target",
        ]
    );
    // The second entry, at minute 6, makes the second day: reached at its close.
    assert_eq!(
        guarded(&prices, &script, goal(Some(2))),
        [
            "1 OPEN_LONG sent",
            "5 CLOSE signal sent",
            "6 OPEN_LONG sent",
            "7 CLOSE flatten sent profit_target=0.01, equity=102000",
        ]
    );
}
