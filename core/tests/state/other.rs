//! Other sessions than the one that was saved, and bytes that are not what was saved.

use tickstep_core::codec::{DecodeFault, decode_event, decode_state, encode_state};
use tickstep_core::decision::Outcome;
use tickstep_core::engine::{Engine, EngineConfig, Outbox, SlotConfig};
use tickstep_core::event::{Bar, Body, Command, Event};
use tickstep_core::features::Pipeline;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{Fill, FillKind, Liquidity, OrderId, SlotId};
use tickstep_core::restore::RestoreError;
use tickstep_core::risk::RiskParams;
use tickstep_core::session::{AccountId, Session, SessionState};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::strategy::{Distance, Exits, Phase};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use crate::world::{
    Seen, World, config, dec, frac, market, minute, quiet_after_loss, session, sim, slot, tape,
};

struct Desk {
    engine: Engine,
    out: Outbox,
}

/// Slots for signals, by name and instrument, each of 2 units.
fn account(symbols: &[(&str, &str)], slots: &[(&str, u16)]) -> EngineConfig {
    let sizing = Sizing::FixedQuantity { quantity: dec("2") };
    let slots = slots
        .iter()
        .map(|(name, on)| SlotConfig { sizing: sizing.clone(), ..slot(name, *on, Outside) });
    EngineConfig {
        cash: dec("10000"),
        markets: symbols.iter().map(|(symbol, tick)| market(symbol, tick)).collect(),
        slots: slots.collect(),
        risk: RiskParams::default(),
    }
}

impl Desk {
    fn of(config: EngineConfig) -> Self {
        Self { engine: Engine::new(config).unwrap().0, out: Outbox::default() }
    }

    fn step(&mut self, body: Body) {
        self.engine.step(&Event::at(minute(0), 1, body), &[], &mut self.out);
    }

    /// Buys; the number of the order.
    fn signal(&mut self, slot: u16) -> OrderId {
        let signal = Signal::enter(minute(0), Side::Buy, Exits::NONE);
        self.step(Body::Signal { slot: SlotId(slot), signal });
        match self.out.decisions.pop().unwrap().outcome {
            Outcome::Sent(order) => order,
            other => panic!("{other:?}"),
        }
    }

    fn fill(&mut self, order: OrderId, slot: u16, instrument: u16, px: i64) {
        self.step(Body::Fill(Fill {
            order,
            slot: SlotId(slot),
            instrument: InstrumentId(instrument),
            ts: minute(0),
            side: Side::Buy,
            px: Ticks(px),
            lots: Lots::new(20).unwrap(),
            fee: dec("1"),
            liquidity: Liquidity::Taker,
            slippage: Ticks(0),
            kind: FillKind::Entry,
            ambiguous: false,
        }));
    }

    fn price(&mut self, instrument: u16, px: i64) {
        let (instrument, lots) = (InstrumentId(instrument), Lots::new(1).unwrap());
        self.step(Body::PublicTrade { instrument, px: Ticks(px), lots, taker: Side::Buy });
    }
}

/// `one` has bought 2 AAA at 100.00, `two` waits for 2 BBB.
fn saved() -> Desk {
    let both = [("AAA", "0.01"), ("BBB", "0.001")];
    let mut desk = Desk::of(account(&both, &[("one", 0), ("two", 1), ("three", 1)]));
    desk.price(0, 10_000);
    desk.price(1, 50_000);
    let first = desk.signal(0);
    desk.fill(first, 0, 0, 10_000);
    desk.price(0, 10_100);
    assert_eq!(desk.signal(1), OrderId(2));
    desk
}

