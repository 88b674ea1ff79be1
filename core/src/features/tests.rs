use super::*;
use crate::calendar::{BarTimes, Interval};
use crate::depth::DepthParams;
use crate::event::Level;
use crate::event::{Bar, BookUpdate};
use crate::indicator::Indicator;
use crate::units::Nanos;
use crate::units::{Lots, Ticks};
use alloc::vec::Vec;

fn bar(minute: i64, close: i64) -> Bar {
    Bar {
        ts_open: Nanos::MINUTE.times(minute),
        open: Ticks(close),
        high: Ticks(close + 2),
        low: Ticks(close - 1),
        close: Ticks(close),
        volume: Lots::new(close).unwrap(),
        taker_buy: None,
    }
}

fn pipeline(spec: &FeatureSpec) -> (Pipeline, Features) {
    let pipeline = Pipeline::new(spec, &BarTimes::MINUTE, 3).unwrap();
    let row = pipeline.row();
    (pipeline, row)
}

/// Values of a feature after each of the bars, given as (minute, close).
fn values(timeframe: Timeframe, what: Exact, bars: &[(i64, i64)]) -> Vec<Option<i64>> {
    let mut spec = FeatureSpec::default();
    let id = spec.exact(timeframe, what).unwrap();
    let (mut pipeline, mut row) = pipeline(&spec);
    let known = bars.iter().map(|(minute, close)| {
        pipeline.push(&bar(*minute, *close), &mut row);
        row.exact(id)
    });
    known.collect()
}

#[test]
fn equal_requests_are_one() {
    let mut spec = FeatureSpec::default();
    let five = spec.exact(Timeframe::Base, Exact::CloseSum { n: 5 }).unwrap();
    let rsi = spec.real(Timeframe::Base, Real::Rsi { n: 5 }).unwrap();
    assert_eq!(spec.exact(Timeframe::Base, Exact::CloseSum { n: 5 }).unwrap(), five);
    assert_eq!(spec.real(Timeframe::Base, Real::Rsi { n: 5 }).unwrap(), rsi);
    assert_ne!(spec.exact(Timeframe::Base, Exact::CloseSum { n: 6 }).unwrap(), five);
    assert_ne!(spec.exact(Timeframe::M5, Exact::CloseSum { n: 5 }).unwrap(), five);
    assert_eq!((spec.exact.len(), spec.real.len()), (3, 1));
}

#[test]
fn what_cannot_be_computed_is_refused_when_asked_for() {
    let mut spec = FeatureSpec::default();
    assert!(spec.exact(Timeframe::Base, Exact::CloseSum { n: 0 }).is_err());
    assert!(spec.real(Timeframe::Base, Real::Rsi { n: 0 }).is_err());
    assert_eq!(spec, FeatureSpec::default(), "and leaves no trace");
    for odd in [90, 30, 0] {
        let mut spec = FeatureSpec::default();
        spec.exact(Timeframe::Every(Nanos::SECOND.times(odd)), Exact::Close).unwrap();
        let Err(error) = Pipeline::new(&spec, &BarTimes::MINUTE, 3).map(|_| ()) else { panic!() };
        assert_eq!(error, FeatureError::Timeframe { timeframe: odd, interval: Interval::MINUTE });
    }
}

#[test]
fn nothing_is_known_before_it_is_warm() {
    let bars = [(0, 10), (1, 20), (2, 30), (3, 40)];
    let base = Timeframe::Base;
    let sum = values(base, Exact::CloseSum { n: 3 }, &bars);
    assert_eq!(sum, [None, None, Some(60), Some(90)], "this bar's close included");
    let before = values(base, Exact::VolumeSumBefore { n: 2 }, &bars);
    assert_eq!(before, [None, None, Some(30), Some(50)], "the bars before only");
    let highest = values(base, Exact::HighestBefore { n: 2 }, &bars);
    assert_eq!(highest, [None, None, Some(22), Some(32)]);
    let lowest = values(base, Exact::LowestBefore { n: 2 }, &bars);
    assert_eq!(lowest, [None, None, Some(9), Some(19)]);
}

