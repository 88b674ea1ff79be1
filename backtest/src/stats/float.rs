//! Crossing from exact money to `f64`, and keeping what is not a number out.
//!
//! Statistics are signals, not the ledger: they are computed in `f64` from
//! money that was summed as [`Decimal`]. Every division and root of this folder
//! passes through [`finite`], so that no NaN or infinity reaches a report.

use rust_decimal::Decimal;

/// 10^0 to 10^28, the scales a [`Decimal`] can have; exact in `f64` up to 10^22.
const POWERS: [f64; 29] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28,
];

/// `value` as `f64`: the nearest one for up to 15 digits and 22 decimals, else
/// within two units in the last place. Half a million points a run pass here, so the digit loop
/// of the general conversion is avoided.
pub(crate) fn to_f64(value: Decimal) -> f64 {
    let mantissa = value.mantissa();
    // Converting 64 bits is one instruction, 128 a call.
    let digits = i64::try_from(mantissa).map_or_else(|_| mantissa as f64, |short| short as f64);
    digits / POWERS[value.scale() as usize]
}

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
    fn conversion_is_the_nearest_for_money() {
        for text in [
            "0",
            "0.1",
            "-0.1",
            "10000.00",
            "123456789.12345",
            "-3.33077184",
            "0.000000000000000001",
        ] {
            assert_eq!(
                to_f64(Decimal::from_str_exact(text).unwrap()),
                text.parse::<f64>().unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_division_by_zero_is_nothing() {
        assert_eq!(ratio(Decimal::ONE, Decimal::ZERO), None);
        assert_eq!(ratio(Decimal::ZERO, Decimal::ZERO), None);
    }
}
