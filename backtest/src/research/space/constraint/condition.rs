//! What a condition is made of once it is read, and its answer for a set.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::research::space::axis::Axis;
use crate::research::space::value::Value;

/// Something true or false.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    Literal(bool),
    Axis(usize),
    Not(Box<Truth>),
    And(Box<[Truth; 2]>),
    Or(Box<[Truth; 2]>),
    Same { equal: bool, sides: Box<[Truth; 2]> },
    SameText { equal: bool, sides: [Text; 2] },
    Compare { by: Compare, sides: Box<[Number; 2]> },
}

/// A side of a comparison that is a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Literal(Decimal),
    Axis(usize),
    Minus(Box<Number>),
    Arithmetic { by: Arithmetic, column: usize, sides: Box<[Number; 2]> },
}

/// A side of a comparison that is a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Literal(String),
    Axis(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Equal,
    Unequal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Why there is no answer, and the column of the sign to blame.
pub(super) struct EvalFault {
    pub(super) column: usize,
    pub(super) message: &'static str,
}

/// A set by its levels, one for each axis.
#[derive(Clone, Copy)]
pub(super) struct Point<'a> {
    pub(super) axes: &'a [Axis],
    pub(super) levels: &'a [u32],
}

impl<'a> Point<'a> {
    fn level(self, axis: usize) -> Option<(&'a Axis, u32)> {
        Some((self.axes.get(axis)?, *self.levels.get(axis)?))
    }

    fn number(self, axis: usize) -> Result<Decimal, EvalFault> {
        let (axis, level) = self.level(axis).ok_or_else(foreign)?;
        axis.number(level).ok_or_else(foreign)
    }

    fn listed(self, axis: usize) -> Result<&'a Value, EvalFault> {
        let (axis, level) = self.level(axis).ok_or_else(foreign)?;
        axis.listed(level).ok_or_else(foreign)
    }
}

/// Only for levels that are not of the axes it was read against.
fn foreign() -> EvalFault {
    EvalFault { column: 1, message: "the set is not of this space" }
}

impl Truth {
    pub(super) fn at(&self, point: Point<'_>) -> Result<bool, EvalFault> {
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
    fn at(&self, point: Point<'_>) -> Result<Decimal, EvalFault> {
        match self {
            Self::Literal(number) => Ok(*number),
            Self::Axis(axis) => point.number(*axis),
            Self::Minus(of) => Ok(-of.at(point)?),
            Self::Arithmetic { by, column, sides } => {
                let (a, b) = (sides[0].at(point)?, sides[1].at(point)?);
                let fault = |message| EvalFault { column: *column, message };
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

impl Text {
    fn at<'a>(&'a self, point: Point<'a>) -> Result<&'a str, EvalFault> {
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
