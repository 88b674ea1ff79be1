//! A runner among brokers that do as they are told: what is sent, what is not, and what is
//! said of it.
#![allow(clippy::unwrap_used)]

mod acts;
mod book;
mod books;
mod checks;
mod desk;
mod durable;
mod faults;
mod guards;
mod hold;
mod hosts;
mod incident;
mod money;
mod operators;
mod paper;
mod parts;
mod pending;
mod places;
mod reconcile;
mod refusals;
mod relogin;
mod review;
mod status;
mod validate;
