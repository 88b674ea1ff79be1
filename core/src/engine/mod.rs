//! One account: several strategies on several instruments, one ledger, one
//! set of limits. The same machine is stepped by a backtest, a sweep and a live
//! runner.
//!
//! [`Engine::step`] is synchronous and total: an event in, approved intents
//! out. Bad data was refused at the edge, a refused signal is a decision, a
//! venue's refusal an event. It never sees a clock, a venue or a file.
//!
//! Invariants: ids come from a counter; a slot has at most one position, one
//! waiting entry and one waiting exit; decisions are made on
//! [`Body::Decide`] only, in the order instruments and then strategies are
//! listed, after everything of that instant has been taken in; exits are never
//! blocked.

mod idle;
mod orders;
mod room;
mod size;
mod slot;

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::calendar::BarTimes;
use crate::decision::{Action, Decision, Outcome, Reason};
use crate::event::{Body, Event};
use crate::features::{FeatureError, FeatureSpec, Features};
use crate::instrument::exact_below;
use crate::ledger::{Ledger, Market, Trade};
use crate::order::{Bracket, ExitReason, Order, OrderId, OrderState, SlotId, Unfilled};
use crate::params::{OutOfRange, ParamError};
use crate::risk::{Approved, Risk, RiskParams};
use crate::strategy::{Distance, Entry, Moment, Phase, Proposal};
use crate::units::{Nanos, Ticks};
pub use room::Overflow;
pub use slot::SlotConfig;
use slot::{Slot, State, Waiting};

/// An account before its run.
pub struct EngineConfig {
    /// Cash at the start, account currency.
    pub cash: Decimal,
    /// Instruments in the account's order, and where their bars lie in time.
    pub markets: Vec<(Market, BarTimes)>,
    /// Strategies; decided in the order of their instruments, then in this order.
    pub slots: Vec<SlotConfig>,
    /// Limits of the account; each is off unless it is named.
    pub risk: RiskParams,
}

/// Why an engine cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A feature of a strategy.
    #[error("strategy {strategy}: {error}")]
    Feature {
        /// Name of the strategy.
        strategy: String,
        /// Why the feature cannot be computed.
        error: FeatureError,
    },
    /// A limit of the account is out of range.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A sizing method is out of range.
    #[error(transparent)]
    Sizing(#[from] OutOfRange),
    /// A slot names an instrument that is not there.
    #[error("a strategy names instrument number {0}, which the account does not have")]
    NoInstrument(u16),
    /// The starting cash is not above zero.
    #[error("the account starts with {0}; it must be above 0")]
    NoCash(Decimal),
    /// More cash than is kept exactly to the decimals of what is traded.
    #[error(
        "the account starts with {cash}; with these instruments at most {most} is kept exactly"
    )]
    TooMuchCash {
        /// The starting cash, in the account's currency.
        cash: Decimal,
        /// Most that an account may start with, in its currency.
        most: Decimal,
    },
}

/// What a step gives out; the driver drains it.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Intents for the venue, in the order they were approved.
    pub intents: Vec<Approved>,
    /// Decisions for the record, in the order they were made.
    pub decisions: Vec<Decision>,
    /// Trades that closed, in the order they closed.
    pub trades: Vec<Trade>,
    /// Orders that did not fill, or not whole.
    pub unfilled: Vec<(OrderId, Unfilled)>,
}

impl Outbox {
    /// Drops what is in it.
    pub fn clear(&mut self) {
        self.intents.clear();
        self.decisions.clear();
        self.trades.clear();
        self.unfilled.clear();
    }

    /// Whether there is nothing to drain.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.intents.is_empty()
            && self.decisions.is_empty()
            && self.trades.is_empty()
            && self.unfilled.is_empty()
    }
}

/// One account: its strategies, ledger and limits, stepped event by event.
pub struct Engine {
    ledger: Ledger,
    risk: Risk,
    slots: Vec<Slot>,
    times: Vec<BarTimes>,
    orders: Vec<(Order, OrderState)>,
    next_order: u64,
    fresh: Vec<bool>,
    due: Nanos,
    /// Whether limits that watch equity have seen it since it last moved by a booking.
    seen: bool,
    /// What the account could not take in; nothing has been taken in since.
    overflow: Option<Overflow>,
    proposal: Proposal,
}

const NEVER: Nanos = Nanos(i64::MAX);

impl Engine {
    /// The engine, and per instrument the features its strategies read.
    pub fn new(config: EngineConfig) -> Result<(Self, Vec<FeatureSpec>), EngineError> {
        let mut specs = alloc::vec![FeatureSpec::default(); config.markets.len()];
        let engine = Self::sharing(config, &mut specs)?;
        Ok((engine, specs))
    }

