//! Sweeps: their sets, their files, and how far their results can be believed.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod belief;
mod believe;
mod sweep;
mod sweep_store;
