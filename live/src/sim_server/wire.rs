//! Numbers and times as they stand on the wire.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Number, Value};
use tickstep_core::units::Nanos;

use super::options::{NumberWording, Wording};

/// What the documents write an amount as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    /// A text.
    Text,
    /// A number.
    Number,
}

/// How this server spells things, at the time it tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    /// Spelling.
    pub wording: Wording,
    /// Added to every time.
    pub skew: Nanos,
}

impl Pen {
    /// An amount.
    pub fn amount(&self, usual: Usual, amount: Decimal) -> Value {
        let text = match (self.wording.numbers, usual) {
            (NumberWording::Documented, usual) => usual == Usual::Text,
            (NumberWording::Opposite, usual) => usual == Usual::Number,
            (NumberWording::Texts, _) => true,
            (NumberWording::Numbers, _) => false,
        };
        if text { Value::String(amount.to_string()) } else { number(amount) }
    }

    /// An amount that documents write as a text.
    pub fn text(&self, amount: Decimal) -> Value {
        self.amount(Usual::Text, amount)
    }

    /// An amount that documents write as a number.
    pub fn number(&self, amount: Decimal) -> Value {
        self.amount(Usual::Number, amount)
    }

    /// A stop or a target.
    pub fn level(&self, level: Option<Decimal>) -> Value {
        match level {
            Some(px) => self.text(px),
            None if self.wording.null_levels => Value::Null,
            None => self.text(Decimal::ZERO),
        }
    }

    /// A time in words.
    pub fn time(&self, ts: Nanos) -> Value {
        let text = Timestamp::from_millisecond((ts + self.skew).millis())
            .map_or_else(|_| String::new(), |ts| ts.to_string());
        let bare = text.trim_end_matches('Z');
        Value::String(if self.wording.without_zone { bare.to_owned() } else { text })
    }

    /// A time in milliseconds since the epoch.
    pub fn millis(&self, ts: Nanos) -> Value {
        (ts + self.skew).millis().into()
    }

    /// A time that a client wrote: RFC 3339, or milliseconds since the epoch.
    pub fn read_time(&self, value: &Value) -> Option<Nanos> {
        let ts = match value {
            Value::String(text) => text.parse::<Timestamp>().ok()?.as_millisecond(),
            Value::Number(ms) => ms.as_i64()?,
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(Nanos::from_millis(ts)? - self.skew)
    }
}

/// A number of JSON; with more digits than a float holds, the nearest one.
pub(crate) fn number(amount: Decimal) -> Value {
    let amount = amount.normalize();
    if let Ok(whole) = i64::try_from(amount.mantissa())
        && amount.scale() == 0
    {
        return whole.into();
    }
    let float = amount.to_string().parse().ok().and_then(Number::from_f64);
    float.map_or(Value::Null, Value::Number)
}

/// The decimal of a number of JSON, as it was written.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["0", "1", "-3", "0.01", "1.08101", "4395.62", "100000.000", "0.00000001"] {
            let amount: Decimal = text.parse().unwrap();
            let read: Value = serde_json::from_str(&number(amount).to_string()).unwrap();
            assert_eq!(decimal(&read), Some(amount.normalize()), "{text}");
        }
    }
}
