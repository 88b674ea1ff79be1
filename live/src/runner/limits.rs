//! How many requests an account may send to its host, and when it leaves it alone.
//!
//! A host's limit counts the requests of all its accounts. Each has an equal share of it,
//! and a bucket of its own: what one account sends, or waits for, moves no other's. A
//! bucket holds an order, a close and two questions at least; what is left of the share of a
//! minute refills it. So no 60 seconds see more requests than the limit, closes aside,
//! which are never held back: a refused close is known to be refused, a late one costs
//! money.

use serde::{Deserialize, Serialize};
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
    /// Shows whether positions are as they should be.
    Routine,
    /// Everything else, which may come later.
    Spare,
}

/// A limit that no host could keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{per_minute} requests a minute are too few for {accounts} accounts on one host: an order, \
     its close and two questions of each take {needed}, and too little is left to keep sessions and \
     read back; at most {most} accounts fit, or raise per_minute if the broker allows more"
)]
pub struct TooFewRequests {
    /// The limit.
    pub per_minute: u32,
    /// Accounts on the host.
    pub accounts: u32,
    /// Requests that one decision, its close and two questions on every account take.
    pub needed: u32,
    /// Accounts that the limit is enough for.
    pub most: u32,
}

/// Requests that a bucket holds at least: an order, its close, one to read positions back
/// by, and one to ask anything else by.
const HELD: u32 = 4;
/// A bucket counts in parts of a request so that it fills evenly: so many for each account
/// that shares the limit.
const PARTS: i64 = 60_000_000_000;

/// What an account may still send to its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Parts of one request.
    request: i64,
    /// Parts that it holds when full.
    full: i64,
    /// Parts kept for closes.
    reserve: i64,
    /// Parts kept for orders and their read-back beside them.
    orders: i64,
    /// Requests that flow to all accounts of the host in a minute, which is as many parts to
    /// each in a nanosecond.
    refill: i64,
    /// What is in it; closes may take what is not.
    held: i64,
    at: Nanos,
}

impl Bucket {
    /// The full bucket of one of `accounts` accounts on a host that takes `per_minute`
    /// requests of all of them.
    pub fn new(per_minute: u32, accounts: u32, now: Nanos) -> Result<Self, TooFewRequests> {
        let sharing = accounts.max(1);
        let needed = sharing.saturating_mul(HELD);
        // A question in four minutes of each keeps sessions; how soon positions are read
        // back with what is left is for whoever derives the intervals.
        let least = |n: u32| n.saturating_mul(HELD).saturating_add(n.div_ceil(4));
        if per_minute < least(sharing) || per_minute > 1_000_000 {
            let most = (0..=per_minute / HELD).rev().find(|n| least(*n) <= per_minute);
            let most = most.unwrap_or(0);
            return Err(TooFewRequests { per_minute, accounts, needed, most });
        }
        // Few accounts may send more at once, so that one does not wait for itself.
        let each = HELD.max(per_minute / sharing / 3);
        let request = PARTS * i64::from(sharing);
        let part = i64::from(1.max(each / 4)) * request;
        let refill = i64::from(per_minute - each * sharing);
        let full = i64::from(each) * request;
        Ok(Self { request, full, reserve: part, orders: part, refill, held: full, at: now })
    }

    /// Takes up what was in one of before, as far as this one holds it.
    pub fn take_up(&mut self, before: &Self) {
        let held = i128::from(before.held) * i128::from(self.request) / i128::from(before.request);
        self.held = i64::try_from(held).unwrap_or(0).min(self.full);
        self.at = before.at;
    }

    /// Requests a minute that flow in, for all accounts of the host together.
    #[must_use]
    pub const fn refill_per_minute(&self) -> i64 {
        self.refill
    }

    /// Requests that it holds when full.
    #[must_use]
    pub fn holds(&self) -> u32 {
        u32::try_from(self.full / self.request).unwrap_or(0)
    }

    /// Requests that are in it.
    #[must_use]
    pub fn left(&self, now: Nanos) -> u32 {
        let mut then = self.clone();
        then.flow(now);
        u32::try_from(then.held.max(0) / self.request).unwrap_or(0)
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
            // What became of an order matters more than an order that nobody asked for.
            Urgency::Order | Urgency::ReadBack => self.reserve,
            Urgency::Routine => self.reserve + self.orders,
            // So that no other list holds up the positions.
            Urgency::Spare => self.reserve + self.orders + self.request,
        }
    }

    /// Takes a request out, if one may be sent.
    #[must_use]
    pub fn take(&mut self, now: Nanos, urgency: Urgency) -> bool {
        self.flow(now);
        let left = self.held - self.request;
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
        let wanted = then.kept(urgency).saturating_add(then.request).min(then.full);
        let lacking = (wanted - then.held).max(0);
        let refill = then.refill.max(1);
        Nanos(now.0.max(self.at.0) + (lacking + refill - 1) / refill)
    }

    /// The program starts again: questions that were sent last may not have been written
    /// down, so that what was left for them is taken as spent.
    pub fn restarted(&mut self) {
        self.held = self.held.min(self.reserve + self.orders);
    }

    /// The account joins others on a host whose limit was shared without it: what its share
    /// holds may have been sent by them in the last minute, but for what closes need.
    pub fn joined(&mut self) {
        self.held = self.held.min(self.reserve);
    }

    /// The host said that it had too many: nothing is taken before `until` but closes.
    pub fn emptied(&mut self, now: Nanos, until: Nanos) {
        self.flow(now);
        self.held = self.held.min(self.reserve);
        self.at = self.at.max(until);
    }
}

