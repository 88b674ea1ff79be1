//! Which writes go out, and in which order: closes first, then by account.

use rust_decimal::Decimal;
use tickstep_core::order::Unfilled;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::OrderEnd;

use super::fate::{Fate, Skip};
use super::happening::Happening;
use super::limits::Urgency;
use super::news::{AlertKind, OrderAim, OrderNews, OrderStatus, Severity};
use super::outcome::SentTimes;
use super::precheck::LONGEST_WAIT;
use super::tables::{Purpose, Under};
use super::unsent::Unsent;
use super::{AskedFor, Effects, Runner, alert};
use crate::broker::{BracketPrices, Call, PendingKind, Write};
use crate::intent::{IntentId, Stage};

/// How urgent a write is.
pub(super) const fn urgency(under: &Under) -> Urgency {
    match under.purpose {
        Purpose::Exit { .. } | Purpose::Orphan { .. } | Purpose::Cancel { .. } => Urgency::Close,
        Purpose::Entry(_) | Purpose::Edit { .. } | Purpose::Reprice { .. } => Urgency::Order,
    }
}

impl Runner {
    /// Sends what is ready and may be sent; refuses what must not be.
    pub(super) fn dispatch(&mut self, out: &mut Effects) {
        let mut ready: Vec<(Urgency, AccountId, IntentId)> = Vec::new();
        for row in self.rows.iter().filter(|row| row.touched) {
            let Some((_, live)) = &row.broker else { continue };
            for under in live.writes.iter().filter(|w| *w.intent.stage() == Stage::Ready) {
                let waits = |id: &IntentId| live.writes.iter().any(|w| w.intent.id() == *id);
                if under.not_before <= self.now && !under.after.iter().any(waits) {
                    ready.push((urgency(under), live.id, under.intent.id()));
                }
            }
        }
        ready.sort();
        for (urgency, account, intent) in ready {
            self.send_or_refuse(account, intent, urgency, out);
        }
    }

    fn send_or_refuse(
        &mut self,
        account: AccountId,
        id: IntentId,
        urgency: Urgency,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some((broker, live)) = self.at_broker(account) else { return };
        let Some(under) = live.writes.iter().find(|w| w.intent.id() == id) else { return };
        let late = now - under.decided > LONGEST_WAIT;
        if let Some(why) = self.refusal(broker, live, under) {
            let anew = under.entry().is_some_and(|entry| entry.refused > 0);
            let passes = matches!(why, Unsent::NoSession | Unsent::StateUnknown);
            // What was refused waits for its session as long as its decision is fresh.
            if anew && passes && !late {
                return;
            }
            return self.refuse(account, id, &why, out);
        }
        if !live.link.is_up() {
            return;
        }
        if !self.settings.trading {
            return self.say_held_back(account, id, out);
        }
        if !self.may_send(account, urgency) {
            if late && urgency == Urgency::Order {
                let age_ms = LONGEST_WAIT.millis();
                self.refuse(account, id, &Unsent::TooOld { age_ms, most_ms: age_ms }, out);
            }
            return;
        }
        self.send(account, id, out);
    }

    /// Says once that a close waits because trading is switched off.
    fn say_held_back(&mut self, account: AccountId, id: IntentId, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        let Some(under) = live.writes.iter().find(|w| w.intent.id() == id) else { return };
        let what = match (under.position(), under.order()) {
            (Some(position), _) => format!("the close of position {position}"),
            (None, order) => format!("the change of order {}", order.unwrap_or_default()),
        };
        let words = format!("{what} waits: {}", Unsent::TradingOff);
        if live.reported.insert(format!("held back {what}")) {
            let kind = AlertKind::Rejected;
            out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
        }
    }

    fn send(&mut self, account: AccountId, id: IntentId, out: &mut Effects) {
        let (now, request) = (self.now, self.next_request());
        let there = self.venue_time(account, now);
        let Some(live) = self.live_mut(account) else { return };
        let Some(under) = live.writes.iter_mut().find(|w| w.intent.id() == id) else { return };
        let known = live.held.iter().map(|h| &h.id).chain(live.foreign.keys());
        under.before.extend(known.cloned());
        if under.waits() {
            // Numbers of orders may be those of positions, or may not be.
            under.before.extend(live.orders.keys().cloned());
        }
        let Ok(ticket) = under.intent.send(request, now) else { return };
        under.sent_there = there;
        let write = under.write.clone();
        let news = news(account, under, OrderStatus::Sent);
        out.happenings.push(news);
        self.ask(account, AskedFor::Write(id), Call::Write(ticket, write), out);
    }

