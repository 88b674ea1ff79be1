//! The client of Match-Trader over real HTTP: against the simulated venue, which was not
//! written from it, and against servers that say exactly what a test wants.
#![allow(clippy::unwrap_used)]

mod calls;
mod canned;
#[allow(dead_code)]
#[path = "../sim_server/client.rs"]
mod client;
mod faults;
mod odd;
mod once;
mod session;
mod support;
