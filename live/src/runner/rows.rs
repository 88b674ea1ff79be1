//! What a broker's rows of closed positions say: at what price, when, and why.
//!
//! A row is booked once, by its own number. Rows of a position that was never seen open,
//! because it was closed between two read-backs, are what tells that its order executed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::order::{ExitReason, FillKind};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Nanos, Side, Ticks};

use super::happening::{Fate, Happening};
use super::matching::{Is, tell};
use super::news::{AlertKind, PositionChange, PositionNews};
use super::tables::{Held, LiveAccount, Purpose, ReadKind};
use super::told::Execution;
use super::{Effects, Runner};
use crate::broker::{BracketPrices, ClosedRow, VenuePosition};

/// How long a row and a position that is over are remembered.
const REMEMBERED: Nanos = Nanos(2 * 24 * 3_600_000_000_000);

impl Runner {
    pub(super) fn closed_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        mut rows: Vec<ClosedRow>,
        out: &mut Effects,
    ) {
        rows.sort_by(|a, b| (a.close_time, &a.uid).cmp(&(b.close_time, &b.uid)));
        self.adopt_from_rows(account, sent, &rows, out);
        for row in &rows {
            self.book_row(account, row, out);
        }
        let now = self.now;
        let ahead = self.venue_time(account, now) - now;
        let Some(live) = self.live_mut(account) else { return };
        let read = live.read_mut(ReadKind::Closed);
        (read.done, read.done_there) = (Some(sent), Some(sent + ahead));
        live.closed_to = live.closed_to.max(sent.min(Nanos(live.closed_to.0 + Nanos::DAY.0)));
        let old = now.0 - REMEMBERED.0;
        live.booked.retain(|_, at| at.0 >= old);
        live.over.retain(|_, at| at.0 >= old);
        let late = now.0 - self.settings.late.0;
        if let Some(live) = self.live_mut(account) {
            live.given_up.retain(|g| g.decided.0 >= late);
        }
    }

    /// Orders whose positions opened and closed between two read-backs.
    fn adopt_from_rows(
        &mut self,
        account: AccountId,
        sent: Nanos,
        rows: &[ClosedRow],
        out: &mut Effects,
    ) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let mut whole: BTreeMap<&str, VenuePosition> = BTreeMap::new();
        let unseen = |row: &&ClosedRow| {
            !live.booked.contains_key(&row.uid)
                && live.held(&row.position).is_none()
                && !live.over.contains_key(&row.position)
                && !live.foreign.contains_key(&row.position)
        };
        for row in rows.iter().filter(unseen) {
            let position = whole.entry(&row.position).or_insert_with(|| VenuePosition {
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
                comment: None,
            });
            position.volume += row.volume;
        }
        let positions: Vec<VenuePosition> = whole.into_values().collect();
        let told = tell(live, &positions, self.settings.window());
        for (position, is) in positions.iter().zip(told) {
            if let Is::Opened(intent) = is {
                self.adopt(account, intent, position, sent, out);
            }
        }
    }

    fn book_row(&mut self, account: AccountId, row: &ClosedRow, out: &mut Effects) {
        let now = self.now;
        let Some((_, live)) = self.at_broker(account) else { return };
        if live.booked.contains_key(&row.uid) {
            return;
        }
        let Some(held) = live.held(&row.position).cloned() else { return };
        let exit = exit_under(live, &held);
        let instrument = self.instrument(account, held.instrument).clone();
        let (lots, px) =
            match (instrument.qty_exact(row.volume), instrument.price_exact(row.close_price)) {
                (Ok(lots), Ok(px)) => (lots.min(held.lots), px),
                (Err(off), _) | (_, Err(off)) => {
                    let words = format!("the close {} of {}: {off}", row.uid, row.symbol);
                    return self.halt(account, AlertKind::OffGrid, words, out);
                }
            };
        let (order, reason) = exit.unwrap_or_else(|| (held.entry, reason(row, &held)));
        // What the engine was told already of the lots that were closed.
        let told = if lots == held.lots {
            held.charged
        } else {
            let part = Decimal::from(lots.get()) / Decimal::from(held.lots.get());
            (held.charged * part).round_dp(8)
        };
        let charges = row.commission + row.swap - told;
        let executed = Execution {
            order,
            slot: held.slot,
            instrument: held.instrument,
            side: held.side.opposite(),
            lots,
            px,
            ts: row.close_time,
            charges,
            slippage: Ticks(0),
            kind: FillKind::Exit(reason),
        };
        let left = held.lots.checked_sub(lots).unwrap_or(held.lots);
        let strategy = self.rows[account.index()].slots[held.slot.index()].0.clone();
        out.happenings.push(Happening::Position(PositionNews {
            account,
            position: held.id.clone(),
            strategy: Some(strategy),
            symbol: instrument.symbol().to_owned(),
            side: held.side,
            volume: row.volume,
            price: row.open_price,
            change: if left.is_zero() {
                PositionChange::Closed { price: row.close_price, reason }
            } else {
                PositionChange::Reduced { price: row.close_price }
            },
        }));
        let Some(live) = self.live_mut(account) else { return };
        live.booked.insert(row.uid.clone(), row.close_time);
        live.hurry(ReadKind::Balance, now);
        if let Some(held) = live.held_mut(&row.position) {
            held.lots = left;
            held.charged -= told;
        }
        self.tell_fill(account, executed);
        if left.is_zero() {
            self.position_over(account, &held, (order, px), out);
        }
    }

    /// A position is closed, whoever closed it.
    fn position_over(
        &mut self,
        account: AccountId,
        held: &Held,
        (order, px): (tickstep_core::order::OrderId, Ticks),
        out: &mut Effects,
    ) {
        let now = self.now;
        let instrument = self.instrument(account, held.instrument).clone();
        let Some(live) = self.live_mut(account) else { return };
        live.held.retain(|h| h.id != held.id);
        live.over.insert(held.id.clone(), now);
        live.reported.retain(|words| !words.ends_with(&format!(" {}", held.id)));
        if !live.held.iter().any(|h| h.slot == held.slot) {
            live.close_again.retain(|c| c.0 != held.slot);
            live.close_failures.remove(&held.slot);
        }
        let over: Vec<_> = live
            .writes
            .iter()
            .filter(|w| w.position() == Some(&held.id))
            .map(|w| (w.intent.id(), w.intent.sent()))
            .collect();
        for (id, sent) in over {
            self.write_done(account, id, out);
            let fate = Fate::Executed {
                price: instrument.price(px),
                quantity: instrument.qty(held.lots),
                slippage_ticks: 0,
                latency: sent.map_or(Nanos(0), |sent| now - sent),
            };
            out.happenings.extend(self.fan_outs.ended(now, account, order, fate));
        }
    }
}

