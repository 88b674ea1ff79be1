//! Orders that wait for their price at brokers: what their lists say, and what is done so
//! that they are as they should be.
//!
//! An order of ours is known by its number, or, where the answer with it was lost, by what
//! it asks for. One that the list does not show any more has filled, was withdrawn, or was
//! dropped: lists of positions that are newer tell which. One that the program did not
//! place is said once, and left alone.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::event::{Body, Command};
use tickstep_core::order::{OrderId, OrderUpdate, Purpose as Ordered, Unfilled};
use tickstep_core::resting::Rest;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::by_position::on_grid;
use super::dispatch::news;
use super::fate::Fate;
use super::intents::prices;
use super::limits::back_off;
use super::matching::opens;
use super::news::{AlertKind, OrderStatus, Severity};
use super::order_matching::{Waits, tell_orders};
use super::report::OrderReport;
use super::tables::{GoneOrder, Labels, LiveAccount, Purpose, ReadKind, Under};
use super::{Effects, Runner, alert};
use crate::broker::{BracketPrices, PendingOrder, Write};
use crate::intent::IntentId;

/// What it was noted under that an order of somebody else's was said.
const FOREIGN: &str = "foreign order ";
/// And that one waits that had been given up.
const LATE: &str = "late order ";

impl Runner {
    pub(super) fn orders_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        theirs: Vec<PendingOrder>,
        out: &mut Effects,
    ) {
        let now = self.now;
        let there = sent + (self.venue_time(account, now) - now);
        let Some((_, live)) = self.at_broker(account) else { return };
        let told = tell_orders(live, &theirs, self.settings.window());
        for (order, is) in theirs.iter().zip(told) {
            match is {
                Waits::Known(intent) => self.still_waits(account, intent, order),
                Waits::Found(intent) => self.rests(account, intent, order, out),
                Waits::Late(intent) => self.late_order(account, intent, order, out),
                Waits::Foreign => self.foreign_order(account, order, out),
                Waits::Awaited => {}
            }
        }
        let lag = self.settings.lag;
        let Some(live) = self.live_mut(account) else { return };
        note_whole(live, &theirs, there - lag);
        live.orders = theirs.into_iter().map(|order| (order.id.clone(), order)).collect();
        let shown = &live.orders;
        live.order_after.retain(|order, _| shown.contains_key(order));
        // A number that is shown again later is another order, or is worth saying again.
        live.reported.retain(|words| {
            let number = [FOREIGN, LATE].iter().find_map(|what| words.strip_prefix(what));
            number.is_none_or(|number| shown.contains_key(number))
        });
        let not_shown = |w: &&Under| {
            w.intent.rests() && w.accepted_id().is_some_and(|order| !shown.contains_key(order))
        };
        let gone: Vec<IntentId> =
            live.writes.iter().filter(not_shown).map(|w| w.intent.id()).collect();
        for intent in gone {
            if live.gone_since(intent).is_none() {
                live.gone_orders.push(GoneOrder { intent, there });
                live.hurry(ReadKind::Positions, now);
                live.hurry(ReadKind::Closed, now);
            }
        }
        let read = live.read_mut(ReadKind::Orders);
        (read.done, read.done_there) = (Some(sent), Some(there));
    }

    /// An order of ours waits as it did; somebody may have changed it.
    fn still_waits(&mut self, account: AccountId, intent: IntentId, order: &PendingOrder) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        live.gone_orders.retain(|gone| gone.intent != intent);
        if live.orders.get(&order.id).is_some_and(|before| before.volume > order.volume) {
            // Part of it has filled.
            live.hurry(ReadKind::Positions, now);
        }
        let under = live.writes.iter_mut().find(|w| w.intent.id() == intent);
        if let Some(Write::CreateOrder { price, bracket, .. }) = under.map(|w| &mut w.write) {
            // What it opens has the levels that it has now.
            (*price, *bracket) = (order.price, order.bracket);
        }
    }

    /// The list shows for the first time that an order of ours waits.
    fn rests(
        &mut self,
        account: AccountId,
        intent: IntentId,
        order: &PendingOrder,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let Some(under) = live.writes.iter_mut().find(|w| w.intent.id() == intent) else { return };
        if under.intent.resting(now, order.id.clone()).is_err() {
            return;
        }
        out.happenings.push(news(account, under, OrderStatus::Resting));
        let Some(entry) = under.entry() else { return };
        let (id, slot) = (entry.order, entry.slot);
        let (number, price, quantity) = (order.id.clone(), order.price, order.volume);
        let fate = Fate::Resting { number, price, quantity };
        out.happenings.extend(self.known.fan_outs.ended(now, account, id, fate));
        let update = OrderUpdate::Accepted;
        self.report(account, now, Body::Order { order: id, slot, update });
    }

    /// An order that had been given up waits after all: nobody counts on it.
    fn late_order(
        &mut self,
        account: AccountId,
        intent: IntentId,
        order: &PendingOrder,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let later = live.order_after.get(&order.id).is_some_and(|(at, _)| *at > now);
        if later || live.writes.iter().any(|w| w.order() == Some(&order.id)) {
            return;
        }
        if live.reported.insert(format!("{LATE}{}", order.id)) {
            let words = format!(
                "intent {} waits as order {} of {} {} after it had been given up; it is withdrawn",
                intent.0, order.id, order.volume, order.symbol
            );
            let kind = AlertKind::LateExecution;
            out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
        }
        self.withdraw(account, order);
    }

    /// One that the program did not place is said once, and left alone.
    fn foreign_order(&mut self, account: AccountId, order: &PendingOrder, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        if !live.reported.insert(format!("{FOREIGN}{}", order.id)) {
            return;
        }
        let PendingOrder { id, symbol, side, volume, price, .. } = order;
        let words = format!(
            "order {id}, {side:?} {volume} {symbol} at {price}, was not placed by this program; \
             it is left alone"
        );
        let kind = AlertKind::Foreign;
        out.happenings.push(alert(Severity::Notice, Some(account), kind, words));
    }

    /// Sends the withdrawal of an order.
    pub(super) fn withdraw(&mut self, account: AccountId, order: &PendingOrder) {
        let PendingOrder { id, symbol, side, kind, .. } = order.clone();
        let about = Labels {
            symbol: self.own_symbol(account, &symbol).to_owned(),
            ..self.about_order(account, &id)
        };
        let write = Write::CancelOrder { order: id.clone(), symbol, side, kind };
        self.set_off(account, Purpose::Cancel { order: id }, write, about);
    }

    fn about_order(&self, account: AccountId, order: &str) -> Labels {
        let live = self.at_broker(account).map(|(_, live)| live);
        live.and_then(|live| live.rests_as(order)).map(|w| w.about.clone()).unwrap_or_default()
    }

    /// The number of an order of ours, the price that it should wait for, and its levels.
    pub(super) fn wanted_order(
        &self,
        account: AccountId,
        under: &Under,
    ) -> Option<(String, (Decimal, BracketPrices))> {
        let (entry, number) = (under.entry()?, under.accepted_id()?);
        let engine = self.session.accounts()[account.index()].engine();
        let order = engine.order(entry.order)?;
        let (Ordered::Entry(bracket), rest) = (order.purpose, Rest::of(&order.kind)?) else {
            return None;
        };
        let instrument = self.instrument(account, entry.instrument);
        let price = instrument.price(rest.px()).normalize();
        Some((number.to_owned(), (price, prices(instrument, bracket))))
    }

    /// Withdraws orders that are to go, and changes those that are not as they should be.
    pub(super) fn look_after_orders(&mut self, account: AccountId) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let free = |order: &&PendingOrder| {
            !live.writes.iter().any(|w| w.order() == Some(&order.id))
                && live.order_after.get(&order.id).is_none_or(|(at, _)| *at <= self.now)
        };
        let mut leave = Vec::new();
        let mut change = Vec::new();
        for under in live.writes.iter().filter(|w| w.intent.rests()) {
            let shown = under.accepted_id().and_then(|order| live.orders.get(order));
            let (Some(shown), Some(entry)) = (shown.filter(free), under.entry()) else { continue };
            match self.wanted_order(account, under) {
                Some((_, wanted)) if !entry.withdraw => {
                    if wanted != (shown.price, shown.bracket) {
                        change.push((shown.clone(), wanted, entry.order));
                    }
                }
                // Its engine does not know it any more, or wants it gone.
                Some(_) | None => leave.push(shown.clone()),
            }
        }
        for order in leave {
            self.withdraw(account, &order);
        }
        for (PendingOrder { id, symbol, side, volume, kind, .. }, (price, bracket), entry) in change
        {
            let about = self.about_order(account, &id);
            let order = id.clone();
            let write = Write::EditOrder { order, symbol, side, volume, kind, price, bracket };
            self.set_off(account, Purpose::Reprice { order: id, entry }, write, about);
        }
    }

    /// A change of an order failed: the next one waits a while.
    pub(super) fn order_refused(&mut self, account: AccountId, order: &str) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        live.hurry(ReadKind::Orders, now);
        let known = live.order_after.entry(order.to_owned()).or_insert((now, 0));
        known.1 += 1;
        known.0 = now + back_off(known.1, u64::from(account.0));
    }

    /// A change of an order failed. Where the broker refuses what an engine wanted of it, the
    /// engine takes it as the broker has it.
    pub(super) fn reprice_failed(
        &mut self,
        account: AccountId,
        number: &str,
        order: OrderId,
        fate: &Fate,
    ) {
        self.order_refused(account, number);
        if !matches!(fate, Fate::Rejected { .. }) {
            return;
        }
        let Some((_, live)) = self.at_broker(account) else { return };
        let Some(shown) = live.orders.get(number) else { return };
        let Some(entry) = live.rests_as(number).and_then(Under::entry) else { return };
        let instrument = self.instrument(account, entry.instrument);
        let px = instrument.price_exact(shown.price);
        if let (Ok(px), Ok(bracket)) = (px, on_grid(instrument, shown.bracket)) {
            self.tell_command(account, Command::Reprice { order, px, bracket });
        }
    }

    /// Every entry of an account that waits for its price is withdrawn.
    pub(super) fn withdraw_entries(&mut self, account: AccountId) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let waiting = live.writes.iter().filter(|w| w.waits());
        let orders: Vec<_> = waiting.filter_map(|w| Some(w.entry()?.order)).collect();
        orders.into_iter().for_each(|order| self.cancel(account, order));
    }

    /// An order that waited is not there any more, and nothing filled.
    pub(super) fn order_gone(&mut self, account: AccountId, id: IntentId, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        live.gone_orders.retain(|gone| gone.intent != id);
        let Some(at) = live.writes.iter().position(|w| w.intent.id() == id) else { return };
        let number = live.writes[at].accepted_id().unwrap_or_default().to_owned();
        let mut under = live.writes.remove(at);
        if under.intent.gone().is_err() {
            return;
        }
        let end = crate::intent::End::Withdrawn;
        out.happenings.push(news(account, &under, OrderStatus::Ended(end)));
        let Some(entry) = under.entry() else { return };
        if !entry.withdraw {
            let words = format!(
                "order {number} on {} does not wait any more, and no position shows that it \
                 filled: somebody withdrew it, or the broker dropped it; it is given up",
                under.about.symbol
            );
            let kind = AlertKind::OrderGone;
            out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
        }
        self.tell_end(account, entry.order, entry.slot, Unfilled::Cancelled);
    }

    /// Orders of an account that wait, as they should be.
    #[must_use]
    pub fn resting_orders(&self, account: AccountId) -> Vec<OrderReport> {
        let Some((_, live)) = self.at_broker(account) else { return Vec::new() };
        let report = |under: &Under| {
            let entry = under.entry()?;
            let Write::CreateOrder { kind, volume, .. } = &under.write else { return None };
            let (number, (price, bracket)) = self.wanted_order(account, under)?;
            Some(OrderReport {
                number,
                strategy: under.about.strategy.clone().unwrap_or_default(),
                symbol: under.about.symbol.clone(),
                side: entry.side,
                kind: *kind,
                price,
                volume: *volume,
                bracket,
                leaving: entry.withdraw,
            })
        };
        live.writes.iter().filter(|w| w.intent.rests()).filter_map(report).collect()
    }
}

/// Notes which orders of ours a list shows with their whole volume, and when that was.
fn note_whole(live: &mut LiveAccount, shown: &[PendingOrder], at: Nanos) {
    let rests: BTreeMap<IntentId, bool> = live
        .writes
        .iter()
        .filter(|w| w.intent.rests())
        .map(|w| {
            let whole = opens(&w.write).is_some_and(|(_, _, volume, _)| {
                shown.iter().any(|o| w.accepted_id() == Some(&o.id) && o.volume == *volume)
            });
            (w.intent.id(), whole)
        })
        .collect();
    live.waited.retain(|intent, _| rests.contains_key(intent));
    let whole = rests.into_iter().filter(|(_, whole)| *whole);
    live.waited.extend(whole.map(|(intent, _)| (intent, at)));
}
