//! The strategy core on live markets: one decision, executed on many broker accounts.

pub mod broker;
pub mod clock;
pub mod driver;
pub mod exchange;
pub mod intent;
pub mod match_trader;
pub mod record;
pub mod runner;
pub mod sim_server;
