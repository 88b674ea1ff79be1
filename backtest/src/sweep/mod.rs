//! Many sets of parameters over the same data.

pub mod landscape;
