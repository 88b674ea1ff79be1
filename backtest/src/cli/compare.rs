//! `tickstep compare`: runs side by side, or live against its backtest.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::RunFolder;
use crate::report::{Lang, LiveJournal, LiveOptions, compare, compare_live, journal_folder};
use crate::times::parse_span;
use anyhow::{Context, bail};
use tickstep_core::units::Nanos;

use super::report::zone;
use super::terminal::Out;

/// Lay runs side by side, or hold live against its backtest.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  tickstep compare runs/fil-1a2b3c4d runs/fil-5e6f7a8b --html compare.html
  tickstep compare runs/fil-1a2b3c4d live-state --html live.html
  tickstep compare runs/fil-1a2b3c4d live-state --account main --fit fit.toml

With the state folder of a live runner, or the journal in it, as the second, the run is held
against what was traded live in the time that both cover: trades that both have, missed, refused
and extra, and the gap of P&L in its parts. --fit writes what slippage, latency and refusals were,
and `--set costs.fitted.file=fit.toml` has a run pay them.")]
pub struct Args {
    /// Run folders, two or more; or one, and the state folder or journal of a live runner
    #[arg(value_name = "RUN", num_args = 2.., required = true)]
    runs: Vec<PathBuf>,
    /// Also write a page: equity curves on one another, or the gap trade by trade
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON in place of the table; with a journal
    #[arg(long)]
    json: bool,
    /// Account of the journal [default: all]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// How far apart entries of one trade may lie, such as 30s [default: half of the shortest bar]
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    within: Option<Nanos>,
    /// Write slippage, latency and refusals of each account as they were measured, for [costs]
    #[arg(long, value_name = "FILE")]
    fit: Option<PathBuf>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// IANA zone of the times of runs side by side [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match args.runs.as_slice() {
        [run, journal] if journal_folder(journal).is_some() => live(args, run, journal),
        runs => match runs.iter().find(|path| journal_folder(path).is_some()) {
            Some(journal) => bail!(
                "{} is the journal of a live runner, which is held against one run: \
                 tickstep compare RUN JOURNAL",
                journal.display()
            ),
            None => side_by_side(args),
        },
    }
}

fn side_by_side(args: &Args) -> anyhow::Result<()> {
    let live = [
        (args.json, "--json"),
        (args.account.is_some(), "--account"),
        (args.within.is_some(), "--within"),
        (args.fit.is_some(), "--fit"),
    ];
    if let Some((_, option)) = live.iter().find(|(given, _)| *given) {
        bail!("{option} goes with the journal of a live runner: tickstep compare RUN JOURNAL");
    }
    let zone = zone(args.zone.as_deref(), "UTC")?;
    let mut runs: Vec<(String, RunFolder)> = Vec::new();
    for path in &args.runs {
        let folder = RunFolder::read(path)?;
        let name = name(path);
        let taken = runs.iter().any(|(other, _)| *other == name);
        runs.push((if taken { path.display().to_string() } else { name }, folder));
    }
    let comparison = compare(&runs, args.lang, &zone);
    let mut stdout = Out::default();
    stdout.line(comparison.table());
    if let Some(out) = &args.html {
        write(out, &comparison.html())?;
        stdout.line(out.display());
    }
    stdout.end()
}

fn live(args: &Args, run: &Path, journal: &Path) -> anyhow::Result<()> {
    let folder = RunFolder::read(run)?;
    let journal = LiveJournal::read(journal)?;
    let options =
        LiveOptions { account: args.account.clone(), tolerance: args.within, lang: args.lang };
    let comparison = compare_live((&name(run), &folder), &journal, &options)?;
    let mut stdout = Out::default();
    stdout.line(if args.json { comparison.json() } else { comparison.table() });
    let mut written = Vec::new();
    if let Some(out) = &args.html {
        write(out, &comparison.html())?;
        written.push(out);
    }
    if let Some(out) = &args.fit {
        write(out, &journal.fit(args.account.as_deref())?.text()?)?;
        written.push(out);
    }
    // What is read by a program is JSON and nothing else.
    for out in written.into_iter().filter(|_| !args.json) {
        stdout.line(out.display());
    }
    stdout.end()
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}
