//! The engine stepped by hand: an operator's commands, a venue that refuses,
//! and a book set beside the features.

use tickstep_core::book::Book;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::{Decision, Outcome, Refusal};
use tickstep_core::depth::{DepthAnalyser, DepthParams};
use tickstep_core::engine::{Engine, EngineConfig, Outbox, SlotConfig};
use tickstep_core::event::{Body, BookUpdate, Command, Event, Level};
use tickstep_core::features::{Features, Pipeline};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, Slippage};
use tickstep_core::ledger::Market;
use tickstep_core::order::{Intent, OrderUpdate, Unfilled};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::strategy::Phase;
use tickstep_core::strategy::scalper::{Scalper, ScalperParams};
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::support::tiny::*;

/// An engine and its venue, stepped bar by bar at a price.
pub(super) struct Desk {
    pub engine: Engine,
    pub sim: Sim,
    pipeline: Pipeline,
    rows: Vec<Features>,
    pub out: Outbox,
    seq: u64,
    pub minute: i64,
}

impl Desk {
    pub fn new(strategy: impl Into<tickstep_core::strategy::StrategyFactory>) -> Self {
        Self::of(vec![slot(0, strategy)], RiskParams::default())
    }

    /// Slots of the one instrument under limits.
    pub fn of(slots: Vec<SlotConfig>, risk: RiskParams) -> Self {
        let instrument = Instrument::new(spec()).unwrap();
        let (engine, specs) = Engine::new(EngineConfig {
            cash: dec("100000"),
            markets: vec![(Market::new(instrument.clone(), Conversion::Same), BarTimes::MINUTE)],
            slots,
            risk,
        })
        .unwrap();
        let pipeline = Pipeline::new(&specs[0], &BarTimes::MINUTE, 3).unwrap();
        let venue = Venue { instrument, times: BarTimes::MINUTE, slippage: Slippage::Ticks(0) };
        Self {
            engine,
            sim: Sim::new(vec![venue], Intrabar::StopFirst, 3),
            rows: vec![pipeline.row()],
            pipeline,
            out: Outbox::default(),
            seq: 0,
            minute: 0,
        }
    }

    pub fn step(&mut self, body: Body) {
        self.seq += 1;
        let event = Event::at(minute(self.minute), self.seq, body);
        self.engine.step(&event, &self.rows, &mut self.out);
    }

    pub fn command(&mut self, command: Command) {
        self.step(Body::Command(command));
        self.submit();
    }

    /// The venue takes what was asked; its answers go back until there are none.
    pub fn submit(&mut self) {
        let mut bodies = Vec::new();
        loop {
            for intent in std::mem::take(&mut self.out.intents) {
                self.sim.submit(Nanos(0), &intent, &mut bodies);
            }
            if bodies.is_empty() {
                return;
            }
            for body in std::mem::take(&mut bodies) {
                self.step(body);
            }
        }
    }

    /// A bar of one price, with what is known of the book at its close.
    pub fn bar(&mut self, px: i64, book: Option<(&DepthAnalyser, i64)>) -> Vec<String> {
        self.volume_bar(px, 10, book)
    }

    fn volume_bar(
        &mut self,
        px: i64,
        volume: i64,
        book: Option<(&DepthAnalyser, i64)>,
    ) -> Vec<String> {
        let (id, mut bodies) = (InstrumentId(0), Vec::new());
        let ts = minute(self.minute);
        self.sim.open_exits(id, ts, Ticks(px), &mut bodies);
        self.sim.open_entries(id, ts, Ticks(px), &mut bodies);
        for body in bodies {
            self.step(body);
        }
        self.submit();
        let bar = traded(self.minute, px, volume, volume);
        self.minute += 1;
        self.pipeline.push(&bar, &mut self.rows[0]);
        let known = book.and_then(|(b, age_ns)| {
            assert!(age_ns >= 0);
            b.analysis(minute(self.minute))
        });
        self.rows[0].set_book(known);
        self.step(Body::Bar { instrument: id, interval: Nanos::MINUTE, bar });
        self.step(Body::Decide);
        let said = self.said();
        self.submit();
        said
    }

    pub fn said(&mut self) -> Vec<String> {
        let words = |d: &Decision| match d.outcome {
            Outcome::Sent(_) => d.action.name().to_owned(),
            Outcome::Refused(rule) => rule.name().to_owned(),
            Outcome::AlreadyThere | Outcome::Unfilled(..) => "there".to_owned(),
        };
        self.out.decisions.drain(..).map(|d| words(&d)).collect()
    }

    pub fn phase(&self) -> Phase {
        self.engine.phase(tickstep_core::order::SlotId(0))
    }
}

#[test]
fn a_pause_stops_entries_until_resume_and_no_exit() {
    let mut desk = Desk::new(Scripted(vec![buy(0), (1, Do::Exit), buy(2), buy(3)]));
    assert_eq!(desk.bar(1000, None), ["OPEN_LONG"]);
    desk.command(Command::Pause);
    assert_eq!(desk.bar(1000, None), ["CLOSE"], "what was sent fills, and may be left");
    assert_eq!(desk.bar(1000, None), ["paused"]);
    desk.command(Command::Resume);
    assert_eq!(desk.bar(1000, None), ["OPEN_LONG"]);
}

