//! A session with a paper account and one at a broker, and a tape of everything that can
//! happen to them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tickstep_core::calendar::BarTimes;
use tickstep_core::decision::Decision;
use tickstep_core::engine::{EngineConfig, Outbox, SlotConfig};
use tickstep_core::event::{Bar, Body, Command, Event};
use tickstep_core::features::Pipeline;
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, InstrumentSpec, Slippage};
use tickstep_core::ledger::{Market, Trade};
use tickstep_core::order::{
    Bracket, BracketAnchor, ExitReason, Fill, FillKind, Intent, Liquidity, Order, OrderId,
    OrderUpdate, Purpose, SlotId, Unfilled,
};
use tickstep_core::risk::{Approved, DayBasis, RiskParams};
use tickstep_core::session::{Account, AccountId, Observer, Session, SessionState};
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::outside::Outside;
use tickstep_core::strategy::scalper::{Pressure, Scalper, ScalperParams};
use tickstep_core::strategy::scheduled::Signal;
use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
use tickstep_core::strategy::{Distance, Exits, StrategyFactory};
use tickstep_core::units::{Fraction, Lots, Nanos, Side, Ticks};

pub const PAPER: AccountId = AccountId(0);
pub const BROKER: AccountId = AccountId(1);

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn frac(text: &str) -> Fraction {
    text.parse().unwrap()
}

pub fn minute(n: i64) -> Nanos {
    // A Tuesday, at midnight UTC.
    Nanos(1_690_848_000_000_000_000) + Nanos::MINUTE.times(n)
}

/// Numbers that look random and depend on a seed alone.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as i64
    }

    pub fn chance(&mut self, of_a_hundred: i64) -> bool {
        self.roll(100) < of_a_hundred
    }
}

pub fn instrument(symbol: &str, tick: &str) -> Instrument {
    Instrument::new(InstrumentSpec {
        maker_fee: dec("0.0002"),
        taker_fee: dec("0.0005"),
        leverage: dec("10"),
        ..InstrumentSpec::plain(symbol, "USDT", dec(tick), dec("0.1"))
    })
    .unwrap()
}

pub fn market(symbol: &str, tick: &str) -> (Market, BarTimes) {
    (Market::new(instrument(symbol, tick), Conversion::Same), BarTimes::MINUTE)
}

pub fn slot(name: &str, instrument: u16, strategy: impl Into<StrategyFactory>) -> SlotConfig {
    SlotConfig {
        name: name.to_owned(),
        instrument: InstrumentId(instrument),
        strategy: strategy.into(),
        sizing: Sizing::FixedNotional { notional: dec("4000") },
        anchor: BracketAnchor::Fill,
    }
}

fn cross(fast: usize, slow: usize) -> StrategyFactory {
    let stop_loss = Some(frac("0.01"));
    let params = SmaCrossParams { fast, slow, stop_loss, ..SmaCrossParams::spec() };
    SmaCross::factory(params).unwrap()
}

/// One that remembers: after a loss it is quiet for a while.
pub fn quiet_after_loss(seconds: u32) -> StrategyFactory {
    let params = ScalperParams {
        volume_rule: false,
        pressure_rule: Pressure::Off,
        ma_period: 2,
        rsi_period: 3,
        overbought: frac("100"),
        oversold: frac("0"),
        trailing_stop: Some(frac("0.003")),
        break_even: Some(frac("0.002")),
        cool_down_s: Some(seconds),
        max_hold_s: 420,
        ..ScalperParams::spec()
    };
    Scalper::factory(params).unwrap()
}

pub fn config() -> EngineConfig {
    let kelly =
        Sizing::Kelly { kelly_window: 3, risk_fraction: frac("0.01"), max_margin_use: frac("0.5") };
    EngineConfig {
        cash: dec("10000"),
        markets: vec![market("AAA", "0.01"), market("BBB", "0.001")],
        slots: vec![
            slot("cross", 0, cross(2, 4)),
            SlotConfig { sizing: kelly, ..slot("cross", 1, cross(3, 5)) },
            slot("scalper", 1, quiet_after_loss(240)),
            SlotConfig { anchor: BracketAnchor::Decision, ..slot("signals", 0, Outside) },
            slot("signals", 0, Outside),
        ],
        risk: RiskParams {
            daily_loss: Some(frac("0.03")),
            daily_loss_basis: DayBasis::Higher,
            flatten_at: Some(frac("0.035")),
            max_drawdown: Some(frac("0.2")),
            trailing_drawdown: Some(frac("0.065")),
            profit_target: Some(frac("0.02")),
            min_trading_days: Some(2),
            drawdown_tiers: Some(["0.04", "0.05", "0.06", "0.07"].map(frac)),
            max_positions: Some(4),
            correlated_exposure: Some(frac("0.5")),
            ..RiskParams::default()
        },
    }
}

