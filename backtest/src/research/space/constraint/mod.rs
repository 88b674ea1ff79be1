//! Conditions between parameters, because most combinations of a grid, such as
//! a fast average slower than the slow one, are not worth a run.
//!
//! A condition is read once against the axes: names, kinds and grammar are
//! checked before anything runs. Arithmetic is on exact decimals.
//!
//! ```text
//! fast < slow
//! costs.slippage.ticks * 2 <= take_profit
//! stop_loss < take_profit and not (mode == "auto" or spike_multiple >= 3)
//! ```
//!
//! A name is the key of an axis or the end of one key only; a key with other
//! signs than letters, digits, `_`, `.` and `#` is written in backquotes.
//! `and` binds more than `or`, `not` more than `and`; a part that the first half
//! of an `and` or `or` decides is not looked at.
//!
//! Known limits: a quotient is rounded to 28 digits; a condition has at most
//! 1000 characters and 64 nested parts.

mod condition;
mod parse;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod token;

use super::axis::Axis;
use super::error::SpaceError;
use condition::{Point, Truth};

/// A condition between the parameters of a space.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constraint {
    text: String,
    truth: Truth,
}

impl Constraint {
    pub(crate) fn read(text: &str, axes: &[Axis]) -> Result<Self, SpaceError> {
        Ok(Self { text: text.to_owned(), truth: parse::read(text, axes)? })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the set of these levels fulfils it.
    pub(crate) fn holds(&self, axes: &[Axis], levels: &[u32]) -> Result<bool, SpaceError> {
        let point = Point { axes, levels };
        self.truth.at(point).map_err(|fault| {
            let pairs = axes.iter().zip(levels);
            let shown = pairs.filter_map(|(a, l)| Some(format!("{}={}", a.key(), a.value(*l)?)));
            SpaceError::Unanswered {
                text: self.text.clone(),
                column: fault.column,
                message: fault.message,
                set: shown.collect::<Vec<_>>().join(" "),
            }
        })
    }
}