#[test]
fn a_kill_closes_everything_and_holds_until_resume() {
    let mut desk = Desk::new(Scripted(vec![buy(0), buy(2), buy(3)]));
    desk.bar(1000, None);
    desk.bar(1000, None);
    desk.command(Command::Kill);
    assert_eq!(desk.said(), ["CLOSE"]);
    assert_eq!(desk.bar(1010, None), ["kill_switch"]);
    assert_eq!(desk.phase(), Phase::Flat);
    assert_eq!(desk.out.trades[0].exit.name(), "flatten");
    desk.command(Command::Resume);
    assert_eq!(desk.bar(1000, None), ["OPEN_LONG"]);
}

#[test]
fn a_flatten_closes_what_is_open_withdraws_what_waits_and_forbids_nothing() {
    let mut desk = Desk::new(Scripted(vec![buy(0), buy(1), sell(2)]));
    desk.bar(1000, None);
    desk.command(Command::Flatten);
    assert_eq!(desk.phase(), Phase::Flat, "the waiting entry was withdrawn");
    assert_eq!(desk.out.unfilled[0].1, Unfilled::Cancelled);
    assert_eq!(desk.bar(1000, None), ["OPEN_LONG"]);
    assert_eq!(desk.bar(1000, None), ["CLOSE", "OPEN_SHORT"]);
    desk.command(Command::Flatten);
    assert_eq!(desk.phase(), Phase::Exiting { reversing: false }, "only the exit is left");
    desk.bar(1000, None);
    assert_eq!(desk.phase(), Phase::Flat);
}

#[test]
fn an_exit_the_venue_refuses_is_due_again_and_takes_its_reversal_with_it() {
    let mut desk = Desk::new(Scripted(vec![held(0, tickstep_core::units::Side::Buy, 60), sell(1)]));
    desk.bar(1000, None);
    let id = InstrumentId(0);
    let mut bodies = Vec::new();
    desk.sim.open_entries(id, minute(1), Ticks(1000), &mut bodies);
    for body in bodies {
        desk.step(body);
    }
    desk.minute = 2;
    let bar = traded(1, 1000, 10, 5);
    desk.pipeline.push(&bar, &mut desk.rows[0]);
    desk.step(Body::Bar { instrument: id, interval: Nanos::MINUTE, bar });
    assert_eq!(desk.engine.next_due(), Some(minute(2)));
    desk.step(Body::Decide);
    assert_eq!(desk.said(), ["CLOSE", "OPEN_SHORT"]);
    assert_eq!(desk.engine.next_due(), None);
    let orders: Vec<_> = desk.out.intents.drain(..).map(|i| *i.intent()).collect();
    let [Intent::Place(exit), Intent::Place(entry)] = orders[..] else { panic!("{orders:?}") };
    let update = OrderUpdate::Ended(Unfilled::Rejected);
    desk.step(Body::Order { order: exit.id, slot: exit.slot, update });
    let asked: Vec<_> = desk.out.intents.drain(..).map(|i| *i.intent()).collect();
    assert_eq!(asked, [Intent::Cancel(entry.id)]);
    assert_eq!(desk.engine.next_due(), Some(minute(2)), "the hold is not forgotten");
    desk.step(Body::Decide);
    assert_eq!(desk.said(), ["CLOSE"]);
}

fn analyser(bids: i64, asks: i64, ts: Nanos) -> DepthAnalyser {
    let level = |px, lots| vec![Level { px: Ticks(px), lots: Lots::new(lots).unwrap() }];
    let mut book = Book::new();
    let update = BookUpdate { snapshot: true, bids: level(999, bids), asks: level(1001, asks) };
    book.apply(&update).unwrap();
    let mut analyser = DepthAnalyser::new(DepthParams::spec()).unwrap();
    analyser.update(ts, &book);
    analyser
}

#[test]
fn the_imbalance_rule_needs_more_than_its_threshold_and_a_fresh_book() {
    let decided = |bids, asks, age: Nanos, px| {
        let params = ScalperParams {
            volume_rule: false,
            rsi_rule: false,
            ma_period: 2,
            ..ScalperParams::spec()
        };
        let mut desk = Desk::new(Scalper::factory(params).unwrap());
        desk.bar(1000, None);
        desk.bar(1000, None);
        let book = analyser(bids, asks, minute(3) - age);
        desk.bar(px, Some((&book, age.0)))
    };
    let none: [&str; 0] = [];
    let fresh = Nanos(0);
    assert_eq!(decided(61, 39, fresh, 1001), ["OPEN_LONG"]);
    assert_eq!(decided(60, 40, fresh, 1001), none, "exactly 0.60 is not above it");
    assert_eq!(decided(39, 61, fresh, 999), ["OPEN_SHORT"]);
    assert_eq!(decided(40, 60, fresh, 999), none);
    assert_eq!(decided(61, 39, Nanos::SECOND.times(5), 1001), ["OPEN_LONG"]);
    assert_eq!(decided(61, 39, Nanos::SECOND.times(5) + Nanos(1), 1001), none, "absent");
    assert_eq!(decided(61, 0, fresh, 1001), none, "a side is empty");
}

#[test]
fn refusals_come_in_the_order_of_the_rules() {
    let mut desk = Desk::new(Scripted(vec![buy(0), buy(1)]));
    desk.command(Command::Pause);
    assert_eq!(desk.bar(1000, None), [Refusal::Paused.name()]);
    desk.command(Command::Kill);
    assert_eq!(desk.bar(1000, None), [Refusal::KillSwitch.name()]);
}
