//! How often an account is read, as far as the limits of its host allow.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::limits::Bucket;

/// How often lists of an account are read where nothing is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervals {
    /// Positions.
    pub positions: Nanos,
    /// Balance, orders, and what was closed: three lists.
    pub rest: Nanos,
    /// Terms of instruments.
    pub terms: Nanos,
}

impl Default for Intervals {
    fn default() -> Self {
        let seconds = |n| Nanos::SECOND.times(n);
        Self { positions: seconds(30), rest: seconds(60), terms: seconds(300) }
    }
}

/// What a host takes, and what else it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLoad {
    /// Accounts on it.
    pub accounts: u32,
    /// Requests that it takes in a minute.
    pub per_minute: u32,
    /// Requests that it takes in a day, where there is such a limit.
    pub per_day: Option<u32>,
    /// Requests a minute that are kept for the feed.
    pub feed: u32,
}

/// Accounts that could not be read back in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{accounts} could be read back {how} with {limits}, and not every {latest_s} s \
     (limits.max_readback_s); {remedy}"
)]
pub struct TooLate {
    /// The accounts on the host, in words.
    pub accounts: String,
    /// How often they could be.
    pub how: String,
    /// What the host takes, in words.
    pub limits: String,
    /// The latest that was asked for, in seconds.
    pub latest_s: i64,
    /// What helps, in words.
    pub remedy: String,
}

/// The longest time between two reads of balance, orders and what was closed, unless
/// positions may be read back later than that.
const LONGEST_REST: Nanos = Nanos(300_000_000_000);
/// The longest between two reads of terms, where nothing else helps.
const LONGEST_TERMS: Nanos = Nanos(3_600_000_000_000);
/// The longest that anybody may read positions back after, in seconds.
const LONGEST_S: i64 = 3_600;
/// Requests a day that an account's session takes: a refresh every 15 minutes and a check
/// every 10.
const SESSION: i64 = 240;
/// Minutes of a day.
const MINUTES: i64 = 1_440;

