//! What a broker's rows of closed positions say: at what price, when, and why.
//!
//! A row is booked once, by its own number. Rows of a position that was never seen open,
//! because it was closed between two read-backs, are what tells that its order executed.

use rust_decimal::Decimal;
use tickstep_core::order::{ExitReason, FillKind, OrderId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::adopt::near;
use super::alarms::OVERLAP;
use super::fate::Fate;
use super::happening::{Happening, StatedMoney, StrayClose};
use super::intents::slippage;
use super::matching::{is_near, opens};
use super::news::{AlertKind, PositionChange, PositionNews};
use super::row_reason::{reason, stated_reason};
use super::tables::{Held, LiveAccount, Purpose, ReadKind, Under};
use super::told::Execution;
use super::{Effects, Runner};
use crate::broker::{ClosedRow, Write};

/// How long a row and a position that is over are remembered at least.
const REMEMBERED: Nanos = Nanos(2 * 24 * 3_600_000_000_000);

/// How long a row that could not be told yet is asked for again.
const HALF_A_DAY: Nanos = Nanos::HOUR.times(12);

/// How soon rows are asked for again that could not be told yet.
const SOON: Nanos = Nanos(1_000_000_000);

const fn hour(at: Nanos) -> i64 {
    at.0.div_euclid(Nanos::HOUR.0)
}

impl Runner {
    pub(super) fn closed_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        mut rows: Vec<ClosedRow>,
        out: &mut Effects,
    ) {
        rows.sort_by(|a, b| (a.close_time, &a.uid).cmp(&(b.close_time, &b.uid)));
        let all_told = self.adopt_from_rows(account, sent, &rows, out);
        let (mut put_off, mut made) = (None, Decimal::ZERO);
        for row in &rows {
            if !self.book_row(account, row, &rows, out) {
                put_off = put_off.or(Some(row.close_time));
                made += row.profit.unwrap_or_default() + row.commission + row.swap;
            }
        }
        let now = self.now;
        let there = self.venue_time_at_least(account, sent);
        let Some(live) = self.live_mut(account) else { return };
        live.book.put_off = made;
        if !all_told {
            // They are asked for again once the open positions have been looked at.
            live.hurry(ReadKind::Positions, now);
            live.hurry(ReadKind::Closed, now + SOON);
            return;
        }
        let read = live.read_mut(ReadKind::Closed);
        let before = read.done.replace(sent);
        read.done_there = Some(there);
        // A close whose price is not stated yet is asked for again, for an hour.
        let lacks = |row: &ClosedRow| {
            row.close_price <= Decimal::ZERO && live.held.iter().any(|h| h.id == row.position)
        };
        let lacks = rows.iter().any(lacks) && sent.0 - live.closed_to.0 < Nanos::HOUR.0;
        if !lacks {
            let read = sent.min(Nanos(live.closed_to.0 + Nanos::DAY.0));
            // What could not be told yet is asked for again, for half a day at the most.
            let told = put_off.map_or(read, |at| at.min(read).max(read - HALF_A_DAY));
            live.closed_to = live.closed_to.max(told);
        }
        // Once an hour: an active account has hundreds, and is read every second.
        if before.is_none_or(|before| hour(before) != hour(sent)) {
            // What is asked for again must be known again.
            let asked = live.closed_to.0 - 2 * OVERLAP.0;
            live.forget_before(Nanos(asked.min(now.0 - REMEMBERED.0)));
        }
        // However long nobody looked: both lists have to have had the time to show it.
        let looked = live.read(ReadKind::Positions).done.unwrap_or(Nanos(0)).min(sent);
        let late = looked.0 - self.settings.late.0;
        if let Some(live) = self.live_mut(account) {
            live.given_up.retain(|g| g.decided.0 >= late || looked <= g.since);
        }
    }

    /// Books a row of `rows`; whether nothing is left to be told of it.
    fn book_row(
        &mut self,
        account: AccountId,
        row: &ClosedRow,
        rows: &[ClosedRow],
        out: &mut Effects,
    ) -> bool {
        let Some((_, live)) = self.at_broker(account) else { return true };
        if live.is_booked(row) {
            return true;
        }
        // A number that was given again names another position.
        let own = live.held(&row.position).filter(|h| is_near(h.open_time, row.open_time));
        let Some(held) = own.cloned() else {
            return self.stray(account, row, out);
        };
        if row.close_price <= Decimal::ZERO {
            self.without_price(account, &row.position, "closing", out);
            return true;
        }
        if row.close_time.0 + self.settings.lag.0 <= held.first.0 {
            return self.closed_before_seen(account, &held, row, out);
        }
        self.book_close(account, &held, row, rows, out);
        true
    }

    /// Books a row of a position that is held.
    fn book_close(
        &mut self,
        account: AccountId,
        held: &Held,
        row: &ClosedRow,
        rows: &[ClosedRow],
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some((_, live)) = self.at_broker(account) else { return };
        let instrument = self.instrument(account, held.instrument).clone();
        let exit = exit_under(live, held, row, rows);
        let (lots, px) =
            match (instrument.qty_exact(row.volume), near(&instrument, row.close_price)) {
                (Ok(lots), Ok(px)) => (lots.min(held.lots), px),
                (Err(off), _) | (_, Err(off)) => {
                    let words = format!("the close {} of {}: {off}", row.uid, row.symbol);
                    return self.halt(account, AlertKind::OffGrid, words, out);
                }
            };
        let asked = exit.map(|(order, _)| order);
        let (order, reason) = exit.unwrap_or_else(|| (held.entry, reason(row, held)));
        let outcome = self.close_outcome(account, (held, row), (lots, px), asked, reason);
        out.outcomes.extend(outcome);
        let told = told_of(held, lots);
        let charges = row.commission + row.swap - told;
        let executed =
            Execution { order, charges, ..closing_execution(held, row, (lots, px), reason) };
        let left = held.lots.checked_sub(lots).unwrap_or(held.lots);
        let news = self.closing_news(account, held, row, (left, reason));
        out.happenings.push(Happening::Position(news));
        let Some(live) = self.live_mut(account) else { return };
        live.booked.insert(row.uid.clone(), row.close_time);
        note_stated(live, held.entry, row);
        live.hurry(ReadKind::Balance, now);
        if let Some(held) = live.held_mut(&row.position) {
            (held.lots, held.reduced) = (left, held.reduced.max(row.close_time));
            held.charged -= told;
        }
        if !left.is_zero() {
            self.part_closed(account, (order, &held.id), lots, out);
        }
        let before = self.ledger_cash(account);
        self.tell_fill(account, executed, out);
        // What the entry was charged was booked with it.
        let booked = self.ledger_cash(account) - before + told;
        let Some(live) = self.live_mut(account) else { return };
        live.book.booked(now);
        live.book.row(row, booked);
        if left.is_zero() {
            self.position_over(account, held, (order, px, row.close_time), out);
        }
    }

    /// News of a position of which a row tells that it, or part of it, was closed.
    pub(super) fn closing_news(
        &self,
        account: AccountId,
        held: &Held,
        row: &ClosedRow,
        (left, reason): (Lots, ExitReason),
    ) -> PositionNews {
        let instrument = self.instrument(account, held.instrument);
        let price = row.close_price;
        PositionNews {
            account,
            position: held.id.clone(),
            strategy: Some(self.rows[account.index()].slots[held.slot.index()].0.clone()),
            symbol: instrument.symbol().to_owned(),
            side: held.side,
            volume: row.volume,
            left: instrument.qty(left),
            price: row.open_price,
            opened: held.open_time,
            bracket: held.shown,
            intent: None,
            change: if left.is_zero() {
                PositionChange::Closed { price, reason }
            } else {
                PositionChange::Reduced { price }
            },
        }
    }

    /// Part of a position was closed: where that is all that an exit of ours asked for, it
    /// is over.
    fn part_closed(
        &mut self,
        account: AccountId,
        (order, position): (tickstep_core::order::OrderId, &str),
        lots: Lots,
        out: &mut Effects,
    ) {
        let Some(live) = self.live_mut(account) else { return };
        let done = live.writes.iter_mut().find_map(|w| match &mut w.purpose {
            Purpose::Exit { order: own, position: of, lots: asked, filled, .. }
                if *own == order && of == position =>
            {
                *filled += lots;
                (filled >= asked).then(|| w.intent.id())
            }
            _ => None,
        });
        if let Some(intent) = done {
            self.write_done(account, intent, out);
        }
    }

    /// A row of a position that no strategy counts on is published once, when no order of
    /// ours can turn out to be what opened it; whether nothing is left to be told of it.
    pub(super) fn stray(&mut self, account: AccountId, row: &ClosedRow, out: &mut Effects) -> bool {
        let before = self.settings.window_before;
        let (now, slack) = (self.now, self.settings.lag + Nanos::SECOND.times(5));
        let Some(live) = self.live_mut(account) else { return true };
        // Whose instrument and side are the same may be what opened it.
        let alike = |w: &Under| {
            opens(&w.write).is_some_and(|(symbol, side, ..)| {
                let timely = !w.intent.rests() || row.open_time >= live.may_open_from(w) - before;
                *symbol == row.symbol && *side == row.side && timely
            })
        };
        let asked =
            |w: &Under| w.entry().is_some() && (w.intent.is_open() || w.intent.rests()) && alike(w);
        if live.writes.iter().any(asked) {
            return false;
        }
        live.booked.insert(row.uid.clone(), row.close_time);
        live.book.stray(now, row, slack);
        let intent = live.late.get(&row.position).and_then(|(intent, _)| *intent);
        let mut row = row.clone();
        row.symbol = self.own_symbol(account, &row.symbol).to_owned();
        out.happenings.push(Happening::Stray(StrayClose { account, intent, row }));
        true
    }

    /// A position is closed, whoever closed it.
    fn position_over(
        &mut self,
        account: AccountId,
        held: &Held,
        (order, px, closed): (tickstep_core::order::OrderId, Ticks, Nanos),
        out: &mut Effects,
    ) {
        let now = self.now;
        let instrument = self.instrument(account, held.instrument).clone();
        let Some(live) = self.live_mut(account) else { return };
        live.held.retain(|h| h.id != held.id);
        live.over.insert(held.id.clone(), closed);
        live.reported.retain(|words| !words.ends_with(&format!(" {}", held.id)));
        if !live.held.iter().any(|h| h.slot == held.slot) {
            live.close_again.retain(|c| c.slot != held.slot);
            live.close_failures.remove(&held.slot);
        }
        let over: Vec<_> = live
            .writes
            .iter()
            .filter(|w| w.position() == Some(&held.id))
            .map(|w| (w.intent.id(), w.intent.sent(), w.about.price))
            .collect();
        for (id, sent, decided) in over {
            self.write_done(account, id, out);
            let fate = Fate::Executed {
                price: instrument.price(px),
                quantity: instrument.qty(held.lots),
                slippage_ticks: slippage(&instrument, held.side.opposite(), decided, px),
                latency: sent.map_or(Nanos(0), |sent| now - sent),
            };
            out.happenings.extend(self.known.fan_outs.ended(now, account, order, fate));
        }
    }
}

