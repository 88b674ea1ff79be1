//! Costs as they were measured on a live account: the file that `tickstep compare --fit`
//! writes, and the table `[costs.fitted]` that reads it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tickstep_core::sim::{FittedCosts, FittedSlippage};
use tickstep_core::units::{Fraction, Nanos};
use toml::Value;

use crate::document::{Document, read};
use crate::error::ConfigError;

/// Most values of a list.
const LONGEST: usize = 10_000;
/// Longest latency, an hour.
const LATENCY_MS: u32 = 3_600_000;
/// Furthest slippage, in ticks.
const TICKS: i64 = 1_000_000;

/// `[costs.fitted]`: takes the place of `slippage`, for all instruments.
///
/// Either `file` names what `tickstep compare --fit` wrote, and `account` which account of
/// it, or the lists stand here; a run's manifest has both. The values of a list are equally
/// likely, and each order draws its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FittedConfig {
    /// The file, from the folder of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Account of the file; may be left out where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which of the days that might have been, 0 when absent: the same seed gives the same
    /// trades.
    pub seed: u64,
    /// From sending to arrival at the venue, milliseconds, 0 to 3600000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Vec<u32>>,
    /// Part of the entries that the venue refuses, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_rate: Option<Fraction>,
    /// By symbol.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slippage_ticks: BTreeMap<String, SlippageTicks>,
}

/// Slippage of one instrument, in ticks, above zero against the trader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlippageTicks {
    /// Of market orders, from the open of the bar in which they fill.
    pub orders: Vec<i64>,
    /// Of stops, from their level.
    pub stops: Vec<i64>,
}

/// What `tickstep compare --fit` writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitFile {
    /// By account, in the order of the journal's configuration.
    pub account: Vec<FitAccount>,
}

/// What was measured on an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitAccount {
    /// The account, as the live configuration calls it.
    pub name: String,
    /// Entries that were sent.
    pub entries: u64,
    /// Entries that the venue refused, or that were found not to be there.
    pub rejected: u64,
    /// The second by the first.
    pub reject_rate: Fraction,
    /// From sending to execution, milliseconds, in rising order.
    pub latency_ms: Vec<u32>,
    /// By symbol.
    #[serde(default)]
    pub slippage_ticks: BTreeMap<String, SlippageTicks>,
}

impl FittedConfig {
    /// The same with the lists of its file, which lies from `base` on; as it is where it has
    /// lists already.
    pub fn loaded(&self, base: &Path) -> Result<Self, ConfigError> {
        if self.has_lists() {
            self.validate()?;
            return Ok(self.clone());
        }
        let Some(file) = &self.file else {
            let words = "names no file and has no lists; write file = \"fit.toml\", which \
                         `tickstep compare RUN JOURNAL --fit fit.toml` makes";
            return Err(ConfigError::at_key("costs.fitted", words));
        };
        let path = base.join(file);
        let document = Document::read(&path, &[])?;
        let fit: FitFile =
            read(document.table().clone(), &[]).map_err(|error| document.placed(error))?;
        let names: Vec<&str> = fit.account.iter().map(|a| a.name.as_str()).collect();
        let there = names.join(", ");
        let found = match (&self.account, fit.account.as_slice()) {
            (Some(name), all) => all.iter().find(|a| a.name == *name).ok_or_else(|| {
                let words = format!("{file} has no account {name}; it has {there}");
                ConfigError::at_key("costs.fitted.account", &words)
            }),
            (None, [one]) => Ok(one),
            (None, []) => {
                Err(ConfigError::at_key("costs.fitted.file", &format!("{file} has no account")))
            }
            (None, _) => {
                let words = format!("{file} has several accounts; name one of {there}");
                Err(ConfigError::at_key("costs.fitted.account", &words))
            }
        }?;
        let loaded = Self {
            account: Some(found.name.clone()),
            latency_ms: Some(found.latency_ms.clone()),
            reject_rate: Some(found.reject_rate),
            slippage_ticks: found.slippage_ticks.clone(),
            ..self.clone()
        };
        loaded.validate()?;
        Ok(loaded)
    }

    /// Whether the lists stand here, so that no file is asked.
    #[must_use]
    pub fn has_lists(&self) -> bool {
        self.latency_ms.is_some() || self.reject_rate.is_some() || !self.slippage_ticks.is_empty()
    }

