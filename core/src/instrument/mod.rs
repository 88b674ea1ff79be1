//! What is traded, and the one place where decimals, floats and grid integers
//! meet. Every rounding has a name and a direction here, and nowhere else:
//!
//! | function | rounds |
//! |---|---|
//! | [`Instrument::qty_floor`], `floor_ratio` | a size down to the lot |
//! | [`Instrument::qty_ceil`] | the least size that a limit allows, up to the lot |
//! | [`Instrument::stop_level`], [`Instrument::stop_from_distance`], [`Instrument::stop_at`] | a stop to the earlier trigger |
//! | [`Instrument::target_level`], [`Instrument::target_from_distance`] | a target to the first price at or beyond |
//! | [`Instrument::slipped`] | slippage against the trader |
//! | [`Conversion::to_account`] | converted money to 12 decimals, half to even |
//!
//! Invariants: products of price, quantity, contract size and fee are exact
//! (their decimals together are at most 18, checked when the instrument is built).

mod near;
mod round;
mod spec;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

pub use round::OffGrid;
use round::{
    ceil_div, ceil_i128, exact_multiple, mul_ceil, mul_floor, narrow, one_lot, short, whole_ticks,
};
pub(crate) use round::{exact_below, floor_ratio};
pub use spec::{InstrumentError, InstrumentSpec, Slippage};

use crate::math;
use crate::units::{Fraction, Lots, Side, Ticks};

/// How far a price that was computed in floats may be from the grid and be on it, in ticks.
const GRID_TIE: f64 = 1e-6;

/// Index of an instrument in its account's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentId(pub u16);

impl InstrumentId {
    /// The number as an index into the account's instruments.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A validated instrument: terms in whose range every product of money is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    spec: InstrumentSpec,
    unit: Decimal,
    unit_mantissa: i128,
    unit_scale: u32,
    unit_f64: f64,
    /// Decimals of money of this instrument, fees included.
    decimals: u32,
    /// Mantissas of tick size, and of maker and taker fee with their scales.
    tick: (i64, u32),
    fees: [(i64, u32); 2],
    exact_below: f64,
    min_lots: Lots,
    maintenance: Decimal,
    maintenance_f64: f64,
}

impl Instrument {
    /// Checks the ranges and fixes the grid.
    pub fn new(spec: InstrumentSpec) -> Result<Self, InstrumentError> {
        let maintenance = spec.check()?;
        let out = |field, value, range| spec.out(field, value, range);
        let min_qty = spec.min_qty.unwrap_or(spec.lot_step);
        let scale = |d: Decimal| d.normalize().scale();
        let decimals = scale(spec.tick_size)
            + scale(spec.lot_step)
            + scale(spec.contract_size)
            + scale(spec.maker_fee).max(scale(spec.taker_fee));
        if decimals > 18 {
            return Err(InstrumentError::TooManyDecimals { symbol: spec.symbol, decimals });
        }
        let unit = (spec.tick_size * spec.lot_step * spec.contract_size).normalize();
        let min_lots = ceil_div(min_qty, spec.lot_step)
            .ok_or_else(|| out("min_qty", min_qty, "below 9e18 lots"))?;
        Ok(Self {
            unit,
            unit_mantissa: unit.mantissa(),
            unit_scale: unit.scale(),
            unit_f64: unit.to_f64().unwrap_or(0.0),
            decimals,
            tick: short(spec.tick_size)
                .filter(|(mantissa, _)| *mantissa < 10_i64.pow(16))
                .ok_or_else(|| out("tick_size", spec.tick_size, "of up to 16 digits"))?,
            fees: [
                short(spec.maker_fee)
                    .ok_or_else(|| out("maker_fee", spec.maker_fee, "of up to 18 digits"))?,
                short(spec.taker_fee)
                    .ok_or_else(|| out("taker_fee", spec.taker_fee, "of up to 18 digits"))?,
            ],
            exact_below: exact_below(decimals),
            maintenance_f64: maintenance.to_f64().unwrap_or(0.0),
            min_lots: min_lots.max(Lots::ZERO + one_lot()),
            maintenance,
            spec,
        })
    }

