//! Changes to a configuration, before it is read or while it is in force.
//!
//! `key=value` states a value, as `--set` does anywhere in tickstep. Lists may grow and
//! shrink: `account+={ name = "b", venue = "demo", number = "950553" }` adds an entry and
//! `account-=b` takes one away, by its symbol or name; a list of texts, such as
//! `template.small.deny`, likewise.

use std::collections::BTreeMap;

use tickstep_config::{ConfigError, apply, hint};
use toml::{Table, Value};

use super::LiveConfig;
use super::layers::{Layers, entry_names};

/// A value that a change has changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ValueChange {
    /// The key, with names for entries of lists, such as `account.main.enabled`.
    pub key: String,
    /// What it was, as TOML; nothing where it was not there.
    pub old: Option<String>,
    /// What it is now; nothing where it is gone.
    pub new: Option<String>,
}

fn fault(given: &str, message: String) -> ConfigError {
    ConfigError::Set { given: given.to_owned(), message }
}

impl Layers {
    /// Makes changes, in their order.
    pub(super) fn lay_changes(&mut self, changes: &[String]) -> Result<(), ConfigError> {
        for given in changes {
            let before = self.table.clone();
            make(&mut self.table, given)?;
            self.keep_unchanged(&before);
        }
        Ok(())
    }
}

fn make(table: &mut Table, given: &str) -> Result<(), ConfigError> {
    let (key, value) = given.split_once('=').unwrap_or((given, ""));
    if let Some(key) = key.trim().strip_suffix('+') {
        return add(list(table, key.trim(), given)?, value.trim(), given);
    }
    if let Some(key) = key.trim().strip_suffix('-') {
        return remove(list(table, key.trim(), given)?, value.trim(), given);
    }
    known(table, key.trim(), given)?;
    apply(table, given)
}

/// An entry of accounts, instruments or strategies that a key names is there.
fn known(table: &Table, key: &str, given: &str) -> Result<(), ConfigError> {
    let mut steps = key.split('.');
    let (Some(list), Some(entry), Some(_)) = (steps.next(), steps.next(), steps.next()) else {
        return Ok(());
    };
    let Some(entries) = table.get(list).and_then(Value::as_array) else { return Ok(()) };
    let names = entry_names(entries);
    let kind = |e: &Value| e.get("kind").and_then(Value::as_str) == Some(entry);
    let of_all = entries.iter().any(|e| e.get(entry).is_some());
    let numbered = entry.parse::<usize>().is_ok();
    if numbered || of_all || names.iter().any(|n| n == entry) || entries.iter().any(kind) {
        return Ok(());
    }
    // A table that no entry has yet, such as `strategy.params.fast`.
    if list == "strategy" && ["params", "sizing"].contains(&entry) {
        return Ok(());
    }
    Err(fault(given, missing(list, entry, &names)))
}

fn missing(list: &str, entry: &str, names: &[String]) -> String {
    let near = hint(entry, names.iter().map(String::as_str));
    format!("no {list} is called {entry}; there is {}{near}", names.join(", "))
}

/// The list at a path; one that is not there yet begins.
fn list<'t>(
    table: &'t mut Table,
    key: &str,
    given: &str,
) -> Result<&'t mut Vec<Value>, ConfigError> {
    let mut steps = key.split('.').peekable();
    let mut at = table;
    while let Some(step) = steps.next() {
        let last = steps.peek().is_none();
        let empty = || if last { Value::Array(Vec::new()) } else { Value::Table(Table::new()) };
        match at.entry(step).or_insert_with(empty) {
            Value::Table(inner) if !last => at = inner,
            Value::Array(entries) => {
                if last {
                    return Ok(entries);
                }
                let names = entry_names(entries);
                let named = steps.next().unwrap_or_default();
                let found = names.iter().position(|name| name == named);
                let entry = found.and_then(|at| entries.get_mut(at));
                let entry = entry.and_then(Value::as_table_mut);
                at = entry.ok_or_else(|| fault(given, missing(step, named, &names)))?;
            }
            _ => break,
        }
    }
    Err(fault(given, format!("{key} is no list; write key=value")))
}

fn add(entries: &mut Vec<Value>, text: &str, given: &str) -> Result<(), ConfigError> {
    let mut read = Table::new();
    apply(&mut read, &format!("entry={text}"))?;
    let entry = read.remove("entry").unwrap_or_else(|| Value::String(text.to_owned()));
    let one = [entry];
    let named = entry_names(&one);
    let there = entry_names(entries);
    let same =
        if one[0].is_table() { there.contains(&named[0]) } else { entries.contains(&one[0]) };
    if same {
        let name = if one[0].is_table() { named[0].clone() } else { text.to_owned() };
        return Err(fault(given, format!("{name} is there already")));
    }
    entries.extend(one);
    Ok(())
}

fn remove(entries: &mut Vec<Value>, name: &str, given: &str) -> Result<(), ConfigError> {
    let name = name.trim_matches('"');
    let names: Vec<String> = entries
        .iter()
        .zip(entry_names(entries))
        .map(|(entry, named)| entry.as_str().map_or(named, str::to_owned))
        .collect();
    let found = names.iter().position(|n| n == name);
    let found = found.ok_or_else(|| {
        let near = hint(name, names.iter().map(String::as_str));
        fault(given, format!("{name} is not in the list; there is {}{near}", names.join(", ")))
    })?;
    entries.remove(found);
    Ok(())
}

impl LiveConfig {
    /// What is other in `new`, key by key, in the order of the keys.
    #[must_use]
    pub fn changes_to(&self, new: &Self) -> Vec<ValueChange> {
        let (old, new) = (self.values(), new.values());
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        let change = |key: &String| ValueChange {
            key: key.clone(),
            old: old.get(key).cloned(),
            new: new.get(key).cloned(),
        };
        keys.into_iter().map(change).filter(|change| change.old != change.new).collect()
    }

    /// Every value by its key.
    fn values(&self) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        flatten(&Value::Table(self.table()), "", &mut values);
        values
    }
}

fn flatten(value: &Value, at: &str, out: &mut BTreeMap<String, String>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(k, v)| flatten(v, &below(k), out)),
        Value::Array(entries) if entries.iter().any(Value::is_table) => {
            for (entry, name) in entries.iter().zip(entry_names(entries)) {
                flatten(entry, &below(&name), out);
            }
        }
        other => drop(out.insert(at.to_owned(), other.to_string())),
    }
}
