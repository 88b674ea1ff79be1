//! A configuration from its layers: a backtest's file, the live file, the environment,
//! changes. Each lies on the ones before; where each value came from is remembered, so
//! that a fault is told at its own place.
//!
//! Tables are laid key by key, entries of `[[instrument]]` by symbol, of `[[strategy]]` by
//! name. Any other list takes the place of the one before.

use std::collections::BTreeMap;
use std::path::Path;

use tickstep_config::{ConfigError, Document, FittedConfig, hint, names, section};
use toml::{Table, Value};

use super::feed::FundingTerms;
use super::instrument::OF_DATA;

/// Tables of a backtest's file that are read, with their names here.
const OF_BASE: [(&str, &str); 6] = [
    ("account", "reference"),
    ("costs", "costs"),
    ("simulation", "simulation"),
    ("risk", "risk"),
    ("instrument", "instrument"),
    ("strategy", "strategy"),
];

/// Tables of a backtest's file that are no concern here.
const LEFT_ALONE: [&str; 3] = ["period", "sweep", "walk_forward"];

/// Where a value came from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A file, and the path of the key in it.
    File(usize, String),
    /// A variable of the environment, by name.
    Variable(String),
}

/// The layers laid on each other.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub table: Table,
    files: Vec<Document>,
    origins: BTreeMap<String, Origin>,
    /// What the base says that positions of a symbol pay, and where it says so.
    base_funding: Vec<(String, Value, Origin)>,
}

fn below(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

/// What the entries of a list of tables are called.
pub(super) fn entry_names(entries: &[Value]) -> Vec<String> {
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let all: Vec<_> = entries
        .iter()
        .map(|e| {
            (text(e, "symbol").or_else(|| text(e, "name")), text(e, "kind").unwrap_or_default())
        })
        .collect();
    names(all.iter().map(|(name, kind)| (name.as_deref(), kind.as_str())))
}

/// The value at a path such as `account[0].name`.
fn lookup<'t>(table: &'t Table, path: &str) -> Option<&'t Value> {
    let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
    let first = table.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Value::Array(entries) => entries.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// What the entry of an instrument in a backtest's file says that positions pay. A file that
/// is named there lies beside the backtest's; that it may cover a part of the data is said to
/// a backtest.
fn funding(entry: &Table, base: &Path, origin: Origin) -> Option<(String, Value, Origin)> {
    let symbol = entry.get("symbol")?.as_str()?.to_owned();
    let mut paid = entry.get("funding")?.clone();
    if let Some(keys) = paid.as_table_mut() {
        keys.remove("partial");
        if let Some(Value::String(file)) = keys.get_mut("file") {
            *file = base.with_file_name(&*file).display().to_string();
        }
    }
    Some((symbol, paid, origin))
}

