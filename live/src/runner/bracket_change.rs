//! What an operator changes of the stop and target of a position, or of an order that waits.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::broker::BracketPrices;

/// What becomes of a stop or a target.
///
/// What is not named stays as it is: a command that moves a stop takes no target away.
/// In JSON it is `"keep"`, `"remove"`, or `{"set": "1.5"}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelChange {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is at this price from now on.
    Set(Decimal),
    /// There is none from now on.
    Remove,
}

impl LevelChange {
    /// The level after it, where there was this one before.
    #[must_use]
    pub fn of(self, has: Option<Decimal>) -> Option<Decimal> {
        match self {
            Self::Keep => has,
            Self::Set(price) => Some(price),
            Self::Remove => None,
        }
    }
}

impl From<Option<Decimal>> for LevelChange {
    /// To this level, or to none.
    fn from(level: Option<Decimal>) -> Self {
        level.map_or(Self::Remove, Self::Set)
    }
}

/// What becomes of stop and target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BracketChange {
    /// The stop.
    pub stop: LevelChange,
    /// The target.
    pub target: LevelChange,
}

impl BracketChange {
    /// The levels after it, where there were these before.
    #[must_use]
    pub fn of(self, has: BracketPrices) -> BracketPrices {
        BracketPrices { stop: self.stop.of(has.stop), target: self.target.of(has.target) }
    }
}

impl From<BracketPrices> for BracketChange {
    /// To these levels, whatever was there.
    fn from(bracket: BracketPrices) -> Self {
        Self { stop: bracket.stop.into(), target: bracket.target.into() }
    }
}
