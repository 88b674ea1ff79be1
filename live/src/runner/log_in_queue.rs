//! Logins of many accounts: so many at once at each server, first come, first served.
//!
//! Whoever waits is let in by the step in which another login ends, whatever became of it;
//! a reply that does not come ends it after its time. So a slow server delays logins, and
//! nothing else of any account.

use tickstep_core::session::AccountId;

use super::link::{LinkCall, LinkState};
use super::{Effects, Runner};

impl Runner {
    /// Logs in those that have waited longest, as many as there may be.
    pub(super) fn log_in_queued(&mut self, out: &mut Effects) {
        let brokers = self.rows.iter().filter_map(|row| row.broker.as_ref());
        let waits = brokers.filter_map(|(at, live)| Some((live.queued?, live.id, at.host)));
        let mut queue: Vec<_> = waits.collect();
        if queue.is_empty() {
            return;
        }
        queue.sort_unstable();
        let mut under_way = self.logins_under_way();
        for (_, account, host) in queue {
            let at = self.server_of(host);
            if under_way[at] < self.settings.logins_at_once && self.log_in_now(account, out) {
                under_way[at] += 1;
            }
        }
    }

    /// Logs an account in that was queued; whether it was. One that may not send a request
    /// now, or needs no login any more, waits for its own time again.
    fn log_in_now(&mut self, account: AccountId, out: &mut Effects) -> bool {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return false };
        live.queued = None;
        live.link.due(now) == Some(LinkCall::LogIn)
            && self.ask_for_session(account, LinkCall::LogIn, out)
    }

    /// How many logins are under way, by the first host of each server.
    fn logins_under_way(&self) -> Vec<u32> {
        let mut under_way = vec![0; self.hosts.len()];
        for (at, live) in self.rows.iter().filter_map(|row| row.broker.as_ref()) {
            if matches!(live.link.state(), LinkState::Opening { .. }) {
                under_way[self.server_of(at.host)] += 1;
            }
        }
        under_way
    }

    /// The first host that is at the same server as this one.
    fn server_of(&self, host: usize) -> usize {
        let server = &self.hosts[host].server;
        self.hosts.iter().position(|other| other.server == *server).unwrap_or(host)
    }
}