/// The execution that a row tells of, with all the charges that it states.
pub(super) fn closing_execution(
    held: &Held,
    row: &ClosedRow,
    (lots, px): (Lots, Ticks),
    reason: ExitReason,
) -> Execution {
    Execution {
        order: held.entry,
        slot: held.slot,
        instrument: held.instrument,
        side: held.side.opposite(),
        lots,
        px,
        ts: row.close_time,
        charges: row.commission + row.swap,
        slippage: Ticks(0),
        kind: FillKind::Exit(reason),
    }
}

/// What the engine was told already of the charges of so many lots.
fn told_of(held: &Held, lots: Lots) -> Decimal {
    if lots == held.lots {
        return held.charged;
    }
    let part = Decimal::from(lots.get()) / Decimal::from(held.lots.get());
    (held.charged * part).round_dp(8)
}

/// Adds what a row states of the money of an order's positions.
pub(super) fn note_stated(live: &mut LiveAccount, entry: OrderId, row: &ClosedRow) {
    let stated = live.stated.entry(entry).or_insert(Some(StatedMoney::default()));
    *stated = stated.zip(row.profit).map(|(so_far, profit)| StatedMoney {
        profit: so_far.profit + profit,
        commission: so_far.commission + row.commission,
        swap: so_far.swap + row.swap,
    });
}

