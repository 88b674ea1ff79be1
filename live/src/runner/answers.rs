//! How a host answered lately: how long its answers took, and how many requests failed.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::broker::Reply;
use crate::intent::Outcome;

/// Requests that are looked back on at most.
const MOST: usize = 1_000;
/// How far is looked back at most: a quarter of an hour.
const BACK: Nanos = Nanos::MINUTE.times(15);

/// A request that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answered {
    at: Nanos,
    /// From sending to the reply; `None` where it failed.
    took: Option<Nanos>,
}

/// The last requests to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answers(VecDeque<Answered>);

/// How a host answered the requests of accounts in the last 15 minutes, at most the last
/// 1,000; what a feed asks is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswersReport {
    /// Requests that are over.
    pub requests: u32,
    /// Those of them that failed: no answer, a fault, or a write of unknown outcome. A
    /// broker that refuses an order has answered.
    pub failed: u32,
    /// The same of a hundred; `None` where there was no request.
    pub failed_percent: Option<Decimal>,
    /// Median time from sending to the reply of those that were answered; `None` where none
    /// was.
    pub median: Option<Nanos>,
    /// The time that 99 of 100 answers took at most.
    pub p99: Option<Nanos>,
    /// The longest.
    pub longest: Option<Nanos>,
}

impl Answers {
    /// Takes a reply to what was sent at `sent`.
    pub(super) fn note(&mut self, now: Nanos, sent: Nanos, reply: &Reply) {
        let failed = matches!(reply, Reply::Failed(_) | Reply::Write(Outcome::Unknown(_)));
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Answered { at: now, took: (!failed).then_some(now - sent) });
    }

    /// What they tell at `now`.
    pub(super) fn report(&self, now: Nanos) -> AnswersReport {
        let recent = self.0.iter().filter(|answer| now - answer.at <= BACK);
        let requests = recent.clone().count();
        let mut took: Vec<Nanos> = recent.filter_map(|answer| answer.took).collect();
        took.sort_unstable();
        let failed = requests - took.len();
        // The least time that so many of a hundred were answered in.
        let within = |percent: usize| {
            let rank = (took.len() * percent).div_ceil(100);
            took.get(rank.checked_sub(1)?).copied()
        };
        let percent = Decimal::from(failed * 100).checked_div(Decimal::from(requests));
        AnswersReport {
            requests: requests as u32,
            failed: failed as u32,
            failed_percent: percent.map(|percent| percent.round_dp(2).normalize()),
            median: within(50),
            p99: within(99),
            longest: took.last().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Fault;
    use crate::intent::Doubt;

    #[test]
    fn answers_are_ranked_and_what_failed_has_no_time() {
        let mut answers = Answers::default();
        assert_eq!(answers.report(Nanos(0)), AnswersReport::default());
        for ms in 1..=200_i64 {
            let now = Nanos(ms * 1_000_000);
            answers.note(now, Nanos(0), &Reply::LoggedOut);
        }
        let now = Nanos(300_000_000);
        answers.note(now, Nanos(0), &Reply::Failed(Fault::Server(502)));
        let unknown = Reply::Write(Outcome::Unknown(Doubt::Timeout));
        answers.note(now, Nanos(0), &unknown);
        let refused = Outcome::Rejected { code: None, message: "off quotes".to_owned() };
        answers.note(now, Nanos(0), &Reply::Write(refused));
        let ms = |ms: i64| Some(Nanos(ms * 1_000_000));
        let told = answers.report(now);
        assert_eq!((told.requests, told.failed), (203, 2));
        assert_eq!(told.failed_percent, Some(Decimal::new(99, 2)), "2 of 203 are 0.985 %");
        assert_eq!((told.median, told.p99, told.longest), (ms(101), ms(199), ms(300)));
        // All but the last three are older than a quarter of an hour then.
        let told = answers.report(Nanos(250_000_000) + BACK);
        assert_eq!((told.requests, told.failed, told.median), (3, 2, ms(300)));
        assert_eq!(answers.report(Nanos::HOUR), AnswersReport::default());
    }

    #[test]
    fn no_more_than_a_thousand_are_kept() {
        let mut answers = Answers::default();
        (0..1_500).for_each(|n| answers.note(Nanos(n), Nanos(0), &Reply::LoggedOut));
        let told = answers.report(Nanos(1_500));
        assert_eq!((told.requests, told.median), (1_000, Some(Nanos(999))));
    }
}
