//! The `tickstep` command; everything it does is in [`tickstep_backtest::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tickstep_backtest::cli::main([])
}
