//! One account over historical bars: series merged into the instants of a
//! [`tickstep_core::session`] with the simulated exchange as its venue.
//!
//! The order of things at one instant is the session's. A day or funding that
//! falls inside a bar comes before anything that is known at its close.
//!
//! What is run is `backtest`, what comes of it `result` or `summary`; `driver` goes
//! through the bars, `fast` tells what of that may be left out, and `runner` chooses.

mod ahead;
mod backtest;
pub mod bounds;
mod builder;
mod coverage;
mod cursor;
mod driver;
mod error;
mod fast;
mod needs;
mod record;
mod result;
mod runner;
mod skip_idle;
mod summary;

pub use backtest::{Backtest, FundingPoint, MarketData, Period};
pub use builder::{BacktestBuilder, BuildError};
pub use driver::Progress;
pub use error::RunError;
pub use fast::FeatureCache;
pub use result::Run;
pub use runner::Stepping;
pub use summary::Summary;
