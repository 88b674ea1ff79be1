//! Where orders go.
//!
//! What brokers' documents do not settle is here and nowhere else, and can be set: the
//! paths of the calls and of the login (`paths`), how long a session lives and how often it
//! may be refreshed (`session`), whether the limit of requests counts for the address or
//! for each account (`counted`), and whether two entries on one symbol are two positions
//! (`positions`). The words of each say what was seen at brokers and what is inferred.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickstep_config::{ConfigError, read};
use tickstep_core::units::{Fraction, Nanos};

use super::symbol::VenueSymbol;
use crate::broker::{Abilities, BracketStyle, PositionStyle, SymbolScale};
use crate::match_trader::{HostError, HostSettings, Paths};
use crate::runner::SessionTerms;
use crate::trader_api::TraderTerms;

/// A venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum VenueConfig {
    /// Match-Trader's Platform API.
    MatchTrader(Box<BrokerVenue>),
    /// Match-Trader's Trader API. Its paths are not documented where they could be read, so
    /// `paths` has to be written out, with `time_unit` among them, as [`TraderTerms::of`]
    /// takes them. The vault's password of an account there is its token.
    MatchTraderApi(Box<BrokerVenue>),
    /// The simulated exchange inside, on the live market; it costs what `[costs]` says.
    Paper {},
}

impl VenueConfig {
    /// The broker, where there is one.
    #[must_use]
    pub fn broker(&self) -> Option<&BrokerVenue> {
        match self {
            Self::MatchTrader(venue) | Self::MatchTraderApi(venue) => Some(venue),
            Self::Paper {} => None,
        }
    }

    /// What it can do; `None` on paper.
    #[must_use]
    pub fn abilities(&self) -> Option<Abilities> {
        let named = matches!(self, Self::MatchTraderApi(_));
        self.broker().map(|venue| Abilities {
            bracket: BracketStyle::Attached,
            positions: venue.positions,
            idempotent: named,
            names_intents: named,
        })
    }
}

/// A broker's server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerVenue {
    /// Where it is, such as `https://mtr.example.com`; an address and nothing else.
    pub url: String,
    /// The broker's number; the broker is asked for it when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<String>,
    /// Whether two entries on one symbol are two positions (`hedging`) or one (`netting`).
    /// Brokers decide it for each account; it has no default.
    pub positions: PositionStyle,
    /// What the broker calls the currency of its accounts, where that is another word for
    /// `reference.currency`, such as USD for USDT. An account in any other is not traded on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What stands behind every symbol there, such as `.x` for `BTCUSDT.x`; nothing when
    /// absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// Instruments that the broker calls otherwise, or counts otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub symbols: BTreeMap<String, VenueSymbol>,
    /// How often the broker's quotes are asked for where a `max_deviation` is stated and the
    /// feed is another one, in milliseconds, 500 to 10,000.
    #[serde(default = "quotes_every_ms", skip_serializing_if = "is_quotes_every_ms")]
    pub quotes_every_ms: u32,
    /// Requests a minute, 3 to 1,000,000; documented are 500, of which 450 are used when
    /// this is absent.
    #[serde(default = "per_minute")]
    pub per_minute: u32,
    /// Requests a day (UTC), 10 or more; any number when absent. It is a rule of some
    /// firms and not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// What these limits count; not documented. All accounts of the server together when
    /// absent, which keeps either.
    #[serde(default)]
    pub counted: Counted,
    /// Sessions.
    #[serde(default)]
    pub session: SessionConfig,
    /// Paths of the calls, by name; those of the documents when absent. The Trader API has
    /// none, and everything that is not known of it stands here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<String, String>,
    /// Longest time until there is a connection, in milliseconds, 1 or more.
    #[serde(default = "connect_ms")]
    pub connect_timeout_ms: u32,
    /// Whether another machine may be spoken to without TLS, passwords and all.
    #[serde(default)]
    pub plain_http: bool,
    /// Header in which a write tells the number of its intent, for a simulator that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_header: Option<String>,
}

const fn quotes_every_ms() -> u32 {
    2_000
}

fn is_quotes_every_ms(ms: &u32) -> bool {
    *ms == quotes_every_ms()
}

const fn per_minute() -> u32 {
    450
}

const fn connect_ms() -> u32 {
    5_000
}

/// What a limit of requests counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// All accounts of a server together.
    #[default]
    Host,
    /// Each account by itself.
    Account,
}

/// Sessions of a broker. Life and refreshes were seen at brokers by several clients and are
/// not documented; where a login says when it ends, that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// How long one lives where the broker does not say, in seconds, 60 to 86,400.
    pub life_s: u32,
    /// How long before its end it is prolonged, in seconds, 1 and below its life.
    pub ahead_s: u32,
    /// Most refreshes in an hour, 0 to 60; beyond it a session is opened anew.
    pub refreshes_an_hour: u32,
    /// How often it is checked on top, in seconds, 60 to 86,400.
    pub check_every_s: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { life_s: 900, ahead_s: 180, refreshes_an_hour: 4, check_every_s: 600 }
    }
}

impl SessionConfig {
    /// The same, as a runner takes it.
    #[must_use]
    pub fn terms(&self) -> SessionTerms {
        let seconds = |n: u32| Nanos::SECOND.times(i64::from(n));
        SessionTerms {
            life: seconds(self.life_s),
            ahead: seconds(self.ahead_s),
            refreshes_an_hour: self.refreshes_an_hour,
            check_every: seconds(self.check_every_s),
        }
    }
}

