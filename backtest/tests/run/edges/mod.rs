//! Each sentence of the semantics that has an edge, on a tape computed by hand.

mod account;
mod brackets;
mod costs;
mod gaps;
mod guards;
pub mod instants;
mod limits;
pub mod operator;
mod order;
mod room;
mod signal;
