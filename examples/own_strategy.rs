//! A strategy of one's own with the whole command: parameters in TOML, runs, sweeps with
//! their judgement, replays of manifests.
//!
//!   cargo run --example own_strategy -- sweep examples/own.toml

use std::process::ExitCode;

mod breakout;

fn main() -> ExitCode {
    tickstep_backtest::cli::main([("breakout", breakout::Breakout::from_toml)])
}
