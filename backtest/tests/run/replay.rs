//! The same events give the same decisions: a run's journal, written down and
//! read back, stepped through a fresh engine.

use tickstep_backtest::config::Config;
use tickstep_backtest::setup::Prepared;
use tickstep_core::decision::{Decision, Outcome};
use tickstep_core::event::{Body, Event};
use tickstep_core::order::Intent;
use tickstep_core::session::{Seen, replay};

use crate::support::files::examples;

/// Two instruments with a warm-up, funding, slippage, a daily loss limit and a
/// position limit, over one month.
fn prepared() -> Prepared {
    let folder = examples();
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
    let timer = |e: &Event| e.ts_recv == signal.ts && e.body == Body::Decide;
    events.truncate(events.iter().position(timer).unwrap() + 1);
    let account = prepared.backtest().unwrap().into_account();
    let again = replay(account, prepared.config.simulation.max_gap, &events).unwrap();
    assert!(!again.decisions.contains(&as_made(signal)), "the signal needs that bar");
}

/// The imbalance rule on book events, which no bar file has: a rising close on
/// a spike of volume, with twice as much bid as asked.
#[test]
fn book_events_reach_the_imbalance_rule_while_they_are_fresh() {
    use tickstep_core::engine::{EngineConfig, SlotConfig};
    use tickstep_core::event::{Bar, BookUpdate, Level};
    use tickstep_core::instrument::InstrumentId;
    use tickstep_core::order::BracketAnchor;
    use tickstep_core::sizing::Sizing;
    use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
    use tickstep_core::units::{Lots, Nanos, Ticks};

    let params = ScalperParams {
        pressure_rule: Pressure::Imbalance,
        baseline_period: 2,
        ma_period: 2,
        rsi_rule: false,
        ..ScalperParams::spec()
    };
    let instrument = InstrumentId(0);
    let lots = |n| Lots::new(n).unwrap();
    let decided = |book_age: Nanos| {
        let mut account = prepared().backtest().unwrap().into_account();
        account.markets.truncate(1);
        account.slots = vec![SlotConfig {
            name: "scalper".to_owned(),
            instrument,
            strategy: Scalper::factory(params.clone()).unwrap(),
            sizing: Sizing::spec(),
            anchor: BracketAnchor::Fill,
        }];
        let account: EngineConfig = account;
        let mut events = Vec::new();
        let mut push = |ts, body| events.push(Event::at(ts, events.len() as u64 + 1, body));
        for (minute, (px, volume)) in
            [(4_000, 10), (3_990, 10), (3_980, 10), (4_020, 90)].into_iter().enumerate()
        {
            let ts_open = Nanos::MINUTE.times(minute as i64);
            let close = ts_open + Nanos::MINUTE;
            let level = |px, n| Level { px: Ticks(px), lots: lots(n) };
            let (bids, asks) = (vec![level(px - 1, 200)], vec![level(px + 1, 100)]);
            let update = BookUpdate { snapshot: true, bids, asks };
            push(close - book_age, Body::Book { instrument, update });
            let px = Ticks(px);
            let bar = Bar {
                ts_open,
                open: px,
                high: px,
                low: px,
                close: px,
                volume: lots(volume),
                taker_buy: None,
            };
            push(close, Body::Bar { instrument, interval: Nanos::MINUTE, bar });
            push(close, Body::Decide);
        }
        replay(account, 3, &events).unwrap().decisions
    };
    let fresh = decided(Nanos::SECOND);
    assert_eq!(fresh.len(), 1);
    assert!(fresh[0].reason.to_string().contains("imbalance=0.6667"), "{}", fresh[0].reason);
    assert!(decided(Nanos::SECOND.times(6)).is_empty(), "a book older than 5 s is no book");
}
