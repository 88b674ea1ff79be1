//! One account's money: cash, positions and closed trades, exact to the last digit.
//!
//! Invariant, asserted at every booking: cash is deposits plus realised P&L less fees less
//! funding, plus what a broker's balance corrected, each kept on its own. Average entry cost
//! of a partly closed position is split in whole tick-lots and the remainder stays with the
//! position, so that parts always add up to the whole.
//!
//! Amounts are in the account's currency. An instrument quoted in another
//! currency is converted when money moves, at the mark of the instrument named
//! for it, and open P&L at the mark of the moment.
//!
//! Inside, money is a whole number of the smallest amounts that the account's
//! instruments can produce: sums of decimals, without the decimals' cost.

mod amount;
mod balance;
mod equity_line;
mod position;
mod room;
mod state;
mod trade;

use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::instrument::{Conversion, InstrumentId};
use crate::math::{power_of_ten, product};
use crate::order::{Bracket, ExitReason, Fill, FillKind, SlotId};
use crate::units::{Lots, Side, Ticks};
pub use equity_line::EquityLine;
pub(crate) use position::SoFar;
pub use position::{Excursion, Market, Position, Trade};
pub use room::{PriceRange, Reach};
pub use state::LedgerState;

/// Decimals that converted money and funding are rounded to.
const CONVERTED_DECIMALS: u32 = 12;

/// One account's money, positions and the prices they are valued at.
#[derive(Clone, Debug)]
pub struct Ledger {
    markets: Vec<Market>,
    positions: Vec<Option<Position>>,
    open: Vec<SlotId>,
    /// Decimals in which everything below is counted, and what a tick on a lot of
    /// each instrument is in them; `None` where it has to be converted.
    decimals: u32,
    units: Vec<Option<i128>>,
    cash: i128,
    deposits: i128,
    realised: i128,
    fees: i128,
    funding: i128,
    slippage: i128,
    corrected: i128,
    /// Up to which price of each instrument money is known to stay exact.
    harmless: Vec<Ticks>,
}

impl Ledger {
    /// An account with `cash`, trading `markets` in `slots` slots.
    #[must_use]
    pub fn new(cash: Decimal, markets: Vec<Market>, slots: usize) -> Self {
        let decimals = Self::least_decimals(&markets).max(cash.normalize().scale());
        let mut ledger = Self {
            positions: alloc::vec![None; slots],
            open: Vec::new(),
            decimals,
            units: Vec::new(),
            cash: 0,
            deposits: 0,
            realised: 0,
            fees: 0,
            funding: 0,
            slippage: 0,
            corrected: 0,
            harmless: alloc::vec![Ticks(i64::MAX); markets.len()],
            markets,
        };
        ledger.find_units();
        ledger.deposits = ledger.amount(cash);
        ledger.cash = ledger.deposits;
        ledger
    }

    #[inline]
    fn money(&self, amount: i128) -> Decimal {
        Decimal::from_i128_with_scale(amount, self.decimals)
    }

    /// Cash: deposits and everything realised, entry fees of open positions paid.
    #[inline]
    #[must_use]
    pub fn cash(&self) -> Decimal {
        self.money(self.cash)
    }

    /// All that was paid in, in the account's currency.
    #[must_use]
    pub fn deposits(&self) -> Decimal {
        self.money(self.deposits)
    }

    /// P&L realised at fill prices, before fees and funding, in the account's currency.
    #[must_use]
    pub fn realised(&self) -> Decimal {
        self.money(self.realised)
    }

    /// Fees paid (negative: rebates received), in the account's currency.
    #[must_use]
    pub fn fees(&self) -> Decimal {
        self.money(self.fees)
    }

    /// Funding and swap paid (negative: received), in the account's currency.
    #[must_use]
    pub fn funding(&self) -> Decimal {
        self.money(self.funding)
    }

    /// What slippage cost, in the account's currency; already inside what was realised.
    #[must_use]
    pub fn slippage(&self) -> Decimal {
        self.money(self.slippage)
    }

    /// Decimals in which money is counted.
    #[must_use]
    pub const fn decimals(&self) -> u32 {
        self.decimals
    }

    /// The instruments, in the account's order.
    #[must_use]
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// One instrument as the account sees it: terms, conversion, last price.
    #[must_use]
    #[inline]
    pub fn market(&self, id: InstrumentId) -> &Market {
        &self.markets[id.index()]
    }

