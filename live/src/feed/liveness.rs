//! Whether an instrument's market still comes: judged by when something came last, and by
//! the hours in which the market is open.

use tickstep_core::calendar::BarTimes;
use tickstep_core::units::Nanos;

/// What is known of whether an instrument's market comes.
///
/// A market that is open and says nothing for longer than it should has stopped; one that is
/// closed has nothing to say. Silence is counted from when something came last, or from when
/// the market opened where that is later. What comes may have several parts, such as bars and
/// a book, each with its own patience; a market of which one part does not come has stopped.
#[derive(Clone, Debug)]
pub struct Liveness {
    times: BarTimes,
    /// How long each part may be silent, and when it came last.
    parts: Vec<(Nanos, Nanos)>,
    /// Whether it was told to be still.
    still: bool,
}

impl Liveness {
    /// Of a market whose bars lie at `times`, with how long each of its parts may be silent;
    /// nothing is expected to have come before `begun`.
    #[must_use]
    pub fn new(times: BarTimes, begun: Nanos, patience: &[Nanos]) -> Self {
        let parts = patience.iter().map(|patience| (*patience, begun)).collect();
        Self { times, parts, still: false }
    }

    /// A part came; one that is not there is none.
    pub fn heard(&mut self, part: usize, at: Nanos) {
        if let Some((_, heard)) = self.parts.get_mut(part) {
            *heard = at.max(*heard);
        }
    }

    /// Whether it has begun to stand still, and since when, or goes on; `None` where nothing
    /// is other than what was told last.
    pub fn look(&mut self, now: Nanos) -> Option<Option<Nanos>> {
        // Closed: what was told of it stays.
        let opened = self.times.open_since(now)?;
        let silent = self.parts.iter().map(|(patience, heard)| (*patience, opened.max(*heard)));
        let since = silent.filter(|(patience, since)| now - *since > *patience);
        let since = since.map(|(_, since)| since).min();
        if since.is_some() == self.still {
            return None;
        }
        self.still = since.is_some();
        Some(since)
    }

    /// When it has to be looked at again at the latest, were nothing to come.
    #[must_use]
    pub fn next(&self, now: Nanos) -> Nanos {
        let opened = self.times.open_since(now).unwrap_or(now);
        let ends = self.parts.iter().map(|(patience, heard)| {
            Nanos(opened.max(*heard).0.saturating_add(patience.0).saturating_add(1))
        });
        let next = ends.filter(|end| *end > now).min();
        next.unwrap_or(Nanos(now.0.saturating_add(Nanos::MINUTE.0)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tickstep_core::calendar::{Anchor, Calendar, OpenHours};

    fn hour(n: i64) -> Nanos {
        Nanos::HOUR.times(n)
    }

    fn minute(n: i64) -> Nanos {
        Nanos::MINUTE.times(n)
    }

    /// Open from 9 to 12 and from 13 to 15 o'clock, and on the next day.
    fn mornings() -> BarTimes {
        let open = |day: i32, from: i64, to: i64| {
            let midnight = hour(24 * i64::from(day));
            OpenHours { open: midnight + hour(from), close: midnight + hour(to), day }
        };
        let hours = vec![open(0, 9, 12), open(0, 13, 15), open(1, 9, 12)];
        let calendar = Calendar::of_hours("mornings", hours).unwrap();
        BarTimes::within(minute(1), Anchor::Open, &calendar).unwrap()
    }

    #[test]
    fn a_frozen_feed_is_told_once_and_when_it_goes_on() {
        let mut live = Liveness::new(BarTimes::MINUTE, hour(5), &[minute(2)]);
        assert_eq!(live.look(hour(5) + minute(2)), None);
        assert_eq!(live.next(hour(5)), Nanos(hour(5).0 + minute(2).0 + 1));
        let late = hour(5) + minute(3);
        assert_eq!(live.look(late), Some(Some(hour(5))));
        assert_eq!(live.look(late + minute(1)), None);
        live.heard(0, late + minute(2));
        assert_eq!(live.look(late + minute(2)), Some(None));
        assert_eq!(live.look(late + minute(3)), None);
        assert_eq!(live.look(late + minute(5)), Some(Some(late + minute(2))));
    }

    #[test]
    fn every_part_has_to_come() {
        let mut live = Liveness::new(BarTimes::MINUTE, hour(5), &[minute(2); 2]);
        live.heard(0, hour(5) + minute(3));
        assert_eq!(live.look(hour(5) + minute(3)), Some(Some(hour(5))));
        live.heard(1, hour(5) + minute(2));
        assert_eq!(live.look(hour(5) + minute(4)), Some(None));
        live.heard(7, hour(9));
        assert_eq!(live.look(hour(5) + minute(5)), Some(Some(hour(5) + minute(2))));
    }

    #[test]
    fn a_closed_market_does_not_alarm() {
        let mut live = Liveness::new(mornings(), hour(9), &[minute(2)]);
        live.heard(0, hour(12) - minute(1));
        for at in [hour(12), hour(12) + minute(30), hour(13), hour(13) + minute(2)] {
            assert_eq!(live.look(at), None, "{at:?}");
        }
        // Two minutes after it opened again, silence is silence.
        assert_eq!(live.look(hour(13) + minute(3)), Some(Some(hour(13))));
        live.heard(0, hour(15) - minute(1));
        assert_eq!(live.look(hour(15) - minute(1)), Some(None));
        assert_eq!(live.look(hour(20)), None, "the night is no silence");
        assert_eq!(live.look(hour(33) + minute(1)), None);
        assert_eq!(live.look(hour(33) + minute(3)), Some(Some(hour(33))));
    }

    #[test]
    fn one_that_froze_before_the_close_stays_told() {
        let mut live = Liveness::new(mornings(), hour(9), &[minute(2)]);
        live.heard(0, hour(11));
        assert_eq!(live.look(hour(11) + minute(30)), Some(Some(hour(11))));
        assert_eq!(live.look(hour(12) + minute(30)), None);
        live.heard(0, hour(13) + minute(1));
        assert_eq!(live.look(hour(13) + minute(1)), Some(None));
    }
}
