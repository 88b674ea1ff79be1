//! A recorded session stepped again through a fresh engine.
//!
//! The engine has no other input than its events and the features they make, so
//! the same events must give the same intents, decisions and trades, whoever
//! recorded them: a backtest here, a live runner later.

use rust_decimal::Decimal;
use tickstep_core::decision::Decision;
use tickstep_core::engine::{Engine, EngineConfig, Outbox};
use tickstep_core::event::{Body, Event};
use tickstep_core::features::{Features, Pipeline};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::order::Intent;

use super::RunError;

/// What passes between the engine and the world, in order.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// Into the engine.
    Event(&'a Event),
    /// Out of it, to the venue.
    Intent(&'a Intent),
}

/// What a session gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Asked of the venue, in order.
    pub intents: Vec<Intent>,
    /// As they were made; what became of an order later is not in them.
    pub decisions: Vec<Decision>,
    /// Closed trades.
    pub trades: Vec<Trade>,
    /// Equity after the last event.
    pub equity: Decimal,
}

/// Steps a fresh account through `events`, in the order given.
pub fn replay<'e>(
    account: EngineConfig,
    max_gap: u32,
    events: impl IntoIterator<Item = &'e Event>,
) -> Result<Replay, RunError> {
    let symbols: Vec<String> =
        account.markets.iter().map(|(m, _)| m.instrument.symbol().to_owned()).collect();
    let intervals: Vec<_> = account.markets.iter().map(|(_, interval)| *interval).collect();
    let (mut engine, specs) = Engine::new(account)?;
    let mut pipelines = Vec::new();
    for ((spec, interval), symbol) in specs.iter().zip(intervals).zip(symbols) {
        let pipeline = Pipeline::new(spec, interval, max_gap)
            .map_err(|error| RunError::Feature { symbol, error })?;
        pipelines.push(pipeline);
    }
    let mut rows: Vec<Features> = pipelines.iter().map(Pipeline::row).collect();
    let mut out = Outbox::default();
    let mut session = Replay {
        intents: Vec::new(),
        decisions: Vec::new(),
        trades: Vec::new(),
        equity: engine.ledger().equity(),
    };
    for event in events {
        let row = |id: &InstrumentId| id.index();
        match &event.body {
            Body::Bar { instrument, bar, .. } | Body::History { instrument, bar, .. } => {
                pipelines[row(instrument)].push(bar, &mut rows[row(instrument)]);
            }
            Body::SegmentStart { instrument } => {
                pipelines[row(instrument)].reset(&mut rows[row(instrument)]);
            }
            Body::Book { instrument, update } => {
                // A refused update was refused when it was recorded, too.
                let _ = pipelines[row(instrument)].push_book(event.ts_recv, update);
            }
            Body::Decide => {
                for (pipeline, features) in pipelines.iter().zip(&mut rows) {
                    pipeline.look_at_book(event.ts_recv, features);
                }
            }
            Body::PublicTrade { .. }
            | Body::Funding { .. }
            | Body::Fill(_)
            | Body::Order { .. }
            | Body::DayStart
            | Body::Command(_) => {}
        }
        engine.step(event, &rows, &mut out);
        session.intents.extend(out.intents.drain(..).map(|a| *a.intent()));
        session.decisions.append(&mut out.decisions);
        session.trades.append(&mut out.trades);
        out.unfilled.clear();
    }
    session.equity = engine.ledger().equity();
    Ok(session)
}
