//! What came of one set, as it is kept.

use super::blocks::BlockSums;

/// What came of one set.
#[derive(Clone, Debug, PartialEq)]
pub enum SetRecord {
    /// The set was evaluated.
    Done(Figures),
    /// The set's parameters were refused; the words are in the store's `failures`.
    Failed,
}

impl SetRecord {
    /// The outcome as tables write it: `done` or `failed`.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Failed => "failed",
        }
    }
}

/// The figures of an evaluated set.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Fingerprint of the set's trades: sets of one hash traded alike.
    pub trade_hash: u64,
    /// A value for each of the header's columns, in its unit.
    pub values: Vec<Option<f64>>,
    /// Block sums, where the header has blocks and the returns of the set have sums.
    pub blocks: Option<Box<BlockSums>>,
}
