//! What was found out about a run beside its tables.

use serde::{Deserialize, Serialize};

use crate::run::bounds::Bounds;

/// What is known of a run beside its tables: `findings.json`, absent when empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Findings {
    /// Results under each order inside a bar.
    pub bounds: Option<Bounds>,
    /// Warnings about the data.
    pub warnings: Vec<String>,
    /// What was repaired in the data.
    pub repairs: Vec<String>,
}

impl Findings {
    /// Whether there is nothing to write down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
