//! Replies of the Platform API as they come over the wire, and what they mean.
//!
//! What is documented, seen or only inferred is told in the module's documentation.
//! Unknown fields are left alone. An unknown side is a fault, never a default.

mod account;
mod market;
mod outcome;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use tickstep_core::units::Side;

pub use account::{balance, closed, orders, positions};
pub use market::{candles, instruments, quotes};
pub use outcome::{outcome, words};

use super::number::Num;

/// Why a reply cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not the JSON that was expected.
    #[error("{what}: {why}")]
    Json {
        /// What was to be read.
        what: &'static str,
        /// What is wrong, with line and column.
        why: String,
    },
    /// A field is missing, or its value is none of those there are.
    #[error("{what} {id}: {field} is {found}")]
    Field {
        /// What was to be read.
        what: &'static str,
        /// The broker's number of it.
        id: String,
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
    },
}

fn json<'b, T: Deserialize<'b>>(what: &'static str, body: &'b [u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|e| WireError::Json { what, why: e.to_string() })
}

/// Reads a list, a list in an object under `name`, or a single one.
fn list<'b, T: Deserialize<'b>>(
    what: &'static str,
    name: &str,
    body: &'b [u8],
) -> Result<Vec<T>, WireError> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return json(what, body);
    }
    let fields: BTreeMap<String, &RawValue> = json(what, body)?;
    match fields.get(name) {
        Some(list) => json(what, list.get().as_bytes()),
        None => json(what, body).map(|one| vec![one]),
    }
}

fn need<T>(
    what: &'static str,
    id: &str,
    field: &'static str,
    value: Option<T>,
) -> Result<T, WireError> {
    let missing =
        || WireError::Field { what, id: id.to_owned(), field, found: "missing".to_owned() };
    value.ok_or_else(missing)
}

/// A price, or a volume, which is above zero: brokers write zero where they do not know it
/// yet, and nothing may be booked at that.
fn amount(
    what: &'static str,
    id: &str,
    field: &'static str,
    value: Num,
) -> Result<Decimal, WireError> {
    let amount = need(what, id, field, value.0)?.normalize();
    if amount > Decimal::ZERO {
        return Ok(amount);
    }
    Err(WireError::Field { what, id: id.to_owned(), field, found: amount.to_string() })
}

fn side(what: &'static str, id: &str, text: &str) -> Result<Side, WireError> {
    match text.to_ascii_uppercase().as_str() {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => {
            Err(WireError::Field { what, id: id.to_owned(), field: "side", found: text.to_owned() })
        }
    }
}

/// Zero, empty and null are no level.
fn level(price: Num) -> Option<Decimal> {
    price.0.filter(|p| !p.is_zero()).map(|p| p.normalize())
}
