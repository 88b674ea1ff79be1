//! An account's session at its broker: when it is opened, prolonged, checked and given up.
//!
//! Sessions are prolonged three minutes before they end, as long as the broker's limit
//! of refreshes in an hour allows, else opened anew. However many requests saw that a
//! session is over, one attempt is made to get another. A wrong password is not tried
//! again, because the third try locks accounts.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::limits::back_off;
use crate::broker::Fault;
use crate::intent::RequestId;

/// How sessions of a broker are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTerms {
    /// How long a session lives where the broker does not say.
    pub life: Nanos,
    /// How long before its end it is prolonged.
    pub ahead: Nanos,
    /// Most refreshes in an hour; beyond it a session is opened anew.
    pub refreshes_an_hour: u32,
    /// How often a session is checked on top.
    pub check_every: Nanos,
}

impl Default for SessionTerms {
    fn default() -> Self {
        Self {
            life: Nanos::MINUTE.times(15),
            ahead: Nanos::MINUTE.times(3),
            refreshes_an_hour: 4,
            check_every: Nanos::MINUTE.times(10),
        }
    }
}

/// Why an account is not logged in until somebody says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// The configuration or an operator.
    Operator,
    /// The broker refused the password.
    BadCredentials,
    /// The broker does not let the program in, or opened another account.
    Refused(String),
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// None, and none is asked for.
    Off(Off),
    /// None; the next attempt is at `at`.
    Down {
        /// When it is tried again.
        at: Nanos,
        /// Attempts that failed in a row.
        attempts: u32,
    },
    /// One was asked for.
    Opening {
        /// The request.
        request: RequestId,
        /// Attempts that failed in a row before it.
        attempts: u32,
    },
    /// It is open.
    Up {
        /// When it ends.
        expires: Nanos,
        /// The request that prolongs it, where one is under way.
        refreshing: Option<RequestId>,
        /// When it is checked next.
        check_at: Nanos,
    },
}

/// What has to be asked of the broker for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkCall {
    /// Open one.
    LogIn,
    /// Prolong it.
    Refresh,
}

/// An account's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    terms: SessionTerms,
    state: LinkState,
    /// Refreshes of the last hour, oldest first.
    refreshed: Vec<Nanos>,
    /// Spreads attempts of accounts that failed together.
    salt: u64,
    /// When the session in force was opened.
    opened: Option<Nanos>,
}

/// How long to wait after access was refused, times the attempts so far.
const FORBIDDEN: Nanos = Nanos(300_000_000_000);

const HOUR: Nanos = Nanos(3_600_000_000_000);

impl Link {
    /// No session; one is asked for at once where `wanted`.
    #[must_use]
    pub const fn new(terms: SessionTerms, wanted: bool, now: Nanos, salt: u64) -> Self {
        let state = if wanted {
            LinkState::Down { at: now, attempts: 0 }
        } else {
            LinkState::Off(Off::Operator)
        };
        Self { terms, state, refreshed: Vec::new(), salt, opened: None }
    }

    /// Keeps its session by the terms of another link.
    pub(super) const fn keep_terms(&mut self, other: &Self) {
        self.terms = other.terms;
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &LinkState {
        &self.state
    }

    /// Whether requests may be sent.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, LinkState::Up { .. })
    }

    /// When the session in force was opened.
    #[must_use]
    pub const fn opened(&self) -> Option<Nanos> {
        self.opened
    }

    /// What is due at `now`.
    #[must_use]
    pub fn due(&self, now: Nanos) -> Option<LinkCall> {
        match self.state {
            LinkState::Down { at, .. } => (now >= at).then_some(LinkCall::LogIn),
            LinkState::Up { expires, refreshing: None, .. } => {
                let due = now.0 >= expires.0 - self.terms.ahead.0;
                due.then(|| self.renewal(now))
            }
            LinkState::Off(_) | LinkState::Opening { .. } | LinkState::Up { .. } => None,
        }
    }

    /// Refresh within the limit, else a login.
    fn renewal(&self, now: Nanos) -> LinkCall {
        let lately = self.refreshed.iter().filter(|t| now.0 - t.0 < HOUR.0).count();
        if lately < self.terms.refreshes_an_hour as usize {
            LinkCall::Refresh
        } else {
            LinkCall::LogIn
        }
    }

    /// Whether the session should be checked by a question at `now`; it says so once.
    pub fn check_due(&mut self, now: Nanos) -> bool {
        let every = self.terms.check_every;
        match &mut self.state {
            LinkState::Up { check_at, .. } if now >= *check_at => {
                *check_at = Nanos(now.0 + every.0);
                true
            }
            LinkState::Off(_)
            | LinkState::Down { .. }
            | LinkState::Opening { .. }
            | LinkState::Up { .. } => false,
        }
    }

