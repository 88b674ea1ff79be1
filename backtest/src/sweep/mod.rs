//! Many sets of parameters over the same data.

pub mod store;
pub mod table;
