//! Entries that wait for their price: sized at it, moved, saved, filled.

use tickstep_core::decision::Outcome;
use tickstep_core::engine::{Engine, EngineConfig, Outbox, SlotConfig};
use tickstep_core::event::{Body, Command, Event};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{
    Bracket, Fill, FillKind, Intent, Liquidity, Order, OrderId, OrderUpdate, Purpose, SlotId,
    Unfilled,
};
use tickstep_core::resting::Rest;
use tickstep_core::risk::RiskParams;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::strategy::{Distance, Exits, Phase};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use crate::world::{dec, market, minute, slot};

const SLOT: SlotId = SlotId(0);

fn config() -> EngineConfig {
    let sizing = Sizing::FixedQuantity { quantity: dec("2") };
    let own = |name: &str| SlotConfig { sizing: sizing.clone(), ..slot(name, 0, Outside) };
    EngineConfig {
        cash: dec("100000"),
        markets: vec![market("XAUUSD", "1")],
        slots: vec![own("one"), own("other")],
        risk: RiskParams::default(),
    }
}

struct Desk {
    engine: Engine,
    out: Outbox,
}

impl Desk {
    /// At a price of 100 ticks.
    fn new() -> Self {
        let mut desk = Self { engine: Engine::new(config()).unwrap().0, out: Outbox::default() };
        let (instrument, lots) = (InstrumentId(0), Lots::new(1).unwrap());
        desk.step(Body::PublicTrade { instrument, px: Ticks(100), lots, taker: Side::Buy });
        desk
    }

    fn step(&mut self, body: Body) {
        self.out.clear();
        self.engine.step(&Event::at(minute(0), 1, body), &[], &mut self.out);
    }

    /// Has the slot wait to buy at `px`, with a stop 10 ticks away and a target 20.
    fn wait(&mut self, px: i64) -> Outcome {
        let exits = Exits {
            stop: Some(Distance::Ticks(10.0)),
            target: Some(Distance::Ticks(20.0)),
            hold: Some(Nanos::MINUTE),
        };
        let signal = Signal::enter(minute(0), Side::Buy, exits);
        self.step(Body::Pending { slot: SLOT, signal, rest: Rest::Limit(Ticks(px)) });
        self.out.decisions[0].outcome
    }

    fn order(&self, id: OrderId) -> &Order {
        self.engine.order(id).unwrap()
    }
}

fn sent(outcome: Outcome) -> OrderId {
    match outcome {
        Outcome::Sent(order) => order,
        other => panic!("{other:?}"),
    }
}

const fn levels(stop: i64, target: i64) -> Bracket {
    Bracket { stop: Some(Ticks(stop)), target: Some(Ticks(target)) }
}

fn fill(order: &Order, px: i64) -> Body {
    Body::Fill(Fill {
        order: order.id,
        slot: order.slot,
        instrument: order.instrument,
        ts: minute(1),
        side: order.side,
        px: Ticks(px),
        lots: order.lots,
        fee: dec("0"),
        liquidity: Liquidity::Maker,
        slippage: Ticks(0),
        kind: FillKind::Entry,
        ambiguous: false,
    })
}

#[test]
fn it_is_sized_and_bracketed_at_the_price_it_waits_for() {
    let mut desk = Desk::new();
    let id = sent(desk.wait(90));
    let order = *desk.order(id);
    assert_eq!(Rest::of(&order.kind), Some(Rest::Limit(Ticks(90))));
    assert_eq!(order.purpose, Purpose::Entry(levels(80, 110)));
    assert!(matches!(desk.out.intents[0].intent(), Intent::Place(placed) if *placed == order));
    assert_eq!(desk.engine.phase(SLOT), Phase::Entering);
    assert_eq!(desk.wait(80), Outcome::AlreadyThere, "one waits already");
    desk.step(Body::Order { order: id, slot: SLOT, update: OrderUpdate::Accepted });
    desk.step(fill(&order, 89));
    let held = desk.engine.ledger().position(SLOT).unwrap();
    assert_eq!((held.side, held.lots), (Side::Buy, order.lots));
    assert_eq!(desk.wait(80), Outcome::AlreadyThere, "nothing is added to a position");
}

#[test]
fn it_waits_for_another_price_with_other_levels_and_keeps_its_size() {
    let mut desk = Desk::new();
    let id = sent(desk.wait(90));
    let lots = desk.order(id).lots;
    let reprice = |px, bracket| Command::Reprice { order: id, px: Ticks(px), bracket };
    desk.step(Body::Command(reprice(85, levels(70, 100))));
    let order = *desk.order(id);
    assert_eq!((Rest::of(&order.kind), order.lots), (Some(Rest::Limit(Ticks(85))), lots));
    assert_eq!(order.purpose, Purpose::Entry(levels(70, 100)));
    for (px, bracket) in [(85, levels(85, 100)), (85, levels(70, 80)), (0, levels(70, 100))] {
        desk.step(Body::Command(reprice(px, bracket)));
        assert_eq!(*desk.order(id), order, "a level at the price or beyond it changes nothing");
    }
    let mut again = Desk::new();
    again.engine.restore(&desk.engine.state()).unwrap();
    assert_eq!(*again.order(id), order);
    for desk in [&mut desk, &mut again] {
        desk.step(fill(&order, 85));
        assert_eq!(desk.engine.ledger().position(SLOT).unwrap().bracket, levels(70, 100));
    }
}

#[test]
fn an_end_of_another_slots_order_is_none_of_this_one() {
    let mut desk = Desk::new();
    let id = sent(desk.wait(90));
    let ended = |slot| Body::Order {
        order: id,
        slot: SlotId(slot),
        update: OrderUpdate::Ended(Unfilled::Cancelled),
    };
    desk.step(ended(1));
    assert_eq!(desk.engine.phase(SLOT), Phase::Entering);
    desk.step(ended(0));
    assert_eq!((desk.engine.phase(SLOT), desk.engine.order(id)), (Phase::Flat, None));
}
