//! What a user writes down about a run: a TOML file, or the configuration kept
//! in a run's manifest. Reading it touches no other file.
//!
//! Unknown keys and values out of range are errors that name the nearest valid
//! key or the range. Nothing that costs money has a hidden default: fees and
//! slippage are stated, for all instruments or for each.

mod check;
mod instrument;

use std::path::Path;

use serde::{Deserialize, Serialize};
use tickstep_config::{Strategies, apply, read};
use tickstep_core::risk::RiskParams;

pub use instrument::{DataItem, FundingConfig, InstrumentConfig};
pub use tickstep_config::{
    AccountConfig, ConfigError, ConvertConfig, ConvertMethod, CostConfig, Costs, Document,
    FittedConfig, FromToml, InstrumentTerms, OwnStrategies, ParamTable, SimulationConfig,
    StrategyChoice, StrategyConfig,
};
pub use tickstep_core::strategy::builtin::{StrategyKind, StrategyParams};

/// The configuration of a run: the account, what it costs, what it trades and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Currency, cash and day of the account.
    pub account: AccountConfig,
    /// Costs of every instrument that does not state its own.
    #[serde(default)]
    pub costs: CostConfig,
    /// What happens inside a bar, and across missing ones.
    #[serde(default)]
    pub simulation: SimulationConfig,
    /// The part of the data that is traded.
    #[serde(default)]
    pub period: PeriodConfig,
    /// Limits of the account; each is off unless it is named.
    #[serde(default)]
    pub risk: RiskParams,
    /// Instruments, in the account's order.
    pub instrument: Vec<InstrumentConfig>,
    /// Strategies, in the order they decide; none where a program brings its own.
    #[serde(default)]
    pub strategy: Vec<StrategyConfig>,
}

/// The part of the data that is traded; bars before it warm features up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeriodConfig {
    /// First time, such as `2023-08-01` or `2023-08-01T12:00:00Z`; by the account's
    /// `time_zone` where it names no zone.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_date")]
    pub from: Option<String>,
    /// First time after it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_date")]
    pub to: Option<String>,
    /// Seconds of data before `from` that warm features up; all there is when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up_s: Option<u32>,
}

/// TOML has dates of its own; here they are as good as text.
fn text_or_date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time, such as 2023-08-01 or \"2023-08-01T12:00:00Z\"")]
    enum Time {
        Text(String),
        Date(toml::value::Datetime),
    }
    Ok(match Option::<Time>::deserialize(from)? {
        Some(Time::Text(text)) => Some(text),
        Some(Time::Date(date)) => Some(date.to_string()),
        None => None,
    })
}

impl Config {
    /// Name of each strategy, given or numbered.
    #[must_use]
    pub fn strategy_names(&self) -> Vec<String> {
        Strategies(&self.strategy).names()
    }

    /// Reads a TOML file; `sets` are `key=value` changes to it.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        Self::of(&Document::read(path, sets)?, &OwnStrategies::default())
    }

    /// Reads TOML text; `name` is the file's name for messages, `sets` are `key=value` changes.
    pub fn parse(text: &str, name: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        Self::of(&Document::parse(text, name, sets)?, &OwnStrategies::default())
    }

    /// The configuration in a document, with the strategies that the program brings.
    pub fn of(document: &Document, own: &OwnStrategies) -> Result<Self, ConfigError> {
        Self::from_table_with(document.table().clone(), own)
            .and_then(Self::with_files)
            .map_err(|e| document.placed(e))
    }

    /// The configuration as a table that [`Config::from_table`] reads.
    pub(crate) fn to_table(&self) -> Result<toml::Table, ConfigError> {
        toml::Table::try_from(self)
            .map_err(|e| ConfigError::at_key("configuration", &e.to_string()))
    }

    /// The configuration in a table, such as one built in code.
    pub fn from_table(table: toml::Table) -> Result<Self, ConfigError> {
        Self::from_table_with(table, &OwnStrategies::default())
    }

    /// The same, with the strategies that the program brings.
    pub fn from_table_with(table: toml::Table, own: &OwnStrategies) -> Result<Self, ConfigError> {
        let mut config: Self = read(table, &[])?;
        config.bring(own)?;
        config.checked()
    }

    /// Has the program make its own strategies, as after reading a manifest.
    pub fn bring(&mut self, own: &OwnStrategies) -> Result<(), ConfigError> {
        Strategies::bring(&mut self.strategy, own)
    }

    /// The configuration of `tickstep run DATA...`: one instrument, the scalper, risk sizing.
    pub fn for_data(
        symbol: &str,
        quote: &str,
        files: &[String],
        sets: &[String],
    ) -> Result<Self, ConfigError> {
        let list: Vec<toml::Value> = files.iter().map(|f| toml::Value::from(f.as_str())).collect();
        let mut table = toml::toml! {
            [account]
            cash = 100000
            [[strategy]]
            kind = "scalper"
        };
        let mut instrument = toml::Table::new();
        instrument.insert("symbol".into(), symbol.into());
        instrument.insert("data".into(), list.into());
        table.insert("instrument".into(), vec![toml::Value::Table(instrument)].into());
        if let Some(account) = table.get_mut("account").and_then(toml::Value::as_table_mut) {
            account.insert("currency".into(), quote.into());
        }
        for change in sets {
            apply(&mut table, change)?;
        }
        Self::from_table(table)?.with_files()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
