//! When a strategy has to be asked: what lets a sweep pass over bars at which
//! nothing can happen, without a second meaning of the strategy.
//!
//! A strategy names comparisons of features without which it proposes nothing.
//! They may be weaker than its rules (the strategy itself is asked at every
//! close where they hold) but never stronger. Comparisons are keys: two sets of
//! parameters that name the same one share its answer on every bar, so a
//! threshold is best rounded to a coarser, weaker one.
//!
//! Known limit: features of the bars of the data only, no longer timeframes and
//! no order book; a strategy that decides on those leaves them out.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::features::{Exact, Real};
use crate::units::{Fraction, Nanos};

/// How two values are compared. What is undefined compares as nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// `left > right`.
    Above,
    /// `left >= right`.
    AtLeast,
    /// `left < right`.
    Below,
    /// `left <= right`.
    AtMost,
}

/// Which close is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// The one that is decided on.
    Now,
    /// The one before it.
    Before,
}

/// A comparison of features of one bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// Two exact features, each times a whole number: `volume * 20 >= sum * 3`.
    Exact {
        /// The left feature, and the whole number it is multiplied by.
        left: (Exact, i64),
        /// How left and right are compared.
        relation: Relation,
        /// The right feature, and the whole number it is multiplied by.
        right: (Exact, i64),
        /// Which close the features are of.
        at: At,
    },
    /// A real feature against a level: `rsi < 70`. An RSI within 1e-9 of the level is
    /// equal to it, so a rule of the strategy asks [`Real::is_above`] or
    /// [`Real::is_below`] too: a plain `<` holds at closes where this does not.
    Real {
        /// The feature that is compared.
        left: Real,
        /// How feature and level are compared.
        relation: Relation,
        /// The level, in the unit of the feature.
        level: Fraction,
        /// Which close the feature is of.
        at: At,
    },
}

/// Closes at which a strategy may propose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    /// Every close.
    Always,
    /// Closes where all comparisons of one of the lists hold; none without a list.
    When(Vec<Vec<Comparison>>),
    /// Closes at these times, rising: entries that were chosen beforehand.
    At(Arc<[Nanos]>),
}

/// Closes at which a strategy may propose, or change what it would do later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wakes {
    /// Closes while its slot has no position.
    pub flat: Wake,
    /// Closes while it has one.
    pub open: Wake,
}

impl Wakes {
    /// A strategy that is asked at every close.
    #[must_use]
    pub const fn always() -> Self {
        Self { flat: Wake::Always, open: Wake::Always }
    }
}
