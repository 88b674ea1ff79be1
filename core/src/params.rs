//! What is said of a parameter that cannot be used.

use rust_decimal::Decimal;

use crate::units::Fraction;

/// A parameter lies outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} = {value} is out of range; it must be {range}")]
pub struct OutOfRange {
    /// Name of the parameter.
    pub field: &'static str,
    /// The value given.
    pub value: Decimal,
    /// The values allowed, in words.
    pub range: &'static str,
}

impl OutOfRange {
    /// The error for a value of any exact number type.
    pub fn new(field: &'static str, value: impl Into<Decimal>, range: &'static str) -> Self {
        Self { field, value: value.into(), range }
    }
}

/// Parameters of a strategy, a size or a limit cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// A parameter lies outside its range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// Two parameters contradict each other.
    #[error("{0}")]
    Conflict(&'static str),
}

/// `low <= value <= high`, or an error that names `range`.
pub fn in_range<T: PartialOrd + Copy + Into<Decimal>>(
    field: &'static str,
    value: T,
    low: T,
    high: T,
    range: &'static str,
) -> Result<(), OutOfRange> {
    if low <= value && value <= high { Ok(()) } else { Err(OutOfRange::new(field, value, range)) }
}

/// `0 < value <= high`, or an error that names `range`.
pub fn above_zero(
    field: &'static str,
    value: Fraction,
    high: Fraction,
    range: &'static str,
) -> Result<(), OutOfRange> {
    if Fraction::ZERO < value && value <= high {
        Ok(())
    } else {
        Err(OutOfRange::new(field, value, range))
    }
}

/// Strictly above 0 and below 1.
pub fn proper_fraction(field: &'static str, value: Fraction) -> Result<(), OutOfRange> {
    if Fraction::ZERO < value && value < Fraction::lit(1, 0) {
        Ok(())
    } else {
        Err(OutOfRange::new(field, value, "above 0 and below 1"))
    }
}
