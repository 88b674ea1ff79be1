//! A host that accounts share, and what one of them may send to it in a day.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::answers::Answers;
use super::limits::Urgency;
use super::settings::HostSetup;

/// What an account may still send to its host today, which is a day of UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daily {
    most: u32,
    used: u32,
    day: i64,
}

impl Daily {
    /// `most` requests a day.
    #[must_use]
    pub const fn new(most: u32) -> Self {
        Self { most, used: 0, day: i64::MIN }
    }

    /// Requests that stay behind for what is more urgent: two closes, an order and its
    /// read-back, and a tenth of all from what is only looked at.
    fn kept(&self, urgency: Urgency) -> u32 {
        match urgency {
            Urgency::Close => 0,
            Urgency::Order => 2,
            Urgency::ReadBack => 3,
            Urgency::Routine | Urgency::Spare => 4.max(self.most / 10),
        }
    }

    /// Takes up what was sent by one of before.
    pub const fn take_up(&mut self, before: &Self) {
        (self.used, self.day) = (before.used, before.day);
    }

    fn used_on(&self, now: Nanos) -> u32 {
        if now.0.div_euclid(Nanos::DAY.0) > self.day { 0 } else { self.used }
    }

    /// Whether a request may be sent; a close always may.
    #[must_use]
    pub fn lets(&self, now: Nanos, urgency: Urgency) -> bool {
        let left = self.most.saturating_sub(self.used_on(now));
        urgency == Urgency::Close || left > self.kept(urgency)
    }

    /// When one may be sent at the earliest: now, or when the next day begins.
    #[must_use]
    pub fn ready_at(&self, now: Nanos, urgency: Urgency) -> Nanos {
        let tomorrow = (now.0.div_euclid(Nanos::DAY.0) + 1).saturating_mul(Nanos::DAY.0);
        if self.lets(now, urgency) { now } else { Nanos(tomorrow) }
    }

    /// One was sent.
    pub fn sent(&mut self, now: Nanos) {
        self.used = self.used_on(now).saturating_add(1);
        self.day = self.day.max(now.0.div_euclid(Nanos::DAY.0));
    }

    /// Requests that are left today.
    #[must_use]
    pub fn left(&self, now: Nanos) -> u32 {
        self.most.saturating_sub(self.used_on(now))
    }
}

/// A host that accounts share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Host {
    pub name: String,
    /// The server behind it, whose quotes it shares with other hosts.
    pub server: String,
    /// Accounts on it.
    pub accounts: u32,
    /// Requests a minute that it takes.
    pub per_minute: u32,
    /// Those that are kept for the feed.
    pub feed: u32,
    /// Whether it was said that it does not answer.
    pub silent: bool,
    /// How it answered lately.
    pub answers: Answers,
}

impl Host {
    /// A host that `accounts` accounts share.
    pub(super) fn new(setup: &HostSetup, accounts: u32) -> Self {
        Self {
            name: setup.name.clone(),
            server: setup.server.clone(),
            accounts,
            per_minute: setup.per_minute,
            feed: setup.feed,
            silent: false,
            answers: Answers::default(),
        }
    }

    /// Requests a minute that one account may send.
    pub(super) const fn share(&self) -> u32 {
        let accounts = if self.accounts == 0 { 1 } else { self.accounts };
        self.per_minute.saturating_sub(self.feed) / accounts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_closes_and_begins_anew_at_midnight() {
        let now = Nanos(Nanos::DAY.0 * 20_000 + 5);
        let mut daily = Daily::new(20);
        let mut sent = 0;
        while daily.lets(now, Urgency::Routine) {
            daily.sent(now);
            sent += 1;
        }
        assert_eq!(sent, 16, "four are kept");
        assert!(daily.lets(now, Urgency::ReadBack));
        daily.sent(now);
        assert!(!daily.lets(now, Urgency::ReadBack) && daily.lets(now, Urgency::Order));
        daily.sent(now);
        assert!(!daily.lets(now, Urgency::Order), "two closes are left");
        (0..9).for_each(|_| daily.sent(now));
        assert!(daily.lets(now, Urgency::Close), "a close is never held back");
        let tomorrow = Nanos(Nanos::DAY.0 * 20_001);
        assert_eq!(daily.ready_at(now, Urgency::Order), tomorrow);
        assert_eq!(daily.ready_at(now, Urgency::Close), now);
        assert!(daily.lets(tomorrow, Urgency::Routine));
        assert_eq!((daily.left(now), daily.left(tomorrow)), (0, 20));
    }
}
