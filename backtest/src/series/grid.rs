//! The steps that prices and volumes are counted in, and how many of them a value may be.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::{Lots, Ticks};

use super::error::BadOption;

/// What a step measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Price,
    Volume,
}

impl Measure {
    /// Option that states its step.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Price => "tick_size",
            Self::Volume => "volume_step",
        }
    }

    /// Most steps of a value: sums over years of bars cannot overflow.
    pub(crate) const fn max(self) -> i64 {
        match self {
            Self::Price => 1_000_000_000_000,
            Self::Volume => 1_000_000_000_000_000,
        }
    }

    /// A step without its trailing zeros, once it is known that values can be counted in it.
    pub(crate) fn checked(self, step: Decimal) -> Result<Decimal, BadOption> {
        let step = step.normalize();
        let long = step.mantissa().unsigned_abs() >= 10_u128.pow(18);
        if step <= Decimal::ZERO || step > Decimal::from(self.max()) || long {
            let range = "above 0, at most 1e12 (volume_step: 1e15), and of at most 18 digits";
            return Err(BadOption { option: self.option(), value: step.to_string(), range });
        }
        Ok(step)
    }
}

/// The steps that a series counts its prices and volumes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// Price of one tick, quote currency.
    pub tick_size: Decimal,
    /// Quantity of one volume step, base units.
    pub volume_step: Decimal,
    /// Whether `tick_size` was inferred from the decimals of the data.
    pub tick_inferred: bool,
    /// Whether `volume_step` was inferred from the decimals of the data.
    pub volume_inferred: bool,
}

impl Grid {
    /// A grid the user states.
    #[must_use]
    pub const fn stated(tick_size: Decimal, volume_step: Decimal) -> Self {
        Self { tick_size, volume_step, tick_inferred: false, volume_inferred: false }
    }

    /// The float nearest to a price, quote currency.
    #[must_use]
    pub fn price_f64(&self, px: Ticks) -> f64 {
        nearest(px.0, self.tick_size)
    }

    /// The float nearest to a volume, base units.
    #[must_use]
    pub fn volume_f64(&self, volume: Lots) -> f64 {
        nearest(volume.get(), self.volume_step)
    }
}

/// `n * step`, rounded once: the product is exact up to 2^53 and so is the power
/// of ten up to 10^22, so that the float reads back as the decimal it stands for.
fn nearest(n: i64, step: Decimal) -> f64 {
    let step = step.normalize();
    let power = tickstep_core::math::ten_to(step.scale());
    match i128::from(n).checked_mul(step.mantissa()) {
        Some(product) => product as f64 / power,
        // A step of more digits than a series can have.
        None => n as f64 * (step.mantissa() as f64 / power),
    }
}
