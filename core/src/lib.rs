//! The pure, deterministic core of tickstep.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod book;
pub mod depth;
pub mod event;
pub mod instrument;
pub mod ledger;
pub mod math;
pub mod order;
pub mod units;
