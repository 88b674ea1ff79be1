//! Signals from outside and an operator's acts: what is sent to a slot at closes trades as
//! the same signals given beforehand, and what is sent at any instant replays.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tickstep_backtest::run::Backtest;
use tickstep_core::engine::SlotConfig;
use tickstep_core::event::{Body, Command};
use tickstep_core::order::{Bracket, FillKind, Intent, OrderId, SlotId};
use tickstep_core::session::replay;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::edges::instants::Coinciding;
use crate::paper::{Entry, Story, backtested, on_paper_with};
use crate::support::tiny::{Scripted, account, long, minute, quantity, shown, slot, tape};

const SLOT: SlotId = SlotId(0);

fn at(ts: Nanos, signal: Signal) -> (Nanos, Body) {
    (ts, Body::Signal { slot: SLOT, signal })
}

/// The same account, whose only slot is one for signals.
fn from_outside(mut setup: Backtest<'_>) -> Backtest<'_> {
    setup.strategies[0].strategy = Outside.into();
    setup
}

/// What an account was told but for signals, without numbers.
fn told_otherwise(story: &Story) -> Vec<(Nanos, Body)> {
    let others = story.events().filter(|e| !matches!(e.body, Body::Signal { .. }));
    others.map(|e| (e.ts_recv, e.body.clone())).collect()
}

fn intents(story: &Story) -> Vec<Intent> {
    let intent = |entry: &Entry| match entry {
        Entry::Intent(intent) => Some(*intent),
        Entry::Event(_) => None,
    };
    story.journal.iter().filter_map(intent).collect()
}

#[test]
fn signals_sent_at_closes_trade_as_those_given_beforehand() {
    let mut rng = Pcg64::seed_from_u64(20_261_129);
    let mut trades = 0;
    for n in 0..100 {
        let mut all = Coinciding::new(&mut rng);
        // A hold that is due at the close of a signal would be decided after it.
        all.signals.iter_mut().for_each(|signal| signal.exits.hold = None);
        let given = backtested(all.setup());
        let sent: Vec<(Nanos, Body)> = all.signals.iter().map(|s| at(s.ts, *s)).collect();
        let told = on_paper_with(vec![from_outside(all.setup())], &sent);
        assert!(told_otherwise(&given) == told_otherwise(&told[0]), "{n}");
        assert_eq!(intents(&given), intents(&told[0]), "{n}");
        assert_eq!(given.trades, told[0].trades, "{n}");
        trades += given.trades.len();
    }
    assert!(trades > 500, "{trades}");
}

#[test]
fn signals_sent_at_any_instant_replay() {
    let mut rng = Pcg64::seed_from_u64(20_261_130);
    let (mut trades, mut sent_inside) = (0, 0);
    for n in 0..100 {
        let all = Coinciding::new(&mut rng);
        let last = all.series.bars().last().unwrap().ts_open;
        let mut sent = Vec::new();
        for signal in &all.signals {
            let ts = signal.ts + Nanos::SECOND.times(rng.random_range(0..300));
            if ts <= last {
                sent_inside += usize::from(ts.0 % Nanos::MINUTE.0 != 0);
                sent.push(at(ts, *signal));
            }
        }
        let told = on_paper_with(vec![from_outside(all.setup())], &sent).remove(0);
        assert!(told.has(|b| matches!(b, Body::Signal { .. })));
        let setup = from_outside(all.setup());
        let max_gap = setup.max_gap;
        let again = replay(setup.into_account(), max_gap, told.events()).unwrap();
        assert_eq!(again.intents, intents(&told), "{n}");
        assert_eq!(again.trades, told.trades, "{n}");
        trades += told.trades.len();
    }
    assert!(trades > 500 && sent_inside > 500, "{trades}, {sent_inside}");
}

/// Something that an operator does to an account of one slot.
fn act(rng: &mut Pcg64) -> Command {
    let lots = Lots::new(rng.random_range(1..120));
    let mut level = |from| Some(Ticks(rng.random_range(from..from + 20))).filter(|t| t.0 % 7 != 0);
    let bracket = match (level(975), level(1005)) {
        (low, high) if rng.random_bool(0.5) => Bracket { stop: low, target: high },
        (low, high) => Bracket { stop: high, target: low },
    };
    match rng.random_range(0..20) {
        0 => Command::Pause,
        1 => Command::Kill,
        2 | 3 => Command::Resume,
        4 => Command::Flatten,
        5 => Command::Close { slot: SLOT, lots: None },
        6 => Command::Cancel(OrderId(rng.random_range(1..40))),
        7 | 8 => Command::Amend { slot: SLOT, bracket },
        _ => Command::Close { slot: SLOT, lots },
    }
}

#[test]
fn whatever_an_operator_does_adds_up_and_replays() {
    let mut rng = Pcg64::seed_from_u64(20_261_131);
    let (mut parts, mut trades) = (0, 0);
    for n in 0..300 {
        let all = Coinciding::new(&mut rng);
        let minutes = all.series.bars().last().unwrap().ts_open - all.series.bars()[0].ts_open;
        let acts = (0..rng.random_range(1..40)).map(|_| {
            let after = rng.random_range(0..=minutes.0 / Nanos::MINUTE.0) * Nanos::MINUTE.0;
            let after = after + [0, 0, 30 * Nanos::SECOND.0][rng.random_range(0..3)];
            let ts = all.series.bars()[0].ts_open + Nanos(after.min(minutes.0));
            (ts, Body::Command(act(&mut rng)))
        });
        let acts: Vec<(Nanos, Body)> = acts.collect();
        let told = on_paper_with(vec![all.setup()], &acts).remove(0);
        let (mut entered, mut left) = (0, 0);
        for fill in told.events().filter_map(|e| match &e.body {
            Body::Fill(fill) => Some(fill),
            _ => None,
        }) {
            match fill.kind {
                FillKind::Entry => entered += fill.lots.get(),
                FillKind::Exit(_) => {
                    left += fill.lots.get();
                    parts += usize::from(fill.lots.get() % 100 != 0);
                }
            }
        }
        assert_eq!(entered, left, "{n}");
        assert_eq!(entered, told.trades.iter().map(|t| t.lots.get()).sum::<i64>(), "{n}");
        let setup = all.setup();
        let max_gap = setup.max_gap;
        let again = replay(setup.into_account(), max_gap, told.events()).unwrap();
        assert_eq!(again.intents, intents(&told), "{n}");
        assert_eq!(again.trades, told.trades, "{n}");
        trades += told.trades.len();
    }
    assert!(parts > 150 && trades > 1000, "{parts} parts, {trades} trades");
}

/// The trades of 10 bought at minute 1, at 1000 with levels 998 and 1004, and an operator's
/// acts between.
fn acted(bars: &[(i64, i64, i64, i64)], acts: &[(Nanos, Command)]) -> Vec<String> {
    let series = tape(bars);
    let size = SlotConfig { sizing: quantity("10"), ..slot(0, Scripted(vec![long(0)])) };
    let acts: Vec<_> = acts.iter().map(|(ts, c)| (*ts, Body::Command(*c))).collect();
    let told = on_paper_with(vec![account(&[&series], vec![size])], &acts).remove(0);
    told.trades.iter().map(|t| format!("{} {} net {}", t.lots.get(), shown(t), t.net)).collect()
}

#[test]
fn a_part_of_a_position_is_closed_at_the_next_open_and_its_bracket_holds_the_rest() {
    let half = Nanos::SECOND.times(30);
    let quiet = (1000, 1000, 1000, 1000);
    let part = Command::Close { slot: SLOT, lots: Lots::new(4) };
    // 4 leave at 1001, the open of minute 3, and 6 at the stop: 4 - 12.
    let bars = [quiet, quiet, quiet, (1001, 1001, 999, 999), (999, 999, 997, 997)];
    let trades = acted(&bars, &[(minute(3), part)]);
    assert_eq!(trades, ["10 long 1000@1 999.2@5 stop net -8"]);
    assert_eq!(acted(&bars, &[(minute(2) + half, part)]), trades, "asked for inside a bar");
    // The stop inside that very bar comes before the open that the part waits for.
    let bars = [quiet, quiet, (1000, 1000, 997, 1000), quiet];
    let trades = acted(&bars, &[(minute(2) + half, part)]);
    assert_eq!(trades, ["10 long 1000@1 998@3 stop net -20"]);
}

#[test]
fn an_operator_may_loosen_a_stop() {
    let quiet = (1000, 1000, 1000, 1000);
    let bars = [quiet, quiet, (1000, 1000, 995, 999), (999, 999, 989, 990)];
    assert_eq!(acted(&bars, &[]), ["10 long 1000@1 998@3 stop net -20"]);
    let bracket = Bracket { stop: Some(Ticks(990)), target: None };
    let loosened = acted(&bars, &[(minute(2), Command::Amend { slot: SLOT, bracket })]);
    assert_eq!(loosened, ["10 long 1000@1 990@4 stop net -100"]);
}
