//! Markets with trading hours: a break is no gap and no time held, and whichever way a
//! run takes through the bars, it is the same run.

use rand::SeedableRng;
use rand_pcg::Pcg64;
use tickstep_backtest::config::Config;
use tickstep_backtest::run::{Backtest, FeatureCache, Stepping};
use tickstep_backtest::series::Series;
use tickstep_backtest::setup::Prepared;
use tickstep_core::calendar::{Anchor, BarTimes, Calendar, Interval, OpenHours, Period};
use tickstep_core::event::Bar;
use tickstep_core::session::{Seen, replay};
use tickstep_core::units::{Nanos, Side};

use super::passing::{assert_same, random};
use crate::support::files::examples;
use crate::support::same::assert_summary;
use crate::support::sessions::{in_lunch_market, uneven};
use crate::support::tiny::*;

/// Trades from minute 0 to 4 and from 60 to 64, on day 0 and two days later.
fn short_hours() -> Calendar {
    let stretch = |day: i32, from: i64| OpenHours {
        open: minute(i64::from(day) * 1_440 + from),
        close: minute(i64::from(day) * 1_440 + from + 4),
        day: 19_570 + day,
    };
    let hours = [0, 2].into_iter().flat_map(|day| [stretch(day, 0), stretch(day, 60)]);
    Calendar::of_hours("short", hours.collect()).unwrap()
}

/// Bars of one price at the minutes given, in that market.
fn in_short_hours(bars: &[(i64, i64)]) -> Series {
    let calendar = short_hours();
    let times = BarTimes::within(Nanos::MINUTE, Anchor::Open, &calendar).unwrap();
    let bars: Vec<Bar> = bars.iter().map(|(at, px)| flat(*at, *px)).collect();
    Series::on_calendar("T", times, calendar, grid(), bars, Nanos::DAY).unwrap()
}

/// Minute 0 of the second day of trading.
const LATER: i64 = 2_880;

#[test]
fn a_break_is_no_gap_and_a_weekend_ends_no_segment() {
    let whole = [0, 1, 2, 3, 60, 61, 62, 63, LATER, LATER + 1].map(|at| (at, 1000));
    let series = in_short_hours(&whole);
    assert!(series.gaps().is_empty(), "{:?}", series.gaps());
    assert_eq!((series.segments().len(), series.segments()[0].clone()), (1, 0..10));
    // Of what is missing, two bars are before the break and one behind it.
    let holed = in_short_hours(&[(0, 1000), (1, 1000), (61, 1000), (LATER, 1000)]);
    let missing: Vec<u64> = holed.gaps().iter().map(|g| g.missing).collect();
    assert_eq!(missing, [3, 2]);
}

#[test]
fn an_order_survives_the_break_and_lapses_after_missing_bars() {
    let series = in_short_hours(&[(2, 1000), (3, 1000), (60, 1010), (61, 1010)]);
    let run = ran(&series, &[buy(3)], |_| ());
    assert_eq!(trades(&run), ["long 1010@60 1010@62 end_of_data"], "at the next open");
    // Decided at the close of minute 1: 2, 3, 60 and 61 are missing.
    let stale = in_short_hours(&[(0, 1000), (1, 1000), (62, 1010), (63, 1010)]);
    assert_eq!(decisions(&ran(&stale, &[buy(1)], |_| ())), ["2 OPEN_LONG stale"]);
    let enough = |b: &mut Backtest<'_>| b.max_gap = 4;
    assert_eq!(decisions(&ran(&stale, &[buy(1)], enough)), ["2 OPEN_LONG sent"]);
}

#[test]
fn a_hold_counts_trading_time_only() {
    let whole = [0, 1, 2, 3, 60, 61, 62, 63, LATER, LATER + 1, LATER + 2].map(|at| (at, 1000));
    let series = in_short_hours(&whole);
    for (seconds, exit, decided) in [
        // Entered at 2: bars 2, 3, 60, ...
        (60, "3", "3"),
        (120, "60", "4"), // over at the close before the break, out at the open behind it
        (180, "61", "61"),
        (360, "2880", "64"), // over when the day closes, out two days later
        (361, "2881", "2881"),
    ] {
        let run = ran(&series, &[held(1, Side::Buy, seconds)], |_| ());
        assert_eq!(trades(&run), [format!("long 1000@2 1000@{exit} time")], "{seconds}");
        assert_eq!(decisions(&run)[1], format!("{decided} CLOSE time sent"), "{seconds}");
    }
}

