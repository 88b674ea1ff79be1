//! The command `tickstep-live`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tickstep_live::cli::main([])
}
