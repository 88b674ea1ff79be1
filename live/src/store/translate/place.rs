//! Where a row comes from, and what all of them have in common.

use rust_decimal::Decimal;

use crate::store::amount::{DoesNotFit, exact};
use crate::store::entry::StoreEntry;

/// What the engine is called in the database.
pub(super) const ENGINE: &str = "runner";

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPlace {
    /// Number of the record.
    pub record: i64,
    /// Number of the row: 65536 times the record's, and its place in it.
    pub id: i64,
    /// The record's time.
    pub at: i64,
}

impl RowPlace {
    pub(super) fn of(entry: &StoreEntry, place: usize) -> Option<Self> {
        let record = i64::try_from(entry.record).ok()?;
        let place = i64::from(u16::try_from(place).ok()?);
        let id = record.checked_mul(1 << 16)?.checked_add(place)?;
        Some(Self { record, id, at: entry.at.0 })
    }
}

pub(super) fn exact_or_none(
    what: &'static str,
    amount: Option<Decimal>,
) -> Result<Option<i64>, DoesNotFit> {
    amount.map(|amount| exact(what, amount)).transpose()
}

/// A value without a name of its own, as serde names it.
pub(super) fn name<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

pub(super) const fn flag(is: bool) -> i64 {
    if is { 1 } else { 0 }
}
