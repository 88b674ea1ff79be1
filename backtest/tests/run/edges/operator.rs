//! What comes from outside to one slot of an account: a program's signals, an operator's acts.

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::{Decision, Outcome, Refusal};
use tickstep_core::engine::{EngineConfig, Outbox, SlotConfig};
use tickstep_core::event::{Body, Command, Event};
use tickstep_core::features::Pipeline;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId};
use tickstep_core::ledger::{Ledger, Market};
use tickstep_core::order::{
    Bracket, ExitReason, Fill, FillKind, Intent, Liquidity, Order, OrderId, OrderUpdate, SlotId,
    Unfilled,
};
use tickstep_core::risk::{Approved, RiskParams};
use tickstep_core::session::{Account, AccountId, FeedError, Observer, Session};
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::strategy::{Distance, Exits, Phase};
use tickstep_core::units::{Lots, Side, Ticks};

use super::account::Desk;
use crate::support::tiny::*;

const SLOT: SlotId = SlotId(0);

/// A stop of 0.25 % and a target of 0.4 %.
fn exits() -> Exits {
    let away = |text| Some(Distance::Fraction(frac(text)));
    Exits { stop: away("0.0025"), target: away("0.004"), hold: None }
}

fn enter(side: Side) -> Signal {
    Signal::enter(minute(0), side, exits())
}

impl Desk {
    fn signal(&mut self, signal: Signal) -> Vec<Decision> {
        self.step(Body::Signal { slot: SLOT, signal });
        let decisions = std::mem::take(&mut self.out.decisions);
        self.submit();
        decisions
    }

    /// A trade of the market between bars.
    fn trade(&mut self, px: i64) {
        let (instrument, lots) = (InstrumentId(0), Lots::new(1).unwrap());
        let px = Ticks(px);
        self.step(Body::PublicTrade { instrument, px, lots, taker: Side::Buy });
    }
}

#[test]
fn a_signal_is_decided_at_once_on_the_latest_price_and_fills_at_the_next() {
    let mut desk = Desk::new(Outside);
    assert!(desk.signal(enter(Side::Buy)).is_empty(), "no price is known yet");
    desk.bar(1000, None);
    desk.trade(1010);
    let decided = desk.signal(enter(Side::Buy));
    assert_eq!(decided.len(), 1);
    assert_eq!((decided[0].px, decided[0].action.name()), (Ticks(1010), "OPEN_LONG"));
    // 1010 less 0.25 % is 1007.475, plus 0.4 % 1014.04.
    let levels = Bracket { stop: Some(Ticks(1008)), target: Some(Ticks(1015)) };
    assert_eq!(decided[0].bracket, levels);
    assert_eq!(desk.phase(), Phase::Entering);
    desk.bar(1020, None);
    let held = desk.engine.ledger().position(SLOT).unwrap();
    assert_eq!(held.entry_px(), Ticks(1020));
    // From the fill: 1017.45 and 1024.08.
    assert_eq!(held.bracket, Bracket { stop: Some(Ticks(1018)), target: Some(Ticks(1025)) });
}

#[test]
fn a_signal_reverses_leaves_and_changes_nothing_as_a_strategys_own() {
    let mut desk = Desk::new(Outside);
    let words =
        |decided: &[Decision]| -> Vec<&str> { decided.iter().map(|d| d.action.name()).collect() };
    desk.bar(1000, None);
    assert_eq!(words(&desk.signal(enter(Side::Buy))), ["OPEN_LONG"]);
    let again = desk.signal(enter(Side::Buy));
    assert_eq!((words(&again), again[0].outcome), (vec!["HOLD"], Outcome::AlreadyThere));
    desk.bar(1000, None);
    assert_eq!(words(&desk.signal(enter(Side::Sell))), ["CLOSE", "OPEN_SHORT"]);
    desk.bar(1000, None);
    let long_only = Signal { leave_short: false, ..Signal::leave(minute(2)) };
    assert!(desk.signal(long_only).is_empty(), "the position is short");
    assert_eq!(words(&desk.signal(Signal::leave(minute(2)))), ["CLOSE"]);
    assert!(desk.signal(Signal::leave(minute(2))).is_empty(), "it is being left");
    desk.bar(1000, None);
    assert_eq!(desk.phase(), Phase::Flat);
    assert_eq!(
        desk.out.trades.iter().map(|t| t.exit.name()).collect::<Vec<_>>(),
        ["opposite", "signal"]
    );
}

