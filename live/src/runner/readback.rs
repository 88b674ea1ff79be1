//! What a broker's lists say: positions that are open, and what is left of orders.

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::happening::Happening;
use super::matching::{Is, missing, tell};
use super::news::{AlertKind, Severity};
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
        let ahead = self.venue_time(account, self.now) - self.now;
        let (window, lag) = (self.settings.window(), self.settings.lag);
        let Some((_, live)) = self.at_broker(account) else { return };
        let told = tell(live, &theirs, window);
        let gone: Vec<String> = missing(&live.held, &told, sent + ahead, lag)
            .into_iter()
            .map(|i| live.held[i].id.clone())
            .collect();
        self.note_foreign(account, &theirs, &told, out);
        for (position, is) in theirs.iter().zip(&told) {
            match is {
                Is::Held(at) => self.still_there(account, *at, position, sent, out),
                Is::Opened(intent) => self.adopt(account, *intent, position, sent, out),
                Is::Late(intent) => self.late(account, *intent, position, out),
                Is::Over | Is::Awaited | Is::Foreign => {}
            }
        }
        self.note_gone(account, &gone, out);
        if let Some(live) = self.live_mut(account) {
            let read = live.read_mut(ReadKind::Positions);
            (read.done, read.done_there) = (Some(sent), Some(sent + ahead));
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
        // An edit that was sent after this was asked is not in it.
        if sent >= held.shown_at {
            (held.shown, held.shown_at) = (position.bracket, sent);
        }
        if lots > held.lots {
            let words = format!(
                "position {} has a volume of {}, more than the {} that were opened",
                position.id,
                position.volume,
                held.lots.get()
            );
            self.halt(account, AlertKind::Difference, words, out);
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
        let Some(live) = self.live_mut(account) else { return };
        let foreign = || theirs.iter().zip(told).filter(|(_, is)| **is == Is::Foreign);
        live.foreign.retain(|id, _| foreign().any(|(p, _)| p.id == *id));
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

    /// The broker's money, where nothing is under way that would explain a difference.
    pub(super) fn balance_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        money: crate::broker::Balance,
        out: &mut Effects,
    ) {
        let Some(live) = self.live_mut(account) else { return };
        live.read_mut(ReadKind::Balance).done = Some(sent);
        let changed = live.money.as_ref() != Some(&money);
        let quiet = live.writes.is_empty() && !live.is_waiting();
        let balance: Decimal = money.balance;
        if changed {
            out.happenings.push(Happening::Money {
                account,
                balance,
                equity: money.equity,
                free_margin: money.free_margin,
            });
        }
        live.money = Some(money);
        // Every fill that the balance may contain was told before it was asked for.
        let closed = live.read(ReadKind::Closed).done.is_some_and(|done| done <= sent);
        let flat = live.held.is_empty();
        if quiet && closed && flat && self.ledger_cash(account) != balance {
            self.report(account, self.now, Body::Balance { cash: balance });
        }
    }

    fn ledger_cash(&self, account: AccountId) -> Decimal {
        self.session.accounts()[account.index()].engine().ledger().cash()
    }
}
