//! What rows of closed positions say of what no list of open positions has shown: orders
//! that opened and closed between two of them, and parts that were closed before the first.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::order::FillKind;
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::happening::Happening;
use super::matching::{Is, rest, tell};
use super::news::{PositionChange, PositionNews};
use super::row_reason::reason;
use super::rows::{closing_execution, note_stated};
use super::tables::{Entry, Held, LiveAccount, Purpose, ReadKind, Under};
use super::told::Execution;
use super::{Effects, Runner};
use crate::broker::{BracketPrices, ClosedRow, VenuePosition};
use crate::intent::IntentId;

/// The positions that rows tell of and no list has shown, each with the time of its last
/// close.
fn unseen(live: &LiveAccount, rows: &[ClosedRow]) -> Vec<(VenuePosition, Nanos)> {
    let mut whole: BTreeMap<&str, (VenuePosition, Nanos)> = BTreeMap::new();
    let unseen = |row: &&ClosedRow| {
        !live.is_booked(row)
            && live.held(&row.position).is_none()
            && !live.is_over(&row.position, row.open_time)
            && !live.foreign.contains_key(&row.position)
            // What an order opened that had been given up is no other's.
            && !live.late.contains_key(&row.position)
    };
    for row in rows.iter().filter(unseen) {
        let (position, closed) = whole.entry(&row.position).or_insert_with(|| {
            let position = VenuePosition {
                id: row.position.clone(),
                symbol: row.symbol.clone(),
                side: row.side,
                volume: Decimal::ZERO,
                open_price: row.open_price,
                open_time: row.open_time,
                bracket: BracketPrices::default(),
                commission: Decimal::ZERO,
                swap: Decimal::ZERO,
                profit: None,
                comment: row.comment.clone(),
            };
            (position, row.close_time)
        });
        position.volume += row.volume;
        *closed = row.close_time.max(*closed);
    }
    whole.into_values().collect()
}

impl LiveAccount {
    /// Forgets closed positions, and their rows, of before.
    pub(super) fn forget_before(&mut self, old: Nanos) {
        self.booked.retain(|_, at| at.0 >= old.0);
        self.over.retain(|_, at| at.0 >= old.0);
        let reported = &mut self.reported;
        self.late.retain(|id, (_, at)| {
            let kept = at.0 >= old.0;
            if !kept {
                reported.remove(&format!("late {id}"));
            }
            kept
        });
    }
}

impl Runner {
    /// Orders whose positions opened and closed between two read-backs. Whether all of them
    /// could be told: a part may be open still, so the open positions have to have been
    /// looked at since.
    pub(super) fn adopt_from_rows(
        &mut self,
        account: AccountId,
        sent: Nanos,
        rows: &[ClosedRow],
        out: &mut Effects,
    ) -> bool {
        let lag = self.settings.lag;
        let Some((at, live)) = self.at_broker(account) else { return true };
        let looked = live.read(ReadKind::Positions).done_there;
        let (positions, closed): (Vec<VenuePosition>, Vec<Nanos>) =
            unseen(live, rows).into_iter().unzip();
        // Those that are over are not among them.
        let terms = (self.settings.window(), at.abilities.names_intents);
        let told = tell(live, &positions, Nanos(0), terms);
        let mut all = true;
        for ((position, is), closed) in positions.iter().zip(told).zip(closed) {
            match is {
                Is::Opened(_) if looked.is_none_or(|at| at.0 < closed.0 + lag.0) => all = false,
                Is::Opened(intent) => {
                    self.adopt(account, intent, position, sent, out);
                    self.rows_are_all(account, position);
                }
                Is::Late(intent) if self.adopt_queued(account, intent, (position, sent), out) => {
                    self.rows_are_all(account, position);
                }
                Is::Late(intent) => {
                    let now = self.now;
                    let Some(live) = self.live_mut(account) else { return true };
                    live.late.insert(position.id.clone(), (Some(intent), now));
                }
                Is::Held(_) | Is::Over | Is::Left | Is::Awaited | Is::Foreign => {}
            }
        }
        all
    }

    /// A position that only rows have told of was shown from its beginning.
    fn rows_are_all(&mut self, account: AccountId, position: &VenuePosition) {
        let live = self.live_mut(account);
        if let Some(held) = live.and_then(|live| live.held_mut(&position.id)) {
            held.first = position.open_time;
        }
    }

    /// What a row says was closed of a position, its prices, and the order that may have
    /// opened that much more.
    fn part(
        &self,
        account: AccountId,
        held: &Held,
        row: &ClosedRow,
    ) -> Option<(Lots, [Ticks; 2], IntentId, Entry)> {
        let instrument = self.instrument(account, held.instrument);
        let lots = instrument.qty_exact(row.volume).ok()?;
        let open = instrument.price_near(row.open_price)?;
        let close = instrument.price_near(row.close_price)?;
        let (_, live) = self.at_broker(account)?;
        let opened = |w: &&Under| w.entry().is_some_and(|e| e.order == held.entry);
        let under = live.writes.iter().find(opened)?;
        let entry = under.entry()?;
        (lots <= rest(entry)).then(|| (lots, [open, close], under.intent.id(), entry.clone()))
    }

    /// Part of a position had been closed before a list first showed the rest: the order
    /// opened that part too, and it is over. Whether nothing is left to be told of the row.
    pub(super) fn closed_before_seen(
        &mut self,
        account: AccountId,
        held: &Held,
        row: &ClosedRow,
        out: &mut Effects,
    ) -> bool {
        if row.open_price <= Decimal::ZERO {
            self.without_price(account, &row.position, "entry", out);
            return true;
        }
        let Some((lots, [open, close], intent, entry)) = self.part(account, held, row) else {
            return self.stray(account, row, out);
        };
        let now = self.now;
        let reason = reason(row, held);
        let whole = self.instrument(account, held.instrument).qty(held.lots) + row.volume;
        let opened = PositionNews {
            volume: whole,
            left: whole,
            intent: Some(intent),
            change: PositionChange::Opened,
            ..self.closing_news(account, held, row, (held.lots, reason))
        };
        out.happenings.push(Happening::Position(opened));
        let news = self.closing_news(account, held, row, (held.lots, reason));
        out.happenings.push(Happening::Position(news));
        let Some(live) = self.live_mut(account) else { return true };
        live.booked.insert(row.uid.clone(), row.close_time);
        note_stated(live, held.entry, row);
        live.hurry(ReadKind::Balance, now);
        let mut whole = false;
        for under in live.writes.iter_mut().filter(|w| w.intent.id() == intent) {
            if let Purpose::Entry(entry) = &mut under.purpose {
                entry.filled += lots;
                whole = entry.filled == entry.lots;
            }
        }
        let closed = closing_execution(held, row, (lots, close), reason);
        let opened = Execution {
            side: held.side,
            px: open,
            ts: row.open_time,
            charges: Decimal::ZERO,
            slippage: Ticks(held.side.sign() * (open.0 - entry.px.0)),
            kind: FillKind::Entry,
            ..closed
        };
        let outcome = self.close_outcome(account, (held, row), (lots, close), None, reason);
        out.outcomes.extend(outcome);
        let before = self.ledger_cash(account);
        self.tell_fill(account, opened, out);
        self.tell_fill(account, closed, out);
        let booked = self.ledger_cash(account) - before;
        if let Some(live) = self.live_mut(account) {
            live.book.booked(now);
            live.book.booked(now);
            live.book.row(row, booked);
        }
        if whole {
            self.entry_over(account, intent, out);
        }
        true
    }
}
