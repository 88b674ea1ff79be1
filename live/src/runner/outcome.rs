//! What became of orders and positions, as the journal keeps it for those who do not replay it.

use rust_decimal::Decimal;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{ExitReason, Fill, OrderId};
use tickstep_core::session::AccountId;
use tickstep_core::units::{Lots, Nanos, Ticks};
use tickstep_journal::{Aim, Executed, OrderEnd, OrderOutcome, Outcome, StatedMoney, TradeOutcome};

use super::Runner;
use super::fate::Fate;
use super::news::{OrderAim, OrderNews};
use super::tables::{Held, Purpose, Under};
use crate::broker::{ClosedRow, Write};
use crate::intent::{Intent, Stage};

/// When a request was sent and answered, by our clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SentTimes {
    sent: Option<Nanos>,
    answered: Option<Nanos>,
}

impl SentTimes {
    /// As far as the stage of a write tells; its end tells nothing of it any more.
    pub(super) const fn of(intent: &Intent) -> Self {
        let (sent, answered) = match intent.stage() {
            Stage::InFlight { since, .. } => (Some(*since), None),
            Stage::Accepted { sent, since, .. } => (Some(*sent), Some(*since)),
            Stage::Unknown { sent, .. } | Stage::Resting { sent, .. } => (Some(*sent), None),
            Stage::Ready | Stage::Done(_) => (None, None),
        };
        Self { sent, answered }
    }
}

/// The end of an order that was not executed.
pub(super) fn unexecuted(fate: &Fate) -> OrderEnd {
    match fate {
        Fate::Rejected { message } => OrderEnd::Rejected { message: message.clone() },
        Fate::Skipped(skip) => OrderEnd::NotSent { why: skip.to_string() },
        Fate::NotPlaced | Fate::Waiting | Fate::Executed { .. } | Fate::Resting { .. } => {
            OrderEnd::NotPlaced
        }
    }
}

impl Runner {
    /// An instant of an account's broker by our clock, and how far that may be off.
    fn ours(&self, account: AccountId, theirs: Nanos) -> (Nanos, Option<Nanos>) {
        let clock = self.at_broker(account).and_then(|(_, live)| live.clock.offset());
        match clock {
            Some((ahead, within)) => (theirs - ahead, Some(within)),
            None => (theirs, None),
        }
    }

    /// What became of a write that opens or closes a position; nothing of another.
    pub(super) fn write_outcome(
        &self,
        account: AccountId,
        under: &Under,
        times: SentTimes,
        end: OrderEnd,
    ) -> Option<Outcome> {
        let (order, aim, side, wanted) = match &under.purpose {
            Purpose::Entry(entry) => {
                let wanted = self.instrument(account, entry.instrument).price(entry.px);
                (entry.order, Aim::Entry, entry.side, Some(wanted))
            }
            Purpose::Exit { order, reason, .. } => {
                let Write::Close { side, .. } = &under.write else { return None };
                (*order, Aim::Exit(*reason), side.opposite(), under.about.price)
            }
            Purpose::Edit { .. }
            | Purpose::Orphan { .. }
            | Purpose::Cancel { .. }
            | Purpose::Reprice { .. } => return None,
        };
        // How long one waits for its price says nothing of how long its way took.
        let SentTimes { sent, answered } = if under.waits() { SentTimes::default() } else { times };
        Some(Outcome::Order(Box::new(OrderOutcome {
            account: self.rows[account.index()].name.clone(),
            intent: Some(under.intent.id().0),
            signal: under.signal.map(|signal| signal.0),
            order: Some(order.0),
            strategy: under.about.strategy.clone().unwrap_or_default(),
            symbol: under.about.symbol.clone(),
            aim,
            side,
            wanted,
            decided: under.decided,
            sent,
            answered,
            end,
        })))
    }

