//! `tickstep report`: the report of a run folder, made again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::RunFolder;
use crate::report::{Lang, ReportInput, ReportPrices};
use crate::setup::Prepared;
use anyhow::Context;
use jiff::tz::TimeZone;

use super::run::same_data;
use super::terminal::{Out, told, warn};

/// Make the report of a run again, in another language or zone.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  tickstep report runs/fil-1a2b3c4d
  tickstep report runs/fil-1a2b3c4d --lang ko --zone Asia/Seoul")]
pub struct Args {
    /// The run folder
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Language of the report
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// IANA zone of every time in it [default: the account's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// File to write [default: report.html in the run folder; report-LANG-ZONE.html where these
    /// are chosen, as the manifest keeps the hash of report.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder that data paths start from [default: the manifest's]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let folder = RunFolder::read(&args.run)?;
    let zone = zone(args.zone.as_deref(), &folder.manifest.config.account.time_zone)?;
    let base = args.base.clone().unwrap_or_else(|| args.run.join(&folder.manifest.base));
    let prepared = load(args, &folder, &base);
    let gone = prepared.as_ref().err().map(told);
    let prices = match (&prepared, &gone) {
        (Ok(prepared), _) => ReportPrices::Loaded(&prepared.series),
        (Err(_), why) => ReportPrices::Gone(why.as_deref().unwrap_or_default()),
    };
    let html = ReportInput { run: &folder, prices, lang: args.lang, zone }.html();
    let out = args.out.clone().unwrap_or_else(|| args.run.join(name(args, gone.is_some())));
    fs::write(&out, html).with_context(|| format!("cannot write {}", out.display()))?;
    if let Some(why) = gone {
        warn(format_args!("warning: without prices: {why}; name the data's folder with --base"));
    }
    let mut stdout = Out::default();
    stdout.line(out.display());
    stdout.end()
}

/// A zone by its IANA name.
pub(super) fn zone(asked: Option<&str>, account: &str) -> anyhow::Result<TimeZone> {
    let name = asked.unwrap_or(account);
    TimeZone::get(name)
        .with_context(|| format!("\"{name}\" is not an IANA time zone, such as UTC or Asia/Seoul"))
}

/// The data, if it is still what the run was made from.
fn load(args: &Args, folder: &RunFolder, base: &Path) -> anyhow::Result<Prepared> {
    let prepared = Prepared::load(folder.manifest.config.clone(), base)?;
    same_data(&args.run.join("manifest.json"), &folder.manifest, &prepared.data(base))?;
    Ok(prepared)
}

/// `report.html` is the run's own, listed with its hash: only the same page may replace it.
fn name(args: &Args, gone: bool) -> String {
    let mut name = "report".to_owned();
    if args.lang != Lang::default() {
        name = format!("{name}-{}", args.lang.tag());
    }
    if let Some(zone) = &args.zone {
        name = format!("{name}-{}", zone.replace('/', "-"));
    }
    if gone {
        name.push_str("-without-prices");
    }
    format!("{name}.html")
}
