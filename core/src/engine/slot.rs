//! The state of one strategy on one instrument.

use alloc::string::String;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::instrument::InstrumentId;
use crate::order::BracketAnchor;
use crate::order::{Bracket, ExitReason, OrderId};
use crate::sizing::Sizing;
use crate::strategy::{BoxedStrategy, Distance, Phase, StrategyFactory};
use crate::units::{Lots, Nanos, Ticks};

/// A strategy on an instrument, and how it is sized.
#[derive(Clone, Debug)]
pub struct SlotConfig {
    /// What the strategy is called in results; several slots may share a name.
    pub name: String,
    /// The instrument it trades.
    pub instrument: InstrumentId,
    /// What makes the strategy, once for each run.
    pub strategy: StrategyFactory,
    /// How the quantity of an entry is found.
    pub sizing: Sizing,
    /// Where stop and target are measured from.
    pub anchor: BracketAnchor,
}

/// Where a slot stands; the position itself is the ledger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Flat,
    Entering {
        order: OrderId,
    },
    Open,
    Exiting {
        exit: OrderId,
        next: Option<OrderId>,
    },
    /// A part of the position is being closed.
    Reducing {
        exit: OrderId,
    },
}

/// An entry that has not filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub px: Ticks,
    pub lots: Lots,
    pub stop: Option<Distance>,
    pub target: Option<Distance>,
    /// Levels that travel with the order, from the decision price.
    pub sent: Bracket,
    pub hold: Option<Nanos>,
}

pub(super) struct Slot {
    pub name: String,
    pub instrument: InstrumentId,
    pub strategy: BoxedStrategy,
    pub sizing: Sizing,
    pub anchor: BracketAnchor,
    pub state: State,
    pub waiting: Option<Waiting>,
    pub due: Option<Nanos>,
    pub stop_reason: ExitReason,
    /// Whether it is to be left as soon as it is known what is left: an operator or a limit
    /// closed it while an order was on its way that may still fill.
    pub leave: bool,
    /// Net P&L of closed trades, oldest first, as many as Kelly sizing looks at.
    pub closed: Vec<Decimal>,
}

impl Slot {
    pub(super) fn new(config: SlotConfig, strategy: BoxedStrategy) -> Self {
        Self {
            name: config.name,
            instrument: config.instrument,
            strategy,
            sizing: config.sizing,
            anchor: config.anchor,
            state: State::Flat,
            waiting: None,
            due: None,
            stop_reason: ExitReason::Stop,
            leave: false,
            closed: Vec::new(),
        }
    }

    pub(super) const fn phase(&self) -> Phase {
        match self.state {
            State::Flat => Phase::Flat,
            State::Entering { .. } => Phase::Entering,
            State::Open => Phase::Open,
            State::Exiting { next, .. } => Phase::Exiting { reversing: next.is_some() },
            State::Reducing { .. } => Phase::Exiting { reversing: false },
        }
    }

    pub(super) fn remember(&mut self, net: Decimal) {
        let window = self.sizing.window();
        if window > 0 {
            if self.closed.len() == window {
                self.closed.remove(0);
            }
            self.closed.push(net);
        }
    }
}
