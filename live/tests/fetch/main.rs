//! Archives from a local server, with everything that goes wrong at a real one.
#![allow(clippy::unwrap_used)]

mod bring;
mod server;
mod spans;