#[test]
fn a_signal_meets_the_limits_as_they_stand_at_its_price() {
    let mut desk = Desk::new(Outside);
    desk.bar(1000, None);
    desk.command(Command::Pause);
    let refused = |decided: Vec<Decision>| decided[0].outcome;
    assert_eq!(refused(desk.signal(enter(Side::Buy))), Outcome::Refused(Refusal::Paused));
    desk.command(Command::Resume);

    // 100 bought at 1000 with 100,000: a loss of 1 % is reached by a trade at 990.
    for (px, outcome) in [(991, None), (990, Some(Refusal::DailyLoss))] {
        let risk = RiskParams { daily_loss: Some(frac("0.01")), ..RiskParams::default() };
        let mut desk =
            Desk::of(vec![SlotConfig { sizing: quantity("100"), ..slot(0, Outside) }], risk);
        desk.bar(1000, None);
        desk.signal(Signal { exits: Exits::NONE, ..enter(Side::Buy) });
        desk.bar(1000, None);
        desk.trade(px);
        let decided = desk.signal(enter(Side::Sell));
        assert_eq!(decided[0].action.name(), "CLOSE", "an exit is never blocked");
        match (outcome, decided[1].outcome) {
            (None, Outcome::Sent(_)) => {}
            (Some(rule), Outcome::Refused(by)) => assert_eq!(rule, by),
            other => panic!("{px}: {other:?}"),
        }
    }
}

#[test]
fn a_slot_for_signals_alone_is_never_asked_and_others_ids_are_left_alone() {
    let mut desk = Desk::new(Outside);
    for px in [1000, 1010, 990, 1000] {
        assert!(desk.bar(px, None).is_empty());
    }
    desk.step(Body::Signal { slot: SlotId(7), signal: enter(Side::Buy) });
    assert!(desk.out.is_empty(), "there is no such slot");
    let decided = desk.signal(enter(Side::Buy));
    let Outcome::Sent(first) = decided[0].outcome else { panic!("{decided:?}") };
    assert_eq!(first.0, 1);
    // An entry waits, so that the other side has to wait, too.
    let decided = desk.signal(enter(Side::Sell));
    assert_eq!((decided[0].action.name(), decided[0].outcome), ("HOLD", Outcome::AlreadyThere));
}

/// Quantity 10, in a slot for signals.
fn ten() -> Desk {
    Desk::of(vec![SlotConfig { sizing: quantity("10"), ..slot(0, Outside) }], RiskParams::default())
}

/// 10 bought at 1000, without levels.
fn ten_bought() -> Desk {
    let mut desk = ten();
    desk.bar(1000, None);
    desk.signal(Signal { exits: Exits::NONE, ..enter(Side::Buy) });
    desk.bar(1000, None);
    desk
}

fn close(lots: i64) -> Command {
    Command::Close { slot: SLOT, lots: Lots::new(lots) }
}

const CLOSE: Command = Command::Close { slot: SLOT, lots: None };

#[test]
fn a_slot_is_closed_once_however_often_it_is_asked_for() {
    let mut desk = ten_bought();
    desk.command(CLOSE);
    assert_eq!(desk.said(), ["CLOSE"]);
    desk.command(CLOSE);
    desk.command(close(4));
    assert!(desk.said().is_empty());
    desk.bar(1003, None);
    desk.command(CLOSE);
    assert!(desk.said().is_empty());
    let trade = &desk.out.trades[0];
    assert_eq!((trade.lots.get(), trade.net, trade.exit.name()), (10, dec("30"), "flatten"));
    assert_eq!(desk.signal(enter(Side::Buy)).len(), 1, "it forbids nothing");
    desk.command(CLOSE);
    assert_eq!((desk.phase(), desk.out.unfilled[0].1), (Phase::Flat, Unfilled::Cancelled));
}