#[test]
fn what_still_has_its_place_goes_on_wherever_that_is_now() {
    let state = saved().engine.state();
    let others = [("CCC", "1"), ("BBB", "0.001"), ("AAA", "0.01")];
    let mut desk = Desk::of(account(&others, &[("new", 0), ("two", 1), ("one", 2)]));
    let restored = desk.engine.restore(&state).unwrap();
    assert!(restored.lost.is_empty() && restored.forgotten.is_empty());
    let ledger = desk.engine.ledger();
    // 2 at 1 more each, less the fee.
    assert_eq!((ledger.cash(), ledger.equity()), (dec("9999"), dec("10001")));
    let held = ledger.position(SlotId(2)).unwrap();
    assert_eq!((held.instrument, held.lots.get(), held.entry), (InstrumentId(2), 20, OrderId(1)));
    assert_eq!(ledger.market(InstrumentId(1)).mark, Some(Ticks(50_000)));
    assert_eq!(ledger.market(InstrumentId(0)).mark, None);
    let phases = [0, 1, 2].map(|at| desk.engine.phase(SlotId(at)));
    assert_eq!(phases, [Phase::Flat, Phase::Entering, Phase::Open]);
    desk.fill(OrderId(2), 1, 1, 50_010);
    assert_eq!(desk.engine.phase(SlotId(1)), Phase::Open);
    desk.price(0, 70);
    assert_eq!(desk.signal(0), OrderId(3), "numbers go on");
}

#[test]
fn a_state_is_taken_up_whole_whatever_was_seen_before() {
    let (_, state) = some_state();
    let mut fresh = session();
    fresh.restore(&state).unwrap();
    assert_eq!(fresh.state().unwrap(), state);
}

#[test]
fn what_was_to_be_left_when_it_fills_is_left_after_a_restart_too() {
    let mut before = saved();
    before.step(Body::Command(Command::Kill));
    let both = [("AAA", "0.01"), ("BBB", "0.001")];
    let mut desk = Desk::of(account(&both, &[("one", 0), ("two", 1), ("three", 1)]));
    desk.engine.restore(&before.engine.state()).unwrap();
    desk.fill(OrderId(2), 1, 1, 50_000);
    assert_eq!(desk.engine.phase(SlotId(1)), Phase::Exiting { reversing: false });
    assert_eq!(desk.out.intents.len(), 1);
}

#[test]
fn what_has_no_place_any_more_is_named() {
    let state = saved().engine.state();
    let other = account(&[("BBB", "0.001")], &[("three", 0)]);
    let mut desk = Desk::of(other);
    let restored = desk.engine.restore(&state).unwrap();
    let lost: Vec<_> = restored
        .lost
        .iter()
        .map(|l| {
            let held = l.position.as_ref().map(|p| (p.side, p.lots.get()));
            (l.strategy.as_str(), l.symbol.as_str(), held, l.orders.clone())
        })
        .collect();
    assert_eq!(
        lost,
        [("one", "AAA", Some((Side::Buy, 20)), vec![]), ("two", "BBB", None, vec![OrderId(2)]),]
    );
    let ledger = desk.engine.ledger();
    assert_eq!(
        (ledger.cash(), ledger.equity(), ledger.is_flat()),
        (dec("9999"), dec("9999"), true)
    );
    // The report on an order that is nobody's changes nothing.
    desk.step(Body::Command(Command::Cancel(OrderId(2))));
    assert!(desk.out.intents.is_empty());
    assert_eq!(desk.signal(0), OrderId(3));
}

#[test]
fn other_steps_are_an_error_and_leave_all_as_it_was() {
    let state = saved().engine.state();
    let mut desk = Desk::of(account(&[("AAA", "0.001")], &[("one", 0)]));
    let refused = desk.engine.restore(&state).unwrap_err();
    assert_eq!(refused, RestoreError::Grid { symbol: "AAA".into() });
    assert!(refused.to_string().starts_with("AAA was saved with other tick size"));
    assert_eq!(desk.engine.ledger().cash(), dec("10000"));
    assert!(desk.engine.ledger().is_flat());
}

