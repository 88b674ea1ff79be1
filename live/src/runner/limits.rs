//! How many requests a host may be sent, and when it is left alone.
//!
//! A bucket holds at least one order for every account and a reserve for closing them
//! all; what is left of the limit of a minute refills it. So no 60 seconds see more
//! requests than the limit, closes aside, which are never held back: a refused close is
//! known to be refused, a late one costs money.

use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

/// What a request is for, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Lowers what is at risk.
    Close,
    /// Opens a position, or gives one its bracket.
    Order,
    /// Tells what became of a write.
    ReadBack,
    /// Everything else.
    Routine,
}

/// A limit that no host could keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{per_minute} requests a minute are too few for {accounts} accounts on one host: a decision \
     and its close take {needed}, and nothing is left for reading back; spread the accounts over \
     hosts, or raise limits.per_minute if the broker allows more"
)]
pub struct TooFewRequests {
    /// The limit.
    pub per_minute: u32,
    /// Accounts on the host.
    pub accounts: u32,
    /// Requests that one decision and its close take.
    pub needed: u32,
}

/// One of these is a request; a bucket counts in parts of it so that it fills evenly.
const REQUEST: i64 = 60_000_000_000;

/// What may still be sent to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Parts of a request that it holds when full.
    full: i64,
    /// Parts kept for closes.
    reserve: i64,
    /// Parts kept for orders beside them.
    orders: i64,
    /// Requests that flow in a minute, which is as many parts in a nanosecond.
    refill: i64,
    /// What is in it; closes may take what is not.
    held: i64,
    at: Nanos,
}

impl Bucket {
    /// A full bucket for `accounts` accounts on a host that takes `per_minute` requests.
    pub fn new(per_minute: u32, accounts: u32, now: Nanos) -> Result<Self, TooFewRequests> {
        let fan_out = accounts.max(1);
        // And one, so that a question may be asked of a full bucket.
        let needed = fan_out.saturating_mul(2).saturating_add(1);
        // As much again must flow in a minute as is held, or nobody is read back in time.
        if per_minute < needed.saturating_add(fan_out) || per_minute > 1_000_000 {
            return Err(TooFewRequests { per_minute, accounts, needed });
        }
        // Few accounts may send more at once, so that one does not wait for another.
        let full = needed.max(per_minute / 3);
        let part = i64::from(fan_out.max(full / 4)) * REQUEST;
        let (refill, full) = (i64::from(per_minute - full), i64::from(full) * REQUEST);
        Ok(Self { full, reserve: part, orders: part, refill, held: full, at: now })
    }

    /// Takes up what was in one of before, as far as this one holds it.
    pub fn take_up(&mut self, before: &Self) {
        self.held = before.held.min(self.full);
        self.at = before.at;
    }

    /// Requests a minute that flow in.
    #[must_use]
    pub const fn refill_per_minute(&self) -> i64 {
        self.refill
    }

    fn flow(&mut self, now: Nanos) {
        let passed = (now.0 - self.at.0).max(0);
        self.at = self.at.max(now);
        let room = self.full - self.held;
        // Whole when it has had the time to fill, so that the product cannot be too large.
        let enough = passed > room / self.refill.max(1);
        self.held = if enough { self.full } else { self.held + passed * self.refill };
    }

    /// What has to stay behind for what is more urgent.
    const fn kept(&self, urgency: Urgency) -> i64 {
        match urgency {
            Urgency::Close => i64::MIN / 2,
            Urgency::Order => self.reserve,
            // What became of an order matters more than a fan-out that nobody asked for.
            Urgency::ReadBack => self.reserve + self.orders / 2,
            Urgency::Routine => self.reserve + self.orders,
        }
    }

    /// Takes a request out, if one may be sent.
    #[must_use]
    pub fn take(&mut self, now: Nanos, urgency: Urgency) -> bool {
        self.flow(now);
        let left = self.held - REQUEST;
        let may = left >= self.kept(urgency);
        if may {
            self.held = left.max(-self.full);
        }
        may
    }

