//! Entries that wait for their price at the venue.

use serde::{Deserialize, Serialize};

use crate::order::{OrderKind, TimeInForce};
use crate::units::Ticks;

/// How an entry waits at the venue, until it fills or is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// For this price or a better one, in ticks.
    Limit(Ticks),
    /// For the market to reach this price from the other side, in ticks.
    Stop(Ticks),
}

impl Rest {
    /// How an order of this kind waits, where it does until it is cancelled.
    ///
    /// ```
    /// use tickstep_core::order::OrderKind;
    /// use tickstep_core::resting::Rest;
    /// use tickstep_core::units::Ticks;
    ///
    /// let waits = Rest::Stop(Ticks(105));
    /// assert_eq!(Rest::of(&waits.kind()), Some(waits));
    /// assert_eq!(Rest::of(&OrderKind::Market), None);
    /// assert_eq!(waits.at(Ticks(106)).px(), Ticks(106));
    /// ```
    #[must_use]
    pub const fn of(kind: &OrderKind) -> Option<Self> {
        match kind {
            OrderKind::Limit { px, time_in_force: TimeInForce::Gtc } => Some(Self::Limit(*px)),
            OrderKind::Stop { px } => Some(Self::Stop(*px)),
            OrderKind::Market | OrderKind::Limit { .. } => None,
        }
    }

    /// The price that it waits for, in ticks.
    #[must_use]
    pub const fn px(self) -> Ticks {
        match self {
            Self::Limit(px) | Self::Stop(px) => px,
        }
    }

    /// The same for another price.
    #[must_use]
    pub const fn at(self, px: Ticks) -> Self {
        match self {
            Self::Limit(_) => Self::Limit(px),
            Self::Stop(_) => Self::Stop(px),
        }
    }

    /// The kind of order that waits so.
    #[must_use]
    pub const fn kind(self) -> OrderKind {
        match self {
            Self::Limit(px) => OrderKind::Limit { px, time_in_force: TimeInForce::Gtc },
            Self::Stop(px) => OrderKind::Stop { px },
        }
    }
}