#[test]
fn a_finer_grid_elsewhere_counts_the_same_money_in_more_decimals() {
    let mut before = saved();
    let mut desk = Desk::of(account(
        &[("AAA", "0.01"), ("BBB", "0.001"), ("FINE", "0.00000001")],
        &[("one", 0), ("two", 1), ("three", 1)],
    ));
    desk.engine.restore(&before.engine.state()).unwrap();
    for desk in [&mut before, &mut desk] {
        desk.price(0, 9_900);
        desk.fill(OrderId(2), 1, 1, 50_001);
    }
    let (one, other) = (before.engine.ledger(), desk.engine.ledger());
    assert_eq!(one.equity(), other.equity());
    assert_eq!(one.fees(), other.fees());
    // And back: what it counts in is kept.
    let mut back = saved();
    back.engine.restore(&desk.engine.state()).unwrap();
    assert_eq!(back.engine.ledger().equity(), one.equity());
}

fn some_state() -> (World, SessionState) {
    let mut world = World::new();
    tape(5, 200).iter().for_each(|step| world.step(step));
    world.session.flush(&mut world.seen);
    let state = world.session.state().unwrap();
    (world, state)
}

#[test]
fn a_strategy_that_does_not_take_a_memory_begins_afresh_and_is_named() {
    let (world, _) = some_state();
    // Saved while a loss keeps one quiet.
    let mut quiet = None;
    for seed in 0..50 {
        let mut world = World::new();
        for step in tape(seed, 60) {
            world.step(&step);
            let state = world.session.accounts()[0].engine().state();
            let mut other = config();
            other.slots[2].strategy = Outside.into();
            let restored = Engine::new(other).unwrap().0.restore(&state).unwrap();
            if !restored.forgotten.is_empty() {
                assert_eq!(restored.forgotten, [("scalper".to_owned(), "BBB".to_owned())]);
                quiet = Some(state);
            }
        }
    }
    let state = quiet.unwrap();
    let mut other = config();
    other.slots[2].strategy = quiet_after_loss(60);
    let restored = Engine::new(other).unwrap().0.restore(&state).unwrap();
    assert!(restored.forgotten.is_empty(), "its own kind takes it");
    drop(world);
}

#[test]
fn a_state_is_of_as_many_accounts_and_of_the_same_kind_of_venue() {
    let (_, mut state) = some_state();
    let paper = config();
    let exchange = sim(&paper);
    let mut one = Session::of(vec![(paper, Some(exchange))], 3).unwrap();
    let counted = RestoreError::Accounts { expected: 1, found: 2 };
    assert_eq!(one.restore(&state).unwrap_err(), counted);
    state.accounts.swap(0, 1);
    assert_eq!(session().restore(&state).unwrap_err(), RestoreError::Venue);
    // Who comes new begins afresh.
    state.accounts.swap(0, 1);
    state.accounts[0] = None;
    let mut two = session();
    two.restore(&state).unwrap();
    assert_eq!(two.accounts()[0].engine().ledger().cash(), dec("10000"));
    assert_ne!(two.accounts()[1].engine().ledger().cash(), dec("10000"));
}

#[test]
fn bars_that_wait_for_their_instant_keep_a_state_from_being_told() {
    let mut session = session();
    let open = Body::Open { instrument: InstrumentId(0), px: Ticks(10_000) };
    let mut nobody = Seen::default();
    session.feed(Event::at(minute(0), 0, open), &mut nobody).unwrap();
    assert_eq!(session.state(), None);
    session.flush(&mut nobody);
    let state = session.state().unwrap();
    let mut again = crate::world::session();
    again.restore(&state).unwrap();
    let early = Event::at(minute(0) - Nanos(1), 0, Body::DayStart);
    assert!(again.feed(early, &mut nobody).is_err(), "its time is kept");
}

