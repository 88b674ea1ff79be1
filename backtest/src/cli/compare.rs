//! `tickstep compare`: runs side by side.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::RunFolder;
use crate::report::{Lang, compare};
use anyhow::Context;

use super::report::zone;
use super::terminal::Out;

/// Lay runs side by side.
#[derive(clap::Args)]
#[command(after_help = "Example:
  tickstep compare runs/fil-1a2b3c4d runs/fil-5e6f7a8b --html compare.html")]
pub struct Args {
    /// Run folders, two or more
    #[arg(value_name = "RUN", num_args = 2.., required = true)]
    runs: Vec<PathBuf>,
    /// Also write a page with the equity curves on one another
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// IANA zone of the times [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
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
        fs::write(out, comparison.html())
            .with_context(|| format!("cannot write {}", out.display()))?;
        stdout.line(out.display());
    }
    stdout.end()
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}
