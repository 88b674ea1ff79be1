//! What engines ask for becomes writes to brokers.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::order::{
    Bracket, ExitReason, Intent as Asked, Order, OrderId, Purpose, SlotId, Unfilled,
};
use tickstep_core::resting::Rest;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};
use tickstep_journal::OrderEnd;

use super::caught::{Caught, Given};
use super::fate::{Fate, Skip};
use super::outcome::unexecuted;
use super::tables::{Entry, Held, Labels, Purpose as Aim, Under};
use super::unsent::Unsent;
use super::{Effects, Runner};
use crate::broker::{BracketPrices, PendingKind, Write};
use crate::intent::{End, Intent, IntentId, Stage};

/// The levels as prices.
pub(super) fn prices(instrument: &Instrument, bracket: Bracket) -> BracketPrices {
    let price = |level: Option<Ticks>| level.map(|px| instrument.price(px).normalize());
    BracketPrices { stop: price(bracket.stop), target: price(bracket.target) }
}

/// How far an execution is from the price known when it was decided, in ticks; above zero
/// is worse for the account. Nothing where no price was known.
pub(super) fn slippage(
    instrument: &Instrument,
    side: Side,
    decided: Option<Decimal>,
    px: Ticks,
) -> i64 {
    let decided = decided.and_then(|price| instrument.price_exact(price).ok());
    decided.map_or(0, |decided| side.sign() * (px.0 - decided.0))
}

impl Runner {
    /// Acts on what the engines gave out.
    pub(super) fn take_caught(&mut self, out: &mut Effects) {
        let caught = core::mem::take(&mut self.caught);
        let Caught { intents, decisions, trades, unfilled, fills, given } = caught;
        if !decisions.is_empty() {
            let accounts = self.session.accounts();
            let named = decisions.into_iter().map(|(account, decision)| {
                let engine = accounts[account.index()].engine();
                (account, engine.strategy_name(decision.slot), decision)
            });
            let instrument = |id: InstrumentId| {
                let market = accounts[0].engine().ledger().market(id);
                let spec = market.instrument.spec();
                (spec.symbol.clone(), spec.tick_size)
            };
            let rows = &self.rows;
            let trades = |account: AccountId, strategy: &str, id: InstrumentId| {
                let slots = &rows[account.index()].slots;
                slots.iter().any(|(name, on)| name == strategy && *on == id)
            };
            let count = rows.len() as u16;
            let made = self.known.fan_outs.made(named.collect(), count, instrument, trades);
            out.happenings.extend(made);
        }
        for (account, intent) in intents {
            let given = match &intent {
                Asked::Place(Order { slot, purpose: Purpose::Entry(_), .. }) => {
                    let to = (account, *slot);
                    given.iter().find(|(of, _)| *of == to).map(|(_, given)| *given)
                }
                Asked::Place(_) | Asked::Cancel(_) | Asked::Amend { .. } => None,
            };
            if self.at_broker(account).is_some() {
                self.intend(account, intent, given);
            } else if let Asked::Place(order) = &intent {
                self.sent_on_paper(account, order, given, out);
            }
        }
        for (account, fill) in fills {
            // A broker's execution is reported where it is read back.
            if self.at_broker(account).is_none() {
                self.filled_on_paper(account, &fill, &trades, out);
            }
        }
        for (account, trade) in trades {
            self.traded(account, trade, out);
        }
        for (account, order, why) in unfilled {
            let fate = match why {
                Unfilled::Cancelled => Fate::Skipped(Skip::Check(Unsent::Withdrawn)),
                Unfilled::Stale
                | Unfilled::SegmentEnd
                | Unfilled::EndOfData
                | Unfilled::Rejected => Fate::NotPlaced,
            };
            let told = match why {
                Unfilled::Rejected => {
                    OrderEnd::Rejected { message: "by the simulated exchange".to_owned() }
                }
                _ => unexecuted(&fate),
            };
            self.ended_on_paper(account, order, End::NotPlaced, told, out);
            out.happenings.extend(self.known.fan_outs.ended(self.now, account, order, fate));
        }
    }

    pub(super) fn instrument(&self, account: AccountId, id: InstrumentId) -> &Instrument {
        &self.session.accounts()[account.index()].engine().ledger().market(id).instrument
    }

    /// The instrument that an account's broker calls so; the broker's symbol where it is
    /// none of ours.
    pub(super) fn own_symbol<'s>(&'s self, account: AccountId, symbol: &'s str) -> &'s str {
        let Some((broker, _)) = self.at_broker(account) else { return symbol };
        let at = broker.symbols.iter().position(|s| s.as_deref() == Some(symbol));
        at.map_or(symbol, |at| self.instrument(account, InstrumentId(at as u16)).symbol())
    }

