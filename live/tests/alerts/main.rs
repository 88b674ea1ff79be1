//! Alerts and commands from afar, over HTTP, at a service that trades.
#![allow(clippy::unwrap_used)]

mod chat;
mod commands;
mod desk;
mod hook;
#[allow(dead_code)]
#[path = "../soak/market.rs"]
mod market;
mod secret;
mod trouble;
#[allow(dead_code)]
#[path = "../soak/world.rs"]
mod world;
