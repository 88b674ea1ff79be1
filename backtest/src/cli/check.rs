//! `tickstep check`: what a careful person wants to know before trusting a file.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::load::{Format, LoadError};
use crate::quality::{
    CheckOptions, FileReport, InstrumentReport, Severity, by_symbol, check_instrument, distinct,
    file_words, verdict_words,
};
use anyhow::{bail, ensure};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use super::data::DataArgs;
use super::terminal::{Bar, Interrupted, Out, catch_interrupts};

/// Look at data files before trusting them.
#[derive(clap::Args)]
#[command(
    after_help = "Exit code: 0 without errors (there may be warnings), 1 with errors, that is \
where `run` would refuse, 2 for a wrong command line, 130 when interrupted.

Examples:
  tickstep check FILUSDT-1m-2023-*.csv.gz
  tickstep check --format bitfinex BTCUSD-1m-2013.csv.gz
  tickstep check --format mt5 --time-zone America/New_York+07:00 XAUUSD_M1.csv
  tickstep check --repair sort,drop-duplicates --json BTCUSDT-1m.csv"
)]
pub struct Args {
    /// Bar files; those of one instrument are also held against each other
    #[arg(value_name = "FILE", required_unless_present = "formats")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    /// How many cases of each finding are listed
    #[arg(long, value_name = "N", default_value_t = 5)]
    cases: usize,
    /// List every case
    #[arg(long, conflicts_with = "cases")]
    all: bool,
    /// One JSON document on standard output, no progress
    #[arg(long)]
    json: bool,
    /// List the bundled formats
    #[arg(long)]
    formats: bool,
}

/// The document of `--json`.
#[derive(Serialize)]
struct CheckedFiles<'a> {
    files: Vec<&'a FileReport>,
    /// What `run` would make of the files of each instrument, and what is between them.
    instruments: &'a [InstrumentReport],
    errors: usize,
    warnings: usize,
    notes: usize,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = Out::default();
    if args.formats {
        out.line(format_args!("{}", formats()));
        return out.end().map(|()| ExitCode::SUCCESS);
    }
    catch_interrupts()?;
    let opts =
        CheckOptions { load: args.data.options()?, cases: (!args.all).then_some(args.cases) };
    let files = distinct(&args.files, &opts)?;
    ensure!(!files.is_empty(), "there is nothing to check");
    let groups = match &args.data.symbol {
        Some(_) => vec![files],
        None => by_symbol(files, &opts),
    };
    let reports = checked(args, &groups, &opts)?;
    let count = |severity| reports.iter().map(|report| report.count(severity)).sum();
    let errors: usize = count(Severity::Error);
    let document = CheckedFiles {
        errors,
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        files: reports.iter().flat_map(|report| &report.files).collect(),
        instruments: &reports,
    };
    if args.json {
        out.line(format_args!("{}", serde_json::to_string_pretty(&document)?));
    } else {
        for report in &reports {
            for file in &report.files {
                out.line(format_args!("{}", file_words(file)));
            }
            out.line(format_args!("{}", verdict_words(report)));
        }
        out.line(format_args!(
            "{} files: {errors} errors, {} warnings, {} notes",
            document.files.len(),
            document.warnings,
            document.notes
        ));
    }
    out.end()?;
    Ok(if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn formats() -> Table {
    let mut table = plain();
    for (name, about) in Format::bundled() {
        table.add_row([name.to_owned(), about]);
    }
    table
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn checked(
    args: &Args,
    groups: &[Vec<PathBuf>],
    opts: &CheckOptions,
) -> anyhow::Result<Vec<InstrumentReport>> {
    let bar = Bar::new("checking", "human_pos", args.json);
    let all: usize = groups.iter().map(Vec::len).sum();
    let total = all as u64 * 1_000;
    let mut done = 0;
    let mut reports = Vec::new();
    for files in groups {
        let here = files.len() as u64 * 1_000;
        let mut at = |share: f64| bar.at(done + (share * here as f64) as u64, total);
        match check_instrument(args.data.symbol.as_deref(), files, opts, &mut at) {
            Err(LoadError::Cancelled) => bail!(Interrupted),
            report => reports.push(report?),
        }
        done += here;
    }
    Ok(reports)
}
