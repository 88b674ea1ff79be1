//! A TOML text with the changes made to it, from which tables are read; it knows where
//! each of them was written.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::error::ConfigError;
use crate::set;
use crate::source::{Source, lookup};

/// A configuration before anybody reads a table of it.
///
/// Several readers may share one: each takes its tables and says which others it leaves
/// alone, and a fault of any of them is placed in the file.
#[derive(Debug)]
pub struct Document {
    name: PathBuf,
    text: String,
    written: Source,
    table: Table,
}

impl Document {
    /// Reads a TOML file; `sets` are `key=value` changes to it.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Unreadable {
            file: path.display().to_string(),
            error: e.to_string(),
        })?;
        Self::parse(&text, path, sets)
    }

    /// Reads TOML text; `name` is the file's name for messages, `sets` are `key=value` changes.
    pub fn parse(text: &str, name: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        let parsed =
            toml::de::DeTable::parse(text).map_err(|e| ConfigError::in_file(name, text, &e))?;
        let (written, fault) = Source::of(parsed.get_ref());
        let table = written.table.clone();
        let mut document = Self { name: name.to_owned(), text: text.to_owned(), written, table };
        if let Some((at, words)) = fault {
            return Err(document.placed(ConfigError::at_key(&at, &words)));
        }
        for change in sets {
            set::apply(&mut document.table, change)?;
        }
        Ok(document)
    }

    /// The values, every change applied.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// The fault with the place in the file, where it is one of what the file states.
    #[must_use]
    pub fn placed(&self, fault: ConfigError) -> ConfigError {
        let stated = |path: &str| lookup(&self.written.table, path) == lookup(&self.table, path);
        fault.placed(&self.name, &self.text, &self.written.places, stated)
    }
}

/// Reads a whole table; `beside` are keys that belong to other readers, which are left
/// alone and offered where a key is unknown.
pub fn read<T: DeserializeOwned>(mut table: Table, beside: &[&str]) -> Result<T, ConfigError> {
    table.retain(|key, _| !beside.contains(&key));
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|e| {
        let path = e.path().to_string();
        let mut message = e.inner().message().trim_end().to_owned();
        if message.starts_with("unknown field") && !path.contains(['.', '[']) {
            beside.iter().for_each(|key| message += &format!(", `{key}`"));
        }
        ConfigError::at_key(&path, &message)
    })
}

/// Reads the table `key` for itself, where there is one.
pub fn section<T: DeserializeOwned>(table: &Table, key: &str) -> Result<Option<T>, ConfigError> {
    let Some(value) = table.get(key) else { return Ok(None) };
    serde_path_to_error::deserialize(value.clone())
        .map(Some)
        .map_err(|e| ConfigError::at_key(&e.path().to_string(), e.inner().message()).below(key))
}
