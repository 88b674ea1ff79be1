//! What is read, what is refused and with which words, and what is written to be read again.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod calendars;
mod check;
mod dialect_properties;
mod dialects;
mod formats;
#[cfg(feature = "polars")]
mod frame;
mod load;
mod load_errors;
mod shared_data;
mod tape_file;
