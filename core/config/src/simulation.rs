//! What is assumed of the simulated exchange.

use serde::{Deserialize, Serialize};
use tickstep_core::sim::cost::Intrabar;

use crate::error::ConfigError;

/// Assumptions of the simulated exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulationConfig {
    /// Which of stop and target comes first when one bar touches both.
    pub intrabar: Intrabar,
    /// Missing bars after which features warm up again and waiting entries lapse, 0 to 10000.
    pub max_gap: u32,
    /// Seconds of a gap after which a new segment begins.
    pub segment_gap_s: u32,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self { intrabar: Intrabar::StopFirst, max_gap: 3, segment_gap_s: 86_400 }
    }
}

impl SimulationConfig {
    /// Ranges that no type holds; the table is called `simulation`.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.max_gap > 10_000 {
            let words = format!("{} is out of range; it must be 0 to 10000", self.max_gap);
            return Err(ConfigError::at_key("simulation.max_gap", &words));
        }
        if self.segment_gap_s == 0 {
            let words = "0 is out of range; it must be 1 or more seconds";
            return Err(ConfigError::at_key("simulation.segment_gap_s", words));
        }
        Ok(())
    }
}
