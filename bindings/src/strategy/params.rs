//! Parameters of the strategies that come with tickstep: their names, defaults and ranges.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::value::Error as Stop;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use tickstep_backtest::config::{ConfigError, StrategyConfig, StrategyKind, StrategyParams};
use tickstep_backtest::setup::SetupError;
use tickstep_config::read;
use tickstep_core::strategy::outside::OutsideParams;
use tickstep_core::strategy::scalper::ScalperParams;
use tickstep_core::strategy::sma_cross::SmaCrossParams;

use crate::failure::{Class, Failure, of_arguments};
use crate::value::table;

/// Checks a strategy as it would stand in a configuration.
#[pyfunction]
pub fn check_strategy(slot: &Bound<'_, PyDict>) -> Result<(), Failure> {
    let at = |error: ConfigError| of_arguments(SetupError::Config(error.below("strategy[0]")));
    let config: StrategyConfig = read(table(slot)?, &[]).map_err(at)?;
    let Some(params) = config.params.built_in() else { return Ok(()) };
    let checked = params.validate().map_err(|error| ConfigError::param("params", error));
    checked.map_err(at)
}

/// The defaults of a kind as JSON; parameters without one are left out.
#[pyfunction]
pub fn strategy_defaults(kind: &str) -> Result<String, Failure> {
    let spec = StrategyParams::spec(known(kind)?);
    serde_json::to_string(&spec).map_err(|e| Failure::new(Class::Internal, e))
}

/// The names of all parameters of a kind.
#[pyfunction]
pub fn param_names(kind: &str) -> Result<Vec<&'static str>, Failure> {
    Ok(match known(kind)? {
        StrategyKind::Scalper => fields::<ScalperParams>(),
        StrategyKind::SmaCross => fields::<SmaCrossParams>(),
        StrategyKind::Outside => fields::<OutsideParams>(),
    })
}

/// `; did you mean ...?` for a name that there is not; nothing where none is near.
#[pyfunction]
pub fn hint(given: &str, known: Vec<String>) -> String {
    tickstep_config::hint(given, known.iter().map(String::as_str))
}

fn known(kind: &str) -> Result<StrategyKind, Failure> {
    let found = StrategyKind::ALL.into_iter().find(|known| known.name() == kind);
    found.ok_or_else(|| Failure::new(Class::Config, format!("{kind} does not come with tickstep")))
}

/// The fields that a structure is read from.
fn fields<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut names = Vec::new();
    // It ends with an error as soon as the names are known.
    let _ = T::deserialize(Names(&mut names));
    names
}

struct Names<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop::custom("no structure"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stop> {
        self.0.extend(fields);
        Err(Stop::custom("its names are known"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
