//! How far a host's clock is from ours, told by the time that its answers carry.
//!
//! An answer that carries the time `t` was written between our sending and receiving, so
//! the offset lies within `t - received` and `t - sent`. Time stamps that are cut to a
//! second widen that by one. Of several answers the narrowest counts, until it is old: a
//! clock may drift, or be set.

use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::Runner;
use crate::intent::RequestId;

/// How much an estimate is widened in a second: 200 parts in a million, and more than the
/// drift of any clock that is looked after.
const DRIFT_PPM: i64 = 200;

/// The offset of a host's clock.
///
/// ```
/// use tickstep_core::units::Nanos;
/// use tickstep_live::runner::VenueClock;
///
/// let second = |n| Nanos::SECOND.times(n);
/// let mut clock = VenueClock::default();
/// clock.note(second(100), second(102), second(131));
/// // Written between 100 s and 102 s of ours, at 131 s to 132 s of theirs.
/// assert_eq!(clock.offset(), Some((Nanos(30_500_000_000), Nanos(1_500_000_000))));
/// assert_eq!(clock.at(second(200)), Nanos(230_500_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueClock {
    /// Least and most that it is ahead, and when that was found.
    bounds: Option<(i64, i64, Nanos)>,
    /// Whether our clock may have been set since: the next answer counts alone.
    doubted: bool,
}

impl VenueClock {
    /// Takes an answer's time.
    pub fn note(&mut self, sent: Nanos, received: Nanos, venue: Nanos) {
        let (low, high) = (venue.0 - received.0, venue.0 + Nanos::SECOND.0 - sent.0);
        let new = (low, high, received);
        let doubted = core::mem::replace(&mut self.doubted, false);
        self.bounds = Some(match self.bounds.filter(|_| !doubted) {
            None => new,
            Some((l, h, at)) => {
                let wider = (received.0 - at.0).max(0) / 1_000_000 * DRIFT_PPM;
                let (l, h) = (l - wider, h + wider);
                // What both allow; where that is nothing, one of the clocks was set.
                let (both_low, both_high) = (l.max(low), h.min(high));
                if both_low <= both_high { (both_low, both_high, received) } else { new }
            }
        });
    }

    /// How far it is ahead of ours, and by how much that may be wrong; `None` before any
    /// answer told.
    #[must_use]
    pub const fn offset(&self) -> Option<(Nanos, Nanos)> {
        match self.bounds {
            None => None,
            Some((low, high, _)) => Some((Nanos((low + high) / 2), Nanos((high - low) / 2))),
        }
    }

    /// The most that it may be ahead of ours; nothing while nothing is known.
    #[must_use]
    pub const fn most_ahead(&self) -> Nanos {
        match self.bounds {
            None => Nanos(0),
            Some((_, high, _)) => Nanos(high),
        }
    }

    /// The least that it may be ahead of ours; nothing while nothing is known.
    #[must_use]
    pub const fn least_ahead(&self) -> Nanos {
        match self.bounds {
            None => Nanos(0),
            Some((low, ..)) => Nanos(low),
        }
    }

    /// The program starts again, and our clock may have been set meanwhile: what was found
    /// holds until the next answer, which then counts alone.
    pub const fn restarted(&mut self) {
        self.doubted = true;
    }

    /// What it shows at an instant of ours; the same while nothing is known.
    #[must_use]
    pub const fn at(&self, ours: Nanos) -> Nanos {
        match self.offset() {
            None => ours,
            Some((ahead, _)) => Nanos(ours.0 + ahead.0),
        }
    }
}

impl Runner {
    /// Compares the clock that answers an account with ours: one for each account, so that
    /// how soon one is answered moves nothing of another's. Positions are held no longer
    /// than they may be by the latest that it may show.
    pub(super) fn note_clock(&mut self, request: RequestId, venue_time: Option<Nanos>) {
        let asked = self.known.requests.get(&request);
        let (Some(asked), Some(venue)) = (asked, venue_time) else { return };
        let (account, sent, now) = (asked.account, asked.sent, self.now);
        if let Some(live) = self.live_mut(account) {
            live.clock.note(sent, now, venue);
            let ahead = live.clock.most_ahead();
            self.session.set_ahead(account, ahead);
        }
    }

    /// Tells the engines what was known of their brokers' clocks.
    pub(super) fn tell_clocks(&mut self) {
        for (index, row) in self.rows.iter().enumerate() {
            if let Some((_, live)) = &row.broker {
                self.session.set_ahead(AccountId(index as u16), live.clock.most_ahead());
            }
        }
    }

    /// What a broker's clock shows at an instant of ours.
    pub(super) fn venue_time(&self, account: AccountId, ours: Nanos) -> Nanos {
        self.at_broker(account).map_or(ours, |(_, live)| live.clock.at(ours))
    }

    /// The earliest that a broker's clock may have shown at an instant of ours: a list that
    /// was asked for then is no younger.
    pub(super) fn venue_time_at_least(&self, account: AccountId, ours: Nanos) -> Nanos {
        self.at_broker(account).map_or(ours, |(_, live)| ours + live.clock.least_ahead())
    }

    /// The latest that a broker's clock may show now.
    pub(super) fn venue_time_at_most(&self, account: AccountId) -> Nanos {
        let ahead = self.at_broker(account).map_or(Nanos(0), |(_, live)| live.clock.most_ahead());
        self.now + ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_truth_is_within_what_it_says(
            ahead_ms in -60_000_i64..60_000,
            answers in proptest::collection::vec((1_i64..5_000, 0_i64..3_000, 0_i64..3_000), 1..60),
        ) {
            let ms = 1_000_000;
            let mut clock = VenueClock::default();
            let mut now = 1_000_000_000_000_i64;
            for (wait, there, back) in answers {
                let sent = now + wait * ms;
                let written = sent + there * ms + ahead_ms * ms;
                let venue = written.div_euclid(1_000_000_000) * 1_000_000_000;
                now = sent + (there + back) * ms;
                clock.note(Nanos(sent), Nanos(now), Nanos(venue));
                let (offset, error) = clock.offset().unwrap_or((Nanos(0), Nanos(0)));
                prop_assert!((offset.0 - ahead_ms * ms).abs() <= error.0 + 1);
            }
        }
    }

    #[test]
    fn after_a_restart_an_answer_counts_alone() {
        let ms = |n: i64| Nanos(n * 1_000_000);
        let mut clock = VenueClock::default();
        clock.note(ms(10_000), ms(10_000), ms(10_000));
        clock.note(ms(10_900), ms(10_900), ms(10_000));
        // Ours was set by 0.4 s while the program was down, which the old bounds allow.
        clock.restarted();
        assert_eq!(clock.most_ahead(), ms(100), "until then it is what it was");
        clock.note(ms(20_400), ms(20_400), ms(20_000));
        assert_eq!(clock.offset(), Some((ms(100), ms(500))));
    }

    #[test]
    fn a_clock_that_was_set_is_believed_again() {
        let second = |n| Nanos::SECOND.times(n);
        let mut clock = VenueClock::default();
        clock.note(second(10), second(10), second(10));
        clock.note(second(20), second(20), second(50));
        assert_eq!(clock.at(second(30)).0 / Nanos::SECOND.0, 60);
    }
}
