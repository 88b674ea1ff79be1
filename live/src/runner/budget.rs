//! What an account may send to its host: so many requests a minute, so many a day, and none
//! while the host does not answer.
//!
//! Invariant: what one account sends, waits for or loses changes no other's budget, so that
//! a slow one moves nobody's requests. The one thing that a host tells all its accounts is
//! that it had too many requests.

use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::host::Daily;
use super::limits::{Breaker, Bucket, TooFewRequests, Urgency};
use super::news::{AlertKind, Severity};
use super::settings::{AccountSetup, HostSetup, VenueSetup};
use super::{AtBroker, Effects, NEVER, Runner, alert};
use crate::broker::{Fault, Reply};
use crate::intent::Outcome;

/// How long a host that said that it had too many is left alone where it does not say.
const TOO_MANY: Nanos = Nanos(5_000_000_000);
/// Minutes of a day.
const MINUTES: u32 = 1_440;

/// What an account may send to its host. It depends on nothing that another account does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Budget {
    pub bucket: Bucket,
    pub daily: Option<Daily>,
    pub breaker: Breaker,
}

impl Budget {
    /// The share of one of `accounts` accounts on a host.
    pub(super) fn new(
        setup: &HostSetup,
        accounts: u32,
        now: Nanos,
    ) -> Result<Self, TooFewRequests> {
        let left = setup.per_minute.saturating_sub(setup.feed);
        let a_day = setup.feed.saturating_mul(MINUTES);
        let daily = |most: u32| Daily::new(most.saturating_sub(a_day) / accounts.max(1));
        Ok(Self {
            bucket: Bucket::new(left, accounts, now)?,
            daily: setup.per_day.map(daily),
            breaker: Breaker::default(),
        })
    }

    /// Takes up what was known of it, within the limits of now.
    pub(super) fn take_up(&mut self, known: &Self) {
        self.bucket.take_up(&known.bucket);
        if let (Some(daily), Some(known)) = (&mut self.daily, &known.daily) {
            daily.take_up(known);
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

/// How many accounts are on each of so many hosts.
pub(super) fn sharing(hosts: usize, accounts: &[AccountSetup]) -> Vec<u32> {
    let mut on_host = vec![0; hosts];
    for account in accounts {
        if let VenueSetup::Broker { host, .. } = &account.venue
            && let Some(count) = on_host.get_mut(*host)
        {
            *count += 1;
        }
    }
    on_host
}

impl Runner {
    /// Counts a request of an account, if one may be sent now.
    #[must_use]
    pub(super) fn may_send(&mut self, account: AccountId, urgency: Urgency) -> bool {
        let now = self.now;
        self.live_mut(account).is_some_and(|live| live.budget.takes(now, urgency))
    }

    /// When an account may send a request at the earliest, if it sends nothing else before.
    pub(super) fn may_send_at(&self, account: AccountId, urgency: Urgency) -> Nanos {
        self.at_broker(account).map_or(NEVER, |(_, live)| live.budget.ready_at(self.now, urgency))
    }

    /// Whether the host is there, how long it took, and how much it takes.
    pub(super) fn note_host(
        &mut self,
        account: AccountId,
        sent: Nanos,
        reply: &Reply,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some((AtBroker { host, .. }, _)) = self.at_broker(account) else { return };
        let host = *host;
        self.hosts[host].answers.note(now, sent, reply);
        if let Reply::Failed(Fault::TooMany { retry_after }) = reply {
            let until = now + retry_after.unwrap_or(TOO_MANY);
            let on_it = self.rows.iter_mut().filter_map(|row| row.broker.as_mut());
            let on_it = on_it.filter(|(broker, _)| broker.host == host);
            on_it.for_each(|(_, live)| live.budget.bucket.emptied(now, until));
        }
        let failed = matches!(
            reply,
            Reply::Failed(Fault::Timeout | Fault::Network(_) | Fault::Server(_))
                | Reply::Write(Outcome::Unknown(_))
        );
        let Some(live) = self.live_mut(account) else { return };
        let before = live.budget.breaker.open_until().is_some();
        match failed {
            true => live.budget.breaker.failed(now),
            false => live.budget.breaker.answered(),
        }
        if before != live.budget.breaker.open_until().is_some() {
            self.note_silence(host, out);
        }
    }

    /// Says when a host stops answering most of its accounts, and when it answers again.
    fn note_silence(&mut self, at: usize, out: &mut Effects) {
        let silent = 2 * self.unanswered(at) > self.hosts[at].accounts;
        let host = &mut self.hosts[at];
        if silent == core::mem::replace(&mut host.silent, silent) {
            return;
        }
        let name = &host.name;
        let (severity, words) = match silent {
            true => {
                let words = format!("host {name} does not answer; it is asked less until it does");
                (Severity::Critical, words)
            }
            false => (Severity::Notice, format!("host {name} answers again")),
        };
        out.happenings.push(alert(severity, None, AlertKind::Host, words));
    }

    /// Accounts of a host that leave it alone because it does not answer them.
    pub(super) fn unanswered(&self, host: usize) -> u32 {
        let on_it = self.rows.iter().filter_map(|row| row.broker.as_ref());
        let on_it = on_it.filter(|(broker, _)| broker.host == host);
        let silent = on_it.filter(|(_, live)| live.budget.breaker.open_until().is_some());
        u32::try_from(silent.count()).unwrap_or(u32::MAX)
    }
}
