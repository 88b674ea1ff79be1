//! One account: several strategies on several instruments, one ledger, one
//! set of limits. The same machine is stepped by a backtest, a sweep and a live
//! runner.
//!
//! [`Engine::step`] is synchronous and total: an event in, approved intents
//! out. Bad data was refused at the edge, a refused signal is a decision, a
//! venue's refusal an event. It never sees a clock, a venue or a file.
//!
//! Invariants: ids come from a counter; a slot has at most one position, one
//! waiting entry and one waiting exit; strategies decide on [`Body::Decide`] only,
//! in the order instruments and then strategies are listed, after everything of that
//! instant has been taken in, and a signal from outside when it comes; exits are never
//! blocked.

mod command;
mod decide;
mod idle;
mod orders;
mod room;
mod size;
mod slot;
mod state;

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::calendar::BarTimes;
use crate::decision::Decision;
use crate::event::{Body, Event};
use crate::features::{FeatureError, FeatureSpec, Features};
use crate::instrument::exact_below;
use crate::ledger::{Ledger, Market, Trade};
use crate::order::{Order, OrderId, OrderState, SlotId, Unfilled};
use crate::params::{OutOfRange, ParamError};
use crate::risk::{Approved, LimitBase, LimitsReached, Risk, RiskParams};
use crate::strategy::{Phase, Proposal};
use crate::units::Nanos;
pub use room::Overflow;
use slot::Slot;
pub use slot::SlotConfig;
pub(crate) use slot::{State, Waiting};
pub use state::{EngineState, LostSlot, Restored, SlotState};

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
    /// How far the clock that stamps fills is ahead of the one that stamps events.
    ahead: Nanos,
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
            ahead: Nanos(0),
            seen: false,
            overflow: None,
            proposal: Proposal::default(),
        };
        Ok(engine)
    }

    /// Which limits on losses and profit are reached.
    #[must_use]
    pub fn limits(&self) -> LimitsReached {
        self.risk.reached()
    }

    /// What limits on losses and profit measure from.
    #[must_use]
    pub fn limit_base(&self) -> LimitBase {
        self.risk.base()
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
            Body::Fill(fill) => self.on_fill(ts, fill, out),
            Body::Order { order, slot, update } => self.on_order(ts, *order, *slot, *update, out),
            Body::Funding { instrument, long_rate, short_rate } => {
                self.charge(ts, *instrument, *long_rate, *short_rate);
            }
            Body::DayStart => {
                self.risk.on_day_start(self.ledger.equity(), self.ledger.cash());
                self.seen = false;
            }
            Body::SegmentStart { instrument } => {
                for slot in self.slots.iter_mut().filter(|s| s.instrument == *instrument) {
                    slot.strategy.reset();
                }
            }
            Body::Command(command) => self.on_command(ts, *command, out),
            Body::Signal { slot, signal } => self.on_signal(ts, *slot, signal, out),
            Body::Pending { slot, signal, rest } => self.on_pending(ts, *slot, signal, *rest, out),
            Body::Balance { cash, paid } => self.on_balance(*cash, *paid),
            Body::PublicTrade { instrument, px, .. } => {
                self.mark(ts, *instrument, *px);
            }
            Body::Book { .. } | Body::Open { .. } => {}
        }
    }

    /// An order that is on its way or waits; `None` where it has ended, or never was.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.iter().find(|(order, _)| order.id == id).map(|(order, _)| order)
    }

    /// Where a slot stands.
    #[must_use]
    pub fn phase(&self, id: SlotId) -> Phase {
        self.slots[id.index()].phase()
    }
}
