//! The same events give the same decisions: a run's journal, written down and
//! read back, stepped through a fresh engine.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use tickstep_backtest::config::Config;
use tickstep_backtest::run::replay::{Seen, replay};
use tickstep_backtest::setup::Prepared;
use tickstep_core::decision::{Decision, Outcome};
use tickstep_core::event::{Body, Event};
use tickstep_core::order::Intent;

/// Two instruments with a warm-up, funding, slippage, a daily loss limit and a
/// position limit, over one month.
fn prepared() -> Prepared {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let sets = ["period.to=2023-09-01", "strategy.params.spike_multiple=3"].map(str::to_owned);
    let config = Config::read(&folder.join("fil_near.toml"), &sets).unwrap();
    Prepared::load(config, &folder).unwrap()
}

/// A decision as it was made, before it was known whether its order filled.
fn as_made(d: &Decision) -> Decision {
    let outcome = match d.outcome {
        Outcome::Unfilled(order, _) => Outcome::Sent(order),
        other => other,
    };
    Decision { outcome, ..d.clone() }
}

#[test]
fn a_journal_replays_into_the_same_intents_decisions_trades_and_money() {
    let prepared = prepared();
    let mut journal: Vec<String> = Vec::new();
    let mut intents: Vec<Intent> = Vec::new();
    let mut keys = Vec::new();
    let run = prepared
        .backtest()
        .unwrap()
        .run_watched(&mut |seen| match seen {
            Seen::Event(event) => {
                keys.push(event.key());
                journal.push(serde_json::to_string(event).unwrap());
            }
            Seen::Intent(intent) => intents.push(*intent),
        })
        .unwrap();
    assert!(run.trades.len() > 300, "{}", run.trades.len());
    assert!(keys.is_sorted(), "the total order is the order of stepping");

    let events: Vec<Event> = journal.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
    let has = |wanted: fn(&Body) -> bool| events.iter().any(|e| wanted(&e.body));
    assert!(has(|b| matches!(b, Body::History { .. })));
    assert!(has(|b| matches!(b, Body::Funding { .. })));
    assert!(has(|b| matches!(b, Body::DayStart)));

    let account = prepared.backtest().unwrap().into_account();
    let again = replay(account, prepared.config.simulation.max_gap, &events).unwrap();
    assert_eq!(again.intents, intents);
    assert_eq!(again.decisions, run.decisions.iter().map(as_made).collect::<Vec<_>>());
    assert_eq!(again.trades, run.trades);
    assert_eq!(again.equity, run.equity.last().unwrap().equity);
}

#[test]
fn a_lost_bar_is_noticed() {
    let prepared = prepared();
    let mut events: Vec<Event> = Vec::new();
    let run = prepared
        .backtest()
        .unwrap()
        .run_watched(&mut |seen| {
            if let Seen::Event(event) = seen {
                events.push(event.clone());
            }
        })
        .unwrap();
    let signal = &run.decisions[0];
    let lost = events
        .iter()
        .position(|e| {
            e.ts_recv == signal.ts
                && matches!(e.body, Body::Bar { instrument, .. } if instrument == signal.instrument)
        })
        .unwrap();
    events.remove(lost);
    // What follows belongs to orders that are now never sent.
    let timer = |e: &Event| e.ts_recv == signal.ts && e.body == Body::Timer;
    events.truncate(events.iter().position(timer).unwrap() + 1);
    let account = prepared.backtest().unwrap().into_account();
    let again = replay(account, prepared.config.simulation.max_gap, &events).unwrap();
    assert!(!again.decisions.contains(&as_made(signal)), "the signal needs that bar");
}
