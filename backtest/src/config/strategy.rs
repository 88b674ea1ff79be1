//! A strategy as it is written down. Which parameters it has depends on its
//! kind, which no derived reader knows while it meets them; so this one is
//! written by hand, and reads `params` in place, where the path to a wrong key
//! is known, instead of setting them aside.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use tickstep_core::order::BracketAnchor;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::builtin::{StrategyKind, StrategyParams};

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
    /// How much; by risk when absent.
    pub sizing: Sizing,
    /// Which strategy (`kind`), and its parameters; those left out have the specification's defaults.
    pub params: StrategyParams,
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
        out.serialize_field("kind", &self.params.kind())?;
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
        let mut kind: Option<StrategyKind> = None;
        let mut params: Option<StrategyParams> = None;
        // Only where the kind comes later, as never in a table, which is sorted by key.
        let mut early: Option<serde_json::Value> = None;
        let (mut name, mut instruments, mut anchor, mut sizing) = (None, None, None, None);
        while let Some(key) = map.next_key::<Key>()? {
            match (key, kind) {
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
                    once("params", &mut params, map.next_value_seed(kind)?)?;
                }
                (Key::Params, None) => once("params", &mut early, map.next_value()?)?,
            }
        }
        let kind = kind.ok_or_else(|| de::Error::missing_field("kind"))?;
        if let Some(early) = early {
            let read = kind.deserialize(early).map_err(de::Error::custom)?;
            once("params", &mut params, read)?;
        }
        Ok(StrategyConfig {
            name: name.flatten(),
            instruments: instruments.flatten(),
            bracket_anchor: anchor.unwrap_or(BracketAnchor::Fill),
            sizing: sizing.unwrap_or_else(Sizing::spec),
            params: params.unwrap_or_else(|| StrategyParams::spec(kind)),
        })
    }
}

fn once<T, E: de::Error>(key: &'static str, into: &mut Option<T>, value: T) -> Result<(), E> {
    match into.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}
