//! A host, as requests to it are counted: so many a minute, so many a day, and none while
//! it does not answer.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::limits::{Breaker, Bucket, Urgency};
use super::settings::{HostSetup, RunnerError};

/// What may still be sent to a host today, which is a day of UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daily {
    most: u32,
    accounts: u32,
    used: u32,
    day: i64,
}

impl Daily {
    /// `most` requests a day for `accounts` accounts.
    #[must_use]
    pub fn new(most: u32, accounts: u32) -> Self {
        Self { most, accounts: accounts.max(1), used: 0, day: i64::MIN }
    }

    /// Requests that stay behind for what is more urgent: two closes for each account, an
    /// order and its read-back, and a tenth of all from what is only looked at.
    fn kept(&self, urgency: Urgency) -> u32 {
        let each = |n: u32| self.accounts.saturating_mul(n);
        match urgency {
            Urgency::Close => 0,
            Urgency::Order => each(2),
            Urgency::ReadBack => each(3),
            Urgency::Routine => each(4).max(self.most / 10),
        }
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

/// A host, as requests to it are counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Host {
    pub name: String,
    /// Accounts on it.
    pub accounts: u32,
    pub bucket: Bucket,
    pub daily: Option<Daily>,
    pub breaker: Breaker,
}

impl Host {
    /// The `at`th host, which `accounts` accounts share.
    pub(super) fn new(
        at: usize,
        setup: &HostSetup,
        accounts: u32,
        now: Nanos,
    ) -> Result<Self, RunnerError> {
        let bucket = Bucket::new(setup.per_minute, accounts, now);
        Ok(Self {
            name: setup.name.clone(),
            accounts,
            bucket: bucket.map_err(|error| RunnerError::Limit { host: at, error })?,
            daily: setup.per_day.map(|most| Daily::new(most, accounts)),
            breaker: Breaker::default(),
        })
    }

    /// Takes up what was known of it, within the limits of now.
    pub(super) fn take_up(&mut self, known: Self) {
        self.bucket.take_up(&known.bucket);
        if let (Some(daily), Some(known)) = (&mut self.daily, &known.daily) {
            (daily.used, daily.day) = (known.used, known.day);
        }
        self.breaker = known.breaker;
    }

    /// Counts a request, if one may be sent now.
    #[must_use]
    pub(super) fn takes(&mut self, now: Nanos, urgency: Urgency) -> bool {
        let may = self.breaker.lets(now, urgency)
            && self.daily.as_ref().is_none_or(|daily| daily.lets(now, urgency))
            && self.bucket.take(now, urgency);
        if let Some(daily) = self.daily.as_mut().filter(|_| may) {
            daily.sent(now);
        }
        may
    }

    /// When a request may be sent at the earliest, if nothing else is sent before.
    pub(super) fn ready_at(&self, now: Nanos, urgency: Urgency) -> Nanos {
        let flows = self.bucket.ready_at(now, urgency);
        let daily = self.daily.as_ref().map_or(flows, |daily| daily.ready_at(now, urgency));
        let until = if urgency == Urgency::Close { None } else { self.breaker.open_until() };
        flows.max(daily).max(until.unwrap_or(flows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_closes_and_begins_anew_at_midnight() {
        let now = Nanos(Nanos::DAY.0 * 20_000 + 5);
        let mut daily = Daily::new(20, 2);
        let mut sent = 0;
        while daily.lets(now, Urgency::Routine) {
            daily.sent(now);
            sent += 1;
        }
        assert_eq!(sent, 12, "eight are kept: four for each account");
        assert!(daily.lets(now, Urgency::ReadBack));
        (0..2).for_each(|_| daily.sent(now));
        assert!(!daily.lets(now, Urgency::ReadBack) && daily.lets(now, Urgency::Order));
        (0..2).for_each(|_| daily.sent(now));
        assert!(!daily.lets(now, Urgency::Order), "two closes for each account are left");
        (0..9).for_each(|_| daily.sent(now));
        assert!(daily.lets(now, Urgency::Close), "a close is never held back");
        let tomorrow = Nanos(Nanos::DAY.0 * 20_001);
        assert_eq!(daily.ready_at(now, Urgency::Order), tomorrow);
        assert_eq!(daily.ready_at(now, Urgency::Close), now);
        assert!(daily.lets(tomorrow, Urgency::Routine));
        assert_eq!((daily.left(now), daily.left(tomorrow)), (0, 20));
    }
}
