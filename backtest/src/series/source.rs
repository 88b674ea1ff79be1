//! Where a series comes from, and what was rounded on the way.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// A file that a series was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// The path as it was given.
    pub path: String,
    /// SHA-256 of the file's bytes as stored, in hex.
    pub sha256: String,
    /// Bars in the file, whether or not they lie in the period asked for.
    pub rows: usize,
    /// Lists in the file that hold no bar (windows of a JSON archive).
    pub empty: usize,
    /// Open time of its first bar.
    pub first: Nanos,
    /// Open time of its last bar.
    pub last: Nanos,
}

/// How many values were rounded to a grid the user named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounded {
    /// Number of prices that were rounded.
    pub prices: u64,
    /// Number of volumes and taker-buy volumes that were rounded.
    pub volumes: u64,
}
