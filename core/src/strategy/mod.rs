//! The interface between a strategy and the engine.
//!
//! A strategy sees features, its own position and the time of the bar that
//! just closed, and proposes. It never sees a venue, a book, money or other
//! strategies; sizing, risk and orders are the engine's. Nothing later than
//! the close of the bar can reach it.

pub mod builtin;
mod factory;
pub mod outside;
pub mod scalper;
pub mod scheduled;
pub mod sma_cross;
pub mod wake;

use crate::decision::{Reason, Refusal};
use crate::event::Bar;
use crate::features::Features;
use crate::instrument::Instrument;
use crate::ledger::{Position, Trade};
use crate::order::ExitReason;
pub use crate::signal::{Distance, Exits};
use crate::units::{Nanos, Side, Ticks};
pub use factory::{BoxedStrategy, StrategyFactory};
use wake::Wakes;

/// Where a slot stands. The position itself is the ledger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No position, nothing waiting.
    Flat,
    /// An entry waits for its fill.
    Entering,
    /// A position is open.
    Open,
    /// A position is open and its exit waits for its fill.
    Exiting {
        /// An opposite entry waits behind the exit.
        reversing: bool,
    },
}

/// What a strategy sees at the close of a bar.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Close of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// The instrument of this slot, with its terms.
    pub instrument: &'a Instrument,
    /// The bar that just closed.
    pub bar: &'a Bar,
    /// Features at this close and at the one before.
    pub features: &'a Features,
    /// The position of this slot, where one is open.
    pub position: Option<&'a Position>,
    /// Whether the slot is flat, in a position, or waits for an order.
    pub phase: Phase,
    /// Positions open or waiting on the whole account, other than this slot's own.
    pub others: usize,
    /// Whether anybody reads the named conditions of what is proposed; a strategy
    /// may leave them out where nobody does.
    pub explain: bool,
}

/// A wish to enter. On the opposite side of an open position it is a reversal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Side of the entry: `Buy` for long.
    pub side: Side,
    /// Distance of the stop from the entry price.
    pub stop: Option<Distance>,
    /// Distance of the target from the entry price.
    pub target: Option<Distance>,
    /// Close at the first open at or after entry time plus this.
    pub hold: Option<Nanos>,
    /// Confidence from 0 to 1, where the strategy states one.
    pub confidence: Option<f64>,
    /// The conditions that led to the entry, by name.
    pub reason: Reason,
    /// A rule of the strategy's own that forbids the entry (an opposite
    /// position is closed all the same).
    pub withheld: Option<Refusal>,
}

impl Entry {
    /// An entry with these exits, on these conditions.
    #[must_use]
    pub const fn new(side: Side, exits: Exits, reason: Reason) -> Self {
        let Exits { stop, target, hold } = exits;
        Self { side, stop, target, hold, confidence: None, reason, withheld: None }
    }
}

/// A wish to move the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopMove {
    /// The new trigger of the stop, in ticks.
    pub stop: Ticks,
    /// Reason that an exit at that stop is recorded with.
    pub reason: ExitReason,
}

/// A wish to leave at the next open.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// Reason that the exit is recorded with.
    pub reason: ExitReason,
    /// The conditions that led to the exit, by name.
    pub conditions: Reason,
}

impl Exit {
    /// The strategy's own wish, on these conditions.
    #[must_use]
    pub const fn signal(conditions: Reason) -> Self {
        Self { reason: ExitReason::Signal, conditions }
    }
}

/// What a strategy asks for at one close. Empty means nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// Enter, or reverse an open position.
    pub enter: Option<Entry>,
    /// Close the open position.
    pub exit: Option<Exit>,
    /// Move the stop of the open position; taken only when it tightens.
    pub stop: Option<StopMove>,
}

impl Proposal {
    /// Whether nothing is asked for.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.enter.is_none() && self.exit.is_none() && self.stop.is_none()
    }
}

