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
    /// Requests a minute that the feed takes of it.
    pub feed: u32,
}

/// Accounts that could not be read back in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{accounts} could be read back {how} with {limits}, and not every {latest_s} s \
     (limits.max_readback_s); spread accounts over servers, raise the limit if the broker allows \
     more, or raise max_readback_s"
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
}

/// The longest time between two reads of balance, orders and what was closed.
const LONGEST_REST: Nanos = Nanos(300_000_000_000);
/// Requests a day that an account's session takes: a refresh every 15 minutes and a check
/// every 10.
const SESSION: i64 = 240;
/// Minutes of a day.
const MINUTES: i64 = 1_440;

const fn ceil(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

impl Intervals {
    /// As often as wished, or as the host allows: first the other lists are read less often,
    /// down to every 300 seconds, then positions, down to `latest`.
    ///
    /// 80 accounts at 450 requests a minute: a decision and its closes keep 161 of them, and
    /// 289 flow. Sessions take 13.3, terms every 300 s 16, the other lists every 300 s 48,
    /// which leaves 211.7 for positions: one read in 22.7 s for each of the 80.
    ///
    /// ```
    /// use tickstep_core::units::Nanos;
    /// use tickstep_live::runner::{Intervals, ReadLoad};
    ///
    /// let wish = Intervals { positions: Nanos::SECOND.times(20), ..Intervals::default() };
    /// let load = ReadLoad { accounts: 80, per_minute: 450, per_day: None, feed: 0 };
    /// let found = wish.within(load, Nanos::SECOND.times(30)).unwrap();
    /// assert_eq!(found.positions.millis(), 22_677);
    /// assert_eq!(found.rest, Nanos::SECOND.times(300));
    /// let few = ReadLoad { accounts: 20, ..load };
    /// assert_eq!(wish.within(few, Nanos::SECOND.times(30)), Ok(wish));
    /// ```
    pub fn within(self, load: ReadLoad, latest: Nanos) -> Result<Self, TooLate> {
        let accounts = i64::from(load.accounts.max(1));
        let a_day = |interval: Nanos| ceil(Nanos::DAY.0, interval.0.max(1));
        let flows = Bucket::new(load.per_minute, load.accounts, Nanos(0))
            .map_or(0, |bucket| bucket.refill_per_minute());
        let flows = flows * MINUTES;
        // A tenth of a day is kept for what is more urgent.
        let flows = load.per_day.map_or(flows, |most| flows.min(i64::from(most) / 10 * 9));
        let left =
            flows - i64::from(load.feed) * MINUTES - accounts * (SESSION + a_day(self.terms));
        let rest = left - accounts * a_day(self.positions);
        if rest >= accounts * 3 * a_day(self.rest) {
            return Ok(self);
        }
        let spread = |each: i64, left: i64| {
            (left > 0).then(|| Nanos(ceil(Nanos::DAY.0, (left / (accounts * each)).max(1))))
        };
        let rarer = spread(3, rest).filter(|every| *every <= LONGEST_REST.max(self.rest));
        if let Some(rest) = rarer {
            return Ok(Self { rest: rest.max(self.rest), ..self });
        }
        let rest = LONGEST_REST.max(self.rest);
        let positions = spread(1, left - accounts * 3 * a_day(rest));
        match positions {
            Some(every) if every <= latest => {
                Ok(Self { positions: every.max(self.positions), rest, ..self })
            }
            late => Err(too_late(load, latest, late)),
        }
    }
}

fn too_late(load: ReadLoad, latest: Nanos, every: Option<Nanos>) -> TooLate {
    let how = every.map_or_else(
        || "not at all".to_owned(),
        |every| format!("every {} s", ceil(every.0, Nanos::SECOND.0)),
    );
    let mut limits = format!("{} requests a minute", load.per_minute);
    if let Some(most) = load.per_day {
        limits.push_str(&format!(" and {most} a day"));
    }
    let accounts = match load.accounts {
        0 | 1 => "the only account of a server".to_owned(),
        several => format!("{several} accounts of one server"),
    };
    TooLate { accounts, how, limits, latest_s: latest.0 / Nanos::SECOND.0 }
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
    fn accounts_that_would_be_read_too_late_are_a_fault_with_its_numbers() {
        let load = ReadLoad { accounts: 100, per_minute: 450, per_day: None, feed: 0 };
        let fault = wish().within(load, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert_eq!(
            fault,
            "100 accounts of one server could be read back every 40 s with 450 requests a \
             minute, and not every 30 s (limits.max_readback_s); spread accounts over servers, raise the limit if \
             the broker allows more, or raise max_readback_s"
        );
        let found = wish().within(load, Nanos::SECOND.times(60)).unwrap();
        assert_eq!(found.positions.0 / Nanos::SECOND.0, 39);
        let firm = ReadLoad { accounts: 1, per_day: Some(2_000), ..load };
        let fault = wish().within(firm, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert!(fault.contains("with 450 requests a minute and 2000 a day"), "{fault}");
        let none = ReadLoad { accounts: 149, feed: 151, ..load };
        let fault = wish().within(none, Nanos::SECOND.times(30)).unwrap_err().to_string();
        assert!(fault.contains("could be read back not at all"), "{fault}");
    }

    proptest! {
        /// What is found fits the limits, is never more often than wished, and no later
        /// than asked for.
        #[test]
        fn what_is_found_fits(
            accounts in 1_u32..150, per_minute in 100_u32..2_000,
            per_day in proptest::option::of(500_u32..1_000_000), feed in 0_u32..80,
        ) {
            let load = ReadLoad { accounts, per_minute, per_day, feed };
            let latest = Nanos::SECOND.times(120);
            let Ok(found) = wish().within(load, latest) else { return Ok(()) };
            prop_assert!(found.positions >= wish().positions && found.positions <= latest);
            prop_assert!(found.rest >= wish().rest && found.rest <= LONGEST_REST);
            let day = |every: Nanos| Nanos::DAY.0 as f64 / every.0 as f64;
            let each = day(found.positions) + 3.0 * day(found.rest) + day(found.terms);
            let taken = f64::from(accounts) * (each + SESSION as f64)
                + f64::from(feed) * MINUTES as f64;
            let bucket = Bucket::new(per_minute, accounts, Nanos(0)).unwrap();
            prop_assert!(taken <= (bucket.refill_per_minute() * MINUTES) as f64 + 1.0);
            prop_assert!(per_day.is_none_or(|most| taken <= f64::from(most)));
        }
    }
}
