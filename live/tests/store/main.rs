//! The database against the journal and against the truth of simulated days.
#![allow(clippy::unwrap_used)]

mod bounds;
mod day;
mod laws;
mod paper_day;
mod queries;
mod support;
mod trouble;
