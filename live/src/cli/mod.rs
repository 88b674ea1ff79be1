//! The commands, as functions that any program can call.
//!
//! A program with strategies of its own has all of them by
//! [`main`]`([("mine", Mine::from_toml)])`.

pub mod accounts;
pub mod act;
pub mod backup;
pub mod console;
pub mod demo;
pub mod fetch;
pub mod journal;
pub mod log_args;
pub mod record;
pub mod remote;
pub mod remote_args;
pub mod review;
pub mod run;
pub mod sim;
pub mod speed;
pub mod unlock;
pub mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tickstep_config::{FromToml, OwnStrategies};

use accounts::AccountsArgs;
use act::ActCommand;
use backup::{BackupArgs, RestoreArgs};
use console::Console;
use demo::DemoArgs;
use fetch::FetchArgs;
use journal::{IncidentArgs, VerifyArgs};
use record::RecordArgs;
use remote_args::{AuditArgs, SetArgs, StateArgs, StatusArgs};
use review::ReviewArgs;
use run::RunArgs;
use sim::SimArgs;
use watch::WatchArgs;

use crate::service::Wish;

/// Trades strategies on many accounts at once, and loses nothing.
#[derive(Debug, Parser)]
#[command(name = "tickstep-live", version, about)]
struct CommandLine {
    #[command(subcommand)]
    command: LiveCommand,
}

#[derive(Debug, Subcommand)]
enum LiveCommand {
    Run(Box<RunArgs>),
    Demo(DemoArgs),
    Watch(WatchArgs),
    Sim(SimArgs),
    Record(RecordArgs),
    Fetch(FetchArgs),
    /// Logins of accounts: add, import, list, test, remove, disable
    Accounts(AccountsArgs),
    /// Shows where everything stands: health, prices, sessions, limits, latency, positions
    ///
    /// Ends with 0 where all is healthy, 1 where anything is degraded, 2 where anything is
    /// critical, and 3 where no runner answers.
    Status(StatusArgs),
    #[command(flatten)]
    Act(ActCommand),
    /// Changes settings while it runs, each KEY=VALUE: all of them or none
    Set(SetArgs),
    /// Ends the runner: nothing is opened, what is under way is awaited, all is saved
    Stop(StateArgs),
    /// Checks that the journal is as it was written; names the first record that is not
    Verify(VerifyArgs),
    /// Does again what the journal says; prints a hash of what was sent, fails where a replay
    /// differs
    Replay(VerifyArgs),
    /// Makes the database again from the journal
    Rebuild(VerifyArgs),
    /// Writes what happened around a time, or between two, as a page in Markdown or as JSON:
    /// orders, fills, alerts, acts, and where everything stood before and after
    Incident(IncidentArgs),
    /// Writes a month's figures as a page in Markdown: uptime, accounts and their drawdowns,
    /// latency, errors, limits, what people did, and what the machine was used for
    Review(ReviewArgs),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    /// Has brokers say what they have, and holds the ledger against it; fails on any difference
    Audit(AuditArgs),
}

/// The program: reads the command line, does what it says, with strategies of the caller's
/// under the names that configurations call them.
pub fn main<'n>(own: impl IntoIterator<Item = (&'n str, FromToml)>) -> ExitCode {
    let given = CommandLine::parse();
    let own =
        own.into_iter().fold(OwnStrategies::default(), |own, (name, make)| own.with(name, make));
    let done = Console::own(|console| perform(given.command, &own, console));
    done.unwrap_or_else(|error| {
        // Standard error may be closed, and there is nobody else to tell.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("error: {error:#}\n").as_bytes(),
        );
        ExitCode::FAILURE
    })
}

