//! A strategy of one's own on live markets, with all commands of `tickstep-live`.
//!
//!   cargo run --example live_strategy -- run examples/live_paper.toml --paper

use std::process::ExitCode;

mod breakout;

fn main() -> ExitCode {
    tickstep_live::cli::main([("breakout", breakout::Breakout::from_toml as _)])
}
