//! The money of a run that is followed trade by trade, in whole numbers of the
//! smallest amount that its instrument can produce.
//!
//! Where an amount is no such number of 64 bits, the run takes the engine, whose
//! decimals hold more.

use rust_decimal::Decimal;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId};
use tickstep_core::ledger::{Ledger, Market};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::order::{ExitReason, Liquidity, SlotId};
use tickstep_core::risk::size::{EntryMoney, allowed};
use tickstep_core::sim::{Execution, Margin};
use tickstep_core::sizing::{NoEdge, Sizing, SizingInput, lot_risk, notional_lots};
use tickstep_core::strategy::{Distance, Entry};
use tickstep_core::trade_hash::{HashedTrade, TradeHash};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::figures::{CurveFigures, TradeFigures};
use super::needs_engine::NeedsEngine;
use super::position::{ExitFill, OpenTrade};

/// Amounts stay below this, so that sums of a few of them are 64-bit numbers too.
const LARGEST: i64 = 1 << 60;
/// What the digits of a decimal stay below.
const DIGITS: i128 = 1 << 96;

/// Cash, and what is known of closed trades.
pub(super) struct Account<'s> {
    instrument: &'s Instrument,
    sizing: SizeRule,
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
    cut: usize,
    longest_hold: Nanos,
    hash: TradeHash,
}

/// A sizing method, as far as it can be worked out beforehand.
enum SizeRule {
    Lots(Lots),
    Notional(i64),
    ByRisk(Sizing),
}

/// Equity as a line over the price of the position.
#[derive(Clone, Copy)]
pub(super) struct MarkToMarket {
    pub base: i64,
    pub slope: i64,
}

impl MarkToMarket {
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
                Sizing::FixedQuantity { quantity } => {
                    SizeRule::Lots(instrument.qty_floor(*quantity))
                }
                Sizing::FixedNotional { notional } => {
                    SizeRule::Notional(amount(*notional, decimals)?)
                }
                Sizing::Risk { .. } => SizeRule::ByRisk(sizing.clone()),
                Sizing::Kelly { .. } | Sizing::Scaled(_) => return None,
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
            cut: 0,
            longest_hold: Nanos(0),
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

    /// Cash as a float, by the operations of the statistics.
    pub(super) fn cash_f64(&self) -> f64 {
        decimal_to_f64(self.money(self.cash))
    }

    /// Equity over the price of a position.
    pub(super) fn mark_to_market(&self, open: &OpenTrade) -> Result<MarkToMarket, NeedsEngine> {
        let line = || {
            let slope = (open.side.sign() * open.lots.get()).checked_mul(self.unit)?;
            let cost = slope.checked_mul(open.px.0).filter(|c| c.abs() < LARGEST)?;
            // So that it is a number at every price.
            slope.checked_mul(self.top.0).filter(|most| most.abs() < LARGEST)?;
            Some(MarkToMarket { base: self.cash - cost, slope })
        };
        line().ok_or(NeedsEngine::Money)
    }

    pub(super) fn equity(&self, open: &OpenTrade, px: Ticks) -> Result<i64, NeedsEngine> {
        let line = self.mark_to_market(open)?;
        let open = line.slope.checked_mul(px.0);
        open.and_then(|open| open.checked_add(line.base)).ok_or(NeedsEngine::Money)
    }

    /// Lots of an entry decided at `px`; `None` where a rule refuses it.
    pub(super) fn size(
        &self,
        entry: &Entry,
        px: Ticks,
        equity: i64,
    ) -> Result<Option<Lots>, NeedsEngine> {
        if equity <= 0 {
            return Ok(None);
        }
        let reach = Distance::reach(entry.stop, px).0;
        let reach = reach.checked_mul(self.unit).filter(|r| *r < LARGEST);
        let reach = reach.ok_or(NeedsEngine::Money)?;
        let lot_notional = px.0 * self.unit;
        let lots = match &self.sizing {
            SizeRule::Lots(lots) => *lots,
            SizeRule::Notional(notional) => notional_lots(*notional, lot_notional),
            SizeRule::ByRisk(sizing) => match self.by_risk(sizing, entry, px, equity) {
                Ok(lots) => lots,
                Err(NoEdge) => return Ok(None),
            },
        };
        let money =
            self.entry_money(lot_notional, reach, lots, equity).ok_or(NeedsEngine::Money)?;
        Ok(allowed(self.instrument, px, lots, Ok, &money).ok())
    }

    /// What margin and the venue are asked of a size; `None` where the numbers are so
    /// large that what the engine makes of them is its own affair.
    fn entry_money(
        &self,
        lot_notional: i64,
        reach: i64,
        lots: Lots,
        equity: i64,
    ) -> Option<WholeMoney> {
        // The notional is no more.
        reach.checked_mul(lots.get()).filter(|n| *n < LARGEST)?;
        let (num, den) = self.leverage;
        let most = i128::from(equity) * i128::from(num);
        let most_lots_fit = most >> 63 < i128::from(lot_notional) * i128::from(den);
        let least = self.least_notional;
        (most < DIGITS && most_lots_fit).then_some(WholeMoney { lot_notional, most, den, least })
    }

    fn by_risk(
        &self,
        sizing: &Sizing,
        entry: &Entry,
        px: Ticks,
        equity: i64,
    ) -> Result<Lots, NoEdge> {
        let lot_price = self.instrument.value(i128::from(px.0));
        let Entry { side, stop, target, .. } = *entry;
        let bracket = Distance::bracket(self.instrument, side, stop, target, px);
        let equity = self.money(equity);
        let input = SizingInput {
            balance: equity,
            equity,
            free_margin: equity,
            lot_notional: lot_price,
            lot_risk: lot_risk(self.instrument, entry.stop, px, bracket),
            lot_price,
        };
        sizing.size(self.instrument, &input, &[]).map(|size| size.lots)
    }