    /// Ranges that no type holds.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fault = |key: &str, words: String| {
            Err(ConfigError::at_key(&format!("costs.fitted.{key}"), &words))
        };
        let latency = self.latency_ms.as_deref().unwrap_or_default();
        if let Some(ms) = latency.iter().find(|ms| **ms > LATENCY_MS) {
            return fault("latency_ms", format!("{ms} is out of range; it must be 0 to 3600000"));
        }
        let rate = self.reject_rate.unwrap_or(Fraction::ZERO);
        if rate < Fraction::ZERO || rate > Fraction::lit(1, 0) {
            return fault("reject_rate", format!("{rate} is out of range; it must be 0 to 1"));
        }
        let lists = self.slippage_ticks.values().flat_map(|of| [&of.orders, &of.stops]);
        if let Some(ticks) = lists.clone().flatten().find(|ticks| ticks.abs() > TICKS) {
            let words = format!("{ticks} is out of range; it must be -1000000 to 1000000 ticks");
            return fault("slippage_ticks", words);
        }
        if latency.len().max(lists.map(Vec::len).max().unwrap_or(0)) > LONGEST {
            return fault("latency_ms", format!("a list has at most {LONGEST} values"));
        }
        Ok(())
    }

    /// As the simulated exchange takes it, for instruments of these names in the account's
    /// order.
    pub fn costs(&self, symbols: &[&str]) -> Result<FittedCosts, ConfigError> {
        let slippage = symbols.iter().map(|symbol| {
            let found = self.slippage_ticks.get(*symbol).cloned().ok_or_else(|| {
                let there: Vec<&str> = self.slippage_ticks.keys().map(String::as_str).collect();
                let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
                let words = format!("has no slippage of {symbol}; there is of {there}");
                ConfigError::at_key("costs.fitted.slippage_ticks", &words)
            });
            found.map(|SlippageTicks { orders, stops }| FittedSlippage { orders, stops })
        });
        let ms = |ms: &u32| Nanos(i64::from(*ms) * 1_000_000);
        Ok(FittedCosts {
            seed: self.seed,
            latency: self.latency_ms.iter().flatten().map(ms).collect(),
            reject_rate: self.reject_rate.unwrap_or(Fraction::ZERO),
            slippage: slippage.collect::<Result<_, _>>()?,
        })
    }

    /// The file's lists for another choice of the same file; `self` where that has its own.
    #[must_use]
    pub fn with_lists_of(&self, loaded: &Self) -> Self {
        let same = (&self.file, &loaded.file) == (&loaded.file, &self.file);
        if self.has_lists() || !same {
            return self.clone();
        }
        Self { seed: self.seed, ..loaded.clone() }
    }
}

impl FitFile {
    /// The file's text.
    pub fn text(&self) -> Result<String, ConfigError> {
        let mut accounts = Vec::new();
        for account in &self.account {
            let table = toml::Table::try_from(account);
            let table = table.map_err(|e| ConfigError::at_key("account", &e.to_string()))?;
            accounts.push(Value::Table(table));
        }
        let table = toml::Table::from_iter([("account".to_owned(), Value::Array(accounts))]);
        toml::to_string(&table).map_err(|e| ConfigError::at_key("account", &e.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn account(name: &str) -> FitAccount {
        FitAccount {
            name: name.to_owned(),
            entries: 40,
            rejected: 1,
            reject_rate: Fraction::lit(25, 3),
            latency_ms: vec![12, 700],
            slippage_ticks: BTreeMap::from([(
                "FILUSDT".to_owned(),
                SlippageTicks { orders: vec![-1, 2], stops: vec![0] },
            )]),
        }
    }

    fn written(accounts: &[&str]) -> (tempfile::TempDir, FittedConfig) {
        let dir = tempfile::tempdir().unwrap();
        let fit = FitFile { account: accounts.iter().map(|name| account(name)).collect() };
        std::fs::write(dir.path().join("fit.toml"), fit.text().unwrap()).unwrap();
        let file = Some("fit.toml".to_owned());
        (dir, FittedConfig { file, seed: 7, ..FittedConfig::default() })
    }

    #[test]
    fn what_was_written_is_read_and_needs_no_file_again() {
        let (dir, config) = written(&["main"]);
        let loaded = config.loaded(dir.path()).unwrap();
        let costs = loaded.costs(&["FILUSDT"]).unwrap();
        assert_eq!(costs.latency, [Nanos(12_000_000), Nanos(700_000_000)]);
        assert_eq!((costs.seed, costs.reject_rate), (7, Fraction::lit(25, 3)));
        assert_eq!(costs.slippage[0].orders, [-1, 2]);
        drop(dir);
        assert_eq!(loaded.loaded(Path::new("gone")).unwrap(), loaded);
        let other = FittedConfig { seed: 8, ..config };
        assert_eq!(other.with_lists_of(&loaded), FittedConfig { seed: 8, ..loaded });
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let (dir, config) = written(&["main", "second"]);
        let said = |config: &FittedConfig| config.loaded(dir.path()).unwrap_err().to_string();
        assert!(said(&config).ends_with("several accounts; name one of main, second"));
        let other = FittedConfig { account: Some("third".to_owned()), ..config.clone() };
        assert!(said(&other).ends_with("has no account third; it has main, second"));
        assert!(said(&FittedConfig::default()).contains("names no file and has no lists"));
        let gone = FittedConfig { file: Some("gone.toml".to_owned()), ..FittedConfig::default() };
        assert!(said(&gone).contains("gone.toml"), "{}", said(&gone));
        let long = FittedConfig { latency_ms: Some(vec![3_600_001]), ..FittedConfig::default() };
        assert!(said(&long).contains("must be 0 to 3600000"));
        let rate = Some(Fraction::lit(11, 1));
        let often = FittedConfig { reject_rate: rate, ..FittedConfig::default() };
        assert!(said(&often).contains("must be 0 to 1"));
        let main = FittedConfig { account: Some("main".to_owned()), ..config };
        let error = main.loaded(dir.path()).unwrap().costs(&["NEARUSDT"]).unwrap_err();
        assert!(error.to_string().contains("no slippage of NEARUSDT; there is of FILUSDT"));
    }
}
