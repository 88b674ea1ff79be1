//! The server over real HTTP, against the JSON that is known of such servers.
#![allow(clippy::unwrap_used)]

mod client;
mod faults;
mod reads;
mod session;
mod writes;