#[test]
fn a_close_withdraws_the_entry_of_a_reversal() {
    let mut desk = ten_bought();
    desk.signal(enter(Side::Sell));
    assert_eq!(desk.phase(), Phase::Exiting { reversing: true });
    desk.command(CLOSE);
    assert_eq!(desk.phase(), Phase::Exiting { reversing: false });
    desk.bar(1000, None);
    assert_eq!(desk.phase(), Phase::Flat);
}

#[test]
fn a_part_is_closed_and_the_rest_stays_open() {
    let mut desk = ten_bought();
    for nothing in [0, 0] {
        desk.command(close(nothing));
        assert_eq!(desk.phase(), Phase::Open);
    }
    desk.command(close(4));
    assert_eq!(desk.said(), ["CLOSE"]);
    assert_eq!(desk.phase(), Phase::Exiting { reversing: false });
    desk.command(close(4));
    desk.command(Command::Close { slot: SlotId(1), lots: None });
    assert!(desk.said().is_empty());
    desk.bar(1010, None);
    assert_eq!(desk.phase(), Phase::Open);
    let ledger = desk.engine.ledger();
    assert_eq!(ledger.position(SLOT).unwrap().lots.get(), 6);
    // 4 at 10 more each; 6 more at the mark, which is 1010 as well.
    assert_eq!((ledger.realised(), ledger.equity()), (dec("40"), dec("100100")));
    desk.command(close(60));
    desk.bar(1005, None);
    assert_eq!(desk.phase(), Phase::Flat);
    let trade = &desk.out.trades[0];
    // 4 * 10 + 6 * 5.
    assert_eq!((trade.lots.get(), trade.net), (10, dec("70")));
    assert_eq!(trade.exit_price, dec("1007"));
}

#[test]
fn what_is_wanted_while_a_part_is_being_closed() {
    let mut desk = ten_bought();
    desk.command(close(4));
    desk.said();
    let outcome = |decided: Vec<Decision>| decided[0].outcome;
    assert_eq!(outcome(desk.signal(enter(Side::Buy))), Outcome::AlreadyThere);
    let refused = Outcome::Refused(Refusal::PartialClose);
    assert_eq!(outcome(desk.signal(enter(Side::Sell))), refused);
    assert!(desk.signal(Signal::leave(minute(2))).is_empty());
    // All is to be closed: the rest follows as soon as it is known what it is.
    desk.command(CLOSE);
    desk.command(Command::Kill);
    assert!(desk.said().is_empty());
    desk.bar(1000, None);
    assert_eq!(desk.phase(), Phase::Exiting { reversing: false });
    desk.bar(1000, None);
    assert_eq!(desk.phase(), Phase::Flat);
    assert_eq!(desk.out.trades[0].lots.get(), 10);
}

#[test]
fn a_part_that_the_venue_refuses_to_close_stays_open() {
    for (killed, phase) in [(false, Phase::Open), (true, Phase::Exiting { reversing: false })] {
        let mut desk = ten_bought();
        desk.step(Body::Command(close(4)));
        let Intent::Place(order) = *desk.out.intents.remove(0).intent() else { panic!() };
        assert_eq!((order.lots.get(), order.side), (4, Side::Sell));
        if killed {
            desk.command(Command::Kill);
        }
        let update = OrderUpdate::Ended(Unfilled::Rejected);
        desk.step(Body::Order { order: order.id, slot: SLOT, update });
        assert_eq!(desk.phase(), phase);
        assert_eq!(desk.engine.ledger().position(SLOT).unwrap().lots.get(), 10);
    }
}

