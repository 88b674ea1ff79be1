//! Where an account's orders go, as a runner keeps it.

use tickstep_core::session::AccountId;
use tickstep_core::sim::Sim;
use tickstep_core::units::Nanos;

use super::budget::Budget;
use super::link::Link;
use super::settings::{HostSetup, RunnerError, VenueSetup, can_trade};
use super::tables::LiveAccount;
use super::{AtBroker, Runner};

/// What is known of an account's broker, or the exchange that simulates one.
type KeptVenue = (Option<(AtBroker, LiveAccount)>, Option<Sim>);

impl Runner {
    /// The venue of an account, which has a number, a name and so many instruments, among
    /// `hosts` with so many accounts each.
    pub(super) fn kept_venue(
        venue: VenueSetup,
        (id, name, instruments): (AccountId, &str, usize),
        (hosts, on_host): (&[HostSetup], &[u32]),
        now: Nanos,
    ) -> Result<KeptVenue, RunnerError> {
        let (identity, host, abilities, currency, symbols, most_apart, log_in) = match venue {
            VenueSetup::Paper(sim) => return Ok((None, Some(*sim))),
            VenueSetup::Broker {
                identity,
                host,
                abilities,
                currency,
                symbols,
                most_apart,
                log_in,
            } => (identity, host, abilities, currency, symbols, most_apart, log_in),
        };
        let Some(shared) = hosts.get(host) else {
            return Err(RunnerError::NoHost { account: name.to_owned(), host });
        };
        can_trade(name, abilities, (symbols.len(), instruments))?;
        let HostSetup { sessions, intervals, .. } = *shared;
        let link = Link::new(sessions, log_in, now, id.index() as u64);
        let budget = Budget::new(shared, on_host[host], now)
            .map_err(|error| RunnerError::Limit { host: shared.name.clone(), error })?;
        let live = LiveAccount::new(id, link, budget, now);
        let at = AtBroker { identity, host, intervals, currency, abilities, symbols, most_apart };
        Ok((Some((at, live)), None))
    }
}