#[test]
fn damaged_states_are_refused_or_a_state_and_never_a_panic() {
    let (_, state) = some_state();
    let mut bytes = Vec::new();
    encode_state(&state, &mut bytes);
    for end in 0..bytes.len() {
        assert!(decode_state(&bytes[..end]).is_err());
    }
    assert!(decode_event(&bytes).is_err(), "a state is no event");
    let mut old = bytes.clone();
    old[0] = 1;
    assert_eq!(decode_state(&old).unwrap_err().fault, DecodeFault::Unknown(192));
    let (mut undecodable, mut unfit, mut taken) = (0, 0, 0);
    let mut fresh = session();
    for bit in 8..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        match decode_state(&bytes) {
            Err(_) => undecodable += 1,
            Ok(read) => {
                let mut again = Vec::new();
                encode_state(&read, &mut again);
                assert_eq!(again, bytes);
                match fresh.restore(&read) {
                    Err(_) => unfit += 1,
                    Ok(_) => taken += 1,
                }
            }
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(undecodable > 1_000 && unfit > 1_000, "{undecodable}, {unfit}, {taken}");
    fresh.restore(&state).unwrap();
}

/// One account at a broker, with something in every part of its state.
fn small() -> SessionState {
    let mut config = account(&[("AAA", "0.01")], &[("one", 0), ("two", 0)]);
    config.risk.correlated_exposure = Some(frac("0.5"));
    config.risk.daily_loss = Some(frac("0.5"));
    let mut session = Session::of(vec![(config, None)], 3).unwrap();
    let mut nobody = Seen::default();
    let (instrument, interval) = (InstrumentId(0), Nanos::MINUTE);
    let bar = Bar {
        ts_open: minute(0),
        open: Ticks(10_000),
        high: Ticks(10_030),
        low: Ticks(9_990),
        close: Ticks(10_010),
        volume: Lots::new(7).unwrap(),
        taker_buy: None,
    };
    let mut feed = |session: &mut Session<_, _>, at, body| {
        session.feed(Event::at(minute(at), 0, body), &mut nobody).unwrap();
    };
    feed(&mut session, 1, Body::Bar { instrument, interval, bar });
    feed(&mut session, 1, Body::Decide);
    let exits = Exits {
        stop: Some(Distance::Fraction(frac("0.0025"))),
        target: Some(Distance::Ticks(31.5)),
        hold: Some(Nanos::HOUR),
    };
    let tell = |session: &mut Session<Vec<_>, Pipeline>, body| {
        let event = Event::at(minute(1), 0, body);
        session.report(BROKER_ALONE, event, &mut Seen::default()).unwrap();
    };
    for slot in [0, 1] {
        let signal = Signal::enter(minute(1), Side::Sell, exits);
        tell(&mut session, Body::Signal { slot: SlotId(slot), signal });
    }
    let fill = Fill {
        order: OrderId(1),
        slot: SlotId(0),
        instrument,
        ts: minute(1),
        side: Side::Sell,
        px: Ticks(10_005),
        lots: Lots::new(12).unwrap(),
        fee: dec("0.25"),
        liquidity: Liquidity::Taker,
        slippage: Ticks(1),
        kind: FillKind::Entry,
        ambiguous: false,
    };
    tell(&mut session, Body::Fill(fill));
    tell(&mut session, Body::Command(Command::Pause));
    tell(&mut session, Body::Command(Command::Close { slot: SlotId(1), lots: None }));
    session.state().unwrap()
}

const BROKER_ALONE: AccountId = AccountId(0);

/// The layout of version 2, which version 3 keeps where no order waits at the simulated
/// exchange. A change here is a change of what old journals say: it needs a new version, and
/// a reader for all of them.
#[test]
fn the_layout_of_a_state_is_what_it_was() {
    let mut bytes = Vec::new();
    encode_state(&small(), &mut bytes);
    let found: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let pinned = include_str!("../data/state_v2.txt");
    let pinned: String = pinned.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((&found[..2], &found[2..]), ("03", &pinned[2..]));
    assert_eq!(decode_state(&bytes), Ok(small()));
    bytes[0] = 2;
    assert_eq!(decode_state(&bytes), Ok(small()));
}
