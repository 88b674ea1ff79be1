//! The `tickstep` command: reads arguments, hands over, tells people how it went.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Backtests that are what you trade.
#[derive(Parser)]
#[command(
    name = "tickstep",
    version,
    about = "Backtests that are what you trade",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run strategies over historical bars and write a run folder.
    Run(command::run::Args),
    /// Run many sets of parameters over the same bars and rank them.
    Sweep(command::sweep::Args),
    /// Join the shards of a sweep to one.
    Merge(command::merge::Args),
    /// Make the report of a run again, in another language or zone.
    Report(command::report::Args),
    /// Lay runs side by side.
    Compare(command::compare::Args),
    /// Look at data files before trusting them.
    Check(command::check::Args),
    /// Write bar files as one tape (or Parquet), resampled if asked.
    Convert(command::convert::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => command::run::run(args).map(|()| ExitCode::SUCCESS),
        Command::Sweep(args) => command::sweep::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Merge(args) => command::merge::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Report(args) => command::report::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Compare(args) => command::compare::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => command::check::run(&args),
        Command::Convert(args) => command::convert::run(&args).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<command::Interrupted>() => {
            command::warn("interrupted; nothing was written");
            ExitCode::from(130)
        }
        Err(error) if error.is::<command::Stopped>() => {
            command::warn(error);
            ExitCode::from(130)
        }
        Err(error) => {
            command::warn(format_args!("error: {}", command::told(&error)));
            ExitCode::FAILURE
        }
    }
}
