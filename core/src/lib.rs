//! The pure, deterministic core of tickstep: events in, intents out.
//!
//! Five nouns, one step: **Event -> Features -> Engine -> Intent -> Sim or
//! broker -> Event**, and one place that says in which order, the session.
//!
//! - [`event::Event`]: everything that can happen, with a total order.
//! - [`features::Pipeline`]: events of the market to [`features::Features`],
//!   once for everyone who asks.
//! - [`engine::Engine`]: one account. Strategies propose, sizing and risk
//!   dispose, the ledger keeps the money.
//! - [`order::Intent`]: what a venue is asked for, once [`risk`] approved it.
//! - [`sim::Sim`]: the simulated exchange; live, a broker stands in its place.
//! - [`session::Session`]: the order of things at one instant, for a backtest, a
//!   paper account and a live runner alike.
//! - [`calendar`]: when a market trades, and where its bars lie in time.
//! - [`codec`]: events, intents and saved states as bytes, for journals and wires.
//! - [`restore`]: what a saved state is fitted into.
//! - [`resting`]: how an entry waits for its price.
//!
//! Beside them, [`stats`]: what an equity curve and trades amount to, the catalogue of
//! metrics, and where two lists of trades part.
//!
//! There is no file, clock, thread, hash map or random number here, and the
//! compiler checks it: the crate is `no_std`. The same input gives the same
//! output, bit for bit, whoever drives.
//!
//! Two number worlds: prices are integer ticks, quantities integer lots, money
//! is `rust_decimal`; recursive indicators and scores shown to people are
//! `f64`. They meet in [`instrument`] only.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod bars;
pub mod book;
pub mod calendar;
pub mod chart;
pub mod codec;
pub mod decision;
pub mod depth;
pub mod engine;
pub mod event;
pub mod features;
pub mod indicator;
pub mod instrument;
pub mod ledger;
pub mod math;
pub mod order;
pub mod params;
pub mod resting;
pub mod restore;
pub mod risk;
pub mod session;
pub mod signal;
pub mod sim;
pub mod sizing;
pub mod stats;
pub mod strategy;
pub mod trade_hash;
pub mod units;
pub mod volume;
