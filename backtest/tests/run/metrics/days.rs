//! A day counts when data have a bar in it: what follows for a run, its years, its
//! ratios and the same run of a search. All figures by hand.

use rust_decimal::Decimal;
use tickstep_backtest::run::{FeatureCache, Run, Stepping};
use tickstep_backtest::series::Series;
use tickstep_core::calendar::{Anchor, BarTimes, Calendar, Interval, OpenHours, Period};
use tickstep_core::event::Bar;
use tickstep_core::stats::{SampleSize, Stats, sharpe};
use tickstep_core::units::{Nanos, Side};

use super::support::d;
use crate::support::same::assert_summary;
use crate::support::tiny::{self, T0, bare, grid, scripted};

fn close(value: Option<f64>, expected: f64) {
    assert!(value.is_some_and(|v| (v - expected).abs() < 1e-12), "{value:?}, not {expected}");
}

/// A bar of one price that opens so many hours after the first.
fn bar(hours: i64, px: i64) -> Bar {
    Bar { ts_open: T0 + Nanos::HOUR.times(hours), ..tiny::flat(0, px) }
}

/// 100 units bought at the open of the second bar and held; the run of a search over the
/// same series has the same figures, by every way through the bars.
fn held(series: &Series) -> (Run, Stats) {
    let minute = (series.bars()[0].ts_open - T0).0 / Nanos::MINUTE.0;
    let account = || {
        let mut b = scripted(series, &[(minute, tiny::Do::Enter(bare(Side::Buy)))]);
        b.strategies[0].sizing =
            tickstep_core::sizing::Sizing::FixedQuantity { quantity: Decimal::ONE_HUNDRED };
        b
    };
    let run = account().run().unwrap();
    let cache = FeatureCache::new([series], 1 << 20);
    for stepping in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
        let summary = account().summary(Some(&cache), stepping).unwrap();
        assert_summary(&run, &summary, &format!("{stepping:?}"));
    }
    let instruments: Vec<_> = account().instruments.into_iter().map(|m| m.instrument).collect();
    let stats = run.stats(&instruments, series.interval().nominal());
    (run, stats)
}

#[test]
fn two_files_of_two_days_three_years_apart_are_four_days() {
    let far = 3 * 365 * 24;
    let hours = (0..48).chain(far..far + 48);
    let px = |hour: i64| 1_000 + if hour < far { hour } else { hour - far };
    let bars: Vec<Bar> = hours.map(|hour| bar(hour, px(hour))).collect();
    let series = Series::from_bars("T", Nanos::HOUR, grid(), bars, Nanos::DAY).unwrap();
    let (run, stats) = held(&series);
    // Bought at 1001; marked at 1023 and 1047, where the segment ends, and flat after.
    assert_eq!(stats.ratios.days, 4);
    let returns = run.daily_returns().unwrap();
    let by_hand = [2_200.0 / 100_000.0, 2_400.0 / 102_200.0, 0.0, 0.0];
    assert_eq!(returns.len(), 4);
    returns.iter().zip(by_hand).for_each(|(r, hand)| close(Some(*r), hand));
    close(stats.ratios.sharpe, sharpe(&by_hand, 0.0, 365.0).unwrap());
    assert_eq!(stats.ratios.sample, SampleSize::Insufficient);
    assert_eq!(stats.period.covered, Nanos::DAY.times(4));
    assert_eq!(stats.period.duration, Nanos::HOUR.times(far + 48));
    assert_eq!(stats.outcome.cagr, None, "four days are no week");
}

#[test]
fn years_are_those_of_the_data() {
    // Two stretches of 146 days, 400 days apart: 0.8 years.
    let days = (0..146).chain(546..692);
    let bars: Vec<Bar> = days.map(|day| bar(24 * day, 1_000 + day)).collect();
    let series = Series::from_bars("T", Nanos::DAY, grid(), bars, Nanos::DAY).unwrap();
    let (run, stats) = held(&series);
    assert_eq!((run.coverage.days().len(), stats.ratios.days), (292, 292));
    // From 1001 to 1145, the last close of the first stretch: 100 * 144.
    close(stats.outcome.cagr, 1.144_f64.powf(1.0 / 0.8) - 1.0);
}