    /// A write is not sent: its engine is told, and why is said.
    fn refuse(&mut self, account: AccountId, id: IntentId, why: &Unsent, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        let Some(at) = live.writes.iter().position(|w| w.intent.id() == id) else { return };
        let under = live.writes.remove(at);
        out.happenings.push(news(account, &under, OrderStatus::Unsent(why.clone())));
        let (times, end) = (SentTimes::default(), OrderEnd::NotSent { why: why.to_string() });
        out.outcomes.extend(self.write_outcome(account, &under, times, end));
        if let Purpose::Entry(entry) = &under.purpose {
            let fate = if entry.refused > 0 {
                let message = format!("it was refused, and is not tried again: {why}");
                Fate::Rejected { message }
            } else {
                Fate::Skipped(Skip::Check(why.clone()))
            };
            out.happenings.extend(self.known.fan_outs.ended(self.now, account, entry.order, fate));
            self.tell_end(account, entry.order, entry.slot, Unfilled::Rejected);
        }
    }

    /// When something that is ready may be sent at the earliest.
    pub(super) fn ready_at(&self, account: AccountId) -> Option<Nanos> {
        let (_, live) = self.at_broker(account)?;
        if !live.link.is_up() || !self.settings.trading {
            return None;
        }
        let ready = live.writes.iter().filter(|w| *w.intent.stage() == Stage::Ready);
        let at = |w: &Under| self.may_send_at(account, urgency(w)).max(w.not_before);
        ready.filter(|w| w.after.is_empty()).map(at).min()
    }
}

/// How an order waits and for which price, where it does.
const fn waits(write: &Write) -> Option<(PendingKind, Decimal)> {
    match write {
        Write::CreateOrder { kind, price, .. } | Write::EditOrder { kind, price, .. } => {
            Some((*kind, *price))
        }
        Write::Open { .. }
        | Write::EditPosition { .. }
        | Write::Close { .. }
        | Write::CancelOrder { .. } => None,
    }
}

/// Where an order stands, as it is published.
pub(super) fn news(account: AccountId, under: &Under, status: OrderStatus) -> Happening {
    let (side, volume, bracket) = match &under.write {
        Write::Open { side, volume, bracket, .. }
        | Write::EditPosition { side, volume, bracket, .. }
        | Write::CreateOrder { side, volume, bracket, .. }
        | Write::EditOrder { side, volume, bracket, .. } => (*side, *volume, *bracket),
        Write::Close { side, volume, .. } => (*side, *volume, BracketPrices::default()),
        Write::CancelOrder { side, .. } => (*side, Decimal::ZERO, BracketPrices::default()),
    };
    let (order, aim) = match &under.purpose {
        Purpose::Entry(entry) => (Some(entry.order), OrderAim::Entry),
        Purpose::Exit { order, reason, position, .. } => {
            let position = Some(position.clone());
            (Some(*order), OrderAim::Exit { position, reason: *reason })
        }
        Purpose::Edit { position } => (None, OrderAim::Edit { position: position.clone() }),
        Purpose::Orphan { position } => (None, OrderAim::Orphan { position: position.clone() }),
        Purpose::Cancel { order } => (None, OrderAim::Cancel { order: order.clone() }),
        Purpose::Reprice { order, entry } => {
            (Some(*entry), OrderAim::Reprice { order: order.clone() })
        }
    };
    Happening::Order(OrderNews {
        account,
        intent: under.intent.id(),
        order,
        signal: under.signal,
        strategy: under.about.strategy.clone(),
        symbol: under.about.symbol.clone(),
        aim,
        side,
        volume,
        price: under.about.price,
        bracket,
        waits: waits(&under.write),
        decided: under.decided,
        number: under.accepted_id().map(str::to_owned),
        status,
    })
}
