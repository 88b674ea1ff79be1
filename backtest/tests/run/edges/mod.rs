//! Each sentence of the semantics that has an edge, on a tape computed by hand.

mod account;
mod brackets;
mod costs;
mod gaps;
pub mod instants;
mod limits;
mod order;
mod room;
mod signal;