const fn ceil(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

impl ReadLoad {
    /// Requests a day that flow for reading, of all accounts together.
    fn flows(self) -> i64 {
        let left = self.per_minute.saturating_sub(self.feed);
        let flows = Bucket::new(left, self.accounts, Nanos(0))
            .map_or(0, |bucket| bucket.refill_per_minute());
        let flows = flows * MINUTES;
        // A tenth of a day is kept for what is more urgent.
        let feed = i64::from(self.feed) * MINUTES;
        self.per_day.map_or(flows, |most| flows.min((i64::from(most) - feed) / 10 * 9))
    }
}

impl Intervals {
    /// As often as wished, or as the host allows: first the other lists are read less often,
    /// down to every 300 seconds, then positions, down to `latest`, then terms, down to every
    /// hour. Where `latest` is later than 300 seconds, the other lists may be as late. No
    /// other list holds up positions: a bucket keeps the request for them.
    ///
    /// 60 accounts at 450 requests a minute: an order, its close and two questions of each keep
    /// 240 of them, and 210 flow. Sessions take 10, terms every 300 s 12, the other lists every
    /// 300 s 36, which leaves 152 for positions: one read in 23.7 s for each of the 60.
    ///
    /// ```
    /// use tickstep_core::units::Nanos;
    /// use tickstep_live::runner::{Intervals, ReadLoad};
    ///
    /// let wish = Intervals { positions: Nanos::SECOND.times(20), ..Intervals::default() };
    /// let load = ReadLoad { accounts: 60, per_minute: 450, per_day: None, feed: 0 };
    /// let found = wish.within(load, Nanos::SECOND.times(30)).unwrap();
    /// assert_eq!(found.positions.millis(), 23_684);
    /// assert_eq!(found.rest, Nanos::SECOND.times(300));
    /// let few = ReadLoad { accounts: 20, ..load };
    /// assert_eq!(wish.within(few, Nanos::SECOND.times(30)), Ok(wish));
    /// ```
    pub fn within(self, load: ReadLoad, latest: Nanos) -> Result<Self, TooLate> {
        self.found(load, latest).ok_or_else(|| self.too_late(load, latest))
    }

    fn found(self, load: ReadLoad, latest: Nanos) -> Option<Self> {
        let rarest = Self {
            rest: LONGEST_REST.max(latest).max(self.rest),
            terms: LONGEST_TERMS.max(self.terms),
            ..self
        };
        let usual = Self { rest: LONGEST_REST.max(self.rest), ..self };
        self.by_rest(load, latest)
            .or_else(|| usual.by_positions(load, latest))
            .or_else(|| rarest.by_positions(load, latest))
    }

    /// With positions and terms as they are, the other lists as often as is left for them.
    fn by_rest(self, load: ReadLoad, latest: Nanos) -> Option<Self> {
        if self.positions > latest {
            return None;
        }
        let accounts = i64::from(load.accounts.max(1));
        let others = SESSION + a_day(self.terms) + a_day(self.positions);
        let left = load.flows() - accounts * others;
        if left >= accounts * 3 * a_day(self.rest) {
            return Some(self);
        }
        let every = spread(left, accounts * 3)?;
        (every <= LONGEST_REST.max(self.rest)).then(|| Self { rest: every.max(self.rest), ..self })
    }

    /// With the other lists and terms as they are, positions as often as is left for them.
    fn by_positions(self, load: ReadLoad, latest: Nanos) -> Option<Self> {
        let accounts = i64::from(load.accounts.max(1));
        let others = SESSION + a_day(self.terms) + 3 * a_day(self.rest);
        let every = spread(load.flows() - accounts * others, accounts)?;
        let every = every.max(self.positions);
        (every <= latest).then_some(Self { positions: every, ..self })
    }

    fn too_late(self, load: ReadLoad, latest: Nanos) -> TooLate {
        let second = |n: &i64| self.found(load, Nanos::SECOND.times(*n)).is_some();
        let at_all = (1..=LONGEST_S).find(second);
        let how =
            at_all.map_or_else(|| "not at all".to_owned(), |every| format!("every {every} s"));
        let mut limits = format!("{} requests a minute", load.per_minute);
        if load.feed > 0 {
            limits.push_str(&format!(" ({} of them kept for the feed)", load.feed));
        }
        if let Some(most) = load.per_day {
            limits.push_str(&format!(" and {most} a day"));
        }
        let accounts = match load.accounts {
            0 | 1 => "the only account of a server".to_owned(),
            several => format!("{several} accounts of one server"),
        };
        let remedy = self.remedy(load, latest, at_all);
        TooLate { accounts, how, limits, latest_s: latest.0 / Nanos::SECOND.0, remedy }
    }

    /// What each of the three things that help would have to be.
    fn remedy(self, load: ReadLoad, latest: Nanos, at_all: Option<i64>) -> String {
        let fits = |load: ReadLoad| self.found(load, latest).is_some();
        let fewer = (1..load.accounts).rev().find(|n| fits(ReadLoad { accounts: *n, ..load }));
        let (mut low, mut high) = (load.per_minute, 1_000_000);
        while low < high {
            let per_minute = low + (high - low) / 2;
            if fits(ReadLoad { per_minute, ..load }) {
                high = per_minute
            } else {
                low = per_minute + 1
            }
        }
        let more = Some(high).filter(|n| fits(ReadLoad { per_minute: *n, ..load }));
        let mut ways = Vec::new();
        if let Some(n) = fewer {
            ways.push(format!("at most {n} accounts fit on it"));
        }
        if let Some(n) = more {
            ways.push(format!("it would take {n} requests a minute, if the broker allows them"));
        }
        if let Some(seconds) = at_all {
            ways.push(format!("limits.max_readback_s = {seconds} would do"));
        }
        if ways.is_empty() {
            ways.push("neither fewer accounts nor more requests a minute would help".to_owned());
        }
        ways.join("; or ")
    }
}

const fn a_day(interval: Nanos) -> i64 {
    ceil(Nanos::DAY.0, if interval.0 > 1 { interval.0 } else { 1 })
}

/// How often each of so many can be read with what is left of a day.
fn spread(left: i64, each: i64) -> Option<Nanos> {
    (left > 0).then(|| Nanos(ceil(Nanos::DAY.0, (left / each).max(1))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wish() -> Intervals {
        Intervals { positions: Nanos::SECOND.times(20), ..Intervals::default() }
    }

    #[test]
    fn accounts_that_would_be_read_too_late_are_a_fault_that_says_what_helps() {
        let load = ReadLoad { accounts: 100, per_minute: 450, per_day: None, feed: 0 };
        let fault = wish().within(load, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert_eq!(
            fault,
            "100 accounts of one server could be read back every 758 s with 450 requests a \
             minute, and not every 30 s (limits.max_readback_s); at most 66 accounts fit on it; \
             or it would take 679 requests a minute, if the broker allows them; or \
             limits.max_readback_s = 758 would do"
        );
        assert!(wish().within(load, Nanos::SECOND.times(757)).is_err());
        assert!(wish().within(load, Nanos::SECOND.times(758)).is_ok());
        let firm = ReadLoad { accounts: 1, per_day: Some(2_000), ..load };
        let fault = wish().within(firm, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert!(fault.contains("with 450 requests a minute and 2000 a day"), "{fault}");
        let none = ReadLoad { accounts: 149, feed: 151, ..load };
        let fault = wish().within(none, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert!(fault.contains("could be read back not at all"), "{fault}");
    }

    /// The documented limit of 500 a minute for all accounts of an address.
    #[test]
    fn two_hundred_accounts_on_the_documented_limit_are_refused_with_what_would_do() {
        let load = ReadLoad { accounts: 200, per_minute: 500, per_day: None, feed: 80 };
        let fault = wish().within(load, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert_eq!(
            fault,
            "200 accounts of one server could be read back not at all with 500 requests a \
             minute (80 of them kept for the feed), and not every 30 s \
             (limits.max_readback_s); at most 61 accounts fit on it; or it would take 1437 \
             requests a minute, if the broker allows them"
        );
        let enough = ReadLoad { per_minute: 1_437, ..load };
        assert!(wish().within(enough, Nanos::SECOND.times(30)).is_ok());
    }

    #[test]
    fn who_reads_back_later_than_the_other_lists_may_read_those_as_late() {
        let load = ReadLoad { accounts: 110, per_minute: 500, per_day: None, feed: 0 };
        assert!(wish().within(load, Nanos::SECOND.times(300)).is_err());
        let found = wish().within(load, Nanos::SECOND.times(900)).unwrap();
        assert_eq!((found.rest, found.terms), (Nanos::SECOND.times(900), Nanos::HOUR));
        assert!(found.positions <= Nanos::SECOND.times(900));
    }

    proptest! {
        /// What is found fits the limits, is never more often than wished, and no later
        /// than asked for.
        #[test]
        fn what_is_found_fits(
            accounts in 1_u32..100, per_minute in 100_u32..2_000,
            per_day in proptest::option::of(500_u32..1_000_000), feed in 0_u32..80,
        ) {
            let load = ReadLoad { accounts, per_minute, per_day, feed };
            let latest = Nanos::SECOND.times(120);
            let Ok(found) = wish().within(load, latest) else { return Ok(()) };
            prop_assert!(found.positions >= wish().positions && found.positions <= latest);
            prop_assert!(found.rest >= wish().rest && found.rest <= LONGEST_REST);
            let day = |every: Nanos| Nanos::DAY.0 as f64 / every.0 as f64;
            let each = day(found.positions) + 3.0 * day(found.rest) + day(found.terms);
            let taken = f64::from(accounts) * (each + SESSION as f64);
            let bucket = Bucket::new(per_minute - feed, accounts, Nanos(0)).unwrap();
            prop_assert!(taken <= (bucket.refill_per_minute() * MINUTES) as f64 + 1.0);
            let all = taken + f64::from(feed) * MINUTES as f64;
            prop_assert!(per_day.is_none_or(|most| all <= f64::from(most)));
        }
    }
}
