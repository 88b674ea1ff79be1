//! A strategy as it is written down. Which parameters it has depends on its
//! kind, which no derived reader knows while it meets them; so this one is
//! written by hand, and reads `params` in place, where the path to a wrong key
//! is known, instead of setting them aside. Only those of a strategy that the program
//! brings are set aside, and read when the program is asked.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use tickstep_core::engine::SlotConfig;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::BracketAnchor;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::StrategyFactory;
use tickstep_core::strategy::builtin::{StrategyKind, StrategyParams};

use crate::error::ConfigError;
use crate::names::names;
use crate::own::{OwnStrategies, OwnStrategy};
use crate::terms::AccountTerms;

/// A strategy on instruments: keys `kind`, `name`, `instruments`,
/// `bracket_anchor`, `sizing` and `params`.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyConfig {
    /// Name in results and for `--set strategy.NAME...`; when absent the kind, then `scalper#2` ...
    pub name: Option<String>,
    /// Symbols; all instruments when absent.
    pub instruments: Option<Vec<String>>,
    /// Where stop and target are measured from; the fill when absent.
    pub bracket_anchor: BracketAnchor,
    /// How the quantity of an entry is found; by risk when absent.
    pub sizing: Sizing,
    /// Which strategy (`kind`), and its parameters; those left out have the specification's defaults.
    pub params: StrategyChoice,
}

/// A strategy of either origin, and its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StrategyChoice {
    /// One that comes with tickstep.
    BuiltIn(StrategyParams),
    /// One that the program brings.
    Own(OwnStrategy),
}

impl StrategyChoice {
    /// The kind, as it is written.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::BuiltIn(params) => params.kind().name(),
            Self::Own(own) => own.kind(),
        }
    }

    /// The parameters, where it comes with tickstep.
    #[must_use]
    pub const fn built_in(&self) -> Option<&StrategyParams> {
        match self {
            Self::BuiltIn(params) => Some(params),
            Self::Own(_) => None,
        }
    }

    /// A factory of strategies with these parameters.
    pub fn factory(&self) -> Result<StrategyFactory, ConfigError> {
        match self {
            Self::BuiltIn(params) => Ok(params.factory()?),
            Self::Own(OwnStrategy { factory: Some(factory), .. }) => Ok(factory.clone()),
            Self::Own(own) => Err(unknown(own.kind(), &OwnStrategies::default())),
        }
    }
}

/// The words that a reader has for a variant there is not.
fn unknown(kind: &str, own: &OwnStrategies) -> ConfigError {
    let known = StrategyKind::ALL.map(StrategyKind::name);
    let known: Vec<String> =
        known.into_iter().chain(own.names()).map(|k| format!("`{k}`")).collect();
    let known = match known.as_slice() {
        [one, other] => format!("{one} or {other}"),
        several => format!("one of {}", several.join(", ")),
    };
    ConfigError::at_key("kind", &format!("unknown variant `{kind}`, expected {known}"))
}

/// The strategies of an account, in the order they decide.
#[derive(Clone, Copy, Debug)]
pub struct Strategies<'a>(pub &'a [StrategyConfig]);

impl Strategies<'_> {
    /// Name of each, given or numbered.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        names(self.0.iter().map(|s| (s.name.as_deref(), s.params.kind())))
    }

    /// Each on its instruments, as an engine takes them.
    pub fn slots(&self, account: &AccountTerms<'_>) -> Result<Vec<SlotConfig>, ConfigError> {
        let mut slots = Vec::new();
        for (wanted, name) in self.0.iter().zip(self.names()) {
            let factory = wanted.params.factory()?;
            for (i, terms) in account.terms.iter().enumerate() {
                if wanted.instruments.as_ref().is_some_and(|s| !s.contains(&terms.symbol)) {
                    continue;
                }
                slots.push(SlotConfig {
                    name: name.clone(),
                    instrument: InstrumentId(i as u16),
                    strategy: factory.clone(),
                    sizing: wanted.sizing.clone(),
                    anchor: wanted.bracket_anchor,
                });
            }
        }
        Ok(slots)
    }

    /// Ranges, and what must agree.
    pub fn check(&self, account: &AccountTerms<'_>) -> Result<(), ConfigError> {
        for (i, strategy) in self.0.iter().enumerate() {
            let at = |key| format!("strategy[{i}].{key}");
            if let StrategyChoice::BuiltIn(params) = &strategy.params {
                params.validate().map_err(|e| ConfigError::param(&at("params"), e))?;
            }
            let sizing = strategy.sizing.validate();
            sizing.map_err(|e| ConfigError::param(&at("sizing"), e.into()))?;
            for symbol in strategy.instruments.iter().flatten() {
                account.check_known(&at("instruments"), symbol)?;
            }
        }
        self.check_names()
    }

    /// Names, one of a kind or given by the user.
    fn check_names(&self) -> Result<(), ConfigError> {
        let names = self.names();
        for (i, name) in names.iter().enumerate() {
            let at = format!("strategy[{i}].name");
            let number = name.parse::<u64>().is_ok();
            let odd = |c: char| matches!(c, '.' | '=' | '[' | ']') || c.is_control();
            if name.trim().is_empty() || number || name.contains(odd) {
                let words = format!(
                    "\"{name}\" cannot be a name; write letters, and no point, bracket or equals sign"
                );
                return Err(ConfigError::at_key(&at, &words));
            }
            if names[..i].contains(name) {
                let words = format!("two strategies are called {name}; names must differ");
                return Err(ConfigError::at_key(&at, &words));
            }
        }
        Ok(())
    }

    /// Has the program make its own; a kind that nobody knows is a fault.
    pub fn bring(
        strategies: &mut [StrategyConfig],
        own: &OwnStrategies,
    ) -> Result<(), ConfigError> {
        for (i, strategy) in strategies.iter_mut().enumerate() {
            let StrategyChoice::Own(wanted) = &mut strategy.params else { continue };
            let at = format!("strategy[{i}]");
            let make = own.named(&wanted.kind);
            let make = make.ok_or_else(|| unknown(&wanted.kind, own).below(&at))?;
            let made = make(wanted.params.clone());
            wanted.factory = Some(made.map_err(|e| e.below(&format!("{at}.params")))?);
        }
        Ok(())
    }
}

