//! Real bars as a market with trading hours would have them.

use tickstep_backtest::series::Series;
use tickstep_core::bars::BarBuilder;
use tickstep_core::calendar::{Anchor, BarTimes, Calendar, Interval, OpenHours, Period};
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

/// Monday to Friday, 13:30 to 17:00 and 18:00 to 20:00 UTC from 2023-07-31 on, for half a
/// year; Friday 2023-08-11 is a holiday.
pub fn lunch_market() -> Calendar {
    let minute = |n| Nanos::MINUTE.times(n);
    let monday = 19_569; // 2023-07-31
    let open = (monday..monday + 182).filter(|day| (day - monday) % 7 < 5 && *day != monday + 11);
    let hours = open.flat_map(|day: i32| {
        let midnight = Nanos::DAY.times(i64::from(day));
        [(810, 1_020), (1_080, 1_200)].map(|(from, to)| OpenHours {
            open: midnight + minute(from),
            close: midnight + minute(to),
            day,
        })
    });
    Calendar::of_hours("lunch market", hours.collect()).unwrap()
}

/// The minutes of a series in which that market trades.
pub fn in_lunch_market(series: &Series, segment_gap: Nanos) -> Series {
    let calendar = lunch_market();
    let times = BarTimes::within(Nanos::MINUTE, Anchor::Open, &calendar).unwrap();
    let inside = |b: &&Bar| times.number_at(b.ts_open).is_some();
    let bars: Vec<Bar> = series.bars().iter().filter(inside).copied().collect();
    let symbol = series.symbol();
    Series::on_calendar(symbol, times, calendar, series.grid(), bars, segment_gap).unwrap()
}

/// Bars of three, four and five hours in turn, none at weekends: as days are that differ
/// in length, but more of them.
pub fn uneven(series: &Series, segment_gap: Nanos) -> Series {
    let mut periods: Vec<Period> = Vec::new();
    let mut bars: Vec<BarBuilder> = Vec::new();
    let mut open = Nanos(series.bars()[0].ts_open.0);
    let end = series.close_of(series.bars().len() - 1);
    let mut at = 0;
    for length in [3, 4, 5].into_iter().cycle() {
        let close = open + Nanos::HOUR.times(length);
        if close > end {
            break;
        }
        let parts =
            &series.bars()[at..][..series.bars()[at..].partition_point(|b| b.ts_open < close)];
        at += parts.len();
        // 1970-01-01 was a Thursday.
        if (open.0.div_euclid(Nanos::DAY.0) + 3) % 7 < 5
            && let [first, rest @ ..] = parts
        {
            let mut bar = BarBuilder::new(open, first);
            rest.iter().for_each(|part| bar.add(part));
            bars.push(bar);
            periods.push(Period { open, close });
        }
        open = close;
    }
    let times = BarTimes::periods(Interval::Day, &periods).unwrap();
    let bars = bars.iter().map(BarBuilder::bar).collect();
    let (symbol, always) = (series.symbol(), Calendar::always());
    Series::on_calendar(symbol, times, always, series.grid(), bars, segment_gap).unwrap()
}
