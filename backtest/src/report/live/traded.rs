//! What a live configuration says is traded, read from the text in its journal.

use std::path::Path;

use rust_decimal::Decimal;
use serde::Deserialize;
use tickstep_config::{ConfigError, Document, Strategies, StrategyConfig, exact, section};
use tickstep_core::units::Nanos;
use toml::{Table, Value};

/// An instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TradedInstrument {
    pub symbol: String,
    pub tick_size: Decimal,
    /// Length of its bars.
    pub interval: Nanos,
}

/// What a live configuration trades.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Traded {
    pub currency: String,
    pub accounts: Vec<String>,
    pub instruments: Vec<TradedInstrument>,
    /// By name, the kind and the parameters.
    pub strategies: Vec<(String, Value)>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Traded {
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let document = Document::parse(text, Path::new("configuration"), &[])?;
        let table = document.table();
        let strategies: Vec<StrategyConfig> = section(table, "strategy")?.unwrap_or_default();
        let accounts: Vec<Named> = part(table, "account")?;
        let currency = table.get("reference").and_then(|r| r.get("currency"));
        let instruments = table.get("instrument").and_then(Value::as_array);
        Ok(Self {
            currency: currency.and_then(Value::as_str).unwrap_or_default().to_owned(),
            accounts: accounts.into_iter().map(|account| account.name).collect(),
            instruments: instruments
                .into_iter()
                .flatten()
                .map(TradedInstrument::of)
                .collect::<Result<_, _>>()?,
            strategies: parameters(&strategies)?,
        })
    }

    pub fn instrument(&self, symbol: &str) -> Option<&TradedInstrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == symbol)
    }
}

impl TradedInstrument {
    fn of(entry: &Value) -> Result<Self, ConfigError> {
        let missing = |key: &str| ConfigError::at_key(&format!("instrument.{key}"), "is not there");
        let symbol =
            entry.get("symbol").and_then(Value::as_str).ok_or_else(|| missing("symbol"))?;
        let tick = entry.get("tick_size").and_then(decimal);
        let seconds = entry.get("interval_s").and_then(Value::as_integer);
        Ok(Self {
            symbol: symbol.to_owned(),
            tick_size: tick.ok_or_else(|| missing("tick_size"))?,
            interval: Nanos::SECOND.times(seconds.ok_or_else(|| missing("interval_s"))?),
        })
    }
}

/// The tables of a list, with what a reader does not know left out.
fn part<T: serde::de::DeserializeOwned>(table: &Table, key: &str) -> Result<Vec<T>, ConfigError> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    value.clone().try_into().map_err(|error| ConfigError::at_key(key, &error.to_string()))
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => exact(text),
        Value::Integer(n) => Some(Decimal::from(*n)),
        Value::Float(x) => exact(&x.to_string()),
        _ => None,
    }
}

/// Kind and parameters of strategies, by name.
pub(super) fn parameters(
    strategies: &[StrategyConfig],
) -> Result<Vec<(String, Value)>, ConfigError> {
    let names = Strategies(strategies).names();
    let of = |(name, strategy): (String, &StrategyConfig)| {
        let params = Value::try_from(&strategy.params);
        let params = params.map_err(|error| ConfigError::at_key(&name, &error.to_string()))?;
        let kind = Value::String(strategy.params.kind().to_owned());
        Ok((
            name,
            Value::Table(Table::from_iter([("kind".into(), kind), ("params".into(), params)])),
        ))
    };
    names.into_iter().zip(strategies).map(of).collect()
}

/// The first parameter in which two strategies differ, for people.
pub(super) fn difference(run: &Value, live: &Value) -> String {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    flatten("", run, &mut ours);
    flatten("", live, &mut theirs);
    let differs =
        |(key, value): &&(String, String)| !theirs.contains(&(key.clone(), value.clone()));
    let Some((key, value)) = ours.iter().find(differs) else {
        return "the journal has parameters that the run has not".to_owned();
    };
    let live = theirs.iter().find(|(k, _)| k == key);
    let live = live.map_or("not there", |(_, value)| value.as_str());
    format!("{key} is {value} in the run and {live} live")
}

fn flatten(at: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                flatten(&path, value, out);
            }
        }
        other => out.push((at.to_owned(), other.to_string())),
    }
}
