//! Historical data, runs over it and what they amount to.

#[cfg(feature = "polars")]
pub mod frame;
pub mod load;
pub mod tape;
