//! What a venue makes of an instrument: its name, its price and its size there.
//!
//! A feed supplies the market and a venue takes the orders, and the two need not agree:
//! `BTCUSDT` may be `BTCUSD.x` in lots of 0.1, quoted ten dollars lower. Everything in the
//! runner is in the terms of the feed, which are those of `[[instrument]]`; on the way to the
//! venue and back each price and volume is counted anew.

use core::fmt;

use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use tickstep_config::ConfigError;
use tickstep_core::units::Fraction;

use crate::broker::SymbolScale;

/// An instrument at a venue: `"BTCUSD.x"`, or a table where more than the name differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueSymbol {
    /// How the venue calls it; the instrument's own name with the venue's suffix when absent,
    /// and not traded there where it is empty.
    pub name: Option<String>,
    /// How price and size are counted there.
    pub scale: SymbolScale,
    /// How far the venue's middle price may be from the feed's, counted as above, before an
    /// entry is refused, a fraction of it, above 0 and below 1; any when absent. Without a
    /// fresh quote of the venue nothing is entered, either.
    pub max_deviation: Option<Fraction>,
}

/// The same as a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SymbolTable {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default = "one")]
    contract_size: Decimal,
    #[serde(default = "one")]
    multiplier: Decimal,
    #[serde(default)]
    offset: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_deviation: Option<Fraction>,
}

const fn one() -> Decimal {
    Decimal::ONE
}

struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = VenueSymbol;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the venue's symbol, or { name = \"BTCUSD.x\", contract_size = 0.1, .. }")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<VenueSymbol, E> {
        Ok(VenueSymbol { name: Some(name.to_owned()), ..VenueSymbol::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<VenueSymbol, A::Error> {
        let table = SymbolTable::deserialize(MapAccessDeserializer::new(map))?;
        let SymbolTable { name, contract_size, multiplier, offset, max_deviation } = table;
        Ok(VenueSymbol {
            name,
            scale: SymbolScale { contract_size, multiplier, offset },
            max_deviation,
        })
    }
}

impl<'de> Deserialize<'de> for VenueSymbol {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NameOrTable)
    }
}

impl Serialize for VenueSymbol {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let VenueSymbol { name, scale, max_deviation } = self.clone();
        match name {
            Some(name) if scale.is_same() && max_deviation.is_none() => name.serialize(to),
            name => {
                let SymbolScale { contract_size, multiplier, offset } = scale;
                let table = SymbolTable { name, contract_size, multiplier, offset, max_deviation };
                table.serialize(to)
            }
        }
    }
}

impl VenueSymbol {
    /// Ranges; `at` is where it stands.
    pub(super) fn check(&self, at: &str) -> Result<(), ConfigError> {
        let SymbolScale { contract_size, multiplier, .. } = self.scale;
        for (key, value) in [("contract_size", contract_size), ("multiplier", multiplier)] {
            let at = format!("{at}.{key}");
            if value <= Decimal::ZERO {
                let words = format!("{value} is out of range; it must be above 0");
                return Err(ConfigError::at_key(&at, &words));
            }
            if Decimal::ONE.checked_div(value).is_none_or(|inverse| inverse * value != Decimal::ONE)
            {
                let words = format!(
                    "{value} cannot be counted back exactly; write one that divides 1 without a \
                     rest, such as 0.01, 0.25, 10 or 1000"
                );
                return Err(ConfigError::at_key(&at, &words));
            }
        }
        match self.max_deviation {
            Some(most) if !(Fraction::ZERO < most && most < Fraction::lit(1, 0)) => {
                let words = format!("{most} is out of range; it must be above 0 and below 1");
                Err(ConfigError::at_key(&format!("{at}.max_deviation"), &words))
            }
            Some(_) | None => Ok(()),
        }
    }
}
