//! In what brokers differ, as far as a runner has to know.

use serde::{Deserialize, Serialize};

/// How stop and target of a position reach the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BracketStyle {
    /// With the entry; they belong to the position.
    Attached,
    /// As orders of their own, sent once the entry has filled.
    Orders,
}

/// What becomes of two entries on one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionStyle {
    /// Two positions, each with its own bracket.
    Hedging,
    /// One position, with one bracket.
    Netting,
}

/// What a broker can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// How stop and target reach it.
    pub bracket: BracketStyle,
    /// What becomes of two entries on one instrument.
    pub positions: PositionStyle,
    /// Whether a write may carry a number of ours by which it is recognised, so that the
    /// broker carries it out once however often it arrives.
    pub idempotent: bool,
    /// Whether a position tells the intent that opened it, by a comment or a number.
    pub names_intents: bool,
}
