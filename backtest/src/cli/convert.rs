//! `tickstep convert`: any files that load to a tape or to Parquet.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tickstep_core::calendar::Interval;

use crate::load::{LoadError, LoadOptions, load, remedy, remedy_words, to_tape};
use crate::series::resample::{Edges, resample};
use crate::series::{Repair, Series};
use crate::times::{parse_interval, utc};
use anyhow::{Context, bail, ensure};

use super::data::DataArgs;
use super::run::seems;
use super::terminal::{Bar, Interrupted, Out, catch_interrupts};

/// Write bar files as one tape (or Parquet), resampled if asked.
#[derive(clap::Args)]
#[command(
    after_help = "A tape is small, loads many times faster than text and gives the identical \
series; a changed byte is noticed. Parquet needs the crate feature polars.

Resampling is exact: bars open at whole multiples of the interval since 1970 (UTC), or as many of \
them after the market opened; day, week and month are those of its calendar. Volumes and taker-buy \
volumes are summed, gaps stay gaps. Bars that the ends of the data cut off are dropped, or kept with \
--edges keep.

Examples:
  tickstep convert FILUSDT-1m-2023-*.csv.gz --out FILUSDT-1m.tape
  tickstep convert FILUSDT-1m.tape --interval 5m --out FILUSDT-5m.parquet"
)]
pub struct Args {
    /// Bar files of one instrument
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// File to write: .tape or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Length of the bars to write, such as 5m, 1h, day, week or month [default: that of the
    /// files]
    #[arg(long, value_name = "SPAN", value_parser = parse_interval)]
    interval: Option<Interval>,
    /// Bars that the ends of the data cut off: drop or keep
    #[arg(long, value_name = "RULE", default_value = "drop", value_parser = edges)]
    edges: Edges,
    #[command(flatten)]
    data: DataArgs,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

fn edges(text: &str) -> Result<Edges, String> {
    match text {
        "drop" => Ok(Edges::Drop),
        "keep" => Ok(Edges::Keep),
        _ => Err("it must be drop or keep".to_owned()),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    catch_interrupts()?;
    let kind = args.out.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let parquet = match kind.as_deref() {
        Some("tape") => false,
        Some("parquet") => true,
        _ => bail!("{}: unknown kind of file; name a .tape or a .parquet", args.out.display()),
    };
    ensure!(
        !parquet || cfg!(feature = "polars"),
        "{}: this build cannot write Parquet; build with `cargo build --features polars`, or write \
         a .tape",
        args.out.display()
    );
    ensure!(
        args.force || !args.out.exists(),
        "{} is there already; name another file, or replace it with --force",
        args.out.display()
    );
    let opts = args.data.options()?;
    let mut out = Out::default();
    let bar = Bar::new("loading", "bytes", false);
    let loaded =
        load(args.data.symbol.as_deref(), std::slice::from_ref(&args.files), &opts, &mut |p| {
            bar.at(p.bytes, p.total)
        });
    drop(bar);
    let mut series = match loaded {
        Err(LoadError::Cancelled) => bail!(Interrupted),
        Err(error) => match remedy_words(&repairs_for(args, &opts, &error)) {
            Some(words) => bail!("{error}\n  `tickstep check` lists all there is; {words}"),
            None => match seems(&error) {
                Some(words) => bail!("{error}\n  {words}"),
                None => bail!(error),
            },
        },
        Ok(series) => series,
    };
    if let Some(interval) = args.interval {
        let resampled = resample(&series, interval, args.edges)?;
        out.line(format_args!(
            "{} bars to {}; {} of them lack a part, {} bars at cut-off ends left out",
            series.bars().len(),
            resampled.series.bars().len(),
            resampled.partial,
            resampled.dropped
        ));
        series = resampled.series;
    }
    write(&series, &args.out, parquet)?;
    let repaired = series.all_repaired();
    if !repaired.is_none() {
        out.line(format_args!("repaired: {repaired}"));
    }
    let (first, last) = match (series.bars().first(), series.bars().last()) {
        (Some(first), Some(last)) => (utc(first.ts_open), utc(last.ts_open)),
        _ => (String::new(), String::new()),
    };
    out.line(format_args!(
        "{}: {} bars of {}, {first} to {last}, {} gaps, written to {}",
        series.symbol(),
        series.bars().len(),
        series.interval(),
        series.gaps().len(),
        args.out.display()
    ));
    out.end()
}

/// The repairs with which the files load.
fn repairs_for(args: &Args, opts: &LoadOptions, error: &LoadError) -> Vec<Repair> {
    let bar = Bar::new("loading", "bytes", true);
    let files = std::slice::from_ref(&args.files);
    remedy(error, |repairs| {
        let mut opts = opts.clone();
        opts.repairs.extend(repairs);
        load(args.data.symbol.as_deref(), files, &opts, &mut |p| bar.at(p.bytes, p.total)).err()
    })
}

/// Writes beside the file first, so that there is a whole one or none.
fn write(series: &Series, out: &Path, parquet: bool) -> anyhow::Result<()> {
    let name = out.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let staged = out.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        if parquet {
            to_parquet(series, &staged)?;
        } else {
            let mut file = fs::File::create(&staged)?;
            file.write_all(&to_tape(series))?;
            file.sync_all()?;
        }
        fs::rename(&staged, out)?;
        anyhow::Ok(())
    })();
    if written.is_err() {
        // What is left is a part of a file that failed; there is nothing to tell.
        let _ = fs::remove_file(&staged);
    }
    written.with_context(|| format!("cannot write {}", out.display()))
}

#[cfg(feature = "polars")]
fn to_parquet(series: &Series, path: &Path) -> anyhow::Result<()> {
    use crate::frame::{to_frame, write_parquet};
    write_parquet(&mut to_frame(series)?, path)?;
    Ok(())
}

#[cfg(not(feature = "polars"))]
fn to_parquet(_: &Series, _: &Path) -> anyhow::Result<()> {
    bail!("this build has no Parquet")
}