    /// When something is due next; `None` while an answer is awaited or none is wanted.
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        match self.state {
            LinkState::Down { at, .. } => Some(at),
            LinkState::Up { expires, refreshing, check_at } => {
                let renew = Nanos(expires.0 - self.terms.ahead.0);
                Some(if refreshing.is_none() { renew.min(check_at) } else { check_at })
            }
            LinkState::Off(_) | LinkState::Opening { .. } => None,
        }
    }

    /// A request for the session was sent.
    pub fn asked(&mut self, now: Nanos, call: LinkCall, request: RequestId) {
        match (call, &mut self.state) {
            (LinkCall::Refresh, LinkState::Up { refreshing, .. }) => {
                *refreshing = Some(request);
                self.refreshed.retain(|t| now.0 - t.0 < HOUR.0);
                self.refreshed.push(now);
            }
            // The session in force is used until it ends, or the new one is there.
            (LinkCall::LogIn, LinkState::Up { refreshing, .. }) => *refreshing = Some(request),
            (LinkCall::LogIn, LinkState::Down { attempts, .. }) => {
                self.state = LinkState::Opening { request, attempts: *attempts };
            }
            (LinkCall::LogIn | LinkCall::Refresh, _) => {
                self.state = LinkState::Opening { request, attempts: 0 };
            }
        }
    }

    /// The request for the session that an answer is awaited to.
    #[must_use]
    pub const fn awaited(&self) -> Option<RequestId> {
        match self.state {
            LinkState::Opening { request, .. } => Some(request),
            LinkState::Up { refreshing, .. } => refreshing,
            LinkState::Off(_) | LinkState::Down { .. } => None,
        }
    }

    /// Whether an answer to `request` is awaited.
    #[must_use]
    pub fn awaits(&self, request: RequestId) -> bool {
        self.awaited() == Some(request)
    }

    /// A session is open, or was prolonged, until `expires`.
    pub fn opened_until(&mut self, now: Nanos, expires: Option<Nanos>) {
        let expires = expires.unwrap_or(Nanos(now.0 + self.terms.life.0));
        if !self.is_up() {
            self.opened = Some(now);
        }
        let check_at = Nanos(now.0 + self.terms.check_every.0);
        self.state = LinkState::Up { expires, refreshing: None, check_at };
    }

    /// A request for the session failed.
    pub fn failed(&mut self, now: Nanos, fault: &Fault) {
        let off = match fault {
            Fault::BadCredentials => Some(Off::BadCredentials),
            Fault::WrongAccount { .. } => Some(Off::Refused(fault.to_string())),
            Fault::Forbidden(_)
            | Fault::Unauthorised
            | Fault::Gone
            | Fault::TooMany { .. }
            | Fault::Refused(_)
            | Fault::Timeout
            | Fault::Network(_)
            | Fault::Server(_)
            | Fault::Unreadable(_) => None,
        };
        if let Some(off) = off {
            self.state = LinkState::Off(off);
            self.opened = None;
            return;
        }
        match self.state {
            // What could not be prolonged is opened anew, at once.
            LinkState::Up { .. } => self.lost(now),
            LinkState::Opening { attempts, .. } | LinkState::Down { attempts, .. } => {
                let attempts = attempts + 1;
                let wait = match fault {
                    Fault::TooMany { retry_after: Some(wait) } => *wait,
                    // A page that keeps programs out may be gone later, and positions are
                    // there to be looked after; who is not let in at all asks seldom.
                    Fault::Forbidden(_) => FORBIDDEN.times(i64::from(attempts.min(12))),
                    _ => back_off(attempts, self.salt),
                };
                self.state = LinkState::Down { at: Nanos(now.0 + wait.0), attempts };
            }
            LinkState::Off(_) => {}
        }
    }

    /// A request was answered that the session is over. One refresh, or one login, is
    /// tried, however many requests are told so.
    pub fn refused(&mut self, now: Nanos, sent: Nanos) {
        // A request older than the session says nothing about it.
        if self.opened.is_some_and(|opened| sent < opened) {
            return;
        }
        match &mut self.state {
            LinkState::Up { refreshing: Some(_), .. } => {}
            LinkState::Up { expires, .. } => *expires = (*expires).min(now),
            LinkState::Off(_) | LinkState::Down { .. } | LinkState::Opening { .. } => {}
        }
    }

    fn lost(&mut self, now: Nanos) {
        self.state = LinkState::Down { at: now, attempts: 0 };
        self.opened = None;
    }

    /// An operator wants the account out, or in again.
    pub fn want(&mut self, now: Nanos, wanted: bool) {
        match (&self.state, wanted) {
            (LinkState::Off(_), true) => self.lost(now),
            (_, true) => {}
            (_, false) => {
                self.state = LinkState::Off(Off::Operator);
                self.opened = None;
            }
        }
    }

    /// The program starts again: tokens were not kept, so a session is opened anew.
    pub fn restarted(&mut self, now: Nanos) {
        if !matches!(self.state, LinkState::Off(_)) {
            self.lost(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Nanos = Nanos(1_000_000_000_000);

    fn later(minutes: i64) -> Nanos {
        Nanos(NOW.0 + Nanos::MINUTE.times(minutes).0)
    }

    fn up() -> Link {
        let mut link = Link::new(SessionTerms::default(), true, NOW, 1);
        assert_eq!(link.due(NOW), Some(LinkCall::LogIn));
        link.asked(NOW, LinkCall::LogIn, RequestId(1));
        assert_eq!(link.due(NOW), None);
        link.opened_until(NOW, None);
        link
    }

    #[test]
    fn it_is_prolonged_three_minutes_ahead() {
        let mut link = up();
        assert_eq!(link.due(later(11)), None);
        assert_eq!(link.due(later(12)), Some(LinkCall::Refresh));
        link.asked(later(12), LinkCall::Refresh, RequestId(2));
        assert_eq!(link.due(later(13)), None, "one at a time");
        assert!(link.awaits(RequestId(2)) && link.is_up());
        link.opened_until(later(12), Some(later(27)));
        assert_eq!(link.due(later(23)), None);
        assert_eq!(link.due(later(24)), Some(LinkCall::Refresh));
        assert_eq!(link.opened(), Some(NOW));
    }

    #[test]
    fn it_is_checked_every_ten_minutes_on_top() {
        let mut link = up();
        link.opened_until(NOW, Some(later(60)));
        assert!(!link.check_due(later(9)));
        assert!(link.check_due(later(10)));
        assert!(!link.check_due(later(10)), "once");
        assert!(link.check_due(later(20)));
    }

    #[test]
    fn beyond_the_limit_of_an_hour_it_is_opened_anew() {
        let mut link = up();
        for n in 0..4 {
            link.asked(later(n), LinkCall::Refresh, RequestId(2));
            link.opened_until(later(n), Some(later(n + 1)));
        }
        assert_eq!(link.due(later(5)), Some(LinkCall::LogIn));
        assert_eq!(link.due(later(61)), Some(LinkCall::Refresh));
    }

    #[test]
    fn many_refusals_make_one_attempt() {
        let mut link = up();
        for _ in 0..5 {
            link.refused(later(5), later(5));
        }
        assert_eq!(link.due(later(5)), Some(LinkCall::Refresh));
        link.asked(later(5), LinkCall::Refresh, RequestId(9));
        link.refused(later(5), later(4));
        assert_eq!(link.due(later(5)), None);
        link.failed(later(5), &Fault::Unauthorised);
        assert_eq!(link.due(later(5)), Some(LinkCall::LogIn), "then a login");
        link.asked(later(5), LinkCall::LogIn, RequestId(10));
        link.opened_until(later(6), None);
        link.refused(later(6), later(5));
        assert_eq!(link.due(later(6)), None, "an answer to the session before");
    }

    #[test]
    fn a_wrong_password_is_not_tried_again() {
        let mut link = Link::new(SessionTerms::default(), true, NOW, 1);
        link.asked(NOW, LinkCall::LogIn, RequestId(1));
        link.failed(NOW, &Fault::BadCredentials);
        assert_eq!((link.due(later(600)), link.next_due()), (None, None));
        link.want(later(600), true);
        assert_eq!(link.due(later(600)), Some(LinkCall::LogIn));
    }

    #[test]
    fn what_may_pass_is_tried_again_later_each_time() {
        let mut link = Link::new(SessionTerms::default(), true, NOW, 1);
        let mut waits = Vec::new();
        let mut now = NOW;
        for n in 0..5 {
            link.asked(now, LinkCall::LogIn, RequestId(n));
            link.failed(now, &Fault::Timeout);
            let next = link.next_due().map_or(now, |at| at);
            waits.push(next.0 - now.0);
            assert_eq!(link.due(Nanos(next.0 - 1)), None);
            now = next;
        }
        assert!(waits.windows(2).all(|w| w[0] < w[1]), "{waits:?}");
    }
}
