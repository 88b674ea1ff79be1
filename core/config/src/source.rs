//! TOML text as values that keep every digit, and where each of them was written.
//!
//! A TOML float is read through `f64`, which drops digits in silence. Here a
//! number that does not survive that is handed on as its text, which decimals
//! are read from exactly; one that no decimal holds is refused.

use std::collections::BTreeMap;
use std::ops::Range;

use rust_decimal::Decimal;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// Where the key and the value at a path stand in the text, in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// The values of a text, and the place of each path such as `strategy[0].kind`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub table: Table,
    pub places: BTreeMap<String, Place>,
}

/// A path and what is wrong there.
pub(crate) type Fault = (String, String);

impl Source {
    /// Of a text that was parsed; the places are there even when a number is refused.
    pub(crate) fn of(parsed: &DeTable<'_>) -> (Self, Option<Fault>) {
        let mut source = Self::default();
        match source.table("", parsed) {
            Ok(table) => {
                source.table = table;
                (source, None)
            }
            Err(fault) => (source, Some(fault)),
        }
    }

    fn table(&mut self, at: &str, parsed: &DeTable<'_>) -> Result<Table, Fault> {
        let mut table = Table::new();
        for (key, value) in parsed {
            let name = key.get_ref().as_ref();
            let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            let place = Place { key: key.span(), value: value.span() };
            self.places.insert(path.clone(), place);
            table.insert(name.to_owned(), self.value(&path, value)?);
        }
        Ok(table)
    }

    fn value(&mut self, at: &str, parsed: &Spanned<DeValue<'_>>) -> Result<Value, Fault> {
        let refuse = |text: &str| (at.to_owned(), too_long(text));
        Ok(match parsed.get_ref() {
            DeValue::String(text) => {
                if is_decimal(text) && exact(text).is_none() {
                    return Err(refuse(text));
                }
                Value::String(text.to_string())
            }
            DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
                Ok(n) => Value::Integer(n),
                Err(_) if n.radix() == 10 => {
                    let exact = exact(n.as_str()).ok_or_else(|| refuse(n.as_str()))?;
                    Value::String(exact.to_string())
                }
                Err(_) => return Err(refuse(&n.to_string())),
            },
            DeValue::Float(f) => float(f.as_str()).ok_or_else(|| refuse(f.as_str()))?,
            DeValue::Boolean(b) => Value::Boolean(*b),
            DeValue::Datetime(d) => Value::Datetime(*d),
            DeValue::Array(items) => {
                let mut list = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    let path = format!("{at}[{i}]");
                    let place = Place { key: item.span(), value: item.span() };
                    self.places.insert(path.clone(), place);
                    list.push(self.value(&path, item)?);
                }
                Value::Array(list)
            }
            DeValue::Table(inner) => Value::Table(self.table(at, inner)?),
        })
    }
}

/// The value at a path, if there is one.
pub(crate) fn lookup<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut parts = path.split(['.', '[']).map(|p| p.trim_end_matches(']'));
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

/// A float where the float's own shortest text is what was written, else that text.
fn float(text: &str) -> Option<Value> {
    let near: f64 = text.parse().ok()?;
    if text.contains("inf") || text.contains("nan") {
        return Some(Value::Float(near));
    }
    let exact = exact(text)?;
    Some(if Decimal::from_str_exact(&near.to_string()) == Ok(exact) {
        Value::Float(near)
    } else {
        Value::String(exact.to_string())
    })
}

/// A number in quotes: digits and a point only, so that no other text is meant.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.contains('.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && text.parse::<f64>().is_ok()
}

/// Exactly the number that was written, exponent or not.
#[must_use]
pub fn exact(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    // Zeros at the end say nothing, however many there are.
    let short = if digits.contains('.') { digits.trim_end_matches('0') } else { digits };
    let short = short.strip_suffix('.').unwrap_or(short);
    let number = Decimal::from_str_exact(short).ok()?.normalize();
    if number.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i64::from(number.scale()).checked_sub(exponent)?;
    let (mantissa, scale) = if scale >= 0 {
        (number.mantissa(), u32::try_from(scale).ok()?)
    } else {
        let factor = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
        (number.mantissa().checked_mul(factor)?, 0)
    };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

fn too_long(text: &str) -> String {
    format!(
        "{text} cannot be kept exactly; write at most 28 digits in all and 28 after the point, \
         below 7.9e28"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn exact_takes_every_form_and_refuses_what_it_cannot_hold() {
        for (text, wanted) in [
            ("0.00039999999999999999999", "0.00039999999999999999999"),
            ("123456789.123456789012", "123456789.123456789012"),
            ("1e-28", "0.0000000000000000000000000001"),
            ("+1.50e3", "1500"),
            ("-2.5E-3", "-0.0025"),
            ("0.0", "0"),
            ("1.00000000000000000000000000000000000", "1"),
        ] {
            assert_eq!(exact(text), Some(wanted.parse().unwrap()), "{text}");
        }
        for text in ["1e-30", "1e40", "8e28", "0.00000000000000000000000000000000001"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn floats_that_survive_stay_floats() {
        assert_eq!(float("0.0004"), Some(Value::Float(0.0004)));
        assert_eq!(
            float("0.00039999999999999999999"),
            Some(Value::String("0.00039999999999999999999".into()))
        );
    }
}
