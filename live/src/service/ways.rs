//! The ways to brokers, made of a configuration and the logins of a vault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tickstep_config::ConfigError;
use tickstep_core::units::Nanos;

use crate::broker::{Broker, ScaledBroker};
use crate::config::{AccountEntry, BrokerVenue, LiveConfig, VenueConfig};
use crate::match_trader::{BrokerHost, BrokerLogin, Connection, HostError, HostSettings};
use crate::store::StoreLogin;
use crate::trader_api::{TraderConnection, TraderLogin};
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
    /// The account's orders are on paper at every time, so there is nobody to speak to.
    #[error("venue {0} is on paper; there is no broker to speak to")]
    Paper(String),
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
    /// What certificates are checked against is read once for each.
    hosts: Hosts,
    made: BTreeMap<String, Made>,
}

/// Servers by their venue and address.
type Hosts = BTreeMap<(String, String), (VenueConfig, Arc<BrokerHost>)>;

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
        Self::by(vault.map(enabled).unwrap_or_default(), speed)
    }

    /// Ways by logins that are in no vault, each under its account's name.
    #[must_use]
    pub fn by(logins: BTreeMap<String, Credential>, speed: u32) -> Self {
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

    /// What there is to say of the logins of a configuration's accounts, without a secret.
    #[must_use]
    pub fn logins(&self, config: &LiveConfig) -> Vec<StoreLogin> {
        let of = |account: &AccountEntry| {
            let login = self.logins.get(&account.name)?;
            let venue = config.venue_of(account)?;
            let broker = venue.broker().and_then(|b| b.broker.clone());
            let email = Some(login.email.clone()).filter(|email| !email.is_empty());
            let broker = broker.or_else(|| login.broker.clone());
            Some(StoreLogin { user: account.name.clone(), email, broker })
        };
        config.account.iter().filter_map(of).collect()
    }

    /// The way to one account's broker, also where its orders are on paper.
    pub fn way(&self, config: &LiveConfig, name: &str) -> Result<Arc<dyn Broker>, WayError> {
        let none = || WayError::NoLogin(name.to_owned());
        let account = config.account.iter().find(|a| a.name == name).ok_or_else(none)?;
        let venue = config.venue_of(account).ok_or_else(none)?;
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.made.get(name).filter(|m| m.venue == venue && m.number == account.number);
        if let Some(known) = known {
            return Ok(Arc::clone(&known.way));
        }
        let login = self.logins.get(name).cloned().ok_or_else(none)?;
        if let Some(wanted) = account.number.clone().filter(|number| *number != login.account) {
            let (name, found) = (name.to_owned(), login.account);
            return Err(WayError::OtherNumber { name, wanted, found });
        }
        let timeout = Nanos(config.limits.timeout().0 / i64::from(self.speed));
        let way = made(&account.venue, &venue, login, timeout, &mut all.hosts)?;
        let scales = venue.broker().map(BrokerVenue::scales).unwrap_or_default();
        let way = ScaledBroker::on(way, scales);
        let number = account.number.clone();
        all.made.insert(name.to_owned(), Made { venue, number, way: Arc::clone(&way) });
        Ok(way)
    }
}

/// A connection by a login. Accounts of a venue share what is known of its server.
fn made(
    name: &str,
    venue: &VenueConfig,
    login: Credential,
    timeout: Nanos,
    hosts: &mut Hosts,
) -> Result<Arc<dyn Broker>, WayError> {
    let failed = |error| WayError::Host { venue: name.to_owned(), error };
    let mut host = |settings: HostSettings| {
        let server = (name.to_owned(), settings.base.clone());
        if let Some((_, host)) = hosts.get(&server).filter(|(of, _)| of == venue) {
            return Ok(Arc::clone(host));
        }
        let host = Arc::new(BrokerHost::new(settings).map_err(failed)?);
        hosts.insert(server, (venue.clone(), Arc::clone(&host)));
        Ok::<_, WayError>(host)
    };
    let Credential { email, password, broker: number, account } = login;
    match venue {
        VenueConfig::MatchTrader(of) => {
            let host = host(of.host(timeout)?)?;
            let broker = of.broker.clone().or(number);
            let login = BrokerLogin { account, email, password, broker };
            Ok(Arc::new(Connection::new(host, login).map_err(failed)?))
        }
        VenueConfig::MatchTraderApi(of) => {
            let (settings, terms) = of.trader_host(timeout)?;
            let (host, terms) = (host(settings)?, Arc::new(terms));
            let login = TraderLogin { account, token: password };
            Ok(Arc::new(TraderConnection::new(host, terms, login).map_err(failed)?))
        }
        VenueConfig::Paper {} => Err(WayError::Paper(name.to_owned())),
    }
}
