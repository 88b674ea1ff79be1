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
    use super::super::tests::fil;
    use super::*;

    #[test]
    fn prices_of_a_finer_grid_by_hand() {
        let known = fil();
        let all = |ten_thousandths| {
            let price = Decimal::new(ten_thousandths, 4);
            [known.price_floor(price), known.price_near(price), known.price_ceil(price)]
                .map(|px| px.unwrap().0)
        };
        assert_eq!(all(200), [20, 20, 20]);
        assert_eq!(all(204), [20, 20, 21]);
        assert_eq!(all(206), [20, 21, 21]);
        // Half way: to the even one.
        assert_eq!(all(205), [20, 20, 21]);
        assert_eq!(all(215), [21, 22, 22]);
        assert_eq!(known.price_near(Decimal::MAX), None);
    }
}
