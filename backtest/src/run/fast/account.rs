//! The money of a set that is followed trade by trade, in whole numbers of the smallest
//! amount that its instrument can produce.

use rust_decimal::Decimal;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId};
use tickstep_core::ledger::{Ledger, Market};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::order::{ExitReason, SlotId};
use tickstep_core::sim::Margin;
use tickstep_core::sizing::{Sizing, SizingInput};
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::trade_hash::{HashedTrade, TradeHash};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::curve::Curve;
use super::trades::Open;
use crate::run::summary::Summary;

/// Amounts stay below this, so that sums of a few of them are 64-bit numbers too.
const LARGEST: i64 = 1 << 60;
/// What the digits of a decimal stay below.
const DIGITS: i128 = 1 << 96;

/// Cash, and what is known of closed trades.
pub(super) struct Account<'s> {
    instrument: &'s Instrument,
    sizing: Sized,
    decimals: u32,
    unit: i64,
    fee_units: [i64; 2],
    least_notional: i64,
    leverage: (i64, i64),
    /// The highest price there is.
    top: Ticks,
    deposits: i64,
    cash: i64,
    entry_fee: i64,
    fees: i64,
    slippage: i64,
    nets: Vec<Decimal>,
    hash: TradeHash,
}

/// A sizing method, as far as it can be worked out beforehand.
enum Sized {
    Lots(Lots),
    Notional(i64),
    ByRisk(Sizing),
}

/// An exit fill: its price and slippage in ticks, its liquidity and reason.
#[derive(Clone, Copy)]
pub(super) struct Exit {
    px: Ticks,
    slip: Ticks,
    maker: bool,
    reason: ExitReason,
}

impl Exit {
    pub(super) fn slipped(wanted: Ticks, px: Ticks, reason: ExitReason) -> Self {
        Self { px, slip: Ticks((px.0 - wanted.0).abs()), maker: false, reason }
    }

    pub(super) fn unslipped(px: Ticks, reason: ExitReason) -> Self {
        Self { px, slip: Ticks(0), maker: false, reason }
    }

    pub(super) fn resting(px: Ticks) -> Self {
        Self { px, slip: Ticks(0), maker: true, reason: ExitReason::Target }
    }
}

/// Equity as a line over the price of the position.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub base: i64,
    pub slope: i64,
}

impl Line {
    #[inline]
    pub(super) fn at(&self, px: Ticks) -> i64 {
        self.base + self.slope * px.0
    }
}

fn small(amount: i128) -> Option<i64> {
    i64::try_from(amount).ok().filter(|a| a.abs() < LARGEST)
}

/// `money` in units of 10^-`decimals`, where it is a whole number of them.
fn amount(money: Decimal, decimals: u32) -> Option<i64> {
    let money = money.normalize();
    let by = 10_i128.checked_pow(decimals.checked_sub(money.scale())?)?;
    small(money.mantissa().checked_mul(by)?)
}

impl<'s> Account<'s> {
    /// With `cash`, where no price is above `top`.
    pub(super) fn new(
        cash: Decimal,
        instrument: &'s Instrument,
        sizing: &Sizing,
        top: Ticks,
    ) -> Option<Self> {
        let too_much = decimal_to_f64(cash) > instrument.exact_below();
        if cash <= Decimal::ZERO || too_much || sizing.validate().is_err() {
            return None;
        }
        let market = Market::new(instrument.clone(), Conversion::Same);
        let (decimals, unit) = Ledger::new(cash, vec![market], 1).unit(InstrumentId(0))?;
        let [maker, taker] = instrument.fee_units(decimals);
        let leverage = instrument.leverage().normalize();
        if decimals + leverage.scale() > Decimal::MAX_SCALE {
            return None;
        }
        let deposits = amount(cash, decimals)?;
        let spec = instrument.spec();
        Some(Self {
            instrument,
            sizing: match sizing {
                Sizing::FixedQuantity { quantity } => Sized::Lots(instrument.qty_floor(*quantity)),
                Sizing::FixedNotional { notional } => Sized::Notional(amount(*notional, decimals)?),
                Sizing::Risk { .. } => Sized::ByRisk(sizing.clone()),
                Sizing::Kelly { .. } => return None,
            },
            decimals,
            unit: small(unit)?,
            fee_units: [small(maker)?, small(taker)?],
            least_notional: amount(spec.min_notional, decimals)?,
            leverage: (small(leverage.mantissa())?, 10_i64.checked_pow(leverage.scale())?),
            top,
            deposits,
            cash: deposits,
            entry_fee: 0,
            fees: 0,
            slippage: 0,
            nets: Vec::new(),
            hash: TradeHash::default(),
        })
    }

    pub(super) const fn cash(&self) -> i64 {
        self.cash
    }

    pub(super) const fn decimals(&self) -> u32 {
        self.decimals
    }

