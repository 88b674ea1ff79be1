//! The few `f64` functions that `no_std` lacks, through `libm`, so that the
//! same input gives the same bits on every machine; and decimals as floats.

use rust_decimal::Decimal;

/// 10^0 to 10^28, the scales a [`Decimal`] can have; exact in `f64` up to 10^22.
const POWERS: [f64; 29] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28,
];

/// The `f64` nearest to `value`, of two as near the even one: what its text reads as.
/// Every figure that becomes a float does so here or by [`scaled_to_f64`]; it is asked on
/// every bar with a position and for every point of an equity curve.
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_core::math::decimal_to_f64;
/// let text = "92233720368547758.07"; // more digits than a float has
/// let value: Decimal = text.parse()?;
/// assert_eq!(decimal_to_f64(value), text.parse::<f64>()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
#[must_use]
pub fn decimal_to_f64(value: Decimal) -> f64 {
    scaled_to_f64(value.mantissa(), value.scale())
}

/// The `f64` nearest to `mantissa / 10^scale`, the scale at most 28, of two as near the
/// even one.
///
/// Panics for a larger scale, which no decimal has.
#[inline]
#[must_use]
pub fn scaled_to_f64(mantissa: i128, scale: u32) -> f64 {
    const EXACT: i64 = 1 << 53;
    match i64::try_from(mantissa) {
        // Both are exact, so that their quotient is rounded once.
        Ok(short) if (-EXACT..=EXACT).contains(&short) && scale <= 22 => {
            short as f64 / POWERS[scale as usize]
        }
        _ => {
            assert!(scale <= Decimal::MAX_SCALE, "a decimal has at most 28 decimals");
            long_ratio(mantissa, power_of_ten(scale).unsigned_abs())
        }
    }
}

/// The `f64` nearest to `part / whole`, `whole` above zero, of two as near the even one.
///
/// ```
/// use tickstep_core::math::ratio_to_f64;
/// assert_eq!(ratio_to_f64(1, 3), 1.0 / 3.0);
/// assert_eq!(ratio_to_f64(9_007_199_254_740_993 * 3, 3), 9_007_199_254_740_992.0); // 2^53 + 1: even
/// ```
#[inline]
#[must_use]
pub fn ratio_to_f64(part: i128, whole: i128) -> f64 {
    const EXACT: i64 = 1 << 53;
    debug_assert!(whole > 0, "a whole is above zero");
    match (i64::try_from(part), i64::try_from(whole)) {
        (Ok(part), Ok(whole)) if (-EXACT..=EXACT).contains(&part) && whole <= EXACT => {
            part as f64 / whole as f64
        }
        _ => long_ratio(part, whole.unsigned_abs()),
    }
}

/// A quotient by long division, for what a float does not hold exactly.
#[cold]
#[inline(never)]
fn long_ratio(part: i128, divisor: u128) -> f64 {
    let whole = part.unsigned_abs();
    let (mut quotient, mut rest) = (whole / divisor, whole % divisor);
    // As many bits at once as the remainder has room for. 55 bits of quotient are a float,
    // the bit that rounds it, and one that tells whether anything is left.
    let bits = divisor.leading_zeros().min(32);
    let mut unit = 1.0;
    while quotient < 1 << 54 && rest > 0 {
        let longer = rest << bits;
        quotient = (quotient << bits) | (longer / divisor);
        rest = longer % divisor;
        unit /= (1_u64 << bits) as f64;
    }
    let size = (quotient | u128::from(rest > 0)) as f64 * unit;
    if part < 0 { -size } else { size }
}

/// `value as f64`; converting 64 bits is one instruction, 128 a call.
#[inline]
#[must_use]
pub fn integer_to_f64(value: i128) -> f64 {
    // Out of line, as the compiler would otherwise join both ways into the longer one.
    #[cold]
    #[inline(never)]
    fn long(value: i128) -> f64 {
        value as f64
    }
    match i64::try_from(value) {
        Ok(short) => short as f64,
        Err(_) => long(value),
    }
}