    /// The engine, where others read the same rows: what its strategies read is added
    /// to `specs`, one for each instrument, which keep what was asked for before.
    pub fn sharing(config: EngineConfig, specs: &mut [FeatureSpec]) -> Result<Self, EngineError> {
        if config.cash <= Decimal::ZERO {
            return Err(EngineError::NoCash(config.cash));
        }
        let decimals = config.markets.iter().map(|(m, _)| m.instrument.decimals());
        let decimals = decimals.chain([config.cash.normalize().scale()]).max().unwrap_or(0);
        let most = Decimal::from(exact_below(decimals) as i64);
        if config.cash > most {
            return Err(EngineError::TooMuchCash { cash: config.cash, most });
        }
        let count = config.markets.len();
        let (markets, times): (Vec<Market>, Vec<BarTimes>) = config.markets.into_iter().unzip();
        let mut wanted = config.slots;
        wanted.sort_by_key(|s| s.instrument);
        let mut slots = Vec::with_capacity(wanted.len());
        for slot in wanted {
            slot.sizing.validate()?;
            let spec = specs
                .get_mut(slot.instrument.index())
                .ok_or(EngineError::NoInstrument(slot.instrument.0))?;
            let strategy = slot
                .strategy
                .build(spec)
                .map_err(|error| EngineError::Feature { strategy: slot.name.clone(), error })?;
            slots.push(Slot::new(slot, strategy));
        }
        let engine = Self {
            ledger: Ledger::new(config.cash, markets, slots.len()),
            risk: Risk::new(config.risk, config.cash, count)?,
            slots,
            times,
            orders: Vec::new(),
            next_order: 1,
            fresh: alloc::vec![false; count],
            due: NEVER,
            seen: false,
            overflow: None,
            proposal: Proposal::default(),
        };
        Ok(engine)
    }

    /// The account's cash, positions and prices.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Name of a slot's strategy.
    #[must_use]
    pub fn strategy_name(&self, slot: SlotId) -> &str {
        &self.slots[slot.index()].name
    }

    /// Number of slots.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Takes an event; `features` are the latest rows, by instrument.
    ///
    /// Inlined so that a driver that makes its events on the spot pays neither
    /// for building them nor for telling them apart.
    #[inline(always)]
    pub fn step(&mut self, event: &Event, features: &[Features], out: &mut Outbox) {
        let ts = event.ts_recv;
        if self.overflow.is_some() {
            return;
        }
        match &event.body {
            Body::Bar { instrument, bar, .. } => {
                self.fresh[instrument.index()] = true;
                self.observe(*instrument, ts, bar);
                if !self.ledger.is_flat() {
                    self.ledger.widen(*instrument, bar.high, bar.low);
                }
            }
            Body::History { instrument, bar, .. } => self.observe(*instrument, ts, bar),
            Body::Decide => self.decide(ts, features, out),
            Body::Fill(fill) => self.on_fill(fill, out),
            Body::Order { order, slot, update } => self.on_order(*order, *slot, *update, out),
            Body::Funding { instrument, long_rate, short_rate } => {
                self.charge(ts, *instrument, *long_rate, *short_rate);
            }
            Body::DayStart => {
                self.risk.on_day_start(self.ledger.equity());
                self.seen = false;
            }
            Body::SegmentStart { instrument } => {
                for slot in self.slots.iter_mut().filter(|s| s.instrument == *instrument) {
                    slot.strategy.reset();
                }
            }
            Body::Command(command) => self.on_command(ts, *command, out),
            Body::PublicTrade { instrument, px, .. } => {
                self.mark(ts, *instrument, *px);
            }
            Body::Book { .. } | Body::Open { .. } => {}
        }
    }

    fn decide(&mut self, ts: Nanos, features: &[Features], out: &mut Outbox) {
        if self.risk.watches_equity() && self.risk.on_equity(self.ledger.equity()) {
            self.close_all(ts, out);
        }
        self.seen = true;
        let mut occupied = self.occupied();
        for index in 0..self.slots.len() {
            let id = SlotId(index as u16);
            let slot = &self.slots[index];
            if slot.due.is_some_and(|due| due <= ts) && slot.state == State::Open {
                let held = self.ledger.position(id).map_or(Nanos(0), |p| ts - p.entry_ts);
                let reason = Reason::of("held_s", (held.0 / Nanos::SECOND.0) as f64);
                self.exit(id, ts, ExitReason::Time, reason, out);
            }
            let slot = &self.slots[index];
            if self.fresh[slot.instrument.index()] {
                let features = &features[slot.instrument.index()];
                self.ask_strategy(id, ts, features, occupied);
                if !self.proposal.is_empty() {
                    self.consider(id, ts, out);
                    occupied = self.occupied();
                }
            }
        }
        self.fresh.fill(false);
    }

