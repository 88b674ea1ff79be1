//! One strategy on accounts of different means: another method's size, scaled, and held
//! within quantities.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{NoEdge, Size, Sizing, SizingInput, positive};
use crate::decision::SizeCut;
use crate::instrument::{Instrument, floor_ratio};
use crate::params::OutOfRange;
use crate::units::Lots;

/// Another method's size, scaled, and held within quantities.
///
/// With a `reference` the method is asked for the size of an account that has that much
/// cash, nothing of it used; so `factor = 1` is the same quantity on every account, whatever
/// it owns and holds. `by_balance` makes that proportional to the account's own balance,
/// which is cash without open P&L. Without a `reference` the method is asked with what the
/// account has. The result is rounded down to the lot. Whether the account can carry it is
/// checked after, as for any size.
///
/// A strategy is written for 100,000 and buys for 10,000: 2,500 at a price of 4. An account
/// with 25,000 takes half of that by a factor of 0.5, and a quarter by its balance:
///
/// ```
/// use rust_decimal::Decimal;
/// use tickstep_core::instrument::{Instrument, InstrumentSpec};
/// use tickstep_core::sizing::{Scaled, Sizing, SizingInput};
///
/// # let spec = InstrumentSpec::plain("T", "USDT", Decimal::ONE, Decimal::ONE);
/// # let instrument = Instrument::new(spec)?;
/// let input = SizingInput {
///     balance: 25_000.into(),
///     equity: 25_300.into(),
///     free_margin: 24_000.into(),
///     lot_notional: 4.into(),
///     lot_risk: None,
///     lot_price: 4.into(),
/// };
/// let lots = |by: Scaled| {
///     Sizing::Scaled(by.into()).size(&instrument, &input, &[]).map(|size| size.lots.get())
/// };
/// let written_for = |of| Scaled { reference: Some(100_000.into()), ..Scaled::of(of) };
/// let buy = Sizing::FixedNotional { notional: 10_000.into() };
/// let half = Scaled { factor: Decimal::new(5, 1), ..written_for(buy.clone()) };
/// assert_eq!(lots(half), Ok(1_250));
/// let by_balance = Scaled { by_balance: true, ..written_for(buy) };
/// assert_eq!(lots(by_balance), Ok(625));
/// // Half of 100,000 at leverage 1 is 12,500; a quarter of it is 3,125, and 2,000 the most.
/// let by_risk = Scaled { by_balance: true, ..written_for(Sizing::spec()) };
/// assert_eq!(lots(by_risk.clone()), Ok(3_125));
/// assert_eq!(lots(Scaled { max_quantity: Some(2_000.into()), ..by_risk }), Ok(2_000));
/// # Ok::<(), tickstep_core::instrument::InstrumentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaled {
    /// The method that is scaled.
    pub of: Sizing,
    /// Cash of the account that the method is asked for, above 0; the account's own equity
    /// and free margin when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Decimal>,
    /// What the quantity is multiplied by, above 0 to 1,000.
    #[serde(default = "one")]
    pub factor: Decimal,
    /// Whether it is multiplied by the account's balance over `reference` as well.
    #[serde(default)]
    pub by_balance: bool,
    /// Quantity below which nothing is entered, base units or contracts; it is never
    /// rounded up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<Decimal>,
    /// Largest quantity; what is above it is made smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_quantity: Option<Decimal>,
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl Scaled {
    /// A method as it is: nothing is scaled, and nothing held within quantities.
    #[must_use]
    pub const fn of(of: Sizing) -> Self {
        Self {
            of,
            reference: None,
            factor: Decimal::ONE,
            by_balance: false,
            min_quantity: None,
            max_quantity: None,
        }
    }

    pub(super) fn validate(&self) -> Result<(), OutOfRange> {
        self.of.validate()?;
        if self.factor <= Decimal::ZERO || self.factor > Decimal::ONE_THOUSAND {
            return Err(OutOfRange::new("factor", self.factor, "above 0, at most 1000"));
        }
        if self.by_balance && self.reference.is_none() {
            let range = "stated where by_balance is true";
            return Err(OutOfRange::new("reference", Decimal::ZERO, range));
        }
        for (name, amount) in [
            ("reference", self.reference),
            ("min_quantity", self.min_quantity),
            ("max_quantity", self.max_quantity),
        ] {
            amount.map_or(Ok(()), |amount| positive(name, amount))?;
        }
        match (self.min_quantity, self.max_quantity) {
            (Some(least), Some(most)) if most < least => {
                Err(OutOfRange::new("max_quantity", most, "at least min_quantity"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn size(
        &self,
        instrument: &Instrument,
        input: &SizingInput,
        window: &[Decimal],
    ) -> Result<Size, NoEdge> {
        let asked = self.reference.map_or(*input, |cash| SizingInput {
            balance: cash,
            equity: cash,
            free_margin: cash,
            ..*input
        });
        let mut size = self.of.size(instrument, &asked, window)?;
        size.lots = self.scaled(size.lots, input.balance);
        if let Some(most) = self.max_quantity.map(|most| instrument.qty_floor(most))
            && most < size.lots
        {
            (size.lots, size.cut) = (most, Some(SizeCut::MaxQuantity));
        }
        let least = self.min_quantity.map_or(Lots::ZERO, |least| instrument.qty_ceil(least));
        size.least = size.least.max(least);
        Ok(size)
    }

    fn scaled(&self, lots: Lots, balance: Decimal) -> Lots {
        let share = self.reference.filter(|_| self.by_balance).map(|cash| (balance, cash));
        if share.is_none() && self.factor == Decimal::ONE {
            return lots;
        }
        let (balance, reference) = share.unwrap_or((Decimal::ONE, Decimal::ONE));
        let wanted = Decimal::from(lots.get()).checked_mul(self.factor);
        let wanted = wanted.and_then(|w| w.checked_mul(balance));
        // More than can be counted is too large, which is for the limits to say.
        let most = Decimal::from(i64::MAX).checked_mul(reference);
        match wanted {
            Some(wanted) if most.is_none_or(|most| wanted <= most) => {
                floor_ratio(wanted, reference)
            }
            Some(_) | None => Lots::new(i64::MAX).unwrap_or(Lots::ZERO),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::instrument::fil;
    use proptest::prelude::*;

    fn input(balance: i64) -> SizingInput {
        SizingInput {
            balance: balance.into(),
            equity: balance.into(),
            free_margin: balance.into(),
            lot_notional: Decimal::new(4, 1),
            lot_risk: Some(Decimal::new(1, 2)),
            lot_price: Decimal::new(4, 1),
        }
    }

    #[test]
    fn ranges_are_named() {
        let of = Scaled::of(Sizing::spec());
        for (scaled, words) in [
            (
                Scaled { factor: Decimal::ZERO, ..of.clone() },
                "factor = 0 is out of range; it must be above 0, at most 1000",
            ),
            (
                Scaled { by_balance: true, ..of.clone() },
                "reference = 0 is out of range; it must be stated where by_balance is true",
            ),
            (
                Scaled { min_quantity: Some(2.into()), max_quantity: Some(1.into()), ..of.clone() },
                "max_quantity = 1 is out of range; it must be at least min_quantity",
            ),
            (
                Scaled { of: Sizing::FixedQuantity { quantity: Decimal::ZERO }, ..of },
                "quantity = 0 is out of range; it must be above 0, at most 1e12",
            ),
        ] {
            assert_eq!(scaled.validate().unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn what_cannot_be_counted_is_as_large_as_can_be() {
        let one = Lots::new(i64::MAX).unwrap();
        let scaled = Scaled { factor: Decimal::ONE_THOUSAND, ..Scaled::of(Sizing::spec()) };
        assert_eq!(scaled.scaled(one, Decimal::ONE), one, "more than 64 bits hold");
        let reference = Some(Decimal::from(1_000_000_000_000_i64));
        let ratio = Scaled { reference, by_balance: true, ..scaled };
        assert_eq!(ratio.scaled(one, Decimal::from(1_000_000_000_000_i64)), one, "nor 96");
        assert_eq!(ratio.scaled(Lots::new(7).unwrap(), Decimal::ONE), Lots::ZERO);
        assert_eq!(ratio.scaled(one, Decimal::from(-5)), Lots::ZERO, "a balance may be below 0");
    }

    proptest! {
        /// The same on every account by a factor, proportional to the balance by the ratio,
        /// and never above what was asked for.
        #[test]
        fn a_factor_knows_no_balance_and_a_ratio_only_that(
            balance in 1_i64..10_000_000, equity in 1_i64..10_000_000,
            factor in 1_i64..3_000, notional in 1_i64..1_000_000,
        ) {
            let of = Sizing::FixedNotional { notional: notional.into() };
            let whole = of.size(&fil(), &input(100_000), &[]).unwrap().lots.get();
            let factor = Decimal::new(factor, 3);
            let reference = Some(Decimal::from(100_000));
            let by_factor = Scaled { reference, factor, ..Scaled::of(of) };
            let own = SizingInput { equity: equity.into(), ..input(balance) };
            let lots = by_factor.size(&fil(), &own, &[]).unwrap().lots.get();
            prop_assert!(Decimal::from(lots) <= Decimal::from(whole) * factor);
            prop_assert!(Decimal::from(lots + 1) > Decimal::from(whole) * factor);
            let by_balance = Scaled { by_balance: true, ..by_factor };
            let lots = by_balance.size(&fil(), &own, &[]).unwrap().lots.get();
            let share = Decimal::from(balance) / Decimal::from(100_000);
            prop_assert!(Decimal::from(lots) <= Decimal::from(whole) * factor * share);
            prop_assert!(Decimal::from(lots + 1) > Decimal::from(whole) * factor * share);
        }
    }
}
