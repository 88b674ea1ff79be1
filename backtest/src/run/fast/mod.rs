//! Why a sweep is fast: what may be computed once, passed over, or followed trade by
//! trade.
//!
//! Everything here is a quicker way to what the engine says, and gives up where it is
//! not sure; `tests` hold every trade, mark and sum against the engine's.

mod account;
mod bitset;
mod curve;
mod feature_cache;
mod position;
mod price_index;
mod skip;
mod trades;

pub(super) use curve::Finished;
pub use feature_cache::FeatureCache;
pub(super) use price_index::Seen;
pub(super) use skip::Rest;
pub(super) use trades::{may, settled};