    /// What the user stated.
    #[must_use]
    pub fn spec(&self) -> &InstrumentSpec {
        &self.spec
    }

    /// Name of the instrument, such as `BTCUSDT`.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.spec.symbol
    }

    /// Quantity of the smallest order, in lots.
    #[must_use]
    pub fn min_lots(&self) -> Lots {
        self.min_lots
    }

    /// Notional over required margin.
    #[must_use]
    pub fn leverage(&self) -> Decimal {
        self.spec.leverage
    }

    /// Fraction of notional below which a position is liquidated.
    #[must_use]
    pub fn maintenance_margin(&self) -> Decimal {
        self.maintenance
    }

    /// Quote money of one tick on one lot.
    #[must_use]
    pub fn tick_lot_value(&self) -> Decimal {
        self.unit
    }

    /// Quote money of `ticks * lots`, exactly.
    #[inline]
    #[must_use]
    pub fn value(&self, ticks_lots: i128) -> Decimal {
        let mantissa = math::product(ticks_lots, self.unit_mantissa);
        Decimal::from_i128_with_scale(mantissa, self.unit_scale)
    }

    /// Most decimals that money of this instrument has, fees included; at most 18.
    #[must_use]
    pub const fn decimals(&self) -> u32 {
        self.decimals
    }

    /// Quote money of one tick on one lot, in units of 10^-`decimals`.
    #[must_use]
    pub(crate) fn unit(&self, decimals: u32) -> i128 {
        self.unit_mantissa * math::power_of_ten(decimals - self.unit_scale)
    }

    /// What a tick on a lot costs in maker and in taker fees, in units of 10^-`decimals`,
    /// which are at least [`Instrument::decimals`].
    #[must_use]
    pub fn fee_units(&self, decimals: u32) -> [i128; 2] {
        self.fees.map(|(rate, scale)| {
            let exact = self.unit_mantissa * i128::from(rate);
            exact * math::power_of_ten(decimals - self.unit_scale - scale)
        })
    }

    /// The mantissa and the decimals of the tick size.
    #[must_use]
    pub const fn tick(&self) -> (i64, u32) {
        self.tick
    }

    fn fee(&self, px: Ticks, lots: Lots, fee: (i64, u32)) -> Decimal {
        let (rate, scale) = fee;
        let scale = self.unit_scale + scale;
        let notional = (i128::from(px.0) * i128::from(lots.get())).checked_mul(self.unit_mantissa);
        let fee = notional.and_then(|n| n.checked_mul(i128::from(rate)));
        // Beyond what a decimal holds no account books the fill, whatever its fee is.
        let fee = fee.and_then(|fee| Decimal::try_from_i128_with_scale(fee, scale).ok());
        fee.unwrap_or(if rate < 0 { Decimal::MIN } else { Decimal::MAX })
    }

    /// Quote value of `lots` at `px`, exactly.
    #[must_use]
    pub fn notional(&self, px: Ticks, lots: Lots) -> Decimal {
        self.value(i128::from(px.0) * i128::from(lots.get()))
    }

    /// Fee of an aggressive fill, quote currency, exactly; the largest or the least decimal
    /// where it is more than one holds.
    #[must_use]
    pub fn taker_fee(&self, px: Ticks, lots: Lots) -> Decimal {
        self.fee(px, lots, self.fees[1])
    }

    /// Fee of a resting fill, quote currency, exactly; as [`Instrument::taker_fee`].
    #[must_use]
    pub fn maker_fee(&self, px: Ticks, lots: Lots) -> Decimal {
        self.fee(px, lots, self.fees[0])
    }

    /// [`Instrument::tick_lot_value`], for estimates that decide nothing.
    #[must_use]
    pub const fn tick_lot_value_f64(&self) -> f64 {
        self.unit_f64
    }

    /// Notional, quote currency, up to which its fee is exact too: a decimal holds
    /// 28 digits, so 10^15 with up to 12 decimals, less with more.
    #[must_use]
    pub const fn exact_below(&self) -> f64 {
        self.exact_below
    }

    /// [`Instrument::maintenance_margin`], for estimates that decide nothing.
    #[must_use]
    pub const fn maintenance_f64(&self) -> f64 {
        self.maintenance_f64
    }

    /// `px` in quote currency.
    #[inline]
    #[must_use]
    pub fn price(&self, px: Ticks) -> Decimal {
        let (mantissa, scale) = self.tick;
        Decimal::from_i128_with_scale(i128::from(px.0) * i128::from(mantissa), scale)
    }

    /// `lots` in base units or contracts.
    #[must_use]
    pub fn qty(&self, lots: Lots) -> Decimal {
        self.spec.lot_step * Decimal::from(lots.get())
    }

    /// Ticks of a price that must lie on the grid.
    pub fn price_exact(&self, price: Decimal) -> Result<Ticks, OffGrid> {
        exact_multiple(price, self.spec.tick_size).map(Ticks)
    }

    /// Lots of a quantity that must lie on the grid; negative is off it.
    pub fn qty_exact(&self, qty: Decimal) -> Result<Lots, OffGrid> {
        let step = self.spec.lot_step;
        exact_multiple(qty, step).and_then(|n| Lots::new(n).ok_or(OffGrid { value: qty, step }))
    }

    /// Size, rounded down to the lot. Zero for a negative or unrepresentable size.
    #[must_use]
    pub fn qty_floor(&self, qty: Decimal) -> Lots {
        floor_ratio(qty, self.spec.lot_step)
    }

    /// Size, rounded up to the lot: the least that is not below it.
    #[must_use]
    pub fn qty_ceil(&self, qty: Decimal) -> Lots {
        let most = Lots::new(i64::MAX).unwrap_or(Lots::ZERO);
        ceil_div(qty.max(Decimal::ZERO), self.spec.lot_step).unwrap_or(most)
    }

    /// Stop of a position on `side`: `anchor * (1 -/+ fraction)`, to the earlier trigger.
    #[must_use]
    pub fn stop_level(&self, side: Side, anchor: Ticks, fraction: Fraction) -> Ticks {
        match side {
            Side::Buy => Ticks(mul_ceil(anchor.0, fraction.den() - fraction.num(), fraction.den())),
            Side::Sell => {
                Ticks(mul_floor(anchor.0, fraction.den() + fraction.num(), fraction.den()))
            }
        }
    }

    /// Target of a position on `side`: the first price at or beyond `anchor * (1 +/- fraction)`.
    #[must_use]
    pub fn target_level(&self, side: Side, anchor: Ticks, fraction: Fraction) -> Ticks {
        match side {
            Side::Buy => Ticks(mul_ceil(anchor.0, fraction.den() + fraction.num(), fraction.den())),
            Side::Sell => {
                Ticks(mul_floor(anchor.0, fraction.den() - fraction.num(), fraction.den()))
            }
        }
    }

    /// Stop `distance` ticks (a float, from an indicator) from `anchor`, to the
    /// earlier trigger and at least one tick away.
    #[must_use]
    pub fn stop_from_distance(&self, side: Side, anchor: Ticks, distance: f64) -> Ticks {
        Ticks(anchor.0 - side.sign() * whole_ticks(math::floor(distance)))
    }

    /// Stop of a position on `side` at a price that need not lie on the grid: to the
    /// earlier trigger, where it is no price of the grid but for rounding. `None` where
    /// there is no such price.
    #[must_use]
    pub fn stop_at(&self, side: Side, price: f64) -> Option<Ticks> {
        let ticks = price / math::decimal_to_f64(self.spec.tick_size);
        let nearest = math::floor(ticks + 0.5);
        let off = ticks - nearest;
        let earlier = match side {
            Side::Buy => off > GRID_TIE,
            Side::Sell => off < -GRID_TIE,
        };
        let ticks = if earlier { nearest + side.sign() as f64 } else { nearest };
        ((1.0..=1e12).contains(&ticks)).then_some(Ticks(ticks as i64))
    }

    /// Target `distance` ticks (a float, from an indicator) from `anchor`: the
    /// first price at or beyond, at least one tick away.
    #[must_use]
    pub fn target_from_distance(&self, side: Side, anchor: Ticks, distance: f64) -> Ticks {
        Ticks(anchor.0 + side.sign() * whole_ticks(math::ceil(distance)))
    }

    /// `px` moved against an aggressive order on `side`; never below one tick.
    #[must_use]
    pub fn slipped(&self, side: Side, px: Ticks, slippage: Slippage) -> Ticks {
        let moved = match slippage {
            Slippage::Ticks(n) => px.0 + side.sign() * i64::from(n),
            Slippage::Bps(bps) => {
                let whole = i128::from(bps.den()) * 10_000;
                let part = i128::from(bps.num());
                let scaled = i128::from(px.0);
                narrow(match side {
                    Side::Buy => ceil_i128(scaled * (whole + part), whole),
                    Side::Sell => (scaled * (whole - part)).div_euclid(whole),
                })
            }
        };
        Ticks(moved.max(1))
    }
}

