//! `--set key=value`: a change to a configuration before it is read.
//!
//! A key is a dotted path. Where it meets a list of tables, the next part may be
//! an index or the name of an entry (`instrument.FILUSDT.lot_step`); without
//! one, the change goes to every entry (`strategy.params.spike_multiple`).

use toml::de::DeTable;
use toml::{Table, Value};

use crate::error::ConfigError;
use crate::names;
use crate::source::Source;

/// Makes the change `key=value` to a table.
pub fn apply(table: &mut Table, given: &str) -> Result<(), ConfigError> {
    let fault =
        |message: &str| ConfigError::Set { given: given.to_owned(), message: message.to_owned() };
    let (key, text) = given
        .split_once('=')
        .ok_or_else(|| fault("write key=value, such as costs.taker_fee=0.0005"))?;
    let path: Vec<&str> = key.trim().split('.').collect();
    if path.iter().any(|part| part.is_empty()) {
        return Err(fault("the key has an empty part"));
    }
    let value = value(text.trim()).map_err(|message| fault(&message))?;
    set(table, &path, &value).map_err(|message| fault(&message))
}

/// A TOML value, every digit kept; what is none is text.
fn value(text: &str) -> Result<Value, String> {
    let line = format!("v = {text}");
    let plain = || Value::String(text.to_owned());
    let Ok(parsed) = DeTable::parse(&line) else { return Ok(plain()) };
    match Source::of(parsed.get_ref()) {
        (_, Some((_, message))) => Err(message),
        (mut source, None) => Ok(source.table.remove("v").unwrap_or_else(plain)),
    }
}

fn set(table: &mut Table, path: &[&str], value: &Value) -> Result<(), String> {
    let (first, rest) = path.split_first().ok_or("the key is empty")?;
    if rest.is_empty() {
        table.insert((*first).to_owned(), value.clone());
        return Ok(());
    }
    if *first == "slippage" && ["ticks", "bps"].contains(&rest[0]) {
        // It has one unit: the new one takes the place of the old.
        table.remove(*first);
    }
    let next = table.entry(*first).or_insert_with(|| Value::Table(Table::new()));
    match next {
        Value::Table(inner) => set(inner, rest, value),
        Value::Array(entries) => {
            if let Some(index) = index_of(entries, rest[0])? {
                let entry = entries.get_mut(index).and_then(Value::as_table_mut);
                let entry = entry.ok_or_else(|| format!("{first} has no entry {}", rest[0]))?;
                return set(entry, &rest[1..], value);
            }
            for entry in entries.iter_mut().filter_map(Value::as_table_mut) {
                set(entry, rest, value)?;
            }
            Ok(())
        }
        _ => Err(format!("{first} is a value, not a table")),
    }
}

/// The entry that a number, a symbol or a strategy's name means; a kind means its only one.
fn index_of(entries: &[Value], part: &str) -> Result<Option<usize>, String> {
    if let Ok(index) = part.parse() {
        return Ok(Some(index));
    }
    let text = |i: usize, key: &str| entries[i].get(key).and_then(Value::as_str);
    let all = 0..entries.len();
    let names = names::names(
        all.clone()
            .map(|i| (text(i, "symbol").or(text(i, "name")), text(i, "kind").unwrap_or_default())),
    );
    let named: Vec<usize> = all.clone().filter(|i| names[*i] == part).collect();
    let of_kind = || all.clone().filter(|i| text(*i, "kind") == Some(part)).collect();
    let found = if named.is_empty() { of_kind() } else { named };
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let listed: Vec<_> = several.iter().map(|i| format!("{i} ({})", names[*i])).collect();
            Err(format!("{part} is ambiguous; it may be {}", listed.join(", ")))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn changed(given: &str) -> Result<Table, ConfigError> {
        let mut table = toml::toml! {
            [[instrument]]
            symbol = "A"
            [[instrument]]
            symbol = "B"
            [account]
            cash = 1
        };
        apply(&mut table, given).map(|()| table)
    }

    #[test]
    fn reaches_tables_lists_indices_and_names() {
        let cash = changed("account.cash=5").unwrap();
        assert_eq!(cash["account"]["cash"], Value::Integer(5));
        let all = changed("instrument.tick_size=0.1").unwrap();
        assert_eq!(all["instrument"][0]["tick_size"], all["instrument"][1]["tick_size"]);
        let named = changed("instrument.B.lot_step=\"2\"").unwrap();
        assert!(named["instrument"][0].get("lot_step").is_none());
        assert_eq!(named["instrument"][1]["lot_step"].as_str(), Some("2"));
        let text = changed("account.currency=USDT").unwrap();
        assert_eq!(text["account"]["currency"].as_str(), Some("USDT"));
        let new = changed("costs.slippage.ticks=1").unwrap();
        assert_eq!(new["costs"]["slippage"]["ticks"], Value::Integer(1));
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(changed("account.cash").unwrap_err().to_string().contains("key=value"));
        assert!(changed("account.cash.x=1").unwrap_err().to_string().contains("not a table"));
        assert!(changed("instrument.7.x=1").unwrap_err().to_string().contains("no entry 7"));
    }
}
