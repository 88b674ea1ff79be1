//! Searching many sets of parameters, and knowing how far the best is to be believed.
//!
//! [`SearchConfig`] is what a user writes down about it. [`space`] says which sets are tried, [`sweep`] runs them, [`store`] keeps each as
//! soon as it is done, [`surface`] shows what changing a parameter does,
//! [`validation`] weighs the best against luck, [`trials`] counts every set ever
//! tried, and [`report`] draws the page. Other programs choose sets by [`ask_tell`];
//! [`search`] is all of it for a configuration with `[sweep]`.
//!
//! Each builds on those before it: `space`, `store`, `sweep`, `surface`, `trials`,
//! `validation`, `report`, `search`.
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
