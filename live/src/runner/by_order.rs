//! What operators do to orders that wait, which they name by the broker's number, or by
//! their account and instrument.

use rust_decimal::Decimal;
use tickstep_core::event::Command;
use tickstep_core::order::Purpose as Ordered;
use tickstep_core::resting::Rest;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Side, Ticks};

use super::Runner;
use super::act_answer::ActAnswer;
use super::bracket_change::BracketChange;
use super::by_position::{levels, on_grid};
use super::input::Reach;
use super::tables::LiveAccount;
use crate::broker::{PendingKind, PendingOrder};

impl Runner {
    /// Withdraws an order that waits; what is done.
    pub(super) fn cancel_order(
        &mut self,
        account: AccountId,
        number: &str,
    ) -> Result<String, String> {
        let live = self.with_orders(account)?;
        let Some(under) = live.rests_as(number) else {
            let order = foreign(live, number)?.clone();
            self.withdraw(account, &order);
            return Ok("it was not placed by this program, and is withdrawn".to_owned());
        };
        let Some(entry) = under.entry() else { return Err("it opens nothing".to_owned()) };
        if entry.withdraw {
            return Ok("it is being withdrawn already".to_owned());
        }
        let order = entry.order;
        self.cancel(account, order);
        Ok("it is withdrawn".to_owned())
    }

    /// Withdraws every order that waits, of one instrument where that is named.
    pub(super) fn cancel_where(
        &mut self,
        reach: Reach,
        symbol: Option<&str>,
        answer: &mut ActAnswer,
    ) {
        if self.is_unknown(symbol, "orders on", answer) {
            return;
        }
        for account in self.reached(reach, answer) {
            let live = self.at_broker(account).map(|(_, live)| live);
            let waiting = live.into_iter().flat_map(|live| &live.writes).filter(|w| w.waits());
            let orders: Vec<_> = waiting
                .filter(|w| symbol.is_none_or(|symbol| w.about.symbol == symbol))
                .filter_map(|w| Some((w.entry()?.order, w.accepted_id().map(str::to_owned))))
                .collect();
            if orders.is_empty() {
                answer.done(account, "no order waits");
            }
            for (order, number) in orders {
                self.cancel(account, order);
                let number = number.unwrap_or_else(|| "that is on its way".to_owned());
                answer.done(account, format!("order {number} is withdrawn"));
            }
        }
    }

    /// Has an order wait for another price, or with other levels; what is done.
    pub(super) fn edit_order(
        &mut self,
        account: AccountId,
        number: &str,
        price: Decimal,
        change: BracketChange,
    ) -> Result<String, String> {
        let live = self.with_orders(account)?;
        let Some(under) = live.rests_as(number) else {
            foreign(live, number)?;
            return Err(
                "it was not placed by this program; withdraw it, and place another".to_owned()
            );
        };
        let Some(entry) = under.entry() else { return Err("it opens nothing".to_owned()) };
        if entry.withdraw {
            return Err("it is being withdrawn".to_owned());
        }
        let (order, on, side) = (entry.order, entry.instrument, entry.side);
        let instrument = self.instrument(account, on);
        let px = instrument.price_exact(price).map_err(|off| format!("price: {off}"))?;
        let Some((_, (_, has))) = self.wanted_order(account, under) else {
            return Err("its strategy does not wait for it any more".to_owned());
        };
        let wanted = change.of(has);
        let bracket = on_grid(instrument, wanted)?;
        let Some(kind) = live.orders.get(number).map(|order| order.kind) else {
            return Err("it does not wait any more".to_owned());
        };
        self.ahead(on, side, kind, px)?;
        self.rows[account.index()].touched = true;
        self.tell_command(account, Command::Reprice { order, px, bracket });
        let engine = self.session.accounts()[account.index()].engine();
        let has = engine.order(order).map(|order| (Rest::of(&order.kind), order.purpose));
        match has {
            Some((Some(rest), Ordered::Entry(has))) if rest.px() == px && has == bracket => {
                Ok(format!("it waits for {} with {}", price.normalize(), levels(wanted)))
            }
            Some(_) => Err(format!("a level is at {price}, which it waits for, or beyond it")),
            None => Err("its strategy does not wait for it any more".to_owned()),
        }
    }

    /// Whether the market has yet to come to a price that an order waits for.
    pub(super) fn ahead(
        &self,
        on: tickstep_core::instrument::InstrumentId,
        side: Side,
        kind: PendingKind,
        px: Ticks,
    ) -> Result<(), String> {
        let Some(mark) = self.known.prices[on.index()].px else {
            return Err("the instrument has no price yet".to_owned());
        };
        let below = match kind {
            PendingKind::Limit => side == Side::Buy,
            PendingKind::Stop => side == Side::Sell,
        };
        let fine = if below { px < mark } else { px > mark };
        let market = &self.session.accounts()[0].engine().ledger().market(on).instrument;
        let now = market.price(mark).normalize();
        let way = if below { "below" } else { "above" };
        fine.then_some(()).ok_or_else(|| {
            format!("the price it waits for has to be {way} the market, which is at {now}")
        })
    }

    fn with_orders(&self, account: AccountId) -> Result<&LiveAccount, String> {
        self.there(account)?;
        let broker = self.at_broker(account).map(|(_, live)| live);
        broker.ok_or_else(|| "no order waits on an account on paper".to_owned())
    }
}

/// An order that somebody else placed.
fn foreign<'l>(live: &'l LiveAccount, number: &str) -> Result<&'l PendingOrder, String> {
    if live.writes.iter().any(|w| w.order() == Some(number)) {
        return Err(
            "another change of it is on its way; say it again when that has ended".to_owned()
        );
    }
    live.orders.get(number).ok_or_else(|| {
        let all: Vec<String> = live.orders.keys().cloned().collect();
        let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        format!("no such order waits on the account; waiting are {all}")
    })
}