#[test]
fn levels_are_replaced_wider_ones_included_but_not_by_what_is_reached() {
    let mut desk = ten();
    desk.bar(1000, None);
    desk.signal(enter(Side::Buy));
    let bracket = |stop, target| Bracket { stop: Some(Ticks(stop)), target: Some(Ticks(target)) };
    let amend = |bracket| Body::Command(Command::Amend { slot: SLOT, bracket });
    desk.step(amend(bracket(900, 1100)));
    assert!(desk.out.intents.is_empty(), "nothing is held yet");
    desk.bar(1000, None);
    let held = |desk: &Desk| desk.engine.ledger().position(SLOT).unwrap().bracket;
    assert_eq!(held(&desk), bracket(998, 1004));
    for (asked, after) in [
        (bracket(900, 1100), bracket(900, 1100)),
        (bracket(900, 1100), bracket(900, 1100)),
        (bracket(999, 1001), bracket(999, 1001)),
        (bracket(1000, 1001), bracket(999, 1001)),
        (bracket(999, 1000), bracket(999, 1001)),
        (bracket(0, 1001), bracket(999, 1001)),
        (Bracket::default(), Bracket::default()),
    ] {
        let before = held(&desk);
        desk.step(amend(asked));
        assert_eq!(held(&desk), after);
        let sent: Vec<Intent> = desk.out.intents.drain(..).map(|i| *i.intent()).collect();
        let instrument = InstrumentId(0);
        let wanted = Intent::Amend { slot: SLOT, instrument, bracket: asked };
        assert_eq!(sent, if before == after { vec![] } else { vec![wanted] });
    }
}

#[test]
fn an_order_is_withdrawn_by_its_number() {
    let mut desk = ten();
    desk.bar(1000, None);
    let Outcome::Sent(order) = desk.signal(enter(Side::Buy))[0].outcome else { panic!() };
    desk.command(Command::Cancel(OrderId(order.0 + 1)));
    assert_eq!(desk.phase(), Phase::Entering);
    desk.command(Command::Cancel(order));
    assert_eq!(desk.phase(), Phase::Flat);
    desk.step(Body::Command(Command::Cancel(order)));
    assert!(desk.out.intents.is_empty(), "it has ended");
}

/// What an account at a broker outside is told, and what it asks for then.
struct AtBroker {
    session: Session<Vec<Account>, Pipeline>,
    decided: Vec<Decision>,
}

#[derive(Default)]
struct Asked(Vec<Intent>, Vec<Decision>);

impl Observer for Asked {
    fn intent(&mut self, _: AccountId, intent: &Approved) {
        self.0.push(*intent.intent());
    }

    fn outbox(&mut self, _: AccountId, out: &mut Outbox) {
        self.1.append(&mut out.decisions);
    }
}

impl AtBroker {
    /// 10 wanted at 1000, and an order on its way.
    fn entering() -> Self {
        let mut broker = Self::new(RiskParams::default());
        let signal = Signal { exits: Exits::NONE, ..enter(Side::Buy) };
        let asked = broker.told(Body::Signal { slot: SLOT, signal }).unwrap();
        assert!(matches!(asked[..], [Intent::Place(Order { id: OrderId(1), .. })]), "{asked:?}");
        broker
    }

    /// 100,000, and a price of 1000.
    fn new(risk: RiskParams) -> Self {
        let instrument = Instrument::new(spec()).unwrap();
        let config = EngineConfig {
            cash: dec("100000"),
            markets: vec![(Market::new(instrument, Conversion::Same), BarTimes::MINUTE)],
            slots: vec![SlotConfig { sizing: quantity("10"), ..slot(0, Outside) }],
            risk,
        };
        let mut broker =
            Self { session: Session::of(vec![(config, None)], 3).unwrap(), decided: Vec::new() };
        let (instrument, lots) = (InstrumentId(0), Lots::new(1).unwrap());
        let body = Body::PublicTrade { instrument, px: Ticks(1000), lots, taker: Side::Buy };
        let event = Event::at(minute(0), 0, body);
        broker.session.feed(event, &mut Asked::default()).unwrap();
        broker
    }

    fn told(&mut self, body: Body) -> Result<Vec<Intent>, FeedError> {
        let event = Event::at(minute(1), 0, body);
        let mut seen = Asked::default();
        self.session.report(AccountId(0), event, &mut seen)?;
        self.decided.append(&mut seen.1);
        Ok(seen.0)
    }

    /// What becomes of an entry.
    fn enters(&mut self) -> Outcome {
        let signal = Signal { exits: Exits::NONE, ..enter(Side::Buy) };
        self.told(Body::Signal { slot: SLOT, signal }).unwrap();
        self.decided.pop().unwrap().outcome
    }