#[test]
fn the_row_before_is_that_of_the_bar_before() {
    let mut spec = FeatureSpec::default();
    let sum = spec.exact(Timeframe::Base, Exact::CloseSum { n: 2 }).unwrap();
    let rsi = spec.real(Timeframe::Base, Real::Rsi { n: 2 }).unwrap();
    let (mut pipeline, mut row) = pipeline(&spec);
    assert_eq!((row.bar(), row.exact(sum), row.exact_before(sum)), (None, None, None));
    pipeline.push(&bar(0, 10), &mut row);
    pipeline.push(&bar(1, 20), &mut row);
    assert_eq!((row.exact(sum), row.exact_before(sum)), (Some(30), None));
    pipeline.push(&bar(2, 10), &mut row);
    assert_eq!((row.exact(sum), row.exact_before(sum)), (Some(30), Some(30)));
    // Changes 10 and -10: 50.
    assert_eq!((row.real(rsi), row.real_before(rsi)), (Some(50.0), None));
    assert_eq!(row.bar_before(), Some(&bar(1, 20)));
    // A gap that is tolerated leaves the bar before it where it is.
    pipeline.push(&bar(6, 50), &mut row);
    assert_eq!((row.exact(sum), row.exact_before(sum)), (Some(60), Some(30)));
}

#[test]
fn more_than_max_gap_missing_bars_start_afresh() {
    let mut spec = FeatureSpec::default();
    let sum = spec.exact(Timeframe::Base, Exact::CloseSum { n: 2 }).unwrap();
    let close = spec.exact(Timeframe::Base, Exact::Close).unwrap();
    let (mut pipeline, mut row) = pipeline(&spec);
    for minute in 0..3 {
        pipeline.push(&bar(minute, 10), &mut row);
    }
    pipeline.push(&bar(7, 50), &mut row);
    assert_eq!((row.exact(close), row.exact_before(close)), (Some(50), None));
    assert_eq!((row.exact(sum), row.bar_before()), (None, None));
    pipeline.push(&bar(8, 60), &mut row);
    assert_eq!(row.exact(sum), Some(110), "of the bars after the gap");
}

#[test]
fn a_longer_bar_is_known_at_its_own_close_only() {
    let every = |minutes: std::ops::Range<i64>| minutes.map(|m| (m, 100 + m)).collect::<Vec<_>>();
    let closes = values(Timeframe::M5, Exact::Close, &every(0..11));
    let (none, first, second) = (None, Some(104), Some(109));
    let expected = [none, none, none, none, first, first, first, first, first, second, second];
    assert_eq!(closes, expected);
    let open = values(Timeframe::M5, Exact::Open, &every(0..5));
    let volume = values(Timeframe::M5, Exact::Volume, &every(0..5));
    let high = values(Timeframe::M5, Exact::High, &every(0..5));
    assert_eq!((open[4], high[4], volume[4]), (Some(100), Some(106), Some(510)));
    let quarter = values(Timeframe::M15, Exact::Close, &every(0..31));
    assert_eq!(
        (quarter[13], quarter[14], quarter[28], quarter[29]),
        (none, Some(114), Some(114), Some(129))
    );
}

#[test]
fn a_longer_bar_whose_beginning_was_not_seen_is_dropped() {
    let bars: Vec<_> = (2..10).map(|m| (m, 100 + m)).collect();
    let closes = values(Timeframe::M5, Exact::Close, &bars);
    assert_eq!(closes[..7], [None; 7], "minutes 2 to 8");
    assert_eq!(closes[7], Some(109));
    // After a gap that starts afresh, too: minutes 20 and 21 are not there.
    let gap: Vec<_> = (0..5).chain(12..25).map(|m| (m, 100 + m)).collect();
    let closes = values(Timeframe::M5, Exact::Close, &gap);
    assert_eq!((closes[4], closes[5], closes[7]), (Some(104), None, None), "12 to 14 are a part");
    assert_eq!(closes[12], Some(119));
}

#[test]
fn a_longer_bar_whose_last_part_is_missing_is_known_with_the_next_bar() {
    let closes = values(Timeframe::M5, Exact::Close, &[(0, 10), (3, 13), (6, 16), (9, 19)]);
    assert_eq!(closes, [None, None, Some(13), Some(19)]);
}

#[test]
fn the_timeframe_of_the_data_is_the_data() {
    let minute = Timeframe::Every(Nanos::MINUTE);
    assert_eq!(values(minute, Exact::Close, &[(1, 10), (2, 20)]), [Some(10), Some(20)]);
}

