//! The strategy core on live markets: one decision, executed on many broker accounts.

pub mod alerts;
pub mod backup;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod driver;
pub mod exchange;
pub mod feed;
pub mod fetch;
pub mod intent;
pub mod logs;
pub mod match_trader;
mod net;
mod random;
pub mod record;
pub mod recorder;
pub mod review;
pub mod runner;
pub mod screen;
pub mod service;
pub mod sim_server;
pub mod store;
pub mod trader_api;
pub mod vault;