/// The exit of ours that closes a position, where one was sent.
fn exit_under(
    live: &LiveAccount,
    held: &Held,
) -> Option<(tickstep_core::order::OrderId, ExitReason)> {
    live.writes.iter().find_map(|w| match &w.purpose {
        Purpose::Exit { order, reason, position, .. }
            if *position == held.id && w.intent.is_open() =>
        {
            Some((*order, *reason))
        }
        Purpose::Exit { .. }
        | Purpose::Entry(_)
        | Purpose::Edit { .. }
        | Purpose::Orphan { .. } => None,
    })
}

/// Why a position was closed that we did not close: its stop, its target, or somebody.
fn reason(row: &ClosedRow, held: &Held) -> ExitReason {
    let words = row.reason.as_deref().unwrap_or_default().to_ascii_uppercase();
    if words.contains("STOP_OUT") || words.contains("STOPOUT") || words.contains("LIQUID") {
        return ExitReason::Liquidation;
    }
    if words.contains("STOP") || words.ends_with("_SL") {
        return ExitReason::Stop;
    }
    if words.contains("TAKE") || words.contains("PROFIT") || words.ends_with("_TP") {
        return ExitReason::Target;
    }
    // Where the broker does not say, the price does: beyond the stop or the target.
    let beyond = |level: Option<Decimal>, below: bool| {
        level.is_some_and(|level| match (held.side, below) {
            (Side::Buy, true) | (Side::Sell, false) => row.close_price <= level,
            (Side::Buy, false) | (Side::Sell, true) => row.close_price >= level,
        })
    };
    if beyond(held.shown.stop, true) {
        ExitReason::Stop
    } else if beyond(held.shown.target, false) {
        ExitReason::Target
    } else {
        ExitReason::Flatten
    }
}