impl Layers {
    /// The file, on the one that it names as its base.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = Document::read(path, &[])?;
        let mut layers = Self::default();
        let named = match file.table().get("base") {
            None => None,
            Some(Value::String(base)) => Some(base.clone()),
            Some(_) => {
                let words = "is the path of a backtest's file, such as \"fil.toml\"";
                return Err(file.placed(ConfigError::at_key("base", words)));
            }
        };
        if let Some(base) = named {
            let folder = path.parent().unwrap_or(Path::new(""));
            let base = Path::new(&base);
            layers.lay_base(Document::read(&folder.join(base), &[])?, base)?;
        }
        layers.lay_file(file);
        Ok(layers)
    }

    /// A text that has everything.
    pub(super) fn parse(text: &str, name: &Path) -> Result<Self, ConfigError> {
        let mut layers = Self::default();
        layers.lay_file(Document::parse(text, name, &[])?);
        Ok(layers)
    }

    fn lay_file(&mut self, file: Document) {
        let mut table = file.table().clone();
        table.remove("base");
        let at = self.files.len();
        self.files.push(file);
        self.lay(table, "", &|path| Origin::File(at, path.to_owned()));
    }

    fn lay_base(&mut self, file: Document, name: &Path) -> Result<(), ConfigError> {
        let at = self.files.len();
        let mut table = file.table().clone();
        self.files.push(file);
        for (theirs, ours) in OF_BASE {
            let Some(mut value) = table.remove(theirs) else { continue };
            if theirs == "instrument" {
                for (i, entry) in value.as_array_mut().into_iter().flatten().enumerate() {
                    if let Some(entry) = entry.as_table_mut() {
                        let origin = Origin::File(at, format!("instrument[{i}].funding"));
                        self.base_funding.extend(funding(entry, name, origin));
                        entry.retain(|key, _| !OF_DATA.contains(&key));
                    }
                }
            }
            let renamed = |path: &str| {
                let rest = path.strip_prefix(ours).unwrap_or(path);
                Origin::File(at, format!("{theirs}{rest}"))
            };
            self.lay(Table::from_iter([(ours.to_owned(), value)]), "", &renamed);
        }
        match table.keys().find(|key| !LEFT_ALONE.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known = OF_BASE.iter().map(|(theirs, _)| *theirs).chain(LEFT_ALONE);
                let words = format!(
                    "unknown field of a backtest's file, which is what base names{}",
                    hint(key, known)
                );
                Err(self.files[at].placed(ConfigError::AtKey { key: key.clone(), message: words }))
            }
        }
    }

    /// A recording pays what the base says of its data, where nothing else was said.
    pub(super) fn lay_base_funding(&mut self) -> Result<(), ConfigError> {
        let feed = self.table.get("feed").and_then(Value::as_table);
        let is_tape = |feed: &Table| feed.get("kind").and_then(Value::as_str) == Some("tape");
        let Some(feed) = feed.filter(|feed| is_tape(feed)) else { return Ok(()) };
        let said = feed.get("funding").and_then(Value::as_table).cloned().unwrap_or_default();
        for (symbol, value, origin) in core::mem::take(&mut self.base_funding) {
            if said.contains_key(&symbol) {
                continue;
            }
            let Origin::File(file, from) = &origin else { continue };
            if let Err(fault) = value.clone().try_into::<FundingTerms>() {
                let fault = ConfigError::at_key(from, fault.message());
                return Err(self.files[*file].placed(fault));
            }
            let there = format!("feed.funding.{symbol}");
            let renamed = |path: &str| match path.strip_prefix(&there) {
                Some(rest) => Origin::File(*file, format!("{from}{rest}")),
                None => Origin::File(*file, from.clone()),
            };
            let paid = Table::from_iter([(symbol.clone(), value)]);
            let feed = Table::from_iter([("funding".to_owned(), Value::Table(paid))]);
            self.lay(Table::from_iter([("feed".to_owned(), Value::Table(feed))]), "", &renamed);
        }
        Ok(())
    }

    /// Reads the file of measured costs, so that the text in force has what is in it.
    pub(super) fn load_fitted(&mut self, folder: &Path) -> Result<(), ConfigError> {
        let costs = self.table.get("costs").and_then(Value::as_table);
        let read = costs.map(|costs| section::<FittedConfig>(costs, "fitted")).transpose();
        let read = read.map_err(|fault| self.placed(fault.below("costs")))?.flatten();
        let Some(fitted) = read else { return Ok(()) };
        let loaded = fitted.loaded(folder).map_err(|fault| self.placed(fault))?;
        let loaded = Value::try_from(&loaded)
            .map_err(|error| ConfigError::at_key("costs.fitted", &error.to_string()))?;
        if let Some(costs) = self.table.get_mut("costs").and_then(Value::as_table_mut) {
            costs.insert("fitted".to_owned(), loaded);
        }
        Ok(())
    }

    /// Lays a table over what is there.
    fn lay(&mut self, table: Table, from: &str, origin: &dyn Fn(&str) -> Origin) {
        let mut whole = core::mem::take(&mut self.table);
        self.lay_table(&mut whole, table, "", from, origin);
        self.table = whole;
    }

    fn lay_table(
        &mut self,
        into: &mut Table,
        table: Table,
        at: &str,
        from: &str,
        origin: &dyn Fn(&str) -> Origin,
    ) {
        for (key, value) in table {
            let (path, from) = (below(at, &key), below(from, &key));
            match (into.get_mut(&key), value) {
                (Some(Value::Table(inner)), Value::Table(value)) => {
                    self.lay_table(inner, value, &path, &from, origin);
                }
                (Some(Value::Array(entries)), Value::Array(value))
                    if ["instrument", "strategy"].contains(&path.as_str()) =>
                {
                    self.lay_entries(entries, value, &path, origin);
                }
                (_, value) => {
                    self.forget(&path);
                    self.note(&value, &path, &from, origin);
                    into.insert(key, value);
                }
            }
        }
    }

    fn lay_entries(
        &mut self,
        entries: &mut Vec<Value>,
        value: Vec<Value>,
        at: &str,
        origin: &dyn Fn(&str) -> Origin,
    ) {
        let (known, given) = (entry_names(entries), entry_names(&value));
        for (i, (entry, name)) in value.into_iter().zip(given).enumerate() {
            let from = format!("{at}[{i}]");
            let found = known.iter().position(|known| *known == name);
            match (found.and_then(|at| entries.get_mut(at)), entry) {
                (Some(Value::Table(inner)), Value::Table(entry)) => {
                    let path = format!("{at}[{}]", found.unwrap_or(i));
                    self.lay_table(inner, entry, &path, &from, origin);
                }
                (_, entry) => {
                    let path = format!("{at}[{}]", entries.len());
                    self.note(&entry, &path, &from, origin);
                    entries.push(entry);
                }
            }
        }
    }

    /// Remembers where a value and all below it came from.
    fn note(&mut self, value: &Value, path: &str, from: &str, origin: &dyn Fn(&str) -> Origin) {
        self.origins.insert(path.to_owned(), origin(from));
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    self.note(value, &below(path, key), &below(from, key), origin);
                }
            }
            Value::Array(entries) => {
                for (i, value) in entries.iter().enumerate() {
                    self.note(value, &format!("{path}[{i}]"), &format!("{from}[{i}]"), origin);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, path: &str) {
        let under = |key: &String| {
            key.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.origins.retain(|key, _| !under(key));
    }

    /// Says that a value came from a variable.
    pub(super) fn came_from(&mut self, path: &str, variable: &str) {
        self.forget(path);
        let ends = path.match_indices(['.', '[']).map(|(end, _)| &path[..end]);
        // The tables that it began, too.
        for part in ends.chain([path]) {
            let origin = || Origin::Variable(variable.to_owned());
            self.origins.entry(part.to_owned()).or_insert_with(origin);
        }
    }

    /// Forgets where values came from that are other than in `before`.
    pub(super) fn keep_unchanged(&mut self, before: &Table) {
        let now = &self.table;
        self.origins.retain(|path, _| lookup(before, path) == lookup(now, path));
    }

    /// The fault with its place: in the file that states the key, or the variable.
    pub(super) fn placed(&self, fault: ConfigError) -> ConfigError {
        let ConfigError::AtKey { key, message } = fault else { return fault };
        // Of a table with a `kind` the path ends before the key that is wrong.
        let named = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        let inner = named.map(|name| below(&key, name));
        let exact = inner.filter(|path| self.origins.contains_key(path));
        let mut path = exact.as_deref().unwrap_or(&key);
        let origin = loop {
            if let Some(origin) = self.origins.get(path) {
                break origin;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return ConfigError::AtKey { key, message },
            }
        };
        match origin {
            Origin::File(file, from) => {
                let rest = key.strip_prefix(path).unwrap_or_default();
                let there = ConfigError::AtKey { key: format!("{from}{rest}"), message };
                self.files[*file].placed(there)
            }
            Origin::Variable(name) => {
                ConfigError::AtKey { key: name.clone(), message: format!("{key}: {message}") }
            }
        }
    }
}