    /// Slots with a position open or an entry waiting.
    fn occupied(&self) -> usize {
        self.slots.iter().filter(|s| s.state != State::Flat).count()
    }

    fn ask_strategy(&mut self, id: SlotId, ts: Nanos, features: &Features, occupied: usize) {
        let Some(bar) = features.bar() else { return };
        let slot = &mut self.slots[id.index()];
        let moment = Moment {
            ts,
            instrument: &self.ledger.market(slot.instrument).instrument,
            bar,
            features,
            position: self.ledger.position(id),
            phase: slot.phase(),
            others: occupied - usize::from(slot.state != State::Flat),
            explain: true,
        };
        slot.strategy.on_bar(&moment, &mut self.proposal);
    }

    /// Acts on what the strategy proposed. Kept out of line: it is rare, and large.
    #[inline(never)]
    fn consider(&mut self, id: SlotId, ts: Nanos, out: &mut Outbox) {
        if let Some(exit) = self.proposal.exit.take()
            && self.slots[id.index()].state == State::Open
        {
            self.exit(id, ts, exit.reason, exit.conditions, out);
        }
        if let Some(moved) = self.proposal.stop.take() {
            self.move_stop(id, moved.stop, moved.reason, out);
        }
        if let Some(entry) = self.proposal.enter.take() {
            self.enter(id, ts, entry, out);
        }
    }

    fn enter(&mut self, id: SlotId, ts: Nanos, entry: Entry, out: &mut Outbox) {
        let side = self.ledger.position(id).map(|p| p.side);
        let waits = match self.slots[id.index()].state {
            State::Flat => false,
            State::Open => {
                if side == Some(entry.side) {
                    true
                } else {
                    self.exit(id, ts, ExitReason::Opposite, entry.reason.clone(), out);
                    false
                }
            }
            State::Exiting { next: None, .. } => side == Some(entry.side),
            State::Entering { .. } | State::Exiting { next: Some(_), .. } => true,
        };
        let slot = &self.slots[id.index()];
        let instrument = slot.instrument;
        let px = self.ledger.market(instrument).mark;
        let Some(px) = px else { return };
        let bracket = self.bracket(id, &entry, px);
        let mut decision = Decision {
            ts,
            slot: id,
            instrument,
            action: Action::open(entry.side),
            side: entry.side,
            px,
            lots: None,
            cut: None,
            bracket,
            confidence: entry.confidence,
            reason: Reason::default(),
            exit: None,
            outcome: Outcome::AlreadyThere,
        };
        if waits {
            decision.action = Action::Hold;
        } else {
            match self.size(id, &entry, px, bracket) {
                Ok(fit) => {
                    let (lots, cut) = (fit.lots(), fit.cut());
                    let order = self.next_order_id();
                    self.send(Approved::entry(fit, order, id, entry.side, bracket), out);
                    let slot = &mut self.slots[id.index()];
                    slot.waiting = Some(Waiting {
                        px,
                        lots,
                        stop: entry.stop,
                        target: entry.target,
                        sent: bracket,
                        hold: entry.hold,
                    });
                    slot.state = match slot.state {
                        State::Exiting { exit, .. } => State::Exiting { exit, next: Some(order) },
                        State::Flat | State::Entering { .. } | State::Open => {
                            State::Entering { order }
                        }
                    };
                    (decision.lots, decision.cut) = (Some(lots), cut);
                    decision.outcome = Outcome::Sent(order);
                }
                Err(rule) => {
                    decision.action = Action::Hold;
                    decision.outcome = Outcome::Refused(rule);
                }
            }
        }
        decision.reason = entry.reason;
        out.decisions.push(decision);
    }

    /// Levels of an entry as measured from `px`.
    fn bracket(&self, id: SlotId, entry: &Entry, px: Ticks) -> Bracket {
        let instrument = &self.ledger.market(self.slots[id.index()].instrument).instrument;
        Distance::bracket(instrument, entry.side, entry.stop, entry.target, px)
    }

    /// Where a slot stands.
    #[must_use]
    pub fn phase(&self, id: SlotId) -> Phase {
        self.slots[id.index()].phase()
    }
}