/// `a * b`. Two 64-bit factors, which nearly all are, take one instruction.
#[inline]
#[must_use]
pub fn product(a: i128, b: i128) -> i128 {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => i128::from(a) * i128::from(b),
        _ => a.checked_mul(b).expect("a product of money fits in 128 bits"),
    }
}

/// `floor(a / b)` of whole numbers at or above zero, `b` above; 64-bit ones, which
/// nearly all are, take one instruction.
#[inline]
#[must_use]
pub fn quotient(a: i128, b: i128) -> i128 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => i128::from(a / b),
        _ => a / b,
    }
}

/// 10^n, n up to 38.
#[inline]
#[must_use]
pub const fn power_of_ten(n: u32) -> i128 {
    const POWERS: [i128; 39] = {
        let mut powers = [1; 39];
        let mut n = 1;
        while n < powers.len() {
            powers[n] = powers[n - 1] * 10;
            n += 1;
        }
        powers
    };
    POWERS[n as usize]
}

/// 10^n as a float: exact up to 10^22, the nearest one up to 10^28.
#[inline]
#[must_use]
pub fn ten_to(n: u32) -> f64 {
    POWERS.get(n as usize).copied().unwrap_or_else(|| powf(10.0, f64::from(n)))
}

/// The part of `x` above zero. `f64::max` leaves open which of two zeros it gives, and so
/// prints `-0` or `0` as the compiler happens to optimise; this is never below `+0`.
///
/// ```
/// use tickstep_core::math::above_zero;
/// assert_eq!((above_zero(1.5), above_zero(-1.5)), (1.5, 0.0));
/// assert!(above_zero(-0.0).is_sign_positive());
/// ```
#[inline]
#[must_use]
pub fn above_zero(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}

/// Largest whole number at or below `x`.
#[must_use]
pub fn floor(x: f64) -> f64 {
    libm::floor(x)
}

/// Smallest whole number at or above `x`.
#[must_use]
pub fn ceil(x: f64) -> f64 {
    libm::ceil(x)
}

/// Nearest whole number, halves away from zero.
#[must_use]
pub fn round(x: f64) -> f64 {
    libm::round(x)
}

/// Square root of `x`; NaN below zero.
#[must_use]
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Cube root of `x`, negative below zero.
#[must_use]
pub fn cbrt(x: f64) -> f64 {
    libm::cbrt(x)
}

/// Natural logarithm of `x`; NaN below zero.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Logarithm of `x` to base 10; NaN below zero.
#[must_use]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// e to the power of `x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `x` to the power of `y`.
#[must_use]
pub fn powf(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The arc tangent, radians.
#[must_use]
pub fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// The complementary error function, `2 / sqrt(pi)` times the integral of
/// `exp(-t^2)` from `x` on.
#[must_use]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_the_float_that_its_text_reads_as() {
        let texts = [
            "0",
            "0.1",
            "-0.1",
            "10000.00",
            "123456789.12345",
            "-3.33077184",
            "0.000000000000000001",
            // 2^53 + 1 and 2^53 + 3 lie between two floats, the even one counts.
            "9007199254740993",
            "9007199254740995",
            "9007199254740993.000000000001",
            "-92233720368547758.07",
            "79228162514264337593543950335",
            "-7.922816251426433759354395033",
            "0.0000000000000000000000000001",
            "0.3333333333333333333333333333",
        ];
        for text in texts {
            let value = text.parse::<Decimal>().unwrap();
            assert_eq!(decimal_to_f64(value), text.parse::<f64>().unwrap(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_decimal_is_the_float_that_its_text_reads_as(
            mantissa in -(1_i128 << 96) + 1..1_i128 << 96,
            bits in 0_u32..96,
            scale in 0_u32..=28,
        ) {
            let value = Decimal::from_i128_with_scale(mantissa >> bits, scale);
            let read: f64 = std::string::ToString::to_string(&value).parse().unwrap();
            proptest::prop_assert_eq!(decimal_to_f64(value).to_bits(), (read + 0.0).to_bits());
        }
    }
}
