//! The `tickstep` command and the pages that it writes.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod calendars;
mod cases;
mod check_run;
mod cli;
mod cli_check;
mod hints;
mod hints_of_files;
mod hints_proof;
mod report;
mod search_report;