    fn money(&self, amount: i64) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(amount), self.decimals)
    }

    fn float(&self, amount: i64) -> f64 {
        decimal_to_f64(self.money(amount))
    }

    /// Equity over the price of a position.
    pub(super) fn line(&self, open: &Open) -> Option<Line> {
        let slope = (open.side.sign() * open.lots.get()).checked_mul(self.unit)?;
        let cost = slope.checked_mul(open.px.0).filter(|c| c.abs() < LARGEST)?;
        // So that it is a number at every price.
        slope.checked_mul(self.top.0).filter(|most| most.abs() < LARGEST)?;
        Some(Line { base: self.cash - cost, slope })
    }

    pub(super) fn equity(&self, open: &Open, px: Ticks) -> Option<i64> {
        let line = self.line(open)?;
        line.slope.checked_mul(px.0)?.checked_add(line.base)
    }

    /// Lots of an entry decided at `px`; `None` of the inner kind where it is refused.
    pub(super) fn size(&self, entry: &Entry, px: Ticks, equity: i64) -> Option<Option<Lots>> {
        if equity <= 0 {
            return Some(None);
        }
        let lot_notional = px.0.checked_mul(self.unit)?;
        let lots = match &self.sizing {
            Sized::Lots(lots) => *lots,
            Sized::Notional(notional) => Lots::new(notional / lot_notional).unwrap_or(Lots::ZERO),
            Sized::ByRisk(sizing) => self.by_risk(sizing, entry, px, equity)?,
        };
        if lots < self.instrument.min_lots() {
            return Some(None);
        }
        let notional = lot_notional.checked_mul(lots.get()).filter(|n| *n < LARGEST)?;
        let (num, den) = self.leverage;
        let most = i128::from(equity) * i128::from(num);
        let most_lots_fit = most >> 63 < i128::from(lot_notional) * i128::from(den);
        if most >= DIGITS || !most_lots_fit {
            // What the risk check makes of such numbers is its own affair.
            return None;
        }
        let carried = most >= i128::from(notional) * i128::from(den);
        let float = self.instrument.tick_lot_value_f64() * px.0 as f64 * lots.get() as f64;
        let exact = float <= self.instrument.exact_below();
        Some((carried && exact && notional >= self.least_notional).then_some(lots))
    }

    fn by_risk(&self, sizing: &Sizing, entry: &Entry, px: Ticks, equity: i64) -> Option<Lots> {
        let lot_price = self.instrument.value(i128::from(px.0));
        let Some(Distance::Fraction(stop)) = entry.stop else { return None };
        let equity = self.money(equity);
        let input = SizingInput {
            equity,
            free_margin: equity,
            lot_notional: lot_price,
            lot_risk: Some(lot_price * stop.decimal()),
            lot_price,
        };
        sizing.lots(self.instrument, &input, &[]).ok()
    }

    /// Books an entry; the price at which margin may fail.
    pub(super) fn enter(
        &mut self,
        side: Side,
        lots: Lots,
        px: Ticks,
        slip: Ticks,
    ) -> Option<Option<Ticks>> {
        let value = px.0.checked_mul(lots.get())?;
        self.entry_fee = value.checked_mul(self.fee_units[1]).filter(|f| f.abs() < LARGEST)?;
        self.cash = self.cash.checked_sub(self.entry_fee).filter(|c| c.abs() < LARGEST)?;
        self.slipped(slip, lots)?;
        let cost = value.checked_mul(self.unit)?;
        if cost.checked_mul(2)? <= self.cash && self.instrument.maintenance_f64() <= 0.45 {
            // All of it may be lost, and a short one double in price, before margin fails.
            return Some(match side {
                Side::Buy => None,
                Side::Sell => Some(Ticks(px.0.checked_mul(2)?)),
            });
        }
        let unit = self.instrument.tick_lot_value_f64();
        let margin = Margin {
            side,
            lots: lots.get() as f64 * unit,
            cost: value as f64 * unit,
            cash: self.float(self.cash),
            maintenance: self.instrument.maintenance_f64(),
        };
        Some(margin.fails_at())
    }

    fn slipped(&mut self, slip: Ticks, lots: Lots) -> Option<()> {
        let cost = slip.0.checked_mul(lots.get())?.checked_mul(self.unit)?;
        self.slippage = self.slippage.checked_add(cost)?;
        Some(())
    }

    /// Books the exit of a whole position, and its trade.
    pub(super) fn close(&mut self, open: &Open, exit: Exit, ts: Nanos) -> Option<()> {
        let lots = open.lots.get();
        let fee = exit.px.0.checked_mul(lots)?;
        let fee = fee.checked_mul(self.fee_units[usize::from(!exit.maker)])?;
        let moved = open.side.sign() * (exit.px.0 - open.px.0);
        let gross = moved.checked_mul(lots)?.checked_mul(self.unit)?;
        let fees = self.entry_fee.checked_add(fee)?;
        let net = gross.checked_sub(fees)?;
        self.cash = self.cash.checked_add(gross)?.checked_sub(fee)?;
        if self.cash.abs() >= LARGEST {
            return None;
        }
        self.fees = self.fees.checked_add(fees)?;
        self.slipped(exit.slip, open.lots)?;
        self.nets.push(self.money(net));
        let (tick, decimals) = self.instrument.tick();
        let price = |px: Ticks| (i128::from(px.0) * i128::from(tick), decimals);
        let money = |amount: i64| (i128::from(amount), self.decimals);
        self.hash.push_hashed(&HashedTrade {
            slot: SlotId(0),
            instrument: InstrumentId(0),
            side: open.side,
            lots: open.lots,
            exit: exit.reason,
            times: [open.entry_ts, ts],
            numbers: [
                price(open.px),
                price(exit.px),
                money(gross),
                money(fees),
                money(0),
                money(net),
            ],
        });
        Some(())
    }

    pub(super) fn summary(self, curve: Curve<'_>, ambiguous: u64) -> Summary {
        let (cash, equity) = (self.money(self.deposits), self.money(self.cash));
        let (fees, slippage) = (self.money(self.fees), self.money(self.slippage));
        let mut summary = Summary::new(cash);
        summary.equity = equity;
        summary.nets = self.nets;
        (summary.fees, summary.slippage) = (fees, slippage);
        summary.ambiguous = ambiguous;
        summary.settled(self.hash, curve.finish(decimal_to_f64(equity)));
        summary
    }
}
