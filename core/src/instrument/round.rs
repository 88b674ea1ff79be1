//! Integer and decimal arithmetic of the roundings, each with its direction in its
//! name.

use rust_decimal::Decimal;

use crate::math;
use crate::units::Lots;

/// A number does not lie on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not a whole multiple of {step}")]
pub struct OffGrid {
    /// The number given.
    pub value: Decimal,
    /// The tick size or lot step that it should be a multiple of.
    pub step: Decimal,
}

pub(super) const fn one_lot() -> Lots {
    match Lots::new(1) {
        Some(lots) => lots,
        None => Lots::ZERO,
    }
}

pub(super) fn whole_ticks(distance: f64) -> i64 {
    // `as` saturates, and a distance is at least one tick.
    (distance as i64).clamp(1, 1_000_000_000_000)
}

pub(super) fn exact_multiple(value: Decimal, step: Decimal) -> Result<i64, OffGrid> {
    let off = OffGrid { value, step };
    let n = value.checked_div(step).ok_or(off)?;
    if !n.is_integer() || n * step != value {
        return Err(off);
    }
    i64::try_from(n.mantissa() / 10_i128.pow(n.scale())).map_err(|_| off)
}

/// Money up to which `decimals` decimals of it are exact: a decimal holds 28 digits.
pub(crate) fn exact_below(decimals: u32) -> f64 {
    (0..decimals.saturating_sub(12)).fold(1e15, |most, _| most / 10.0)
}

/// `floor(budget / per_lot)`; zero where either is not above zero, or there are more.
pub(crate) fn floor_ratio(budget: Decimal, per_lot: Decimal) -> Lots {
    if budget <= Decimal::ZERO || per_lot <= Decimal::ZERO {
        return Lots::ZERO;
    }
    // On one scale both are whole numbers.
    let scale = budget.scale().max(per_lot.scale());
    let whole = |d: Decimal| d.mantissa().checked_mul(math::power_of_ten(scale - d.scale()));
    let lots = match (whole(budget), whole(per_lot)) {
        (Some(a), Some(b)) => math::quotient(a, b),
        _ => return floor_ratio_wide(budget, per_lot),
    };
    i64::try_from(lots).ok().and_then(Lots::new).unwrap_or(Lots::ZERO)
}

/// The same for numbers of so many digits that 128 bits do not hold them on one scale.
fn floor_ratio_wide(budget: Decimal, per_lot: Decimal) -> Lots {
    let Some(quotient) = budget.checked_div(per_lot) else { return Lots::ZERO };
    let floor = quotient.floor();
    let Ok(mut n) = i64::try_from(floor.mantissa() / math::power_of_ten(floor.scale())) else {
        return Lots::ZERO;
    };
    // A 28-digit quotient may have been rounded up to a whole number.
    while n > 0 && Decimal::from(n).checked_mul(per_lot).is_none_or(|cost| cost > budget) {
        n -= 1;
    }
    Lots::new(n).unwrap_or(Lots::ZERO)
}

/// Mantissa and scale without trailing zeros, where 64 bits hold it.
pub(super) fn short(value: Decimal) -> Option<(i64, u32)> {
    let value = value.normalize();
    Some((i64::try_from(value.mantissa()).ok()?, value.scale()))
}

pub(super) fn ceil_div(value: Decimal, step: Decimal) -> Option<Lots> {
    let n = value.checked_div(step)?.ceil();
    Lots::new(i64::try_from(n.mantissa() / 10_i128.pow(n.scale())).ok()?)
}

pub(super) fn mul_floor(px: i64, num: i64, den: i64) -> i64 {
    match px.checked_mul(num) {
        Some(product) => product.div_euclid(den),
        None => narrow((i128::from(px) * i128::from(num)).div_euclid(i128::from(den))),
    }
}

pub(super) fn mul_ceil(px: i64, num: i64, den: i64) -> i64 {
    match px.checked_mul(num) {
        Some(product) => -((-product).div_euclid(den)),
        None => narrow(ceil_i128(i128::from(px) * i128::from(num), i128::from(den))),
    }
}

pub(super) fn ceil_i128(num: i128, den: i128) -> i128 {
    -((-num).div_euclid(den))
}

pub(super) fn narrow(n: i128) -> i64 {
    i64::try_from(n).expect("a price times a validated fraction fits in 64 bits")
}