/// Leaves a host alone for a while once an account's requests to it fail again and again.
///
/// Each account has its own, so that one whose requests are lost holds up no other's. Where
/// the host is away, all of them open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Nanos>,
}

impl Breaker {
    /// Failures in a row after which it opens.
    pub const FAILURES: u32 = 8;
    const FIRST: Nanos = Nanos(5_000_000_000);
    const LONGEST: Nanos = Nanos(60_000_000_000);

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

    /// The host answered.
    pub const fn answered(&mut self) {
        (self.failures, self.open_until) = (0, None);
    }

    /// The host did not answer, or with a fault of its own.
    pub fn failed(&mut self, now: Nanos) {
        self.failures = self.failures.saturating_add(1);
        if self.failures < Self::FAILURES {
            return;
        }
        let doublings = (self.failures - Self::FAILURES).min(4);
        let rest = Self::FIRST.times(1 << doublings).min(Self::LONGEST);
        self.open_until = Some(Nanos(now.0 + rest.0));
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
            Just(Urgency::Spare),
        ]
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_limit(
            accounts in 1_u32..105,
            asks in proptest::collection::vec((0_i64..400_000_000, urgency(), 0_usize..1000), 1..1500),
        ) {
            let per_minute = 450;
            let mut now = Nanos(0);
            let one = Bucket::new(per_minute, accounts, now).unwrap();
            let mut buckets = vec![one; accounts as usize];
            let mut sent: Vec<i64> = Vec::new();
            for (wait, urgency, who) in asks {
                now = Nanos(now.0 + wait);
                if buckets[who % accounts as usize].take(now, urgency) {
                    sent.push(now.0);
                }
            }
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().take_while(|t| **t - first < 60_000_000_000);
                prop_assert!(within.count() <= per_minute as usize);
            }
        }

        #[test]
        fn an_order_and_its_close_fit_whatever_was_read(
            accounts in 1_u32..105,
            asks in proptest::collection::vec(0_i64..400_000_000, 1..600),
        ) {
            let mut now = Nanos(0);
            let mut bucket = Bucket::new(450, accounts, now).unwrap();
            for wait in asks {
                now = Nanos(now.0 + wait);
                let _ = bucket.take(now, Urgency::Routine);
            }
            prop_assert!(bucket.take(now, Urgency::Order));
            for _ in 0..3 {
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
    fn too_many_accounts_for_the_limit_are_a_fault_that_says_how_many_fit() {
        let fault = Bucket::new(500, 200, Nanos(0)).unwrap_err();
        assert_eq!((fault.needed, fault.most), (800, 117));
        assert!(Bucket::new(500, 117, Nanos(0)).is_ok());
        assert!(Bucket::new(500, 118, Nanos(0)).is_err());
        let words = fault.to_string();
        assert!(words.starts_with("500 requests a minute are too few for 200 accounts"), "{words}");
        assert!(words.contains("at most 117 accounts fit, or raise per_minute"), "{words}");
    }

    #[test]
    fn what_was_left_is_taken_up_by_another_share() {
        let mut before = Bucket::new(450, 50, Nanos(0)).unwrap();
        let _ = before.take(Nanos(0), Urgency::Order);
        let mut now = Bucket::new(450, 90, Nanos(0)).unwrap();
        now.take_up(&before);
        // Three of four requests, in the parts of either.
        assert_eq!((before.held / before.request, now.held / now.request), (3, 3));
    }

    #[test]
    fn the_breaker_opens_and_never_for_closes() {
        let mut breaker = Breaker::default();
        (0..7).for_each(|n| breaker.failed(Nanos(n)));
        assert!(breaker.lets(Nanos(7), Urgency::Routine));
        breaker.failed(Nanos(7));
        assert!(!breaker.lets(Nanos(10), Urgency::Routine));
        assert!(breaker.lets(Nanos(10), Urgency::Close));
        assert!(breaker.lets(Nanos(20_000_000_000), Urgency::Routine));
        breaker.answered();
        assert!(breaker.lets(Nanos(11), Urgency::Routine));
    }

    #[test]
    fn a_refusal_for_too_many_holds_until_it_says() {
        let mut bucket = Bucket::new(450, 10, Nanos(0)).unwrap();
        bucket.emptied(Nanos(0), Nanos(20_000_000_000));
        assert!(!bucket.take(Nanos(19_000_000_000), Urgency::Order));
        assert!(bucket.take(Nanos(19_000_000_000), Urgency::Close));
        assert!(bucket.take(Nanos(26_000_000_000), Urgency::Order));
    }
}