    fn intend(&mut self, account: AccountId, asked: Asked, given: Option<Given>) {
        match asked {
            Asked::Place(order) => match order.purpose {
                Purpose::Entry(bracket) => self.intend_entry(account, &order, bracket, given),
                Purpose::Exit(reason) => self.intend_exit(account, &order, reason),
            },
            Asked::Cancel(order) => self.cancel(account, order),
            // The levels are the position's; they are looked after until they are there.
            Asked::Amend { .. } => self.rows[account.index()].touched = true,
        }
    }

    fn under(&mut self, account: AccountId, order: OrderId, purpose: Aim, write: Write) -> Under {
        let about = match &purpose {
            Aim::Entry(Entry { slot, .. }) | Aim::Exit { slot, .. } => {
                self.about_slot(account, *slot)
            }
            Aim::Edit { .. } | Aim::Orphan { .. } | Aim::Cancel { .. } | Aim::Reprice { .. } => {
                Labels::default()
            }
        };
        let signal = self.known.fan_outs.of(account, order);
        let intent = Intent::new(self.next_intent());
        if let Some(signal) = signal {
            self.known.fan_outs.intended(signal, account, intent.id());
        }
        Under {
            intent,
            purpose,
            write,
            signal,
            about,
            decided: self.now,
            after: Vec::new(),
            not_before: self.now,
            sent_there: Nanos(0),
            before: BTreeSet::new(),
        }
    }

    /// What people are told of an order of this slot.
    pub(super) fn about_slot(&self, account: AccountId, slot: SlotId) -> Labels {
        let (strategy, instrument) = &self.rows[account.index()].slots[slot.index()];
        let known = self.instrument(account, *instrument);
        let px = self.known.prices[instrument.index()].px;
        Labels {
            strategy: Some(strategy.clone()),
            symbol: known.symbol().to_owned(),
            price: px.map(|px| known.price(px).normalize()),
        }
    }

    /// `given` is what a signal from outside says of itself: its age and how far the price
    /// has moved since are counted from there.
    fn intend_entry(
        &mut self,
        account: AccountId,
        order: &Order,
        bracket: Bracket,
        given: Option<Given>,
    ) {
        let instrument = self.instrument(account, order.instrument);
        let mark = self.known.prices[order.instrument.index()].px.unwrap_or(Ticks(0));
        let Some((broker, _)) = self.at_broker(account) else { return };
        // Without a symbol it is refused before it is sent, which needs no name.
        let symbol = broker.symbols[order.instrument.index()].clone().unwrap_or_default();
        let (side, volume) = (order.side, instrument.qty(order.lots).normalize());
        let bracket = prices(instrument, bracket);
        let write = match Rest::of(&order.kind) {
            None => Write::Open { symbol, side, volume, bracket },
            Some(rest) => {
                let (kind, price) = (waits_as(rest), instrument.price(rest.px()).normalize());
                Write::CreateOrder { symbol, side, volume, kind, price, bracket }
            }
        };
        let entry = Entry {
            order: order.id,
            slot: order.slot,
            instrument: order.instrument,
            side: order.side,
            lots: order.lots,
            filled: Lots::ZERO,
            px: match Rest::of(&order.kind) {
                Some(rest) => rest.px(),
                None => given.and_then(|given| given.px).unwrap_or(mark),
            },
            withdraw: false,
            refused: 0,
        };
        let mut under = self.under(account, order.id, Aim::Entry(entry), write);
        under.decided = given.map_or(under.decided, |given| given.at);
        let Some(live) = self.live_mut(account) else { return };
        // A reversal enters once the position before it is gone.
        let exits = live
            .writes
            .iter()
            .filter(|w| matches!(w.purpose, Aim::Exit { slot, .. } if slot == order.slot));
        under.after = exits.map(|w| w.intent.id()).collect();
        live.writes.push(under);
    }

    fn intend_exit(&mut self, account: AccountId, order: &Order, reason: ExitReason) {
        let instrument = self.instrument(account, order.instrument);
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let part = ledger.position(order.slot).is_some_and(|all| order.lots < all.lots);
        let Some((_, live)) = self.at_broker(account) else { return };
        let mut held: Vec<&Held> = live.held.iter().filter(|h| h.slot == order.slot).collect();
        // One that an operator named goes before others of its strategy.
        let named = |h: &Held| self.first.as_ref().is_some_and(|f| f.0 == account && f.1 == h.id);
        held.sort_by_key(|h| !named(h));
        let held_none = held.is_empty();
        let mut left = order.lots;
        let mut closes = Vec::with_capacity(held.len());
        for position in held {
            let lots = position.lots.min(left);
            if lots.is_zero() {
                continue;
            }
            left = left.checked_sub(lots).unwrap_or(Lots::ZERO);
            let aim = Aim::Exit {
                order: order.id,
                slot: order.slot,
                reason,
                position: position.id.clone(),
                lots,
                filled: Lots::ZERO,
                part,
            };
            closes.push((aim, close(instrument, position, lots, self.settings.lag)));
        }
        for (aim, write) in closes {
            let mut under = self.under(account, order.id, aim, write);
            if let Some(live) = self.live_mut(account) {
                // After a close that failed the next one waits, whoever asks for it.
                let failed = live.close_again.iter().find(|c| c.slot == order.slot);
                under.not_before = failed.map_or(under.not_before, |c| c.at.max(under.not_before));
                live.writes.push(under);
            }
        }
        if let Some(live) = self.live_mut(account) {
            live.close_again.retain(|c| c.slot != order.slot || held_none);
        }
        if held_none {
            self.tell_end(account, order.id, order.slot, Unfilled::Rejected);
        }
    }

