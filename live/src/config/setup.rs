//! A configuration as a runner takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickstep_config::{ConfigError, DayStarts, Strategies};
use tickstep_core::calendar::BarTimes;
use tickstep_core::engine::{EngineConfig, SlotConfig};
use tickstep_core::instrument::{Conversion, Instrument, Slippage};
use tickstep_core::ledger::Market;
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::{FittedCosts, Sim, Venue};
use tickstep_core::units::Nanos;

use super::limit::{millis, seconds};
use super::venue::{BrokerVenue, Counted};
use super::{AccountEntry, LiveConfig, Mode, TemplateConfig, VenueConfig};
use crate::runner::{
    AccountSetup, HostSetup, Intervals, ReadLoad, RetryRules, Runner, Settings, VenueSetup,
};

/// What a runner is built of.
pub struct Setup {
    /// Times and switches.
    pub settings: Settings,
    /// Hosts.
    pub hosts: Vec<HostSetup>,
    /// Accounts, in their order.
    pub accounts: Vec<AccountSetup>,
}

/// An instrument as every account takes it.
struct Traded {
    instrument: Instrument,
    slippage: Slippage,
    times: BarTimes,
    conversion: Conversion,
}

/// Accounts of one limit of requests.
struct HostGroup<'c> {
    name: String,
    venue: &'c str,
    broker: BrokerVenue,
    accounts: u32,
}

impl LiveConfig {
    /// What a runner is built of that begins at `now`, which decides how far trading hours
    /// are looked ahead.
    pub fn setup(&self, now: Nanos) -> Result<Setup, ConfigError> {
        let traded = self.traded(now)?;
        let slots = Strategies(&self.strategy).slots(&self.terms())?;
        let hosts = self.hosts()?;
        let fitted = self.fitted(&traded)?;
        let mut accounts = Vec::with_capacity(self.account.len());
        for account in self.joined() {
            accounts.push(self.account(account, (&traded, &fitted), &slots, &hosts)?);
        }
        Ok(Setup { settings: self.settings(), hosts, accounts })
    }

    /// A runner that begins at `now`, whose accounts hold nothing yet.
    pub fn runner(&self, now: Nanos) -> Result<Runner, ConfigError> {
        let Setup { settings, hosts, accounts } = self.setup(now)?;
        Runner::new(now, settings, &hosts, accounts)
            .map_err(|error| ConfigError::at_key("configuration", &error.to_string()))
    }

