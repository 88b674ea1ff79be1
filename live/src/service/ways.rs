//! The ways to brokers, made of a configuration and the logins of a vault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tickstep_config::ConfigError;

use crate::broker::Broker;
use crate::config::{LiveConfig, VenueConfig};
use crate::match_trader::{BrokerHost, BrokerLogin, Connection, HostError};
use crate::vault::{Credential, Vault};

/// Why an account's broker cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum WayError {
    /// There is no login.
    #[error(
        "account {0} has no login in the vault; `tickstep-live accounts add {0} \
         --account NUMBER` asks for it, or set enabled = false"
    )]
    NoLogin(String),
    /// The login is for another account than the configuration's.
    #[error(
        "account {name} is number {wanted} in the configuration, and its login in the vault is \
         for {found}"
    )]
    OtherNumber {
        /// The account.
        name: String,
        /// Its number in the configuration.
        wanted: String,
        /// Its number in the vault.
        found: String,
    },
    /// This kind of venue is not spoken to.
    #[error("venue {0}: this program cannot speak to a venue of this kind yet")]
    Kind(String),
    /// The server cannot be spoken to.
    #[error("venue {venue}: {error}")]
    Host {
        /// The venue.
        venue: String,
        /// Why.
        error: HostError,
    },
    /// Its settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Connections to brokers, made of a configuration and the logins of a vault. One that was
/// made stays, with its session, as long as its venue and number stay the same.
pub struct Ways {
    logins: BTreeMap<String, Credential>,
    /// How much faster than real time the venues' time runs.
    speed: u32,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Servers by their venue; what certificates are checked against is read once for each.
    hosts: BTreeMap<String, (VenueConfig, Arc<BrokerHost>)>,
    made: BTreeMap<String, Made>,
}

struct Made {
    venue: VenueConfig,
    number: Option<String>,
    way: Arc<dyn Broker>,
}

impl Ways {
    /// Ways with the logins of a vault, where there is one.
    #[must_use]
    pub fn new(vault: Option<&Vault>, speed: u32) -> Self {
        let enabled = |vault: &Vault| {
            let entries = vault.entries().filter(|(_, entry)| entry.enabled);
            entries.map(|(name, entry)| (name.to_owned(), entry.credential.clone())).collect()
        };
        let logins = vault.map(enabled).unwrap_or_default();
        Self { logins, speed: speed.max(1), known: Mutex::default() }
    }

    /// The way to the broker of each account of the runner, in its order; none on paper, and
    /// none for one that is switched off.
    pub fn of(&self, config: &LiveConfig) -> Result<Vec<Option<Arc<dyn Broker>>>, WayError> {
        let mut ways = Vec::new();
        for account in config.joined() {
            let broker = config.broker(account);
            ways.push(match broker {
                Some(_) => match self.way(config, &account.name) {
                    Err(WayError::NoLogin(_)) if !account.enabled => None,
                    way => Some(way?),
                },
                None => None,
            });
        }
        Ok(ways)
    }

    /// The way to one account's broker, also where its orders are on paper.
    pub fn way(&self, config: &LiveConfig, name: &str) -> Result<Arc<dyn Broker>, WayError> {
        let none = || WayError::NoLogin(name.to_owned());
        let account = config.account.iter().find(|a| a.name == name).ok_or_else(none)?;
        let venue = config.venue.get(&account.venue).ok_or_else(none)?;
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.made.get(name).filter(|m| m.venue == *venue && m.number == account.number);
        if let Some(known) = known {
            return Ok(Arc::clone(&known.way));
        }
        let login = self.logins.get(name).cloned().ok_or_else(none)?;
        if let Some(wanted) = account.number.clone().filter(|number| *number != login.account) {
            let (name, found) = (name.to_owned(), login.account);
            return Err(WayError::OtherNumber { name, wanted, found });
        }
        let VenueConfig::MatchTrader(broker) = venue else {
            return Err(WayError::Kind(account.venue.clone()));
        };
        let failed = |error| WayError::Host { venue: account.venue.clone(), error };
        let timeout = config.limits.timeout();
        let settings =
            broker.host(tickstep_core::units::Nanos(timeout.0 / i64::from(self.speed)))?;
        let host = match all.hosts.get(&account.venue).filter(|(of, _)| of == venue) {
            Some((_, host)) => Arc::clone(host),
            None => Arc::new(BrokerHost::new(settings).map_err(failed)?),
        };
        all.hosts.insert(account.venue.clone(), (venue.clone(), Arc::clone(&host)));
        let Credential { email, password, broker: number, account: own } = login;
        let login =
            BrokerLogin { account: own, email, password, broker: broker.broker.clone().or(number) };
        let way: Arc<dyn Broker> = Arc::new(Connection::new(host, login).map_err(failed)?);
        let (venue, number) = (venue.clone(), account.number.clone());
        all.made.insert(name.to_owned(), Made { venue, number, way: Arc::clone(&way) });
        Ok(way)
    }
}
