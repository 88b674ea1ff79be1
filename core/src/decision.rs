//! What was decided, why, and what became of it: one record per signal, those
//! that led to nothing included.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::instrument::InstrumentId;
use crate::order::{Bracket, OrderId, SlotId, Unfilled};
use crate::units::{Lots, Nanos, Side, Ticks};

/// What a decision does to the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// Enter a long position.
    OpenLong,
    /// Enter a short position.
    OpenShort,
    /// Close the open position.
    Close,
    /// Leave the slot as it is: a signal that changes nothing.
    Hold,
}

impl Action {
    /// The entry on a side.
    #[must_use]
    pub const fn open(side: Side) -> Self {
        match side {
            Side::Buy => Self::OpenLong,
            Side::Sell => Self::OpenShort,
        }
    }

    /// Whether it opens a position.
    #[must_use]
    pub const fn is_entry(self) -> bool {
        matches!(self, Self::OpenLong | Self::OpenShort)
    }

    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenLong => "OPEN_LONG",
            Self::OpenShort => "OPEN_SHORT",
            Self::Close => "CLOSE",
            Self::Hold => "HOLD",
        }
    }
}

/// A named condition and the value it had, such as `volume_ratio=3.52`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// The field's name for it, such as `volume_ratio`.
    pub name: &'static str,
    /// The value it had at the decision.
    pub value: f64,
}

/// The conditions that made a decision. Shown as `name=value, ...`, values to
/// four decimals at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reason(pub Vec<Condition>);

impl Reason {
    /// A reason of one condition.
    #[must_use]
    pub fn of(name: &'static str, value: f64) -> Self {
        Self(alloc::vec![Condition { name, value }])
    }

    /// Adds a condition after those already named.
    pub fn push(&mut self, name: &'static str, value: f64) {
        self.0.push(Condition { name, value });
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, c) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            let rounded = crate::math::round(c.value * 1e4) / 1e4;
            write!(f, "{}={rounded}", c.name)?;
        }
        Ok(())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The rule that kept a signal from becoming an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The kill switch is set.
    KillSwitch,
    /// An operator paused entries.
    Paused,
    /// The day's loss limit was reached, which ends entries until the next day.
    DailyLoss,
    /// The day lost so much that everything was closed; it ends with the day.
    FlattenAt,
    /// So much of the initial balance was lost that trading ended.
    MaxDrawdown,
    /// Equity fell so far from its peak that trading ended.
    TrailingDrawdown,
    /// The profit that was aimed at is reached.
    ProfitTarget,
    /// A drawdown tier allows no entry, or left less than the smallest order.
    DrawdownTier,
    /// The account holds as many positions as allowed.
    PositionCount,
    /// The strategy's `max_positions` are open or waiting.
    MaxPositions,
    /// The instrument's exposure limit leaves less than the smallest order.
    SymbolExposure,
    /// The correlated exposure limit leaves less than the smallest order.
    CorrelatedExposure,
    /// Free margin does not carry it.
    Margin,
    /// The size is below the smallest quantity.
    MinQty,
    /// The size is below the smallest notional.
    MinNotional,
    /// The size is below the least quantity that its sizing names.
    MinQuantity,
    /// The size is beyond what money can be kept exactly for.
    TooLarge,
    /// The Kelly fraction is not positive.
    NoEdge,
    /// The price that converts quote money is not known.
    NoRate,
    /// A cool-down after a loss runs.
    CoolDown,
    /// Outside the allowed hours or weekdays.
    Schedule,
    /// An operator is closing a part of the opposite position: it is not known yet what
    /// is left to be reversed.
    PartialClose,
}

impl Refusal {
    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillSwitch => "kill_switch",
            Self::Paused => "paused",
            Self::DailyLoss => "daily_loss",
            Self::FlattenAt => "flatten_at",
            Self::MaxDrawdown => "max_drawdown",
            Self::TrailingDrawdown => "trailing_drawdown",
            Self::ProfitTarget => "profit_target",
            Self::DrawdownTier => "drawdown_tier",
            Self::PositionCount => "position_count",
            Self::MaxPositions => "max_positions",
            Self::SymbolExposure => "symbol_exposure",
            Self::CorrelatedExposure => "correlated_exposure",
            Self::Margin => "margin",
            Self::MinQty => "min_qty",
            Self::MinNotional => "min_notional",
            Self::MinQuantity => "min_quantity",
            Self::TooLarge => "too_large",
            Self::NoEdge => "no_edge",
            Self::NoRate => "no_rate",
            Self::CoolDown => "cool_down",
            Self::Schedule => "schedule",
            Self::PartialClose => "partial_close",
        }
    }
}

