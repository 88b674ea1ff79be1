//! What engines ask for becomes writes to brokers.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::order::{
    Bracket, ExitReason, Intent as Asked, Order, OrderId, Purpose, SlotId, Unfilled,
};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::caught::{Caught, Given};
use super::happening::{Fate, Skip};
use super::tables::{Entry, Held, Labels, Purpose as Aim, Under};
use super::unsent::Unsent;
use super::{Effects, Runner};
use crate::broker::{BracketPrices, Write};
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
                (account, engine.strategy_name(decision.slot).to_owned(), decision)
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
            let made = self.fan_outs.made(named.collect(), count, instrument, trades);
            out.happenings.extend(made);
        }
        for (account, intent) in intents {
            if self.at_broker(account).is_some() {
                self.intend(account, intent, &given);
            } else if let Asked::Place(order) = &intent {
                self.sent_on_paper(account, order, out);
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
            self.ended_on_paper(account, order, End::NotPlaced, out);
            let fate = match why {
                Unfilled::Cancelled => Fate::Skipped(Skip::Check(Unsent::Withdrawn)),
                Unfilled::Stale
                | Unfilled::SegmentEnd
                | Unfilled::EndOfData
                | Unfilled::Rejected => Fate::NotPlaced,
            };
            out.happenings.extend(self.fan_outs.ended(self.now, account, order, fate));
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

    fn intend(&mut self, account: AccountId, asked: Asked, given: &[((AccountId, SlotId), Given)]) {
        match asked {
            Asked::Place(order) => match order.purpose {
                Purpose::Entry(bracket) => {
                    let to = (account, order.slot);
                    let given = given.iter().find(|(of, _)| *of == to).map(|(_, given)| *given);
                    self.intend_entry(account, &order, bracket, given);
                }
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
            Aim::Edit { .. } | Aim::Orphan { .. } => Labels::default(),
        };
        let signal = self.fan_outs.of(account, order);
        let intent = Intent::new(self.next_intent());
        if let Some(signal) = signal {
            self.fan_outs.intended(signal, account, intent.id());
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
        let px = self.prices[instrument.index()].px;
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
        let instrument = self.instrument(account, order.instrument).clone();
        let mark = self.prices[order.instrument.index()].px.unwrap_or(Ticks(0));
        let Some((broker, _)) = self.at_broker(account) else { return };
        // Without a symbol it is refused before it is sent, which needs no name.
        let symbol = broker.symbols[order.instrument.index()].clone().unwrap_or_default();
        let write = Write::Open {
            symbol,
            side: order.side,
            volume: instrument.qty(order.lots).normalize(),
            bracket: prices(&instrument, bracket),
        };
        let entry = Entry {
            order: order.id,
            slot: order.slot,
            instrument: order.instrument,
            side: order.side,
            lots: order.lots,
            filled: Lots::ZERO,
            px: given.and_then(|given| given.px).unwrap_or(mark),
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
        let instrument = self.instrument(account, order.instrument).clone();
        let Some((_, live)) = self.at_broker(account) else { return };
        let held: Vec<Held> = live.held.iter().filter(|h| h.slot == order.slot).cloned().collect();
        let mut left = order.lots;
        for position in &held {
            let lots = position.lots.min(left);
            if lots.is_zero() {
                continue;
            }
            left = left.checked_sub(lots).unwrap_or(Lots::ZERO);
            let write = close(&instrument, position, lots);
            let aim = Aim::Exit {
                order: order.id,
                slot: order.slot,
                reason,
                position: position.id.clone(),
                lots,
                filled: Lots::ZERO,
            };
            let mut under = self.under(account, order.id, aim, write);
            if let Some(live) = self.live_mut(account) {
                // After a close that failed the next one waits, whoever asks for it.
                let failed = live.close_again.iter().find(|c| c.0 == order.slot);
                under.not_before = failed.map_or(under.not_before, |c| c.1.max(under.not_before));
                live.writes.push(under);
            }
        }
        if let Some(live) = self.live_mut(account) {
            live.close_again.retain(|c| c.0 != order.slot || held.is_empty());
        }
        if held.is_empty() {
            self.tell_end(account, order.id, order.slot, Unfilled::Rejected);
        }
    }

    /// The engine does not want an order any more.
    fn cancel(&mut self, account: AccountId, order: OrderId) {
        let mut withdrawn: Option<(OrderId, SlotId)> = None;
        let Some(live) = self.live_mut(account) else { return };
        live.writes.retain(|under| {
            let ready = *under.intent.stage() == Stage::Ready;
            match &under.purpose {
                Aim::Entry(entry) if entry.order == order => {
                    if ready {
                        withdrawn = Some((entry.order, entry.slot));
                    }
                    // What was sent may fill; the engine leaves it at once if it does.
                    !ready
                }
                Aim::Exit { order: exit, .. } if *exit == order => !ready,
                Aim::Entry(_) | Aim::Exit { .. } | Aim::Edit { .. } | Aim::Orphan { .. } => true,
            }
        });
        if let Some((order, slot)) = withdrawn {
            self.tell_end(account, order, slot, Unfilled::Cancelled);
        }
    }

    /// A position that nobody wants is closed, whatever engine holds.
    pub(super) fn orphan(&mut self, account: AccountId, position: &str, write: Write) -> IntentId {
        let intent = Intent::new(self.next_intent());
        let id = intent.id();
        let symbol = self.own_symbol(account, write.symbol()).to_owned();
        let under = Under {
            intent,
            purpose: Aim::Orphan { position: position.to_owned() },
            write,
            signal: None,
            about: Labels { symbol, ..Labels::default() },
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
        let about = self.about_slot(account, held.slot);
        let intent = Intent::new(self.next_intent());
        let under = Under {
            intent,
            purpose: Aim::Edit { position: held.id.clone() },
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
    }
}

/// The close of `lots` of a position.
pub(super) fn close(instrument: &Instrument, held: &Held, lots: Lots) -> Write {
    let volume: Decimal = instrument.qty(lots).normalize();
    Write::Close {
        position: held.id.clone(),
        symbol: held.symbol.clone(),
        side: held.side,
        volume,
        whole: lots == held.lots,
    }
}
