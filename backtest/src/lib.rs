//! Historical data, runs over it and what they amount to.

pub mod belief;
pub mod bounds;
pub mod check;
pub mod config;
#[cfg(feature = "polars")]
pub mod frame;
pub mod funding;
pub mod load;
pub mod output;
pub mod registry;
pub mod report;
pub mod resample;
pub mod run;
pub mod setup;
pub mod stats;
pub mod sweep;
pub mod tape;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
