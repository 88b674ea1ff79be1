//! A runner among brokers that do as they are told: what is sent, what is not, and what is
//! said of it.
#![allow(clippy::unwrap_used)]

mod acts;
mod checks;
mod desk;
mod durable;
mod faults;
mod guards;
mod incident;
mod operators;
mod pending;
mod places;
mod reconcile;
mod refusals;
mod relogin;