pub fn sim(config: &EngineConfig) -> Sim {
    let venue = |(market, times): &(Market, BarTimes)| Venue {
        instrument: market.instrument.clone(),
        times: times.clone(),
        slippage: Slippage::Ticks(1),
    };
    Sim::new(config.markets.iter().map(venue).collect(), Intrabar::StopFirst, 3)
}

pub fn session() -> Session<Vec<Account>, Pipeline> {
    let paper = config();
    let sim = sim(&paper);
    Session::of(vec![(paper, Some(sim)), (config(), None)], 3).unwrap()
}

/// One thing of a tape.
#[derive(Clone, Debug)]
pub enum Step {
    /// Everyone's.
    Feed(Nanos, Body),
    /// One account's.
    Tell(Nanos, AccountId, Body),
    /// The broker does what it was asked, and says so.
    Broker(Nanos),
}

fn signal(dice: &mut Dice, ts: Nanos) -> Body {
    let side = if dice.chance(50) { Side::Buy } else { Side::Sell };
    let exits = Exits {
        stop: Some(Distance::Ticks(20.5 + dice.roll(60) as f64)),
        target: dice.chance(50).then(|| Distance::Fraction(frac("0.004"))),
        hold: dice.chance(50).then(|| Nanos::SECOND.times(60 + dice.roll(600))),
    };
    let slot = SlotId(if dice.chance(50) { 1 } else { 2 });
    let signal = if dice.chance(25) { Signal::leave(ts) } else { Signal::enter(ts, side, exits) };
    Body::Signal { slot, signal }
}

fn command(dice: &mut Dice) -> Command {
    let slot = SlotId(dice.roll(5) as u16);
    let level = |dice: &mut Dice| dice.chance(80).then(|| Ticks(9_900 + dice.roll(200)));
    match dice.roll(24) {
        0 => Command::Pause,
        1 => Command::Kill,
        2 => Command::Flatten,
        3..=7 => Command::Resume,
        8 | 9 => Command::Close { slot, lots: None },
        10..=15 => Command::Close { slot, lots: Lots::new(1 + dice.roll(300)) },
        16..=19 => {
            Command::Amend { slot, bracket: Bracket { stop: level(dice), target: level(dice) } }
        }
        _ => Command::Cancel(OrderId(1 + dice.roll(60) as u64)),
    }
}

/// Some hours of two instruments, and of whatever else happens.
pub fn tape(seed: u64, minutes: i64) -> Vec<Step> {
    let mut dice = Dice(seed);
    let mut steps = Vec::new();
    let mut px = [10_000_i64, 10_000];
    let mut at = 0;
    while at < minutes {
        let (open, close) = (minute(at), minute(at + 1));
        let mut bars = Vec::new();
        for (index, px) in px.iter_mut().enumerate() {
            if dice.chance(8) {
                continue;
            }
            let first = *px + dice.roll(21) - 10;
            *px = (first + dice.roll(61) - 30).clamp(5_000, 20_000);
            let (high, low) = (first.max(*px) + dice.roll(15), first.min(*px) - dice.roll(15));
            let instrument = InstrumentId(index as u16);
            steps.push(Step::Feed(open, Body::Open { instrument, px: Ticks(first) }));
            let bar = Bar {
                ts_open: open,
                open: Ticks(first),
                high: Ticks(high),
                low: Ticks(low),
                close: Ticks(*px),
                volume: Lots::new(100 + dice.roll(900)).unwrap(),
                taker_buy: None,
            };
            bars.push(Body::Bar { instrument, interval: Nanos::MINUTE, bar });
        }
        let inside = open + Nanos::SECOND.times(1 + dice.roll(58));
        between(&mut dice, &mut steps, inside, px);
        steps.extend(bars.into_iter().map(|bar| Step::Feed(close, bar)));
        ending(&mut dice, &mut steps, close);
        at += if dice.chance(3) { 3 + dice.roll(5) } else { 1 };
    }
    steps
}

fn between(dice: &mut Dice, steps: &mut Vec<Step>, ts: Nanos, px: [i64; 2]) {
    if dice.chance(20) {
        let instrument = InstrumentId(dice.roll(2) as u16);
        let (px, lots) = (Ticks(px[instrument.index()] + dice.roll(9)), Lots::new(1).unwrap());
        steps.push(Step::Feed(ts, Body::PublicTrade { instrument, px, lots, taker: Side::Buy }));
    }
    for account in [PAPER, BROKER] {
        if dice.chance(15) {
            steps.push(Step::Tell(ts, account, signal(dice, ts)));
        }
        if dice.chance(8) {
            steps.push(Step::Tell(ts, account, Body::Command(command(dice))));
        }
    }
    if dice.chance(4) {
        let cash = Decimal::new(900_000 + dice.roll(200_000), 2);
        let paid = dice.chance(50).then(|| Decimal::new(dice.roll(1_000), 2));
        steps.push(Step::Tell(ts, BROKER, Body::Balance { cash, paid }));
    }
    steps.push(Step::Broker(ts));
}

