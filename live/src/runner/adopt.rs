//! A position at the broker turns out to be what an order of ours opened.

use rust_decimal::Decimal;
use tickstep_core::instrument::{Instrument, OffGrid};
use tickstep_core::order::{FillKind, Unfilled};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::dispatch::news;
use super::fate::Fate;
use super::happening::Happening;
use super::matching::rest;
use super::news::{AlertKind, OrderStatus, PositionChange, PositionNews, Severity};
use super::outcome::SentTimes;
use super::tables::{Entry, Held, Purpose, ReadKind, Under};
use super::told::Execution;
use super::unsent::Unsent;
use super::{Effects, Runner, alert};
use crate::broker::{VenuePosition, Write};
use crate::intent::{End, IntentId, Stage};

/// The tick nearest to a price: several fills have an average that is between two. What a row
/// of closed positions says was made settles the difference.
pub(super) fn near(instrument: &Instrument, price: Decimal) -> Result<Ticks, OffGrid> {
    let off = OffGrid { value: price, step: instrument.spec().tick_size };
    instrument.price_near(price).filter(|px| px.0 > 0).ok_or(off)
}

impl Runner {
    /// A position is what an order opened.
    pub(super) fn adopt(
        &mut self,
        account: AccountId,
        intent: IntentId,
        position: &VenuePosition,
        sent: Nanos,
        out: &mut Effects,
    ) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let under = live.writes.iter().find(|w| w.intent.id() == intent);
        let Some(entry) = under.and_then(|w| w.entry()).cloned() else { return };
        if position.open_price <= Decimal::ZERO {
            return self.without_price(account, &position.id, "entry", out);
        }
        let sent_there = under.map_or(Nanos(0), |w| w.sent_there);
        // A broker's time that cannot be is not what a position's age is counted from.
        let earliest = sent_there - self.settings.window_before;
        let ts = position.open_time.min(self.venue_time_at_most(account)).max(earliest);
        let (lots, px) = match self.on_grid(account, &entry, position) {
            Ok(both) => both,
            Err((kind, words)) => return self.halt(account, kind, words, out),
        };
        out.happenings.push(Happening::Position(PositionNews {
            account,
            position: position.id.clone(),
            strategy: Some(self.rows[account.index()].slots[entry.slot.index()].0.clone()),
            symbol: self.instrument(account, entry.instrument).symbol().to_owned(),
            side: entry.side,
            volume: position.volume,
            left: position.volume,
            price: position.open_price,
            opened: position.open_time,
            bracket: position.bracket,
            intent: Some(intent),
            change: PositionChange::Opened,
        }));
        let whole = self.hold(account, intent, &entry, (position, lots), sent);
        self.tell_fill(
            account,
            Execution {
                order: entry.order,
                slot: entry.slot,
                instrument: entry.instrument,
                side: entry.side,
                lots,
                px,
                ts,
                charges: position.commission + position.swap,
                slippage: Ticks(entry.side.sign() * (px.0 - entry.px.0)),
                kind: FillKind::Entry,
            },
            out,
        );
        if whole {
            self.entry_over(account, intent, out);
        }
    }

    /// A price of nothing is one that the broker does not know yet: it is asked for again, and
    /// nothing is booked at it.
    pub(super) fn without_price(
        &mut self,
        account: AccountId,
        position: &str,
        of: &str,
        out: &mut Effects,
    ) {
        let Some(live) = self.live_mut(account) else { return };
        if live.reported.insert(format!("no {of} price of {position}")) {
            let words = format!(
                "the broker states no {of} price of position {position} yet; it is asked again"
            );
            out.happenings.push(alert(Severity::Warning, Some(account), AlertKind::NoPrice, words));
        }
    }

    /// What a position is in lots and ticks, not more than was ordered.
    fn on_grid(
        &self,
        account: AccountId,
        entry: &Entry,
        position: &VenuePosition,
    ) -> Result<(Lots, Ticks), (AlertKind, String)> {
        let instrument = self.instrument(account, entry.instrument);
        let VenuePosition { id, symbol, volume, open_price, .. } = position;
        let off = |off| (AlertKind::OffGrid, format!("position {id} of {symbol}: {off}"));
        let lots = instrument.qty_exact(*volume).map_err(off)?;
        let px = near(instrument, *open_price).map_err(off)?;
        let rest = rest(entry);
        if lots > rest {
            let ordered = instrument.qty(rest);
            let words = format!("position {id} has {volume} where {ordered} were ordered");
            return Err((AlertKind::Difference, words));
        }
        Ok((lots, px))
    }

    /// Notes that a position is a slot's; whether the order is whole with it.
    fn hold(
        &mut self,
        account: AccountId,
        intent: IntentId,
        entry: &Entry,
        (position, lots): (&VenuePosition, Lots),
        sent: Nanos,
    ) -> bool {
        let now = self.now;
        let first = self.venue_time_at_least(account, sent);
        let Some(live) = self.live_mut(account) else { return false };
        live.held.push(Held {
            id: position.id.clone(),
            symbol: position.symbol.clone(),
            slot: entry.slot,
            instrument: entry.instrument,
            side: entry.side,
            entry: entry.order,
            first,
            lots,
            reduced: position.open_time,
            open_time: position.open_time,
            charged: position.commission + position.swap,
            stated: (position.commission, position.swap),
            theirs: (position.side, position.volume),
            seen: first,
            open_price: position.open_price,
            shown: position.bracket,
            shown_at: sent,
            missing: 0,
            edit_after: now,
            edits_refused: 0,
        });
        live.book.booked(now);
        live.hurry(ReadKind::Balance, now);
        let under = live.writes.iter_mut().find(|w| w.intent.id() == intent);
        match under.map(|w| &mut w.purpose) {
            Some(Purpose::Entry(entry)) => {
                entry.filled += lots;
                entry.filled == entry.lots
            }
            _ => false,
        }
    }

    /// All of an entry that will be executed was.
    pub(super) fn entry_over(&mut self, account: AccountId, intent: IntentId, out: &mut Effects) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let Some(at) = live.writes.iter().position(|w| w.intent.id() == intent) else { return };
        let mut under = live.writes.remove(at);
        let times = SentTimes::of(&under.intent);
        live.gone_orders.retain(|gone| gone.intent != intent);
        let sent = under.sent_there;
        let opened = live.held.iter().filter(|h| under.entry().is_some_and(|e| e.order == h.entry));
        let latency = opened.map(|h| h.open_time - sent).max().unwrap_or(Nanos(0)).max(Nanos(0));
        if *under.intent.stage() == Stage::Ready {
            // It was queued anew after a refusal that was none: the one before it executed.
            let _ = under.intent.withdraw();
            let status = OrderStatus::Unsent(Unsent::Executed);
            out.happenings.push(news(account, &under, status));
        } else if under.intent.found().is_ok() {
            out.happenings.push(news(account, &under, OrderStatus::Ended(End::Executed)));
        } else {
            return;
        }
        let Purpose::Entry(entry) = &under.purpose else { return };
        let instrument = self.instrument(account, entry.instrument).clone();
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let px = ledger.position(entry.slot).map_or(entry.px, |p| p.entry_px());
        let fate = Fate::Executed {
            price: instrument.price(px),
            quantity: instrument.qty(entry.filled),
            slippage_ticks: entry.side.sign() * (px.0 - entry.px.0),
            latency,
        };
        out.outcomes.extend(self.entry_outcome(account, &under, times, px));
        out.happenings.extend(self.known.fan_outs.ended(now, account, entry.order, fate));
        if entry.filled < entry.lots {
            self.tell_end(account, entry.order, entry.slot, Unfilled::Cancelled);
        }
    }

    /// An order that had been given up executed after all. Where it is queued to be sent
    /// anew, the position is what it was to open; else nobody counts on it, and it is
    /// closed.
    pub(super) fn late(
        &mut self,
        account: AccountId,
        intent: IntentId,
        (position, sent): (&VenuePosition, Nanos),
        out: &mut Effects,
    ) {
        if self.adopt_queued(account, intent, (position, sent), out) {
            return;
        }
        let VenuePosition { id, volume, symbol, .. } = position;
        let words = format!(
            "intent {} executed after it had been given up: position {id} of {volume} {symbol} is \
             closed",
            intent.0
        );
        self.close_uncounted(account, Some(intent), position, words, out);
    }

    /// All that was known of a position is closed, and it is still open: more of it had been
    /// opened. Nobody counts on that, and it is closed.
    pub(super) fn left(&mut self, account: AccountId, position: &VenuePosition, out: &mut Effects) {
        let VenuePosition { id, volume, symbol, .. } = position;
        let words = format!(
            "position {id} has {volume} {symbol} open still, after all that was known of it had \
             been closed; it is closed"
        );
        self.close_uncounted(account, None, position, words, out);
    }

    /// Closes a position of ours that no strategy counts on.
    fn close_uncounted(
        &mut self,
        account: AccountId,
        intent: Option<IntentId>,
        position: &VenuePosition,
        words: String,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        if live.late.insert(position.id.clone(), (intent, now)).is_none() {
            let mut news = self.position_news(account, None, position, PositionChange::Opened);
            news.intent = intent;
            out.happenings.push(Happening::Position(news));
        }
        let Some(live) = self.live_mut(account) else { return };
        live.leaving.insert(position.id.clone(), position.clone());
        if live.writes.iter().any(|w| w.position() == Some(&position.id)) {
            return;
        }
        if live.reported.insert(format!("late {}", position.id)) {
            let kind = AlertKind::LateExecution;
            out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
        }
        let write = Write::Close {
            position: position.id.clone(),
            symbol: position.symbol.clone(),
            side: position.side,
            volume: position.volume,
            whole: true,
        };
        self.orphan(account, &position.id, write);
    }

    /// A position of ours has become larger: by what its order was still to open, which is told
    /// to its slot. Whether that is so.
    pub(super) fn grew(
        &mut self,
        account: AccountId,
        position: &VenuePosition,
        by: Lots,
        out: &mut Effects,
    ) -> bool {
        let now = self.now;
        let Some((_, live)) = self.at_broker(account) else { return false };
        let Some(held) = live.held(&position.id) else { return false };
        let its = |w: &&Under| w.entry().is_some_and(|e| e.order == held.entry);
        let under = live.writes.iter().find(its).filter(|w| w.intent.may_fill());
        let Some((intent, entry)) = under.and_then(|w| Some((w.intent.id(), w.entry()?))) else {
            return false;
        };
        if by > rest(entry) {
            return false;
        }
        let entry = entry.clone();
        let instrument = self.instrument(account, held.instrument);
        // What was added, of two averages.
        let (old, added) = (instrument.qty(held.lots), instrument.qty(by));
        let both = position.open_price * (old + added);
        let price = (both - held.open_price * old).checked_div(added);
        let price = price.filter(|price| *price > Decimal::ZERO).unwrap_or(position.open_price);
        let Ok(px) = near(instrument, price) else { return false };
        let charged = position.commission + position.swap;
        let execution = Execution {
            order: entry.order,
            slot: entry.slot,
            instrument: entry.instrument,
            side: entry.side,
            lots: by,
            px,
            ts: self.venue_time_at_most(account),
            charges: charged - held.charged,
            slippage: Ticks(entry.side.sign() * (px.0 - entry.px.0)),
            kind: FillKind::Entry,
        };
        let strategy = Some(self.rows[account.index()].slots[entry.slot.index()].0.clone());
        let mut news = self.position_news(account, strategy, position, PositionChange::Opened);
        news.intent = Some(intent);
        out.happenings.push(Happening::Position(news));
        let Some(live) = self.live_mut(account) else { return false };
        live.book.booked(now);
        live.hurry(ReadKind::Balance, now);
        let mut whole = false;
        for under in live.writes.iter_mut().filter(|w| w.intent.id() == intent) {
            if let Purpose::Entry(entry) = &mut under.purpose {
                entry.filled += by;
                whole = entry.filled == entry.lots;
            }
        }
        if let Some(held) = live.held_mut(&position.id) {
            held.lots += by;
            held.charged = charged;
            held.open_price = position.open_price;
        }
        self.tell_fill(account, execution, out);
        if whole {
            self.entry_over(account, intent, out);
        }
        true
    }

    /// Takes a position that a refused order opened for what is queued in its place, which
    /// is then not sent; whether there was any.
    pub(super) fn adopt_queued(
        &mut self,
        account: AccountId,
        refused: IntentId,
        (position, sent): (&VenuePosition, Nanos),
        out: &mut Effects,
    ) -> bool {
        let live = self.at_broker(account).map(|(_, live)| live);
        let Some(queued) = live.and_then(|live| live.queued_for(refused)) else { return false };
        let words = format!(
            "intent {} was refused and is carried out all the same: position {}; it is not sent \
             again",
            refused.0, position.id
        );
        let kind = AlertKind::LateExecution;
        out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
        self.adopt(account, queued, position, sent, out);
        // A part of it is all that there is: the rest is not sent either.
        self.entry_over(account, queued, out);
        true
    }
}