#[test]
fn time_comes_before_an_opposite_signal_at_the_close_before_a_break() {
    let whole = [0, 1, 2, 3, 60, 61].map(|at| (at, 1000));
    let run = ran(&in_short_hours(&whole), &[held(1, Side::Buy, 120), sell(3)], |_| ());
    assert_eq!(trades(&run), ["long 1000@2 1000@60 time", "short 1000@60 1000@62 end_of_data"]);
}

#[test]
fn days_of_23_and_25_hours_are_days() {
    // Three days of 23, 24 and 25 hours; there is no market on the third.
    let hours = [(0, 23), (23, 47), (71, 96), (96, 120)];
    let periods = hours.map(|(a, b)| Period { open: minute(60 * a), close: minute(60 * b) });
    let times = BarTimes::periods(Interval::Day, &periods).unwrap();
    let bars = hours.map(|(open, _)| flat(60 * open, 1000)).to_vec();
    let series =
        Series::on_calendar("T", times, Calendar::always(), grid(), bars, Nanos::DAY).unwrap();
    assert!(series.gaps().is_empty());
    let day = 86_400;
    let run = ran(&series, &[held(0, Side::Buy, 2 * day)], |_| ());
    let (entry, closed, exit) = (23 * 60, 96 * 60, 96 * 60);
    assert_eq!(trades(&run), [format!("long 1000@{entry} 1000@{exit} time")]);
    assert_eq!(decisions(&run)[1], format!("{closed} CLOSE time sent"));
    assert_eq!(at(run.equity[0].ts), "1380", "known when its day is over");
}

#[test]
fn random_settings_give_the_same_run_on_every_calendar() {
    let folder = examples();
    let minutes = Prepared::load(Config::read(&folder.join("fil.toml"), &[]).unwrap(), &folder)
        .unwrap()
        .series
        .remove(0);
    let market = in_lunch_market(&minutes, Nanos::DAY);
    let holed = market.bars().iter().enumerate().filter(|(at, _)| at % 2_000 >= 35 && at % 97 > 5);
    let holed = Series::on_calendar(
        market.symbol(),
        market.times().clone(),
        market.calendar().clone(),
        market.grid(),
        holed.map(|(_, bar)| *bar).collect(),
        Nanos::MINUTE.times(30),
    );
    let markets = [market, holed.unwrap(), uneven(&minutes, Nanos::DAY.times(3))];
    assert_eq!(markets[0].segments().len(), 1);
    assert!(markets[1].segments().len() > 10);
    let mut rng = Pcg64::seed_from_u64(20_261_127);
    let mut trades = [0; 3];
    for n in 0..30 {
        let sets = random(&mut rng);
        let Ok(config) = Config::read(&folder.join("fil.toml"), &sets) else { continue };
        let prepared = Prepared::load(config, &folder).unwrap();
        for (series, count) in markets.iter().zip(&mut trades) {
            let what = format!("set {n}: {sets:?}");
            let backtest = || {
                let mut backtest = prepared.backtest().unwrap();
                backtest.instruments[0].series = series;
                backtest
            };
            let cache = FeatureCache::new([series], 1 << 26);
            let whole = backtest().run().unwrap();
            let passed = backtest().run_with_cache(&cache).unwrap();
            assert_same(&whole, &passed, &what);
            for how in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
                let summary = backtest().summary(Some(&cache), how).unwrap();
                assert_summary(&whole, &summary, &format!("{what} {how:?}"));
            }
            *count += whole.trades.len();
        }
    }
    assert!(trades[0] > 2_000 && trades[1] > 2_000 && trades[2] > 100, "{trades:?}");
}

#[test]
fn a_journal_of_trading_hours_replays() {
    let folder = examples();
    let prepared =
        Prepared::load(Config::read(&folder.join("fil.toml"), &[]).unwrap(), &folder).unwrap();
    let market = in_lunch_market(&prepared.series[0], Nanos::DAY);
    let backtest = || {
        let mut backtest = prepared.backtest().unwrap();
        backtest.instruments[0].series = &market;
        backtest
    };
    let mut events = Vec::new();
    let run = backtest()
        .run_watched(&mut |seen| {
            if let Seen::Event(event) = seen {
                events.push(event.clone());
            }
        })
        .unwrap();
    let again = replay(backtest().into_account(), 3, &events).unwrap();
    assert!(run.trades.len() > 150, "{}", run.trades.len());
    assert_eq!(again.trades, run.trades);
    assert_eq!(again.equity, run.equity.last().unwrap().equity);
}