    /// When a request may be sent at the earliest, if nothing else is sent before.
    #[must_use]
    pub fn ready_at(&self, now: Nanos, urgency: Urgency) -> Nanos {
        let mut then = self.clone();
        then.flow(now);
        let wanted = then.kept(urgency).saturating_add(REQUEST).min(then.full);
        let lacking = (wanted - then.held).max(0);
        let refill = then.refill.max(1);
        Nanos(now.0.max(self.at.0) + (lacking + refill - 1) / refill)
    }

    /// The program starts again: questions that were sent last may not have been written
    /// down, so that what was left for them is taken as spent.
    pub fn restarted(&mut self) {
        self.held = self.held.min(self.reserve + self.orders);
    }

    /// The host said that it had too many: nothing is taken before `until` but closes.
    pub fn emptied(&mut self, now: Nanos, until: Nanos) {
        self.flow(now);
        self.held = self.held.min(self.reserve);
        self.at = self.at.max(until);
    }
}

/// Leaves a host alone for a while once requests to it fail again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    failures: u32,
    /// Whose request failed first of those in a row, and whether another's did too.
    first: Option<AccountId>,
    several: bool,
    open_until: Option<Nanos>,
}

impl Breaker {
    /// Failures in a row after which it opens.
    pub const FAILURES: u32 = 8;
    const FIRST: Nanos = Nanos(5_000_000_000);
    const LONGEST: Nanos = Nanos(60_000_000_000);

    /// The same where accounts are now.
    #[must_use]
    pub fn moved(self, place: impl Fn(AccountId) -> Option<AccountId>) -> Self {
        Self { first: self.first.and_then(place), ..self }
    }

    /// Whether a request may go now. A close always may; another one may try where the
    /// time is over.
    #[must_use]
    pub fn lets(&self, now: Nanos, urgency: Urgency) -> bool {
        urgency == Urgency::Close || self.open_until.is_none_or(|until| now >= until)
    }

    /// Until when it holds requests back.
    #[must_use]
    pub const fn open_until(&self) -> Option<Nanos> {
        self.open_until
    }

    /// The host answered; whether it was being left alone.
    pub fn answered(&mut self) -> bool {
        (self.failures, self.first, self.several) = (0, None, false);
        self.open_until.take().is_some()
    }

    /// The host did not answer an account, or with a fault of its own; whether it is left
    /// alone now and was not before. One account of several is no proof: it may be slow
    /// while the others go on.
    pub fn failed(&mut self, now: Nanos, account: AccountId, is_alone: bool) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.several |= *self.first.get_or_insert(account) != account;
        if self.failures < Self::FAILURES || !(self.several || is_alone) {
            return false;
        }
        let doublings = (self.failures - Self::FAILURES).min(4);
        let rest = Self::FIRST.times(1 << doublings).min(Self::LONGEST);
        let first = self.open_until.is_none();
        self.open_until = Some(Nanos(now.0 + rest.0));
        first
    }
}

