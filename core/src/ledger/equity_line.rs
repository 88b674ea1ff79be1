//! Equity as a function of one price.

use rust_decimal::Decimal;

use super::Ledger;
use crate::math::{decimal_to_f64, integer_to_f64, power_of_ten, product};
use crate::units::Ticks;

/// Equity as a line over the price of what is held.
#[derive(Clone, Copy, Debug)]
pub struct EquityLine {
    base: i128,
    slope: i128,
    decimals: u32,
}

impl EquityLine {
    /// Equity at a price, exactly.
    #[inline]
    #[must_use]
    pub fn equity(&self, px: Ticks) -> Decimal {
        let amount = self.base + product(self.slope, i128::from(px.0));
        Decimal::from_i128_with_scale(amount, self.decimals)
    }

    /// The same as a float.
    #[inline]
    #[must_use]
    pub fn equity_f64(&self, px: Ticks) -> f64 {
        decimal_to_f64(self.equity(px))
    }

    /// Whether equity rises with the price.
    #[inline]
    #[must_use]
    pub const fn rises(&self) -> bool {
        self.slope > 0
    }

    /// The price at which equity is `equity`.
    #[must_use]
    pub fn price(&self, equity: f64) -> f64 {
        let amount = equity * integer_to_f64(power_of_ten(self.decimals));
        (amount - integer_to_f64(self.base)) / integer_to_f64(self.slope)
    }
}

impl Ledger {
    /// Equity while the one open position, unconverted, is at a price of its
    /// instrument: `base + slope * ticks`, as floats of the same money.
    #[must_use]
    pub fn line(&self) -> Option<EquityLine> {
        let mut open = self.open_positions();
        let (Some((_, p)), None) = (open.next(), open.next()) else { return None };
        let unit = self.units[p.instrument.index()]?;
        let slope = product(i128::from(p.side.sign()) * i128::from(p.lots.get()), unit);
        let cost = product(i128::from(p.side.sign()) * p.cost, unit);
        Some(EquityLine { base: self.cash - cost, slope, decimals: self.decimals })
    }
}
