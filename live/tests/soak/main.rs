//! A service over real HTTP against the simulated venue, in its time, which runs hundreds
//! of times faster: faults as they come, and what was lost at the end, which is nothing.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod faults;
mod market;
mod orders;
mod sessions;
mod truth;
mod world;