    /// Books an entry; the price at which margin may fail.
    pub(super) fn enter(
        &mut self,
        open: &OpenTrade,
        execution: Execution,
    ) -> Result<Option<Ticks>, NeedsEngine> {
        let booked = self.book_entry(open, execution).ok_or(NeedsEngine::Money)?;
        let maintenance = self.instrument.maintenance_f64();
        if booked.doubled <= self.cash && maintenance <= 0.45 {
            // All of it may be lost, and a short one double in price, before margin fails.
            return match open.side {
                Side::Buy => Ok(None),
                Side::Sell => match open.px.0.checked_mul(2) {
                    Some(px) => Ok(Some(Ticks(px))),
                    None => Err(NeedsEngine::Money),
                },
            };
        }
        let unit = self.instrument.tick_lot_value_f64();
        let margin = Margin {
            side: open.side,
            lots: open.lots.get() as f64 * unit,
            cost: booked.value as f64 * unit,
            cash: self.cash_f64(),
            maintenance,
        };
        Ok(margin.fails_at())
    }

    fn book_entry(&mut self, open: &OpenTrade, execution: Execution) -> Option<BookedEntry> {
        let value = open.px.0.checked_mul(open.lots.get())?;
        self.entry_fee = self.fee(value, execution.liquidity).filter(|f| f.abs() < LARGEST)?;
        self.cash = self.cash.checked_sub(self.entry_fee).filter(|c| c.abs() < LARGEST)?;
        self.slipped(execution.slippage, open.lots)?;
        Some(BookedEntry { value, doubled: value.checked_mul(self.unit)?.checked_mul(2)? })
    }

    /// The fee of a fill of `value` ticks times lots.
    #[inline]
    fn fee(&self, value: i64, liquidity: Liquidity) -> Option<i64> {
        value.checked_mul(match liquidity {
            Liquidity::Maker => self.fee_units[0],
            Liquidity::Taker => self.fee_units[1],
        })
    }

    fn slipped(&mut self, slip: Ticks, lots: Lots) -> Option<()> {
        let cost = slip.0.checked_mul(lots.get())?.checked_mul(self.unit)?;
        self.slippage = self.slippage.checked_add(cost)?;
        Some(())
    }

    /// Books the exit of a whole position, and its trade.
    pub(super) fn close(
        &mut self,
        open: &OpenTrade,
        exit: ExitFill,
        ts: Nanos,
    ) -> Result<(), NeedsEngine> {
        self.book_exit(open, exit, ts).ok_or(NeedsEngine::Money)
    }

    fn book_exit(&mut self, open: &OpenTrade, exit: ExitFill, ts: Nanos) -> Option<()> {
        let ExitFill { execution: Execution { px, slippage, liquidity }, reason } = exit;
        let lots = open.lots.get();
        let fee = self.fee(px.0.checked_mul(lots)?, liquidity)?;
        let moved = open.side.sign() * (px.0 - open.px.0);
        let gross = moved.checked_mul(lots)?.checked_mul(self.unit)?;
        let fees = self.entry_fee.checked_add(fee)?;
        let net = gross.checked_sub(fees)?;
        self.cash = self.cash.checked_add(gross)?.checked_sub(fee)?;
        if self.cash.abs() >= LARGEST {
            return None;
        }
        self.fees = self.fees.checked_add(fees)?;
        self.slipped(slippage, open.lots)?;
        self.nets.push(self.money(net));
        self.cut += usize::from(reason == ExitReason::EndOfData);
        self.longest_hold = self.longest_hold.max(ts - open.entry_ts);
        let (tick, decimals) = self.instrument.tick();
        let price = |px: Ticks| (i128::from(px.0) * i128::from(tick), decimals);
        let money = |amount: i64| (i128::from(amount), self.decimals);
        self.hash.push_hashed(&HashedTrade {
            slot: SlotId(0),
            instrument: InstrumentId(0),
            side: open.side,
            lots: open.lots,
            exit: reason,
            times: [open.entry_ts, ts],
            numbers: [price(open.px), price(px), money(gross), money(fees), money(0), money(net)],
        });
        Some(())
    }

    /// What it comes to without a position.
    pub(super) fn figures(self, curve: CurveFigures, ambiguous: u64) -> TradeFigures {
        TradeFigures {
            cash: self.money(self.deposits),
            equity: self.money(self.cash),
            fees: self.money(self.fees),
            slippage: self.money(self.slippage),
            nets: self.nets,
            cut: self.cut,
            longest_hold: self.longest_hold,
            ambiguous,
            hash: self.hash,
            curve,
        }
    }
}

/// What an entry comes to.
struct BookedEntry {
    /// Value of the entry, in ticks times lots.
    value: i64,
    /// Twice its notional.
    doubled: i64,
}

/// The money behind an entry.
struct WholeMoney {
    /// Notional of a lot.
    lot_notional: i64,
    /// `den` times the notional that equity carries at the instrument's leverage.
    most: i128,
    den: i64,
    /// The least notional of an order.
    least: i64,
}

impl EntryMoney for WholeMoney {
    #[inline]
    fn carries(&self, lots: Lots) -> bool {
        self.most >= i128::from(self.lot_notional * lots.get()) * i128::from(self.den)
    }

    /// 64 bits, in which it is, are far less than the account's money may be.
    #[inline]
    fn is_kept(&self, _: Lots) -> bool {
        true
    }

    #[inline]
    fn is_enough(&self, lots: Lots) -> bool {
        self.lot_notional * lots.get() >= self.least
    }
}
