//! Drives the tickstep core over historical data.

pub mod stats;
