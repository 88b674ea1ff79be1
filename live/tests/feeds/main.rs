//! Feeds against real captures: machines that are handed them, and a local exchange that
//! plays them, with everything that goes wrong at a real one.
#![allow(clippy::unwrap_used)]

mod broker;
mod capture;
mod captures;
mod exchange;
mod paper;
mod played;
mod record;
mod record_files;
mod truth;
mod wire;
