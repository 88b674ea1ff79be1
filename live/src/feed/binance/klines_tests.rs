//! Bars out of a stream with holes and of answers that fail.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::calendar::{Anchor, BarTimes, Calendar, OpenHours};
use tickstep_core::instrument::{Instrument, InstrumentId, InstrumentSpec};

use super::*;
use crate::feed::market::FedMarket;

fn minute(n: i64) -> Nanos {
    Nanos::MINUTE.times(n)
}

fn line() -> KlineLine {
    warming_up(5)
}

fn warming_up(bars: usize) -> KlineLine {
    let spec = InstrumentSpec::plain("X", "USDT", Decimal::ONE, Decimal::ONE);
    let instrument = Instrument::new(spec).unwrap();
    let market = FedMarket { instrument, times: BarTimes::MINUTE };
    KlineLine::new(CandleTrack::new(InstrumentId(0), market, None), bars)
}

fn candle(at: i64) -> Candle {
    let px = |n: i64| Decimal::from(100 + n);
    Candle {
        ts_open: minute(at),
        open: px(at),
        high: px(at + 2),
        low: px(at),
        close: px(at + 1),
        volume: Some(Decimal::from(at)),
        taker_buy: Some(Decimal::from(at / 2)),
    }
}

fn kline(at: i64, is_closed: bool) -> StreamKline {
    let (symbol, interval) = ("X".to_owned(), "1m".to_owned());
    StreamKline { symbol, ts: minute(at + 1), interval, candle: candle(at), is_closed }
}

