//! Prices of another grid, such as that of a feed whose ticks are finer than the venue's.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Instrument;
use crate::units::Ticks;

impl Instrument {
    /// Ticks of a price of another grid, rounded to the nearest, half way to the even one;
    /// `None` where there are too many.
    #[must_use]
    pub fn price_near(&self, price: Decimal) -> Option<Ticks> {
        self.price_rounded(price, RoundingStrategy::MidpointNearestEven)
    }

    /// Ticks of a price of another grid, rounded down; `None` where there are too many.
    #[must_use]
    pub fn price_floor(&self, price: Decimal) -> Option<Ticks> {
        self.price_rounded(price, RoundingStrategy::ToNegativeInfinity)
    }

    /// Ticks of a price of another grid, rounded up; `None` where there are too many.
    #[must_use]
    pub fn price_ceil(&self, price: Decimal) -> Option<Ticks> {
        self.price_rounded(price, RoundingStrategy::ToPositiveInfinity)
    }

    fn price_rounded(&self, price: Decimal, how: RoundingStrategy) -> Option<Ticks> {
        let ticks = price.checked_div(self.spec().tick_size)?;
        i64::try_from(ticks.round_dp_with_strategy(0, how)).ok().map(Ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::InstrumentSpec;

    #[test]
    fn prices_of_a_finer_grid_by_hand() {
        let d = |mantissa, scale| Decimal::new(mantissa, scale);
        let spec = InstrumentSpec::plain("X", "USD", d(5, 2), Decimal::ONE);
        let known = Instrument::new(spec).unwrap();
        let all = |price| {
            [known.price_floor(price), known.price_near(price), known.price_ceil(price)]
                .map(|px| px.unwrap().0)
        };
        assert_eq!(all(d(1_00, 2)), [20, 20, 20]);
        assert_eq!(all(d(1_01, 2)), [20, 20, 21]);
        assert_eq!(all(d(1_04, 2)), [20, 21, 21]);
        // Half way: to the even one.
        assert_eq!(all(d(1_025, 3)), [20, 20, 21]);
        assert_eq!(all(d(1_075, 3)), [21, 22, 22]);
        assert_eq!(known.price_near(Decimal::MAX), None);
    }
}