    /// The open position of a slot.
    #[must_use]
    #[inline]
    pub fn position(&self, slot: SlotId) -> Option<&Position> {
        self.positions[slot.index()].as_ref()
    }

    /// Whether no position is open.
    #[inline]
    #[must_use]
    pub const fn is_flat(&self) -> bool {
        self.open.is_empty()
    }

    /// Slots with an open position, in the order they were opened.
    #[must_use]
    #[inline]
    pub fn open_slots(&self) -> &[SlotId] {
        &self.open
    }

    /// Open positions with their slots.
    #[inline]
    pub fn open_positions(&self) -> impl Iterator<Item = (SlotId, &Position)> {
        self.open.iter().filter_map(|&slot| Some((slot, self.position(slot)?)))
    }

    /// Takes the last price of an instrument.
    #[inline]
    pub fn mark(&mut self, id: InstrumentId, px: Ticks) {
        self.markets[id.index()].mark = Some(px);
    }

    /// Widens the excursions of the instrument's positions by a bar's range.
    pub fn widen(&mut self, id: InstrumentId, high: Ticks, low: Ticks) {
        for slot in &self.open {
            if let Some(p) = &mut self.positions[slot.index()]
                && p.instrument == id
            {
                p.widen(high, low);
            }
        }
    }

    /// Price that converts the instrument's quote money; `None` while it is unknown.
    #[must_use]
    pub fn rate(&self, id: InstrumentId) -> Option<Decimal> {
        match self.market(id).conversion.via() {
            None => Some(Decimal::ONE),
            Some(via) => {
                let market = self.market(via);
                Some(market.instrument.price(market.mark?))
            }
        }
    }

    /// `money` of the instrument's quote currency in the account's currency.
    /// Stops when the rate is unknown: the engine enters nothing before it is known.
    #[must_use]
    pub fn to_account(&self, id: InstrumentId, money: Decimal) -> Decimal {
        let conversion = self.market(id).conversion;
        match conversion {
            Conversion::Same => money,
            Conversion::Multiply(_) | Conversion::Divide(_) => {
                let rate = self.rate(id).expect("a rate is known before money moves");
                conversion.to_account(money, rate)
            }
        }
    }

    /// Sets the levels that the venue holds for a slot's position.
    pub fn set_bracket(&mut self, slot: SlotId, bracket: Bracket) {
        if let Some(p) = &mut self.positions[slot.index()] {
            p.bracket = bracket;
        }
    }

    /// Sets the levels a position starts with.
    pub fn set_initial(&mut self, slot: SlotId, bracket: Bracket) {
        if let Some(p) = &mut self.positions[slot.index()] {
            p.bracket = bracket;
            p.initial = bracket;
        }
        self.find_harmless();
    }

    /// Books a fill; returns the trade when the position became flat.
    ///
    /// Panics when an exit has no position, exceeds it, or an entry is on the
    /// other side of one: the engine lets no such order exist.
    pub fn apply(&mut self, fill: &Fill) -> Option<Trade> {
        assert!(!fill.lots.is_zero(), "a fill has a quantity");
        let fee = self.to_account(fill.instrument, fill.fee);
        let fee = self.amount(fee);
        self.cash -= fee;
        self.fees += fee;
        let closed = match fill.kind {
            FillKind::Entry => {
                self.enter(fill, fee);
                None
            }
            FillKind::Exit(reason) => self.exit(fill, fee, reason),
        };
        assert_eq!(
            self.cash,
            self.deposits + self.realised - self.fees - self.funding + self.corrected,
            "cash is conserved"
        );
        self.find_harmless();
        closed
    }

    fn enter(&mut self, fill: &Fill, fee: i128) {
        let value = i128::from(fill.px.0) * i128::from(fill.lots.get());
        let notional = self.account_amount(fill.instrument, value);
        let slippage = self.slipped(fill);
        self.slippage += slippage;
        let slot = &mut self.positions[fill.slot.index()];
        let position = slot.get_or_insert_with(|| Position {
            instrument: fill.instrument,
            side: fill.side,
            lots: Lots::ZERO,
            cost: 0,
            entry_ts: fill.ts,
            entry: fill.order,
            bracket: Bracket::default(),
            initial: Bracket::default(),
            best: fill.px,
            worst: fill.px,
            so_far: SoFar::default(),
        });
        assert_eq!(position.side, fill.side, "an entry adds to its own side");
        if position.lots.is_zero() {
            self.open.push(fill.slot);
        }
        position.lots += fill.lots;
        position.cost += value;
        position.so_far.entry_lots += fill.lots.get();
        position.so_far.entry_value += value;
        position.so_far.entry_notional += notional;
        position.so_far.fees += fee;
        position.so_far.slippage += slippage;
    }