    /// Times and switches of a runner.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let limits = &self.limits;
        Settings {
            trading: self.trading_enabled && self.mode != Mode::DryRun,
            validate_state: self.validate_state,
            max_gap: self.simulation.max_gap,
            warm_up_bars: limits.warm_up_bars as usize,
            timeout: limits.timeout(),
            window_before: millis(limits.window_before_ms),
            window_after: millis(limits.window_after_ms),
            lag: millis(limits.lag_ms),
            late: seconds(limits.late_s),
            positions_soon: millis(limits.positions_soon_ms),
            marks_by_quotes: self.feed.binance().is_none(),
            retry: RetryRules { most: limits.retries, reasons: limits.retry_reasons.clone() },
            logins_at_once: limits.logins_at_once,
        }
    }

    /// When the accounts' days begin.
    pub fn day_starts(&self) -> Result<DayStarts, ConfigError> {
        self.reference.day_starts()
    }

    /// Accounts that take part, in the runner's order. On paper those that are off are left
    /// out; at a broker they are there and not logged in.
    pub fn joined(&self) -> impl Iterator<Item = &AccountEntry> {
        self.account.iter().filter(|account| account.enabled || self.mode != Mode::Paper)
    }

    /// The venue of an account, with the account's own server where it has one.
    #[must_use]
    pub fn venue_of(&self, account: &AccountEntry) -> Option<VenueConfig> {
        let mut venue = self.venue.get(&account.venue)?.clone();
        match &mut venue {
            VenueConfig::MatchTrader(broker) | VenueConfig::MatchTraderApi(broker) => {
                if let Some(url) = &account.url {
                    broker.url.clone_from(url);
                }
            }
            VenueConfig::Paper {} => {}
        }
        Some(venue)
    }

    /// The server of an account, where its orders are sent to one.
    #[must_use]
    pub fn broker(&self, account: &AccountEntry) -> Option<BrokerVenue> {
        let venue = self.venue_of(account).filter(|_| self.mode != Mode::Paper)?;
        venue.broker().cloned()
    }

    /// The server where the runner has an account's session; `None` on paper.
    #[must_use]
    pub fn server_of(&self, name: &str) -> Option<String> {
        let account = self.account.iter().find(|account| account.name == name)?;
        self.broker(account).map(|broker| broker.server().to_owned())
    }

    /// Requests for candles that the feed may send in a minute.
    #[must_use]
    pub fn candles_a_minute(&self) -> u32 {
        let bars = self.instrument.iter().map(|i| 60_u32.div_ceil(i.interval_s.max(1)));
        bars.fold(0_u32, u32::saturating_add).saturating_mul(2)
    }

    fn groups(&self) -> Vec<HostGroup<'_>> {
        let mut groups: Vec<HostGroup<'_>> = Vec::new();
        for account in self.joined() {
            let Some(broker) = self.broker(account) else { continue };
            let name = host_name(account, &broker);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.accounts += 1,
                None => groups.push(HostGroup { name, venue: &account.venue, broker, accounts: 1 }),
            }
        }
        groups
    }

    /// Hosts, with how often their accounts can be read.
    fn hosts(&self) -> Result<Vec<HostSetup>, ConfigError> {
        let mut limits: BTreeMap<String, (String, BrokerVenue)> = BTreeMap::new();
        let of_venues = self.venue.iter().map(|(name, venue)| {
            (format!("venue.{name}"), format!("venue.{name}.url"), venue.broker().cloned())
        });
        let own = self.account.iter().enumerate().filter(|(_, account)| account.url.is_some());
        let of_accounts = own.map(|(i, account)| {
            let broker = self.venue_of(account).and_then(|venue| venue.broker().cloned());
            (format!("account {}", account.name), format!("account[{i}].url"), broker)
        });
        for (name, at, broker) in of_venues.chain(of_accounts) {
            let Some(broker) = broker else { continue };
            let server = broker.server().to_owned();
            let (other, first) = limits.entry(server).or_insert((name, broker.clone()));
            let own = |b: &BrokerVenue| (b.per_minute, b.per_day, b.counted, b.session.clone());
            if own(first) != own(&broker) {
                let words = format!(
                    "is the server of {other} too; state the same per_minute, per_day, counted \
                     and session"
                );
                return Err(ConfigError::at_key(&at, &words));
            }
        }
        self.groups().into_iter().map(|group| self.host(&group)).collect()
    }

    fn host(&self, group: &HostGroup<'_>) -> Result<HostSetup, ConfigError> {
        let (broker, limits) = (&group.broker, &self.limits);
        let wish = Intervals {
            positions: seconds(limits.positions_every_s),
            rest: seconds(limits.rest_every_s),
            terms: seconds(limits.terms_every_s),
        };
        let load = ReadLoad {
            accounts: group.accounts,
            per_minute: broker.per_minute,
            per_day: broker.per_day,
            feed: self.feed_load(&group.name).saturating_add(self.quotes_load(&group.name)),
        };
        let intervals = wish.within(load, seconds(limits.max_readback_s));
        let at = format!("venue.{}", group.venue);
        Ok(HostSetup {
            name: group.name.clone(),
            server: broker.server().to_owned(),
            per_minute: broker.per_minute,
            feed: load.feed,
            per_day: broker.per_day,
            sessions: broker.session.terms(),
            intervals: intervals.map_err(|late| ConfigError::at_key(&at, &late.to_string()))?,
        })
    }

    /// Requests a minute that the feed takes of a host.
    fn feed_load(&self, host: &str) -> u32 {
        let super::FeedConfig::MatchTrader { account, .. } = &self.feed else { return 0 };
        let own = self.account.iter().find(|a| a.name == *account);
        let there = own.and_then(|a| Some(host_name(a, &self.broker(a)?)));
        if there.as_deref() != Some(host) {
            return 0;
        }
        self.feed.per_minute(self.candles_a_minute())
    }

    /// The account by whose session a server's quotes are asked for, where prices there are
    /// held against those of another feed: the first that is logged in.
    #[must_use]
    pub fn quoted_accounts(&self) -> Vec<(&AccountEntry, BrokerVenue)> {
        let mut found: Vec<(&AccountEntry, BrokerVenue)> = Vec::new();
        if self.feed.binance().is_none() {
            return found;
        }
        for account in self.joined().filter(|account| account.enabled) {
            let Some(broker) = self.broker(account).filter(BrokerVenue::wants_quotes) else {
                continue;
            };
            if found.iter().all(|(_, other)| other.server() != broker.server()) {
                found.push((account, broker));
            }
        }
        found
    }

    /// Requests a minute that quotes for that take of a host.
    fn quotes_load(&self, host: &str) -> u32 {
        let on_host = self.quoted_accounts().into_iter();
        let each = on_host.filter(|(account, broker)| host_name(account, broker) == host);
        each.map(|(_, broker)| 60_000_u32.div_ceil(broker.quotes_every_ms)).sum()
    }

    fn traded(&self, now: Nanos) -> Result<Vec<Traded>, ConfigError> {
        let conversions = self.terms().conversions();
        let currency = &self.reference.currency;
        let each = self.instrument.iter().zip(conversions).enumerate();
        each.map(|(i, (own, conversion))| {
            let (instrument, slippage) = own.traded(i, &self.costs, currency)?;
            Ok(Traded { instrument, slippage, times: own.times(i, now)?, conversion })
        })
        .collect()
    }

    fn account(
        &self,
        account: &AccountEntry,
        (traded, fitted): (&[Traded], &Option<Arc<FittedCosts>>),
        slots: &[SlotConfig],
        hosts: &[HostSetup],
    ) -> Result<AccountSetup, ConfigError> {
        let own = TemplateConfig::own();
        let named =
            account.template.as_ref().and_then(|name| Some((name, self.template.get(name)?)));
        let (template, risk) = match named {
            Some((name, template)) => {
                (template, template.limits(&self.risk, &format!("template.{name}"))?)
            }
            None => (&own, self.risk.clone()),
        };
        let initial_balance = account.initial_balance.or(risk.initial_balance);
        let risk = RiskParams { initial_balance, ..risk };
        if account.initial_balance.is_some() {
            let at = format!("account {}", account.name);
            risk.validate().map_err(|error| ConfigError::param(&at, error))?;
        }
        let cash = self.reference.cash;
        let symbol = |slot: &&SlotConfig| traded[slot.instrument.index()].instrument.symbol();
        let slots = slots.iter().filter(|slot| template.trades(symbol(slot)));
        let slots = slots.map(|slot| SlotConfig {
            sizing: template.sizing(&slot.sizing, cash, self.limits.max_quantity),
            ..slot.clone()
        });
        let market =
            |t: &Traded| (Market::new(t.instrument.clone(), t.conversion), t.times.clone());
        let engine = EngineConfig {
            cash: account.cash.unwrap_or(cash),
            markets: traded.iter().map(market).collect(),
            slots: slots.collect(),
            risk,
        };
        let broker = self.broker(account);
        let abilities = self.venue.get(&account.venue).and_then(VenueConfig::abilities);
        let venue = match broker.zip(abilities) {
            Some((broker, abilities)) => {
                let name = host_name(account, &broker);
                let symbols = traded.iter().map(|t| broker.symbol(t.instrument.symbol()));
                let apart = traded.iter().map(|t| broker.max_deviation(t.instrument.symbol()));
                let number = account.number.as_deref().unwrap_or_default();
                VenueSetup::Broker {
                    identity: format!("{number} at {}", broker.server()),
                    host: hosts.iter().position(|host| host.name == name).unwrap_or(usize::MAX),
                    abilities,
                    currency: broker.currency.clone().unwrap_or(self.reference.currency.clone()),
                    symbols: symbols.collect(),
                    most_apart: apart.collect(),
                    log_in: account.enabled,
                }
            }
            None => VenueSetup::Paper(Box::new(self.exchange(traded).with_fitted(fitted.clone()))),
        };
        Ok(AccountSetup { name: account.name.clone(), engine, rules: template.rules(), venue })
    }

    /// Costs as they were measured, where paper accounts pay those.
    fn fitted(&self, traded: &[Traded]) -> Result<Option<Arc<FittedCosts>>, ConfigError> {
        let Some(fitted) = &self.costs.fitted else { return Ok(None) };
        if !fitted.has_lists() {
            let words = "is read when the program starts; start it again with this file";
            return Err(ConfigError::at_key("costs.fitted.file", words));
        }
        fitted.validate()?;
        let symbols: Vec<&str> = traded.iter().map(|t| t.instrument.symbol()).collect();
        Ok(Some(Arc::new(fitted.costs(&symbols)?)))
    }

    fn exchange(&self, traded: &[Traded]) -> Sim {
        let venue = |t: &Traded| Venue {
            instrument: t.instrument.clone(),
            times: t.times.clone(),
            slippage: t.slippage,
        };
        let venues = traded.iter().map(venue).collect();
        Sim::new(venues, self.simulation.intrabar, self.simulation.max_gap)
    }
}

/// What the limit of requests of an account is called.
fn host_name(account: &AccountEntry, broker: &BrokerVenue) -> String {
    match broker.counted {
        Counted::Host => broker.server().to_owned(),
        Counted::Account => format!("{} {}", broker.server(), account.name),
    }
}
