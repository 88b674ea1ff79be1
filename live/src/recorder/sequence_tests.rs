//! What a stream misses, repeats and brings late, and what answers bring of it.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn row(number: i64) -> NumberedRow {
    NumberedRow { number, at: Nanos::SECOND.times(number), text: number.to_string() }
}

fn numbers(rows: &[NumberedRow]) -> Vec<i64> {
    rows.iter().map(|row| row.number).collect()
}

const DAY: Nanos = Nanos::DAY;

#[test]
fn what_the_stream_missed_is_asked_for_and_comes_in_between() {
    let mut rows = Sequence::new(Some((4, Nanos(0))), Nanos::SECOND, DAY);
    assert_eq!(numbers(&rows.stream(row(5), Nanos(0))), [5]);
    assert_eq!(numbers(&rows.stream(row(5), Nanos(0))), [0; 0]);
    assert_eq!(numbers(&rows.stream(row(9), Nanos(0))), [0; 0]);
    assert_eq!((rows.missing(), rows.ask_at()), (Some((6, 9)), Some(Nanos::SECOND)));
    assert_eq!(rows.ask(), Some((6, 9)));
    assert_eq!(rows.ask_at(), None);
    // An answer that has a part of it is followed by the next question at once.
    assert_eq!(numbers(&rows.answered(vec![row(6), row(7)], Nanos(7))), [6, 7]);
    assert_eq!((rows.ask_at(), rows.ask()), (Some(Nanos(7)), Some((8, 9))));
    assert_eq!(numbers(&rows.answered(vec![row(8), row(9)], Nanos(8))), [8, 9]);
    assert_eq!((rows.missing(), rows.ask_at()), (None, None));
}

#[test]
fn what_the_exchange_has_no_more_is_left_out() {
    let mut rows = Sequence::new(Some((4, Nanos(0))), Nanos(0), DAY);
    rows.stream(row(9), Nanos(0));
    rows.ask();
    // It has nothing before 7.
    assert_eq!(numbers(&rows.answered(vec![row(7), row(8)], Nanos(0))), [7, 8, 9]);
    rows.heard(13, Nanos(0));
    for n in 1..EMPTY {
        assert_eq!(rows.ask(), Some((10, 13)));
        assert_eq!(numbers(&rows.answered(Vec::new(), Nanos(0))), [0; 0], "{n}");
        assert!(rows.ask_at() > Some(Nanos(0)));
    }
    rows.ask();
    rows.answered(Vec::new(), Nanos(0));
    assert_eq!(rows.missing(), None);
    assert_eq!(numbers(&rows.stream(row(13), Nanos(0))), [13]);
}

#[test]
fn no_answer_is_asked_for_again_later_each_time() {
    let mut rows = Sequence::new(Some((0, Nanos(0))), Nanos(0), DAY);
    rows.stream(row(3), Nanos(0));
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        rows.ask();
        rows.failed(Nanos(0));
        assert_eq!(rows.ask_at(), Some(Nanos::SECOND.times(seconds)));
    }
}

#[test]
fn what_is_too_old_is_not_asked_for() {
    let mut rows = Sequence::new(Some((0, Nanos(0))), Nanos(0), Nanos::SECOND.times(10));
    rows.stream(row(10), Nanos(0));
    assert_eq!(rows.give_up_old(Nanos(0)), None);
    let mut rows = Sequence::new(Some((0, Nanos(0))), Nanos(0), Nanos::SECOND.times(10));
    rows.stream(row(11), Nanos(0));
    assert_eq!(numbers(&rows.give_up_old(Nanos(0)).unwrap()), [11]);
}

proptest! {
    /// Whatever a stream loses, repeats and brings late: with answers everything comes out,
    /// in order and once.
    #[test]
    fn with_answers_everything_comes_out(
        heard in proptest::collection::vec(1_i64..60, 1..120),
        most in 1_usize..9,
    ) {
        let mut rows = Sequence::new(Some((0, Nanos(0))), Nanos(0), DAY);
        let mut out = Vec::new();
        let mut end = 0;
        for number in heard {
            end = end.max(number);
            out.extend(rows.stream(row(number), Nanos(0)));
            if let Some((from, to)) = rows.ask_at().and_then(|_| rows.ask()) {
                prop_assert!(from < to);
                let answer = (from..=end).take(most).map(row).collect();
                out.extend(rows.answered(answer, Nanos(0)));
            }
        }
        while let Some((from, _)) = rows.ask() {
            out.extend(rows.answered((from..=end).take(most).map(row).collect(), Nanos(0)));
        }
        prop_assert_eq!(numbers(&out), (1..=end).collect::<Vec<_>>());
    }
}