    fn balance(&mut self, cash: &str) -> Result<Vec<Intent>, FeedError> {
        self.told(Body::Balance { cash: dec(cash), paid: None })
    }

    fn ledger(&self) -> &Ledger {
        self.session.accounts()[0].engine().ledger()
    }

    fn fill(&mut self, lots: i64) -> Result<Vec<Intent>, FeedError> {
        self.told(filled(1, Side::Buy, lots, FillKind::Entry))
    }

    fn held(&self) -> i64 {
        self.ledger().position(SLOT).map_or(0, |p| p.lots.get())
    }
}

fn filled(order: u64, side: Side, lots: i64, kind: FillKind) -> Body {
    Body::Fill(Fill {
        order: OrderId(order),
        slot: SLOT,
        instrument: InstrumentId(0),
        ts: minute(1),
        side,
        px: Ticks(1000),
        lots: Lots::new(lots).unwrap(),
        fee: dec("0"),
        liquidity: Liquidity::Taker,
        slippage: Ticks(0),
        kind,
        ambiguous: false,
    })
}

fn ended(order: u64, why: Unfilled) -> Body {
    Body::Order { order: OrderId(order), slot: SLOT, update: OrderUpdate::Ended(why) }
}

/// The exits among intents: number and lots.
fn exits_of(asked: &[Intent]) -> Vec<(u64, i64)> {
    let exit = |intent: &Intent| match intent {
        Intent::Place(order) => Some((order.id.0, order.lots.get())),
        Intent::Amend { .. } | Intent::Cancel(_) => None,
    };
    asked.iter().filter_map(exit).collect()
}

#[test]
fn an_entry_that_fills_although_it_was_withdrawn_is_left_at_once() {
    for command in [Command::Kill, Command::Flatten, CLOSE] {
        let mut broker = AtBroker::entering();
        let asked = broker.told(Body::Command(command)).unwrap();
        assert_eq!(asked, [Intent::Cancel(OrderId(1))]);
        assert_eq!(exits_of(&broker.fill(10).unwrap()), [(2, 10)], "{command:?}");
        // In parts: nothing more is sent until it is known how much it was.
        let mut broker = AtBroker::entering();
        assert!(exits_of(&broker.fill(3).unwrap()).is_empty());
        broker.told(Body::Command(command)).unwrap();
        assert!(exits_of(&broker.fill(2).unwrap()).is_empty());
        let asked = broker.told(ended(1, Unfilled::Cancelled)).unwrap();
        assert_eq!(exits_of(&asked), [(2, 5)], "{command:?}");
    }
    let mut broker = AtBroker::entering();
    broker.told(Body::Command(CLOSE)).unwrap();
    assert!(broker.told(ended(1, Unfilled::Cancelled)).unwrap().is_empty());
    let again = Body::Signal { slot: SLOT, signal: enter(Side::Buy) };
    assert_eq!(broker.told(again).unwrap().len(), 1);
    let asked = broker.told(filled(2, Side::Buy, 10, FillKind::Entry)).unwrap();
    assert!(exits_of(&asked).is_empty(), "the next entry is not meant");
}

#[test]
fn an_order_that_was_given_up_and_fills_after_all_is_held_and_can_be_left() {
    let mut broker = AtBroker::entering();
    broker.told(ended(1, Unfilled::Rejected)).unwrap();
    broker.fill(10).unwrap();
    assert_eq!(broker.held(), 10);
    assert_eq!(exits_of(&broker.told(Body::Command(CLOSE)).unwrap()), [(2, 10)]);
}

