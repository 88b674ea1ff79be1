//! An axis as it is written in TOML and JSON, apart from the axis itself so that
//! a combination of keys that means nothing can be read and refused in words.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Axis, Drawn, Levels, Spacing, checked, fault, shown};
use crate::research::space::error::SpaceError;
use crate::research::space::value::Value;

/// Keys of an axis, any of which may be absent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimals: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
}

impl Serialize for Axis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Written::from(self.clone()).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::try_from(Written::deserialize(from)?).map_err(de::Error::custom)
    }
}

impl TryFrom<Written> for Axis {
    type Error = SpaceError;

    fn try_from(w: Written) -> Result<Self, SpaceError> {
        let key = w.key.as_str();
        match (w.values, w.from, w.to, w.step, w.decimals) {
            (Some(values), None, None, None, None) if !w.log => Self::list(key, values),
            (None, Some(from), Some(to), Some(step), None) if w.log => {
                Self::factors(key, &from, &to, &step)
            }
            (None, Some(from), Some(to), Some(step), None) => Self::range(key, &from, &to, &step),
            (None, Some(from), Some(to), None, Some(decimals)) => {
                let spacing = if w.log { Spacing::Log } else { Spacing::Linear };
                Self::continuous(key, &from, &to, decimals, spacing)
            }
            _ => Err(fault(checked(key)?)(
                "state values = [...]; or from, to and step; or, drawn at random, from, to and \
                 decimals"
                    .into(),
            )),
        }
    }
}

impl From<Axis> for Written {
    fn from(axis: Axis) -> Self {
        let ends = (axis.value(0), axis.value(axis.count() - 1));
        let none = Self {
            key: axis.key,
            values: None,
            from: None,
            to: None,
            step: None,
            decimals: None,
            log: false,
        };
        let (step, whole, drawn) = match axis.levels {
            Levels::List(values) => return Self { values: Some(values), ..none },
            Levels::Range { step, whole, drawn, .. } => (step, whole, drawn),
        };
        let ranged = Self { from: ends.0, to: ends.1, ..none };
        match drawn {
            Drawn::Steps => Self { step: Some(shown(step, whole)), ..ranged },
            Drawn::Anywhere(spacing) => {
                Self { decimals: Some(step.scale()), log: spacing == Spacing::Log, ..ranged }
            }
        }
    }
}
