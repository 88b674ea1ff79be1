//! What a size may be, whatever the limits of the account: the smallest order, what
//! margin carries, what is kept exactly, and the venue's least notional.
//!
//! Written once for two kinds of exact money: decimals in the engine, which also
//! converts currencies, and whole numbers of the smallest amount where a sweep
//! follows one trade at a time. Both answer the same questions of [`EntryMoney`], and
//! the rules and their order are here.

use crate::decision::Refusal;
use crate::instrument::Instrument;
use crate::units::{Lots, Ticks};

/// The money behind an entry, exactly.
pub trait EntryMoney {
    /// Whether the required margin of `lots` is free.
    fn carries(&self, lots: Lots) -> bool;

    /// Whether money of the account is kept exactly with them, at the price of the entry
    /// and some way above it.
    fn is_kept(&self, lots: Lots) -> bool;

    /// Whether `lots` are worth the least that the venue takes.
    fn is_enough(&self, lots: Lots) -> bool;
}

/// The size that is left of `lots` at `px`, or the first rule that refuses it:
/// below the smallest order, one of the account's `limits` (which may shrink it),
/// more than margin carries, more than is kept exactly, below the least notional.
#[inline]
pub fn allowed(
    instrument: &Instrument,
    px: Ticks,
    lots: Lots,
    limits: impl FnOnce(Lots) -> Result<Lots, Refusal>,
    money: &impl EntryMoney,
) -> Result<Lots, Refusal> {
    if lots < instrument.min_lots() {
        return Err(Refusal::MinQty);
    }
    let lots = limits(lots)?;
    if !money.carries(lots) {
        return Err(Refusal::Margin);
    }
    let notional = instrument.tick_lot_value_f64() * px.0 as f64 * lots.get() as f64;
    if notional > instrument.exact_below() || !money.is_kept(lots) {
        return Err(Refusal::TooLarge);
    }
    if !money.is_enough(lots) {
        return Err(Refusal::MinNotional);
    }
    Ok(lots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::fil;

    /// Lots up to which it is carried, from which it is enough, and up to which it is kept.
    struct Between(i64, i64, i64);

    impl EntryMoney for Between {
        fn carries(&self, lots: Lots) -> bool {
            lots.get() <= self.0
        }

        fn is_kept(&self, lots: Lots) -> bool {
            lots.get() <= self.2
        }

        fn is_enough(&self, lots: Lots) -> bool {
            lots.get() >= self.1
        }
    }

    #[test]
    fn each_rule_refuses_from_its_own_boundary_on() {
        const MOST: i64 = i64::MAX;
        let instrument = fil();
        let lots = |n| Lots::new(n).unwrap();
        // A lot of 0.1 at 4.000 is worth 0.4, so 10^15 are reached at 2.5e15 lots.
        let (px, most) = (Ticks(4_000), 2_500_000_000_000_000);
        for (size, money, out) in [
            (0, Between(9, 1, MOST), Err(Refusal::MinQty)),
            (1, Between(9, 1, MOST), Ok(1)),
            (9, Between(9, 1, MOST), Ok(9)),
            (10, Between(9, 1, MOST), Err(Refusal::Margin)),
            (5, Between(9, 6, MOST), Err(Refusal::MinNotional)),
            (6, Between(9, 6, MOST), Ok(6)),
            (7, Between(9, 1, 7), Ok(7)),
            (8, Between(9, 1, 7), Err(Refusal::TooLarge)),
            (most, Between(MOST, 1, MOST), Ok(most)),
            (most + 1_000, Between(MOST, 1, MOST), Err(Refusal::TooLarge)),
            // The first rule that fails names itself.
            (most + 1_000, Between(9, MOST, MOST), Err(Refusal::Margin)),
            (8, Between(9, 9, 7), Err(Refusal::TooLarge)),
            (most + 1_000, Between(MOST, MOST, MOST), Err(Refusal::TooLarge)),
        ] {
            let got = allowed(&instrument, px, lots(size), Ok, &money).map(Lots::get);
            assert_eq!(got, out, "{size}");
        }
        let half = |size: Lots| Ok(lots(size.get() / 2));
        let shrunk = allowed(&instrument, px, lots(18), half, &Between(9, 1, MOST));
        assert_eq!(shrunk.map(Lots::get), Ok(9), "margin is asked of what the limits leave");
        let never = |_| Err(Refusal::SymbolExposure);
        let refused = allowed(&instrument, px, lots(18), never, &Between(9, 1, MOST));
        assert_eq!(refused, Err(Refusal::SymbolExposure), "a limit is asked before margin");
    }
}
