//! What engines are told of their brokers: fills, ends of orders, commands.

use rust_decimal::Decimal;
use tickstep_core::event::{Body, Command, Event};
use tickstep_core::instrument::{Conversion, InstrumentId};
use tickstep_core::order::{Fill, FillKind, Liquidity, OrderId, OrderUpdate, SlotId, Unfilled};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::news::{AlertKind, Severity};
use super::{Effects, Runner, alert};

/// An execution, as a read-back shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Execution {
    pub order: OrderId,
    pub slot: SlotId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub lots: Lots,
    pub px: Ticks,
    pub ts: Nanos,
    /// Commission and swap, account currency; negative is paid.
    pub charges: Decimal,
    /// How far the price is from the decision's, against the account, in ticks.
    pub slippage: Ticks,
    pub kind: FillKind,
}

impl Runner {
    /// Tells an engine of an execution.
    /// One that fits nothing that was ordered or held stops new entries instead.
    pub(super) fn tell_fill(&mut self, account: AccountId, executed: Execution, out: &mut Effects) {
        let Execution { order, slot, instrument, side, lots, px, ts, charges, slippage, kind } =
            executed;
        let fee = self.in_quote(account, instrument, -charges);
        let fill = Fill {
            order,
            slot,
            instrument,
            ts,
            side,
            px,
            lots,
            fee,
            liquidity: Liquidity::Taker,
            slippage,
            kind,
            ambiguous: false,
        };
        let account_engine = self.session.accounts()[account.index()].engine();
        if account_engine.expects(&fill) {
            self.report(account, ts, Body::Fill(fill));
            return;
        }
        let (quantity, symbol, price) = {
            let known = self.instrument(account, instrument);
            (known.qty(lots), known.symbol().to_owned(), known.price(px))
        };
        let words = format!(
            "{quantity} {symbol} at {price} is nothing that was ordered or held (order {})",
            order.0
        );
        self.halt(account, AlertKind::Difference, words, out);
    }

    /// Tells an engine that an order ended without its fill, or the rest of it.
    pub(super) fn tell_end(
        &mut self,
        account: AccountId,
        order: OrderId,
        slot: SlotId,
        why: Unfilled,
    ) {
        let update = OrderUpdate::Ended(why);
        self.report(account, self.now, Body::Order { order, slot, update });
    }

    /// Gives an engine a command.
    pub(super) fn tell_command(&mut self, account: AccountId, command: Command) {
        self.report(account, self.now, Body::Command(command));
    }

    pub(super) fn report(&mut self, account: AccountId, ts_exch: Nanos, body: Body) {
        let event = Event { ts_exch, ts_recv: self.now, seq: 0, body };
        let told = self.session.report(account, event, &mut self.caught);
        debug_assert!(told.is_ok(), "an account is told what is its own: {told:?}");
    }

    /// Money of the account's currency in the instrument's quote currency, at the last
    /// rate; as it is while none is known.
    fn in_quote(&self, account: AccountId, instrument: InstrumentId, money: Decimal) -> Decimal {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let Some(rate) = ledger.rate(instrument).filter(|r| !r.is_zero()) else { return money };
        match ledger.market(instrument).conversion {
            Conversion::Same => money,
            Conversion::Multiply(_) => (money / rate).round_dp(12),
            Conversion::Divide(_) => (money * rate).round_dp(12),
        }
    }

    /// Something of an account does not fit: it takes no new risk until a person has
    /// looked, and says so once.
    pub(super) fn halt(
        &mut self,
        account: AccountId,
        kind: AlertKind,
        words: String,
        out: &mut Effects,
    ) {
        let Some(live) = self.live_mut(account) else { return };
        if live.halted.is_none() {
            live.halted = Some(words.clone());
        }
        if live.reported.insert(words.clone()) {
            out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
        }
    }
}
