//! Which sets of parameters a search tries, known in full before anything runs,
//! so that a search can be counted, sharded, stopped and repeated.
//!
//! Set `i` of a space is the same on every machine and any number of threads:
//! draws come from one seeded generator, in order. Numbers are exact decimals.
//! Names, kinds and the grammar of constraints are checked when a space is
//! built; nothing here reads a file or a clock.
//!
//! - `grid` takes every combination, the last axis fastest.
//! - `random` draws each axis evenly; a draw that a constraint excludes, or that
//!   repeats an earlier one, is drawn again. The first sets of a longer search
//!   are those of a shorter one.
//! - `latin` is a Latin hypercube: each axis is cut into as many strata as there
//!   are sets, and each stratum is drawn from once; values of a list get equal
//!   shares as far as they go. Sets that are excluded or repeat are dropped, not
//!   drawn again, so that those left still come from strata of their own.
//!
//! Known limits: a grid has at most 100 million combinations, a search by draws
//! at most 10 million sets; repeats are looked
//! for among at most 2^128 combinations, above which they do not happen.

mod axis;
mod config;
mod constraint;
mod draw;
mod endings;
mod error;
mod parameter_space;
mod set;
mod sets;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod value;

pub use axis::{Axis, Spacing};
pub use config::{MethodName, SweepConfig};
pub use endings::endings;
pub use error::SpaceError;
pub use parameter_space::{Method, Space};
pub use set::Set;
pub use sets::Sets;
pub use value::Value;