impl BrokerVenue {
    /// The server, as the Platform API's client takes it; a reply is awaited for `timeout`.
    pub fn host(&self, timeout: Nanos) -> Result<HostSettings, ConfigError> {
        let paths = self.paths.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
        let paths: Paths = read(paths, &[]).map_err(|e| e.below("paths"))?;
        Ok(HostSettings { paths, ..self.server_settings(timeout) })
    }

    /// The server, as the Trader API's client takes it, and where its calls go.
    pub fn trader_host(&self, timeout: Nanos) -> Result<(HostSettings, TraderTerms), ConfigError> {
        if self.paths.is_empty() {
            let words = "are not documented for this interface; write them out, or use kind = \
                         \"match_trader\"";
            return Err(ConfigError::at_key("paths", words));
        }
        let terms = TraderTerms::of(&self.paths).map_err(|error| {
            let stated = self.paths.contains_key(&error.key);
            let (at, words) = match stated {
                true => (format!("paths.{}", error.key), error.why),
                false => ("paths".to_owned(), error.to_string()),
            };
            ConfigError::at_key(&at, &words)
        })?;
        Ok((self.server_settings(timeout), terms))
    }

    fn server_settings(&self, timeout: Nanos) -> HostSettings {
        HostSettings {
            connect_timeout: Duration::from_millis(u64::from(self.connect_timeout_ms)),
            timeout: Duration::from_nanos(timeout.0.unsigned_abs()),
            plain_http: self.plain_http,
            intent_header: self.intent_header.clone(),
            ..HostSettings::new(self.url.clone())
        }
    }

    /// How the broker calls an instrument; nothing where an empty name says that it is not
    /// traded there.
    #[must_use]
    pub fn symbol(&self, own: &str) -> Option<String> {
        let named = self.symbols.get(own).and_then(|symbol| symbol.name.clone());
        let name = named.unwrap_or_else(|| format!("{own}{}", self.suffix));
        (!name.is_empty()).then_some(name)
    }

    /// How far the broker's price of an instrument may be from the feed's.
    #[must_use]
    pub fn max_deviation(&self, own: &str) -> Option<Fraction> {
        self.symbols.get(own)?.max_deviation
    }

    /// Whether that is stated of any instrument.
    #[must_use]
    pub fn wants_quotes(&self) -> bool {
        self.symbols.values().any(|symbol| symbol.max_deviation.is_some())
    }

    /// How the broker counts, by its own symbols.
    #[must_use]
    pub fn scales(&self) -> BTreeMap<String, SymbolScale> {
        let known = self.symbols.iter();
        known.filter_map(|(own, symbol)| Some((self.symbol(own)?, symbol.scale))).collect()
    }

    /// Name and port of the server, by which limits are counted.
    #[must_use]
    pub fn server(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    pub(super) fn check(&self, documented: bool) -> Result<(), ConfigError> {
        // Who writes a password into an address would find it in every message.
        if self.url.contains(['@', '?', '#']) {
            let words = "is to be an address and nothing else; logins are in the vault";
            return Err(ConfigError::at_key("url", words));
        }
        for (key, value, least, most) in [
            ("per_minute", self.per_minute, 3, 1_000_000),
            ("quotes_every_ms", self.quotes_every_ms, 500, 10_000),
            ("per_day", self.per_day.unwrap_or(10), 10, u32::MAX),
            ("connect_timeout_ms", self.connect_timeout_ms, 1, 600_000),
            ("session.life_s", self.session.life_s, 60, 86_400),
            ("session.ahead_s", self.session.ahead_s, 1, self.session.life_s - 1),
            ("session.refreshes_an_hour", self.session.refreshes_an_hour, 0, 60),
            ("session.check_every_s", self.session.check_every_s, 60, 86_400),
        ] {
            within(key, value, least, most)?;
        }
        let mut names = BTreeMap::new();
        for (own, symbol) in &self.symbols {
            let at = format!("symbols.{own}");
            symbol.check(&at)?;
            let name = self.symbol(own);
            if let Some((name, other)) = name.and_then(|n| Some((n.clone(), names.insert(n, own)?)))
            {
                let words = format!("{other} is called {name} there too");
                return Err(ConfigError::at_key(&at, &words));
            }
        }
        let host = match documented {
            true => self.host(Nanos::SECOND)?,
            false => self.trader_host(Nanos::SECOND)?.0,
        };
        host.check().map_err(|error| match error {
            HostError::Setting { name: "base", why, .. } => ConfigError::at_key("url", &why),
            HostError::Setting { name: "intent_header", why, .. } => {
                ConfigError::at_key("intent_header", &why)
            }
            HostError::Setting { name, why, .. } => {
                ConfigError::at_key(&format!("paths.{name}"), &why)
            }
            HostError::Tls(words) | HostError::Http(words) => ConfigError::at_key("url", &words),
        })
    }
}

/// A whole number in its range, or an error that names it.
pub(super) fn within(key: &str, value: u32, least: u32, most: u32) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let range =
        if most == u32::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
    let words = format!("{value} is out of range; it must be {range}");
    Err(ConfigError::at_key(key, &words))
}