    /// An entry that was executed, as far as it was.
    pub(super) fn entry_outcome(
        &self,
        account: AccountId,
        under: &Under,
        times: SentTimes,
        px: Ticks,
    ) -> Option<Outcome> {
        let entry = under.entry()?;
        let (_, live) = self.at_broker(account)?;
        let opened = live.held.iter().filter(|held| held.entry == entry.order);
        let at = opened.clone().map(|held| held.open_time).max();
        let (at, within) = self.ours(account, at.unwrap_or(under.sent_there));
        let instrument = self.instrument(account, entry.instrument);
        let done = Executed {
            at,
            within,
            price: instrument.price(px),
            quantity: instrument.qty(entry.filled),
            charges: opened.map(|held| held.charged).sum(),
        };
        self.write_outcome(account, under, times, OrderEnd::Executed(done))
    }

    /// A close that a row tells of: of the order that asked for it, or of the venue's own.
    pub(super) fn close_outcome(
        &self,
        account: AccountId,
        (held, row): (&Held, &ClosedRow),
        (lots, px): (Lots, Ticks),
        exit: Option<OrderId>,
        reason: ExitReason,
    ) -> Option<Outcome> {
        let instrument = self.instrument(account, held.instrument);
        let (at, within) = self.ours(account, row.close_time);
        let end = OrderEnd::Executed(Executed {
            at,
            within,
            price: instrument.price(px),
            quantity: instrument.qty(lots),
            charges: row.commission + row.swap,
        });
        let (_, live) = self.at_broker(account)?;
        let asked = exit.and_then(|exit| {
            live.writes.iter().find(|w| {
                let of = matches!(&w.purpose, Purpose::Exit { order, .. } if *order == exit);
                of && w.position() == Some(&held.id)
            })
        });
        if let Some(under) = asked {
            return self.write_outcome(account, under, SentTimes::of(&under.intent), end);
        }
        let wanted = match reason {
            ExitReason::Stop | ExitReason::TrailingStop | ExitReason::BreakEven => held.shown.stop,
            ExitReason::Target => held.shown.target,
            _ => None,
        };
        Some(Outcome::Order(Box::new(OrderOutcome {
            account: self.rows[account.index()].name.clone(),
            intent: None,
            signal: None,
            order: None,
            strategy: self.rows[account.index()].slots[held.slot.index()].0.clone(),
            symbol: instrument.symbol().to_owned(),
            aim: Aim::Exit(reason),
            side: held.side.opposite(),
            wanted,
            decided: at,
            sent: None,
            answered: None,
            end,
        })))
    }

    /// An order on paper that is over.
    pub(super) fn paper_outcome(
        &self,
        account: AccountId,
        (news, wanted): (&OrderNews, Option<Decimal>),
        end: OrderEnd,
    ) -> Outcome {
        let OrderNews { intent, signal, strategy, symbol, aim, side, .. } = news;
        let (aim, side) = match aim {
            OrderAim::Exit { reason, .. } => (Aim::Exit(*reason), side.opposite()),
            _ => (Aim::Entry, *side),
        };
        Outcome::Order(Box::new(OrderOutcome {
            account: self.rows[account.index()].name.clone(),
            intent: Some(intent.0),
            signal: signal.map(|signal| signal.0),
            order: news.order.map(|order| order.0),
            strategy: strategy.clone().unwrap_or_default(),
            symbol: symbol.clone(),
            aim,
            side,
            wanted,
            decided: news.decided,
            sent: None,
            answered: None,
            end,
        }))
    }

    /// What the simulated exchange made of an order.
    pub(super) fn paper_fill(&self, account: AccountId, fill: &Fill) -> OrderEnd {
        let instrument = self.instrument(account, fill.instrument);
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        OrderEnd::Executed(Executed {
            at: fill.ts,
            within: Some(Nanos(0)),
            price: instrument.price(fill.px),
            quantity: instrument.qty(fill.lots),
            charges: -ledger.to_account(fill.instrument, fill.fee),
        })
    }

    /// A position that is over.
    pub(super) fn trade_outcome(
        &self,
        account: AccountId,
        trade: &Trade,
        stated: Option<StatedMoney>,
    ) -> Outcome {
        let row = &self.rows[account.index()];
        let instrument = self.instrument(account, trade.instrument);
        Outcome::Trade(Box::new(TradeOutcome {
            account: row.name.clone(),
            strategy: row.slots[trade.slot.index()].0.clone(),
            symbol: instrument.symbol().to_owned(),
            quantity: instrument.qty(trade.lots),
            trade: trade.clone(),
            stated,
        }))
    }
}