    fn exit(&mut self, fill: &Fill, fee: i128, reason: ExitReason) -> Option<Trade> {
        let value = i128::from(fill.px.0) * i128::from(fill.lots.get());
        let notional = self.account_amount(fill.instrument, value);
        let slippage = self.slipped(fill);
        self.slippage += slippage;
        let position =
            self.positions[fill.slot.index()].as_ref().expect("an exit closes a position");
        assert_eq!(position.side.opposite(), fill.side, "an exit is on the other side");
        assert!(fill.lots <= position.lots, "an exit is within the position");
        let cost = position.cost_of(fill.lots);
        let gross =
            self.account_amount(fill.instrument, i128::from(position.side.sign()) * (value - cost));
        self.cash += gross;
        self.realised += gross;

        let position = self.positions[fill.slot.index()].as_mut()?;
        position.lots -= fill.lots;
        position.cost -= cost;
        position.widen(fill.px, fill.px);
        position.so_far.exit_value += value;
        position.so_far.exit_notional += notional;
        position.so_far.gross += gross;
        position.so_far.fees += fee;
        position.so_far.slippage += slippage;
        position.so_far.ambiguous |= fill.ambiguous;
        if !position.lots.is_zero() {
            return None;
        }
        let position = self.positions[fill.slot.index()].take()?;
        self.open.retain(|&slot| slot != fill.slot);
        Some(self.close(fill, position, reason))
    }

    /// Charges funding on the instrument's open positions at its mark, rounded to
    /// 12 decimals, half to even: a rate may have more than money has room for.
    pub fn charge_funding(&mut self, id: InstrumentId, long_rate: Decimal, short_rate: Decimal) {
        let Some(mark) = self.market(id).mark else { return };
        for index in 0..self.open.len() {
            let slot = self.open[index];
            let Some(p) = self.position(slot) else { continue };
            if p.instrument != id {
                continue;
            }
            let rate = match p.side {
                Side::Buy => long_rate,
                Side::Sell => short_rate,
            };
            let notional = self.market(id).instrument.notional(mark, p.lots);
            let paid = self.to_account(id, (notional * rate).round_dp(CONVERTED_DECIMALS));
            let paid = self.amount(paid);
            self.cash -= paid;
            self.funding += paid;
            if let Some(p) = &mut self.positions[slot.index()] {
                p.so_far.funding += paid;
            }
        }
        self.find_harmless();
    }

    /// Cash plus open positions at their marks.
    #[must_use]
    #[inline]
    pub fn equity(&self) -> Decimal {
        if self.is_flat() {
            return self.cash();
        }
        self.equity_with(|_, p| self.market(p.instrument).mark)
    }

    /// Cash plus open positions at the price `px` gives; a position without one counts as zero P&L.
    #[must_use]
    pub fn equity_with(&self, px: impl Fn(SlotId, &Position) -> Option<Ticks>) -> Decimal {
        let open = |p: &Position, px| self.account_amount(p.instrument, p.open_ticks_lots(px));
        self.money(
            self.open_positions()
                .fold(self.cash, |sum, (slot, p)| px(slot, p).map_or(sum, |px| sum + open(p, px))),
        )
    }

    /// Notional of a position at its mark.
    #[must_use]
    pub fn notional(&self, p: &Position) -> Decimal {
        let px = self.market(p.instrument).mark.unwrap_or_else(|| p.entry_px());
        self.account_value(p.instrument, i128::from(px.0) * i128::from(p.lots.get()))
    }

    fn account_value(&self, id: InstrumentId, ticks_lots: i128) -> Decimal {
        self.to_account(id, self.market(id).instrument.value(ticks_lots))
    }

    fn account_amount(&self, id: InstrumentId, ticks_lots: i128) -> i128 {
        match self.units[id.index()] {
            Some(unit) => product(ticks_lots, unit),
            None => {
                let money = self.account_value(id, ticks_lots);
                product(money.mantissa(), power_of_ten(self.decimals - money.scale()))
            }
        }
    }

    fn slipped(&self, fill: &Fill) -> i128 {
        let ticks_lots = i128::from(fill.slippage.0) * i128::from(fill.lots.get());
        if ticks_lots == 0 { 0 } else { self.account_amount(fill.instrument, ticks_lots) }
    }
}