/// What made an entry smaller than its sizing method asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeCut {
    /// The method's own cap: a fraction of free margin.
    MaxMarginUse,
    /// The largest quantity that the sizing names.
    MaxQuantity,
    /// A drawdown tier, which halves or quarters new sizes.
    DrawdownTier,
    /// The instrument's exposure limit.
    SymbolExposure,
    /// The correlated exposure limit.
    CorrelatedExposure,
    /// Free margin, where the account lets it shrink a size.
    Margin,
}

impl SizeCut {
    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxMarginUse => "max_margin_use",
            Self::MaxQuantity => "max_quantity",
            Self::DrawdownTier => "drawdown_tier",
            Self::SymbolExposure => "symbol_exposure",
            Self::CorrelatedExposure => "correlated_exposure",
            Self::Margin => "margin",
        }
    }
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An order was sent.
    Sent(OrderId),
    /// The slot already is, or is about to be, on that side.
    AlreadyThere,
    /// A rule refused it.
    Refused(Refusal),
    /// The order was sent and did not fill.
    Unfilled(OrderId, Unfilled),
}

/// How often each rule kept a signal from becoming an order: what stopped an account
/// from trading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refusals(BTreeMap<Refusal, u64>);

impl Refusals {
    /// Counts those of a run's decisions that a rule refused.
    #[must_use]
    pub fn of<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> Self {
        let mut counts = Self::default();
        for decision in decisions {
            if let Outcome::Refused(rule) = decision.outcome {
                *counts.0.entry(rule).or_default() += 1;
            }
        }
        counts
    }

    /// How often this rule refused.
    #[must_use]
    pub fn by(&self, rule: Refusal) -> u64 {
        self.0.get(&rule).copied().unwrap_or(0)
    }

    /// How often any rule refused.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The rule that refused most, and how often; of several, the one asked first.
    #[must_use]
    pub fn most(&self) -> Option<(Refusal, u64)> {
        let often_and_early = |(rule, n): &(Refusal, u64)| (*n, core::cmp::Reverse(*rule));
        self.iter().max_by_key(often_and_early)
    }

    /// The rules that refused, in the order in which they are listed in [`Refusal`], and
    /// how often each did.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> + '_ {
        self.0.iter().map(|(rule, n)| (*rule, *n))
    }
}

/// One decision of a slot, with its reason and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Time of the close it was made at, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// The slot that decided.
    pub slot: SlotId,
    /// The instrument it decided on.
    pub instrument: InstrumentId,
    /// What it does to the slot.
    pub action: Action,
    /// The side of the signal, or of the position that closes.
    pub side: Side,
    /// The price known then, in ticks.
    pub px: Ticks,
    /// The size in lots; `None` where nothing is sent.
    pub lots: Option<Lots>,
    /// The last limit that made an entry smaller than its sizing method asks for.
    pub cut: Option<SizeCut>,
    /// Stop and target measured from the decision price, in ticks.
    pub bracket: Bracket,
    /// Confidence from 0 to 1, where the strategy states one.
    pub confidence: Option<f64>,
    /// The conditions that led to it, by name.
    pub reason: Reason,
    /// Why the position closes, where the decision is a close.
    pub exit: Option<crate::order::ExitReason>,
    /// Whether an order was sent, and if not, or if it did not fill, why.
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn refusals_are_counted_by_rule() {
        let decision = |outcome| Decision {
            ts: Nanos(0),
            slot: SlotId(0),
            instrument: InstrumentId(0),
            action: Action::OpenLong,
            side: Side::Buy,
            px: Ticks(1),
            lots: None,
            bracket: Bracket::default(),
            confidence: None,
            reason: Reason::default(),
            exit: None,
            cut: None,
            outcome,
        };
        let refused = |rule| decision(Outcome::Refused(rule));
        let decisions = [
            refused(Refusal::MinQty),
            refused(Refusal::Margin),
            decision(Outcome::AlreadyThere),
            refused(Refusal::MinQty),
            refused(Refusal::Margin),
            refused(Refusal::CoolDown),
        ];
        let refusals = Refusals::of(&decisions);
        assert_eq!((refusals.by(Refusal::Margin), refusals.by(Refusal::NoRate)), (2, 0));
        assert_eq!(refusals.total(), 5);
        assert_eq!(refusals.most(), Some((Refusal::Margin, 2)), "asked before the size");
        assert_eq!(refusals.iter().map(|(_, n)| n).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(Refusals::default().most(), None);
    }

    #[test]
    fn a_reason_reads_as_named_values() {
        let mut reason = Reason::of("volume_ratio", 3.52);
        reason.push("buy_share", 2.0 / 3.0);
        assert_eq!(reason.to_string(), "volume_ratio=3.52, buy_share=0.6667");
    }
}
