//! What an account holds: positions, orders that wait, rows of what was closed, money.

use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};

use super::instruction::{Levels, WaitKind};

/// A fill that went into a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingPart {
    /// Number of the order that filled.
    pub order: String,
    /// When it filled.
    pub ts: Nanos,
    /// What is left of it, in lots.
    pub volume: Decimal,
    /// At which price.
    pub px: Decimal,
}

/// A position that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Number of the position.
    pub id: String,
    /// What.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// How much is left, in lots.
    pub volume: Decimal,
    /// When it was opened.
    pub opened: Nanos,
    /// Mean price of what is left; off the grid where several fills made it.
    pub open_px: Decimal,
    /// Stop and target.
    pub levels: Levels,
    /// Swap so far; negative is paid.
    pub swap: Decimal,
    /// Commission of what is left; negative is paid.
    pub commission: Decimal,
    /// Margin of what is left.
    pub margin: Decimal,
    /// The fills that made it, oldest first; more than one on a netting account only.
    pub parts: Vec<HoldingPart>,
    /// Since when a stop or a target is missing.
    pub bare_since: Option<Nanos>,
    /// The intent that opened it, where it was told.
    pub intent: Option<u64>,
    /// The comment that came with it.
    pub comment: String,
}

impl Holding {
    /// Gives it levels at `now`.
    pub(crate) fn bracket(&mut self, now: Nanos, levels: Levels) {
        self.levels = levels;
        let bare = levels.stop.is_none() || levels.target.is_none();
        self.bare_since = if bare { Some(self.bare_since.unwrap_or(now)) } else { None };
    }
}

/// An order that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Number of the order.
    pub id: String,
    /// What.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// How much, in lots.
    pub volume: Decimal,
    /// How it waits.
    pub kind: WaitKind,
    /// For which price.
    pub px: Decimal,
    /// When it was created.
    pub created: Nanos,
    /// Stop and target of the position that it opens.
    pub levels: Levels,
    /// The intent that created it, where it was told.
    pub intent: Option<u64>,
    /// The comment that came with it.
    pub comment: String,
}

/// Why something was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseCause {
    /// All of it, by the client.
    Client,
    /// Part of it, by the client.
    Partial,
    /// The stop was reached.
    Stop,
    /// The target was reached.
    Target,
    /// An order of the other side, on a netting account.
    Opposite,
    /// By somebody at the broker.
    Dealer,
}

/// One closing operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedPart {
    /// What makes the row the only one of its kind.
    pub uid: String,
    /// The position.
    pub position: String,
    /// Number of the order that closed it.
    pub order: String,
    /// What.
    pub symbol: String,
    /// Buy for a long position.
    pub side: Side,
    /// How much was closed, in lots.
    pub volume: Decimal,
    /// Price it was opened at.
    pub open_px: Decimal,
    /// Price it was closed at.
    pub close_px: Decimal,
    /// When it was opened.
    pub opened: Nanos,
    /// When it was closed.
    pub closed: Nanos,
    /// Stop and target that it had.
    pub levels: Levels,
    /// Commission of what was closed; negative is paid.
    pub commission: Decimal,
    /// Swap of what was closed; negative is paid.
    pub swap: Decimal,
    /// Profit before commission and swap.
    pub profit: Decimal,
    /// Why.
    pub cause: CloseCause,
    /// The comment of the position.
    pub comment: String,
}

impl ClosedPart {
    /// What it moved the balance by.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.profit + self.commission + self.swap
    }
}

/// Money of an account, in its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// Paid in and realised.
    pub balance: Decimal,
    /// Balance and net profit of what is open.
    pub equity: Decimal,
    /// In use.
    pub margin: Decimal,
    /// Equity less margin.
    pub free_margin: Decimal,
    /// Equity over margin in per cent; `None` where no margin is in use.
    pub margin_level: Option<Decimal>,
    /// Profit of what is open.
    pub profit: Decimal,
    /// The same after commission and swap.
    pub net_profit: Decimal,
    /// Currency.
    pub currency: String,
    /// Decimals of the currency.
    pub precision: u32,
}