/// How long to wait before try number `attempt` (from 1) of a question: half a second,
/// doubled each time up to 30 s, of which a quarter is spread by `salt` so that accounts
/// that failed together do not come back together.
#[must_use]
pub fn back_off(attempt: u32, salt: u64) -> Nanos {
    let base = 500_000_000_i64 << attempt.saturating_sub(1).min(6);
    let base = base.min(30_000_000_000);
    // SplitMix64's finaliser: every bit of the salt moves every bit of the result.
    let mut z = salt.wrapping_add(u64::from(attempt)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let spread = ((z ^ (z >> 31)) % 1000) as i64;
    Nanos(base - base / 4 + base / 4 * spread / 1000)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn urgency() -> impl Strategy<Value = Urgency> {
        prop_oneof![
            Just(Urgency::Order),
            Just(Urgency::ReadBack),
            Just(Urgency::Routine),
            Just(Urgency::Routine),
        ]
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_limit(
            accounts in 1_u32..150,
            asks in proptest::collection::vec((0_i64..400_000_000, urgency()), 1..1500),
        ) {
            let per_minute = 450;
            let mut now = Nanos(0);
            let mut bucket = Bucket::new(per_minute, accounts, now).unwrap();
            let mut sent: Vec<i64> = Vec::new();
            for (wait, urgency) in asks {
                now = Nanos(now.0 + wait);
                if bucket.take(now, urgency) {
                    sent.push(now.0);
                }
            }
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().take_while(|t| **t - first < 60_000_000_000);
                prop_assert!(within.count() <= per_minute as usize);
            }
        }

        #[test]
        fn an_order_for_each_account_fits_whatever_was_read(
            accounts in 1_u32..150,
            asks in proptest::collection::vec(0_i64..400_000_000, 1..600),
        ) {
            let mut now = Nanos(0);
            let mut bucket = Bucket::new(450, accounts, now).unwrap();
            for wait in asks {
                now = Nanos(now.0 + wait);
                let _ = bucket.take(now, Urgency::Routine);
            }
            for _ in 0..accounts {
                prop_assert!(bucket.take(now, Urgency::Order));
            }
            for _ in 0..accounts * 3 {
                prop_assert!(bucket.take(now, Urgency::Close));
            }
        }

        #[test]
        fn it_is_ready_when_it_says(
            spent in 0_u32..400, urgency in urgency(), now in 0_i64..1_000_000_000,
        ) {
            let mut bucket = Bucket::new(450, 20, Nanos(0)).unwrap();
            for _ in 0..spent {
                let _ = bucket.take(Nanos(now), urgency);
            }
            let at = bucket.ready_at(Nanos(now), urgency);
            prop_assert!(bucket.clone().take(at, urgency));
            if at.0 > now {
                prop_assert!(!bucket.clone().take(Nanos(at.0 - 1), urgency));
            }
        }

        #[test]
        fn waiting_grows_and_is_bounded(attempt in 1_u32..40, salt in any::<u64>()) {
            let wait = back_off(attempt, salt).0;
            prop_assert!((375_000_000..=30_000_000_000).contains(&wait));
            prop_assert!(back_off(attempt + 2, salt).0 > wait || wait > 22_000_000_000);
        }
    }

    #[test]
    fn too_many_accounts_for_the_limit_are_a_fault() {
        let fault = Bucket::new(450, 151, Nanos(0)).unwrap_err().to_string();
        assert!(fault.starts_with("450 requests a minute are too few for 151 accounts"), "{fault}");
    }

    #[test]
    fn the_breaker_opens_and_never_for_closes() {
        let mut breaker = Breaker::default();
        let opened: Vec<bool> =
            (0..9).map(|n| breaker.failed(Nanos(n), AccountId(n as u16 % 2), false)).collect();
        assert_eq!(opened.iter().position(|o| *o), Some(7));
        assert_eq!(opened.iter().filter(|o| **o).count(), 1, "said once");
        assert!(!breaker.lets(Nanos(10), Urgency::Routine));
        assert!(breaker.lets(Nanos(10), Urgency::Close));
        assert!(breaker.lets(Nanos(20_000_000_000), Urgency::Routine));
        assert!(breaker.answered() && !breaker.answered());
        assert!(breaker.lets(Nanos(11), Urgency::Routine));
    }

    #[test]
    fn one_slow_account_opens_no_breaker_for_the_others() {
        let mut breaker = Breaker::default();
        let failed = |breaker: &mut Breaker, account, alone| {
            (0..20).any(|n| breaker.failed(Nanos(n), AccountId(account), alone))
        };
        assert!(!failed(&mut breaker, 1, false));
        assert!(breaker.failed(Nanos(30), AccountId(2), false), "now it is the host");
        assert!(failed(&mut Breaker::default(), 1, true), "nobody else is on it");
    }

    #[test]
    fn a_refusal_for_too_many_holds_until_it_says() {
        let mut bucket = Bucket::new(450, 10, Nanos(0)).unwrap();
        bucket.emptied(Nanos(0), Nanos(20_000_000_000));
        assert!(!bucket.take(Nanos(19_000_000_000), Urgency::Order));
        assert!(bucket.take(Nanos(19_000_000_000), Urgency::Close));
        assert!(bucket.take(Nanos(24_000_000_000), Urgency::Order));
    }
}
