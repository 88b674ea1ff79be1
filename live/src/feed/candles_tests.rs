//! Candles in any order and number.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tickstep_core::calendar::BarTimes;
use tickstep_core::instrument::{Instrument, InstrumentSpec};

use super::*;

fn track() -> CandleTrack {
    let instrument = Instrument::new(InstrumentSpec {
        contract_size: Decimal::from(100_000),
        leverage: Decimal::ONE_HUNDRED,
        ..InstrumentSpec::plain("EURUSD", "USD", Decimal::new(1, 5), Decimal::new(1, 2))
    })
    .unwrap();
    CandleTrack::new(InstrumentId(0), FedMarket { instrument, times: BarTimes::MINUTE }, None)
}

fn minute(n: i64) -> Nanos {
    Nanos::MINUTE.times(n)
}

fn candle(at: i64) -> Candle {
    let px = |n: i64| Decimal::new(108_000 + n, 5);
    Candle {
        ts_open: minute(at),
        open: px(at),
        high: px(at + 2),
        low: px(at - 1),
        close: px(at + 1),
        volume: Some(Decimal::new(15, 1)),
        taker_buy: Some(Decimal::new(5, 1)),
    }
}

fn words(told: &[TrackedBar]) -> Vec<String> {
    let word = |t: &TrackedBar| match t {
        TrackedBar::Opened { at, .. } => format!("open {}", at.0 / minute(1).0),
        TrackedBar::Closed { at, bar } => {
            assert_eq!(*at, bar.ts_open + minute(1));
            format!("bar {}", bar.ts_open.0 / minute(1).0)
        }
    };
    told.iter().map(word).collect()
}

#[test]
fn a_bar_is_told_once_and_only_when_it_is_finished() {
    let mut track = track();
    let half = Nanos(minute(7).0 + minute(1).0 / 2);
    assert!(track.is_behind(half));
    assert_eq!(track.wanted(half, 3), (Nanos(half.0 - minute(3).0), half + minute(1)));
    let told = track.take(&[candle(5), candle(6), candle(7)], half).0;
    assert_eq!(words(&told), ["open 5", "bar 5", "open 6", "bar 6", "open 7"]);
    assert_eq!(track.take(&[candle(5), candle(6), candle(7)], half).0, []);
    assert!(!track.is_behind(half));
    assert_eq!((track.closed(), track.next_close()), (Some(minute(7)), Some(minute(8))));
    assert_eq!(track.wanted(half, 3), (minute(7), half + minute(1)));
    assert!(track.is_behind(minute(8)));
    let told = track.take(&[candle(7)], minute(8)).0;
    assert_eq!(words(&told), ["bar 7"]);
    let TrackedBar::Closed { bar, .. } = told[0] else { panic!() };
    assert_eq!(
        (bar.open, bar.high, bar.low, bar.close),
        (Ticks(108_007), Ticks(108_009), Ticks(108_006), Ticks(108_008))
    );
    assert_eq!(bar.volume, Lots::new(1_500_000).unwrap());
    assert_eq!(bar.taker_buy, Lots::new(500_000));
}

#[test]
fn a_later_candle_finishes_one_whatever_the_clock_says() {
    let told = track().take(&[candle(5), candle(6)], minute(5)).0;
    assert_eq!(words(&told), ["open 5", "bar 5", "open 6"]);
}

#[test]
fn disordered_and_doubled_candles_are_the_same_as_none() {
    let mut early = candle(6);
    early.close = candle(6).open;
    let mess = [candle(7), early, candle(5), candle(6), candle(5)];
    let mut one = track();
    let told = one.take(&mess, minute(8)).0;
    let plain = track().take(&[candle(5), candle(6), candle(7)], minute(8)).0;
    assert_eq!(told, plain);
}

#[test]
fn a_hole_is_asked_about_before_it_is_believed() {
    let mut track = track();
    track.take(&[candle(5)], minute(6));
    for _ in 0..2 {
        assert_eq!(track.take(&[candle(8)], minute(9)).0, []);
        assert_eq!(track.wanted(minute(9), 100).0, minute(6));
    }
    // Asked twice more, the market had no candles there.
    let told = track.take(&[candle(8)], minute(9)).0;
    assert_eq!(words(&told), ["open 8", "bar 8"]);
    assert_eq!(track.take(&[candle(11)], minute(12)).0, []);
    let filled = track.take(&[candle(9), candle(10), candle(11)], minute(12)).0;
    assert_eq!(words(&filled), ["open 9", "bar 9", "open 10", "bar 10", "open 11", "bar 11"]);
}

#[test]
fn one_that_is_no_candle_holds_up_no_other() {
    let mut wrong = candle(6);
    wrong.close = Decimal::new(1_080_005, 6);
    let mut track = track();
    let (told, faults) = track.take(&[candle(5), wrong.clone()], minute(7));
    assert_eq!((words(&told), faults.len()), (vec!["open 5".to_owned(), "bar 5".to_owned()], 1));
    for _ in 0..2 {
        let (told, faults) = track.take(&[wrong.clone(), candle(7)], minute(8));
        assert_eq!((told, faults.len()), (Vec::new(), 1), "it is asked for again");
    }
    let told = track.take(&[wrong, candle(7)], minute(8)).0;
    assert_eq!(words(&told), ["open 7", "bar 7"], "then the market goes on without it");
}

#[test]
fn what_is_no_candle_is_named() {
    for (change, words) in [
        ((|c: &mut Candle| c.high = c.low) as fn(&mut Candle), "are no prices of one bar"),
        (|c| c.low = Decimal::ZERO, "are no prices of one bar"),
        (|c| c.close = Decimal::new(1_080_005, 6), "1.080005"),
        (|c| c.volume = Some(Decimal::MAX), "is too large"),
    ] {
        let mut wrong = candle(5);
        change(&mut wrong);
        let (told, faults) = track().take(&[wrong], minute(6));
        let said = faults[0].to_string();
        assert_eq!((told, faults.len()), (Vec::new(), 1));
        assert!(said.contains(words) && said.contains("EURUSD"), "{said}");
    }
}

proptest! {
    /// However candles come, in pieces, twice, in any order, bars come once and in order.
    #[test]
    fn bars_come_once_and_in_order(
        pieces in proptest::collection::vec(proptest::collection::vec(0_i64..30, 0..12), 1..12),
    ) {
        let mut track = track();
        let mut last = -1;
        for (n, piece) in pieces.iter().enumerate() {
            let candles: Vec<Candle> = piece.iter().map(|at| candle(*at)).collect();
            for told in track.take(&candles, minute(5 + 3 * n as i64)).0 {
                let (at, rank) = match told {
                    TrackedBar::Opened { at, .. } => (at.0 / minute(1).0, 1),
                    TrackedBar::Closed { bar, .. } => (bar.ts_open.0 / minute(1).0, 2),
                };
                prop_assert!(2 * at + rank > last, "{told:?} after {last}");
                last = 2 * at + rank;
            }
        }
    }
}
