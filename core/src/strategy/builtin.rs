//! The strategies that come with tickstep, by name: from what a user wrote down to what
//! an account takes.

use alloc::boxed::Box;

use serde::de::{DeserializeSeed, Deserializer};
use serde::{Deserialize, Serialize};

use super::StrategyFactory;
use super::outside::{Outside, OutsideParams};
use super::scalper::{Pressure, Scalper, ScalperParams};
use super::sma_cross::{SmaCross, SmaCrossParams};
use crate::params::ParamError;
use crate::volume::VolumeSplit;

/// The strategies that come with tickstep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategyKind {
    /// The scalper, [`Scalper`].
    Scalper,
    /// The simple moving-average cross, [`SmaCross`].
    SmaCross,
    /// Signals from outside alone, [`Outside`].
    Outside,
}

impl StrategyKind {
    /// Every strategy that comes with tickstep.
    pub const ALL: [Self; 3] = [Self::Scalper, Self::SmaCross, Self::Outside];

    /// The name that files and options write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalper => "scalper",
            Self::SmaCross => "sma_cross",
            Self::Outside => "outside",
        }
    }
}

/// Parameters of a strategy of each kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StrategyParams {
    /// Parameters of the scalper.
    Scalper(Box<ScalperParams>),
    /// Parameters of the simple moving-average cross.
    SmaCross(SmaCrossParams),
    /// A slot for signals from outside has none.
    Outside(OutsideParams),
}

impl StrategyParams {
    /// The defaults of a kind.
    #[must_use]
    pub fn spec(kind: StrategyKind) -> Self {
        match kind {
            StrategyKind::Scalper => Self::Scalper(Box::new(ScalperParams::spec())),
            StrategyKind::SmaCross => Self::SmaCross(SmaCrossParams::spec()),
            StrategyKind::Outside => Self::Outside(OutsideParams {}),
        }
    }

    /// The strategy whose parameters they are.
    #[must_use]
    pub const fn kind(&self) -> StrategyKind {
        match self {
            Self::Scalper(_) => StrategyKind::Scalper,
            Self::SmaCross(_) => StrategyKind::SmaCross,
            Self::Outside(_) => StrategyKind::Outside,
        }
    }

    /// Checks every range, and what must agree.
    pub fn validate(&self) -> Result<(), ParamError> {
        match self {
            Self::Scalper(p) => p.validate(),
            Self::SmaCross(p) => p.validate(),
            Self::Outside(OutsideParams {}) => Ok(()),
        }
    }

    /// A factory of strategies with these parameters; refuses parameters out of their
    /// range.
    pub fn factory(&self) -> Result<StrategyFactory, ParamError> {
        match self {
            Self::Scalper(p) => Scalper::factory((**p).clone()),
            Self::SmaCross(p) => SmaCross::factory(p.clone()),
            Self::Outside(OutsideParams {}) => Ok(Outside::factory()),
        }
    }

    /// Whether a rule looks at the order book.
    #[must_use]
    pub fn needs_book(&self) -> bool {
        match self {
            Self::Scalper(p) => p.pressure_rule == Pressure::Imbalance,
            Self::SmaCross(_) | Self::Outside(_) => false,
        }
    }

    /// Whether a rule looks at the taker-buy volume of the data.
    #[must_use]
    pub fn needs_taker(&self) -> bool {
        match self {
            Self::Scalper(p) => {
                p.pressure_rule == Pressure::BuyShare && p.volume_split == VolumeSplit::Taker
            }
            Self::SmaCross(_) | Self::Outside(_) => false,
        }
    }
}

/// Reads the parameters of a kind that is already known.
impl<'de> DeserializeSeed<'de> for StrategyKind {
    type Value = StrategyParams;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<StrategyParams, D::Error> {
        match self {
            Self::Scalper => Box::<ScalperParams>::deserialize(from).map(StrategyParams::Scalper),
            Self::SmaCross => SmaCrossParams::deserialize(from).map(StrategyParams::SmaCross),
            Self::Outside => OutsideParams::deserialize(from).map(StrategyParams::Outside),
        }
    }
}
