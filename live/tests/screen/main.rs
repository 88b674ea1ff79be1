//! The screen: what it shows of a service, on terminals of any size, and what keys do.
#![allow(clippy::unwrap_used)]

mod golden;
mod happened;
mod sample;
