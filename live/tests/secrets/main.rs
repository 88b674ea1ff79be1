//! Logins: how they come in, how they rest, how they are used, and that nothing shows them.
#![allow(clippy::unwrap_used)]

mod accounts;
mod canary;
#[allow(dead_code)]
#[path = "../match_trader/canned.rs"]
mod canned;
#[allow(dead_code)]
#[path = "../sim_server/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "../soak/market.rs"]
mod market;
mod service;
#[allow(dead_code)]
#[path = "../soak/world.rs"]
mod world;