#[test]
fn a_book_is_looked_at_when_a_decision_is_due() {
    let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
    let update = |bids, asks| BookUpdate { snapshot: true, bids, asks };
    let mut spec = FeatureSpec::default();
    spec.book(&DepthParams::spec()).unwrap();
    spec.book(&DepthParams::spec()).unwrap();
    let other = DepthParams { depth: 5, ..DepthParams::spec() };
    let error = spec.book(&other).unwrap_err();
    assert!(error.to_string().contains("share its order book"), "{error}");

    let mut pipeline = Pipeline::new(&spec, &BarTimes::MINUTE, 3).unwrap();
    let mut row = pipeline.row();
    let at = Nanos::MINUTE;
    let good = update(vec![level(99, 7)], vec![level(101, 3)]);
    assert!(pipeline.push_book(at, &good).unwrap().is_some());
    let crossed = update(vec![level(102, 1)], vec![level(101, 1)]);
    assert!(pipeline.push_book(at + Nanos(1), &crossed).is_err());
    assert!(row.book().is_none(), "not before it is looked at");
    pipeline.look_at_book(at + Nanos::SECOND, &mut row);
    assert_eq!(row.book().map(|b| b.imbalance.to_f64()), Some(0.7));
    pipeline.look_at_book(at + Nanos::SECOND.times(6), &mut row);
    assert!(row.book().is_none(), "older than max_book_age");

    let mut nobody = Pipeline::new(&FeatureSpec::default(), &BarTimes::MINUTE, 3).unwrap();
    assert_eq!(nobody.push_book(at, &good), Ok(None), "nobody asked");
}

/// Wilder's gain and loss, both times `n^(changes - n + 1)`: whole numbers, exactly.
fn wilder_exactly(n: i128, changes: &[i64]) -> (i128, i128) {
    let part = |c: &i64| (i128::from(*c).max(0), i128::from(-*c).max(0));
    let (seed, later) = changes.split_at(n as usize);
    let sum = |(g, s): (i128, i128), c: &i64| (g + part(c).0, s + part(c).1);
    let mut scale = 1;
    later.iter().fold(seed.iter().fold((0, 0), sum), |(g, s), c| {
        scale *= n;
        (g * (n - 1) + part(c).0 * scale, s * (n - 1) + part(c).1 * scale)
    })
}

fn rsi_of(n: usize, changes: &[i64]) -> Option<f64> {
    let mut price = 1_000.0;
    let prices = core::iter::once(price).chain(changes.iter().map(|c| {
        price += *c as f64;
        price
    }));
    Indicator::over(&mut crate::indicator::Rsi::new(n).unwrap(), prices.collect::<Vec<_>>())
        .pop()
        .flatten()
}

#[test]
fn an_rsi_at_a_threshold_is_neither_above_nor_below_it() {
    let rsi = Real::Rsi { n: 3 };
    // g = 3 / 3 and s = 7 / 3: exactly 30, whatever the floats make of it.
    let value = rsi_of(3, &[3, -7, 0]).unwrap();
    assert!((value - 30.0).abs() < 1e-12, "{value}");
    assert!(!rsi.is_above(value, 30.0) && !rsi.is_below(value, 30.0), "{value}");
    // g = 7 / 3: exactly 70.
    let value = rsi_of(3, &[-3, 7, 0]).unwrap();
    assert!(!rsi.is_above(value, 70.0) && !rsi.is_below(value, 70.0), "{value}");
    let value = rsi_of(3, &[-3_000_000, 7_000_001, 0]).unwrap();
    assert!(rsi.is_above(value, 70.0), "{value}");
    assert!(!rsi.is_above(f64::NAN, 70.0) && !rsi.is_below(f64::NAN, 70.0));
    // What is not bounded has no such tie.
    assert!(Real::Ema { n: 3 }.is_above(30.000000000000004, 30.0));
}

proptest::proptest! {
    #[test]
    fn an_rsi_meets_its_thresholds_as_whole_numbers_do(
        n in 2_usize..6,
        changes in proptest::collection::vec(-9_i64..10, 6..16),
        level in proptest::sample::select(alloc::vec![20_i64, 25, 30, 40, 50, 60, 70, 75, 80]),
    ) {
        let (g, s) = wilder_exactly(n as i128, &changes);
        let Some(value) = rsi_of(n, &changes) else { return Ok(()) };
        // 100 g / (g + s) against the level, times g + s.
        let difference = 100 * g - i128::from(level) * (g + s);
        let (rsi, level) = (Real::Rsi { n }, level as f64);
        // The smallest difference from a tie is 1 / (g + s); ties that near are equal.
        let apart = difference as f64 / (g + s) as f64;
        if difference == 0 {
            proptest::prop_assert!(!rsi.is_above(value, level) && !rsi.is_below(value, level));
        } else if apart.abs() > 2e-9 {
            proptest::prop_assert_eq!(rsi.is_above(value, level), apart > 0.0);
            proptest::prop_assert_eq!(rsi.is_below(value, level), apart < 0.0);
        }
    }
}
