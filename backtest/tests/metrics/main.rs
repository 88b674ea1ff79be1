//! Statistics of whole runs: worked examples, laws, and the table of what has no
//! value.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

mod laws;
mod run;
mod support;
mod undefined;