fn words(told: &BarsTold) -> Vec<String> {
    assert_eq!(told.1, []);
    let word = |t: &TrackedBar| match t {
        TrackedBar::Opened { at, .. } => format!("open {}", at.0 / minute(1).0),
        TrackedBar::Closed { bar, .. } => format!("bar {}", bar.ts_open.0 / minute(1).0),
    };
    told.0.iter().map(word).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn the_stream_waits_for_the_bars_before_it_and_goes_on_from_there() {
    let mut line = line();
    assert_eq!(line.ask_at(), Some(Nanos(i64::MIN)));
    assert_eq!(words(&line.stream(&kline(10, false), minute(10))), none());
    assert_eq!(line.span(minute(10)), (minute(5), minute(11)));
    let bars: Vec<Candle> = (5..=10).map(candle).collect();
    let told = line.answered(&bars, minute(10) + Nanos(1), true, minute(10));
    let mut wanted: Vec<String> =
        (5..10).flat_map(|n| [format!("open {n}"), format!("bar {n}")]).collect();
    wanted.push("open 10".to_owned());
    assert_eq!(words(&told), wanted);
    assert_eq!(line.ask_at(), None);
    assert_eq!(words(&line.stream(&kline(10, false), minute(10))), none());
    assert_eq!(words(&line.stream(&kline(10, true), minute(11))), ["bar 10"]);
    assert_eq!(words(&line.stream(&kline(10, true), minute(11))), none());
    assert_eq!(words(&line.stream(&kline(11, false), minute(11))), ["open 11"]);
}

fn followed() -> KlineLine {
    let mut line = line();
    line.answered(&[candle(9), candle(10)], minute(11), true, minute(11));
    assert_eq!((line.ask_at(), line.track.closed()), (None, Some(minute(11))));
    line
}

#[test]
fn a_hole_of_the_stream_is_asked_for_and_filled() {
    let mut line = followed();
    assert_eq!(words(&line.stream(&kline(13, false), minute(13))), none());
    assert_eq!(line.ask_at(), Some(minute(13)));
    assert_eq!(words(&line.stream(&kline(13, true), minute(14))), none());
    assert_eq!(words(&line.stream(&kline(14, false), minute(14))), none());
    let told = line.answered(&[candle(11), candle(12)], minute(14), true, minute(14));
    let wanted = ["open 11", "bar 11", "open 12", "bar 12", "open 13", "bar 13", "open 14"]
        .map(str::to_owned);
    assert_eq!(words(&told), wanted);
    assert_eq!(line.ask_at(), None);
}

#[test]
fn where_no_answer_comes_the_stream_goes_on_behind_the_hole() {
    let mut line = followed();
    line.stream(&kline(13, true), minute(14));
    assert_eq!(words(&line.failed(minute(14))), none());
    assert_eq!(line.ask_at(), Some(minute(14) + Nanos::SECOND.times(2)));
    assert_eq!(words(&line.failed(minute(14))), none());
    assert_eq!(words(&line.failed(minute(14))), ["open 13", "bar 13"]);
    assert_eq!(line.ask_at(), None);
    assert_eq!(words(&line.stream(&kline(14, true), minute(15))), ["open 14", "bar 14"]);
}

#[test]
fn a_hole_that_the_exchange_has_too_is_believed_the_third_time() {
    let mut line = followed();
    line.stream(&kline(13, true), minute(14));
    for _ in 0..2 {
        assert_eq!(words(&line.answered(&[], minute(14), true, minute(14))), none());
    }
    assert_eq!(words(&line.answered(&[], minute(14), true, minute(14))), ["open 13", "bar 13"]);
}

#[test]
fn a_long_span_comes_in_parts() {
    let mut line = line();
    line.stream(&kline(20, false), minute(20));
    let part: Vec<Candle> = (5..10).map(candle).collect();
    assert_eq!(line.answered(&part, minute(20), false, minute(20)).0.len(), 10);
    assert_eq!(line.ask_at(), Some(minute(20)), "the next part at once");
    assert_eq!(line.span(minute(20)).0, minute(15), "no more than is needed to warm up");
}

#[test]
fn bars_outside_the_instruments_hours_are_not_told() {
    // Open in minutes 10 to 19 and 30 to 39.
    let open = |from: i64, to: i64| OpenHours { open: minute(from), close: minute(to), day: 0 };
    let calendar = Calendar::of_hours("short", vec![open(10, 20), open(30, 40)]).unwrap();
    let times = BarTimes::within(Nanos::MINUTE, Anchor::Open, &calendar).unwrap();
    let spec = InstrumentSpec::plain("X", "USDT", Decimal::ONE, Decimal::ONE);
    let market = FedMarket { instrument: Instrument::new(spec).unwrap(), times };
    let mut line = KlineLine::new(CandleTrack::new(InstrumentId(0), market, None), 5);
    let bars: Vec<Candle> = (15..25).map(candle).collect();
    let told = line.answered(&bars, minute(26), true, minute(26));
    assert_eq!(words(&told).last().map(String::as_str), Some("bar 19"));
    assert_eq!(words(&line.stream(&kline(26, true), minute(27))), none());
    // Where it opens again, nothing is missing.
    assert_eq!(words(&line.stream(&kline(30, true), minute(31))), ["open 30", "bar 30"]);
    assert_eq!(line.ask_at(), None);
}

#[derive(Clone, Copy, Debug)]
enum KlineDeed {
    /// The stream says so of the bar in progress, which may be finished.
    Says(bool),
    /// It says nothing of the bar at all.
    Skips,
    Fails,
    Answers,
}

proptest! {
    #[test]
    fn bars_come_once_in_order_and_none_is_missing_that_could_be_asked_for(
        acts in prop::collection::vec(prop_oneof![
            6 => any::<bool>().prop_map(KlineDeed::Says),
            2 => Just(KlineDeed::Skips),
            1 => Just(KlineDeed::Fails),
            4 => Just(KlineDeed::Answers),
        ], 1..200),
    ) {
        // So many that no hole is longer than what is asked for.
        let mut line = warming_up(300);
        let (mut at, mut told, mut failed) = (1_000, Vec::new(), 0);
        for act in acts {
            let now = minute(at) + Nanos::SECOND.times(30);
            let news = match act {
                KlineDeed::Says(is_closed) => {
                    let news = line.stream(&kline(at, is_closed), now);
                    at += i64::from(is_closed);
                    news
                }
                KlineDeed::Skips => {
                    at += 1;
                    BarsTold::default()
                }
                KlineDeed::Fails if line.ask_at().is_some() => {
                    failed += 1;
                    line.failed(now)
                }
                KlineDeed::Answers if line.ask_at().is_some() => {
                    let (from, to) = line.span(now);
                    let last = (to.0 / minute(1).0).min(at);
                    let bars: Vec<Candle> =
                        (from.0.div_euclid(minute(1).0)..=last).map(candle).collect();
                    line.answered(&bars, now, true, now)
                }
                KlineDeed::Fails | KlineDeed::Answers => BarsTold::default(),
            };
            prop_assert_eq!(&news.1, &[]);
            told.extend(news.0);
        }
        let closed: Vec<i64> = told.iter().filter_map(|t| match t {
            TrackedBar::Closed { bar, .. } => Some(bar.ts_open.0 / minute(1).0),
            TrackedBar::Opened { .. } => None,
        }).collect();
        prop_assert!(closed.windows(2).all(|w| w[0] < w[1]), "{closed:?}");
        if failed < 3 {
            prop_assert!(closed.windows(2).all(|w| w[1] == w[0] + 1), "{closed:?}");
        }
        let opens: Vec<i64> = told.iter().filter_map(|t| match t {
            TrackedBar::Opened { at, .. } => Some(at.0 / minute(1).0),
            TrackedBar::Closed { .. } => None,
        }).collect();
        prop_assert!(opens.windows(2).all(|w| w[0] < w[1]), "{opens:?}");
        prop_assert!(closed.iter().all(|c| opens.contains(c)));
    }
}
