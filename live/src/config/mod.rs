//! The configuration of a runner: a TOML file that may rest on a backtest's, settings from
//! the environment, and changes while it runs.
//!
//! `base = "fil.toml"` takes the account (here `[reference]`), costs, instruments,
//! strategies, limits and the simulation from a backtest's file, and leaves its data and
//! periods alone. The same tables may stand in the file itself, and lie over those of the
//! base key by key; entries of `[[instrument]]` are found by symbol, those of
//! `[[strategy]]` by name. On that lies the [environment](mod@environment), and on that
//! the changes of a command line or an operator ([`LiveConfig::changed`]).
//!
//! What a backtest calls `[account]` is `[reference]` here, since `[[account]]` lists the
//! accounts that are traded: its cash is what sizes are written for
//! ([`TemplateConfig`]), its currency that of all money, its zone that of the days.
//!
//! Invariants: what is read can be traded, so every fault is told before anything starts;
//! [`LiveConfig::text`] has no secret in it and reads back to an equal configuration.
//! Nothing that costs money has a hidden default.
//!
//! Refuses to do: hold a password or a token. Logins are in the vault, by account.

mod account;
mod alerts;
mod binance;
#[cfg(test)]
mod binance_tests;
mod change;
mod check;
pub mod environment;
mod feed;
mod instrument;
mod keeping;
mod layers;
mod limit;
mod recording;
mod setup;
mod symbol;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod venue;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tickstep_config::{
    AccountConfig, ConfigError, CostConfig, OwnStrategies, SimulationConfig, Strategies,
    StrategyConfig, read,
};
use tickstep_core::risk::RiskParams;
use toml::{Table, Value};

pub use account::{AccountEntry, TemplateConfig, TemplateSize};
pub use alerts::{AlertsConfig, TelegramConfig, WebhookConfig};
pub use binance::BinanceConfig;
pub use change::ValueChange;
pub use feed::{FeedConfig, FundingTerms};
pub use instrument::LiveInstrument;
pub use keeping::{JournalConfig, StoreConfig};
use layers::Layers;
pub use limit::LimitConfig;
pub use recording::RecordConfig;
pub use setup::Setup;
pub use symbol::VenueSymbol;
pub use venue::{BrokerVenue, Counted, SessionConfig, VenueConfig};

/// What becomes of decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Orders are sent to the venues of the accounts.
    #[default]
    Live,
    /// Every account trades on the simulated exchange inside.
    Paper,
    /// Accounts are logged in and read, and no entry is sent.
    DryRun,
}

/// The configuration of a runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    /// What becomes of decisions; live when absent.
    #[serde(default)]
    pub mode: Mode,
    /// Whether orders are sent at all. It has no default.
    pub trading_enabled: bool,
    /// Whether an account enters only while ledger and broker agree.
    #[serde(default)]
    pub validate_state: bool,
    /// The folder of the journal and everything else that is kept; relative to the file.
    pub state: PathBuf,
    /// Where prices come from.
    pub feed: FeedConfig,
    /// Bounds and times of the whole program.
    #[serde(default)]
    pub limits: LimitConfig,
    /// The files of the journal.
    #[serde(default)]
    pub journal: JournalConfig,
    /// How long the database keeps rows.
    #[serde(default)]
    pub store: StoreConfig,
    /// What `tickstep-live record` writes of the feed, and where to.
    #[serde(default)]
    pub record: RecordConfig,
    /// Who is told when something is wrong, and commands from afar.
    #[serde(default)]
    pub alerts: AlertsConfig,
    /// What sizes are written for: currency, cash and days, as a backtest's `[account]`.
    pub reference: AccountConfig,
    /// Costs of every instrument that does not state its own.
    #[serde(default)]
    pub costs: CostConfig,
    /// Limits of every account; each is off unless it is named.
    #[serde(default)]
    pub risk: RiskParams,
    /// What is assumed of the simulated exchange, on paper.
    #[serde(default)]
    pub simulation: SimulationConfig,
    /// Venues, by name.
    pub venue: BTreeMap<String, VenueConfig>,
    /// Templates of accounts, by name.
    #[serde(default)]
    pub template: BTreeMap<String, TemplateConfig>,
    /// Instruments: the watch list.
    pub instrument: Vec<LiveInstrument>,
    /// Strategies, in the order they decide.
    pub strategy: Vec<StrategyConfig>,
    /// Accounts.
    pub account: Vec<AccountEntry>,
}

impl LiveConfig {
    /// Reads a file with the environment and `changes` on it, with the strategies that the
    /// program brings. Variables that are no setting may be among `env`.
    pub fn read(
        path: &Path,
        changes: &[String],
        env: &[(String, String)],
        own: &OwnStrategies,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::read(path)?;
        layers.lay_environment(env)?;
        layers.lay_changes(changes)?;
        layers.lay_base_funding()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        layers.load_fitted(folder)?;
        let mut config = Self::of(&layers, own)?;
        config.state = folder.join(&config.state);
        config.feed.below(folder);
        config.record.below(folder);
        Ok(config)
    }

    /// Reads a text that has everything, such as [`text`](Self::text) gives, with changes
    /// made to it; `name` is its name in messages.
    pub fn parse(
        text: &str,
        name: &Path,
        changes: &[String],
        own: &OwnStrategies,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::parse(text, name)?;
        if layers.table.contains_key("base") {
            let words = "names another file, which only a file can";
            return Err(ConfigError::at_key("base", words));
        }
        layers.lay_changes(changes)?;
        Self::of(&layers, own)
    }

    /// The same with changes made to it. One that is wrong changes nothing.
    pub fn changed(&self, changes: &[String], own: &OwnStrategies) -> Result<Self, ConfigError> {
        Self::parse(&self.text(), Path::new("the configuration in force"), changes, own)
    }

    fn of(layers: &Layers, own: &OwnStrategies) -> Result<Self, ConfigError> {
        Self::from_table(layers.table.clone(), own).map_err(|fault| layers.placed(fault))
    }

    fn from_table(table: Table, own: &OwnStrategies) -> Result<Self, ConfigError> {
        if table.get("account").is_some_and(Value::is_table) {
            let words =
                "is a list here, [[account]]; what a backtest calls [account] is [reference]";
            return Err(ConfigError::at_key("account", words));
        }
        let mut config: Self = read(table, &[])?;
        Strategies::bring(&mut config.strategy, own)?;
        config.checked()
    }

    /// The whole configuration as TOML, defaults included. There is no secret in it.
    #[must_use]
    pub fn text(&self) -> String {
        toml::to_string(&self.table()).expect("a configuration that was read can be written")
    }

    fn table(&self) -> Table {
        Table::try_from(self).expect("a configuration that was read can be written")
    }

    /// The accounts' names, in their order.
    pub fn account_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.account.iter().map(|account| account.name.as_str())
    }
}
