//! Orders: what a strategy may ask for, and the states an order passes through.
//!
//! Invariants: terminal states never reopen, fills never exceed the order, an
//! id comes from a counter in the engine, so a replay gives the same ids.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::units::{Lots, Nanos, Side, Ticks};

/// Number of an order, counted by the engine, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub u64);

/// One strategy on one instrument of an account: what a position belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotId(pub u16);

impl SlotId {
    /// The number as an index into lists by slot.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Stop and target that travel with an entry and are held by the venue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// Trigger of the protective market order, in ticks.
    pub stop: Option<Ticks>,
    /// Price of the resting limit order, in ticks.
    pub target: Option<Ticks>,
}

impl Bracket {
    /// Whether a position on `side` at `px` has room between its levels: neither is at that
    /// price or beyond it, or below the first tick.
    ///
    /// ```
    /// use tickstep_core::order::Bracket;
    /// use tickstep_core::units::{Side, Ticks};
    ///
    /// let bracket = Bracket { stop: Some(Ticks(95)), target: Some(Ticks(105)) };
    /// assert!(bracket.is_around(Side::Buy, Ticks(96)));
    /// assert!(!bracket.is_around(Side::Buy, Ticks(95)), "the stop is reached");
    /// assert!(!bracket.is_around(Side::Sell, Ticks(100)), "inside out for a short one");
    /// assert!(Bracket::default().is_around(Side::Sell, Ticks(1)));
    /// ```
    #[must_use]
    pub fn is_around(&self, side: Side, px: Ticks) -> bool {
        let beyond = |level: Ticks, sign: i64| level.0 >= 1 && sign * (level.0 - px.0) > 0;
        self.stop.is_none_or(|stop| beyond(stop, -side.sign()))
            && self.target.is_none_or(|target| beyond(target, side.sign()))
    }
}

/// Where the levels of a bracket are measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BracketAnchor {
    /// The price at which the entry filled.
    Fill,
    /// The price known at the decision.
    Decision,
}

/// Why a position ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The stop that came with the entry.
    Stop,
    /// The target that came with the entry.
    Target,
    /// A stop that had been trailed.
    TrailingStop,
    /// A stop that had been moved to the entry price.
    BreakEven,
    /// Held as long as allowed.
    Time,
    /// An entry signal of the opposite side.
    Opposite,
    /// The strategy asked to close.
    Signal,
    /// Equity fell below the maintenance margin.
    Liquidation,
    /// A drawdown tier or an operator closed it.
    Flatten,
    /// The segment of data ended, and no price links it to the next.
    SegmentEnd,
    /// The data ended, so that the position closes at the last price.
    EndOfData,
}

impl ExitReason {
    /// Every reason, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Stop,
        Self::Target,
        Self::TrailingStop,
        Self::BreakEven,
        Self::Time,
        Self::Opposite,
        Self::Signal,
        Self::Liquidation,
        Self::Flatten,
        Self::SegmentEnd,
        Self::EndOfData,
    ];

    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Target => "target",
            Self::TrailingStop => "trailing_stop",
            Self::BreakEven => "break_even",
            Self::Time => "time",
            Self::Opposite => "opposite",
            Self::Signal => "signal",
            Self::Liquidation => "liquidation",
            Self::Flatten => "flatten",
            Self::SegmentEnd => "segment_end",
            Self::EndOfData => "end_of_data",
        }
    }
}

/// What an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Opens a position; the bracket is live from the fill on.
    Entry(Bracket),
    /// Closes the slot's position.
    Exit(ExitReason),
}

/// How long a limit order waits for its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Until it fills or is cancelled.
    Gtc,
    /// Until the venue's trading day ends.
    Day,
    /// Not at all: what does not fill at once is cancelled.
    Ioc,
    /// Not at all: unless all of it fills at once, none does.
    Fok,
}

/// At which prices an order fills. Only a limit order has a choice of how long it
/// waits; a stop rests until it is reached or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Fills at the next price there is.
    Market,
    /// Fills at `px` or a better price.
    Limit {
        /// The worst price it may fill at, in ticks.
        px: Ticks,
        /// How long it waits for that price.
        time_in_force: TimeInForce,
    },
    /// Fills at the next price there is once `px` has been reached.
    Stop {
        /// The price that triggers it, in ticks.
        px: Ticks,
    },
}

/// An order as the engine sends it to a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, counted by the engine.
    pub id: OrderId,
    /// The slot whose position it opens or closes.
    pub slot: SlotId,
    /// The instrument traded.
    pub instrument: InstrumentId,
    /// Whether it buys or sells.
    pub side: Side,
    /// Quantity in lots, above zero.
    pub lots: Lots,
    /// Whether it opens a position or closes one.
    pub purpose: Purpose,
    /// At which prices it fills.
    pub kind: OrderKind,
}

/// What the engine asks of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Send an order.
    Place(Order),
    /// Replace the bracket of a slot's open position.
    Amend {
        /// The slot whose position it is.
        slot: SlotId,
        /// The instrument of the position.
        instrument: InstrumentId,
        /// The levels that replace the old ones.
        bracket: Bracket,
    },
    /// Withdraw an order that has not filled.
    Cancel(OrderId),
}

/// Whether a fill gave or took liquidity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liquidity {
    /// Rested, pays the maker fee.
    Maker,
    /// Aggressed, pays the taker fee.
    Taker,
}

/// What a fill did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillKind {
    /// Opened or added to a position.
    Entry,
    /// Closed a position, or part of it.
    Exit(ExitReason),
}