#[test]
fn a_bar_longer_than_a_day_has_flat_days_before_its_end() {
    let bars = [1_000, 1_100, 1_210, 1_089].into_iter().zip(0..);
    let bars: Vec<Bar> = bars.map(|(px, week)| bar(24 * 7 * week, px)).collect();
    let week = Nanos::DAY.times(7);
    let series = Series::from_bars("T", week, grid(), bars, Nanos::DAY).unwrap();
    let (run, stats) = held(&series);
    let returns = run.daily_returns().unwrap();
    assert_eq!(returns.len(), 28);
    // Bought at 1100, marked there at the end of the second week, then at 1210 and 1089.
    let (jump, fall) = (11_000.0 / 100_000.0, -12_100.0 / 111_000.0);
    for (day, r) in returns.iter().enumerate() {
        close(
            Some(*r),
            if day == 20 {
                jump
            } else if day == 27 {
                fall
            } else {
                0.0
            },
        );
    }
    assert_eq!(stats.period.covered, Nanos::DAY.times(28));
}

/// Monday to Friday of weeks from 2023-08-07 on, 14:00 to 20:00 UTC.
fn five_days(weeks: i32) -> Calendar {
    let monday = i32::try_from(T0.0 / Nanos::DAY.0).unwrap() + 6;
    let days = (0..weeks * 7).filter(|day| day % 7 < 5).map(|day| monday + day);
    let hours = days.map(|day| {
        let midnight = Nanos::DAY.times(i64::from(day));
        let (open, close) = (midnight + Nanos::HOUR.times(14), midnight + Nanos::HOUR.times(20));
        OpenHours { open, close, day }
    });
    Calendar::of_hours("five days", hours.collect()).unwrap()
}

#[test]
fn a_market_with_hours_is_scaled_by_its_trading_days() {
    let calendar = five_days(3);
    // Three bars of two hours a day, fifteen days: the price rises by 1 a bar.
    let times = BarTimes::within(Nanos::HOUR.times(2), Anchor::Open, &calendar).unwrap();
    let opens =
        calendar.hours().iter().flat_map(|h| [0, 2, 4].map(|n| h.open + Nanos::HOUR.times(n)));
    let bars: Vec<Bar> =
        opens.zip(1_000..).map(|(ts_open, px)| Bar { ts_open, ..tiny::flat(0, px) }).collect();
    let series = Series::on_calendar("T", times, calendar, grid(), bars, Nanos::DAY).unwrap();
    assert_eq!(series.segments().len(), 1, "a weekend is no gap");
    let (run, stats) = held(&series);
    assert_eq!((stats.ratios.days, stats.period.days_per_year), (15, 252));
    // Bought at 1001; a day closes at 1002, 1005, ... 1044.
    let equity = |day: usize| 100_000.0 + 100.0 * (1.0 + 3.0 * day as f64);
    let by_hand: Vec<f64> = (0..15)
        .map(|day| equity(day) / if day == 0 { 100_000.0 } else { equity(day - 1) } - 1.0)
        .collect();
    let returns = run.daily_returns().unwrap();
    returns.iter().zip(&by_hand).for_each(|(r, hand)| close(Some(*r), *hand));
    close(stats.ratios.sharpe, sharpe(&by_hand, 0.0, 252.0).unwrap());
    close(stats.outcome.cagr, 1.043_f64.powf(252.0 / 15.0) - 1.0);
    // Three bars a day, 252 days a year.
    assert_eq!(run.coverage.bars_per_year(Nanos::HOUR.times(2), 45), Some(756.0));
    assert_eq!(stats.outcome.final_equity, d("104300"));
}

#[test]
fn a_weekly_bar_of_a_market_with_hours_is_its_five_days() {
    let calendar = five_days(2);
    let week = |n: usize| {
        let hours = &calendar.hours()[5 * n..5 * n + 5];
        Period { open: hours[0].open, close: hours[4].close }
    };
    let periods = [week(0), week(1)];
    let times = BarTimes::periods(Interval::Week, &periods).unwrap();
    let bars = periods.iter().zip([1_000, 1_100]);
    let bars = bars.map(|(p, px)| Bar { ts_open: p.open, ..tiny::flat(0, px) }).collect();
    let series =
        Series::on_calendar("T", times, calendar.clone(), grid(), bars, Nanos::DAY.times(9))
            .unwrap();
    let run = scripted(&series, &[]).run().unwrap();
    assert_eq!(run.coverage.days().len(), 10);
}
