//! The Trader API's client over real HTTP, against answers as the vendor's pages have them.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../match_trader/canned.rs"]
mod canned;
#[allow(dead_code)]
#[path = "../sim_server/client.rs"]
mod client;
mod trader;
