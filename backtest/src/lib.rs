//! Historical data, runs over it and what they amount to.

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod folder;
#[cfg(feature = "polars")]
pub mod frame;
pub mod load;
pub mod quality;
pub mod report;
pub mod research;
pub mod run;
pub mod series;
pub mod setup;
pub mod times;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