/// The exit of ours that closed so much of a position, where one was sent. More than is
/// left of it was closed by somebody else, or by stop or target; so was another part where
/// one of `rows` is just what it asked for, and what the broker says was stop or target: an
/// exit that is under way then came too late.
fn exit_under(
    live: &LiveAccount,
    held: &Held,
    row: &ClosedRow,
    rows: &[ClosedRow],
) -> Option<(tickstep_core::order::OrderId, ExitReason)> {
    if stated_reason(row).is_some() {
        return None;
    }
    let another = |volume| {
        let its = |o: &&ClosedRow| o.position == row.position && o.volume == volume;
        row.volume != volume && rows.iter().filter(its).any(|other| !live.is_booked(other))
    };
    let lots = |n: Lots| Decimal::from(n.get());
    let fits = |write: &Write, asked: Lots, filled: Lots| {
        let Write::Close { volume, .. } = write else { return false };
        let within = row.volume * lots(asked) <= *volume * (lots(asked) - lots(filled));
        within && !another(*volume)
    };
    live.writes.iter().find_map(|w| match &w.purpose {
        Purpose::Exit { order, reason, position, lots, filled, .. }
            if *position == held.id && w.intent.is_open() && fits(&w.write, *lots, *filled) =>
        {
            Some((*order, *reason))
        }
        Purpose::Exit { .. }
        | Purpose::Entry(_)
        | Purpose::Edit { .. }
        | Purpose::Orphan { .. }
        | Purpose::Cancel { .. }
        | Purpose::Reprice { .. } => None,
    })
}