fn ending(dice: &mut Dice, steps: &mut Vec<Step>, ts: Nanos) {
    if dice.chance(5) {
        steps.push(Step::Feed(ts, Body::DayStart));
    }
    if dice.chance(5) {
        let (long_rate, short_rate) = (Decimal::new(dice.roll(99), 6), Decimal::new(-7, 6));
        let instrument = InstrumentId(dice.roll(2) as u16);
        steps.push(Step::Feed(ts, Body::Funding { instrument, long_rate, short_rate }));
    }
    steps.push(Step::Feed(ts, Body::Decide));
    if dice.chance(50) {
        steps.push(Step::Broker(ts));
    }
    if dice.chance(2) {
        let instrument = InstrumentId(dice.roll(2) as u16);
        steps.push(Step::Feed(ts, Body::SegmentStart { instrument }));
    }
}

/// A broker that does what it likes of what it is asked: some orders it fills whole, some
/// in parts, some it refuses; and what is held for long it closes, as a stop would.
#[derive(Clone, Default)]
pub struct Broker {
    orders: Vec<Order>,
    held: BTreeMap<SlotId, (Order, i64, i64)>,
}

impl Broker {
    fn take(&mut self, intent: &Intent, out: &mut Vec<Body>) {
        match *intent {
            Intent::Place(order) => self.orders.push(order),
            Intent::Cancel(id) => {
                // Every third cannot be withdrawn any more.
                if let Some(at) = self.orders.iter().position(|o| o.id == id && id.0 % 3 != 0) {
                    let order = self.orders.remove(at);
                    out.push(ended(&order, Unfilled::Cancelled));
                }
            }
            Intent::Amend { .. } => {}
        }
    }

    fn act(&mut self, ts: Nanos, marks: [Ticks; 2]) -> Vec<Body> {
        let mut said = Vec::new();
        for order in std::mem::take(&mut self.orders) {
            let px = marks[order.instrument.index()];
            let held = self.held.get(&order.slot).map_or(0, |h| h.1);
            let (id, lots) = (order.id.0, order.lots.get());
            let blocked = matches!(order.purpose, Purpose::Entry(_))
                && self.held.get(&order.slot).is_some_and(|h| h.0.side != order.side);
            if blocked || (id % 7 == 0 && matches!(order.purpose, Purpose::Entry(_))) {
                said.push(ended(&order, Unfilled::Rejected));
                continue;
            }
            let part = if id % 5 == 0 && lots > 1 { lots / 2 } else { lots };
            match order.purpose {
                Purpose::Entry(_) => {
                    let before = self.held.get(&order.slot).map_or(0, |h| h.1);
                    self.held.insert(order.slot, (order, before + part, 0));
                    said.push(filled(&order, order.side, part, ts, px, FillKind::Entry));
                    if part < lots {
                        said.push(ended(&order, Unfilled::Cancelled));
                    }
                }
                Purpose::Exit(reason) => {
                    let part = lots.min(held);
                    if part == 0 {
                        said.push(ended(&order, Unfilled::Rejected));
                        continue;
                    }
                    said.push(filled(&order, order.side, part, ts, px, FillKind::Exit(reason)));
                    match self.held.get_mut(&order.slot) {
                        Some(h) if h.1 > part => h.1 -= part,
                        _ => {
                            self.held.remove(&order.slot);
                        }
                    }
                }
            }
        }
        let mut gone = Vec::new();
        for (slot, (order, lots, age)) in &mut self.held {
            *age += 1;
            if *age > 12 {
                let px = marks[order.instrument.index()];
                let kind = FillKind::Exit(ExitReason::Stop);
                said.push(filled(order, order.side.opposite(), *lots, ts, px, kind));
                gone.push(*slot);
            }
        }
        self.held.retain(|slot, _| !gone.contains(slot));
        said
    }
}

fn ended(order: &Order, why: Unfilled) -> Body {
    let update = OrderUpdate::Ended(why);
    Body::Order { order: order.id, slot: order.slot, update }
}

