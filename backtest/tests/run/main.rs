//! What a run does, fill by fill and figure by figure.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod calendars;
mod edges;
mod expected;
mod fitted;
mod golden;
mod in_memory;
mod metrics;
mod metrics_golden;
mod metrics_oracle;
mod outside;
mod paper;
mod passing;
mod passing_nasty;
mod passing_rules;
mod portfolio;
mod properties;
mod replay;
mod scheduled;