fn perform(
    command: LiveCommand,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<ExitCode> {
    // Held to the end, so that the last lines are written.
    let _logs = match &command {
        LiveCommand::Run(args) => Some(args.logs.start()?),
        _ => None,
    };
    // What needs no runtime of its own, or makes one.
    match command {
        LiveCommand::Accounts(args) => {
            return accounts::accounts(&args, own, console).map(|()| ExitCode::SUCCESS);
        }
        LiveCommand::Replay(args) => return journal::repeat(&args, own, console),
        LiveCommand::Incident(args) => return journal::report(&args, own, console),
        LiveCommand::Restore(args) => return backup::give_back(&args, console),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            LiveCommand::Run(args) => run::run(&args, own, console, interrupted()).await,
            LiveCommand::Set(SetArgs { state, why, changes }) => {
                remote::tell(&state, &why, Wish::Set { changes }, console).await
            }
            LiveCommand::Sim(args) => {
                sim::sim(&args, console, interrupted()).await.map(|()| ExitCode::SUCCESS)
            }
            LiveCommand::Record(args) => record::record(&args, own, console, interrupted()).await,
            LiveCommand::Fetch(args) => {
                fetch::fetch_archive(&args, seen(), console, interrupted()).await
            }
            LiveCommand::Demo(args) => demo::demo(&args, seen(), console, left_alone).await,
            LiveCommand::Watch(args) => watch::watch(&args, seen(), console, left_alone()).await,
            LiveCommand::Status(args) => remote::status(&args, console).await,
            LiveCommand::Act(command) => {
                let (act, wish) = command.wish(console)?;
                remote::act(&act, wish, console).await
            }
            LiveCommand::Stop(args) => remote::tell(&args, "", Wish::Stop, console).await,
            LiveCommand::Rebuild(args) => journal::rebuild(&args, own, console).await,
            LiveCommand::Audit(AuditArgs { state, wait }) => {
                remote::tell(&state, "", Wish::Audit { wait_s: wait }, console).await
            }
            LiveCommand::Review(args) => review::month(&args, own, console).await,
            LiveCommand::Backup(args) => backup::backup(&args, console).await,
            LiveCommand::Verify(args) => journal::check(&args, console).await,
            // They were performed before.
            LiveCommand::Accounts(_)
            | LiveCommand::Replay(_)
            | LiveCommand::Incident(_)
            | LiveCommand::Restore(_) => Ok(ExitCode::SUCCESS),
        }
    })
}

/// Whether somebody sees the output on a terminal.
fn seen() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
}

/// Waits for the same, or for the end of the terminal that a screen is on.
async fn left_alone() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut gone) = signal(SignalKind::hangup()) else { return interrupted().await };
    tokio::select! {
        () = interrupted() => {}
        _ = gone.recv() => {}
    }
}

/// Waits for an interrupt, or a request to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut end) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        // A signal that cannot be heard is none.
        Ok(()) = tokio::signal::ctrl_c() => {}
        _ = end.recv() => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const DOCUMENTS: [&str; 7] = [
        include_str!("../../../README.md"),
        include_str!("../../README.md"),
        include_str!("../../RUNBOOK.md"),
        include_str!("../../../ARCHITECTURE.md"),
        include_str!("../../../examples/live.toml"),
        include_str!("../../../examples/live_binance.toml"),
        include_str!("../../../examples/live_paper.toml"),
    ];

    /// Commands with their arguments, as documents write them.
    fn documented() -> Vec<Vec<String>> {
        let lines = DOCUMENTS.iter().flat_map(|text| text.lines());
        let commands =
            lines.flat_map(|line| line.match_indices("tickstep-live ").map(|at| &line[at.0..]));
        let whole = commands.map(|text| {
            let end = text.find(['`', '#']).unwrap_or(text.len());
            // What stands in quotes is one word.
            let parts = text[..end].split('"').enumerate();
            let words = parts.map(|(n, part)| match n % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            });
            words.flat_map(|words: Vec<String>| words).collect::<Vec<_>>()
        });
        whole.collect()
    }

    #[test]
    fn every_command_of_the_documents_is_one() {
        let commands = documented();
        assert!(commands.len() > 6, "{commands:?}");
        for command in commands {
            let parsed = CommandLine::try_parse_from(&command);
            let shows_help =
                |e: &clap::Error| matches!(e.kind(), clap::error::ErrorKind::DisplayHelp);
            let faulty = parsed.err().filter(|e| !shows_help(e));
            assert!(faulty.is_none(), "{command:?}: {faulty:?}");
        }
    }

    #[test]
    fn every_command_explains_itself() {
        use clap::CommandFactory as _;
        let all = CommandLine::command();
        all.clone().debug_assert();
        for command in all.get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let name = argument.get_id();
                assert!(argument.get_help().is_some(), "{} {name}", command.get_name());
            }
        }
    }
}
