//! How often questions may be asked: the limit of weight a minute, and what the exchange
//! says when it has had enough.
//!
//! A 429 says that a limit was broken and how long to wait; who goes on all the same gets a
//! 418, which bars the address for two minutes and up to three days. So after either of
//! them nothing at all is asked until the time that it names has passed, and after a 418
//! without a time it is longer each time.

use std::collections::VecDeque;

use tickstep_core::units::Nanos;

/// How long nothing is asked after a 429 that names no time.
const NO_TIME: Nanos = Nanos::MINUTE;
/// The shortest and the longest time that an address is barred.
const BARRED: (Nanos, Nanos) = (Nanos::MINUTE.times(2), Nanos::DAY.times(3));

/// Weight that may be spent on questions.
#[derive(Clone, Debug)]
pub struct RestGate {
    most: u32,
    /// What was spent in the last minute, oldest first.
    spent: VecDeque<(Nanos, u32)>,
    /// Until when nothing is asked.
    until: Nanos,
    /// How often in a row the address was barred.
    barred: u32,
}

impl RestGate {
    /// At most `most` in any 60 seconds.
    #[must_use]
    pub const fn new(most: u32) -> Self {
        Self { most, spent: VecDeque::new(), until: Nanos(i64::MIN), barred: 0 }
    }

    fn forget(&mut self, now: Nanos) {
        while self.spent.front().is_some_and(|(at, _)| now - *at >= Nanos::MINUTE) {
            self.spent.pop_front();
        }
    }

    fn used(&self) -> u32 {
        self.spent.iter().map(|(_, weight)| *weight).fold(0, u32::saturating_add)
    }

    /// Counts a question of this weight, if it may be asked now. One that weighs more than a
    /// minute has may be asked alone.
    #[must_use]
    pub fn take(&mut self, weight: u32, now: Nanos) -> bool {
        self.forget(now);
        let weight = weight.min(self.most);
        let may = now >= self.until && self.used().saturating_add(weight) <= self.most;
        if may {
            self.spent.push_back((now, weight));
        }
        may
    }

    /// When a question of this weight may be asked at the earliest.
    #[must_use]
    pub fn free_at(&self, weight: u32, now: Nanos) -> Nanos {
        let mut left = self.used().saturating_add(weight.min(self.most));
        let mut at = now.max(self.until);
        for (sent, freed) in &self.spent {
            if left <= self.most {
                break;
            }
            left = left.saturating_sub(*freed);
            at = at.max(*sent + Nanos::MINUTE);
        }
        at
    }

    /// What the exchange counts of this address in its minute: where others are behind it
    /// too, that is more than was asked here, and counts.
    pub fn told(&mut self, used: u32, now: Nanos) {
        self.forget(now);
        let unknown = used.min(self.most).saturating_sub(self.used());
        if unknown > 0 {
            self.spent.push_back((now, unknown));
        }
    }

    /// An answer came that was none of the two refusals.
    pub const fn went_well(&mut self) {
        self.barred = 0;
    }

    /// The exchange refused, with a 429 or a 418; until when nothing is asked.
    pub fn refused(&mut self, status: u16, retry_after: Option<Nanos>, now: Nanos) -> Nanos {
        let wait = match status {
            418 => {
                let longer = BARRED.0.times(1 << self.barred.min(11)).min(BARRED.1);
                self.barred = self.barred.saturating_add(1);
                retry_after.map_or(longer, |after| after.max(BARRED.0))
            }
            _ => retry_after.unwrap_or(NO_TIME),
        };
        self.until = self.until.max(Nanos(now.0.saturating_add(wait.0)));
        self.until
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Nanos {
        Nanos::SECOND.times(seconds)
    }

    #[test]
    fn refusals_say_how_long_nothing_is_asked() {
        let mut gate = RestGate::new(100);
        assert!(gate.take(60, at(0)) && !gate.take(60, at(1)) && gate.take(40, at(1)));
        assert_eq!(gate.free_at(60, at(2)), at(60));
        assert!(gate.take(60, at(60)));
        assert_eq!(gate.refused(429, Some(at(7)), at(61)), at(68));
        assert!(!gate.take(1, at(67)));
        assert_eq!(gate.free_at(1, at(67)), at(68));
        assert!(gate.take(1, at(68)), "the seven seconds are over, and weight is free");
        assert_eq!(gate.refused(429, None, at(70)), at(130));
        assert_eq!(gate.refused(418, Some(at(5)), at(200)), at(320), "two minutes at least");
        assert_eq!(gate.refused(418, None, at(400)), at(400 + 240), "longer each time");
        assert_eq!(gate.refused(418, Some(at(3_600)), at(700)), at(700 + 3_600));
        gate.went_well();
        assert_eq!(gate.refused(418, None, at(9_000)), at(9_120));
    }

    #[test]
    fn what_others_use_counts() {
        let mut gate = RestGate::new(100);
        assert!(gate.take(10, at(0)));
        gate.told(95, at(1));
        assert!(!gate.take(10, at(2)) && gate.take(5, at(2)));
        gate.told(20, at(3));
        assert_eq!(gate.free_at(10, at(4)), at(60));
    }

    proptest! {
        #[test]
        fn no_minute_weighs_more_and_no_wait_is_cut_short(
            most in 20_u32..200,
            steps in prop::collection::vec(
                (0_i64..40_000, 1_u32..50, prop::option::weighted(0.1, (0_i64..90, any::<bool>()))),
                1..300,
            ),
        ) {
            let mut gate = RestGate::new(most);
            let (mut now, mut until) = (Nanos(0), Nanos(0));
            let mut sent: Vec<(Nanos, u32)> = Vec::new();
            for (wait, weight, refused) in steps {
                now = Nanos(now.0 + wait * 1_000_000);
                let free = gate.free_at(weight, now) <= now;
                let took = gate.take(weight, now);
                prop_assert!(took || !free);
                if took {
                    prop_assert!(now >= until);
                    sent.push((now, weight.min(most)));
                }
                if let Some((seconds, barred)) = refused {
                    let status = if barred { 418 } else { 429 };
                    let said = gate.refused(status, Some(at(seconds)), now);
                    prop_assert!(said >= now + at(seconds));
                    until = until.max(said);
                }
            }
            for (begin, _) in &sent {
                let within = sent.iter().filter(|(t, _)| *t >= *begin && *t - *begin < Nanos::MINUTE);
                prop_assert!(within.map(|(_, w)| *w).sum::<u32>() <= most);
            }
        }
    }
}
