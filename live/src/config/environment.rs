//! Settings from the environment.
//!
//! `TICKSTEP_LIVE__A__B=value` is the key `a.b`: two underscores part the steps of a path,
//! and a step is the key in capitals with `_` for every other character than a letter or
//! digit. An entry of a list is named by its symbol, its name, or its number from 0:
//! `TICKSTEP_LIVE__ACCOUNT__MAIN__ENABLED=false`. The value is written as in TOML, and what
//! is no TOML is text.
//!
//! Three names have no prefix. `TRADING_ENABLED` is `trading_enabled`, `MAX_POSITION_SIZE`
//! is `limits.max_quantity`, and `RISK_PER_TRADE` is the `risk_fraction` of every strategy
//! and template that is sized by risk. One with the prefix lies on them.

use tickstep_config::{ConfigError, apply, hint};
use toml::Value;

use super::layers::{Layers, entry_names};

/// What the name of a setting begins with.
pub const PREFIX: &str = "TICKSTEP_LIVE__";

fn fault(variable: &str, words: &str) -> ConfigError {
    ConfigError::AtKey { key: variable.to_owned(), message: words.to_owned() }
}

/// A key as a step of a variable's name.
fn step(key: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    key.chars().map(sign).collect()
}

/// The one of `keys` that a step names.
fn named<'a>(
    variable: &str,
    part: &str,
    keys: impl Iterator<Item = &'a str>,
) -> Result<Option<usize>, ConfigError> {
    let all: Vec<&str> = keys.collect();
    let found: Vec<usize> = (0..all.len()).filter(|at| step(all[*at]) == part).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let listed: Vec<&str> = several.iter().map(|at| all[*at]).collect();
            let words = format!("{part} may be {}; use its number", listed.join(" or "));
            Err(fault(variable, &words))
        }
    }
}

impl Layers {
    /// Lays the environment over the files.
    pub(super) fn lay_environment(&mut self, env: &[(String, String)]) -> Result<(), ConfigError> {
        let named = |name: &str| env.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
        if let Some(value) = named("TRADING_ENABLED") {
            self.lay_variable("TRADING_ENABLED", "trading_enabled", value)?;
        }
        if let Some(value) = named("MAX_POSITION_SIZE") {
            self.lay_variable("MAX_POSITION_SIZE", "limits.max_quantity", value)?;
        }
        if let Some(value) = named("RISK_PER_TRADE") {
            self.lay_risk(value)?;
        }
        let mut ours: Vec<_> = env.iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        ours.sort();
        for (name, value) in ours {
            let path = self.path(name)?;
            self.lay_variable(name, &path, value)?;
        }
        Ok(())
    }

    fn lay_variable(&mut self, name: &str, path: &str, value: &str) -> Result<(), ConfigError> {
        apply(&mut self.table, &format!("{path}={value}")).map_err(|error| match error {
            // Whoever put a secret into a variable does not find it in a message.
            ConfigError::Set { message, .. } => fault(name, &format!("{path}: {message}")),
            other => other,
        })?;
        self.came_from(&with_brackets(path), name);
        Ok(())
    }

    /// The path that a variable names.
    fn path(&self, variable: &str) -> Result<String, ConfigError> {
        let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
        let parts: Vec<&str> = rest.split("__").collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(fault(variable, "has an empty step; write TICKSTEP_LIVE__FEED__KIND"));
        }
        let mut at: Option<Value> = Some(Value::Table(self.table.clone()));
        let mut path: Vec<String> = Vec::new();
        for part in parts {
            let part = part.to_ascii_uppercase();
            match at {
                Some(Value::Table(table)) => {
                    let found = named(variable, &part, table.keys().map(String::as_str))?;
                    let key = found.and_then(|at| table.keys().nth(at).cloned());
                    let key = key.unwrap_or_else(|| part.to_ascii_lowercase());
                    at = table.get(&key).cloned();
                    path.push(key);
                }
                Some(Value::Array(entries)) => {
                    let names = entry_names(&entries);
                    let number = part.parse().ok().filter(|n: &usize| *n < entries.len());
                    let found = named(variable, &part, names.iter().map(String::as_str))?;
                    let Some(index) = number.or(found) else {
                        let list = path.join(".");
                        let steps: Vec<String> = names.iter().map(|n| step(n)).collect();
                        let words = format!(
                            "{list} has no entry {part}; there is {}{}",
                            steps.join(", "),
                            hint(&part, steps.iter().map(String::as_str))
                        );
                        return Err(fault(variable, &words));
                    };
                    at = entries.get(index).cloned();
                    path.push(index.to_string());
                }
                Some(_) | None => path.push(part.to_ascii_lowercase()),
            }
        }
        Ok(path.join("."))
    }

    /// `RISK_PER_TRADE`: the fraction of every size by risk.
    fn lay_risk(&mut self, value: &str) -> Result<(), ConfigError> {
        let name = "RISK_PER_TRADE";
        let method =
            |size: Option<&Value>| size?.get("method").and_then(Value::as_str).map(str::to_owned);
        let mut paths: Vec<String> = Vec::new();
        let strategies = self.table.get("strategy").and_then(Value::as_array);
        for (i, strategy) in strategies.into_iter().flatten().enumerate() {
            // What is not stated is by risk.
            let by = method(strategy.get("sizing")).unwrap_or_else(|| "risk".to_owned());
            if ["risk", "kelly"].contains(&by.as_str()) {
                paths.push(format!("strategy.{i}.sizing"));
            }
        }
        let templates = self.table.get("template").and_then(Value::as_table);
        for (key, template) in templates.into_iter().flatten() {
            if method(template.get("size")).as_deref() == Some("risk") {
                paths.push(format!("template.{key}.size"));
            }
        }
        if paths.is_empty() {
            let words = "no strategy and no template is sized by risk; remove it, or size one so";
            return Err(fault(name, words));
        }
        for path in paths {
            if path.starts_with("strategy") {
                self.state_method(&path)?;
            }
            self.lay_variable(name, &format!("{path}.risk_fraction"), value)?;
        }
        Ok(())
    }

    /// A size that is not stated is by risk; its method has to stand beside its fraction.
    fn state_method(&mut self, path: &str) -> Result<(), ConfigError> {
        let index = path.split('.').nth(1).and_then(|n| n.parse::<usize>().ok());
        let entries = self.table.get("strategy").and_then(Value::as_array);
        let stated = index.and_then(|at| entries?.get(at)?.get("sizing")).is_some();
        if stated { Ok(()) } else { apply(&mut self.table, &format!("{path}.method=risk")) }
    }
}

/// The path with the numbers of entries as faults have them.
fn with_brackets(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('.') {
        match part.parse::<usize>() {
            Ok(index) => out.push_str(&format!("[{index}]")),
            Err(_) if out.is_empty() => out.push_str(part),
            Err(_) => {
                out.push('.');
                out.push_str(part);
            }
        }
    }
    out
}
