//! What is said of a parameter that is out of range.

use alloc::string::{String, ToString};

use crate::units::Fraction;

/// A parameter cannot be used as given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// Outside its range.
    #[error("{name} = {value} is out of range; it must be {range}")]
    OutOfRange {
        /// Parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// Parameters contradict each other.
    #[error("{0}")]
    Conflict(&'static str),
}

impl ParamError {
    /// An out-of-range error for any printable value.
    pub fn out_of_range(name: &'static str, value: impl ToString, range: &'static str) -> Self {
        Self::OutOfRange { name, value: value.to_string(), range }
    }
}

/// `low <= value <= high`, or an error that names `range`.
pub fn in_range<T: PartialOrd + ToString>(
    name: &'static str,
    value: T,
    low: T,
    high: T,
    range: &'static str,
) -> Result<(), ParamError> {
    if low <= value && value <= high {
        Ok(())
    } else {
        Err(ParamError::out_of_range(name, value, range))
    }
}

/// Strictly above 0 and below 1.
pub fn proper_fraction(name: &'static str, value: Fraction) -> Result<(), ParamError> {
    if Fraction::ZERO < value && value < Fraction::lit(1, 0) {
        Ok(())
    } else {
        Err(ParamError::out_of_range(name, value, "above 0 and below 1"))
    }
}
