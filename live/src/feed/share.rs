//! The part of a host's limit of requests that a feed has for itself.
//!
//! It is not taken out of what accounts may send: the limit is divided before anything
//! starts, so that a feed never holds up an order or a close, nor they a feed.

use std::collections::VecDeque;

use tickstep_core::units::Nanos;

/// At most so many requests in any 60 seconds.
#[derive(Clone, Debug)]
pub struct Share {
    most: usize,
    /// When those of the last minute were sent, oldest first.
    sent: VecDeque<Nanos>,
}

impl Share {
    /// At most `most` a minute, and one at least.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), sent: VecDeque::new() }
    }

    /// Counts a request, if one may be sent now.
    #[must_use]
    pub fn take(&mut self, now: Nanos) -> bool {
        while self.sent.front().is_some_and(|first| now - *first >= Nanos::MINUTE) {
            self.sent.pop_front();
        }
        let may = self.sent.len() < self.most;
        if may {
            self.sent.push_back(now);
        }
        may
    }

    /// When one may be sent at the earliest.
    #[must_use]
    pub fn free_at(&self, now: Nanos) -> Nanos {
        if self.sent.len() < self.most {
            return now;
        }
        self.sent.front().map_or(now, |first| now.max(*first + Nanos::MINUTE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_minute_sees_more(
            most in 1_usize..30, waits in proptest::collection::vec(0_i64..5_000, 1..400),
        ) {
            let mut share = Share::new(most);
            let (mut now, mut sent) = (Nanos(0), Vec::new());
            for wait in waits {
                now = Nanos(now.0 + wait * 1_000_000);
                let free = share.clone().free_at(now) <= now;
                let took = share.take(now);
                prop_assert!(took || !free);
                if took {
                    sent.push(now.0);
                }
            }
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().filter(|t| **t - first < Nanos::MINUTE.0);
                prop_assert!(within.count() <= most);
            }
        }
    }
}
