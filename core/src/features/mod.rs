//! Features: what strategies may know, a pure function of market data and
//! window lengths.
//!
//! A strategy asks for features once and gets ids; the [`Pipeline`] computes
//! every distinct request once, bar by bar, into a [`Features`] row. Rows are an
//! argument of the engine, not a field, so a thousand engines can share one.
//! Anything that touches our own orders, or a threshold, is no feature.
//!
//! Invariants: a row at the close of bar *t* uses nothing later; a feature of
//! a longer timeframe changes only when a bar of that timeframe has closed;
//! after more than `max_gap` missing bars everything warms up again. Undefined
//! is `None` (inside a row a reserved bit pattern that no value can have).
//!
//! Prices in features are in ticks.

mod columns;
mod error;
mod node;
mod packed;
mod pipeline;
mod request;
mod row;
mod source;
mod spec;
mod timeframe;

pub use columns::{Column, Columns, Request, afresh};
pub use error::FeatureError;
pub use packed::Integers;
pub use pipeline::Pipeline;
pub use request::{Band, Exact, MacdOutput, Real};
pub use row::{ExactId, Features, RealId};
pub use source::FeatureSource;
pub use spec::FeatureSpec;
pub use timeframe::Timeframe;

#[cfg(test)]
mod tests;
