//! Why a sweep is fast: what may be computed once, stepped over, or followed trade by trade.
//!
//! Everything here is a quicker way to what the engine says, and hands over to it by
//! [`needs_engine::NeedsEngine`] where it is not sure; `tests` hold every trade, mark and sum against
//! the engine's. It knows what is run (`backtest.rs`), and nothing of who runs it.

mod account;
mod bitset;
mod curve;
mod feature_cache;
mod figures;
mod indexed_series;
mod needs_engine;
mod position;
mod price_index;
mod skip;
mod trades;

pub use feature_cache::FeatureCache;
pub(super) use figures::{CurveFigures, TradeFigures};
pub(super) use price_index::{Scan, ScanBounds};
pub(super) use skip::{IdleSkip, InProgress};
pub(super) use trades::trade_by_trade;
