//! What a broker's lists say: positions that are open, and what is left of orders.

use rust_decimal::Decimal;
use tickstep_core::order::SlotId;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::happening::Happening;
use super::matching::{Is, missing, tell};
use super::news::{AlertKind, PositionChange, PositionNews, Severity};
use super::tables::ReadKind;
use super::{Effects, Runner, alert};
use crate::broker::VenuePosition;

/// Read-backs in a row that do not show a position, and rows that do not say why, after
/// which somebody is told.
const VANISHED: u32 = 5;

impl Runner {
    pub(super) fn positions_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        theirs: Vec<VenuePosition>,
        out: &mut Effects,
    ) {
        let there = self.venue_time_at_least(account, sent);
        let (window, lag) = (self.settings.window(), self.settings.lag);
        let Some((at, live)) = self.at_broker(account) else { return };
        let terms = (window, at.abilities.names_intents);
        let told = tell(live, &theirs, there - lag, terms);
        let gone: Vec<String> = missing(&live.held, &told, there, lag)
            .into_iter()
            .map(|i| live.held[i].id.clone())
            .collect();
        self.note_foreign(account, &theirs, &told, out);
        if let Some(live) = self.live_mut(account) {
            live.leaving.clear();
        }
        for (position, is) in theirs.iter().zip(&told) {
            match is {
                Is::Held(at) => self.still_there(account, *at, position, sent, out),
                Is::Opened(intent) => self.adopt(account, *intent, position, sent, out),
                Is::Late(intent) => self.late(account, *intent, (position, sent), out),
                Is::Left => self.left(account, position, out),
                Is::Awaited => {
                    let now = self.now;
                    if let Some(live) = self.live_mut(account) {
                        live.hurry(ReadKind::Orders, now);
                    }
                }
                Is::Over | Is::Foreign => {}
            }
        }
        self.note_gone(account, &gone, out);
        if let Some(live) = self.live_mut(account) {
            let read = live.read_mut(ReadKind::Positions);
            (read.done, read.done_there) = (Some(sent), Some(there));
        }
    }

    /// A position that is held is at the broker, as the broker says.
    fn still_there(
        &mut self,
        account: AccountId,
        at: usize,
        position: &VenuePosition,
        sent: Nanos,
        out: &mut Effects,
    ) {
        let now = self.now;
        let there = self.venue_time_at_least(account, sent);
        let Some((_, live)) = self.at_broker(account) else { return };
        let held = live.held[at].clone();
        let instrument = self.instrument(account, held.instrument);
        let Ok(lots) = instrument.qty_exact(position.volume) else {
            let words = format!(
                "position {} has a volume of {}, which is not on the grid of {}",
                position.id, position.volume, position.symbol
            );
            return self.halt(account, AlertKind::OffGrid, words, out);
        };
        let Some(live) = self.live_mut(account) else { return };
        if lots < held.lots {
            // Part of it was closed; the rows say at what price.
            live.hurry(ReadKind::Closed, now);
        }
        let Some(held) = live.held_mut(&position.id) else { return };
        held.missing = 0;
        (held.theirs, held.seen) = ((position.side, position.volume), there);
        held.stated = (position.commission, position.swap);
        let flipped = held.side != position.side;
        // An edit that was sent after this was asked is not in it.
        if sent >= held.shown_at {
            let changed = held.shown != position.bracket;
            (held.shown, held.shown_at) = (position.bracket, sent);
            if changed {
                let slot = held.slot;
                self.bracket_changed(account, slot, position, out);
            }
        }
        if flipped {
            let words = format!(
                "position {} is {} {} at the broker where it was opened on the other side",
                position.id,
                position.side.position_word(),
                position.volume
            );
            return self.halt(account, AlertKind::Difference, words, out);
        }
        let Some((_, live)) = self.at_broker(account) else { return };
        let Some(held) = live.held(&position.id) else { return };
        // A list may be older than the row that told of a close.
        let is_new = there.0 > held.reduced.0 + self.settings.lag.0;
        let more = lots.checked_sub(held.lots).filter(|more| !more.is_zero() && is_new);
        if let Some(more) = more
            && !self.grew(account, position, more, out)
        {
            let Some(held) = self.at_broker(account).and_then(|(_, l)| l.held(&position.id)) else {
                return;
            };
            let ours = self.instrument(account, held.instrument).qty(held.lots);
            let words = format!(
                "position {} has a volume of {}, more than the {ours} that were opened",
                position.id, position.volume
            );
            self.halt(account, AlertKind::Difference, words, out);
        }
    }

    fn bracket_changed(
        &self,
        account: AccountId,
        slot: SlotId,
        position: &VenuePosition,
        out: &mut Effects,
    ) {
        let strategy = Some(self.rows[account.index()].slots[slot.index()].0.clone());
        let change = PositionChange::Bracket;
        let news = self.position_news(account, strategy, position, change);
        out.happenings.push(Happening::Position(news));
    }

    /// News of a position as the broker's list shows it.
    pub(super) fn position_news(
        &self,
        account: AccountId,
        strategy: Option<String>,
        position: &VenuePosition,
        change: PositionChange,
    ) -> PositionNews {
        PositionNews {
            account,
            position: position.id.clone(),
            strategy,
            symbol: self.own_symbol(account, &position.symbol).to_owned(),
            side: position.side,
            volume: position.volume,
            left: if change == PositionChange::Gone { Decimal::ZERO } else { position.volume },
            price: position.open_price,
            opened: position.open_time,
            bracket: position.bracket,
            intent: None,
            change,
        }
    }

    /// Positions that the program did not open are shown, and left alone.
    fn note_foreign(
        &mut self,
        account: AccountId,
        theirs: &[VenuePosition],
        told: &[Is],
        out: &mut Effects,
    ) {
        let foreign = || theirs.iter().zip(told).filter(|(_, is)| **is == Is::Foreign);
        let Some((_, live)) = self.at_broker(account) else { return };
        let known = |id: &String| foreign().any(|(p, _)| p.id == *id);
        let gone =
            live.foreign.values().filter(|p| !known(&p.id)).map(|p| (p, PositionChange::Gone));
        let come = foreign().map(|(p, _)| p).filter(|p| !live.foreign.contains_key(&p.id));
        let changes = gone.chain(come.map(|p| (p, PositionChange::Opened)));
        let news = changes.map(|(p, change)| self.position_news(account, None, p, change));
        out.happenings.extend(news.map(Happening::Position));
        let Some(live) = self.live_mut(account) else { return };
        // Of what is gone nothing is remembered, so that memory stays bounded.
        let gone: Vec<String> = live.foreign.keys().filter(|id| !known(id)).cloned().collect();
        for id in gone {
            live.foreign.remove(&id);
            live.reported.remove(&format!("foreign {id}"));
        }
        for (position, _) in foreign() {
            let new = live.foreign.insert(position.id.clone(), position.clone()).is_none();
            if new && live.reported.insert(format!("foreign {}", position.id)) {
                let VenuePosition { id, symbol, side, volume, open_price, .. } = position;
                let words = format!(
                    "position {id}, {} {volume} {symbol} at {open_price}, was not opened by this \
                     program; it is left alone",
                    side.position_word()
                );
                out.happenings.push(alert(
                    Severity::Notice,
                    Some(account),
                    AlertKind::Foreign,
                    words,
                ));
            }
        }
    }

    /// Positions that should be there and are not.
    fn note_gone(&mut self, account: AccountId, gone: &[String], out: &mut Effects) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        for id in gone {
            live.hurry(ReadKind::Closed, now);
            let Some(held) = live.held_mut(id) else { continue };
            held.missing += 1;
            let long = held.missing >= VANISHED;
            if long && live.reported.insert(format!("vanished {id}")) {
                let words = format!(
                    "position {id} is not among the open ones, and no closed one says how it \
                     ended; the account takes no new risk until one does"
                );
                let kind = AlertKind::Vanished;
                out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
            }
        }
    }
}