#[test]
fn a_broker_is_not_believed_what_cannot_be() {
    let signal = FillKind::Exit(ExitReason::Signal);
    let mut broker = AtBroker::entering();
    let impossible = |broker: &mut AtBroker, body: Body| {
        let held = broker.held();
        let refused = broker.told(body).unwrap_err();
        assert!(matches!(refused, FeedError::Fill(_) | FeedError::NoSlot(_)), "{refused}");
        assert_eq!(broker.held(), held);
    };
    impossible(&mut broker, filled(1, Side::Buy, 11, FillKind::Entry));
    impossible(&mut broker, filled(1, Side::Sell, 1, signal));
    impossible(&mut broker, filled(1, Side::Buy, 0, FillKind::Entry));
    broker.fill(6).unwrap();
    impossible(&mut broker, filled(1, Side::Buy, 5, FillKind::Entry));
    impossible(&mut broker, filled(9, Side::Sell, 1, FillKind::Entry));
    impossible(&mut broker, filled(1, Side::Sell, 7, signal));
    impossible(&mut broker, filled(1, Side::Buy, 1, signal));
    let Body::Fill(fill) = filled(1, Side::Sell, 1, signal) else { panic!() };
    impossible(&mut broker, Body::Fill(Fill { slot: SlotId(1), ..fill }));
    impossible(&mut broker, Body::Fill(Fill { px: Ticks(0), ..fill }));
    let update = OrderUpdate::Accepted;
    impossible(&mut broker, Body::Order { order: OrderId(1), slot: SlotId(1), update });
    broker.fill(4).unwrap();
    broker.told(filled(1, Side::Sell, 10, signal)).unwrap();
    assert_eq!(broker.held(), 0);
}

#[test]
fn money_paid_in_is_no_profit_and_money_taken_out_no_loss() {
    let risk = RiskParams {
        daily_loss: Some(frac("0.01")),
        drawdown_tiers: Some(["0.1", "0.2", "0.3", "0.4"].map(frac)),
        ..RiskParams::default()
    };
    let sent = |outcome| matches!(outcome, Outcome::Sent(_));
    // Half of it is taken out: nothing is lost.
    let mut broker = AtBroker::new(risk.clone());
    assert_eq!(broker.balance("50000"), Ok(vec![]));
    let ledger = broker.ledger();
    assert_eq!(
        (ledger.cash(), ledger.deposits(), ledger.equity()),
        (dec("50000"), dec("50000"), dec("50000"))
    );
    assert!(sent(broker.enters()));
    // 10 are bought at 1000 and sold at 951: 490 of 50,000 are not 1 %.
    broker.fill(10).unwrap();
    let sold = |px| match filled(2, Side::Sell, 10, FillKind::Exit(ExitReason::Signal)) {
        Body::Fill(fill) => Body::Fill(Fill { px: Ticks(px), ..fill }),
        other => other,
    };
    broker.told(sold(951)).unwrap();
    // The broker says what is known already.
    assert_eq!(broker.balance("49510.00"), Ok(vec![]));
    assert_eq!(broker.ledger().deposits(), dec("50000"));
    assert!(sent(broker.enters()));

    // 500 of 50,000 are.
    let mut broker = AtBroker::new(risk.clone());
    broker.balance("50000").unwrap();
    broker.enters();
    broker.fill(10).unwrap();
    broker.told(sold(950)).unwrap();
    assert_eq!(broker.enters(), Outcome::Refused(Refusal::DailyLoss));

    // 100,000 more are no gain: 1,999 of 200,000 may be lost, 2,000 not.
    for (px, lost) in [(801, false), (800, true)] {
        let mut broker = AtBroker::new(risk.clone());
        broker.enters();
        broker.fill(10).unwrap();
        broker.balance("200000").unwrap();
        broker.told(sold(px)).unwrap();
        assert_eq!(broker.ledger().equity(), dec("198000") + dec(if lost { "0" } else { "10" }));
        assert_eq!(!sent(broker.enters()), lost, "{px}");
    }
}

#[test]
fn a_balance_that_is_not_kept_exactly_is_refused() {
    let mut broker = AtBroker::new(RiskParams::default());
    for cash in ["1e24", "-1e24", "1.0000000000000000000000000001"] {
        let cash = Decimal::from_scientific(cash).or_else(|_| cash.parse()).unwrap();
        let refused = broker.told(Body::Balance { cash, paid: None });
        assert_eq!(refused, Err(FeedError::Balance(cash)));
        assert_eq!(broker.ledger().cash(), dec("100000"));
    }
    // More decimals than the account counts in, and less than nothing.
    broker.balance("-0.000001").unwrap();
    assert_eq!(broker.ledger().equity(), dec("-0.000001"));
    assert_eq!(broker.enters(), Outcome::Refused(Refusal::Margin));
}
