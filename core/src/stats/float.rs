//! Crossing from exact money to `f64`, and keeping what is not a number out.
//!
//! Statistics are signals, not the ledger: they are computed in `f64` from
//! money that was summed as [`Decimal`]. Every division and root of this folder
//! passes through [`finite`], so that no NaN or infinity reaches a report.

use rust_decimal::Decimal;

pub(super) use crate::math::decimal_to_f64 as to_f64;

/// `None` for NaN and the infinities.
pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// `num / den`; `None` when that is not a number.
pub(super) fn ratio(num: Decimal, den: Decimal) -> Option<f64> {
    finite(to_f64(num) / to_f64(den))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_by_zero_is_nothing() {
        assert_eq!(ratio(Decimal::ONE, Decimal::ZERO), None);
        assert_eq!(ratio(Decimal::ZERO, Decimal::ZERO), None);
    }
}