/// An execution as the venue reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The order; for a bracket, the entry it came with.
    pub order: OrderId,
    /// The slot whose position it opens or closes.
    pub slot: SlotId,
    /// The instrument traded.
    pub instrument: InstrumentId,
    /// Time of the fill, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// Whether it bought or sold.
    pub side: Side,
    /// Price of the fill, in ticks.
    pub px: Ticks,
    /// Quantity in lots, above zero.
    pub lots: Lots,
    /// Fee in quote currency; negative is a rebate.
    pub fee: Decimal,
    /// Whether it gave or took liquidity.
    pub liquidity: Liquidity,
    /// How far `px` is from the price without slippage, against the trader, in ticks.
    pub slippage: Ticks,
    /// Whether it opened a position or closed one.
    pub kind: FillKind,
    /// Whether the order of prices inside the bar had to be assumed.
    pub ambiguous: bool,
}

/// Why a venue did not fill an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfilled {
    /// Too many bars were missing before the open it waited for.
    Stale,
    /// The segment of data ended before it could fill.
    SegmentEnd,
    /// The data ended before it could fill.
    EndOfData,
    /// The venue refused it.
    Rejected,
    /// It was withdrawn before it filled.
    Cancelled,
}

impl Unfilled {
    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::SegmentEnd => "segment_end",
            Self::EndOfData => "end_of_data",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a venue says of an order, other than a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderUpdate {
    /// It rests or waits at the venue.
    Accepted,
    /// It ended without, or after part of, its fill.
    Ended(Unfilled),
}

/// The life of an order. Each variant holds only what is true then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// On its way; the venue has not answered.
    Sent,
    /// At the venue, with this much filled.
    Working {
        /// Filled so far, in lots, below the order's quantity.
        filled: Lots,
    },
    /// The whole quantity filled.
    Filled,
    /// Ended with this much filled.
    Ended {
        /// Filled before the end, in lots, below the order's quantity.
        filled: Lots,
        /// Why the rest did not fill.
        why: Unfilled,
    },
}

/// A report that an order cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderStateError {
    /// The order had ended.
    #[error("the order had already ended as {0:?}")]
    Ended(OrderState),
    /// More filled than was ordered.
    #[error("a fill of {fill:?} exceeds what is left of {quantity:?} after {filled:?}")]
    Overfill {
        /// Quantity of the order, in lots.
        quantity: Lots,
        /// Filled before this report, in lots.
        filled: Lots,
        /// The fill that is too large, in lots.
        fill: Lots,
    },
}

impl OrderState {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Ended { .. })
    }

    /// Filled so far, of `quantity`.
    #[must_use]
    pub const fn filled(self, quantity: Lots) -> Lots {
        match self {
            Self::Sent => Lots::ZERO,
            Self::Working { filled } | Self::Ended { filled, .. } => filled,
            Self::Filled => quantity,
        }
    }

    /// The state after a fill of `fill` lots of an order of `quantity`.
    pub fn on_fill(self, quantity: Lots, fill: Lots) -> Result<Self, OrderStateError> {
        if self.is_terminal() {
            return Err(OrderStateError::Ended(self));
        }
        let filled = self.filled(quantity);
        let total = filled + fill;
        match total.cmp(&quantity) {
            core::cmp::Ordering::Less => Ok(Self::Working { filled: total }),
            core::cmp::Ordering::Equal => Ok(Self::Filled),
            core::cmp::Ordering::Greater => {
                Err(OrderStateError::Overfill { quantity, filled, fill })
            }
        }
    }

    /// The state after a report that is not a fill.
    pub fn on_update(self, quantity: Lots, update: OrderUpdate) -> Result<Self, OrderStateError> {
        if self.is_terminal() {
            return Err(OrderStateError::Ended(self));
        }
        let filled = self.filled(quantity);
        Ok(match update {
            OrderUpdate::Accepted => Self::Working { filled },
            OrderUpdate::Ended(why) => Self::Ended { filled, why },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[derive(Clone, Copy, Debug)]
    enum Report {
        Fill(i64),
        Update(OrderUpdate),
    }

    fn reports() -> impl Strategy<Value = Vec<Report>> {
        proptest::collection::vec(
            prop_oneof![
                (1_i64..40).prop_map(Report::Fill),
                Just(Report::Update(OrderUpdate::Accepted)),
                Just(Report::Update(OrderUpdate::Ended(Unfilled::Cancelled))),
                Just(Report::Update(OrderUpdate::Ended(Unfilled::Stale))),
            ],
            0..20,
        )
    }

    proptest! {
        #[test]
        fn terminal_is_sticky_and_fills_never_exceed(qty in 1_i64..100, reports in reports()) {
            let quantity = Lots::new(qty).unwrap();
            let mut state = OrderState::Sent;
            let mut filled = 0;
            for report in reports {
                let before = state;
                let next = match report {
                    Report::Fill(n) => state.on_fill(quantity, Lots::new(n).unwrap()),
                    Report::Update(u) => state.on_update(quantity, u),
                };
                match next {
                    Ok(after) => {
                        prop_assert!(!before.is_terminal());
                        if let Report::Fill(n) = report { filled += n; }
                        state = after;
                    }
                    Err(OrderStateError::Ended(_)) => prop_assert!(before.is_terminal()),
                    Err(OrderStateError::Overfill { .. }) => {
                        let Report::Fill(n) = report else { unreachable!() };
                        prop_assert!(filled + n > qty);
                    }
                }
                prop_assert_eq!(state.filled(quantity).get(), filled);
                prop_assert!(filled <= qty);
                prop_assert_eq!(state == OrderState::Filled, filled == qty);
            }
        }
    }
}