/// A column of the data that a rule cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataColumn {
    /// Taker-buy volume of bars.
    TakerBuy,
    /// Traded volume of bars.
    Volume,
    /// Single trades, from which bars are built with their sides classified.
    Trades,
    /// Order-book events.
    Book,
}

impl DataColumn {
    /// Name of the data, as columns and messages write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TakerBuy => "taker_buy_volume",
            Self::Volume => "volume",
            Self::Trades => "trades",
            Self::Book => "order book",
        }
    }
}

/// A rule and the data it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Name of the parameter that switches the rule.
    pub rule: &'static str,
    /// The data that the rule needs.
    pub column: DataColumn,
}

/// A trading strategy on one instrument.
///
/// ```
/// use tickstep_core::decision::Reason;
/// use tickstep_core::features::{Exact, ExactId, FeatureError, FeatureSpec, Timeframe};
/// use tickstep_core::strategy::{Entry, Moment, Proposal, Strategy, StrategyFactory};
/// use tickstep_core::units::Side;
///
/// /// Buys a close above the highest high of the 20 bars before.
/// struct Breakout {
///     highest: ExactId,
/// }
///
/// impl Breakout {
///     fn new(spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
///         let highest = spec.exact(Timeframe::Base, Exact::HighestBefore { n: 20 })?;
///         Ok(Self { highest })
///     }
/// }
///
/// impl Strategy for Breakout {
///     fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
///         let highest = now.features.exact(self.highest);
///         if highest.is_some_and(|h| now.bar.close.0 > h) {
///             out.enter = Some(Entry {
///                 side: Side::Buy,
///                 stop: None,
///                 target: None,
///                 hold: None,
///                 confidence: None,
///                 reason: Reason::of("close", now.bar.close.0 as f64),
///                 withheld: None,
///             });
///         }
///     }
/// }
///
/// // What a slot of an account takes: it makes one for each run.
/// let factory = StrategyFactory::new(Breakout::new);
/// assert!(factory.look().is_ok());
/// ```
pub trait Strategy {
    /// The data its rules cannot do without.
    fn needs(&self) -> alloc::vec::Vec<Need> {
        alloc::vec::Vec::new()
    }

    /// Decides at the close of a bar.
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal);

    /// The closes at which it has to be asked. At any other, [`Strategy::on_bar`]
    /// must propose nothing and leave the strategy as it is, so that a sweep may
    /// pass over them.
    fn wakes(&self) -> Wakes {
        Wakes::always()
    }

    /// The exits that an entry at this close would have, whether or not its rules
    /// for entries hold; `None` where it would not enter whatever they said, such as
    /// while an indicator warms up or outside its hours.
    ///
    /// With it the entries can be weighed against entries at random, for which
    /// [`Strategy::on_bar`] is asked while a position is open only. A strategy that
    /// enters with exits that do not depend on the rules it entered by should state
    /// them; by default there are none and that test is left out.
    fn exits(&self, _now: &Moment<'_>) -> Option<Exits> {
        None
    }

    /// A trade of this slot closed.
    fn on_trade_closed(&mut self, _trade: &Trade) {}

    /// Whether what became of earlier trades can change what it does next. Then
    /// the worst and the best order inside bars are scenarios, not bounds.
    fn looks_at_outcomes(&self) -> bool {
        true
    }

    /// A new segment of data begins: everything starts afresh.
    fn reset(&mut self) {}

    /// What it remembers between closes, in bytes of its own: a fresh strategy with the
    /// same parameters that [recalls](Strategy::recall) them goes on as this one would.
    /// Features are no part of it. Nothing, where it remembers nothing.
    fn memory(&self) -> alloc::vec::Vec<u8> {
        alloc::vec::Vec::new()
    }

    /// Takes what an earlier one remembered. What it does not understand it refuses, and
    /// stays at its beginning.
    fn recall(&mut self, memory: &[u8]) -> Result<(), NotRemembered> {
        if memory.is_empty() { Ok(()) } else { Err(NotRemembered(memory.len())) }
    }
}

/// A strategy was given a memory that it has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are no memory of this strategy")]
pub struct NotRemembered(pub usize);
