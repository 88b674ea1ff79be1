//! Amounts as the database holds them: whole units of 0.00000001.
//!
//! What has more digits than that, or is too large for 64 bits, is an error with its
//! name: no amount is wrapped, and none that somebody stated is changed. What was computed
//! here, and only that, is rounded, half to even.

use rust_decimal::{Decimal, RoundingStrategy};

/// Digits behind the point.
pub const DIGITS: u32 = 8;

/// An amount that a column cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} of {amount} does not fit: amounts have at most 8 digits behind the point and lie within 92233720368"
)]
pub struct DoesNotFit {
    /// What it is.
    pub what: &'static str,
    /// How much.
    pub amount: Decimal,
}

/// An amount that was stated, as the database holds it.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_live::store::{exact, decimal};
///
/// let price = Decimal::new(11_012_345, 5);
/// assert_eq!(exact("price", price)?, 11_012_345_000);
/// assert_eq!(decimal(11_012_345_000), price);
/// assert!(exact("price", Decimal::new(1, 9)).is_err(), "0.000000001 has nine digits");
/// # Ok::<(), tickstep_live::store::DoesNotFit>(())
/// ```
///
/// # Errors
/// When it has more than eight digits behind the point, or is too large.
pub fn exact(what: &'static str, amount: Decimal) -> Result<i64, DoesNotFit> {
    let plain = amount.normalize();
    let Some(missing) = DIGITS.checked_sub(plain.scale()) else {
        return Err(DoesNotFit { what, amount });
    };
    let units = plain.mantissa().checked_mul(10_i128.pow(missing));
    let units = units.and_then(|units| i64::try_from(units).ok());
    units.ok_or(DoesNotFit { what, amount })
}

/// An amount that was computed, rounded to what the database holds.
///
/// # Errors
/// When it is too large.
pub fn rounded(what: &'static str, amount: Decimal) -> Result<i64, DoesNotFit> {
    exact(what, amount.round_dp_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven))
}

/// The amount that the database holds as `units`.
#[must_use]
pub fn decimal(units: i64) -> Decimal {
    Decimal::new(units, DIGITS).normalize()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_edges() {
        let largest = Decimal::new(i64::MAX, DIGITS);
        assert_eq!(exact("x", largest), Ok(i64::MAX));
        assert_eq!(exact("x", Decimal::new(i64::MIN, DIGITS)), Ok(i64::MIN));
        let next = largest + Decimal::new(1, DIGITS);
        assert_eq!(exact("x", next), Err(DoesNotFit { what: "x", amount: next }));
        assert!(exact("x", Decimal::MAX).is_err());
        assert!(rounded("x", Decimal::MAX).is_err());
        assert_eq!(exact("x", Decimal::new(1_000, 9)), Ok(100), "trailing zeros are no digits");
        assert_eq!(rounded("x", Decimal::new(15, 9)), Ok(2));
        assert_eq!(rounded("x", Decimal::new(25, 9)), Ok(2));
        assert_eq!(rounded("x", Decimal::new(-15, 9)), Ok(-2));
    }

    proptest! {
        #[test]
        fn what_fits_comes_back(units in any::<i64>()) {
            prop_assert_eq!(exact("x", decimal(units)), Ok(units));
        }

        #[test]
        fn what_does_not_fit_is_refused(mantissa in any::<i64>(), scale in 0_u32..28) {
            let amount = Decimal::new(mantissa, scale);
            match exact("x", amount) {
                Ok(units) => prop_assert_eq!(decimal(units), amount),
                Err(refused) => prop_assert!(
                    refused.amount == amount
                        && (amount.normalize().scale() > DIGITS
                            || amount.abs() > Decimal::new(i64::MAX, DIGITS))
                ),
            }
        }
    }
}