fn filled(order: &Order, side: Side, lots: i64, ts: Nanos, px: Ticks, kind: FillKind) -> Body {
    Body::Fill(Fill {
        order: order.id,
        slot: order.slot,
        instrument: order.instrument,
        ts,
        side,
        px,
        lots: Lots::new(lots).unwrap(),
        fee: Decimal::new(lots, 4),
        liquidity: Liquidity::Taker,
        slippage: Ticks(0),
        kind,
        ambiguous: false,
    })
}

/// All that came of it, account by account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub events: Vec<(AccountId, Event)>,
    pub intents: Vec<(AccountId, Intent)>,
    pub decisions: Vec<Decision>,
    pub trades: Vec<Trade>,
    pub equity: Vec<(AccountId, Nanos, Decimal, bool)>,
}

impl Observer for Seen {
    fn event(&mut self, account: AccountId, event: &Event) {
        self.events.push((account, event.clone()));
    }

    fn intent(&mut self, account: AccountId, intent: &Approved) {
        self.intents.push((account, *intent.intent()));
    }

    fn outbox(&mut self, _: AccountId, out: &mut Outbox) {
        self.decisions.append(&mut out.decisions);
        self.trades.append(&mut out.trades);
    }

    fn mark(
        &mut self,
        account: AccountId,
        ts: Nanos,
        ledger: &tickstep_core::ledger::Ledger,
        held: bool,
    ) {
        self.equity.push((account, ts, ledger.equity(), held));
    }
}

/// A session, the broker of its second account, and what came of it so far.
pub struct World {
    pub session: Session<Vec<Account>, Pipeline>,
    pub broker: Broker,
    pub seen: Seen,
    asked: usize,
    last: Nanos,
}

impl World {
    pub fn new() -> Self {
        Self::of(session(), Broker::default())
    }

    fn of(session: Session<Vec<Account>, Pipeline>, broker: Broker) -> Self {
        Self { session, broker, seen: Seen::default(), asked: 0, last: Nanos(0) }
    }

    /// Forgets what was seen so far.
    pub fn forget(&mut self) {
        (self.seen, self.asked) = (Seen::default(), 0);
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Feed(ts, body) => {
                self.alarm(*ts, body);
                self.session.feed(Event::at(*ts, 0, body.clone()), &mut self.seen).unwrap();
                self.last = *ts;
            }
            Step::Tell(ts, account, body) => self.tell(*ts, *account, body.clone()),
            Step::Broker(ts) => {
                self.ask();
                let ledger = self.session.accounts()[BROKER.index()].engine().ledger();
                let mark = |id| ledger.market(InstrumentId(id)).mark.unwrap_or(Ticks(10_000));
                let said = self.broker.act(*ts, [mark(0), mark(1)]);
                said.into_iter().for_each(|body| self.tell(*ts, BROKER, body));
            }
        }
        self.ask();
    }

    fn tell(&mut self, ts: Nanos, account: AccountId, body: Body) {
        self.session.report(account, Event::at(ts, 0, body), &mut self.seen).unwrap();
        self.last = ts;
    }

    /// A hold that is due before what comes next.
    fn alarm(&mut self, ts: Nanos, body: &Body) {
        if matches!(body, Body::Bar { .. } | Body::Open { .. } | Body::PublicTrade { .. }) {
            while let Some(due) = self.session.next_due().filter(|due| *due < ts) {
                let now = due.max(self.last);
                self.session.feed(Event::at(now, 0, Body::Decide), &mut self.seen).unwrap();
                self.last = now;
                self.ask();
            }
        }
    }

    /// Hands the broker what it was asked since.
    fn ask(&mut self) {
        let mut said = Vec::new();
        for (account, intent) in &self.seen.intents[self.asked..] {
            if *account == BROKER {
                self.broker.take(intent, &mut said);
            }
        }
        self.asked = self.seen.intents.len();
        if !said.is_empty() {
            let ts = self.last;
            said.into_iter().for_each(|body| self.tell(ts, BROKER, body));
            self.ask();
        }
    }

    /// A fresh session whose features saw the same bars, restored from a state.
    pub fn restored(&self, past: &[Step], state: &SessionState) -> Self {
        let mut session = session();
        let mut nobody = Seen::default();
        for step in past {
            let Step::Feed(ts, body) = step else { continue };
            let body = match body.clone() {
                Body::Bar { instrument, interval, bar } => {
                    Body::History { instrument, interval, bar }
                }
                segment @ Body::SegmentStart { .. } => segment,
                _ => continue,
            };
            session.feed(Event::at(*ts, 0, body), &mut nobody).unwrap();
        }
        session.flush(&mut nobody);
        let places = session.restore(state).unwrap();
        assert!(places.iter().all(|r| r.lost.is_empty() && r.forgotten.is_empty()));
        Self { last: self.last, ..Self::of(session, self.broker.clone()) }
    }
}
