//! The `tickstep` command: one file for each subcommand.

mod ask;
mod check;
mod compare;
mod convert;
mod data;
mod job;
mod judged;
mod merge;
mod report;
mod run;
mod sweep;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{FromToml, OwnStrategies};

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
    Run(run::Args),
    /// Run many sets of parameters over the same bars and rank them.
    Sweep(sweep::Args),
    /// Join the shards of a sweep to one.
    Merge(merge::Args),
    /// Make the report of a run again, in another language or zone.
    Report(report::Args),
    /// Lay runs side by side, or hold live against its backtest.
    Compare(compare::Args),
    /// Look at data files before trusting them.
    Check(check::Args),
    /// Write bar files as one tape (or Parquet), resampled if asked.
    Convert(convert::Args),
}

/// Reads the arguments, hands over, and tells people how it went.
///
/// A program may bring strategies of its own, by the name that is their `kind` in a
/// configuration: it then is the whole command with these strategies in it, for runs,
/// sweeps with their judgement, replays of manifests and reports.
///
/// ```no_run
/// use std::process::ExitCode;
/// use tickstep_backtest::config::{ConfigError, ParamTable};
/// use tickstep_core::strategy::StrategyFactory;
/// use tickstep_core::strategy::sma_cross::SmaCross;
///
/// fn slow(params: ParamTable) -> Result<StrategyFactory, ConfigError> {
///     Ok(SmaCross::factory(params.read()?)?)
/// }
///
/// fn main() -> ExitCode {
///     tickstep_backtest::cli::main([("slow", slow)])
/// }
/// ```
#[must_use]
pub fn main<const N: usize>(own: [(&'static str, FromToml); N]) -> ExitCode {
    let own = &OwnStrategies::from(own);
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(args, own).map(|()| ExitCode::SUCCESS),
        Command::Sweep(args) => sweep::run(&args, own).map(|()| ExitCode::SUCCESS),
        Command::Merge(args) => merge::run(&args, own).map(|()| ExitCode::SUCCESS),
        Command::Report(args) => report::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Compare(args) => compare::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Check(args) => check::run(&args),
        Command::Convert(args) => convert::run(&args).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<terminal::Interrupted>() => {
            terminal::warn("interrupted; nothing was written");
            ExitCode::from(130)
        }
        Err(error) if error.is::<terminal::Stopped>() => {
            terminal::warn(error);
            ExitCode::from(130)
        }
        Err(error) => {
            terminal::warn(format_args!("error: {}", terminal::told(&error)));
            ExitCode::FAILURE
        }
    }
}