/// How quote money becomes the account's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Quote currency is the account's currency.
    Same,
    /// Multiply by the last price of the named instrument (quoted in the account's currency).
    Multiply(InstrumentId),
    /// Divide by the last price of the named instrument (whose base is the account's currency).
    Divide(InstrumentId),
}

impl Conversion {
    /// `money` at `price` of the conversion instrument, rounded to 12 decimals, half to even.
    #[must_use]
    pub fn to_account(self, money: Decimal, price: Decimal) -> Decimal {
        if self == Self::Same {
            return money;
        }
        let raw =
            self.unrounded(money, price).expect("booked money is far below what decimals hold");
        raw.round_dp_with_strategy(12, RoundingStrategy::MidpointNearestEven)
    }

    /// `money` at `price` of the conversion instrument, as precise as decimals
    /// are: for what is multiplied further before anything is booked. `None` when
    /// it is more than a decimal holds.
    #[must_use]
    pub fn unrounded(self, money: Decimal, price: Decimal) -> Option<Decimal> {
        match self {
            Self::Same => Some(money),
            Self::Multiply(_) => money.checked_mul(price),
            Self::Divide(_) => money.checked_div(price),
        }
    }

    /// The instrument whose price is needed, if any.
    #[must_use]
    pub const fn via(self) -> Option<InstrumentId> {
        match self {
            Self::Same => None,
            Self::Multiply(id) | Self::Divide(id) => Some(id),
        }
    }
}

