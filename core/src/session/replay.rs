//! A recorded session stepped again through a fresh engine.
//!
//! The engine has no other input than its events and the features they make, so
//! the same events must give the same intents, decisions and trades, whoever
//! recorded them: a backtest, a paper account or a live runner.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::error::SessionError;
use super::instant::Session;
use super::observer::{AccountId, Observer};
use crate::decision::Decision;
use crate::engine::{EngineConfig, Outbox};
use crate::event::Event;
use crate::ledger::Trade;
use crate::order::Intent;
use crate::risk::Approved;

/// What a session gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// What was asked of the venue, in order.
    pub intents: Vec<Intent>,
    /// Decisions as they were made; what became of an order later is not in them.
    pub decisions: Vec<Decision>,
    /// Trades in the order they closed.
    pub trades: Vec<Trade>,
    /// Equity after the last event, in the account's currency.
    pub equity: Decimal,
}

impl Observer for Replay {
    fn intent(&mut self, _: AccountId, intent: &Approved) {
        self.intents.push(*intent.intent());
    }

    fn outbox(&mut self, _: AccountId, out: &mut Outbox) {
        self.decisions.append(&mut out.decisions);
        self.trades.append(&mut out.trades);
    }
}

/// Steps a fresh account through `events`, in the order given. The venue's reports
/// are among them, so there is none to trade with.
pub fn replay<'e>(
    account: EngineConfig,
    max_gap: u32,
    events: impl IntoIterator<Item = &'e Event>,
) -> Result<Replay, SessionError> {
    let mut session = Session::of(alloc::vec![(account, None)], max_gap)?;
    let mut replay = Replay {
        intents: Vec::new(),
        decisions: Vec::new(),
        trades: Vec::new(),
        equity: session.accounts()[0].engine().ledger().equity(),
    };
    for event in events {
        // A refused change of a book was refused when it was recorded, too.
        let _ = session.take(event.clone(), &mut replay);
        session.answer(event.ts_recv, &mut replay);
    }
    replay.equity = session.accounts()[0].engine().ledger().equity();
    Ok(replay)
}
