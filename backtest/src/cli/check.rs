//! `tickstep check`: what a careful person wants to know before trusting a file.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::load::{Format, LoadError, name_of};
use crate::quality::{
    CheckOptions, FileReport, InstrumentReport, LoadVerdict, QualityFinding, Severity,
    check_instrument, distinct,
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
                out.line(format_args!("{}", words(file)));
            }
            out.line(format_args!("{}", verdict(report)));
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

/// The files of each instrument that they tell by name or column, and those that tell none
/// as one.
fn by_symbol(files: Vec<PathBuf>, opts: &CheckOptions) -> Vec<Vec<PathBuf>> {
    if name_of(&files, &opts.load).is_ok() {
        return vec![files];
    }
    let mut groups: Vec<(Option<String>, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let symbol = name_of(std::slice::from_ref(&file), &opts.load).ok();
        match groups.iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, group)) => group.push(file),
            None => groups.push((symbol, vec![file])),
        }
    }
    groups.into_iter().map(|(_, files)| files).collect()
}

/// What `run` would make of an instrument, and what is between its files.
fn verdict(report: &InstrumentReport) -> String {
    let name = report.symbol.as_deref().unwrap_or("these files");
    let mut text = match &report.verdict {
        LoadVerdict::Loads { bars, first, last, segments, missing, repaired } => {
            let repaired =
                if repaired.is_none() { String::new() } else { format!("; repaired: {repaired}") };
            format!(
                "{name}: loads, {bars} bars, {first} to {last}, {missing} missing, {segments} \
                 segments{repaired}\n"
            )
        }
        LoadVerdict::Refused { fault, repairs } => {
            let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
            let loads = if names.is_empty() {
                String::new()
            } else {
                format!(" [loads with --repair {}]", names.join(","))
            };
            format!("{name}: `run` refuses this: {fault}{loads}\n")
        }
    };
    text += &table(&report.findings);
    text
}

/// A report for people.
fn words(report: &FileReport) -> String {
    let mut text = report.path.clone();
    if let (Some(first), Some(last)) = (&report.first, &report.last) {
        let interval = match (&report.bar, report.interval_ns) {
            // In seconds, as a run says it, where a bar is always as long.
            (Some(period), _) if period.contains(' ') => period.clone(),
            (_, Some(ns)) => format!("{} s", ns as f64 / 1e9),
            (_, None) => "unknown".to_owned(),
        };
        let step = |d: Option<rust_decimal::Decimal>| d.map_or_else(String::new, |d| d.to_string());
        text += &format!(
            "\n  {} bars of {interval}, {first} to {last}, {} missing\n  tick {}, volume step {}, \
             {} with taker-buy volume",
            report.bars,
            report.missing,
            step(report.tick_size),
            step(report.volume_step),
            report.with_taker,
        );
        if !report.repaired.is_none() {
            text += &format!("\n  repaired: {}", report.repaired);
        }
    }
    if report.findings.is_empty() {
        return text + "\n  nothing to report\n";
    }
    format!("{text}\n{}", table(&report.findings))
}

fn table(findings: &[QualityFinding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        text += &format!("  {severity:<8}{}: {}", finding.kind.name(), finding.words);
        if !finding.repairs.is_empty() {
            let names: Vec<&str> = finding.repairs.iter().map(|r| r.name()).collect();
            text += &format!(" [--repair {}]", names.join(" or "));
        }
        text.push('\n');
        let mut cases = plain();
        for case in &finding.cases {
            let span = match (&case.time, &case.until) {
                (Some(from), Some(to)) if from != to => format!("{from} to {to}"),
                (Some(at), _) => at.clone(),
                (None, _) => String::new(),
            };
            cases.add_row([case.place.clone(), span, case.what.clone()]);
        }
        for line in cases.lines() {
            text += &format!("         {}\n", line.trim_end());
        }
        let more = finding.count.saturating_sub(finding.cases.len() as u64);
        if more > 0 && !finding.cases.is_empty() {
            text += &format!("          and {more} more (--all)\n");
        }
    }
    text
}