/// A kind, as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
enum Kind {
    BuiltIn(StrategyKind),
    Own(String),
}

impl From<String> for Kind {
    fn from(name: String) -> Self {
        let built_in = StrategyKind::ALL.into_iter().find(|kind| kind.name() == name);
        built_in.map_or(Self::Own(name), Self::BuiltIn)
    }
}

impl Kind {
    /// The strategy with no parameter stated.
    fn spec(self) -> StrategyChoice {
        match self {
            Self::BuiltIn(kind) => StrategyChoice::BuiltIn(StrategyParams::spec(kind)),
            Self::Own(kind) => own(kind, toml::Table::new()),
        }
    }
}

fn own(kind: String, params: toml::Table) -> StrategyChoice {
    StrategyChoice::Own(OwnStrategy { kind, params: params.into(), factory: None })
}

/// Reads the parameters of a kind that is already known.
impl<'de> DeserializeSeed<'de> for Kind {
    type Value = StrategyChoice;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<StrategyChoice, D::Error> {
        match self {
            Self::BuiltIn(kind) => kind.deserialize(from).map(StrategyChoice::BuiltIn),
            Self::Own(kind) => toml::Table::deserialize(from).map(|params| own(kind, params)),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Kind,
    Name,
    Instruments,
    BracketAnchor,
    Sizing,
    Params,
}

const KEYS: &[&str] = &["kind", "name", "instruments", "bracket_anchor", "sizing", "params"];

impl Serialize for StrategyConfig {
    /// In the order of the keys: the bytes of a manifest are compared.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let optional = [self.name.is_some(), self.instruments.is_some()];
        let absent = optional.iter().filter(|present| !**present).count();
        let mut out = to.serialize_struct("StrategyConfig", KEYS.len() - absent)?;
        out.serialize_field("kind", self.params.kind())?;
        if let Some(name) = &self.name {
            out.serialize_field("name", name)?;
        }
        if let Some(instruments) = &self.instruments {
            out.serialize_field("instruments", instruments)?;
        }
        out.serialize_field("bracket_anchor", &self.bracket_anchor)?;
        out.serialize_field("sizing", &self.sizing)?;
        out.serialize_field("params", &self.params)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for StrategyConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_struct("StrategyConfig", KEYS, Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = StrategyConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct StrategyConfig")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StrategyConfig, A::Error> {
        let mut kind: Option<Kind> = None;
        let mut params: Option<StrategyChoice> = None;
        // Only where the kind comes later, as never in a table, which is sorted by key.
        let mut early: Option<serde_json::Value> = None;
        let (mut name, mut instruments, mut anchor, mut sizing) = (None, None, None, None);
        while let Some(key) = map.next_key::<Key>()? {
            match (key, &kind) {
                (Key::Kind, _) => once("kind", &mut kind, map.next_value()?)?,
                (Key::Name, _) => once("name", &mut name, map.next_value()?)?,
                (Key::Instruments, _) => {
                    once("instruments", &mut instruments, map.next_value()?)?;
                }
                (Key::BracketAnchor, _) => {
                    once("bracket_anchor", &mut anchor, map.next_value()?)?;
                }
                (Key::Sizing, _) => once("sizing", &mut sizing, map.next_value()?)?,
                (Key::Params, Some(kind)) => {
                    once("params", &mut params, map.next_value_seed(kind.clone())?)?;
                }
                (Key::Params, None) => once("params", &mut early, map.next_value()?)?,
            }
        }
        let kind = kind.ok_or_else(|| de::Error::missing_field("kind"))?;
        if let Some(early) = early {
            let read = kind.clone().deserialize(early).map_err(de::Error::custom)?;
            once("params", &mut params, read)?;
        }
        Ok(StrategyConfig {
            name: name.flatten(),
            instruments: instruments.flatten(),
            bracket_anchor: anchor.unwrap_or(BracketAnchor::Fill),
            sizing: sizing.unwrap_or_else(Sizing::spec),
            params: params.unwrap_or_else(|| kind.spec()),
        })
    }
}

fn once<T, E: de::Error>(key: &'static str, into: &mut Option<T>, value: T) -> Result<(), E> {
    match into.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}
