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

mod parse;
mod token;

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Axis, SpaceError, Value};

/// A condition between the parameters of a space.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constraint {
    text: String,
    truth: Truth,
}

/// Something true or false.
#[derive(Clone, Debug, PartialEq)]
enum Truth {
    Literal(bool),
    Axis(usize),
    Not(Box<Truth>),
    And(Box<[Truth; 2]>),
    Or(Box<[Truth; 2]>),
    Same { equal: bool, sides: Box<[Truth; 2]> },
    SameText { equal: bool, sides: [Words; 2] },
    Compare { by: Compare, sides: Box<[Number; 2]> },
}

/// A number.
#[derive(Clone, Debug, PartialEq)]
enum Number {
    Literal(Decimal),
    Axis(usize),
    Minus(Box<Number>),
    Arithmetic { by: Arithmetic, column: usize, sides: Box<[Number; 2]> },
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
enum Words {
    Literal(String),
    Axis(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Equal,
    Unequal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Why there is no answer, and the column of the sign to blame.
struct Fault {
    column: usize,
    message: &'static str,
}

/// A set by its levels, one for each axis.
#[derive(Clone, Copy)]
struct Point<'a> {
    axes: &'a [Axis],
    levels: &'a [u32],
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

impl<'a> Point<'a> {
    fn level(self, axis: usize) -> Option<(&'a Axis, u32)> {
        Some((self.axes.get(axis)?, *self.levels.get(axis)?))
    }

    fn number(self, axis: usize) -> Result<Decimal, Fault> {
        let (axis, level) = self.level(axis).ok_or_else(foreign)?;
        axis.number(level).ok_or_else(foreign)
    }

    fn listed(self, axis: usize) -> Result<&'a Value, Fault> {
        let (axis, level) = self.level(axis).ok_or_else(foreign)?;
        axis.listed(level).ok_or_else(foreign)
    }
}

/// Only for levels that are not of the axes it was read against.
fn foreign() -> Fault {
    Fault { column: 1, message: "the set is not of this space" }
}

impl Truth {
    fn at(&self, point: Point<'_>) -> Result<bool, Fault> {
        Ok(match self {
            Self::Literal(truth) => *truth,
            Self::Axis(axis) => match point.listed(*axis)? {
                Value::Bool(truth) => *truth,
                _ => return Err(foreign()),
            },
            Self::Not(of) => !of.at(point)?,
            Self::And(sides) => sides[0].at(point)? && sides[1].at(point)?,
            Self::Or(sides) => sides[0].at(point)? || sides[1].at(point)?,
            Self::Same { equal, sides } => (sides[0].at(point)? == sides[1].at(point)?) == *equal,
            Self::SameText { equal, sides } => {
                (sides[0].at(point)? == sides[1].at(point)?) == *equal
            }
            Self::Compare { by, sides } => by.holds(sides[0].at(point)?.cmp(&sides[1].at(point)?)),
        })
    }
}

impl Number {
    fn at(&self, point: Point<'_>) -> Result<Decimal, Fault> {
        match self {
            Self::Literal(number) => Ok(*number),
            Self::Axis(axis) => point.number(*axis),
            Self::Minus(of) => Ok(-of.at(point)?),
            Self::Arithmetic { by, column, sides } => {
                let (a, b) = (sides[0].at(point)?, sides[1].at(point)?);
                let fault = |message| Fault { column: *column, message };
                match by {
                    Arithmetic::Add => a.checked_add(b),
                    Arithmetic::Subtract => a.checked_sub(b),
                    Arithmetic::Multiply => a.checked_mul(b),
                    Arithmetic::Divide if b.is_zero() => {
                        return Err(fault("it divides by zero; ask for `!= 0 and` before it"));
                    }
                    Arithmetic::Divide => a.checked_div(b),
                }
                .ok_or_else(|| fault("the result is above 7.9e28"))
            }
        }
    }
}

impl Words {
    fn at<'a>(&'a self, point: Point<'a>) -> Result<&'a str, Fault> {
        match self {
            Self::Literal(text) => Ok(text),
            Self::Axis(axis) => match point.listed(*axis)? {
                Value::Text(text) => Ok(text),
                _ => Err(foreign()),
            },
        }
    }
}

impl Compare {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::More => order.is_gt(),
            Self::MoreOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
