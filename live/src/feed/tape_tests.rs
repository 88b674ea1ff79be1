//! The order of a recording.

#![allow(clippy::unwrap_used)]

use tickstep_core::units::{Lots, Ticks};

use super::*;

fn market(instrument: u16, minutes: &[i64]) -> RecordedMarket {
    let bar = |minute: &i64| Bar {
        ts_open: Nanos::MINUTE.times(*minute),
        open: Ticks(10),
        high: Ticks(12),
        low: Ticks(9),
        close: Ticks(11),
        volume: Lots::ZERO,
        taker_buy: None,
    };
    RecordedMarket {
        instrument: InstrumentId(instrument),
        times: BarTimes::MINUTE,
        bars: minutes.iter().map(bar).collect(),
    }
}

fn told(tape: impl Iterator<Item = (TapeMark, Body)>) -> Vec<String> {
    let word = |(TapeMark(at, ..), body): (TapeMark, Body)| {
        let minute = at.0 / Nanos::MINUTE.0;
        let what = match body {
            Body::Open { instrument, .. } => format!("open {}", instrument.0),
            Body::Bar { instrument, .. } => format!("bar {}", instrument.0),
            Body::History { instrument, .. } => format!("history {}", instrument.0),
            Body::Decide => "decide".to_owned(),
            Body::DayStart => "day".to_owned(),
            Body::Funding { instrument, .. } => format!("funding {}", instrument.0),
            Body::SegmentStart { instrument } => format!("segment {}", instrument.0),
            other => panic!("{other:?}"),
        };
        format!("{minute} {what}")
    };
    tape.map(word).collect()
}

#[test]
fn events_of_all_instruments_come_in_their_order() {
    let markets = || vec![market(0, &[0, 1]), market(1, &[0, 3])];
    let days = [Nanos::MINUTE.times(2), Nanos::MINUTE.times(9)];
    let all = told(RecordedTape::new(markets(), &days, None));
    let wanted = [
        "0 open 0", "0 open 1", "1 bar 0", "1 bar 1", "1 decide", "1 open 0", "2 bar 0", "2 day",
        "2 decide", "3 open 1", "4 bar 1", "4 decide",
    ];
    assert_eq!(all, wanted);
    let tape = || RecordedTape::new(markets(), &days, None);
    assert_eq!(tape().span(), Some((Nanos(0), Nanos::MINUTE.times(4))));
    // Wherever it was left, it goes on with the next.
    for left in 0..wanted.len() {
        let mark = tape().nth(left).map(|(mark, _)| mark);
        assert_eq!(told(tape().behind(mark)), wanted[left + 1..], "behind {left}");
    }
}

#[test]
fn bars_before_the_period_are_history() {
    let tape = RecordedTape::new(vec![market(0, &[0, 1])], &[], Some(Nanos::MINUTE));
    let wanted = ["0 open 0", "1 history 0", "1 decide", "1 open 0", "2 bar 0", "2 decide"];
    assert_eq!(told(tape), wanted);
    assert_eq!(RecordedTape::new(Vec::new(), &[Nanos(5)], None).next(), None);
}

#[test]
fn funding_comes_behind_the_day_and_before_what_is_decided() {
    let pay = |minute: i64, instrument: u16| FundingPayment {
        ts: Nanos::MINUTE.times(minute),
        instrument: InstrumentId(instrument),
        long_rate: rust_decimal::Decimal::ONE,
        short_rate: rust_decimal::Decimal::ONE,
    };
    let tape = || {
        let tape = RecordedTape::new(vec![market(0, &[0, 2]), market(1, &[0])], &[], None);
        let days = [Nanos::MINUTE];
        // The last comes when the market is over, and meets nobody.
        let payments = vec![pay(2, 0), pay(1, 1), pay(1, 0), pay(9, 0)];
        tape.with_days(&days).with_funding(payments)
    };
    let wanted = [
        "0 open 0",
        "0 open 1",
        "1 bar 0",
        "1 bar 1",
        "1 day",
        "1 funding 0",
        "1 funding 1",
        "1 decide",
        "2 funding 0",
        "2 open 0",
        "3 bar 0",
        "3 decide",
    ];
    assert_eq!(told(tape()), wanted);
    for left in 0..wanted.len() {
        let mark = tape().nth(left).map(|(mark, _)| mark);
        assert_eq!(told(tape().behind(mark)), wanted[left + 1..], "behind {left}");
    }
}

#[test]
fn more_than_a_day_without_bars_ends_a_segment_at_its_last_close() {
    for (next, ends) in [(1_441, false), (1_442, true)] {
        let tape =
            || RecordedTape::new(vec![market(0, &[0, next]), market(1, &[0, next])], &[], None);
        let all = told(tape());
        let wanted: &[&str] = match ends {
            true => &["1 decide", "1 segment 0", "1 segment 1"],
            false => &["1 decide"],
        };
        let next = format!("{next} open 0");
        let at = all.iter().position(|word| *word == next).unwrap();
        assert_eq!(all[4..at], *wanted);
        for left in 0..all.len() {
            let mark = tape().nth(left).map(|(mark, _)| mark);
            assert_eq!(told(tape().behind(mark)), all[left + 1..], "behind {left}");
        }
    }
}
