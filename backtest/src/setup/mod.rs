//! From a configuration to a run: finds and loads the data, fixes the grids,
//! builds the account.

mod account;
mod dataset;
mod error;
mod files;
mod findings;
mod finer;
pub mod funding;
mod instruments;
mod prepared;
mod split;

pub use error::SetupError;
pub use findings::FindingsError;
pub use prepared::Prepared;
pub use split::split;
