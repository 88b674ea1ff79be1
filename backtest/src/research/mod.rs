//! Searching many sets of parameters, and knowing how far the best is to be believed.
//!
//! [`space`] says which sets are tried, [`sweep`] runs them, [`store`] keeps each as
//! soon as it is done, [`surface`] shows what changing a parameter does,
//! [`validation`] weighs the best against luck, [`trials`] counts every set ever
//! tried, and [`report`] draws the page. Other programs choose sets by [`ask_tell`].
//! [`search`] is all of it for a configuration with `[sweep]`; [`SearchConfig`] is what
//! a user writes down about it.
//!
//! Each builds on those before it: `space`, `store`, `sweep`, `surface`, `trials`,
//! `validation`, `report`, `search`. A program with a strategy of its own needs
//! [`sweep::Sweep`] alone, which runs sets in memory and validates them:
//!
//! ```
//! use tickstep_backtest::research::space::{Set, Space};
//! use tickstep_backtest::research::sweep::Sweep;
//! use tickstep_backtest::research::validation::ValidationOptions;
//! use tickstep_backtest::run::Backtest;
//!
//! fn search<'a>(
//!     space: &Space,
//!     account: impl Fn(&Set) -> Result<Backtest<'a>, String> + Sync,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let sweep = Sweep::new(space, &["sharpe"], account)?;
//!     let result = sweep.run()?;
//!     let judged = sweep.validate(&result, &ValidationOptions::default())?;
//!     println!("best: {:?}\n{}", result.best(3), judged.validation.lines().join("\n"));
//!     Ok(())
//! }
//! ```
//!
//! Only the command names this folder: a run knows nothing of searches.

pub mod ask_tell;
mod config;
pub mod report;
pub mod search;
pub mod space;
pub mod store;
pub mod surface;
pub mod sweep;
pub mod trials;
pub mod validation;

pub use config::SearchConfig;
