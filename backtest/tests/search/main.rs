//! Sweeps: their sets, their files, and how far their results can be believed.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod in_memory;
mod sweep;
mod sweep_store;
mod validation;
mod validation_runs;
