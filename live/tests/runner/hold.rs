//! A position is held no longer than it may be, whatever the clocks show.

use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::Write;
use tickstep_live::runner::{Happening, Input};

use crate::desk::{Desk, Plan};

const HOLD: i64 = 180;

fn second(n: i64) -> Nanos {
    Nanos::SECOND.times(n)
}

/// A desk whose broker's clock is so far ahead, with a position that is held three minutes.
fn holding(skew: Nanos) -> Desk {
    let mut desk = Desk::around(Plan::of(1).runner().unwrap(), 1);
    (desk.skew, desk.hold) = (skew, Some(second(HOLD)));
    desk.run(20);
    desk.signal(Side::Buy);
    desk.run(2);
    assert_eq!(desk.books[0].positions.len(), 1);
    desk
}

fn is_closed(desk: &Desk) -> bool {
    desk.writes.iter().any(|(_, write)| matches!(write, Write::Close { .. }))
}

/// How long the position is held, by the broker's clock.
fn held(desk: &mut Desk) -> Nanos {
    let opened = desk.books[0].positions[0].open_time;
    for _ in 0..1_000 {
        if is_closed(desk) {
            break;
        }
        desk.run(1);
    }
    desk.books[0].rows[0].close_time - opened
}

#[test]
fn a_brokers_clock_that_is_ahead_or_behind_changes_nothing() {
    for skew in [-3_600, -35, -1, 0, 1, 35, 3_600] {
        let held = held(&mut holding(second(skew)));
        let early = second(HOLD) - held;
        assert!(early >= Nanos(0) && early <= second(2), "{skew} s: held {} ms", held.millis());
    }
}

/// Ours goes on from what was written down: it may jump ahead between two runs, or have
/// shown less than has passed.
#[test]
fn nor_does_our_clock_that_was_set_while_the_program_was_down() {
    for (shown, passed) in [(30, 30), (65, 30), (1, 30), (0, 100)] {
        let mut desk = holding(second(7));
        desk.now = desk.now + second(shown);
        desk.skew = desk.skew + second(passed - shown);
        desk.give(Input::Restarted);
        desk.run(5);
        assert!(!is_closed(&desk), "{shown} s shown, {passed} s passed: closed at once");
        let held = held(&mut desk);
        let early = second(HOLD) - held;
        assert!(early >= Nanos(0) && early <= second(2), "{shown}: held {} ms", held.millis());
    }
}

#[test]
fn a_time_that_cannot_be_is_not_what_an_age_is_counted_from() {
    for odd in [3_600, -3_600] {
        let mut desk = Desk::around(Plan::of(1).runner().unwrap(), 1);
        desk.hold = Some(second(HOLD));
        desk.run(20);
        // The order executes, and the broker stamps it an hour off.
        desk.skew = second(odd);
        desk.signal(Side::Buy);
        let number = desk.books[0].positions.first().map(|p| p.open_time);
        desk.skew = Nanos(0);
        assert!(number.is_some());
        let opened = desk.now;
        for _ in 0..400 {
            desk.run(1);
            if is_closed(&desk) {
                break;
            }
        }
        let held = desk.now - opened;
        assert!((held - second(HOLD)).0.abs() <= second(5).0, "{odd}: {} ms", held.millis());
        let aged = |h: &Happening| match h {
            Happening::Traded { trade, .. } => Some(trade.exit_ts - trade.entry_ts),
            _ => None,
        };
        desk.run(5);
        assert!(desk.happened.iter().filter_map(aged).all(|age| age >= Nanos(0)));
    }
}
