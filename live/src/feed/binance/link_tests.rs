//! Connections that end, hang and are replaced.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const QUIET: Nanos = Nanos::SECOND.times(30);

fn at(seconds: i64) -> Nanos {
    Nanos::SECOND.times(seconds)
}

fn link() -> StreamLink {
    StreamLink::new(LinkTerms::of(QUIET), 0)
}

#[test]
fn a_connection_that_breaks_is_opened_again_with_longer_waits() {
    let mut link = link();
    assert_eq!(link.look(at(0)), [LinkAct::Connect(1)]);
    assert_eq!(link.look(at(1)), []);
    link.down(1, at(1));
    assert!(!link.take_lost(), "there was nothing to lose");
    let mut now = at(1);
    for (number, wait) in [(2, 0), (3, 1), (4, 2), (5, 4), (6, 8), (7, 16), (8, 32), (9, 60)] {
        assert_eq!(link.next(), now + at(wait), "attempt {number}");
        if wait > 0 {
            assert_eq!(link.look(Nanos(link.next().0 - 1)), []);
        }
        now = link.next();
        assert_eq!(link.look(now), [LinkAct::Connect(number)]);
        link.down(number, now);
    }
    now = link.next();
    assert_eq!(link.look(now), [LinkAct::Connect(10)]);
    link.up(10, now);
    assert!(link.is_up());
    link.down(10, now + at(59));
    assert!(link.take_lost() && !link.take_lost());
    assert_eq!(link.next(), now + at(59 + 60), "one that did not last is no success");
    now = link.next();
    link.look(now);
    link.up(11, now);
    link.heard(11, now + at(60));
    link.down(11, now + at(60));
    assert_eq!(link.look(now + at(60)), [LinkAct::Connect(12)], "one that held is tried at once");
}

#[test]
fn one_that_does_not_open_is_given_up() {
    let mut link = link();
    link.look(at(0));
    assert_eq!(link.next(), at(10));
    let acts = link.look(at(10));
    assert_eq!(acts, [LinkAct::Close(1, "it took too long to open"), LinkAct::Connect(2)]);
    link.up(1, at(11));
    assert!(!link.is_up(), "too late");
    assert_eq!(link.heard(1, at(11)), LinkWord::GivenUp);
}

#[test]
fn silence_is_asked_about_and_then_the_end() {
    let mut link = link();
    link.look(at(0));
    link.up(1, at(0));
    assert_eq!(link.next(), at(15));
    assert_eq!(link.look(at(15)), [LinkAct::Ping(1)]);
    assert_eq!((link.look(at(16)), link.next()), (vec![], at(30)));
    // An answer is a word.
    assert_eq!(link.heard(1, at(20)), LinkWord::Counts);
    assert_eq!(link.look(at(34)), []);
    assert_eq!(link.look(at(35)), [LinkAct::Ping(1)]);
    let acts = link.look(at(50));
    let end = LinkAct::Close(1, "nothing came, not even an answer to a ping");
    assert_eq!(acts, [end, LinkAct::Connect(2)]);
    assert!(link.take_lost());
}

#[test]
fn before_a_day_is_over_another_takes_its_place_without_a_gap() {
    let mut link = link();
    link.look(at(0));
    link.up(1, at(0));
    let renew = at((24 * 60 - 10) * 60);
    link.heard(1, renew - at(1));
    assert_eq!(link.look(renew - at(1)), []);
    assert_eq!(link.look(renew), [LinkAct::Connect(2)]);
    link.up(2, renew + at(1));
    assert_eq!(link.heard(1, renew + at(2)), LinkWord::Counts, "the old one goes on meanwhile");
    assert_eq!(link.brought(1), None);
    link.heard(2, renew + at(3));
    assert_eq!(link.brought(2), Some(LinkAct::Close(1, "it was replaced by a new one")));
    assert_eq!(link.brought(2), None);
    link.down(1, renew + at(4));
    assert!(link.is_up() && !link.take_lost());
    assert_eq!(link.heard(1, renew + at(5)), LinkWord::GivenUp);
    // Where the old one ends first, the new one takes over at once.
    let again = renew + renew;
    link.heard(2, again);
    link.look(again);
    link.up(3, again + at(1));
    link.down(2, again + at(2));
    assert!(link.is_up() && link.take_lost());
}

#[derive(Clone, Copy, Debug)]
enum LinkDeed {
    Up,
    Hear,
    Bring,
    Down,
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<LinkDeed>> {
    let act = prop_oneof![
        3 => Just(LinkDeed::Up),
        3 => Just(LinkDeed::Hear),
        1 => Just(LinkDeed::Bring),
        3 => Just(LinkDeed::Down),
        3 => (0_i64..100_000).prop_map(LinkDeed::Wait),
        1 => (0_i64..90_000_000).prop_map(LinkDeed::Wait),
    ];
    prop::collection::vec(act, 1..300)
}

proptest! {
    #[test]
    fn whatever_the_server_does(acts in acts(), most in 1_usize..8) {
        let mut link = StreamLink::new(LinkTerms { most, ..LinkTerms::of(QUIET) }, 0);
        let (mut now, mut last) = (at(0), 0);
        let mut opened: Vec<Nanos> = Vec::new();
        let mut open = 0_i32;
        for act in acts {
            match act {
                LinkDeed::Up => link.up(last, now),
                LinkDeed::Hear => drop(link.heard(last, now)),
                LinkDeed::Bring => drop(link.brought(last).map(|_| open -= 1)),
                LinkDeed::Down => {
                    let before = link.current.is_some() as i32 + link.coming.is_some() as i32;
                    link.down(last, now);
                    let after = link.current.is_some() as i32 + link.coming.is_some() as i32;
                    open -= before - after;
                }
                LinkDeed::Wait(ms) => now = Nanos(now.0 + ms * 1_000_000),
            }
            for act in link.look(now) {
                match act {
                    LinkAct::Connect(number) => {
                        prop_assert_eq!(number, last + 1);
                        last = number;
                        opened.push(now);
                        open += 1;
                    }
                    LinkAct::Close(..) => open -= 1,
                    LinkAct::Ping(_) => {}
                }
            }
            prop_assert!((0..=2).contains(&open), "{open} connections");
            prop_assert!(link.next() > now, "there is something to wait for");
            let window = opened.iter().filter(|t| now - **t < WINDOW).count();
            prop_assert!(window <= most, "{window} connections in five minutes");
        }
        // A server that answers is connected in the end.
        for _ in 0..20 {
            if link.is_up() {
                break;
            }
            now = now.max(link.next());
            let acts = link.look(now);
            for act in acts {
                if let LinkAct::Connect(number) = act {
                    link.up(number, now);
                }
            }
        }
        prop_assert!(link.is_up());
    }
}