    /// The engine does not want an order any more.
    pub(super) fn cancel(&mut self, account: AccountId, order: OrderId) {
        let mut withdrawn: Option<(OrderId, SlotId)> = None;
        let Some(live) = self.live_mut(account) else { return };
        live.writes.retain_mut(|under| {
            let (ready, waits) = (*under.intent.stage() == Stage::Ready, under.waits());
            match &mut under.purpose {
                Aim::Entry(entry) if entry.order == order => {
                    if ready {
                        withdrawn = Some((entry.order, entry.slot));
                    }
                    // What was sent may fill; the engine leaves it at once if it does. What
                    // waits is withdrawn as soon as its number is known.
                    entry.withdraw |= waits;
                    !ready
                }
                Aim::Exit { order: exit, .. } if *exit == order => !ready,
                Aim::Entry(_)
                | Aim::Exit { .. }
                | Aim::Edit { .. }
                | Aim::Orphan { .. }
                | Aim::Cancel { .. }
                | Aim::Reprice { .. } => true,
            }
        });
        if let Some((order, slot)) = withdrawn {
            self.tell_end(account, order, slot, Unfilled::Cancelled);
        }
    }

    /// A position that nobody wants is closed, whatever engine holds.
    pub(super) fn orphan(&mut self, account: AccountId, position: &str, write: Write) {
        let symbol = self.own_symbol(account, write.symbol()).to_owned();
        let about = Labels { symbol, ..Labels::default() };
        self.set_off(account, Aim::Orphan { position: position.to_owned() }, write, about);
    }

    /// Sends a position the bracket that it should have.
    pub(super) fn edit(&mut self, account: AccountId, held: &Held, bracket: BracketPrices) {
        let instrument = self.instrument(account, held.instrument);
        let write = Write::EditPosition {
            position: held.id.clone(),
            symbol: held.symbol.clone(),
            side: held.side,
            volume: instrument.qty(held.lots).normalize(),
            bracket,
        };
        self.edit_with(account, &held.id, write);
    }

    /// Sends a position the bracket of a write.
    pub(super) fn edit_with(&mut self, account: AccountId, position: &str, write: Write) {
        let held = self.at_broker(account).and_then(|(_, live)| live.held(position));
        let about = match held.map(|held| held.slot) {
            Some(slot) => self.about_slot(account, slot),
            None => {
                let symbol = self.own_symbol(account, write.symbol()).to_owned();
                Labels { symbol, ..Labels::default() }
            }
        };
        self.set_off(account, Aim::Edit { position: position.to_owned() }, write, about);
    }

    /// A write that no engine asked for.
    pub(super) fn set_off(
        &mut self,
        account: AccountId,
        purpose: Aim,
        write: Write,
        about: Labels,
    ) -> IntentId {
        let intent = Intent::new(self.next_intent());
        let id = intent.id();
        let under = Under {
            intent,
            purpose,
            write,
            signal: None,
            about,
            decided: self.now,
            after: Vec::new(),
            not_before: self.now,
            sent_there: Nanos(0),
            before: BTreeSet::new(),
        };
        if let Some(live) = self.live_mut(account) {
            live.writes.push(under);
        }
        id
    }
}

/// How an order waits, as a broker has it.
pub(super) const fn waits_as(rest: Rest) -> PendingKind {
    match rest {
        Rest::Limit(_) => PendingKind::Limit,
        Rest::Stop(_) => PendingKind::Stop,
    }
}

/// The close of `lots` of a position. All of it is as much as the broker shows, where its list
/// is newer than what was closed last: more than is counted on here is nobody's, and goes with
/// it.
pub(super) fn close(instrument: &Instrument, held: &Held, lots: Lots, lag: Nanos) -> Write {
    let volume: Decimal = instrument.qty(lots).normalize();
    let whole = lots == held.lots;
    let theirs = (held.seen > held.reduced + lag).then_some(held.theirs.1.normalize());
    Write::Close {
        position: held.id.clone(),
        symbol: held.symbol.clone(),
        side: held.side,
        volume: theirs.filter(|theirs| whole && *theirs > volume).unwrap_or(volume),
        whole,
    }
}
