//! One value of a parameter, because a search that tries 0.1 must say 0.1 in
//! every file, message and rerun.
//!
//! Decimals are exact and have no trailing zeros. A value prints as
//! `--set key=value` takes it, and reads back as the value it was.
//!
//! Known limits: in TOML and JSON a decimal that a float does not hold is text,
//! and text that reads as a number with a point is therefore that number.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use toml::de::DeValue;

use super::error::SpaceError;
use tickstep_config::exact;

/// One value of a parameter. In order: truths, numbers by size, texts.
///
/// ```
/// use tickstep_backtest::research::space::Value;
///
/// let read = |text: &str| text.parse::<Value>();
/// assert_eq!(read("3")?, Value::Int(3));
/// assert_eq!(read("0.10")?.to_string(), "0.1");
/// assert_eq!(read("USDT")?, Value::Text("USDT".into()));
/// assert!(read("2")? < read("2.5")?);
/// # Ok::<(), tickstep_backtest::research::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a point.
    Decimal(Decimal),
    /// Any other text.
    Text(String),
}

impl Value {
    /// The value as a decimal, if it is a number.
    #[must_use]
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Int(n) => Some(Decimal::from(*n)),
            Self::Decimal(d) => Some(*d),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    /// The value as a float, if it is a number.
    #[must_use]
    pub fn float(&self) -> Option<f64> {
        self.number().and_then(|n| n.to_f64())
    }

    /// Whether both mean the same, as 2 and 2.0 do.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a == b,
            _ => self == other,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Decimal(_) => 1,
            Self::Text(_) => 2,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => match (self.number(), other.number()) {
                // Equal in size, but `2` and `2.0` are not equal.
                (Some(a), Some(b)) => a.cmp(&b).then_with(|| {
                    let point = |v: &Self| matches!(v, Self::Decimal(_));
                    point(self).cmp(&point(other))
                }),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Always with a point, which is what tells a decimal from a whole number.
fn pointed(decimal: Decimal) -> String {
    let text = decimal.normalize().to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Text that TOML does not take for anything else.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["true", "false", "inf", "nan"].contains(&text)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Decimal(d) => f.write_str(&pointed(*d)),
            Self::Text(text) if is_plain(text) => f.write_str(text),
            // JSON's escapes are TOML's too, and keep it on one line; TOML alone escapes DEL.
            Self::Text(text) => {
                let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
                f.write_str(&quoted.replace('\u{7f}', "\\u007f"))
            }
        }
    }
}

impl FromStr for Value {
    type Err = SpaceError;

    /// A TOML value, every digit kept; what is none is text.
    fn from_str(text: &str) -> Result<Self, SpaceError> {
        let fault =
            |message: &str| SpaceError::Value { given: text.to_owned(), message: message.into() };
        let long = || fault("it has more digits than are kept exactly; write at most 28");
        let Ok(parsed) = DeValue::parse(text.trim()) else {
            return Ok(Self::Text(text.trim().to_owned()));
        };
        match parsed.get_ref() {
            DeValue::Boolean(b) => Ok(Self::Bool(*b)),
            DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
                Ok(n) => Ok(Self::Int(n)),
                Err(_) if n.radix() == 10 => exact(n.as_str()).map(Self::Decimal).ok_or_else(long),
                Err(_) => Err(long()),
            },
            DeValue::Float(x) if x.as_str().contains("inf") || x.as_str().contains("nan") => {
                Err(fault("it is no finite number"))
            }
            DeValue::Float(x) => exact(x.as_str()).map(Self::Decimal).ok_or_else(long),
            DeValue::String(text) => Ok(Self::Text(text.to_string())),
            DeValue::Datetime(time) => Ok(Self::Text(time.to_string())),
            DeValue::Array(_) | DeValue::Table(_) => {
                Err(fault("it is a list or a table; write a number, true, false or text"))
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(b) => to.serialize_bool(*b),
            Self::Int(n) => to.serialize_i64(*n),
            Self::Text(text) => to.serialize_str(text),
            Self::Decimal(d) => {
                // A float whose own text is the decimal loses nothing.
                let near = d.to_f64().filter(|x| exact(&x.to_string()) == Some(d.normalize()));
                match near {
                    Some(x) => to.serialize_f64(x),
                    None => to.serialize_str(&pointed(*d)),
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl de::Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, true, false or text")
    }

    fn visit_bool<E: de::Error>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or_else(|_| Value::Decimal(n.into()), Value::Int))
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Value, E> {
        // The shortest text of the float is what was written.
        exact(&x.to_string()).map(Value::Decimal).ok_or_else(|| {
            E::custom(format!("{x} is not a decimal that is kept exactly, such as 0.25"))
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let number = digits.contains('.')
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.ends_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        let decimal = if number { exact(text) } else { None };
        Ok(decimal.map_or_else(|| Value::Text(text.to_owned()), Value::Decimal))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn reads_what_set_reads() {
        for (text, wanted) in [
            ("true", Value::Bool(true)),
            ("-7", Value::Int(-7)),
            ("0x10", Value::Int(16)),
            ("2.50", dec("2.5")),
            ("1e-3", dec("0.001")),
            ("99999999999999999999", dec("99999999999999999999")),
            ("0.00039999999999999999999", dec("0.00039999999999999999999")),
            ("fill", Value::Text("fill".into())),
            ("\"0.1\"", Value::Text("0.1".into())),
            ("2024-01-01", Value::Text("2024-01-01".into())),
            ("", Value::Text(String::new())),
        ] {
            assert_eq!(text.parse::<Value>(), Ok(wanted), "{text}");
        }
        for text in ["[1]", "{ a = 1 }", "nan", "1e40"] {
            assert!(text.parse::<Value>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_tenth_stays_a_tenth() {
        let table: toml::Table = toml::from_str("v = [0.1, 2.0, 3, \"0.30\", 'x']").unwrap();
        let read: Vec<Value> = table["v"].clone().try_into().unwrap();
        assert_eq!(
            read,
            [dec("0.1"), dec("2"), Value::Int(3), dec("0.3"), Value::Text("x".into())]
        );
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"[0.1,2.0,3,0.3,"x"]"#);
        assert_eq!(dec("2").to_string(), "2.0");
    }

    #[test]
    fn order_is_total() {
        let mut list =
            [Value::Text("a".into()), dec("2"), Value::Int(2), dec("-0.5"), Value::Bool(true)];
        list.sort();
        let shown: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["true", "-0.5", "2", "2.0", "a"]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (any::<i64>(), 0_u32..20).prop_map(|(n, s)| Value::Decimal(Decimal::new(n, s))),
            any::<String>().prop_map(Value::Text),
            "[a-z_0-9.+-]{0,8}".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(value in any_value()) {
            prop_assert_eq!(value.to_string().parse::<Value>(), Ok(value));
        }

        #[test]
        fn what_is_written_reads_back(value in any_value()) {
            let json = serde_json::to_string(&value).unwrap();
            let back: Value = serde_json::from_str(&json).unwrap();
            if let Value::Text(text) = &value {
                prop_assert!(back == value || text.contains('.'));
            } else {
                prop_assert_eq!(&back, &value);
            }
            prop_assert_eq!(&toml::Value::try_from(&value).unwrap().try_into::<Value>().unwrap(), &back);
        }
    }
}
