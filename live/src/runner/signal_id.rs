//! The number of a signal.

use serde::{Deserialize, Serialize};

/// Number of a signal, counted by the runner, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignalId(pub u64);