#[cfg(test)]
pub(crate) use tests::fil;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn fil() -> Instrument {
        Instrument::new(InstrumentSpec {
            maker_fee: Decimal::new(4, 4),
            taker_fee: Decimal::new(4, 4),
            leverage: Decimal::TEN,
            ..InstrumentSpec::plain("FILUSDT", "USDT", Decimal::new(1, 3), Decimal::new(1, 1))
        })
        .unwrap()
    }

    #[test]
    fn stop_goes_to_the_earlier_trigger_and_target_beyond() {
        let fil = fil();
        let loss = Fraction::lit(25, 4);
        let profit = Fraction::lit(4, 3);
        // 4.281 * 0.9975 = 4.2702975, 4.281 * 1.004 = 4.298124
        assert_eq!(fil.stop_level(Side::Buy, Ticks(4281), loss), Ticks(4271));
        assert_eq!(fil.target_level(Side::Buy, Ticks(4281), profit), Ticks(4299));
        // 4.281 * 1.0025 = 4.2917025, 4.281 * 0.996 = 4.263876
        assert_eq!(fil.stop_level(Side::Sell, Ticks(4281), loss), Ticks(4291));
        assert_eq!(fil.target_level(Side::Sell, Ticks(4281), profit), Ticks(4263));
        // On the grid already: 4.000 * 0.9975 = 3.990
        assert_eq!(fil.stop_level(Side::Buy, Ticks(4000), loss), Ticks(3990));
    }

    #[test]
    fn a_stop_at_a_price_goes_to_the_earlier_trigger() {
        let at = |side, price| fil().stop_at(side, price).map(|ticks| ticks.0);
        assert_eq!(at(Side::Buy, 4.2512), Some(4252));
        assert_eq!(at(Side::Sell, 4.2518), Some(4251));
        // 4.252 - 0.003 in floats is 4.249000000000001.
        assert_eq!(
            (at(Side::Buy, 4.252 - 0.003), at(Side::Sell, 4.252 - 0.003)),
            (Some(4249), Some(4249))
        );
        assert_eq!(
            (at(Side::Buy, 0.0), at(Side::Sell, f64::NAN), at(Side::Buy, 1e300)),
            (None, None, None)
        );
    }

    #[test]
    fn slippage_is_against_the_trader() {
        let fil = fil();
        let one_bps = Slippage::Bps(Fraction::lit(1, 0));
        assert_eq!(fil.slipped(Side::Buy, Ticks(4281), one_bps), Ticks(4282));
        assert_eq!(fil.slipped(Side::Sell, Ticks(4281), one_bps), Ticks(4280));
        assert_eq!(fil.slipped(Side::Sell, Ticks(1), Slippage::Ticks(5)), Ticks(1));
    }

    #[test]
    fn off_grid_is_named() {
        let fil = fil();
        assert_eq!(fil.price_exact(Decimal::new(42810, 4)).unwrap(), Ticks(4281));
        let e = fil.price_exact(Decimal::new(42815, 4)).unwrap_err();
        assert_eq!(alloc::format!("{e}"), "4.2815 is not a whole multiple of 0.001");
        assert!(fil.qty_exact(Decimal::new(-1, 0)).is_err());
    }

    #[test]
    fn too_many_decimals_are_refused() {
        let mut spec = fil().spec().clone();
        spec.tick_size = Decimal::new(1, 10);
        spec.lot_step = Decimal::new(1, 8);
        assert!(matches!(
            Instrument::new(spec),
            Err(InstrumentError::TooManyDecimals { decimals: 22, .. })
        ));
    }

    #[test]
    fn conversion_rounds_to_twelve_decimals() {
        let third = Conversion::Divide(InstrumentId(0)).to_account(Decimal::ONE, Decimal::from(3));
        assert_eq!(third, Decimal::new(333_333_333_333, 12));
    }

    proptest! {
        #[test]
        fn rounding_is_idempotent(px in 1_i64..10_000_000, lots in 0_i64..1_000_000_000) {
            let fil = fil();
            prop_assert_eq!(fil.price_exact(fil.price(Ticks(px))), Ok(Ticks(px)));
            let lots = Lots::new(lots).unwrap();
            prop_assert_eq!(fil.qty_floor(fil.qty(lots)), lots);
            prop_assert_eq!(fil.qty_exact(fil.qty(lots)), Ok(lots));
        }

        #[test]
        fn sizes_round_down(
            budget in 0_i64..1_000_000_000_000, per in 1_i64..1_000_000, scale in 0_u32..8,
        ) {
            let (budget, per) = (Decimal::new(budget, 4), Decimal::new(per, scale));
            let lots = floor_ratio(budget, per);
            let cost = |lots: i64| Decimal::from(lots) * per;
            prop_assert!(cost(lots.get()) <= budget);
            prop_assert!(cost(lots.get() + 1) > budget);
        }

        #[test]
        fn levels_bracket_the_exact_price(px in 1_i64..10_000_000, f in 1_i64..9_999) {
            let fil = fil();
            let frac = Fraction::lit(f, 4);
            let exact = |sign: i64| i128::from(px) * i128::from(10_000 + sign * f);
            let scaled = |t: Ticks| i128::from(t.0) * 10_000;
            prop_assert!(scaled(fil.stop_level(Side::Buy, Ticks(px), frac)) >= exact(-1));
            prop_assert!(scaled(fil.stop_level(Side::Sell, Ticks(px), frac)) <= exact(1));
            prop_assert!(scaled(fil.target_level(Side::Buy, Ticks(px), frac)) >= exact(1));
            prop_assert!(scaled(fil.target_level(Side::Sell, Ticks(px), frac)) <= exact(-1));
        }
    }
}
